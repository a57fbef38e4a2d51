//! Whole comparisons of runs made by hand.

use super::*;
use crate::check::{Criterion, Verdict};
use crate::provider::{Answer, Stop};
use crate::run::{Judged, Manifest, Outcome, Record, Run, SuiteRef, VersionRef};
use crate::suite::Split;
use engine::generate::Sampling;
use std::path::PathBuf;

pub(crate) const LABELS: Outcomes<&str> = Outcomes { a: "v1", b: "v2" };

/// Fewer resamples than in earnest, so that hundreds of comparisons take seconds.
pub(crate) fn quick() -> Settings {
    Settings { resamples: 1000, negligible: 0.02, seed: 0, ..Settings::default() }
}

/// One answer of a case: its score; it passes at 1. `None` is an error.
pub(crate) type Reply = Option<f64>;

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub name: String,
    pub split: Split,
    pub category: String,
    pub cluster: Option<String>,
    pub weight: f64,
    pub a: Vec<Reply>,
    pub b: Vec<Reply>,
}

pub(crate) fn case(name: impl Into<String>, split: Split, a: f64, b: f64) -> Case {
    Case {
        name: name.into(),
        split,
        category: "format".to_string(),
        cluster: None,
        weight: 1.0,
        a: vec![Some(a)],
        b: vec![Some(b)],
    }
}

/// `n` held-out cases, their scores taken in turn from `scores`.
fn held_out(n: usize, scores: &[(f64, f64)]) -> Vec<Case> {
    scores
        .iter()
        .cycle()
        .take(n)
        .enumerate()
        .map(|(i, (a, b))| case(format!("s/{i:03}"), Split::HeldOut, *a, *b))
        .collect()
}

fn outcome(version: &str, reply: Reply) -> Outcome {
    let Some(score) = reply else {
        return Outcome::Error { message: "the endpoint hung up".to_string() };
    };
    let verdict = Verdict::graded(score, 1.0, "as asked");
    let judged = |check: &str, weight, verdict| Judged {
        check: check.to_string(),
        criterion: Criterion::Format,
        weight,
        guard: None,
        verdict,
    };
    Outcome::Judged {
        answer: Answer {
            text: format!("{version} says {score}"),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 5,
            output_tokens: 7,
            seconds: 0.5,
            reference_nll: Some(3.0 - score),
            likelihoods: Vec::new(),
        },
        passed: verdict.passed(),
        verdicts: vec![
            judged("contains", 1.0, verdict),
            // Tells the versions apart as often one way as the other, over scores that are alike.
            judged("latency", 0.0, Verdict::when((version == "v2") == (score >= 0.75), "measured only")),
            judged("language", 1.0, Verdict::Skipped { reason: "too short".to_string() }),
        ],
        score,
        reused: false,
    }
}

fn run(version: &str, cases: &[Case], replies: impl Fn(&Case) -> Vec<Reply>) -> Run {
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let records: Vec<Record> = cases
        .iter()
        .flat_map(|case| replies(case).into_iter().enumerate().map(move |(i, reply)| (case, i as u32, reply)))
        .map(|(case, repeat, reply)| Record {
            case: case.name.clone(),
            repeat,
            category: case.category.clone(),
            split: case.split,
            weight: case.weight,
            cluster: case.cluster.clone(),
            tags: Vec::new(),
            require: None,
            prompt: format!("Answer {}", case.name),
            reference: None,
            answer_key: format!("{version}{}{repeat}", case.name),
            judge_hash: "checks".to_string(),
            version: None,
            outcome: outcome(version, reply),
            at,
        })
        .collect();
    let suite = SuiteRef { name: "s".into(), category: "format".into(), description: String::new(), hash: "1".into() };
    Run {
        folder: PathBuf::from("reports").join(version),
        manifest: Manifest {
            format: 1,
            id: format!("run-{version}"),
            version: VersionRef {
                name: version.to_string(),
                base: "base".to_string(),
                adapter: None,
                system: Some(format!("You are {version}.")),
                examples: Vec::new(),
                sampling: Sampling::default(),
                template: Some("chatml".to_string()),
                thinks: false,
                weights: None,
                routed: None,
            },
            suites: vec![suite],
            cases: cases.iter().map(|c| (c.name.clone(), replies(c).len() as u32)).collect(),
            started: at,
            finished: Some(at),
            pmtune: "0.1.0".to_string(),
            engine: None,
            shard: None,
            merged_from: Vec::new(),
            rescored_from: None,
            stopped: None,
            notes: Vec::new(),
        },
        records,
    }
}

pub(crate) fn runs(cases: &[Case]) -> (Run, Run) {
    (run("v1", cases, |c| c.a.clone()), run("v2", cases, |c| c.b.clone()))
}

pub(super) fn compared(cases: &[Case]) -> Comparison {
    let (a, b) = runs(cases);
    compare(&a, &b, LABELS, quick(), false).unwrap()
}

#[test]
fn a_clear_gain_is_called_better_in_words() {
    let c = compared(&held_out(30, &[(0.5, 1.0), (0.5, 0.75), (1.0, 1.0), (0.0, 0.0), (0.25, 1.0), (1.0, 0.75)]));
    let group = &c.held_out.overall;
    assert_eq!(group.finding, Finding::Improved);
    assert_eq!(
        group.words,
        "v2 is better on the held-out cases: +0.21 in score (95\u{a0}% interval +0.07 to +0.33), \
         15 of 30 cases pass instead of 10."
    );
    assert_eq!((group.pass.both, group.pass.only_a, group.pass.only_b, group.pass.neither), (5, 5, 10, 10));
    assert!(c.warnings.is_empty(), "{:?}", c.warnings);
}

#[test]
fn a_clear_loss_is_called_worse() {
    let c = compared(&held_out(30, &[(1.0, 0.25), (1.0, 1.0), (0.75, 0.25)]));
    assert_eq!(c.held_out.overall.finding, Finding::Regressed);
    assert!(c.held_out.overall.words.starts_with("v2 is worse on the held-out cases: −0.42 in score"));
}

#[test]
fn ties_are_no_difference_once_there_are_enough_of_them() {
    let few = compared(&held_out(20, &[(0.5, 0.5), (1.0, 1.0)]));
    assert_eq!(few.held_out.overall.finding, Finding::TooFewCases);
    assert_eq!(
        few.held_out.overall.words,
        "Too few held-out cases to tell: 0.00 in score (95\u{a0}% interval −0.17 to +0.17), 10 of 20 cases pass with \
         either. It takes 183 cases without a difference to show that any is negligible."
    );
    let nearly = compared(&held_out(182, &[(0.5, 0.5), (1.0, 1.0)]));
    assert_eq!(nearly.held_out.overall.finding, Finding::TooFewCases);
    let enough = compared(&held_out(183, &[(0.5, 0.5), (1.0, 1.0)]));
    assert_eq!(enough.held_out.overall.finding, Finding::NoDifference);
    assert_eq!(
        enough.held_out.overall.words,
        "No evidence of a difference between v2 and v1 on the held-out cases: 0.00 in score \
         (95\u{a0}% interval −0.02 to +0.02, inside the ±0.02 that counts as negligible), 91 of 183 cases pass with either."
    );
}

#[test]
fn a_few_equal_gains_prove_nothing() {
    let c = compared(&held_out(6, &[(0.5, 1.0)]));
    let group = &c.held_out.overall;
    assert_eq!((group.finding, group.score.p), (Finding::TooFewCases, 2.0 / 64.0));
    assert!(group.score.difference.interval.low < 0.0, "six may have missed a good deal: {}", group.words);
}

#[test]
fn with_so_few_that_nothing_could_show_only_the_missing_are_told() {
    let one = compared(&held_out(1, &[(0.5, 1.0)])).held_out.overall;
    assert_eq!(one.words, "5 more held-out cases are needed before anything can be said.");
    let five = compared(&held_out(5, &[(0.0, 1.0)])).held_out;
    assert_eq!(five.overall.finding, Finding::TooFewCases);
    assert_eq!(five.overall.words, "1 more held-out case is needed before anything can be said.");
    assert_eq!(five.categories[0].words, "1 more held-out case of format is needed before anything can be said.");
    let mut clustered = held_out(20, &[(0.0, 1.0)]);
    for (i, case) in clustered.iter_mut().enumerate() {
        case.cluster = Some(format!("source {}", i % 4));
    }
    let words = compared(&clustered).held_out.overall.words;
    assert_eq!(words, "2 more clusters of held-out cases are needed before anything can be said.");
}

#[test]
fn a_noisy_difference_says_how_many_cases_would_be_needed() {
    let c = compared(&held_out(20, &[(0.5, 1.0), (1.0, 0.25), (0.0, 0.5), (1.0, 1.0), (0.75, 0.5)]));
    let group = &c.held_out.overall;
    assert_eq!(group.finding, Finding::TooFewCases);
    let needed = group.power.cases_for_half.unwrap();
    assert!((70..=80).contains(&needed), "{needed}");
    assert!(group.words.starts_with("Too few held-out cases to tell: "), "{}", group.words);
    assert!(group.words.ends_with(&format!(" or more; half of that takes {needed}.")), "{}", group.words);
}

#[test]
fn progress_on_dev_alone_is_warned_about() {
    let mut cases = held_out(20, &[(0.5, 0.5), (1.0, 0.75), (0.75, 1.0)]);
    cases.extend((0..20).map(|i| case(format!("d/{i:02}"), Split::Dev, 0.25 * (i % 3) as f64, 1.0)));
    let c = compared(&cases);
    assert_eq!(c.dev.overall.finding, Finding::Improved);
    assert!(c.warnings[0].starts_with("v2 is better on the dev cases but not shown to be better"), "{:?}", c.warnings);
    assert_eq!((c.dev.overall.cases, c.held_out.overall.cases), (20, 20));
}

#[test]
fn a_category_that_got_worse_is_named_beside_an_overall_gain() {
    let mut cases = held_out(40, &[(0.25, 1.0), (0.5, 1.0)]);
    for i in 0..12 {
        cases.push(Case { category: "tone".to_string(), ..case(format!("t/{i:02}"), Split::HeldOut, 1.0, 0.5) });
    }
    let c = compared(&cases);
    assert_eq!(c.held_out.overall.finding, Finding::Improved);
    assert_eq!(c.held_out.categories.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["format", "tone"]);
    assert!(
        c.warnings.contains(&"v2 is worse than v1 in category tone, whatever the overall result.".to_string()),
        "{:?}",
        c.warnings
    );
    let tone = &c.held_out.categories[1];
    assert_eq!(tone.score.p, 2.0 / 4096.0);
    // The whole spends four fifths of the error; decided, it hands them on to what stands beside it: the passes of all, two
    // tests of each category, one criterion, two checks and the likelihood, of which seven have smaller p-values or none.
    let whole = &c.held_out.overall.score;
    assert_eq!(whole.p_corrected, whole.p / 0.8);
    assert!(tone.score.p_corrected >= tone.score.p && tone.score.p_corrected <= 9.0 * tone.score.p);
}

#[test]
fn flips_name_the_checks_that_changed_and_improvements_come_first() {
    let mut cases = held_out(3, &[(1.0, 0.5), (0.5, 1.0), (1.0, 1.0)]);
    cases.push(case("d/up", Split::Dev, 0.0, 1.0));
    let flips = compared(&cases).flips;
    let told: Vec<_> = flips.iter().map(|f| (f.case.as_str(), f.improved, f.checks.join(","))).collect();
    let contains = || "contains".to_string();
    assert_eq!(told, [("s/001", true, contains()), ("d/up", true, contains()), ("s/000", false, contains())]);
}

#[test]
fn checks_count_answers_they_could_judge() {
    let c = compared(&held_out(4, &[(1.0, 0.5), (0.5, 1.0), (1.0, 1.0), (0.0, 1.0)]));
    let contains = &c.held_out.checks["contains"];
    assert_eq!((contains.a, contains.b), (Trial { passed: 2, of: 4 }, Trial { passed: 3, of: 4 }));
    assert!(!c.held_out.checks.contains_key("language"), "a skipped check was never tried");
}

#[test]
fn criteria_speak_in_shares_and_likelihood_in_nats() {
    let c = compared(&held_out(16, &[(0.5, 1.0), (0.0, 0.5)]));
    let (criterion, test) = &c.held_out.criteria[0];
    assert_eq!((*criterion, c.held_out.criteria.len()), (Criterion::Format, 1));
    assert_eq!((test.a.mean, test.b.mean, test.difference.mean), (0.25, 0.75, 0.5));
    let nll = c.held_out.reference_nll.as_ref().unwrap();
    assert!((nll.difference.mean + 0.5).abs() < 1e-12, "lower is better: the sign is that of b − a");
}

#[test]
fn repeats_are_averaged_before_cases_are_compared() {
    let repeated = Case {
        a: vec![Some(1.0), Some(0.0), Some(1.0)],
        b: vec![Some(0.0), Some(0.0), Some(1.0)],
        ..case("s/repeated", Split::HeldOut, 0.0, 0.0)
    };
    let c = compared(&[repeated, case("s/single", Split::HeldOut, 1.0, 1.0)]);
    let Outcomes { a, b } = &c.held_out.overall.rate;
    assert_eq!((a.passed, b.passed, a.flaky, b.flaky, a.k), (2, 1, 1, 1, Some(3)));
    assert_eq!((a.pass_at_k, a.pass_hat_k), (Some(1.0), Some(0.0)));
    assert_eq!(c.held_out.overall.cases, 2, "three answers are still one case");
    assert!((c.held_out.overall.score.difference.mean + 1.0 / 6.0).abs() < 1e-12);
    assert_eq!((c.cases[0].a, c.cases[0].b_passed), (Some(2.0 / 3.0), Some(1.0 / 3.0)));
    assert!(
        c.warnings.contains(&"v2 passes 1 case only sometimes (flaky): s/repeated.".to_string()),
        "{:?}",
        c.warnings
    );
}

#[test]
fn cases_without_an_answer_on_one_side_are_left_out_by_name() {
    let mut cases = held_out(16, &[(0.5, 1.0)]);
    cases[3].b = vec![None];
    cases[5].a = vec![];
    cases[7].a = vec![Some(0.5), None];
    cases[7].b = vec![Some(1.0), Some(1.0)];
    let c = compared(&cases);
    assert_eq!((c.held_out.overall.cases, c.a.errors, c.b.errors), (14, 0, 1));
    for warning in [
        "1 case ended in an error for v2 and is left out: s/003.",
        "1 case ran for v2 only and is left out: s/005.",
        "Some answers to 1 case ended in an error; the others count: s/007.",
    ] {
        assert!(c.warnings.contains(&warning.to_string()), "{:?}", c.warnings);
    }
    assert_eq!((c.cases[3].a, c.cases[3].b), (Some(0.5), None));
}

#[test]
fn an_error_made_good_by_a_later_record_is_forgotten() {
    let cases = held_out(2, &[(1.0, 1.0)]);
    let (a, mut b) = runs(&cases);
    let failed = Record { outcome: outcome("v2", None), ..b.records[0].clone() };
    b.records.insert(0, failed);
    let c = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert_eq!((c.held_out.overall.cases, c.b.errors), (2, 0));
}

#[test]
fn weights_count_cases_more_or_not_at_all() {
    let mut cases = held_out(2, &[(0.0, 1.0), (0.0, 0.0)]);
    cases[0].weight = 3.0;
    cases.push(Case { weight: 0.0, ..case("s/looked-at", Split::HeldOut, 1.0, 0.0) });
    let c = compared(&cases);
    assert_eq!(c.held_out.overall.score.difference.mean, 0.75);
    assert_eq!((c.held_out.overall.cases, c.cases.len(), c.flips.len()), (2, 3, 1));
}

#[test]
fn runs_that_differ_in_more_than_the_version_are_refused_unless_insisted() {
    let (a, mut b) = runs(&held_out(8, &[(0.5, 1.0)]));
    b.manifest.version.sampling.temperature = 0.7;
    b.manifest.version.template = Some("other".to_string());
    b.records[2].prompt = "Something else".to_string();
    for record in &mut b.records {
        record.judge_hash = "edited".to_string();
    }
    let error = compare(&a, &b, LABELS, quick(), false).unwrap_err();
    assert_eq!(
        error.message,
        "the runs are not comparable:
  - the chat templates differ although the base is the same
  - the sampling settings differ: temperature 0 for v1, 0.7 for v2
  - the prompts differ for 1 case: s/002
  - the checks, their versions, word lists, threshold or reference differ for 8 cases: s/000, s/001, s/002, s/003, s/004 and 3 more"
    );
    assert!(error.hint.is_some());
    let c = compare(&a, &b, LABELS, quick(), true).unwrap();
    assert_eq!(c.differences.len(), 4);
}

#[test]
fn answers_of_two_engines_are_not_compared_without_a_word() {
    let (a, mut b) = runs(&held_out(8, &[(0.5, 1.0)]));
    b.manifest.engine = Some(crate::run::Engine { name: "vllm 0.11.0".into(), dtype: Some("bfloat16".into()) });
    let error = compare(&a, &b, LABELS, quick(), false).unwrap_err();
    let said = "the engines differ: v1 was answered by pmtune on a processor, v2 by vllm 0.11.0 (bfloat16)";
    assert!(error.message.contains(said), "{}", error.message);
    assert_eq!(compare(&a, &b, LABELS, quick(), true).unwrap().differences, [said]);
    // What stands behind an address is another model anyway.
    b.manifest.version.template = None;
    b.manifest.version.base = "http://127.0.0.1:9/v1".into();
    assert!(compare(&a, &b, LABELS, quick(), false).unwrap().differences.is_empty());
}

#[test]
fn another_base_may_bring_another_template() {
    let (a, mut b) = runs(&held_out(8, &[(0.5, 1.0)]));
    b.manifest.version.base = "another".to_string();
    b.manifest.version.template = Some("other".to_string());
    let c = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert!(c.differences.is_empty());
    assert!(c.warnings.iter().any(|w| w.starts_with("The versions stand on different bases")), "{:?}", c.warnings);
}

#[test]
fn a_version_compared_with_itself_is_pointed_out() {
    let cases = held_out(20, &[(0.5, 0.5), (1.0, 1.0)]);
    let a = run("v1", &cases, |c| c.a.clone());
    let same = compare(&a, &a, LABELS, quick(), false).unwrap();
    assert!(same.warnings[0].starts_with("v1 and v2 are the same"), "{:?}", same.warnings);
    let mut b = a.clone();
    b.manifest.version.adapter = Some("an adapter that was never applied".to_string());
    let idle = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert!(idle.warnings[0].starts_with("v1 and v2 gave the same answer to every case"), "{:?}", idle.warnings);
}

#[test]
fn an_unfinished_run_says_how_to_finish_it() {
    let (a, mut b) = runs(&held_out(20, &[(0.5, 1.0)]));
    b.manifest.finished = None;
    let c = compare(&a, &b, LABELS, quick(), false).unwrap();
    assert!(c.warnings[0].contains("pmtune eval --resume run-v2"), "{:?}", c.warnings);
}

#[test]
fn runs_without_a_common_case_are_an_error() {
    let (a, _) = runs(&held_out(2, &[(0.5, 1.0)]));
    let (_, b) = runs(&[case("other/x", Split::HeldOut, 0.0, 0.0)]);
    assert!(compare(&a, &b, LABELS, quick(), true).unwrap_err().message.contains("no case in common"));
}

#[test]
fn halves_without_cases_say_so() {
    let c = compared(&[case("d/x", Split::Dev, 0.0, 1.0)]);
    assert_eq!(
        c.held_out.overall.words,
        "Nothing can be said about the held-out cases: none was answered by both versions."
    );
    assert_eq!(c.held_out.overall.score.difference.interval, Interval { low: -1.0, high: 1.0 });
    assert!(c.warnings.iter().any(|w| w.starts_with("The runs share no held-out case")), "{:?}", c.warnings);
}
