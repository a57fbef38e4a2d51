use super::Judged;
use crate::check::{Criterion, automatic_score};

/// What the checks say of a criterion, on the rubric's scale of 1 to 5. `None` where the criterion was not measured: no
/// check with weight speaks for it, or only guards do. An answer that repeats one word is not cut off, has no placeholders
/// and does not hedge; that makes it neither complete nor relevant.
pub fn automatic_points<'a>(verdicts: impl IntoIterator<Item = &'a Judged>, criterion: Criterion) -> Option<f64> {
    let measured = verdicts.into_iter().filter(|judged| judged.criterion == criterion && !judged.is_guard());
    automatic_score(measured.filter_map(|judged| Some((judged.verdict.score()?, judged.weight))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn judged(check: &str, weight: f64, verdict: Verdict) -> Judged {
        Judged { check: check.into(), criterion: Criterion::Relevance, weight, guard: None, verdict }
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
        assert_eq!(points(&both), Some(1.0), "a guard earns nothing");
        assert_eq!(automatic_points(&both, Criterion::Tone), None);
    }
}
