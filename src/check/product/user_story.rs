use super::fields::{is_blank, missing_in};
use crate::check::lexicon::{Lexicon, List};
use crate::check::quality::prose::{join, pattern, words};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use regex::Regex;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UserStory {
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

/// The three parts as found; a part that is not there is empty.
#[derive(Debug, Default, PartialEq)]
struct Story {
    persona: String,
    want: String,
    benefit: String,
    text: String,
}

static START: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?im)(?:^|[.!?:;"“(|]\s*)(?<as>as\s+(?:an?|the|one\s+of\s+the)\b(?:\s*/\s*an)?)"#));
static WANT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:I|we)(?:\s+(?:really|also|would|must|should|strongly))*(?:['’]d)?\s+(?:really\s+|also\s+)?(?:want(?:\s+to)?|need(?:\s+to)?|wish(?:\s+to)?|like(?:\s+to)?|love(?:\s+to)?|prefer(?:\s+to)?|expect(?:\s+to)?|be\s+able\s+to|can)\b",
    )
});
static BENEFIT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:so\s+that|such\s+that|in\s+order\s+(?:to|that)|so\s+as\s+to|so(?:\s+(?:I|we|my|our|they|the)\b)|because)",
    )
});

impl Judge for UserStory {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let stories = stories(&Document::parse(subject.text()));
        if stories.is_empty() {
            return Verdict::fail("no user story: nothing says \"As a …, I want …, so that …\"");
        }
        let (mut met, mut missing) = (0, vec![]);
        for (at, story) in stories.iter().enumerate() {
            let parts = story.missing(&self.lexicon);
            met += 3 - parts.len();
            if !parts.is_empty() {
                missing.push(missing_in(&parts, "story", at + 1, stories.len(), &story.text));
            }
        }
        let reason = match missing.as_slice() {
            [] => format!("{} with persona, want and benefit", count(stories.len(), "story")),
            _ => format!("missing: {}", join(&missing)),
        };
        Verdict::part(met, 3 * stories.len(), reason)
    }

    fn lists() -> &'static [List] {
        &[List::UserStory]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }
}

impl Story {
    fn missing(&self, lexicon: &Lexicon) -> Vec<&'static str> {
        let mut missing = vec![];
        if !says_something(&self.persona, &["type", "kind", "persona", "role"], lexicon) {
            missing.push("persona (As a …)");
        }
        if !says_something(&self.want, &["something", "this", "that", "it", "goal", "feature", "do", "action"], lexicon)
        {
            missing.push("want (I want …)");
        }
        if !says_something(&self.benefit, &["benefit", "reason", "it", "do", "so", "this", "that", "value"], lexicon) {
            missing.push("benefit (so that …)");
        } else if content(&self.benefit, lexicon).iter().all(|w| content(&self.want, lexicon).contains(w)) {
            missing.push("benefit of its own (it repeats the want)");
        }
        missing
    }
}

/// Words that carry meaning, in lower case.
fn content(text: &str, lexicon: &Lexicon) -> Vec<String> {
    words(text).map(str::to_lowercase).filter(|w| !lexicon.has(List::UserStory, w)).collect()
}

fn says_something(text: &str, empty: &[&str], lexicon: &Lexicon) -> bool {
    !is_blank(text)
        && content(text, lexicon).iter().any(|w| !empty.contains(&w.as_str()) && w.chars().any(char::is_alphabetic))
}

fn stories(document: &Document) -> Vec<Story> {
    let tabled = in_tables(document);
    if !tabled.is_empty() {
        return tabled;
    }
    let text = document.plain_text().replace(" | ", "\n");
    let starts: Vec<(usize, usize)> =
        START.captures_iter(&text).filter_map(|c| c.name("as")).map(|m| (m.start(), m.end())).collect();
    let ends = starts.iter().skip(1).map(|s| s.0).chain([text.len()]);
    let mut found: Vec<Story> = starts
        .iter()
        .zip(ends)
        .filter_map(|((start, after), end)| {
            let told = text.get(*after..end)?;
            let (story, whole) = (story(told), line(text.get(*start..end)?));
            // "As a result, …" opens no story.
            (!story.want.is_empty() || WANT.is_match(told)).then_some(Story { text: whole, ..story })
        })
        .collect();
    if found.is_empty() && WANT.is_match(&text) && BENEFIT.is_match(&text) {
        // Want and benefit without a persona.
        found.push(Story { persona: String::new(), ..story(&text) });
    } else if let (true, Some((start, after))) = (found.is_empty(), starts.first()) {
        let persona = line(text.get(*after..).unwrap_or_default());
        let about = persona.split([',', '.']).next().unwrap_or_default().to_string();
        found.push(Story { persona: about, text: line(&text[*start..]), ..Story::default() });
    }
    found
}

/// Reads what follows "As a".
fn story(told: &str) -> Story {
    let Some(want) = WANT.find(told) else {
        return Story::default();
    };
    let after = &told[want.end()..];
    let benefit = BENEFIT.find(after);
    let wanted = benefit.map_or(paragraph(after), |b| &after[..b.start()]);
    let gained = benefit.map_or("", |b| paragraph(&after[b.end()..]));
    let tidy = |s: &str| s.trim_matches(|c: char| c.is_whitespace() || ",;:.|*_-–—".contains(c)).to_string();
    Story { persona: tidy(&told[..want.start()]), want: tidy(wanted), benefit: tidy(gained), text: line(told) }
}

/// Up to the end of the sentence or line that says something.
fn paragraph(text: &str) -> &str {
    let skipped = text.len() - text.trim_start_matches(|c: char| c.is_whitespace() || c == ':' || c == ',').len();
    let rest = &text[skipped..];
    let end = rest.find('\n').unwrap_or(rest.len());
    &rest[..rest[..end].find(". ").unwrap_or(end)]
}

fn line(text: &str) -> String {
    text.split("\n\n").next().unwrap_or_default().split_whitespace().take(24).collect::<Vec<_>>().join(" ")
}

/// Stories in a table with a column for each part.
fn in_tables(document: &Document) -> Vec<Story> {
    let column = |columns: &[String], names: &[&str]| {
        columns
            .iter()
            .position(|c| names.iter().any(|n| c.to_lowercase().trim_matches(['…', '.', ' ', ':']).starts_with(n)))
    };
    let mut found = vec![];
    for table in document.tables() {
        let persona = column(&table.columns, &["as a", "persona", "role", "user"]);
        let want = column(&table.columns, &["i want", "i need", "want", "goal"]);
        let benefit = column(&table.columns, &["so that", "benefit", "in order to", "so i"]);
        let (Some(persona), Some(want), Some(benefit)) = (persona, want, benefit) else { continue };
        found.extend(table.rows.iter().map(|row| {
            let cell = |at: usize| row.get(at).cloned().unwrap_or_default();
            Story { persona: cell(persona), want: cell(want), benefit: cell(benefit), text: row.join(" | ") }
        }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::super::quality::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    #[test]
    fn complete_stories_pass_however_they_are_written() {
        let judge: UserStory = judge("{}");
        for text in [
            "As a user, I want to reset my password so that I can log in again.",
            "**As a** team admin\n**I want** to invite colleagues by email\n**So that** nobody waits for IT",
            "**As a:** buyer\n\n**I want to:** save my cart\n\n**So that:** I can pay later",
            "User Story: As an accountant I'd like to export invoices as CSV, in order to file taxes faster.",
            "- As a PM, I need a weekly summary, so I can brief my lead.\n- As an engineer, I want alerts so that outages are short.",
            "### Story\n> \"As a first-time visitor, I would like to try the demo without signing up, so that I can judge the product.\"",
            "| As a | I want | So that |\n|---|---|---|\n| nurse | large buttons | I can tap with gloves on |",
            "As the owner of a shop, we want to see daily sales because we order stock each night.",
            "1. **User Story:** As a user, I want to filter results. So that I find things quickly.",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn incomplete_stories_fail_and_say_why() {
        let judge: UserStory = judge("{}");
        for (text, why) in [
            ("As a user, I want to reset my password.", "missing: benefit (so that …)"),
            ("As a , I want to reset my password so that I can log in.", "persona"),
            ("As a [persona], I want to reset my password so that I can log in.", "persona"),
            ("As a user, I want to so that I can log in.", "want"),
            ("As a user, I want to reset my password so that I can.", "benefit"),
            ("As a user, I want to log in so that I can log in.", "repeats the want"),
            ("I want to reset my password so that I can log in.", "persona"),
            ("The password reset should let users reset passwords.", "no user story"),
            ("As a result, the team ships.", "want"),
            ("**As a** user\n**I want** to pay\n**So that** [benefit]", "benefit"),
            ("As a user, I want a so that b.\nAs a user, I want to sort lists.", "benefit (so that …) in story 2"),
            ("", "no user story"),
        ] {
            assert_fails(&judge, text, why);
        }
        let score = verdict(&judge, "As a user, I want to reset my password.").score();
        assert!(score.is_some_and(|s| (s - 2.0 / 3.0).abs() < 1e-9));
    }
}
