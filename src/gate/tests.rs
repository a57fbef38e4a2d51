//! Whole decisions on runs made by hand.

use super::settings::{CriteriaSettings, GateHalf, GateSettings, LatencySettings, NoRegression};
use super::testing::{Made, cases, made, run};
use super::*;
use crate::check::Criterion;
use crate::compare::{Outcomes, Settings};
use crate::review::{Rating, Reviewer, ReviewerKind};
use crate::run::Run;
use crate::suite::Split;
use std::collections::BTreeMap;

fn decide_with(candidate: &Run, baseline: Option<&Run>, settings: Option<&GateSettings>, people: &Points) -> Decision {
    let compare = Settings { resamples: 1000, ..Settings::default() };
    let labels = Outcomes { a: "v1", b: "v2" };
    Gate { candidate, baseline, labels, settings, people, parity: None, compare, insist: false }.decide()
}

fn decide(candidate: &[Made], baseline: &[Made], settings: &GateSettings) -> Decision {
    decide_with(&run("v2", candidate), Some(&run("v1", baseline)), Some(settings), &Points::new())
}

/// The candidate alone.
fn alone(candidate: &[Made], settings: &GateSettings) -> Decision {
    decide_with(&run("v2", candidate), None, Some(settings), &Points::new())
}

fn rule<'a>(decision: &'a Decision, name: &str) -> &'a Judged {
    decision.rules.iter().find(|rule| rule.name() == name).unwrap_or_else(|| panic!("no rule {name}: {decision:?}"))
}

fn status(decision: &Decision, name: &str) -> Status {
    rule(decision, name).status
}

fn settings() -> GateSettings {
    GateSettings::default()
}

#[test]
fn a_rate_is_held_against_its_threshold_and_shown_with_its_interval() {
    let cases = cases(40, &[1.0, 0.5, 1.0, 1.0, 0.5, 1.0, 0.5, 1.0]);
    let decision = alone(&cases, &GateSettings { pass_rate: Some(0.7), ..settings() });
    let judged = rule(&decision, "pass-rate");
    assert!(!decision.passed && judged.status == Status::Fail);
    assert_eq!((judged.measured, judged.threshold, judged.cases.len()), (Some(0.625), Some(0.7), 15));
    let said = judged.words.replace('\u{a0}', " ");
    // Wilson's interval of 25 of 40, by statsmodels.
    assert_eq!(said, "62 % (47 % to 76 %) of 40 held-out cases pass; 70 % wanted");
    assert_eq!(judged.cases[0].words, "fails exact");
    assert!(alone(&cases, &GateSettings { pass_rate: Some(0.625), ..settings() }).passed);
}

#[test]
fn cases_that_passed_before_are_named_first() {
    let (before, mut after) = (cases(30, &[0.0, 1.0]), cases(30, &[0.0, 1.0]));
    after[29].answers = vec![Some(0.0)];
    let decision = decide(&after, &before, &GateSettings { pass_rate: Some(0.9), ..settings() });
    let first = &rule(&decision, "pass-rate").cases[0];
    assert_eq!((first.case.as_str(), first.words.as_str()), ("s/029", "fails exact, passed before"));
}

#[test]
fn a_clear_loss_fails_and_names_the_cases_that_fell_most() {
    let before = cases(20, &[1.0]);
    let mut after = cases(20, &[1.0, 1.0, 0.5]);
    after[5].answers = vec![Some(0.0)];
    let rules = GateSettings::usual();
    let decision = decide(&after, &before, &rules);
    let judged = rule(&decision, "no-regression");
    assert_eq!(judged.status, Status::Fail, "{judged:?}");
    // Six fell and none rose: of 2⁶ patterns of signs only one loses as much.
    assert_eq!(judged.p, Some(1.0 / 64.0));
    assert_eq!(judged.cases[0], CaseNote { case: "s/005".into(), words: "1.00 → 0.00, no longer passes".into() });
    assert_eq!(judged.cases.len(), 6);
    assert_eq!(status(&decide(&before, &after, &rules), "no-regression"), Status::Pass);
    assert_eq!(status(&decide(&before, &before, &rules), "no-regression"), Status::Pass);
}

#[test]
fn the_margin_and_the_level_are_the_users() {
    let (before, after) = (cases(20, &[1.0]), cases(20, &[1.0, 1.0, 0.5]));
    let rule_of = |level, margin| GateSettings { no_regression: Some(NoRegression { level, margin }), ..settings() };
    assert!(!decide(&after, &before, &rule_of(0.05, 0.1)).passed);
    assert!(decide(&after, &before, &rule_of(0.05, 0.2)).passed);
    assert!(decide(&after, &before, &rule_of(0.01, 0.0)).passed, "chance does it once in 64 times");
}

/// A gate that was never closed must not look passed.
#[test]
fn what_cannot_be_judged_fails_the_gate_and_says_what_to_do() {
    let twenty = cases(20, &[1.0]);
    let unjudged = |decision: Decision, name: &str, remedy: &str| {
        let judged = rule(&decision, name);
        assert!(!decision.passed && judged.status == Status::Unjudged, "{judged:?}");
        assert!(judged.words.contains(remedy), "{}", judged.words);
    };
    unjudged(alone(&twenty, &GateSettings::usual()), "no-regression", "--against");
    let four = cases(4, &[1.0]);
    unjudged(decide(&four, &four, &GateSettings::usual()), "no-regression", "5 at least");
    let mut other = twenty.clone();
    other.iter_mut().for_each(|case| case.weight = 2.0);
    unjudged(decide(&twenty, &other, &GateSettings::usual()), "no-regression", "weights differ");
    let tone = CriteriaSettings { tone: Some(0.8), ..CriteriaSettings::default() };
    unjudged(alone(&twenty, &GateSettings { people: tone, ..settings() }), "people.tone", "pmtune review");
    unjudged(alone(&twenty, &GateSettings { criteria: tone, ..settings() }), "criteria.tone", "add one");
    unjudged(alone(&twenty, &GateSettings { each_case: Some(0.5), ..settings() }), "each-case", "repeat: 5");
    unjudged(alone(&twenty, &GateSettings { flaky: Some(0.5), ..settings() }), "flaky", "repeat: 5");
    let must = GateSettings { must_pass: vec!["s/nowhere".into()], ..settings() };
    unjudged(alone(&twenty, &must), "must-pass", "correct the pattern");
    let of_x = GateSettings { score: Some(0.1), contaminated: Some(0), ..settings() };
    let suites = BTreeMap::from([("x".to_string(), of_x)]);
    let unknown = alone(&twenty, &GateSettings { suites, ..settings() });
    assert_eq!(unknown.rules.iter().filter(|rule| rule.suite.is_some()).count(), 1, "said once, not for every rule");
    unjudged(unknown, "suites (x)", "the run has s");
    let dev = GateSettings { half: Some(GateHalf::Dev), pass_rate: Some(0.1), contaminated: Some(0), ..settings() };
    unjudged(alone(&twenty, &dev), "pass-rate", "dev cases");
    unjudged(alone(&twenty, &dev), "contaminated", "dev cases");
    unjudged(decide(&twenty, &twenty, &GateSettings { detectable: Some(0.1), ..settings() }), "detectable", "spread");
}

#[test]
fn a_named_case_may_not_break_in_either_half() {
    let mut twenty = cases(20, &[1.0]);
    twenty[3].split = Split::Dev;
    twenty[3].tags = vec!["must-pass".into()];
    let must = GateSettings { must_pass: vec!["s/00?".into(), "019".into()], ..settings() };
    let decision = alone(&twenty, &must);
    assert!(decision.passed);
    assert!(rule(&decision, "must-pass").words.contains("11 cases"));
    twenty[3].answers = vec![Some(0.9)];
    for rules in [settings(), must] {
        let decision = alone(&twenty, &rules);
        let judged = rule(&decision, "must-pass");
        assert_eq!((judged.status, judged.cases[0].case.as_str()), (Status::Fail, "s/003"));
    }
    twenty[3].tags.clear();
    assert!(alone(&twenty, &settings()).rules.iter().all(|rule| rule.rule != "must-pass"));
}

#[test]
fn a_case_that_never_passes_is_never_hidden_by_the_others() {
    let mut many = cases(49, &[1.0]);
    many.push(made("s/never", &[0.0; 10]));
    let decision = alone(&many, &GateSettings { pass_rate: Some(0.98), ..settings() });
    assert!(decision.passed);
    assert_eq!(decision.notes, ["s/never: 0 of 10 answers pass."]);
    let decision = alone(&many, &GateSettings { pass_rate: Some(0.98), each_case: Some(0.5), ..settings() });
    let judged = rule(&decision, "each-case");
    assert_eq!((judged.status, judged.cases[0].words.as_str()), (Status::Fail, "0 of 10 answers pass"));
}

#[test]
fn repeated_cases_pass_by_the_rule_of_their_own() {
    let mut seven = made("s/a", &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    let rate = |case: &Made| {
        let rules = GateSettings { pass_rate: Some(1.0), flaky: Some(0.0), ..settings() };
        let decision = alone(std::slice::from_ref(case), &rules);
        assert_eq!(status(&decision, "flaky"), Status::Fail);
        status(&decision, "pass-rate")
    };
    assert_eq!(rate(&seven), Status::Pass, "more often than not");
    seven.require = Some(0.7);
    assert_eq!(rate(&seven), Status::Pass);
    seven.require = Some(0.8);
    assert_eq!(rate(&seven), Status::Fail);
}

#[test]
fn contaminated_and_unanswered_cases_are_counted() {
    let mut ten = cases(10, &[1.0]);
    ten[1].tags = vec![crate::run::CONTAMINATED.into()];
    ten[1].weight = 0.0;
    ten[2].answers = vec![None];
    let decision = alone(&ten, &GateSettings { contaminated: Some(0), ..settings() });
    assert_eq!(rule(&decision, "contaminated").cases[0].case, "s/001");
    let errors = rule(&decision, "errors");
    assert_eq!((errors.status, errors.cases[0].case.as_str()), (Status::Fail, "s/002"));
    assert!(alone(&ten, &GateSettings { contaminated: Some(1), errors: Some(1), ..settings() }).passed);
}

#[test]
fn latency_is_that_of_the_answer_at_its_rank() {
    // Answers take 1 + score seconds.
    let twenty = cases(20, &[0.0, 0.0, 0.0, 1.0]);
    let judge = |p50, p95| {
        let latency = LatencySettings { p50, p95 };
        alone(&twenty, &GateSettings { latency, ..settings() })
    };
    assert!(judge(Some(1.0), Some(2.0)).passed);
    let decision = judge(Some(0.5), Some(1.5));
    assert_eq!(rule(&decision, "latency.p50").measured, Some(1.0));
    assert_eq!(rule(&decision, "latency.p95").measured, Some(2.0));
    assert_eq!(rule(&decision, "latency.p95").cases.len(), 5);
    let latency = LatencySettings { p50: Some(0.5), p95: None };
    let repeated = alone(&[made("s/a", &[0.0, 1.0, 0.5])], &GateSettings { latency, ..settings() });
    let named: Vec<&str> = rule(&repeated, "latency.p50").cases.iter().map(|case| case.words.as_str()).collect();
    assert_eq!(named, ["2.0 s"], "a case is named once, by its slowest answer");
}

#[test]
fn a_suite_is_judged_by_its_own_rules_corrected_among_themselves() {
    // Six of suite a fell: once in 64 by chance, twice in 64 with two suites looked at.
    let side = |score: f64| {
        let of = |suite: &str, score| (0..6).map(move |i| made(format!("{suite}/{i}"), &[score])).collect::<Vec<_>>();
        [of("a", score), of("b", 1.0), of("c", 1.0)].concat()
    };
    let rules = |level, suites: &[&str]| {
        let one = GateSettings { no_regression: Some(NoRegression { level, margin: 0.0 }), ..settings() };
        let suites = suites.iter().map(|suite| (suite.to_string(), one.clone())).collect();
        GateSettings { suites, ..settings() }
    };
    let judged = |level, suites: &[&str]| decide(&side(0.5), &side(1.0), &rules(level, suites));
    assert_eq!(rule(&judged(0.02, &["a"]), "no-regression (a)").p, Some(1.0 / 64.0));
    let two = judged(0.05, &["a", "b"]);
    assert_eq!(rule(&two, "no-regression (a)").p, Some(2.0 / 64.0));
    assert_eq!(status(&two, "no-regression (a)"), Status::Fail);
    assert_eq!(status(&two, "no-regression (b)"), Status::Pass);
    assert_eq!(status(&judged(0.04, &["a", "b", "c"]), "no-regression (a)"), Status::Unjudged, "6 cases are too few");
}

#[test]
fn means_go_by_the_weights_of_the_cases_as_in_a_comparison() {
    let heavy = Made { weight: 3.0, ..made("s/a", &[1.0]) };
    let decision = alone(&[heavy, made("s/b", &[0.0])], &GateSettings { score: Some(0.7), ..settings() });
    assert_eq!(rule(&decision, "score").measured, Some(0.75));
}

#[test]
fn people_count_and_judge_models_do_not() {
    let reviewer = |name: &str, kind| Reviewer { name: name.into(), kind };
    let rating = |case: &str, repeat, points| Rating {
        case: case.into(),
        repeat,
        answer: String::new(),
        points: BTreeMap::from([(Criterion::Tone, points)]),
        comment: String::new(),
        flags: Default::default(),
        beside: None,
        done: true,
        reason: None,
        at: Default::default(),
    };
    let points = points(&BTreeMap::from([
        (
            reviewer("ann", ReviewerKind::Person),
            vec![rating("s/000", 0, 5), rating("s/000", 1, 2), rating("s/001", 0, 4)],
        ),
        (reviewer("ben", ReviewerKind::Person), vec![rating("s/000", 0, 3)]),
        (reviewer("m", ReviewerKind::Judge), vec![rating("s/000", 0, 1), rating("s/002", 0, 1)]),
    ]));
    // Answer 0 has 4 of two persons, answer 1 has 2: the case has 3.
    assert_eq!(points[&Criterion::Tone], BTreeMap::from([("s/000".to_string(), 3.0), ("s/001".to_string(), 4.0)]));
    let people = |least| GateSettings {
        people: CriteriaSettings { tone: Some(least), ..CriteriaSettings::default() },
        ..settings()
    };
    let run = run("v2", &cases(10, &[1.0]));
    assert!(decide_with(&run, None, Some(&people(3.5)), &points).passed);
    let decision = decide_with(&run, None, Some(&people(3.6)), &points);
    assert_eq!(rule(&decision, "people.tone").cases[0].case, "s/000");
    assert!(rule(&decision, "people.tone").words.contains("over 2 of 10"));
}

#[test]
fn without_settings_the_usual_rules_hold_and_it_is_said() {
    let twenty = run("v2", &cases(20, &[1.0]));
    let decision = decide_with(&twenty, Some(&run("v1", &cases(20, &[1.0]))), None, &Points::new());
    assert!(decision.passed);
    assert_eq!(decision.rules.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>(), ["no-regression", "errors"]);
    assert!(decision.notes[0].contains("no `gate:`"), "{:?}", decision.notes);
}

#[test]
fn a_run_without_held_out_cases_is_judged_on_dev_and_says_so() {
    let mut dev = cases(20, &[1.0]);
    dev.iter_mut().for_each(|case| case.split = Split::Dev);
    let decision = alone(&dev, &GateSettings { pass_rate: Some(0.5), ..settings() });
    assert_eq!(decision.half, GateHalf::Dev);
    assert!(decision.passed && decision.notes[0].contains("no held-out case"));
    let mut mixed = cases(10, &[1.0]);
    mixed[0].split = Split::Dev;
    let all = GateSettings { half: Some(GateHalf::All), pass_rate: Some(0.5), ..settings() };
    assert!(rule(&alone(&mixed, &all), "pass-rate").words.contains("10 cases"));
    assert!(decide(&mixed, &mixed, &GateSettings { half: Some(GateHalf::All), ..GateSettings::usual() }).passed);
}

#[test]
fn the_same_runs_give_the_same_bytes_and_the_schema_takes_them() {
    let (a, b) = (cases(20, &[1.0, 0.5]), cases(20, &[0.5, 1.0, 0.0]));
    let once = serde_json::to_value(decide(&b, &a, &GateSettings::usual())).unwrap();
    assert_eq!(once, serde_json::to_value(decide(&b, &a, &GateSettings::usual())).unwrap());
    let validator = jsonschema::draft202012::new(&schema()).unwrap();
    validator.validate(&once).unwrap();
    let back: Decision = serde_json::from_value(once.clone()).unwrap();
    assert_eq!(serde_json::to_value(back).unwrap(), once);
    let mut wrong = once;
    wrong["rules"][0]["status"] = "maybe".into();
    assert!(validator.validate(&wrong).is_err());
}

/// `reference-nll` alone over an endpoint: every check is skipped.
#[test]
fn what_no_check_could_score_cannot_be_judged() {
    let unscored = |run: &mut Run, case: &str| {
        for record in run.records.iter_mut().filter(|record| record.case == case) {
            let answer = record.outcome.answer().unwrap().clone();
            record.outcome = crate::run::Outcome::Unscored { answer, verdicts: Vec::new(), reused: false };
        }
    };
    let mut twenty = run("v2", &cases(20, &[1.0]));
    unscored(&mut twenty, "s/003");
    let must = GateSettings { must_pass: vec!["s/00?".into()], pass_rate: Some(1.0), ..settings() };
    let decision = decide_with(&twenty, None, Some(&must), &Points::new());
    let judged = rule(&decision, "must-pass");
    assert_eq!((judged.status, judged.cases[0].words.as_str()), (Status::Unjudged, "not scored"));
    assert!(judged.words.starts_with("1 of 10 cases that must pass could not be scored"), "{}", judged.words);
    assert_eq!(rule(&decision, "pass-rate").measured, Some(1.0), "it is in no rate");
    assert!(decision.notes[0].starts_with("1 case could not be scored") && decision.notes[0].contains("s/003"));
    let mut broken = twenty.clone();
    broken.records[4].outcome = run("v2", &cases(5, &[0.0])).records[4].outcome.clone();
    assert_eq!(status(&decide_with(&broken, None, Some(&must), &Points::new()), "must-pass"), Status::Fail);
    let mut one = run("v2", &[made("s/a", &[1.0, 1.0])]);
    unscored(&mut one, "s/a");
    let rules = GateSettings {
        pass_rate: Some(0.1),
        score: Some(0.1),
        each_case: Some(0.1),
        flaky: Some(0.5),
        no_regression: Some(NoRegression::default()),
        ..settings()
    };
    let before = run("v1", &[made("s/a", &[1.0, 1.0])]);
    let decision = decide_with(&one, Some(&before), Some(&rules), &Points::new());
    for name in ["pass-rate", "score", "each-case", "flaky", "no-regression"] {
        let judged = rule(&decision, name);
        assert_eq!(judged.status, Status::Unjudged, "{judged:?}");
        assert!(judged.words.contains("score"), "{}", judged.words);
    }
}

/// Five cases fell and none rose: beyond chance for a rule that looks for a loss, not for a test of either direction.
#[test]
fn a_rule_that_says_more_than_the_comparison_says_why() {
    let before = cases(20, &[1.0]);
    let mut after = before.clone();
    after[..5].iter_mut().for_each(|case| case.answers = vec![Some(0.0)]);
    let decision = decide(&after, &before, &GateSettings::usual());
    let judged = rule(&decision, "no-regression");
    assert_eq!((judged.status, judged.p), (Status::Fail, Some(1.0 / 32.0)));
    assert!(
        judged.words.ends_with("stricter than the comparison, which says: too few cases to tell"),
        "{}",
        judged.words
    );
    assert!(decision.comparison.unwrap().starts_with("Too few held-out cases to tell"));
    let all: Vec<Made> = cases(20, &[0.0]);
    let mild = GateSettings { no_regression: Some(NoRegression { level: 0.05, margin: 0.999 }), ..settings() };
    let words =
        |after: &[Made], rules: &GateSettings| rule(&decide(after, &before, rules), "no-regression").words.clone();
    assert!(!words(&all, &GateSettings::usual()).contains("comparison"), "both call it worse");
    let half: Vec<Made> = cases(20, &[0.0, 1.0]);
    assert!(words(&half, &mild).ends_with("the comparison calls it worse, the rule puts up with a loss of 0.999"));
}
