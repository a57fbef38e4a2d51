use crate::check::{Subject, Verdict};

const PASS_AT: f64 = 0.5;

/// Judges by a measure in [0, 1] of (answer, wanted text). The wanted text is `value`, or else the case's reference.
pub(super) fn against(
    subject: &Subject<'_>,
    value: Option<&str>,
    name: &str,
    measure: impl FnOnce(&str, &str) -> f64,
) -> Verdict {
    match wanted(subject, value) {
        Err(verdict) => verdict,
        Ok(wanted) => graded(measure(subject.text().trim(), wanted), name),
    }
}

pub(super) fn wanted<'a>(subject: &Subject<'a>, value: Option<&'a str>) -> Result<&'a str, Verdict> {
    let text = value.or(subject.reference).map(str::trim).filter(|text| !text.is_empty());
    text.ok_or_else(|| Verdict::Error {
        reason: "nothing to compare with; give the check a value or the case a reference".to_string(),
    })
}

pub(super) fn graded(score: f64, name: &str) -> Verdict {
    Verdict::graded(score, PASS_AT, format!("{name} {score:.2} on a scale from 0 to 1"))
}
