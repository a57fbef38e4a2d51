//! GitLab's code-quality report: findings it shows in a merge request, by file and line.

use super::Places;
use crate::gate::{CaseNote, Decision, Judged, Status};
use crate::report::clean;
use engine::error::{Error, Result};
use engine::store;
use serde_json::{Value, json};

/// A finding for each case of each failing rule, or one for the rule where it names no case. The fingerprint tells a
/// finding from the others and stays the same while it stands, so that GitLab can say what is new.
pub fn code_quality(decision: &Decision, places: &Places) -> Result<String> {
    let of_rule = |rule: &&Judged| -> Vec<Value> {
        let finding = |case| finding(rule, case, places);
        if rule.cases.is_empty() { vec![finding(None)] } else { rule.cases.iter().map(|c| finding(Some(c))).collect() }
    };
    let findings: Vec<Value> = decision.failing().iter().flat_map(of_rule).collect();
    serde_json::to_string_pretty(&findings)
        .map(|text| text + "\n")
        .map_err(|e| Error::input(format!("the code-quality report cannot be written: {e}")))
}

fn finding(rule: &Judged, case: Option<&CaseNote>, places: &Places) -> Value {
    let place = places.of(case.map(|case| case.case.as_str()));
    let said = case.map(|case| format!("{}: {}. ", case.case, case.words)).unwrap_or_default();
    let severity = match (rule.status, rule.rule.as_str()) {
        (Status::Unjudged, _) => "blocker",
        (_, "must-pass" | "no-regression") => "critical",
        _ => "major",
    };
    json!({
        "description": clean::terminal(&format!("{said}{}: {}", rule.name(), rule.words)),
        "check_name": format!("pmtune/{}", rule.rule),
        "fingerprint": store::hash_of(&("gate", &rule.rule, &rule.suite, case.map(|case| &case.case))),
        "severity": severity,
        "location": {
            "path": place.file.to_string_lossy().replace('\\', "/"),
            "lines": {"begin": place.line},
        },
    })
}
