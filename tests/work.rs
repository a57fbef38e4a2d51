//! The use cases without the command line: train, evaluate, compare, gate, called from code on a tiny base.

use engine::error::Kind;
use engine::generate::SamplingOptions;
use engine::train::TrainSettings;
use pmtune::compare::{Finding, Outcomes};
use pmtune::gate::Status;
use pmtune::run::{Event as RunEvent, Filter, Why};
use pmtune::work::gate::{GateFiles, GateSubject, contenders, decide, exit_code, write_decision};
use pmtune::work::train::{Job, TrainOptions};
use pmtune::work::{EvaluateOptions, Event, Pull, Sink, Subject, compare, evaluate};
use pmtune::workspace::Workspace;
use std::path::Path;
use std::sync::Mutex;
use tempfile::TempDir;

const CASES: usize = 8;

/// A workspace on the tiny base that speaks ChatML, with 30 examples and a suite of eight cases.
fn workspace() -> (TempDir, Workspace) {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    let settings = format!(
        "line: PM\nbase: {}\ncompare: {{resamples: 1000}}\nsampling: {{max-tokens: 4}}\ngate: {{errors: 0}}\n",
        base.display()
    );
    write(root.path(), "pmtune.yaml", &settings);
    let line = |i: usize| format!(r#"{{"instruction": "Ask {i}", "input": "", "output": "Done {i}."}}"#);
    write(root.path(), "training-data/updates/basic.jsonl", &(0..30).map(line).collect::<Vec<_>>().join("\n"));
    let case = |i: usize| {
        format!(
            "  - {{id: case-{i}, split: held-out, prompt: Question {i}, checks: [{{type: contains, value: Done}}]}}\n"
        )
    };
    write(
        root.path(),
        "suites/s.yaml",
        &("category: c\ncases:\n".to_string() + &(0..CASES).map(case).collect::<String>()),
    );
    let workspace = Workspace::open(root.path()).unwrap();
    (root, workspace)
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// Keeps the kinds of the events it hears, and stops the work at the first of one kind.
#[derive(Default)]
struct Heard {
    kinds: Mutex<Vec<&'static str>>,
    stop_at: Option<&'static str>,
}

impl Heard {
    fn count(&self, kind: &str) -> usize {
        self.kinds.lock().unwrap().iter().filter(|heard| **heard == kind).count()
    }
}

impl Sink for Heard {
    fn tell(&self, event: Event<'_>) {
        self.kinds.lock().unwrap().push(match event {
            Event::Pull(Pull::Ready) => "base",
            Event::Train(engine::train::Event::Step(_)) => "step",
            Event::Train(engine::train::Event::EpochEnded { .. }) => "epoch",
            Event::Run(RunEvent::Case { .. }) => "answer",
            Event::Run(RunEvent::Finished { .. }) => "finished",
            Event::Warning(_) => "warning",
            _ => "other",
        });
    }

    fn stopped(&self) -> bool {
        self.stop_at.is_some_and(|kind| self.count(kind) > 0)
    }
}

fn two_epochs() -> TrainOptions {
    TrainOptions { recipe: TrainSettings { epochs: Some(2), ..Default::default() }, ..Default::default() }
}

fn short(subject: Subject) -> EvaluateOptions {
    let sampling = SamplingOptions { max_tokens: Some(4), ..Default::default() };
    EvaluateOptions { sampling, ..EvaluateOptions::of(subject) }
}

#[test]
fn a_version_is_trained_evaluated_compared_and_gated_from_code() {
    let (_root, workspace) = workspace();
    let heard = Heard::default();

    let job = Job::begin(&workspace, &two_epochs(), &heard).unwrap();
    assert!(job.describe().starts_with("PM-v1 on "), "{}", job.describe());
    let trained = job.run(&workspace, &heard).unwrap();
    let version = trained.version.unwrap();
    assert!(trained.told.points[0].contains("v1 was trained on 25 examples in 2 epochs"), "{}", trained.told);
    assert!(version.name == "PM-v1" && version.written.iter().all(|path| path.exists()), "{version:?}");
    assert_eq!((heard.count("base"), heard.count("epoch")), (1, 2));
    // Four examples a step.
    assert_eq!(heard.count("step"), 14);

    let runs = evaluate(&workspace, &short(Subject::Pair(["base".into(), "v1".into()])), &heard).unwrap();
    let [a, b] = &runs[..] else { panic!("{} runs of two versions", runs.len()) };
    assert_eq!((a.run.manifest.version.adapter.is_some(), b.run.manifest.version.name.as_str()), (false, "PM-v1"));
    assert_eq!((a.run.records.len(), b.run.records.len()), (CASES, CASES));
    assert_eq!((heard.count("answer"), heard.count("finished")), (2 * CASES, 2));
    let page = std::fs::read_to_string(b.run.folder.join("report.html")).unwrap();
    assert!(page.contains("Loss while PM-v1 was trained"));

    let three = evaluate(
        &workspace,
        &short(Subject::Several(vec!["v1".into(), "base".into(), "v1".into()])),
        &Heard::default(),
    );
    assert!(three.unwrap_err().to_string().contains("would be compared with itself"));
    let compared = compare(&workspace, Outcomes { a: &a.run, b: &b.run }, false, &heard).unwrap();
    assert_eq!((compared.comparison.a.label.as_str(), compared.comparison.b.label.as_str()), ("tiny-qwen2", "v1"));
    assert_eq!(compared.comparison.held_out.overall.cases, CASES);
    assert!(compared.folder.join("comparison.json").is_file());

    let subject = GateSubject { candidate: Some("v1".into()), against: Some(a.run.manifest.id.clone()) };
    let found = contenders(&workspace, &subject, false, &heard).unwrap();
    assert_eq!(found.candidate.manifest.id, b.run.manifest.id);
    let decision = decide(&workspace, &found.candidate, found.baseline.as_ref(), false).unwrap();
    assert!(decision.passed && decision.rules.iter().all(|rule| rule.status == Status::Pass), "{decision:?}");
    let file = workspace.root.join("gate.json");
    let files = GateFiles { json: Some(file.clone()), ..GateFiles::default() };
    let report = write_decision(&workspace, &decision, &found.candidate, &files).unwrap();
    assert!(report.is_file() && file.is_file());
    assert_eq!([None, Some(7)].map(|chosen| exit_code(&workspace, &decision, chosen).unwrap()), [100, 7]);
    assert_eq!(heard.count("warning"), 1, "nobody has audited the suite");
}

#[test]
fn what_a_sink_stops_goes_on_from_there() {
    let (_root, workspace) = workspace();
    let stopped = |at| Heard { stop_at: Some(at), ..Heard::default() };

    let job = Job::begin(&workspace, &two_epochs(), &stopped("step")).unwrap();
    let error = job.run(&workspace, &stopped("step")).unwrap_err();
    assert!(error.kind == Kind::Interrupted && error.to_string().contains("--resume PM-v1"), "{error}");
    let heard = Heard::default();
    let job = Job::resume(&workspace, "", Default::default(), &heard).unwrap();
    assert!(job.describe().contains("Goes on after step 1"), "{}", job.describe());
    assert!(job.run(&workspace, &heard).unwrap().version.is_ok());
    assert_eq!(heard.count("step"), 13);

    let subject = Subject::One("v1".into());
    let error = evaluate(&workspace, &short(subject.clone()), &stopped("answer")).unwrap_err();
    assert_eq!(error.kind, Kind::Interrupted, "{error}");
    let heard = Heard::default();
    let runs = evaluate(&workspace, &short(subject), &heard).unwrap();
    assert_eq!((runs.len(), runs[0].run.records.len()), (1, CASES));
    assert!((1..CASES).contains(&heard.count("answer")), "{}", heard.count("answer"));
}

#[test]
fn a_filter_that_leaves_no_case_is_refused() {
    let (_root, workspace) = workspace();
    let filter = Filter { suites: vec!["nothing".into()], ..Filter::default() };
    let options = EvaluateOptions { filter, ..short(Subject::One("base".into())) };
    let error = evaluate(&workspace, &options, &Heard::default()).unwrap_err().to_string();
    assert!(error.contains("there is no suite nothing"), "{error}");
    assert!(!workspace.reports().exists());
}

/// 90 cases whose references the training makes likelier, and whose distractors it does not.
fn weighing(workspace: &Workspace) {
    let settings = std::fs::read_to_string(workspace.root.join("pmtune.yaml")).unwrap();
    let settings = settings.replace("{resamples: 1000}", "{resamples: 1000, primary: likelihood}");
    write(&workspace.root, "pmtune.yaml", &settings);
    let case = |i: usize| {
        // The first hundred are trained on.
        let half = if i < 190 { "held-out" } else { "dev" };
        format!(
            "  - id: case-{i}\n    split: {half}\n    prompt: Ask {i}\n    reference: Done {i}.\n    distractors: \
             [{{text: \"{i} never\", why: wrong}}]\n    checks: [{{type: prefers-reference}}]\n"
        )
    };
    let cases = (100..195).map(case).collect::<String>();
    write(&workspace.root, "suites/s.yaml", &format!("category: c\ncases:\n{cases}"));
}

#[test]
fn asking_stops_when_the_question_is_settled_and_goes_on_after_a_break_to_the_same_end() {
    let (_root, workspace) = workspace();
    weighing(&workspace);
    let workspace = Workspace::open(&workspace.root).unwrap();
    Job::begin(&workspace, &two_epochs(), &Heard::default()).unwrap().run(&workspace, &Heard::default()).unwrap();
    let pair = Subject::Pair(["base".into(), "v1".into()]);
    let options = EvaluateOptions { until_settled: true, ..short(pair) };

    let heard = Heard { stop_at: Some("answer"), ..Heard::default() };
    assert_eq!(evaluate(&workspace, &options, &heard).unwrap_err().kind, Kind::Interrupted);
    let heard = Heard::default();
    let runs = evaluate(&workspace, &options, &heard).unwrap();
    let asked = runs[0].run.manifest.cases.len();
    assert!((20..60).contains(&asked), "{asked}");
    assert_eq!(heard.count("finished"), 0, "each run says so itself");
    for evaluated in &runs {
        let stopped = evaluated.run.manifest.stopped.unwrap();
        assert_eq!((stopped.of, stopped.why), (90, Why::Settled));
        assert!(evaluated.run.manifest.finished.is_some() && evaluated.run.records.len() == asked);
    }
    let compared = compare(&workspace, Outcomes { a: &runs[0].run, b: &runs[1].run }, false, &heard).unwrap();
    let comparison = compared.comparison;
    assert_eq!((comparison.held_out.headline().cases, comparison.dev.cases()), (asked, 0));
    assert_eq!(comparison.held_out.headline().finding, Finding::Improved, "{:?}", comparison.held_out);
    let said = format!("after {asked} of 90 cases");
    assert!(comparison.warnings.iter().any(|warning| warning.contains(&said)), "{:?}", comparison.warnings);
    assert!(comparison.held_out.headline().words.contains("anytime interval"));
    let decision = decide(&workspace, &runs[1].run, Some(&runs[0].run), false).unwrap();
    for run in runs.iter().map(|evaluated| &evaluated.run.manifest.id) {
        let named = format!("Run {run} of ");
        let early = decision.notes.iter().find(|note| note.starts_with(&named)).unwrap();
        assert!(early.contains("was stopped early") && early.contains("of 90 cases"), "{early}");
    }

    // Without a break it is the same, and nothing is asked twice.
    let heard = Heard::default();
    let again = evaluate(&workspace, &options, &heard).unwrap();
    assert_eq!(again[1].run.manifest.cases, runs[1].run.manifest.cases);
}

#[test]
fn without_a_case_that_could_settle_it_nothing_is_asked() {
    let (_root, workspace) = workspace();
    let filter = Filter { split: Some(pmtune::suite::Split::Dev), ..Filter::default() };
    let pair = Subject::Pair(["base".into(), "openai:http://127.0.0.1:9/v1#x".into()]);
    let options = EvaluateOptions { until_settled: true, filter, ..short(pair) };
    let error = evaluate(&workspace, &options, &Heard::default()).unwrap_err().to_string();
    assert!(error.contains("no case is left"), "{error}");
}

#[test]
fn a_broken_suite_stops_only_those_who_want_it() {
    let (root, workspace) = workspace();
    write(root.path(), "suites/broken.yaml", "cases: [{id: a, prompt: x, cheks: []}]\n");
    let heard = Heard::default();
    let of = |suites: &[&str]| {
        let filter = Filter { suites: suites.iter().map(|name| name.to_string()).collect(), ..Filter::default() };
        evaluate(&workspace, &EvaluateOptions { filter, ..short(Subject::One("base".into())) }, &heard)
    };
    let before = heard.count("warning");
    let runs = of(&["s"]).unwrap();
    assert!(heard.count("warning") > before, "it is named");
    for suites in [&[][..], &["broken"], &["s", "broken"]] {
        let error = of(suites).unwrap_err().to_string();
        assert!(error.contains("broken.yaml:1:") && error.contains("cheks"), "{error}");
    }
    let again = short(Subject::Rescore(runs[0].run.manifest.id.clone()));
    assert_eq!(evaluate(&workspace, &again, &heard).unwrap()[0].run.records.len(), CASES);
}
