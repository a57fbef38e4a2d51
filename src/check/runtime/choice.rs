use super::conclusion::{Named, named};
use crate::check::{Judge, Subject, Verdict};
use crate::provider::Likelihood;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Choice {}

impl Judge for Choice {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let Some(right) = subject.reference else {
            return Verdict::Error { reason: "the case has no `reference` that says which choice is right".into() };
        };
        if subject.choices.is_empty() {
            return Verdict::Error { reason: "the case has no `choices`".into() };
        }
        if !subject.choices.iter().any(|c| same(c, right)) {
            return Verdict::Error { reason: format!("the reference \"{right}\" is not one of the choices") };
        }
        let scores = &subject.answer.likelihoods;
        if scores.is_empty() {
            return by_text(subject.text(), subject.choices, right);
        }
        let picked = subject.text().trim();
        if same(picked, right) {
            return Verdict::pass(format!("picked \"{picked}\" ({})", percent(scores, picked)));
        }
        Verdict::fail(format!(
            "picked \"{picked}\" ({}) instead of \"{}\" ({})",
            percent(scores, picked),
            right.trim(),
            percent(scores, right)
        ))
    }
}

fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// The share of `choice` in a softmax over what texts are ranked by, in words.
fn percent(scores: &[Likelihood], choice: &str) -> String {
    let highest = scores.iter().map(Likelihood::rank).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|s| (s.rank() - highest).exp()).sum();
    match scores.iter().find(|s| same(&s.text, choice)) {
        Some(score) if sum.is_finite() && sum > 0.0 => {
            format!("{:.0} %", 100.0 * (score.rank() - highest).exp() / sum)
        }
        _ => "not scored".into(),
    }
}

fn by_text(text: &str, choices: &[String], right: &str) -> Verdict {
    match named(text, choices) {
        Named::Nothing => Verdict::fail("the answer names none of the choices"),
        Named::Several(count) => Verdict::fail(format!("the answer names {count} choices, not one")),
        Named::One(place) => {
            let picked = choices.get(place).map_or("", |choice| choice.trim());
            if same(picked, right) {
                return Verdict::pass(format!("the answer names \"{picked}\""));
            }
            Verdict::fail(format!("the answer names \"{picked}\" instead of \"{}\"", right.trim()))
        }
    }
}
