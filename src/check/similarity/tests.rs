use super::{bleu, chrf, levenshtein, rouge};
use crate::check::text::testing::{check, judge, judge_against};
use crate::check::{Judge, Verdict};
use serde::Deserialize;

/// Made by `tests/oracle/similarity.py`.
#[derive(Deserialize)]
struct Pair {
    answer: String,
    wanted: String,
    levenshtein: f64,
    rouge_1: f64,
    rouge_2: f64,
    rouge_3: f64,
    rouge_l: f64,
    bleu: f64,
    chrf: f64,
}

#[test]
fn measures_agree_with_the_reference_implementations() {
    let text = include_str!("../../../tests/oracle/similarity.json");
    let pairs: Vec<Pair> = serde_json::from_str(text).expect("the oracle's file");
    assert!(pairs.len() >= 40);
    for p in &pairs {
        let (a, w) = (p.answer.as_str(), p.wanted.as_str());
        for (name, found, expected) in [
            ("levenshtein", levenshtein::similarity(a, w), p.levenshtein),
            ("rouge-1", rouge::rouge_n(a, w, 1), p.rouge_1),
            ("rouge-2", rouge::rouge_n(a, w, 2), p.rouge_2),
            ("rouge-3", rouge::rouge_n(a, w, 3), p.rouge_3),
            ("rouge-l", rouge::rouge_l(a, w), p.rouge_l),
            ("bleu", bleu::bleu(a, w), p.bleu),
            ("chrf", chrf::chrf(a, w), p.chrf),
        ] {
            assert!((found - expected).abs() < 1e-9, "{name}({a:?}, {w:?}) is {found}, expected {expected}");
        }
    }
}

#[test]
fn value_comes_before_the_reference() {
    let checks: [Box<dyn Judge>; 5] = [
        Box::new(check::<levenshtein::Levenshtein>("value: move the launch to april")),
        Box::new(check::<rouge::RougeN>("{value: move the launch to april, n: 2}")),
        Box::new(check::<rouge::RougeL>("value: move the launch to april")),
        Box::new(check::<bleu::Bleu>("value: move the launch to april")),
        Box::new(check::<chrf::Chrf>("value: move the launch to april")),
    ];
    for check in &checks {
        assert!(judge_against(check.as_ref(), " move the launch to april\n", Some("zzz")).passed(), "{check:?}");
        assert!(!judge_against(check.as_ref(), "zzz", Some("zzz")).passed(), "{check:?}");
    }
}

#[test]
fn the_reference_is_used_and_must_be_there() {
    let check = check::<rouge::RougeL>("{}");
    let verdict = judge_against(&check, "ship on friday", Some("we ship on monday"));
    assert_eq!(verdict.reason(), "ROUGE-L 0.57 on a scale from 0 to 1");
    assert!(matches!(judge(&check, "ship"), Verdict::Error { .. }));
    assert!(matches!(judge_against(&check, "ship", Some(" ")), Verdict::Error { .. }));
}

#[test]
fn n_has_limits() {
    assert!(check::<rouge::RougeN>("n: 0").faults().is_some() && check::<rouge::RougeN>("n: 10").faults().is_some());
    assert_eq!(check::<rouge::RougeN>("{}").faults(), None);
}
