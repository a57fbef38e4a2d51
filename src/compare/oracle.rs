//! Reads the expected values of `tests/oracle/statistics.py`.

use serde_json::Value;

/// The cases of one family.
pub(super) fn cases(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../tests/oracle/statistics.json")).expect("valid JSON");
    let cases = all[family].as_array().unwrap_or_else(|| panic!("no family `{family}`")).clone();
    assert!(!cases.is_empty());
    cases
}

pub(super) fn number(case: &Value, name: &str) -> f64 {
    case[name].as_f64().unwrap_or_else(|| panic!("no number `{name}` in {case}"))
}

pub(super) fn numbers(case: &Value, name: &str) -> Vec<f64> {
    case[name].as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

#[track_caller]
pub(super) fn close(ours: f64, theirs: f64, tolerance: f64) {
    assert!((ours - theirs).abs() <= tolerance, "{ours} against {theirs}, more than {tolerance} apart");
}
