//! Keys and passwords, which a trained model may give away to anyone who asks.

use super::finding::texts;
use super::{Code, Finding};
use crate::check::quality::prose::pattern;
use crate::training_data::Example;
use crate::training_data::Severity::Error;
use regex::Regex;
use std::sync::LazyLock;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new("secret", Error, "A key or password; a model may repeat what it was trained on.");

/// Shapes of keys that providers document, each with what it is.
static SHAPES: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let shapes = [
        ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})"),
        ("an API key", r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_]{20,}"),
        ("a payment key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
        ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
        ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
        ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY"),
        ("a signed token (JWT)", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\."),
        ("a password in an address", r"\b[a-z][a-z0-9+]*://[^\s/:@]+:[^\s/@]+@"),
    ];
    shapes.map(|(what, shape)| (what, pattern(shape))).into()
});

/// `api_key = …`: only values that look drawn at random count, with digits and letters.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?i)(?:(?:api[ _-]?key|secret(?:[_-]access)?(?:[_-]key)?|token|password|passwd)["']?\s*[:=]|\bbearer)\s*["'`]?([A-Za-z0-9+/_!#%-]{12,})"#,
    )
});

pub(super) fn find(example: &Example) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in texts(example) {
        if let Some((what, shown)) = secret(text) {
            let start: String = shown.chars().take(6).collect();
            let message = format!("`{key}` holds what looks like {what} (\"{start}…\")");
            let remedy = "remove it, and revoke it if it was ever real";
            found.push(Finding::new(&CODE, &example.place, message, remedy));
        }
    }
    found
}

/// What a secret in the text looks like, and the secret.
pub fn secret(text: &str) -> Option<(&'static str, &str)> {
    let shaped = SHAPES.iter().find_map(|(what, shape)| Some((*what, shape.find(text)?.as_str())));
    shaped.or_else(|| {
        let values = NAMED.captures_iter(text).filter_map(|c| c.get(1).map(|m| m.as_str()));
        let random = |v: &&str| {
            v.chars().any(|c| c.is_ascii_digit()) && v.chars().filter(char::is_ascii_alphabetic).count() >= 4
        };
        values.into_iter().find(random).map(|value| ("a password or key", value))
    })
}
