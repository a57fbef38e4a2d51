use super::wording::{list_fault, listing, quote};
use crate::check::facts::{Fact, Telling, text_of, tongues};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;

/// Finds facts, not letters: `5 April` in "April 5th", "5.4." and "2026-04-05"; `61%` in "sixty-one per cent" but not in
/// "61 customers"; `1,200` in "1.2k"; `$1.2m` in "USD 1.2 million". Numbers and dates are read in English, German, French
/// and Spanish.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mentions {
    /// The date, number, percentage, amount of money or plain words to find, in any usual notation. A year, a percent
    /// sign and a currency must not be another one; words are whole words in any case, singular or plural.
    #[serde(default)]
    value: Option<String>,
    /// Several of them; the score is the share found.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    values: Option<Vec<String>>,
    /// One of `values` is enough.
    #[serde(default)]
    any: bool,
}

impl Mentions {
    fn wanted(&self) -> impl Iterator<Item = &String> {
        self.value.iter().chain(self.values.iter().flatten())
    }
}

impl Judge for Mentions {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let text = text_of(subject.text());
        let tongues = tongues(&text);
        let telling = Telling::of(&text, &tongues);
        let (found, missing): (Vec<&String>, Vec<&String>) =
            self.wanted().partition(|value| Fact::read(value, &tongues).is_in(&telling));
        let quoted = |values: &[&String]| listing(&values.iter().map(|v| quote(v)).collect::<Vec<_>>());
        if self.any {
            return match found.first() {
                Some(first) => Verdict::pass(format!("mentions {}", quote(first))),
                None => Verdict::fail(format!("mentions none of {}", quoted(&missing))),
            };
        }
        let all = found.len() + missing.len();
        let reason = match (missing.is_empty(), all) {
            (true, _) => format!("mentions {}", quoted(&found)),
            (false, 1) => format!("does not mention {}", quoted(&missing)),
            (false, _) => format!("{} of {}; missing: {}", found.len(), count(all, "fact"), quoted(&missing)),
        };
        Verdict::part(found.len(), all, reason)
    }

    fn faults(&self) -> Option<String> {
        match (&self.value, &self.values) {
            (Some(_), Some(_)) => Some("give either `value` or `values`".into()),
            (None, None) => Some("give `value` or `values`: what the answer should mention".into()),
            (Some(_), None) if self.any => Some("`any` needs several `values`".into()),
            _ => list_fault(&self.wanted().collect::<Vec<_>>()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn one_fact_in_any_notation() {
        sorts(
            &check::<Mentions>("value: 5 April 2026"),
            &[
                "# Plan\n\nWe launch on **April 5th**.",
                "| Launch |\n|---|\n| 2026-04-05 |",
                "5. April 2026 ist es so weit.",
            ],
            &["We launch on 5 April 2025.", "We launch in April.", ""],
        );
        sorts(
            &check::<Mentions>("value: 61%"),
            &["61 % of users", "| Team | Share (%) |\n|---|---|\n| A | 61 |", "Sixty-one per cent."],
            &["61 customers", "v61", "6.1%", "610%", "## 61. Users"],
        );
    }

    #[test]
    fn other_languages() {
        sorts(
            &check::<Mentions>("values: [5 April, 61%, '1,200']"),
            &[
                "Am 5. April lagen wir bei einundsechzig Prozent, das sind 1.200 Kunden.",
                "Le 5 avril, nous étions à 61 % des clients, soit 1 200 personnes.",
                "El 5 de abril llegamos al sesenta y uno por ciento, es decir, 1.200 clientes.",
            ],
            &["El 6 de abril llegamos al sesenta y uno por ciento, es decir, 1.200 clientes."],
        );
    }

    #[test]
    fn several_score_the_share_unless_one_is_enough() {
        let verdict = judge(&check::<Mentions>("values: [Ana, 8%, 5 May]"), "Ana: 8 %");
        assert_eq!(verdict.reason(), "2 of 3 facts; missing: “5 May”");
        assert_eq!(verdict.score(), Some(2.0 / 3.0));
        sorts(&check::<Mentions>("{values: [Ana, 8%], any: true}"), &["Ana", "8 percent"], &["Anna", "8"]);
    }

    #[test]
    fn faults() {
        for wrong in ["{}", "{value: a, values: [b]}", "{value: a, any: true}", "values: []", "value: ' '"] {
            assert!(check::<Mentions>(wrong).faults().is_some(), "{wrong}");
        }
    }
}
