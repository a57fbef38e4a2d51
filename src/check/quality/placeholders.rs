use super::prose::{enumerate, pattern, quote, words};
use crate::check::lexicon::{Lexicon, List};
use crate::check::{Judge, Subject, Verdict};
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Placeholders {
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

/// Something in brackets, at most 60 characters on one line.
static BRACKETED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\[(?<square>[^\[\]\n]{1,60})\]|<(?<angle>[^<>\n]{1,60})>|\{\{?(?<curly>[^{}\n]{1,60})\}?\}")
});
/// Words that stand for something missing wherever they are.
static FILLER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i:\bTBD\b|\bto be (?:determined|defined)\b|\blorem ipsum\b)|\bTODO\b|\b[Xx]{1,3}\s?%|[$€£][Xx]+\b|\bXX+\b|\b[XY] (?:days|weeks|months|users|hours)\b|_{4,}",
    )
});

impl Judge for Placeholders {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let found = placeholders(subject.text(), &self.lexicon);
        if found.is_empty() {
            return Verdict::fail("nothing is left to fill in");
        }
        let shown: Vec<String> = found.iter().take(4).map(|p| quote(p)).collect();
        let more = if found.len() > 4 { format!(", {} in all", found.len()) } else { String::new() };
        Verdict::pass(format!("left to fill in: {}{more}", enumerate(&shown)))
    }

    fn lists() -> &'static [List] {
        &[List::Asks, List::Html]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

/// Every different placeholder, in order.
pub(crate) fn placeholders<'t>(text: &'t str, lexicon: &Lexicon) -> Vec<&'t str> {
    let mut found: Vec<(usize, &str)> = vec![];
    for captures in BRACKETED.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        let (before, after) = (&text[..whole.start()], &text[whole.end()..]);
        let asks = if let Some(inside) = captures.name("square") {
            !is_link_or_index(before, after) && asks(inside.as_str(), lexicon)
        } else if let Some(inside) = captures.name("angle") {
            let inside = inside.as_str();
            !inside.starts_with('/')
                && !inside.contains('=')
                && !lexicon.has(List::Html, inside.trim())
                && asks(inside, lexicon)
        } else {
            captures.name("curly").is_some_and(|inside| asks(inside.as_str(), lexicon))
        };
        if asks {
            found.push((whole.start(), whole.as_str()));
        }
    }
    for filler in FILLER.find_iter(text) {
        let inside = found.iter().any(|(at, f)| (*at..at + f.len()).contains(&filler.start()));
        let todo_list = filler.as_str() == "TODO"
            && ["list", "lists", "app", "item", "items"]
                .contains(&words(&text[filler.end()..]).next().unwrap_or_default());
        if !inside && !todo_list && !is_rule(text, filler.start()) {
            found.push((filler.start(), filler.as_str()));
        }
    }
    found.sort_unstable();
    let mut seen = vec![];
    found.retain(|(_, f)| {
        !seen.contains(f) && {
            seen.push(*f);
            true
        }
    });
    found.into_iter().map(|(_, f)| f).collect()
}

/// `[text](url)`, `[text][ref]`, `[ref]: url`, `array[index]`.
fn is_link_or_index(before: &str, after: &str) -> bool {
    let indexed = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ']');
    let link = after.starts_with('(') || after.starts_with("[") || after.starts_with(": http");
    indexed || link
}

/// Whether a bracket asks the reader to fill it in.
fn asks(inside: &str, lexicon: &Lexicon) -> bool {
    let inside = inside.trim();
    if !inside.starts_with(|c: char| c.is_alphabetic() || c == '_') || inside.contains("://") || inside.contains('@') {
        return false;
    }
    let lower = inside.to_lowercase();
    inside.chars().all(|c| c == '_') || words(&lower).flat_map(|w| w.split('_')).any(|w| lexicon.has(List::Asks, w))
}

/// A line of nothing but underscores is a horizontal rule.
fn is_rule(text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let line = text[start..].lines().next().unwrap_or_default().trim();
    !line.is_empty() && line.chars().all(|c| c == '_')
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn leftovers_are_found() {
        let judge: Placeholders = judge("{}");
        for text in [
            "Thanks,\n[Your name]",
            "Update on [Feature] launch timeline",
            "Retention grows by XX% and revenue by $X.",
            "Launch: <insert date here>",
            "Owner: TBD",
            "TODO: write the risks",
            "Lorem ipsum dolor sit amet",
            "Dear {{customer_name}},",
            "As a [persona], I want [goal]",
            "Name: ______ will decide",
            "Takes X weeks",
        ] {
            assert_passes(&judge, text);
        }
        assert_eq!(verdict(&judge, "[Name], [Name] and [Date]").reason(), "left to fill in: \"[Name]\" and \"[Date]\"");
    }

    #[test]
    fn links_checkboxes_notes_and_tags_are_kept() {
        let judge: Placeholders = judge("{}");
        for text in [
            "- [ ] Draft the name\n- [x] Ship",
            "See [the feature page](https://x.example) and [feature][1].\n\n[feature]: https://x.example",
            "As shown[^1], and again [1].\n\n[^1]: Name of the study",
            "[P0] Fix login\n[Backend] Add index [sic]",
            "`users[name]` gives {\"name\": \"Ana\"}; <br> <title> <a href=\"name\">",
            "A TODO list app. The Xbox. XL sizes, version XII.",
            "____\n\nText",
            "",
        ] {
            assert_fails(&judge, text, "nothing is left");
        }
    }
}
