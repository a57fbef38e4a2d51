//! ROUGE-N and ROUGE-L (Lin 2004), F1, as Google's `rouge_score` computes them without a stemmer.

use super::against::against;
use super::ngrams::{ngrams, shared, total};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RougeN {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
    /// Words in a run, 1 to 9.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 9))]
    n: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RougeL {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
}

fn one() -> usize {
    1
}

impl Judge for RougeN {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let name = format!("ROUGE-{}", self.n);
        against(subject, self.value.as_deref(), &name, |answer, wanted| rouge_n(answer, wanted, self.n))
    }

    fn faults(&self) -> Option<String> {
        (!(1..=9).contains(&self.n)).then(|| format!("n is {}; it must be 1 to 9", self.n))
    }
}

impl Judge for RougeL {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        against(subject, self.value.as_deref(), "ROUGE-L", rouge_l)
    }
}

/// Runs of ASCII letters and digits of the lower-cased text, as `rouge_score` cuts it.
fn tokens(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|t| !t.is_empty()).map(str::to_string).collect()
}

pub(super) fn rouge_n(answer: &str, wanted: &str, n: usize) -> f64 {
    let (answer, wanted) = (tokens(answer), tokens(wanted));
    let hits = shared(&ngrams(&wanted, n), &ngrams(&answer, n));
    f1(hits, total(answer.len(), n).max(1), total(wanted.len(), n).max(1))
}

pub(super) fn rouge_l(answer: &str, wanted: &str) -> f64 {
    let (answer, wanted) = (tokens(answer), tokens(wanted));
    if answer.is_empty() || wanted.is_empty() {
        return 0.0;
    }
    f1(longest_common(&wanted, &answer), answer.len(), wanted.len())
}

/// Length of the longest common subsequence, by the usual table of which only one row is kept.
fn longest_common(a: &[String], b: &[String]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        let mut left = 0;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            *cell = if x == y { diagonal + 1 } else { above.max(left) };
            (diagonal, left) = (above, *cell);
        }
    }
    row.last().copied().unwrap_or(0)
}

fn f1(hits: usize, answer: usize, wanted: usize) -> f64 {
    let (precision, recall) = (hits as f64 / answer as f64, hits as f64 / wanted as f64);
    if hits == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}
