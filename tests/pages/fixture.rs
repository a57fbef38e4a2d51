//! A workspace whose pages hold what is hard to lay out: long names and prompts, wide tables, errors, hostile answers,
//! people's scores.

use engine::generate::Sampling;
use pmtune::check::Criterion;
use pmtune::compare::{Interval, Mean, Settings};
use pmtune::gaps::{self, Material};
use pmtune::improve::{Decision, Month, Step};
use pmtune::report::{Extras, GapsReport, MonthsReport, Report};
use pmtune::review::{Book, Books, Rating, Reviewer, ReviewerKind, answer_hash};
use pmtune::run::{Record, Reports};
use pmtune::training_data::Known;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const CATEGORIES: [&str; 3] = ["format-consistency", "domain-knowledge", "stakeholder-communication-and-negotiation"];

const WIDE: &str = "| Priority | Stakeholder | Feature | Reach | Impact | Confidence | Effort | Score | Owner |\n\
    |---|---|---|---|---|---|---|---|---|\n\
    | Must | Head of customer operations | Export of the monthly report | 12000 | 3 | 80 % | 2 | 14400 | Platform |\n";

const HOSTILE: &str = "<script>window.evil = 1</script> <img src=x onerror=\"window.evil = 2\"> </details></section> \
    [link](javascript:window.evil=3) an_unbroken_word_that_is_far_longer_than_any_phone_is_wide_an_unbroken_word_that_is_far";

pub struct Pages {
    pub root: TempDir,
}

impl Pages {
    /// Runs of three versions over `cases` cases.
    pub fn new(cases: usize) -> Self {
        let root = tempfile::tempdir().unwrap();
        let settings = "line: PM-General\ncompare: {resamples: 1000}\n";
        std::fs::write(root.path().join("pmtune.yaml"), settings).unwrap();
        for (version, better) in [("PM-General-v1", false), ("PM-General-v2", true), ("PM-General-v3", true)] {
            run(root.path(), version, cases, better);
        }
        Self { root }
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Two people rate what the runs answered.
    pub fn rate(&self) {
        for version in ["PM-General-v1", "PM-General-v2"] {
            let run = Reports::new(self.path().join("reports")).load(&id(version)).unwrap();
            for (name, points) in [("ann", 3), ("ben", 4)] {
                let reviewer = Reviewer { name: name.to_string(), kind: ReviewerKind::Person };
                let mut book = Book::open(&run.folder, &reviewer).unwrap();
                for (i, record) in run.records.iter().enumerate() {
                    rate(&mut book, record, points + u8::from(i % 4 == 0));
                }
            }
        }
    }

    /// The report of the second version alone.
    pub fn run_page(&self) -> PathBuf {
        let run = Reports::new(self.path().join("reports")).load(&id("PM-General-v2")).unwrap();
        let page = self.path().join("run.html");
        let report = Report::of_run(&run, 0.95, &Extras::default()).unwrap();
        std::fs::write(&page, report.html().unwrap()).unwrap();
        page
    }

    pub fn comparison_page(&self) -> PathBuf {
        pmtune(self.path(), &["compare", "PM-General-v1", "PM-General-v2", "--allow-differences"]);
        let folders = std::fs::read_dir(self.path().join("reports")).unwrap().flatten();
        folders.map(|folder| folder.path()).find(|f| f.join("comparison.json").is_file()).unwrap().join("report.html")
    }

    /// What the first version falls short of, with what people said, and a plan.
    pub fn gaps_page(&self) -> PathBuf {
        let reports = Reports::new(self.path().join("reports"));
        let run = reports.load(&id("PM-General-v1")).unwrap();
        let ratings = Books::read(&reports).unwrap().of(&run);
        let gaps = gaps::find(&run, None, &ratings, &Settings::default());
        let known = Known::new(&[], &[]);
        let material = Material { examples: &[], kinds: &[], contradicting: &[], known: &known };
        let mut plan = gaps::plan(&gaps, 12, "seed", &material);
        plan.prompt = Some(HOSTILE.to_string());
        plan.items.iter_mut().for_each(|item| item.because = format!("{} {HOSTILE}", item.because));
        let page = self.path().join("gaps.html");
        std::fs::write(&page, GapsReport::new(&gaps, &plan).unwrap().html().unwrap()).unwrap();
        page
    }

    /// Three months: one taken, one not, one under way.
    pub fn months_page(&self) -> PathBuf {
        let decided = |promote: bool, low: f64| Decision {
            promote,
            confidence: 0.996,
            look: 1,
            may_bear: 6,
            better: Vec::new(),
            worse: Vec::new(),
            promise: None,
            score: Some([0.0, 0.1].map(|more| Mean {
                mean: low + more,
                interval: Interval { low: low + more - 0.05, high: low + more + 0.05 },
            })),
            people: None,
            found: "improved".to_string(),
            why: format!("PM-General-v2 is better in {HOSTILE}"),
        };
        let months = [("2026-09", Some(true)), ("2026-10", Some(false)), ("2026-11", None)].map(|(name, taken)| {
            let mut month = Month::new(name, "PM-General-v1");
            (month.added, month.candidate) = (12, Some("PM-General-v2".to_string()));
            month.decision = taken.map(|taken| decided(taken, 0.4));
            if let Some(taken) = taken {
                month.finish(Step::Deploy, String::new(), jiff::Timestamp::UNIX_EPOCH, String::new());
                month.exported = taken.then(|| "exports/v2".to_string());
            }
            month
        });
        let page = self.path().join("months.html");
        std::fs::write(&page, MonthsReport::new(&months).unwrap().html().unwrap()).unwrap();
        page
    }

    /// The table of two versions against the first.
    pub fn several_page(&self) -> PathBuf {
        pmtune(self.path(), &["compare", "PM-General-v1", "PM-General-v2", "PM-General-v3", "--allow-differences"]);
        let folders = std::fs::read_dir(self.path().join("reports")).unwrap().flatten();
        folders.map(|folder| folder.path()).find(|f| f.join("comparisons.json").is_file()).unwrap().join("report.html")
    }
}

pub fn pmtune(root: &Path, args: &[&str]) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
    command.current_dir(root).env_remove("PMTUNE_WORKSPACE").env("TZ", "UTC").args(args);
    let output = command.output().unwrap();
    // 100: an audit that finds a suite wanting has still written its page.
    let fine = output.status.success() || output.status.code() == Some(100);
    assert!(fine, "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn id(version: &str) -> String {
    format!("2026-11-21-2031-{version}")
}

fn rate(book: &mut Book, record: &Record, points: u8) {
    let Some(answer) = answer_hash(record) else { return };
    let rating = Rating {
        case: record.case.clone(),
        repeat: 0,
        answer,
        points: Criterion::ALL.into_iter().map(|criterion| (criterion, points)).collect(),
        comment: "Names no measure; ask for one.".to_string(),
        flags: Default::default(),
        beside: None,
        done: true,
        reason: None,
        at: "2026-11-22T08:00:00Z".parse().unwrap(),
    };
    book.record(rating).unwrap();
}

fn run(root: &Path, version: &str, cases: usize, better: bool) {
    let folder = root.join("reports").join(id(version));
    let records: Vec<Value> = (0..cases).map(|case| record(version, case, better)).collect();
    let suite = |name: &&str| json!({"name": name, "category": name, "description": "What it is about, in one line", "hash": "ab".repeat(32)});
    let manifest = json!({
        "format": 1, "id": id(version), "suites": CATEGORIES.iter().map(suite).collect::<Vec<_>>(),
        "version": {"name": version, "base": "smollm2-135m-instruct", "adapter": null,
            "system": better.then_some("You help product managers."), "examples": [],
            "sampling": Sampling::default(), "template": null},
        "cases": records.iter().map(|r| json!([r["case"], 1])).collect::<Vec<_>>(),
        "started": "2026-11-21T20:31:00Z", "finished": "2026-11-21T20:41:00Z", "pmtune": "0.1.0",
    });
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("run.json"), manifest.to_string()).unwrap();
    let lines: Vec<String> = records.iter().map(|record| record.to_string() + "\n").collect();
    std::fs::write(folder.join("results.jsonl"), lines.concat()).unwrap();
}

fn record(version: &str, case: usize, better: bool) -> Value {
    let category = CATEGORIES[case % 3];
    // Spread over the cases; the better version wins some and loses a few.
    let place = (case as f64 * 0.618_034).fract();
    let passed = if better { !(0.65..=0.97).contains(&place) } else { place < 0.45 || (0.66..0.72).contains(&place) };
    let verdict = |check: &str, criterion: &str, passed: bool| {
        let (word, score) = if passed { ("pass", 1.0) } else { ("fail", 0.25) };
        let reason = if passed { "as asked" } else { "no sentence of the form \"As a …, I want …\" in the answer" };
        json!({"check": check, "criterion": criterion, "weight": 1.0, "verdict": word, "score": score, "reason": reason})
    };
    let mut record = json!({
        "case": format!("{category}/a-case-with-a-rather-long-name-{case:04}"), "repeat": 0, "category": category,
        "split": if case.is_multiple_of(2) { "held-out" } else { "dev" }, "weight": 1.0,
        "prompt": prompt(case), "answer_key": format!("{version}{case}"), "judge_hash": "j",
        "reference": "A sentence that a person would write.", "tags": ["planning"], "at": "2026-11-21T20:31:00Z",
    });
    let told = if case % 40 == 7 {
        json!({"outcome": "error", "message": "the endpoint answered 500: out of memory"})
    } else {
        json!({
            "outcome": "judged", "score": if passed { 1.0 } else { 0.4 }, "passed": passed,
            "answer": {"text": answer(version, case), "stop": "end", "prompt_tokens": 300, "output_tokens": 120, "seconds": 2.5},
            "verdicts": [verdict("user-story", "format", passed), verdict("contains-any", "accuracy", true)],
        })
    };
    record.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
    record
}

fn prompt(case: usize) -> String {
    let long = "The board wants one page. Say what it costs, who decides, and what happens when nobody does.\n";
    match case % 20 {
        3 => long.repeat(80),
        4 => HOSTILE.to_string(),
        _ => format!("Question {case}: write a user story for the export of report number {}.", case * 7919 % 10007),
    }
}

fn answer(version: &str, case: usize) -> String {
    let words =
        ["revenue", "churn", "roadmap", "sprint", "pricing", "onboarding", "support", "search", "billing", "legal"];
    let pick = |n: usize| words[(case * 31 + n * 17 + n * n * version.len()) % words.len()];
    let sentence: Vec<&str> = (0..60).map(pick).collect();
    match case % 20 {
        4 => HOSTILE.to_string(),
        5 => format!("## Scores\n\n{WIDE}\n\nThat is all for {version}."),
        6 => "```json\n{\"a_key_that_is_long\": \"and a value that is longer than a phone is wide, by a lot of words\"}\n```".into(),
        _ => format!("## Export {case}\n\n**As a** finance manager, **I want to** export it, says {version}.\n\n- {}", sentence.join(" ")),
    }
}
