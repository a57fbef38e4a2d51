//! Runs made by hand, in a reports folder of their own.

use super::{Assignment, Key, Reviewer, ReviewerKind, Session, Sheet, assign};
use crate::provider::{Answer, Stop};
use crate::run::{Manifest, Outcome, Record, Reports, Run};
use crate::suite::Split;
use tempfile::TempDir;

/// A case with what was answered to it.
#[derive(Debug, Clone)]
pub struct Told {
    pub case: String,
    pub category: String,
    pub text: String,
    pub split: Split,
    pub weight: f64,
    pub stop: Stop,
}

pub fn told(case: &str, category: &str, text: &str) -> Told {
    let (case, category, text) = (case.to_string(), category.to_string(), text.to_string());
    Told { case, category, text, split: Split::HeldOut, weight: 1.0, stop: Stop::End }
}

pub fn run(id: &str, version: &str, cases: &[Told]) -> Run {
    let manifest: Manifest = serde_json::from_value(serde_json::json!({
        "format": 1, "id": id, "suites": [], "started": "2026-11-21T10:00:00Z", "finished": "2026-11-21T11:00:00Z",
        "version": {
            "name": version, "base": "base", "adapter": null, "system": null, "examples": [], "template": null,
            "sampling": engine::generate::Sampling::default(),
        },
        "cases": cases.iter().map(|told| (&told.case, 1)).collect::<Vec<_>>(),
        "pmtune": "0.1.0",
    }))
    .unwrap();
    Run { folder: id.into(), manifest, records: cases.iter().map(record).collect() }
}

pub fn record(told: &Told) -> Record {
    let answer = Answer {
        text: told.text.clone(),
        thoughts: String::new(),
        stop: told.stop,
        prompt_tokens: 1,
        output_tokens: 1,
        seconds: 0.1,
        reference_nll: None,
        likelihoods: Vec::new(),
    };
    Record {
        case: told.case.clone(),
        repeat: 0,
        category: told.category.clone(),
        split: told.split,
        weight: told.weight,
        cluster: None,
        require: None,
        tags: Vec::new(),
        prompt: format!("Write about {}.", told.case),
        reference: None,
        answer_key: "k".to_string(),
        judge_hash: "j".to_string(),
        version: None,
        outcome: Outcome::Judged { answer, verdicts: Vec::new(), score: 1.0, passed: true, reused: false },
        at: "2026-11-21T10:30:00Z".parse().unwrap(),
    }
}

/// A reports folder with these runs.
pub fn reports(runs: &[&Run]) -> (TempDir, Reports) {
    let folder = tempfile::tempdir().unwrap();
    for run in runs {
        let place = folder.path().join(&run.manifest.id);
        std::fs::create_dir(&place).unwrap();
        std::fs::write(place.join("run.json"), serde_json::to_vec(&run.manifest).unwrap()).unwrap();
        let lines: Vec<String> = run.records.iter().map(|r| serde_json::to_string(r).unwrap() + "\n").collect();
        std::fs::write(place.join("results.jsonl"), lines.concat()).unwrap();
    }
    let reports = Reports::new(folder.path());
    (folder, reports)
}

pub fn person(name: &str) -> Reviewer {
    Reviewer { name: name.to_string(), kind: ReviewerKind::Person }
}

/// Everything, for one reviewer.
pub fn sheet(runs: &[&Run], reviewer: &str) -> (Sheet, Key) {
    assign(runs, &Assignment::all(reviewer)).unwrap()
}

pub fn session(reports: &Reports, runs: &[&Run], reviewer: &str) -> Session {
    let (sheet, key) = sheet(runs, reviewer);
    Session::open(reports, sheet, key, &person(reviewer)).unwrap()
}

/// Three cases, differently answered by two versions, but for the last.
pub fn two_runs() -> (Run, Run) {
    let of = |mark: &str| {
        [
            told("format/story", "format", &format!("- a story {mark}")),
            told("format/okr", "format", &format!("=an objective {mark}")),
            told("tone/update", "tone", "the same update"),
        ]
    };
    (run("run-one", "Alpha-v1", &of("first")), run("run-two", "Alpha-v2", &of("second")))
}
