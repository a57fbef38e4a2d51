use super::Judged;
use crate::check::{Criterion, automatic_score, is_symptom};

/// What the checks say of a criterion, on the rubric's scale of 1 to 5. `None` where the criterion was not measured: no
/// check with weight speaks for it, or only checks that see symptoms do. An answer that repeats one word is not cut off,
/// has no placeholders and does not hedge; that makes it neither complete nor relevant. Beside evidence a symptom counts
/// like any other check.
pub fn automatic_points<'a>(verdicts: impl IntoIterator<Item = &'a Judged>, criterion: Criterion) -> Option<f64> {
    let mut measured = false;
    let mut scores = Vec::new();
    for judged in verdicts.into_iter().filter(|judged| judged.criterion == criterion) {
        if let Some(score) = judged.verdict.score() {
            measured |= judged.weight > 0.0 && !is_symptom(&judged.check);
            scores.push((score, judged.weight));
        }
    }
    automatic_score(scores).filter(|_| measured)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn judged(check: &str, weight: f64, verdict: Verdict) -> Judged {
        Judged { check: check.into(), criterion: Criterion::Relevance, weight, verdict }
    }

    #[test]
    fn symptoms_alone_measure_nothing() {
        let (fine, skipped) = (|| Verdict::pass(""), || Verdict::Skipped { reason: String::new() });
        let points = |verdicts: &[Judged]| automatic_points(verdicts, Criterion::Relevance);
        assert_eq!(points(&[]), None);
        assert_eq!(points(&[judged("not-refusal", 1.0, fine()), judged("latency", 1.0, fine())]), None);
        assert_eq!(points(&[judged("not-refusal", 1.0, fine()), judged("contains", 1.0, skipped())]), None);
        assert_eq!(points(&[judged("not-refusal", 1.0, fine()), judged("contains", 0.0, fine())]), None);
        let both = [judged("not-refusal", 1.0, fine()), judged("contains", 1.0, Verdict::fail(""))];
        assert_eq!(points(&both), Some(3.0));
        assert_eq!(automatic_points(&both, Criterion::Tone), None);
    }
}
