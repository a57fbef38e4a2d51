use super::*;
use crate::check::{Check, Criterion, Judge, Subject, Verdict};
use crate::provider::Scripted;
use crate::suite::{Case, Split, Suite};
use engine::error::{Error, Kind, Result};
use proptest::prelude::*;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Passes when the answer holds the word.
#[derive(Debug)]
struct Holds(&'static str);

impl Judge for Holds {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        Verdict::when(subject.text().contains(self.0), format!("looked for {}", self.0))
    }
}

fn check(word: &'static str) -> Check {
    Check {
        name: "holds".into(),
        negated: false,
        threshold: None,
        weight: 1.0,
        guard: false,
        criterion: Criterion::Accuracy,
        version: 1,
        judge: Arc::new(Holds(word)),
    }
}

fn case(id: &str, repeat: u32) -> Case {
    Case {
        id: format!("suite/{id}"),
        category: "general".into(),
        split: Split::Dev,
        system: None,
        vars: serde_json::Value::Null,
        prompt: format!("question {id} – “quoted”"),
        reference: None,
        distractors: Vec::new(),
        choices: Vec::new(),
        checks: vec![check("yes")],
        threshold: None,
        weight: 1.0,
        tags: vec![format!("tag-{id}")],
        require: None,
        repeat,
        cluster: None,
        sampling: Default::default(),
        judge_hash: "judge".into(),
    }
}

fn suite(cases: Vec<Case>) -> Suite {
    Suite {
        name: "suite".into(),
        path: "suites/suite.yaml".into(),
        description: "A suite".into(),
        category: "general".into(),
        cases,
        hash: "suite-hash".into(),
        remarks: Vec::new(),
    }
}

fn version(name: &str) -> VersionRef {
    VersionRef {
        name: name.into(),
        base: "base-hash".into(),
        adapter: None,
        system: Some(format!("You are {name}.")),
        examples: Vec::new(),
        sampling: Default::default(),
        template: Some("template-hash".into()),
        thinks: false,
        weights: None,
        routed: None,
    }
}

fn plan(name: &str) -> Plan {
    Plan::new(version(name), &[suite(vec![case("a", 1), case("b", 2), case("c", 1)])])
}

/// Says yes to every question but b; says which repeat it is.
fn scripted() -> Scripted {
    Scripted::new(|request| {
        let prompt = request.messages.last().map_or("", |message| &message.content);
        let verdict = if prompt.contains("question b") { "no" } else { "yes" };
        Ok(format!("{verdict} {} {}", prompt, request.sampling.seed))
    })
}

fn go(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Runs a plan to its end in a folder of its own.
fn finished(reports: &Reports, plan: Plan) -> Run {
    let mut runs = reports.open(vec![plan]).unwrap();
    execute(&mut runs, &scripted(), None, &mut go).unwrap();
    runs.pop().unwrap().close()
}

/// What must not depend on when a run was interrupted.
fn essence(run: &Run) -> Vec<(String, u32, String, Outcome)> {
    let without_time = |outcome: &Outcome| match outcome.clone() {
        Outcome::Judged { mut answer, verdicts, score, passed, .. } => {
            answer.seconds = 0.0;
            Outcome::Judged { answer, verdicts, score, passed, reused: false }
        }
        other => other,
    };
    let of = |r: &Record| (r.case.clone(), r.repeat, r.answer_key.clone(), without_time(&r.outcome));
    run.records.iter().map(of).collect()
}

#[test]
fn a_version_is_the_same_whatever_its_base_is_called_and_another_once_it_thinks() {
    let weights = Some(Weights { name: "tiny".into(), bytes: 1 });
    assert_eq!(VersionRef { weights, ..version("v1") }, version("v1"));
    assert_ne!(VersionRef { thinks: true, ..version("v1") }, version("v1"));
    assert_ne!(VersionRef { system: Some("other".into()), ..version("v1") }, version("v1"));
}

#[test]
fn a_run_is_recorded_judged_and_finished() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path().join("reports"));
    let run = finished(&reports, plan("v1"));
    assert!(run.manifest.finished.is_some());
    assert_eq!(run.manifest.cases, [("suite/a".into(), 1), ("suite/b".into(), 2), ("suite/c".into(), 1)]);
    let passed = |r: &Record| matches!(r.outcome, Outcome::Judged { passed: true, .. });
    assert_eq!(run.records.iter().map(passed).collect::<Vec<_>>(), [true, false, false, true]);
    let loaded = reports.load(&run.manifest.id).unwrap();
    assert_eq!(loaded.records, run.records);
    assert_eq!(loaded.manifest, run.manifest);
    assert_eq!(reports.list().unwrap().runs, [run.manifest]);
}

#[test]
fn repeats_differ_in_seed_and_key() {
    let plan = plan("v1");
    let keys: HashSet<&str> = plan.items.iter().map(|item| item.answer_key.as_str()).collect();
    assert_eq!(keys.len(), 4);
    let seeds: Vec<u64> = plan.items.iter().map(|item| plan.request(item, 0, 0).sampling.seed).collect();
    assert_eq!(seeds, [0, 0, 1, 0]);
}

#[test]
fn the_key_changes_with_everything_that_decides_the_answer() {
    let key = |version: VersionRef, case: Case| Plan::new(version, &[suite(vec![case])]).items[0].answer_key.clone();
    let edit_version = |edit: fn(&mut VersionRef)| {
        let mut version = version("v1");
        edit(&mut version);
        key(version, case("a", 1))
    };
    let edit_case = |edit: fn(&mut Case)| {
        let mut case = case("a", 1);
        edit(&mut case);
        key(version("v1"), case)
    };
    let plain = key(version("v1"), case("a", 1));
    let changed = [
        edit_version(|v| v.base = "other".into()),
        edit_version(|v| v.adapter = Some("adapter".into())),
        edit_version(|v| v.system = None),
        edit_version(|v| v.template = None),
        edit_version(|v| v.examples = vec![engine::chat::Message::new(engine::chat::Role::User, "x")]),
        edit_version(|v| v.sampling.max_tokens = 1),
        edit_case(|c| c.prompt.push('!')),
        edit_case(|c| c.system = Some("Be brief.".into())),
        edit_case(|c| c.reference = Some("gold".into())),
        edit_case(|c| c.choices = vec!["x".into()]),
        edit_case(|c| c.sampling.temperature = Some(0.5)),
    ];
    assert_eq!(changed.iter().collect::<HashSet<_>>().len(), changed.len());
    assert!(!changed.contains(&plain));
    let same = [
        edit_version(|v| v.name = "renamed".into()),
        edit_case(|c| c.checks.clear()),
        edit_case(|c| c.weight = 2.0),
        edit_case(|c| c.id = "suite/renamed".into()),
    ];
    assert!(same.iter().all(|key| *key == plain));
}

#[test]
fn a_case_s_system_prompt_takes_the_place_of_the_version_s() {
    let messages = |system: Option<&str>| {
        let case = Case { system: system.map(String::from), ..case("a", 1) };
        let plan = Plan::new(version("v1"), &[suite(vec![case])]);
        plan.request(&plan.items[0], 0, 0).messages.into_iter().map(|m| m.content).collect::<Vec<_>>()
    };
    let prompt = "question a – “quoted”";
    assert_eq!(messages(None), ["You are v1.", prompt]);
    assert_eq!(messages(Some("Be brief.")), ["Be brief.", prompt]);
    assert_eq!(messages(Some("")), [prompt]);
}

#[test]
fn cut_at_every_byte_and_resumed_a_run_ends_the_same() {
    let folder = tempfile::tempdir().unwrap();
    // One that passes and one that fails: every byte costs a few flushes to disk.
    let plan = |name| Plan::new(version(name), &[suite(vec![case("a", 1), case("b", 1)])]);
    let whole = finished(&Reports::new(folder.path().join("whole")), plan("v1"));
    let bytes = std::fs::read(whole.folder.join("results.jsonl")).unwrap();
    let mut manifest = whole.manifest.clone();
    manifest.finished = None;
    let manifest = serde_json::to_vec(&manifest).unwrap();
    for cut in 0..=bytes.len() {
        let reports = Reports::new(folder.path().join(format!("cut-{cut}")));
        let run = reports.folder().join("killed");
        std::fs::create_dir_all(&run).unwrap();
        std::fs::write(run.join("run.json"), String::from_utf8_lossy(&manifest).replace(&whole.manifest.id, "killed"))
            .unwrap();
        std::fs::write(run.join("results.jsonl"), &bytes[..cut]).unwrap();
        let resumed = finished(&reports, plan("v1"));
        assert_eq!(resumed.manifest.id, "killed", "cut at {cut}");
        assert_eq!(essence(&resumed), essence(&whole), "cut at {cut}");
        let lines = std::fs::read_to_string(run.join("results.jsonl")).unwrap().lines().count();
        assert_eq!(lines, 2, "cut at {cut}: nothing twice");
    }
}

#[test]
fn a_break_stops_and_the_same_plans_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let mut runs = reports.open(vec![plan("v1"), plan("v2")]).unwrap();
    let mut cases = 0;
    let error = execute(&mut runs, &scripted(), None, &mut |event| {
        cases += usize::from(matches!(event, Event::Case { .. }));
        if cases == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .unwrap_err();
    assert_eq!(error.kind, Kind::Interrupted);
    let ids: Vec<String> = runs.iter().map(|run| run.manifest.id.clone()).collect();
    let text = error.to_string();
    assert!(text.contains("stopped after 5 of 8 answers") && text.contains(&format!("--resume {}", ids[1])), "{text}");
    drop(runs);

    let mut runs = reports.open(vec![plan("v1"), plan("v2")]).unwrap();
    assert_eq!(runs.iter().map(|run| run.manifest.id.clone()).collect::<Vec<_>>(), ids);
    let mut events = Vec::new();
    execute(&mut runs, &scripted(), None, &mut |event| {
        events.push(match event {
            Event::Started { total, done, reused } => format!("started {total} {done} {reused}"),
            Event::Case { version, record } => format!("{version} {}", record.case),
            Event::Tokens(_) | Event::Weighed { .. } => return ControlFlow::Continue(()),
            Event::Finished { version } => format!("finished {version}"),
        });
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(events, ["started 8 5 0", "1 suite/b", "1 suite/b", "1 suite/c", "finished 0", "finished 1"]);
}

#[test]
fn a_dead_provider_leaves_the_run_resumable() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let mut runs = reports.open(vec![plan("v1")]).unwrap();
    let error = execute(&mut runs, &scripted().dies_after(2), None, &mut go).unwrap_err();
    assert_eq!(error.kind, Kind::Network);
    assert!(error.to_string().contains("the same command goes on from here"), "{error}");
    assert_eq!(runs[0].remaining(), [2, 3]);
    assert!(runs[0].manifest.finished.is_none());
}

#[test]
fn one_failing_case_is_recorded_and_tried_again_on_resume() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let mut runs = reports.open(vec![plan("v1")]).unwrap();
    let broken = Scripted::new(|request| match request.id {
        1 => Err(Error::model("too long").hint("shorten it")),
        _ => Ok("yes".into()),
    });
    execute(&mut runs, &broken, None, &mut go).unwrap();
    let id = runs[0].manifest.id.clone();
    drop(runs);
    let run = reports.load(&id).unwrap();
    assert!(run.manifest.finished.is_some());
    assert!(matches!(&run.records[1].outcome, Outcome::Error { message } if message.contains("too long")));
    assert_eq!(failing(&run).into_iter().collect::<Vec<_>>(), ["suite/b"]);

    let mut runs = vec![reports.resume(&id, plan("v1")).unwrap()];
    assert_eq!(runs[0].remaining(), [1]);
    execute(&mut runs, &scripted(), None, &mut go).unwrap();
    drop(runs);
    let run = reports.load(&id).unwrap();
    assert_eq!(run.records.len(), 4);
    assert!(run.records.iter().all(|record| matches!(record.outcome, Outcome::Judged { .. })));
}

#[test]
fn an_answer_that_is_not_a_number_is_an_error_and_not_an_unreadable_record() {
    struct Infinite;
    impl crate::provider::Provider for Infinite {
        fn answer(
            &self,
            requests: Vec<crate::provider::Request>,
            sink: &mut dyn FnMut(crate::provider::Event) -> ControlFlow<()>,
        ) -> Result<()> {
            for request in requests {
                let choices = vec![crate::provider::Likelihood {
                    text: "x".into(),
                    log_prob: f64::NEG_INFINITY,
                    tokens: 1,
                    unasked: None,
                }];
                let answer = crate::provider::Answer {
                    text: "x".into(),
                    thoughts: String::new(),
                    stop: crate::provider::Stop::Scored,
                    prompt_tokens: 1,
                    output_tokens: 0,
                    seconds: 0.0,
                    reference_nll: None,
                    likelihoods: choices,
                };
                let _ = sink(crate::provider::Event::Done { id: request.id, answer: Ok(answer) });
            }
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let mut runs = reports.open(vec![plan("v1")]).unwrap();
    execute(&mut runs, &Infinite, None, &mut go).unwrap();
    let run = reports.load(&runs[0].manifest.id).unwrap();
    assert!(run.records.iter().all(|record| matches!(record.outcome, Outcome::Error { .. })));
}

#[test]
fn answers_are_reused_by_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    finished(&reports, plan("v1"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = {
        let asked = asked.clone();
        move || {
            let asked = asked.clone();
            Scripted::new(move |_| {
                asked.fetch_add(1, Ordering::Relaxed);
                Ok("yes".into())
            })
        }
    };
    // One prompt edited, one check edited: only the prompt needs a new answer.
    let mut edited = suite(vec![case("a", 1), case("b", 2), case("c", 1)]);
    edited.cases[0].prompt = "another question".into();
    edited.cases[2].checks = vec![check("no")];
    let again = || Plan::new(version("v1"), std::slice::from_ref(&edited));
    let mut runs = reports.open(vec![again()]).unwrap();
    execute(&mut runs, &counting(), Some(super::Reuse { reports: &reports, endpoints: false }), &mut go).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let run = runs.pop().unwrap().close();
    let reused = |r: &Record| matches!(r.outcome, Outcome::Judged { reused: true, .. });
    assert_eq!(run.records.iter().map(reused).collect::<Vec<_>>(), [false, true, true, true]);
    assert!(matches!(run.records[3].outcome, Outcome::Judged { passed: false, .. }), "judged by today's check");

    let mut runs = reports.open(vec![again()]).unwrap();
    execute(&mut runs, &counting(), None, &mut go).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 5, "without reuse all four are asked again");
}

#[test]
fn an_endpoint_s_answers_are_reused_only_where_the_user_vouches_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let endpoint = || {
        let version = VersionRef { template: None, ..version("openai:http://localhost:1234#model") };
        Plan::new(version, &[suite(vec![case("a", 1)])])
    };
    finished(&reports, endpoint());
    let mut runs = reports.open(vec![endpoint()]).unwrap();
    execute(&mut runs, &scripted(), Some(super::Reuse { reports: &reports, endpoints: false }), &mut go).unwrap();
    let run = runs.pop().unwrap().close();
    assert!(run.manifest.id.contains("-openai-http-localhost-1234-model"), "{}", run.manifest.id);
    assert!(matches!(run.records[0].outcome, Outcome::Judged { reused: false, .. }));

    let mut runs = reports.open(vec![endpoint()]).unwrap();
    let vouched = super::Reuse { reports: &reports, endpoints: true };
    execute(&mut runs, &scripted(), Some(vouched), &mut go).unwrap();
    let run = runs.pop().unwrap().close();
    assert!(matches!(run.records[0].outcome, Outcome::Judged { reused: true, .. }));
    assert!(run.manifest.notes[0].starts_with("some answers came from earlier runs"), "{:?}", run.manifest.notes);
}

#[test]
fn rescoring_judges_stored_answers_by_todays_checks() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let run = finished(&reports, plan("v1"));
    let mut today = suite(vec![case("a", 1), case("b", 5), case("c", 1), case("new", 1)]);
    today.cases[1].checks = vec![check("no")];
    let rescored = rescore(&reports, &run, &[today.clone()]).unwrap();
    assert_eq!(rescored.manifest.rescored_from.as_ref(), Some(&run.manifest.id));
    assert!(rescored.manifest.finished.is_some());
    assert_eq!(rescored.records.len(), 4);
    assert!(rescored.records.iter().all(|r| matches!(r.outcome, Outcome::Judged { passed: true, .. })));

    today.cases[0].prompt.push_str(" edited");
    let error = rescore(&reports, &run, &[today.clone()]).unwrap_err().to_string();
    assert!(error.contains("the question has changed") && error.contains("suite/a"), "{error}");
    today.cases.remove(2);
    let error = rescore(&reports, &run, &[today]).unwrap_err().to_string();
    assert!(error.contains("no longer have") && error.contains("suite/c"), "{error}");
    assert_eq!(reports.list().unwrap().runs.len(), 2, "a refused rescore leaves no run behind");
}

#[test]
fn a_run_is_not_continued_with_other_questions_or_checks() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let mut runs = reports.open(vec![plan("v1")]).unwrap();
    execute(&mut runs, &scripted().dies_after(2), None, &mut go).unwrap_err();
    let id = runs.pop().unwrap().manifest.id;
    let edited = |edit: fn(&mut Suite)| {
        let mut suite = suite(vec![case("a", 1), case("b", 2), case("c", 1)]);
        edit(&mut suite);
        Plan::new(version("v1"), &[suite])
    };
    let others = [
        (plan("v2"), "another version"),
        (edited(|s| s.cases.truncate(1)), "other cases"),
        (edited(|s| s.hash = "edited".into()), "edited since it began: suite"),
        (edited(|s| s.cases[0].judge_hash = "edited".into()), "checks or sampling of suite/a"),
        (edited(|s| s.cases[0].prompt = "edited".into()), "prompt, checks or sampling of suite/a"),
    ];
    for (plan, reason) in others {
        assert_eq!(reports.unfinished(&plan, &[]).unwrap(), None, "{reason}");
        let error = reports.resume(&id, plan).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(reports.unfinished(&plan("v1"), &[]).unwrap(), Some(id.clone()));
    assert_eq!(reports.unfinished(&plan("v1"), &[&id]).unwrap(), None);
    let manifest = reports.load(&id).unwrap().manifest;
    let again = Plan::again(&manifest, &[suite(vec![case("a", 9), case("b", 9), case("c", 9), case("d", 1)])]).unwrap();
    assert_eq!(reports.resume(&id, again).unwrap().remaining(), [2, 3]);
}

#[test]
fn a_run_being_written_is_refused_to_a_second_writer() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let runs = reports.open(vec![plan("v1")]).unwrap();
    let error = reports.open(vec![plan("v1")]).unwrap_err().to_string();
    assert!(error.contains("being written by another pmtune"), "{error}");
    let fresh = [reports.create(plan("v1")).unwrap()];
    assert_ne!(fresh[0].manifest.id, runs[0].manifest.id, "ids never collide");
}

#[test]
fn a_newer_format_is_refused_and_the_other_runs_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let run = finished(&reports, plan("v1"));
    let newer = folder.path().join("newer");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("run.json"), r#"{"format": 2, "shape": "unknown"}"#).unwrap();
    std::fs::create_dir(folder.path().join("not-a-run")).unwrap();
    let listing = reports.list().unwrap();
    assert_eq!((listing.runs.len(), listing.unreadable.len()), (1, 1));
    let error = reports.load("newer").unwrap_err().to_string();
    assert!(error.contains("written by a newer pmtune") && error.contains("format 2"), "{error}");
    let missing = reports.load(&run.manifest.id[..run.manifest.id.len() - 1]).unwrap_err().to_string();
    assert!(missing.contains(&format!("did you mean {}", run.manifest.id)), "{missing}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_clear_error_and_the_run_goes_on_later() {
    let folder = tempfile::tempdir().unwrap();
    let reports = Reports::new(folder.path());
    let runs = reports.open(vec![plan("v1")]).unwrap();
    let results = runs[0].folder.join("results.jsonl");
    drop(runs);
    std::fs::remove_file(&results).unwrap();
    std::os::unix::fs::symlink("/dev/full", &results).unwrap();
    let mut runs = vec![full(&reports)];
    let error = execute(&mut runs, &scripted(), None, &mut go).unwrap_err().to_string();
    assert!(error.contains("No space left") && error.contains("free some disk space"), "{error}");
    drop(runs);
    std::fs::remove_file(&results).unwrap();
    assert_eq!(finished(&reports, plan("v1")).records.len(), 4);
}

/// `/dev/full` reads as endless zeros, so the run that writes to it is put together by hand.
#[cfg(target_os = "linux")]
fn full(reports: &Reports) -> OpenRun {
    let id = reports.list().unwrap().runs[0].id.clone();
    OpenRun::create(reports.folder().join(&id), id, plan("v1"), None).unwrap()
}

#[test]
fn filters_narrow_and_name_what_is_unknown() {
    let suites = [suite((0..4).map(|i| case(&format!("case-{i}"), 1)).collect())];
    let ids = |filter: Filter| -> Vec<String> {
        let selected = select(&suites, &filter).unwrap();
        selected.iter().flat_map(|s| s.cases.iter().map(|c| c.id.replace("suite/case-", ""))).collect()
    };
    let list = |items: &[&str]| items.iter().map(|s| s.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(Filter::default()), ["0", "1", "2", "3"]);
    assert_eq!(ids(Filter { ids: list(&["case-2"]), ..Default::default() }), ["2"]);
    assert_eq!(ids(Filter { ids: list(&["*-1", "suite/case-?3", "s*e/*3"]), ..Default::default() }), ["1", "3"]);
    assert_eq!(ids(Filter { tags: list(&["tag-case-1"]), ..Default::default() }), ["1"]);
    assert_eq!(ids(Filter { limit: Some(2), ..Default::default() }), ["0", "1"]);
    assert_eq!(ids(Filter { only: Some(["suite/case-3".to_string()].into()), ..Default::default() }), ["3"]);
    assert_eq!(ids(Filter { split: Some(Split::Dev), ..Default::default() }).len(), 4);
    let error = |filter: Filter| select(&suites, &filter).unwrap_err().to_string();
    assert!(error(Filter { suites: list(&["suit"]), ..Default::default() }).contains("did you mean suite?"));
    assert!(error(Filter { categories: list(&["zzz"]), ..Default::default() }).contains("known: general"));
    assert!(error(Filter { split: Some(Split::HeldOut), ..Default::default() }).contains("no case is left"));
}

proptest! {
    /// Whatever was recorded, in whatever order and how often: what remains is what has no judged record, and once
    /// that is recorded nothing remains.
    #[test]
    fn what_remains_and_what_is_recorded_make_the_whole(
        repeats in prop::collection::vec(1u32..4, 1..6),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..30),
    ) {
        let cases = repeats.iter().enumerate().map(|(i, n)| case(&i.to_string(), *n)).collect();
        let plan = Plan::new(version("v1"), &[suite(cases)]);
        let record = |index: usize, judged: bool| {
            let outcome = if judged {
                let answer = crate::provider::Answer {
                    text: index.to_string(), thoughts: String::new(), stop: crate::provider::Stop::End, prompt_tokens: 0, output_tokens: 0,
                    seconds: 0.0, reference_nll: None, likelihoods: Vec::new(),
                };
                Outcome::Judged { answer, verdicts: Vec::new(), score: 1.0, passed: true, reused: false }
            } else {
                Outcome::Error { message: "no".into() }
            };
            judge::record(&plan, &plan.items[index], outcome)
        };
        let picks: Vec<(usize, bool)> = picks.iter().map(|(i, judged)| (i.index(plan.items.len()), *judged)).collect();
        let mut records: Vec<Record> = picks.iter().map(|&(i, judged)| record(i, judged)).collect();
        let judged: HashSet<usize> = picks.iter().filter(|(_, judged)| *judged).map(|(i, _)| *i).collect();
        let left = remaining(&plan, &records);
        prop_assert_eq!(left.clone(), (0..plan.items.len()).filter(|i| !judged.contains(i)).collect::<Vec<_>>());
        records.extend(left.iter().map(|&i| record(i, true)));
        prop_assert!(remaining(&plan, &records).is_empty());
        let settled = super::plan::settle(&plan.case_list(), records);
        prop_assert_eq!(settled.len(), plan.items.len());
        let in_order = settled.iter().zip(&plan.items).all(|(r, item)| r.answer_key == item.answer_key);
        let judged = settled.iter().all(|r| matches!(r.outcome, Outcome::Judged { .. }));
        prop_assert!(in_order && judged);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Reports::new(file.join("reports")).open(vec![plan("v1")]).unwrap_err().to_string();
    assert!(error.contains(Path::new("file").join("reports").to_str().unwrap()), "{error}");
}

/// `reference-nll` alone over an endpoint: there is nothing to read the likelihood from, so the check is skipped.
#[test]
fn an_answer_that_no_check_could_score_is_neither_passed_nor_failed() {
    let skipped =
        r#"{"check":"reference-nll","criterion":"accuracy","weight":1.0,"verdict":"skipped","reason":"no likelihood"}"#;
    let measured =
        r#"{"check":"latency","criterion":"format","weight":0.0,"verdict":"pass","score":1.0,"reason":"1 s"}"#;
    let failed = r#"{"check":"contains","criterion":"format","weight":1.0,"verdict":"fail","score":0.0,"reason":"no"}"#;
    let answer = r#"{"text":"x","stop":"end","prompt_tokens":1,"output_tokens":1,"seconds":1.0,"reference_nll":null,"choices":[]}"#;
    let read = |verdicts: &[&str]| -> Outcome {
        let verdicts = verdicts.join(",");
        let line =
            format!(r#"{{"outcome":"judged","answer":{answer},"verdicts":[{verdicts}],"score":1.0,"passed":true}}"#);
        serde_json::from_str(&line).unwrap()
    };
    let old = read(&[skipped, measured]);
    assert!(matches!(&old, Outcome::Unscored { verdicts, .. } if verdicts.len() == 2), "{old:?}");
    assert_eq!(serde_json::from_str::<Outcome>(&serde_json::to_string(&old).unwrap()).unwrap(), old);
    assert!(matches!(read(&[skipped, failed]), Outcome::Judged { .. }), "one check had a say");
}
