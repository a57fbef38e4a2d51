//! chrF2 (Popović 2015) as sacrebleu computes it by default: runs of 1 to 6 letters, spaces left out, β = 2, averaged
//! over the orders both texts have; divided by 100.

use super::against::against;
use super::ngrams::{ngrams, shared, total};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Chrf {
    /// The text to compare with; without it, the case's reference.
    #[serde(default)]
    value: Option<String>,
}

impl Judge for Chrf {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        against(subject, self.value.as_deref(), "chrF", chrf)
    }
}

const LONGEST_RUN: usize = 6;
const BETA_SQUARED: f64 = 4.0;

pub(super) fn chrf(answer: &str, wanted: &str) -> f64 {
    let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<Vec<char>>();
    let (answer, wanted) = (letters(answer), letters(wanted));
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for n in 1..=LONGEST_RUN {
        let (of_answer, of_wanted) = (total(answer.len(), n), total(wanted.len(), n));
        if of_answer == 0 || of_wanted == 0 {
            break;
        }
        let hits = shared(&ngrams(&answer, n), &ngrams(&wanted, n)) as f64;
        precision += hits / of_answer as f64;
        recall += hits / of_wanted as f64;
        orders += 1.0;
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
}
