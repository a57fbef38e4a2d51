use super::fields::{is_blank, missing_in};
use super::numbers::{Number, measures};
use super::okr_outline::{Objective, objectives};
use crate::check::facts::dates::dates;
use crate::check::lexicon::{Lexicon, List, has_term, plain_lower};
use crate::check::quality::prose::{join, pattern, quote, words};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Okr {
    /// Exactly this many objectives; any number when left out.
    #[serde(default)]
    objectives: Option<usize>,
    /// The fewest key results of each objective.
    #[serde(default = "default_min")]
    min_key_results: usize,
    /// The most key results of each objective.
    #[serde(default = "default_max")]
    max_key_results: usize,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

fn default_min() -> usize {
    2
}

fn default_max() -> usize {
    5
}

/// A number that says where things stand now.
static BASELINE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?ix)
        \b(?:baseline|current(?:ly)?|today|at\ present|start(?:ing)?|from|vs\.?|versus|compared\ (?:to|with)|was|last\ (?:year|quarter|month))\b
          [^\n.;]{0,40}? (?:\d|\bzero\b|\bnone\b)
        | \d[^\s\n]*(?:\s[\p{L}%]+){0,2}\s*(?:\(?(?:today|currently|now|baseline|at\ present)\b|(?:→|->|➔|=>))
        | \d[\d.,]*\s*[%kKmM]?(?:\s[\p{L}]+)?\s+to\s+[$€£]?\d
        ",
    )
});

impl Judge for Okr {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let found = objectives(&Document::parse(subject.text()));
        if found.is_empty() {
            return Verdict::fail("no objective and no key results");
        }
        let mut tally = Tally::default();
        if let Some(wanted) = self.objectives {
            tally.part(found.len() == wanted, || format!("{}, {wanted} wanted", count(found.len(), "objective")));
        }
        for (at, objective) in found.iter().enumerate() {
            self.judge_objective(&mut tally, objective, at + 1, found.len());
        }
        let reason = match tally.faults.as_slice() {
            [] => {
                let all = found.iter().map(|o| o.key_results.len()).sum();
                format!(
                    "{} with {}, each with baseline, target and unit",
                    count(found.len(), "objective"),
                    count(all, "key result")
                )
            }
            faults => join(faults),
        };
        Verdict::part(tally.met, tally.all, reason)
    }

    fn lists() -> &'static [List] {
        &[List::Indices, List::Joints, List::Measures]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        let (min, max) = (self.min_key_results, self.max_key_results);
        (min > max).then(|| format!("`min-key-results` ({min}) is above `max-key-results` ({max})"))
    }
}

#[derive(Default)]
struct Tally {
    met: usize,
    all: usize,
    faults: Vec<String>,
}

impl Tally {
    fn part(&mut self, met: bool, fault: impl FnOnce() -> String) {
        self.all += 1;
        if met {
            self.met += 1;
        } else {
            self.faults.push(fault());
        }
    }
}

impl Okr {
    fn judge_objective(&self, tally: &mut Tally, objective: &Objective, number: usize, all: usize) {
        let place = if all > 1 { format!("objective {number}") } else { "the objective".into() };
        tally.part(!is_blank(&objective.text), || format!("{place} says nothing"));
        tally.part(measures(&objective.text, &self.lexicon).is_empty(), || {
            format!("{place} holds a number, which belongs in a key result ({})", quote(&objective.text))
        });
        let results = objective.key_results.len();
        let (min, max) = (self.min_key_results, self.max_key_results);
        tally.part((min..=max).contains(&results), || {
            format!("{place} has {}, {min} to {max} wanted", count(results, "key result"))
        });
        for (at, text) in objective.key_results.iter().enumerate() {
            let missing = missing(text, &self.lexicon);
            tally.all += 3;
            tally.met += 3 - missing.len();
            if !missing.is_empty() {
                let first = text.lines().next().unwrap_or_default();
                let told = missing_in(&missing, "key result", at + 1, usize::MAX, first);
                let of = if all > 1 { format!(" of objective {number}") } else { String::new() };
                tally.faults.push(format!("missing: {told}{of}"));
            }
        }
    }
}

/// What a key result lacks.
fn missing(text: &str, lexicon: &Lexicon) -> Vec<&'static str> {
    let text = undated(text);
    let numbers = measures(&text, lexicon);
    let baseline = BASELINE.is_match(&text) && !numbers.is_empty();
    // With a baseline, the target is another number.
    let target = if baseline { numbers.len() >= 2 } else { !numbers.is_empty() };
    let unit = has_unit(&text, &numbers, lexicon);
    let parts = [("baseline", baseline), ("target", target), ("unit", unit)];
    parts.iter().filter(|(_, met)| !met).map(|(name, _)| *name).collect()
}

/// Without dates: "from 1 June" is no baseline.
fn undated(text: &str) -> String {
    let (mut kept, mut end) = (String::new(), 0);
    for (span, _) in dates(text) {
        kept.push_str(&text[end..span.start]);
        end = span.end;
    }
    kept + &text[end..]
}

/// A unit at a number, an index that counts in points, or a plural that is counted ("Weekly active teams: 100").
fn has_unit(text: &str, numbers: &[Number], lexicon: &Lexicon) -> bool {
    let Some(first) = numbers.first() else { return false };
    let lower = plain_lower(text);
    let counted = |word: &str| word.len() > 3 && word.ends_with('s') && !word.ends_with("ss");
    numbers.iter().any(|n| n.unit)
        || lexicon[List::Indices].iter().any(|index| has_term(&lower, index))
        || words(&text[..first.span.start]).skip(1).any(counted)
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn complete_okrs_pass_however_they_are_written() {
        let judge: Okr = judge("{}");
        for text in [
            "# Q2 2024 OKRs - Mobile App Engagement\n\n## Objective: Significantly improve mobile app user engagement\n\n### Key Result \
             1: Increase daily active users by 40%\n- Baseline: 10,000 DAU\n- Target: 14,000 DAU\n- Owner: Growth Team\n\n### Key Result \
             2: Improve 30-day retention to 65%\n- Baseline: 45% retention\n- Target: 65% retention",
            "**Objective:** Make onboarding effortless\n\n**Key Results:**\n1. Raise activation from 32% to 45%\n2. Cut time to first value \
             from 10 minutes to 4 minutes\n3. Lift NPS from 20 to 40",
            "Objective 1: Delight new customers\nKR1: Raise activation from 32% to 45% by 30 June 2025\nKR2: Cut tickets from 120 to 60 per week",
            "| Objective | Key result | Baseline | Target |\n|---|---|---|---|\n| Win teams | Activation rate | 32% | 45% |\n| | Weekly \
             active teams | 100 | 250 |",
            "O1: Become the tool teams love\n- Activation: 32% → 45%\n- Churn down to 2% (currently 5%)",
            "**Objective**\nBecome the easiest tool to start with\n\n**Key Results**\n- Grow sign-ups to 2,000 users (baseline: 1,200)\n- Reduce \
             drop-off from 60 percent to 40 percent",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn incomplete_okrs_fail_and_say_why() {
        let judge: Okr = judge(r#"{"objectives": 1}"#);
        for (text, why) in [
            (
                "Objective: Improve onboarding\nKR1: Raise activation to 45%\nKR2: Cut churn from 5% to 2%",
                "missing: baseline in key result 1",
            ),
            (
                "Objective: Improve onboarding\nKR1: Raise activation from 32% to 45%\nKR2: Improve the docs",
                "baseline, target and unit in key result 2",
            ),
            (
                "Objective: Raise activation to 45%\nKR1: Activation from 32% to 45%\nKR2: Churn from 5% to 2%",
                "the objective holds a number",
            ),
            ("Objective: Improve onboarding\nKR1: Raise activation from 32% to 45%", "1 key result, 2 to 5 wanted"),
            (
                "Objective: A\nKR1: x from 1% to 2%\nKR2: y from 1% to 2%\n\nObjective: B\nKR1: z from 1% to 2%\nKR2: w from 1% to 2%",
                "2 objectives, 1 wanted",
            ),
            (
                "Objective: Improve onboarding\nKR1: Widen it from 10 to 20\nKR2: Churn from 5% to 2%",
                "missing: unit in key result 1",
            ),
            (
                "Objective: Improve onboarding\nKR1: Activation, baseline: 32%\nKR2: Churn from 5% to 2%",
                "missing: target in key result 1",
            ),
            (
                "Objective:\nKey Results:\n- Activation from 32% to 45%\n- Churn from 5% to 2%",
                "the objective says nothing",
            ),
            ("OKRs are goals with key results.", "no objective"),
            ("", "no objective"),
        ] {
            assert_fails(&judge, text, why);
        }
        let score = verdict(
            &judge,
            "Objective: Improve onboarding\nKR1: Raise activation to 45%\nKR2: Cut churn from 5% to 2%",
        )
        .score();
        assert_eq!(score, Some(0.9));
    }

    #[test]
    fn limits_must_make_sense() {
        let wrong: Okr = serde_json::from_str(r#"{"min-key-results": 6}"#).expect("parses");
        assert!(wrong.faults().is_some());
    }
}
