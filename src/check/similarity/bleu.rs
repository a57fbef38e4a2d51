//! Sentence BLEU (Papineni et al. 2002) as sacrebleu's `sentence_bleu` computes it by default: tokenizer 13a,
//! exponential smoothing (Chen and Cherry 2014, method 3), effective order; divided by 100.

use super::against::against;
use super::ngrams::{ngrams, shared, total};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Bleu {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
}

impl Judge for Bleu {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        against(subject, self.value.as_deref(), "BLEU", bleu)
    }
}

const LONGEST_RUN: usize = 4;

pub(super) fn bleu(answer: &str, wanted: &str) -> f64 {
    let (answer, wanted) = (tokens(answer), tokens(wanted));
    let hits: Vec<usize> = (1..=LONGEST_RUN).map(|n| shared(&ngrams(&answer, n), &ngrams(&wanted, n))).collect();
    if hits.iter().all(|&h| h == 0) {
        return 0.0;
    }
    let (mut log_sum, mut order, mut smoothing) = (0.0, 0, 1.0);
    for (n, &hit) in (1..).zip(&hits) {
        let all = total(answer.len(), n) as f64;
        if all == 0.0 {
            break;
        }
        order = n;
        let precision = if hit == 0 {
            smoothing *= 2.0;
            1.0 / (smoothing * all)
        } else {
            hit as f64 / all
        };
        log_sum += precision.ln();
    }
    let (length, wanted_length) = (answer.len() as f64, wanted.len() as f64);
    let brevity = if length < wanted_length { (1.0 - wanted_length / length).exp() } else { 1.0 };
    (brevity * (log_sum / order as f64).exp()).clamp(0.0, 1.0)
}

/// The rules of mteval-v13a, in its order.
static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"([\{-~\[-` -&\(-\+:-@/])", " $1 "),
        (r"([^0-9])([\.,])", "$1 $2 "),
        (r"([\.,])([^0-9])", " $1 $2"),
        (r"([0-9])(-)", "$1 $2 "),
    ]
    .into_iter()
    .filter_map(|(pattern, spaced)| Some((Regex::new(pattern).ok()?, spaced)))
    .collect()
});

fn tokens(text: &str) -> Vec<String> {
    let text = text.trim_end().replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">");
    let spaced = RULES.iter().fold(format!(" {text} "), |text, (rule, to)| rule.replace_all(&text, *to).into_owned());
    spaced.split_whitespace().map(str::to_string).collect()
}
