//! Shards and what they are merged to, answered by a script.

use super::{
    Engine, Filter, Manifest, Outcome, Plan, Record, Reports, Reuse, Run, Shard, VersionRef, execute, merge, select,
};
use crate::provider::Scripted;
use crate::suite::{Suite, load_str};
use engine::error::{Error, Kind};
use engine::generate::Sampling;
use std::ops::ControlFlow;
use std::path::Path;

fn suites() -> Vec<Suite> {
    let cases = |n: usize, repeat: usize| -> String {
        let case = |i| {
            format!(
                "  - {{id: c{i:02}, prompt: Question {i}, repeat: {repeat}, checks: [{{type: contains, value: yes}}]}}\n"
            )
        };
        (0..n).map(case).collect()
    };
    [("a", cases(12, 2)), ("b", cases(9, 1))]
        .map(|(name, cases)| load_str(name, &format!("category: c\ncases:\n{cases}")).unwrap())
        .to_vec()
}

fn version() -> VersionRef {
    VersionRef {
        name: "x-v1".into(),
        base: "0".into(),
        adapter: None,
        system: Some("Be brief.".into()),
        examples: Vec::new(),
        sampling: Sampling { temperature: 0.7, ..Sampling::default() },
        template: Some("t".into()),
        thinks: false,
        weights: None,
        routed: None,
    }
}

/// What an engine whose answers follow from the question and the seed alone says; one question cannot be answered.
fn answer(root: &Path, plan: Plan, reuse: bool) -> Run {
    let reports = Reports::new(root);
    let script = Scripted::new(|request| {
        let prompt = request.messages.last().map(|m| m.content.clone()).unwrap_or_default();
        match prompt.as_str() {
            "Question 5" => Err(Error::network("no answer")),
            _ => Ok(format!("{} {prompt} {}", if prompt.len() % 2 == 0 { "yes" } else { "no" }, request.sampling.seed)),
        }
    });
    let mut runs = [reports.create(plan).unwrap()];
    let reuse = reuse.then_some(Reuse { reports: &reports, endpoints: false });
    execute(&mut runs, &script, reuse, &mut |_| ControlFlow::Continue(())).unwrap();
    let [run] = runs;
    run.close()
}

fn shards(root: &Path, of: usize) -> Vec<Run> {
    let shard = |number| answer(root, Plan::new(version(), &suites()).part(Shard { number, of }), false);
    (1..=of).map(shard).collect()
}

/// Less what depends on the clock.
fn timeless(records: &[Record]) -> Vec<Record> {
    let timeless = |mut record: Record| {
        record.at = Default::default();
        if let Outcome::Judged { answer, .. } = &mut record.outcome {
            answer.seconds = 0.0;
        }
        record
    };
    records.iter().cloned().map(timeless).collect()
}

#[test]
fn shards_merge_to_the_very_run_of_one_machine() {
    let root = tempfile::tempdir().unwrap();
    let whole = answer(&root.path().join("whole"), Plan::new(version(), &suites()), false);
    for of in [1, 3, 8, 40] {
        let folder = root.path().join(format!("of-{of}"));
        let mut parts = shards(&folder, of);
        assert!(parts.iter().all(|run| !run.manifest.is_evidence()));
        parts.reverse();
        let merged = merge(&Reports::new(&folder), &parts).unwrap();
        // As it was read back.
        let merged = Reports::new(&folder).load(&merged.manifest.id).unwrap();
        assert_eq!(timeless(&merged.records), timeless(&whole.records));
        assert_eq!(
            serde_json::to_string(&timeless(&merged.records)).unwrap(),
            serde_json::to_string(&timeless(&whole.records)).unwrap()
        );
        let same = |manifest: &Manifest| Manifest {
            id: String::new(),
            started: Default::default(),
            finished: manifest.finished.map(|_| Default::default()),
            merged_from: Vec::new(),
            ..manifest.clone()
        };
        assert_eq!(same(&merged.manifest), same(&whole.manifest));
        assert!(merged.manifest.is_evidence());
        assert_eq!(merged.manifest.merged_from.len(), of);
    }
}

#[test]
fn repeats_of_a_case_stay_together_and_a_filter_comes_first() {
    let suites = select(&suites(), &Filter { limit: Some(5), ..Filter::default() }).unwrap();
    let whole = Plan::new(version(), &suites);
    let parts: Vec<Plan> = (1..=3).map(|number| whole.clone().part(Shard { number, of: 3 })).collect();
    assert_eq!(parts.iter().map(|plan| plan.items.len()).sum::<usize>(), 10);
    for plan in parts {
        assert_eq!(plan.items.len(), 2 * plan.cases.len());
        assert_eq!(plan.suites, whole.suites, "suites that no case of this part is from are known too");
    }
}

#[test]
fn what_is_missing_doubled_or_unfinished_is_named() {
    let root = tempfile::tempdir().unwrap();
    let reports = Reports::new(root.path());
    let all = shards(root.path(), 4);
    let refused =
        |runs: &[&Run]| merge(&reports, &runs.iter().map(|run| (*run).clone()).collect::<Vec<_>>()).unwrap_err();
    let missing = refused(&[&all[0], &all[2]]);
    assert_eq!(missing.kind, Kind::Missing);
    let said = missing.to_string();
    assert!(
        said.contains("shards 2 and 4 of 4 are missing") && said.contains("pmtune eval x-v1 --shard 2/4"),
        "{said}"
    );
    let again = answer(root.path(), Plan::new(version(), &suites()).part(Shard { number: 2, of: 4 }), false);
    let said = refused(&[&all[0], &all[1], &all[2], &again]).to_string();
    assert!(said.contains("shard 2 of 4 is there 2 times") && said.contains(&again.manifest.id), "{said}");
    assert!(said.contains("shard 4 of 4 is missing"), "all at once: {said}");
    let mut open = all[3].clone();
    open.manifest.finished = None;
    let said = refused(&[&all[0], &open]).to_string();
    assert!(said.contains("is not finished") && said.contains("--resume"), "{said}");
    let whole = answer(root.path(), Plan::new(version(), &suites()), true);
    assert!(refused(&[&whole, &all[0]]).to_string().contains("is no shard"));
    assert!(merge(&reports, &[]).is_err());
    assert_eq!(reports.list().unwrap().runs.len(), 6, "nothing was merged");
}

#[test]
fn shards_of_different_runs_are_refused_by_what_differs() {
    let root = tempfile::tempdir().unwrap();
    let first = shards(root.path(), 2).remove(0);
    let second = Shard { number: 2, of: 2 };
    let with = |change: fn(&mut VersionRef)| {
        let mut version = version();
        change(&mut version);
        Plan::new(version, &suites()).part(second)
    };
    let edited = |from: &str, to: &str| {
        let text = "category: c\ncases:\n  - {id: c00, prompt: Question 0, checks: [{type: contains, value: yes}]}\n";
        let mut all = suites();
        all[1] = load_str("b", &text.replace(from, to)).unwrap();
        Plan::new(version(), &all).part(second)
    };
    let mut marked = suites();
    marked[0].cases[0].weight = 0.0;
    let engine = Some(Engine { name: "pmtune on cuda".into(), dtype: None });
    let others: Vec<(Plan, &[&str])> = vec![
        (with(|v| v.name = "x-v2".into()), &["it is of x-v2, not of x-v1"]),
        (with(|v| v.base = "1".into()), &["another base"]),
        (with(|v| v.adapter = Some("a".into())), &["another adapter"]),
        (with(|v| v.system = None), &["another system prompt"]),
        (with(|v| v.sampling.seed = 9), &["other sampling settings"]),
        (with(|v| v.template = Some("u".into())), &["another chat template"]),
        (edited("yes", "no"), &["other suites (b)", "other cases"]),
        (Plan::new(version(), &suites()).part(Shard { number: 2, of: 3 }), &["one of 3 shards, not of 2"]),
        (
            Plan::new(version(), &suites()).on(engine).part(second),
            &["answered by pmtune on cuda, not by pmtune on a processor"],
        ),
        (Plan::new(version(), &marked).part(second), &["cases that stand in the training data"]),
    ];
    for (plan, words) in others {
        let other = answer(root.path(), plan, false);
        let said = merge(&Reports::new(root.path()), &[first.clone(), other]).unwrap_err().to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    }
    let mut older = shards(root.path(), 2).remove(1);
    older.manifest.pmtune = "0.0.1".into();
    let said = merge(&Reports::new(root.path()), &[first, older]).unwrap_err().to_string();
    assert!(said.contains("made by pmtune 0.0.1"), "{said}");
}

#[test]
fn an_edited_shard_is_not_merged() {
    let root = tempfile::tempdir().unwrap();
    let reports = Reports::new(root.path());
    let all = shards(root.path(), 2);
    let edit = |change: fn(&mut Run)| {
        let mut runs = all.clone();
        change(&mut runs[1]);
        merge(&reports, &runs).unwrap_err().to_string()
    };
    let lost = edit(|run| {
        run.records.pop();
    });
    assert!(lost.contains("holds") && lost.contains("answers"), "{lost}");
    let asked = edit(|run| run.records[0].prompt.push('!'));
    assert!(asked.contains("not those that were planned"), "{asked}");
    let cases = edit(|run| {
        run.manifest.cases.pop();
    });
    assert!(cases.contains("other cases than its own"), "{cases}");
}

#[test]
fn a_shard_goes_on_as_the_same_shard_and_lends_its_answers() {
    let root = tempfile::tempdir().unwrap();
    let reports = Reports::new(root.path());
    let plan = |number| Plan::new(version(), &suites()).part(Shard { number, of: 2 });
    let open = reports.create(plan(1)).unwrap();
    let id = open.manifest.id.clone();
    drop(open);
    let continues = |plan: &Plan| reports.unfinished(plan, &[]).unwrap().is_some();
    assert!(continues(&plan(1)) && !continues(&plan(2)) && !continues(&Plan::new(version(), &suites())));
    let again = Plan::again(&reports.load(&id).unwrap().manifest, &suites()).unwrap();
    assert_eq!(again.part, plan(1).part);
    assert_eq!(again.items, plan(1).items);
    reports.resume(&id, again).unwrap();
    let mut marked = suites();
    marked[1].cases[3].weight = 0.0;
    let error = reports.resume(&id, Plan::new(version(), &marked).part(Shard { number: 1, of: 2 })).unwrap_err();
    assert!(error.to_string().contains("training data have changed"), "{error}");
    for run in shards(root.path(), 2) {
        assert!(run.manifest.finished.is_some());
    }
    let whole = answer(root.path(), Plan::new(version(), &suites()), true);
    let reused = |record: &&Record| matches!(record.outcome, Outcome::Judged { reused: true, .. });
    let answered = whole.records.iter().filter(|record| record.outcome.answer().is_some()).count();
    assert_eq!(whole.records.iter().filter(reused).count(), answered);
}

#[test]
fn a_merge_that_was_killed_leaves_nothing_that_passes_for_a_run() {
    let root = tempfile::tempdir().unwrap();
    let run = shards(root.path(), 1).remove(0);
    // What is there between writing and renaming.
    let half = root.path().join(".merging-x/run");
    std::fs::create_dir_all(half.parent().unwrap()).unwrap();
    std::fs::rename(&run.folder, &half).unwrap();
    std::fs::copy(half.join("run.json"), half.parent().unwrap().join("run.json")).unwrap();
    assert!(Reports::new(root.path()).list().unwrap().runs.is_empty());
}
