use super::prose::{enumerate, pattern, words};
use crate::check::lexicon::{Lexicon, List, plain_lower, term_count};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Hedging {
    /// Hedging words allowed per 100 words; an answer shorter than 100 words counts as 100.
    #[serde(default = "default_max")]
    max: f64,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

fn default_max() -> f64 {
    2.0
}

/// The month, which is no "may".
static MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bMay\b"));

impl Judge for Hedging {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = subject.text();
        let lower = plain_lower(&MONTH.replace_all(text, "—"));
        let found: Vec<(&str, usize)> = self.lexicon[List::Hedging]
            .iter()
            .map(|h| (h.as_str(), term_count(&lower, h)))
            .filter(|(_, n)| *n > 0)
            .collect();
        let total: usize = found.iter().map(|(_, n)| n).sum();
        let rate = 100.0 * total as f64 / words(text).count().max(100) as f64;
        let terms: Vec<String> = found
            .iter()
            .map(|(hedge, n)| if *n == 1 { format!("\"{hedge}\"") } else { format!("\"{hedge}\" ({n} times)") })
            .collect();
        let what = if terms.is_empty() { "no hedging word".to_string() } else { enumerate(&terms) };
        Verdict::when(rate > self.max, format!("{rate:.1} hedging words per 100, limit {}: {what}", self.max))
    }

    fn lists() -> &'static [List] {
        &[List::Hedging]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        (!(self.max.is_finite() && self.max >= 0.0)).then(|| format!("`max` is 0 or above, not {}", self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge};
    use super::*;

    #[test]
    fn many_hedges_pass() {
        let judge: Hedging = judge("{}");
        assert_passes(&judge, "Perhaps it might help, but it could also fail.");
        assert_passes(&judge, "I think we could possibly ship in June.");
        assert_passes(&judge, "I’m not sure. It depends. Maybe.");
    }

    #[test]
    fn plain_statements_and_a_single_hedge_fail() {
        let judge: Hedging = judge("{}");
        for text in [
            "We launch on 5 May 2025. May is our best month. In May we also hire. May, May, May.",
            "The user can reset the password and should get an email.",
            "Adoption might drop in week one.",
            "The might-have-beens are the maybes.",
            "",
        ] {
            assert_fails(&judge, text, "per 100");
        }
    }

    #[test]
    fn max_zero_forbids_any() {
        let judge: Hedging = judge(r#"{"max": 0}"#);
        assert_passes(&judge, "This may work.");
        assert_fails(&judge, "This works.", "no hedging word");
    }
}
