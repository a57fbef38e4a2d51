//! One evaluation on three machines: each a folder of its own with the same workspace on the tiny base; their runs merge to
//! the very run of one machine.

use crate::program::{command, copy, said};
use pmtune::run::{Outcome, Record, Reports, Run};
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

fn pmtune(root: &Path, args: &[&str]) -> Output {
    command(root, args).output().unwrap()
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Sampled answers, repeats, choices and a case that stands in the training data.
fn machine() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    let settings = format!(
        "line: PM\nbase: {}\ncompare: {{resamples: 1000}}\nsampling: {{max-tokens: 4, temperature: 0.9}}\ngate: {{errors: 0}}\n",
        base.display()
    );
    write(root.path(), "pmtune.yaml", &settings);
    let version = format!("name: PM-v1\ncreated: 2026-11-21\nbase: {{name: {}}}\nsystem: Be brief.\n", base.display());
    write(root.path(), "models/PM-v1/manifest.yaml", &version);
    let seen =
        r#"{"instruction": "Write a user story for a rare feature of our parking app", "input": "", "output": "x"}"#;
    write(root.path(), "training-data/updates/basic.jsonl", &format!("{seen}\n"));
    let case = |i: usize| {
        format!(
            "  - {{id: case-{i}, split: held-out, repeat: 2, prompt: Question {i}, checks: [{{type: contains, value: e}}]}}\n"
        )
    };
    let seen = "  - {id: seen, prompt: Write a user story for a rare feature of our parking app}\n";
    let cases: String = (0..7).map(case).collect();
    write(root.path(), "suites/s.yaml", &format!("category: c\ncases:\n{cases}{seen}"));
    write(
        root.path(),
        "suites/t.yaml",
        "category: t\ncases:\n  - {id: pick, prompt: One or two?, choices: [one, two], reference: one}\n  \
         - {id: free, prompt: Say something}\n",
    );
    root
}

fn only_run(root: &Path) -> Run {
    let reports = Reports::new(root.join("reports"));
    let runs = reports.list().unwrap().runs;
    assert_eq!(runs.len(), 1);
    reports.load(&runs[0].id).unwrap()
}

/// As they are stored, less what depends on the clock.
fn timeless(records: &[Record]) -> Vec<String> {
    let timeless = |mut record: Record| {
        record.at = Default::default();
        if let Outcome::Judged { answer, .. } | Outcome::Unscored { answer, .. } = &mut record.outcome {
            answer.seconds = 0.0;
        }
        serde_json::to_string(&record).unwrap()
    };
    records.iter().cloned().map(timeless).collect()
}

#[test]
fn three_machines_make_the_run_of_one() {
    let alone = machine();
    let output = pmtune(alone.path(), &["eval", "v1"]);
    assert!(output.status.success(), "{}", said(&output));
    let whole = only_run(alone.path());

    let home = machine();
    let machines: Vec<TempDir> = (0..3).map(|_| machine()).collect();
    let mut carried: Vec<PathBuf> = Vec::new();
    for (at, machine) in machines.iter().enumerate() {
        let shard = format!("{}/3", at + 1);
        let output = pmtune(machine.path(), &["eval", "v1", "--shard", &shard]);
        let text = said(&output);
        assert!(output.status.success() && text.contains(&format!("shard {} of 3", at + 1)), "{text}");
        let run = only_run(machine.path());
        assert!(!run.records.is_empty() && run.records.len() < whole.records.len());
        // Runs of one minute have one name on all machines.
        let folder = home.path().join(format!("shards/{}-{at}", run.manifest.id));
        copy(&run.folder, &folder);
        carried.push(folder);
    }
    let paths: Vec<&str> = carried.iter().map(|path| path.to_str().unwrap()).collect();
    let output = pmtune(home.path(), &["runs", "merge", paths[0], paths[2]]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("shard 2 of 3 is missing") && text.contains("pmtune eval PM-v1 --shard 2/3"), "{text}");
    assert!(
        !home.path().join("reports").exists()
            || Reports::new(home.path().join("reports")).list().unwrap().runs.is_empty()
    );

    // Their folder will do, whatever the runs' own folders are called.
    let folder = carried[0].parent().unwrap().to_str().unwrap();
    let output = pmtune(home.path(), &["runs", "merge", folder]);
    assert!(output.status.success(), "{}", said(&output));
    let merged = only_run(home.path());
    assert_eq!(timeless(&merged.records), timeless(&whole.records));
    assert_eq!(merged.manifest.cases, whole.manifest.cases);
    assert_eq!(merged.manifest.suites, whole.manifest.suites);
    assert_eq!(merged.manifest.version, whole.manifest.version);
    assert!(merged.folder.join("report.html").is_file());
    // A whole run in every way: it is judged, listed, and goes on being one when it is taken up again.
    let output = pmtune(home.path(), &["gate", "v1"]);
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&pmtune(home.path(), &["runs", "list"]));
    assert!(text.contains("all 10") && text.contains("merged from 3 shards"), "{text}");
    let output = pmtune(home.path(), &["eval", "--resume", &merged.manifest.id]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(timeless(&only_run(home.path()).records), timeless(&whole.records));
}

#[test]
fn a_shard_passes_for_no_whole_run_anywhere() {
    let root = machine();
    let output = pmtune(root.path(), &["eval", "v1", "--shard", "1/2"]);
    assert!(output.status.success(), "{}", said(&output));
    let shard = only_run(root.path());
    let id = shard.manifest.id.as_str();
    let whole = pmtune(root.path(), &["eval", "v1", "--no-cache", "--seed", "1"]);
    assert!(whole.status.success(), "{}", said(&whole));
    let whole = Reports::new(root.path().join("reports")).list().unwrap().runs;
    let whole = whole.iter().find(|run| run.id != id).unwrap().id.clone();
    for args in [
        &["gate", id][..],
        &["gate", id, "--allow-differences"],
        &["compare", id, &whole],
        &["compare", &whole, id, "--allow-differences"],
    ] {
        let output = pmtune(root.path(), args);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {text}");
        assert!(text.contains("is shard 1 of 2") && text.contains("pmtune runs merge"), "{args:?}: {text}");
    }
    let text = said(&pmtune(root.path(), &["history"]));
    assert!(text.contains(&format!("{id} is shard 1 of 2 and left out")), "{text}");
    let text = said(&pmtune(root.path(), &["runs", "list"]));
    assert!(text.contains("shard 1 of 2; pmtune runs merge joins all of them"), "{text}");
    // Of the version there is another run now, and nobody takes the newer shard for it.
    let again = pmtune(root.path(), &["eval", "v1", "--shard", "2/2"]);
    assert!(again.status.success(), "{}", said(&again));
    let text = said(&pmtune(root.path(), &["gate", "v1", "--allow-differences"]));
    assert!(text.contains(&whole), "{text}");
    // Judged again it is still a shard, and shards in the reports themselves merge as those from elsewhere.
    let output = pmtune(root.path(), &["eval", "--rescore", id]);
    assert!(output.status.success() && said(&output).contains("shard 1 of 2"), "{}", said(&output));
    let text = said(&pmtune(root.path(), &["runs", "merge", "reports"]));
    assert!(text.contains("shard 1 of 2 is there 2 times"), "{text}");
    for wrong in [&["--shard", "3/2"][..], &["--shard", "1/2", "--gate"], &["--shard", "1/2", "--compare", "a", "b"]] {
        let output = pmtune(root.path(), &[&["eval"], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", said(&output));
    }
}

#[test]
fn a_machine_without_a_case_is_no_failure() {
    let root = machine();
    for number in 1..=30 {
        let output = pmtune(root.path(), &["eval", "v1", "--suite", "t", "--shard", &format!("{number}/30")]);
        assert!(output.status.success(), "{number}: {}", said(&output));
    }
    let output = pmtune(root.path(), &["runs", "merge", "reports"]);
    assert!(output.status.success(), "{}", said(&output));
    let reports = Reports::new(root.path().join("reports"));
    let merged = reports.list().unwrap().runs.into_iter().find(|run| run.is_evidence()).unwrap();
    assert_eq!(reports.load(&merged.id).unwrap().records.len(), 2);
}
