//! A workspace that looks back on nine months: four versions, a suite that grew, checks that changed, a case that leaked
//! into the training data, people's scores, and runs that do not count.

use engine::generate::Sampling;
use engine::store;
use pmtune::check::{Criterion, Verdict};
use pmtune::provider::{Answer, Stop};
use pmtune::review::{Book, Rating, Reviewer, ReviewerKind, answer_hash};
use pmtune::run::{CONTAMINATED, Judged, Manifest, Outcome, Record, SuiteRef, VersionRef};
use pmtune::suite::Split;
use std::collections::BTreeSet;
use std::path::Path;

pub const FORMAT: &str = "format-consistency";
pub const DOMAIN: &str = "domain-knowledge";
/// What nobody who is asked for ideas may be shown.
pub const SECRET: &str = "held-out";

/// What a run looked like.
#[derive(Clone, Copy)]
pub struct Plan {
    pub date: &'static str,
    pub version: &'static str,
    /// Share of cases passed in the format suite, and in the other.
    pub passes: [f64; 2],
    /// Two cases were added and three got other checks.
    pub grown: bool,
    /// Only the first so many cases.
    pub limit: usize,
    /// The first case stands in the training data.
    pub leaked: bool,
    pub people: &'static [&'static str],
}

const ALL: usize = usize::MAX;

pub const PLANS: [Plan; 8] = [
    plan("2026-02-03", "base", [0.1, 0.3], false, ALL, false, &[]),
    plan("2026-02-20", "PM-General-v1", [0.2, 0.4], false, ALL, false, &[]),
    plan("2026-03-15", "PM-General-v1", [0.2, 0.4], false, ALL, false, &[]),
    plan("2026-04-10", "PM-General-v2", [0.6, 0.4], false, ALL, false, &[]),
    plan("2026-05-05", "PM-General-v2", [0.6, 0.4], false, 5, false, &[]),
    plan("2026-06-12", "PM-General-v2", [0.3, 0.4], true, ALL, false, &["Ann", "Bo"]),
    plan("2026-08-20", "PM-General-v3", [0.9, 0.3], true, ALL, false, &["Ann", "Bo"]),
    plan("2026-10-02", "PM-General-v4", [0.9, 0.4], true, ALL, true, &["Ann"]),
];

const fn plan(
    date: &'static str,
    version: &'static str,
    passes: [f64; 2],
    grown: bool,
    limit: usize,
    leaked: bool,
    people: &'static [&'static str],
) -> Plan {
    Plan { date, version, passes, grown, limit, leaked, people }
}

/// Writes the workspace.
pub fn write(root: &Path) {
    store::replace(&root.join("pmtune.yaml"), b"line: PM-General\ncompare: {resamples: 1000}\n").unwrap();
    let example = "{\"instruction\": \"a\", \"input\": \"\", \"output\": \"b\"}\n";
    store::replace(&root.join(format!("training-data/{FORMAT}/x.jsonl")), example.repeat(7).as_bytes()).unwrap();
    for plan in PLANS {
        run(root, &plan);
    }
    // What does not belong: another model, and a run that never ended.
    run(root, &Plan { date: "2026-07-01", version: "openai:http://127.0.0.1:1#other", ..PLANS[6] });
    let unfinished = run(root, &Plan { date: "2026-09-09", version: "PM-General-v3", ..PLANS[6] });
    let path = root.join("reports").join(unfinished).join("run.json");
    let mut manifest: Manifest = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    manifest.finished = None;
    store::replace(&path, &serde_json::to_vec(&manifest).unwrap()).unwrap();
}

fn run(root: &Path, plan: &Plan) -> String {
    let records: Vec<Record> = [(FORMAT, plan.passes[0]), (DOMAIN, plan.passes[1])]
        .into_iter()
        .flat_map(|(suite, share)| (0..size(suite, plan)).map(move |number| record(suite, number, share, plan)))
        .take(plan.limit)
        .collect();
    let id = format!("{}-1200-{}", plan.date, plan.version.replace([':', '/', '#'], "-"));
    let started = format!("{}T12:00:00Z", plan.date).parse().unwrap();
    let suite = |name: &str| SuiteRef {
        name: name.into(),
        category: name.into(),
        description: String::new(),
        hash: format!("{name}{}", plan.grown),
    };
    let manifest = Manifest {
        format: 1,
        id: id.clone(),
        version: VersionRef {
            name: plan.version.into(),
            base: "base".into(),
            adapter: (plan.version != "base").then(|| plan.version.to_string()),
            system: None,
            examples: Vec::new(),
            sampling: Sampling::default(),
            template: Some("template".into()),
            thinks: false,
            weights: None,
            routed: None,
        },
        suites: vec![suite(FORMAT), suite(DOMAIN)],
        cases: records.iter().map(|record| (record.case.clone(), 1)).collect(),
        started,
        finished: Some(started),
        pmtune: "0.1.0".into(),
        engine: None,
        shard: None,
        merged_from: Vec::new(),
        rescored_from: None,
        stopped: None,
        notes: Vec::new(),
    };
    let folder = root.join("reports").join(&id);
    store::replace(&folder.join("run.json"), &serde_json::to_vec(&manifest).unwrap()).unwrap();
    let lines: String = records.iter().map(|record| serde_json::to_string(record).unwrap() + "\n").collect();
    store::replace(&folder.join("results.jsonl"), lines.as_bytes()).unwrap();
    for (number, name) in plan.people.iter().chain(&["the judge"]).enumerate().filter(|_| !plan.people.is_empty()) {
        let kind = if *name == "the judge" { ReviewerKind::Judge } else { ReviewerKind::Person };
        let mut book = Book::open(&folder, &Reviewer { name: name.to_string(), kind }).unwrap();
        for record in &records {
            book.record(rating(record, number as u8, kind)).unwrap();
        }
    }
    id
}

fn size(suite: &str, plan: &Plan) -> usize {
    if suite == FORMAT && plan.grown { 42 } else { 40 }
}

fn record(suite: &str, number: usize, share: f64, plan: &Plan) -> Record {
    let split = if number.is_multiple_of(2) { Split::Dev } else { Split::HeldOut };
    let half = if split == Split::Dev { "dev" } else { SECRET };
    let case = format!("{suite}/{half}-{number:02}");
    // Spread over the cases, the same for every version, so that a higher share passes what a lower one does.
    let passed = (number as f64 * 0.618_034).fract() < share;
    let changed = plan.grown && suite == DOMAIN && (3..6).contains(&number);
    let leaked = plan.leaked && suite == DOMAIN && number == 0;
    let verdict = if passed {
        Verdict::Pass { score: 1.0, reason: "fine".into() }
    } else {
        Verdict::Fail { score: 0.2, reason: "not fine".into() }
    };
    let score = if passed { 1.0 } else { 0.2 };
    let answer = Answer {
        text: format!("{} answers {case}", plan.version),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 10,
        output_tokens: 10,
        seconds: 1.0,
        reference_nll: None,
        likelihoods: Vec::new(),
    };
    let criterion = if suite == FORMAT { Criterion::Format } else { Criterion::Accuracy };
    Record {
        repeat: 0,
        category: suite.into(),
        split,
        weight: if leaked { 0.0 } else { 1.0 },
        cluster: None,
        require: None,
        tags: if leaked { vec![CONTAMINATED.to_string()] } else { Vec::new() },
        prompt: format!("question {case}"),
        reference: None,
        answer_key: format!("{}{case}", plan.version),
        judge_hash: format!("checks {case} {changed}"),
        version: None,
        outcome: Outcome::Judged {
            answer,
            verdicts: vec![Judged { check: "user-story".into(), criterion, weight: 1.0, guard: None, verdict }],
            score,
            passed,
            reused: false,
        },
        at: format!("{}T12:00:00Z", plan.date).parse().unwrap(),
        case,
    }
}

/// People give 3 to 5, a judge always 1.
fn rating(record: &Record, reviewer: u8, kind: ReviewerKind) -> Rating {
    let points = if kind == ReviewerKind::Judge { 1 } else { 3 + (reviewer + record.case.len() as u8) % 3 };
    Rating {
        case: record.case.clone(),
        repeat: 0,
        answer: answer_hash(record).unwrap(),
        points: Criterion::ALL.into_iter().map(|criterion| (criterion, points)).collect(),
        comment: String::new(),
        flags: BTreeSet::new(),
        beside: None,
        done: true,
        reason: None,
        at: record.at,
    }
}
