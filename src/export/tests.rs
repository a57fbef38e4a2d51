//! Proofs made by hand: what they come to, and in which words.

use super::*;
use crate::compare::Evidence;
use crate::tally::Interval;
use jiff::Timestamp;

fn judged(evidence: Evidence, decides: bool, interval: [f64; 2], outcome: Outcome) -> Judged {
    let [low, high] = interval;
    let difference = (low + high) / 2.0;
    let interval = Interval { low, high };
    Judged {
        evidence,
        decides,
        cases: 40,
        means: [0.5, 0.5 + difference],
        difference,
        interval,
        negligible: 0.03,
        outcome,
    }
}

fn proof(evidence: Vec<Judged>) -> Parity {
    let runs = ["a".to_string(), "b".to_string()];
    let cases = OnCases { engine: "pmtune".to_string(), runs, comparison: "c".to_string(), evidence };
    Parity {
        format: FORMAT,
        created: Timestamp::UNIX_EPOCH,
        pmtune: "0".to_string(),
        version: "PM-v1".to_string(),
        base: "base".to_string(),
        adapter: None,
        file: "PM-v1-Q8_0.gguf".to_string(),
        kind: Format::Gguf,
        file_type: "Q8_0".to_string(),
        bytes: 1,
        sha256: "0".to_string(),
        opening: Opening::None,
        read_back: ReadBack { tensors: 3, worst: 0.9, relative_error: 0.005, strings: 9, strings_alike: 9 },
        prompts: Prompts { of: 4, alike: 4 },
        speech: None,
        cases: vec![cases],
    }
}

#[test]
fn the_evidence_that_decides_must_show_no_loss_and_the_other_must_not_show_one() {
    let passed = judged(Evidence::Likelihood, true, [-0.01, 0.01], Outcome::Passed);
    let unknown = judged(Evidence::Checks, false, [-0.1, 0.2], Outcome::NotShown);
    let worse = judged(Evidence::Checks, false, [-0.3, -0.1], Outcome::Failed);
    assert_eq!(proof(vec![passed.clone(), unknown.clone()]).outcome(), Outcome::Passed);
    assert_eq!(proof(vec![passed.clone(), worse]).outcome(), Outcome::Failed);
    let undecided = Judged { decides: true, ..unknown };
    assert_eq!(proof(vec![undecided]).outcome(), Outcome::NotShown);
    let unasked = Parity { cases: Vec::new(), ..proof(vec![passed]) };
    assert_eq!(unasked.outcome(), Outcome::NotShown);
    assert!(unasked.verdict().contains("was not tried on the cases"));
}

#[test]
fn one_token_or_one_prompt_that_is_otherwise_breaks_the_proof() {
    let whole = proof(vec![judged(Evidence::Likelihood, true, [-0.01, 0.01], Outcome::Passed)]);
    let one_token = Parity { read_back: ReadBack { strings_alike: 8, ..whole.read_back.clone() }, ..whole.clone() };
    let one_prompt = Parity { prompts: Prompts { of: 4, alike: 3 }, ..whole.clone() };
    for broken in [one_token, one_prompt] {
        assert_eq!(broken.outcome(), Outcome::Failed);
        assert!(broken.verdict().contains("is not the PM-v1"), "{}", broken.verdict());
    }
    let speech = Speech {
        texts: 30,
        positions: 4000,
        mean_divergence: 0.000_42,
        divergence_99: 0.0041,
        same_top: 0.991,
        answers: 24,
        answers_alike: 20,
        common_tokens: 64,
        longest: 64,
        limits: Limits { mean_divergence: 0.003, same_top: 0.97 },
    };
    let spoken = Parity { speech: Some(speech.clone()), ..whole.clone() };
    assert_eq!(spoken.outcome(), Outcome::Passed);
    let words = &spoken.steps()[2].words;
    assert!(words.contains("0.00042 nats") && words.contains("99.1\u{a0}%"), "{words}");
    let mumbling = Parity { speech: Some(Speech { mean_divergence: 0.004, ..speech }), ..whole };
    assert_eq!(mumbling.outcome(), Outcome::Failed);
}

#[test]
fn a_proof_is_read_as_it_was_written() {
    let proof = proof(vec![judged(Evidence::Likelihood, true, [-0.01, 0.01], Outcome::Passed)]);
    let text = serde_json::to_string(&proof).unwrap();
    assert_eq!(serde_json::from_str::<Parity>(&text).unwrap(), proof);
}

#[test]
fn strings_are_a_thousand_at_most_and_all_different() {
    let own: Vec<String> = (0..700).map(|i| format!("line {i}\nand {i}")).collect();
    let found = strings(own.iter().map(String::as_str));
    assert_eq!(found.len(), 1000);
    assert_eq!(found.iter().collect::<std::collections::HashSet<_>>().len(), 1000);
}
