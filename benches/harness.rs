//! What the harness itself costs: 10,000 cases with 5 checks each, answered by a script, from plan to finished run.
//!
//! `cargo bench --bench harness`

use pmtune::check::{Check, Criterion, Judge, Subject, Verdict};
use pmtune::provider::Scripted;
use pmtune::run::{Event, Plan, Reports, Reuse, VersionRef, execute};
use pmtune::suite::{Case, Split, Suite};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

const CASES: usize = 10_000;
const CHECKS: usize = 5;

/// Looks for a word, as most text checks do.
#[derive(Debug)]
struct Holds(&'static str);

impl Judge for Holds {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        Verdict::when(subject.text().to_lowercase().contains(self.0), format!("looked for {:?}", self.0))
    }
}

fn suite() -> Suite {
    let check = |word| Check {
        name: "icontains".into(),
        negated: false,
        threshold: None,
        weight: 1.0,
        guard: false,
        criterion: Criterion::Accuracy,
        version: 1,
        judge: Arc::new(Holds(word)),
    };
    let checks: Vec<Check> = ["launch", "metric", "owner", "date", "risk"].map(check).to_vec();
    assert_eq!(checks.len(), CHECKS);
    let case = |number: usize| Case {
        id: format!("bench/{number}"),
        category: "bench".into(),
        split: Split::Dev,
        system: None,
        vars: Default::default(),
        prompt: format!("Write a status update for project {number}, for executives, with next steps and owners."),
        reference: None,
        distractors: Vec::new(),
        choices: Vec::new(),
        checks: checks.clone(),
        threshold: None,
        weight: 1.0,
        tags: Vec::new(),
        require: None,
        repeat: 1,
        cluster: None,
        sampling: Default::default(),
        judge_hash: "judge".into(),
    };
    Suite {
        name: "bench".into(),
        path: PathBuf::from("suites/bench.yaml"),
        description: String::new(),
        category: "bench".into(),
        cases: (0..CASES).map(case).collect(),
        hash: "bench".into(),
        remarks: Vec::new(),
    }
}

fn version() -> VersionRef {
    VersionRef {
        name: "v1".into(),
        base: "base".into(),
        adapter: None,
        system: Some("You write for product managers.".into()),
        examples: Vec::new(),
        sampling: Default::default(),
        template: Some("template".into()),
        thinks: false,
        weights: None,
        routed: None,
    }
}

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let reports = Reports::new(folder.path());
    let provider = Scripted::new(|_| Ok("Launch is on track; the metric moved, the owner is Kim. ".repeat(12)));
    let suites = [suite()];
    for (name, reuse) in
        [("answered by a script", None), ("answers reused", Some(Reuse { reports: &reports, endpoints: false }))]
    {
        let start = Instant::now();
        let plan = Plan::new(version(), &suites);
        let mut runs = [reports.create(plan).expect("a run")];
        execute(&mut runs, &provider, reuse, &mut |_: Event<'_>| ControlFlow::Continue(())).expect("a finished run");
        let seconds = start.elapsed().as_secs_f64();
        let bytes = std::fs::metadata(runs[0].folder.join("results.jsonl")).map_or(0, |m| m.len());
        println!("{CASES} cases × {CHECKS} checks, {name}: {seconds:.2} s ({:.1} MB)", bytes as f64 / 1e6);
    }
}
