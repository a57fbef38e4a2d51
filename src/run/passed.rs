use super::Judged;
use crate::check::Criterion;

/// The share of a criterion's checks that an answer passes, by their weights, a check that gives parts counting by its
/// score; 0 to 1. `None` where the criterion was not measured: no check with weight speaks for it, or only guards do. An
/// answer that repeats one word is not cut off, has no placeholders and does not hedge; that makes it neither complete nor
/// relevant. Points from 1 to 5 are people's alone.
pub fn passed_share<'a>(verdicts: impl IntoIterator<Item = &'a Judged>, criterion: Criterion) -> Option<f64> {
    let measured = verdicts.into_iter().filter(|judged| judged.criterion == criterion && !judged.is_guard());
    let scores = measured.filter_map(|judged| Some((judged.verdict.score()?, judged.weight)));
    let (sum, weight) = scores.fold((0.0, 0.0), |(sum, all), (score, weight)| (sum + score * weight, all + weight));
    (weight > 0.0).then(|| sum / weight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Verdict;

    fn judged(check: &str, weight: f64, verdict: Verdict) -> Judged {
        Judged { check: check.into(), criterion: Criterion::Relevance, weight, guard: None, verdict }
    }

    #[test]
    fn shares_go_by_weight() {
        let verdicts = [judged("contains", 1.0, Verdict::pass("")), judged("equals", 3.0, Verdict::fail(""))];
        assert_eq!(passed_share(&verdicts, Criterion::Relevance), Some(0.25));
    }

    #[test]
    fn symptoms_alone_measure_nothing() {
        let (fine, skipped) = (|| Verdict::pass(""), || Verdict::Skipped { reason: String::new() });
        let share = |verdicts: &[Judged]| passed_share(verdicts, Criterion::Relevance);
        assert_eq!(share(&[]), None);
        assert_eq!(share(&[judged("not-refusal", 1.0, fine()), judged("latency", 1.0, fine())]), None);
        assert_eq!(share(&[judged("not-refusal", 1.0, fine()), judged("contains", 1.0, skipped())]), None);
        assert_eq!(share(&[judged("not-refusal", 1.0, fine()), judged("contains", 0.0, fine())]), None);
        let both = [judged("not-refusal", 1.0, fine()), judged("contains", 1.0, Verdict::fail(""))];
        assert_eq!(share(&both), Some(0.0), "a guard earns nothing");
        assert_eq!(passed_share(&both, Criterion::Tone), None);
    }
}
