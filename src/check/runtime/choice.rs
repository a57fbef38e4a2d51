use crate::check::quality::prose::pattern;
use crate::check::{Judge, Subject, Verdict};
use crate::provider::Likelihood;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Choice {}

/// "B", "(b)", "**B**", "B) because", "Answer: B", "the correct choice is B".
static LETTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)
        ^ [\s*_(\[]* (?<alone>[A-Za-z]) [\s*_)\]]* (?: $ | [.):\]] (?:\s|$|\*) )
        | (?i: \b (?:answer|choice|option) \s* (?:is|would\ be|:|=)? [\s:*_(\[]*? ) (?<named>[A-Z]) (?: [\s*_.,;:)\]] | $ )
        ",
    )
});

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
    match named(text, choices).as_slice() {
        [] => Verdict::fail("the answer names none of the choices"),
        [picked] if same(picked, right) => Verdict::pass(format!("the answer names \"{}\"", picked.trim())),
        [picked] => Verdict::fail(format!("the answer names \"{}\" instead of \"{}\"", picked.trim(), right.trim())),
        several => Verdict::fail(format!("the answer names {} choices, not one", several.len())),
    }
}

/// The choices an answer names. The whole answer or its first line first, then a letter, then any mention; a mention
/// inside a longer choice that is mentioned too does not count.
fn named<'a>(text: &str, choices: &'a [String]) -> Vec<&'a str> {
    let first = text.trim().lines().next().unwrap_or_default();
    for whole in [text, first] {
        let bare = whole.trim().trim_matches(|c: char| !c.is_alphanumeric() && c != '%');
        if let Some(choice) = choices.iter().find(|c| same(c, whole) || same(c, bare)) {
            return vec![choice];
        }
    }
    if let Some(choice) = letter(text).and_then(|at| choices.get(at)) {
        return vec![choice];
    }
    let lower = text.to_lowercase();
    let mut spans: Vec<(usize, usize, &str)> = Vec::new();
    for choice in choices {
        let wanted = choice.trim().to_lowercase();
        spans.extend(mentions(&lower, &wanted).map(|at| (at, at + wanted.len(), choice.as_str())));
    }
    let outer = |s: &(usize, usize, &str)| !spans.iter().any(|o| o.0 <= s.0 && s.1 <= o.1 && (o.1 - o.0) > (s.1 - s.0));
    let mut found: Vec<&str> = spans.iter().filter(|s| outer(s)).map(|s| s.2).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Byte offsets at which `wanted` stands in `text` as whole words.
fn mentions<'t>(text: &'t str, wanted: &'t str) -> impl Iterator<Item = usize> + 't {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(wanted).map(|(at, _)| at).filter(move |&at| {
        let (before, rest) = text.split_at(at);
        apart(before.chars().next_back()) && apart(rest.chars().nth(wanted.chars().count())) && !wanted.is_empty()
    })
}

/// The place in the list that a letter names: A is 0.
fn letter(text: &str) -> Option<usize> {
    let found = LETTER.captures(text.trim())?;
    let letter = found.name("alone").or(found.name("named"))?.as_str().chars().next()?;
    (letter.to_ascii_uppercase() as usize).checked_sub('A' as usize)
}
