use super::super::quality::testing::{answer, fuzz, judge};
use super::*;
use crate::check::{Judge, Subject, Verdict};
use crate::provider::{Answer, Likelihood};

fn on(judge: &impl Judge, answer: &Answer, reference: Option<&str>, choices: &[String]) -> Verdict {
    judge.judge(&Subject { prompt: "", reference, choices, answer })
}

fn choices() -> Vec<String> {
    ["A goal", "A goal with key results", "A health metric", "None of these"].map(String::from).to_vec()
}

#[test]
fn latency_is_held_to_its_limit() {
    let latency: Latency = judge(r#"{"max": 1.5}"#);
    assert!(on(&latency, &answer("x"), None, &[]).passed());
    let slow = on(&latency, &Answer { seconds: 1.51, ..answer("x") }, None, &[]);
    assert_eq!(slow, Verdict::fail("took 1.5 s, allowed 1.5 s"));
    let unknown = on(&latency, &Answer { seconds: f64::NAN, ..answer("x") }, None, &[]);
    assert!(matches!(unknown, Verdict::Skipped { .. }));
    for bad in [r#"{"max": 0}"#, r#"{"max": -1}"#] {
        assert!(serde_json::from_str::<Latency>(bad).expect("parses").faults().is_some());
    }
}

#[test]
fn tokens_lie_between_limits() {
    let within: Tokens = judge(r#"{"min": 20, "max": 30}"#);
    for (tokens, passed) in [(19, false), (20, true), (30, true), (31, false)] {
        let verdict = on(&within, &Answer { output_tokens: tokens, ..answer("x") }, None, &[]);
        assert_eq!(verdict.passed(), passed, "{verdict:?}");
    }
    for bad in ["{}", r#"{"min": 3, "max": 2}"#] {
        assert!(serde_json::from_str::<Tokens>(bad).expect("parses").faults().is_some());
    }
}

#[test]
fn a_likely_reference_passes() {
    let likely: ReferenceNll = judge(r#"{"max": 2}"#);
    for (nll, score) in [(Some(1.9), Some(1.0)), (Some(2.1), Some(0.0)), (None, None), (Some(f64::NAN), None)] {
        let verdict = on(&likely, &Answer { reference_nll: nll, ..answer("x") }, Some("gold"), &[]);
        assert_eq!(verdict.score(), score, "{verdict:?}");
    }
    assert!(matches!(on(&likely, &answer("x"), None, &[]), Verdict::Skipped { .. }));
}

#[test]
fn a_scored_choice_gives_its_probability() {
    let choice: Choice = judge("{}");
    // Per byte −1 and −2: a softmax of 73 % and 27 %.
    let scores = [("ab", -2.0), ("cdef", -8.0)]
        .map(|(text, log_prob)| Likelihood { text: text.into(), log_prob, tokens: 1, unasked: None })
        .to_vec();
    let choices = ["ab".to_string(), "cdef".to_string()];
    let picked = Answer { likelihoods: scores, ..answer("ab") };
    assert_eq!(on(&choice, &picked, Some("ab"), &choices), Verdict::pass("picked \"ab\" (73 %)"));
    assert_eq!(
        on(&choice, &picked, Some("cdef"), &choices),
        Verdict::fail("picked \"ab\" (73 %) instead of \"cdef\" (27 %)")
    );
}

#[test]
fn a_written_answer_names_its_choice() {
    let choice: Choice = judge("{}");
    let right = Some("A goal with key results");
    for good in [
        "B",
        "b)",
        "(B)",
        "**B**",
        "B. A goal with key results",
        "Answer: B",
        "The correct answer is **B**.",
        "The answer is (B) because it has both.",
        "A goal with key results.",
        "An OKR is a goal with key results.",
        "A goal with key results\n\nA health metric would be a KPI.",
    ] {
        assert!(on(&choice, &answer(good), right, &choices()).passed(), "{good}");
    }
    for bad in [
        "",
        "A",
        "C) because",
        "A goal",
        "It is a goal.",
        "Either a health metric or a goal with key results.",
        "The answer is unclear.",
        "Z",
        "Because B2B companies buy it",
    ] {
        assert!(matches!(on(&choice, &answer(bad), right, &choices()), Verdict::Fail { .. }), "{bad}");
    }
}

#[test]
fn a_case_without_choices_is_an_error() {
    let choice: Choice = judge("{}");
    for (reference, choices) in [(None, choices()), (Some("A goal"), vec![]), (Some("Neither"), choices())] {
        assert!(matches!(on(&choice, &answer("B"), reference, &choices), Verdict::Error { .. }));
    }
}

/// What a text gains by the question decides, not how likely it is: the second is likelier whatever is asked.
#[test]
fn the_reference_is_preferred_by_what_the_question_adds() {
    let weighed = |text: &str, log_prob, unasked| Likelihood { text: text.into(), log_prob, tokens: 4, unasked };
    let judge: PrefersReference = judge("{}");
    let judged = |likelihoods| on(&judge, &Answer { likelihoods, ..answer("") }, Some("gold"), &[]);
    let gold = weighed("gold", -12.0, Some(-20.0));
    let better = judged(vec![gold.clone(), weighed("bad", -8.0, Some(-10.0)), weighed("worse", -30.0, Some(-30.0))]);
    // Gains of 2.0 against 0.5 and 0.0: 1.75 more on average.
    assert_eq!(better, Verdict::pass("likelier than 2 of 2 bad answers, on average by +1.75 nats a token"));
    let half = judged(vec![gold.clone(), weighed("bad", -8.0, Some(-20.0)), weighed("worse", -30.0, Some(-30.0))]);
    assert_eq!((half.passed(), half.score()), (false, Some(0.5)));
    for nothing in [vec![], vec![gold], vec![weighed("bad", -8.0, None)]] {
        assert!(matches!(judged(nothing), Verdict::Skipped { .. }));
    }
}

#[test]
fn every_judge_of_runtime_takes_any_text() {
    fuzz(
        KINDS,
        &[
            ("latency", "max: 1"),
            ("tokens", "min: 1"),
            ("reference-nll", "max: 2"),
            ("prefers-reference", "{}"),
            ("choice", "{}"),
        ],
    );
}
