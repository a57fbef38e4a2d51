//! What the tests of these families share.

use crate::check::{Judge, Kind, Lexicon, Subject, Verdict};
use crate::provider::{Answer, Stop};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn answer(text: &str) -> Answer {
    Answer {
        text: text.to_string(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 10,
        output_tokens: 20,
        seconds: 1.5,
        reference_nll: None,
        likelihoods: vec![],
    }
}

/// A judge from its parameters in JSON, with none but the word lists it says it goes by.
pub(crate) fn judge<T: Judge + DeserializeOwned>(parameters: &str) -> T {
    let mut judge: T = serde_json::from_str(parameters).expect("the parameters are right");
    judge.adopt(Lexicon::shipped().only(T::lists()));
    assert_eq!(judge.faults(), None, "{parameters}");
    judge
}

pub(crate) fn verdict(judge: &impl Judge, text: &str) -> Verdict {
    verdict_on(judge, "", text)
}

pub(crate) fn verdict_on(judge: &impl Judge, prompt: &str, text: &str) -> Verdict {
    judge.judge(&Subject { prompt, reference: None, choices: &[], answer: &answer(text) })
}

#[track_caller]
pub(crate) fn assert_passes(judge: &impl Judge, text: &str) {
    let verdict = verdict(judge, text);
    assert!(verdict.passed(), "should pass: {verdict:?}\n{text}");
}

/// Fails, and the reason says `why`.
#[track_caller]
pub(crate) fn assert_fails(judge: &impl Judge, text: &str, why: &str) {
    let verdict = verdict(judge, text);
    assert!(matches!(verdict, Verdict::Fail { .. }), "should fail: {verdict:?}\n{text}");
    assert!(verdict.reason().contains(why), "the reason should say {why:?}: {:?}\n{text}", verdict.reason());
}

/// Pieces that the judges look for, so that random text reaches deep into them.
const PIECES: &[&str] = &[
    "As a user",
    "As an ",
    "I want",
    "to ",
    "so that",
    "Given",
    "When",
    "Then",
    "# ",
    "## Objective: ",
    "- ",
    "* ",
    "1. ",
    "10) ",
    "**",
    "**Impact:** ",
    "Key Result 1: ",
    "KR2",
    "from 10% to 20%",
    "$4M",
    "1,200",
    "1.2k",
    "by Friday",
    "12 March 2025",
    "2025-03-12",
    "| a | b |\n|---|---|\n",
    "| 1 | 2 |",
    "\n",
    "\n\n",
    ": ",
    ". ",
    "[Your name]",
    "[x] ",
    "<br>",
    "TL;DR",
    "Next steps",
    "Owner: Ana",
    "→",
    "because",
    "works well",
    "é",
    "Ã©",
    "â€™",
    "\u{FFFD}",
    "ß",
    "İ",
    "``` ",
    "`",
    "Metric",
    "Formula = a / b",
    "weekly",
    "(",
    ")",
    "%",
    "€",
    "５",
    "٣",
    "\u{0301}",
    "👩‍👩‍👧",
    "B",
    "Answer: ",
    "might",
    "!!!",
    "TBD",
    "XX%",
    "Success metrics",
    "Non-goals",
    "e.g. ",
    "Acme Corp",
    "\r\n",
    "\t",
    "-",
    "–",
    "next week",
    "twenty-five",
    "Q3",
];

pub(crate) fn wild_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![6 => prop::sample::select(PIECES).prop_map(String::from), 1 => ".{0,12}"];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// No judge of `kinds` panics on any text, its score lies in [0, 1], and it says the same twice.
pub(crate) fn fuzz(kinds: &[Kind], parameters: &[(&str, &str)]) {
    let judges: Vec<(&str, Arc<dyn Judge>)> = parameters
        .iter()
        .map(|(name, text)| {
            let kind = kinds.iter().find(|k| k.name == *name).expect("a kind of this family");
            let node = crate::yaml::parse(text, Path::new("test.yaml")).expect("YAML");
            (*name, (kind.parse)(&node, &[], &Lexicon::shipped()).expect("the parameters are right"))
        })
        .collect();
    for kind in kinds {
        assert!(parameters.iter().any(|(name, _)| *name == kind.name), "{} is not fuzzed", kind.name);
    }
    proptest!(ProptestConfig::with_cases(200), |(prompt in wild_text(), text in wild_text())| {
        let answer = answer(&text);
        let choices = ["OKRs".to_string(), "KPIs".to_string()];
        let subject = Subject { prompt: &prompt, reference: Some("OKRs"), choices: &choices, answer: &answer };
        for (name, judge) in &judges {
            let verdict = judge.judge(&subject);
            if let Some(score) = verdict.score() {
                prop_assert!((0.0..=1.0).contains(&score), "{} scores {}", name, score);
            }
            prop_assert!(!verdict.reason().is_empty(), "{} gives no reason", name);
            prop_assert_eq!(&verdict, &judge.judge(&subject), "{} is not pure", name);
        }
    });
}

#[test]
fn every_judge_of_quality_takes_any_text() {
    fuzz(
        super::KINDS,
        &[
            ("readability", "max-grade: 12"),
            ("repetition", "{}"),
            ("echo", "{}"),
            ("truncated", "{}"),
            ("placeholders", "{}"),
            ("mojibake", "{}"),
            ("hedging", "{}"),
            ("forbidden-terms", "value: [synergy, é]"),
            ("required-terms", "value: [metric, [impact, effect]]"),
            ("tone", "value: urgent"),
            ("tone", "value: professional"),
        ],
    );
}
