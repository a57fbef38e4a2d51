use super::{Outcome, Run};

/// What it took to answer the cases of a run, by its records.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Answering {
    /// Answers made for this run, and those taken from earlier ones.
    pub made: usize,
    pub reused: usize,
    /// Wall time in which at least one answer was being made. Answers that were made side by side count once, and a pause
    /// between a run and its resumption not at all.
    pub seconds: f64,
    /// Tokens of the answers made for this run.
    pub tokens: usize,
}

impl Answering {
    /// Each answer ended when it was recorded and began as many seconds before as it took.
    pub fn of(run: &Run) -> Self {
        let mut all = Self::default();
        let mut spans: Vec<(f64, f64)> = Vec::new();
        for record in &run.records {
            match &record.outcome {
                Outcome::Judged { reused: true, .. } | Outcome::Unscored { reused: true, .. } => all.reused += 1,
                Outcome::Judged { answer, .. } | Outcome::Unscored { answer, .. } => {
                    all.made += 1;
                    all.tokens += answer.output_tokens;
                    let end = record.at.as_nanosecond() as f64 / 1e9;
                    spans.push((end - answer.seconds.max(0.0), end));
                }
                Outcome::Error { .. } => {}
            }
        }
        all.seconds = covered(spans);
        all
    }

    pub fn tokens_per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.tokens as f64 / self.seconds)
    }
}

/// How much of a line the spans cover together.
fn covered(mut spans: Vec<(f64, f64)>) -> f64 {
    spans.sort_by(|x, y| x.0.total_cmp(&y.0));
    let (mut sum, mut reached) = (0.0, f64::NEG_INFINITY);
    for (start, end) in spans {
        sum += (end - start.max(reached)).max(0.0);
        reached = reached.max(end);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::covered;
    use proptest::prelude::*;

    #[test]
    fn what_overlaps_counts_once_and_gaps_not_at_all() {
        assert_eq!(covered(vec![]), 0.0);
        assert_eq!(covered(vec![(5.0, 6.0), (0.0, 2.0), (1.0, 3.0), (1.5, 2.0)]), 4.0);
    }

    proptest! {
        #[test]
        fn time_is_between_the_longest_answer_and_all_of_them(
            spans in prop::collection::vec((0.0..100.0f64, 0.0..20.0f64), 1..20)
        ) {
            let longest = spans.iter().map(|(_, length)| *length).fold(0.0, f64::max);
            let all: f64 = spans.iter().map(|(_, length)| length).sum();
            let found = covered(spans.iter().map(|(start, length)| (*start, start + length)).collect());
            prop_assert!(found >= longest - 1e-9 && found <= all + 1e-9, "{found}, {longest}, {all}");
        }
    }
}
