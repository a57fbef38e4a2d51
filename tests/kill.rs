//! A run killed with `kill -9` at any moment goes on to the same end, with nothing lost and nothing twice.
//!
//! The test starts itself again as a child that answers slowly, kills it at a random time, and repeats until a child
//! reaches the end.

use pmtune::check::{Check, Criterion, Judge, Subject, Verdict};
use pmtune::provider::Scripted;
use pmtune::run::{Event, Outcome, Plan, Record, Reports, VersionRef, execute};
use pmtune::suite::{Case, Split, Suite};
use rand::{Rng, SeedableRng};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "PMTUNE_TEST_KILL_FOLDER";
const CASES: usize = 300;

#[derive(Debug)]
struct Even;

impl Judge for Even {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        Verdict::when(subject.text().len().is_multiple_of(2), "an even number of bytes")
    }
}

fn plan() -> Plan {
    let check = Check {
        name: "even".into(),
        negated: false,
        threshold: None,
        weight: 1.0,
        guard: false,
        criterion: Criterion::Format,
        version: 1,
        judge: Arc::new(Even),
    };
    let case = |number: usize| Case {
        id: format!("suite/{number}"),
        category: "general".into(),
        split: Split::Dev,
        system: None,
        vars: Default::default(),
        prompt: format!("question {number}"),
        reference: None,
        distractors: Vec::new(),
        choices: Vec::new(),
        checks: vec![check.clone()],
        threshold: None,
        weight: 1.0,
        tags: Vec::new(),
        require: None,
        repeat: 1,
        cluster: None,
        sampling: Default::default(),
        judge_hash: "judge".into(),
    };
    let suite = Suite {
        name: "suite".into(),
        path: PathBuf::from("suites/suite.yaml"),
        description: String::new(),
        category: "general".into(),
        cases: (0..CASES).map(case).collect(),
        hash: "suite".into(),
        remarks: Vec::new(),
    };
    let version = VersionRef {
        name: "v1".into(),
        base: "base".into(),
        adapter: None,
        system: None,
        examples: Vec::new(),
        sampling: Default::default(),
        template: None,
        thinks: false,
        weights: None,
        routed: None,
    };
    Plan::new(version, &[suite])
}

/// Runs the plan in the folder, from wherever it stands, to its end.
fn evaluate(folder: &Path, delay: Duration) {
    let provider = Scripted::new(|request| Ok("word ".repeat(request.messages[0].content.len() % 7))).with_delay(delay);
    let mut runs = Reports::new(folder).open(vec![plan()]).unwrap();
    execute(&mut runs, &provider, None, &mut |_: Event<'_>| ControlFlow::Continue(())).unwrap();
}

/// The child of the test below; does nothing when a person runs it.
#[test]
#[ignore = "only the test below starts it"]
fn child() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        evaluate(Path::new(&folder), Duration::from_millis(3));
    }
}

#[test]
fn killed_at_random_times_a_run_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    evaluate(&whole, Duration::ZERO);
    let killed = folder.path().join("killed");
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let mut kills = 0;
    loop {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["kill::child", "--exact", "--ignored"])
            .env(FOLDER, &killed)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if kills < 20 {
            std::thread::sleep(Duration::from_micros(random.random_range(500..60_000)));
            child.kill().unwrap();
            kills += usize::from(!child.wait().unwrap().success());
        } else {
            assert!(child.wait().unwrap().success());
            break;
        }
        if only_run(&killed).is_some_and(|finished| finished) {
            break;
        }
    }
    assert!(kills >= 5, "only {kills} children were killed before the end");
    assert_eq!(records(&killed), records(&whole));
    let id = &Reports::new(&killed).list().unwrap().runs[0].id;
    let lines = std::fs::read_to_string(killed.join(id).join("results.jsonl")).unwrap().lines().count();
    assert_eq!(lines, CASES, "nothing twice");
}

/// Whether the one run of the folder is finished; `None` while there is none.
fn only_run(folder: &Path) -> Option<bool> {
    let runs = Reports::new(folder).list().unwrap().runs;
    assert!(runs.len() <= 1, "every child goes on with the same run");
    runs.first().map(|run| run.finished.is_some())
}

/// The records of the one run, less what depends on the clock.
fn records(folder: &Path) -> Vec<Record> {
    let reports = Reports::new(folder);
    let id = reports.list().unwrap().runs[0].id.clone();
    let timeless = |mut record: Record| {
        record.at = Default::default();
        if let Outcome::Judged { answer, .. } = &mut record.outcome {
            answer.seconds = 0.0;
        }
        record
    };
    reports.load(&id).unwrap().records.into_iter().map(timeless).collect()
}
