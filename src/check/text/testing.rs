//! Answers for the tests of checks.

use crate::check::{Judge, Lexicon, Subject, Verdict};
use crate::provider::{Answer, Stop};
use serde::de::DeserializeOwned;

pub(crate) fn answer(text: &str) -> Answer {
    Answer {
        text: text.to_string(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 1,
        output_tokens: 1,
        seconds: 0.1,
        reference_nll: None,
        likelihoods: Vec::new(),
    }
}

/// A check from the YAML a person would write, with none but the word lists it says it goes by.
pub(crate) fn check<J: Judge + DeserializeOwned>(yaml: &str) -> J {
    let mut judge: J = serde_yaml::from_str(yaml).unwrap_or_else(|e| panic!("{yaml}: {e}"));
    judge.adopt(Lexicon::shipped().only(J::lists()));
    judge
}

pub(crate) fn judge(judge: &dyn Judge, text: &str) -> Verdict {
    judge_against(judge, text, None)
}

pub(crate) fn judge_against(judge: &dyn Judge, text: &str, reference: Option<&str>) -> Verdict {
    judge.judge(&Subject { prompt: "Write it.", reference, choices: &[], answer: &answer(text) })
}

/// Asserts which texts pass and which fail.
pub(crate) fn sorts(check: &dyn Judge, pass: &[&str], fail: &[&str]) {
    for text in pass {
        let verdict = judge(check, text);
        assert!(verdict.passed(), "{check:?} on {text:?}: {verdict:?}");
    }
    for text in fail {
        let verdict = judge(check, text);
        assert!(matches!(verdict, Verdict::Fail { .. }), "{check:?} on {text:?}: {verdict:?}");
    }
}
