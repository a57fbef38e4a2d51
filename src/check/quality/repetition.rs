use super::prose::{line_sentences, quote, words};
use crate::check::lexicon::{Lexicon, List};
use crate::check::structure::{Document, LineKind};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repetition {
    /// The share of words that may stand in repeated phrases of four words, from 0 to 1.
    #[serde(default = "default_max")]
    max: f64,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

fn default_max() -> f64 {
    0.2
}

/// Words in a phrase.
const PHRASE_WORDS: usize = 4;
/// Phrases that begin this early in a line may be shared with other lines at the same place: lists with parallel wording
/// ("As a registered user, I want to …") are good style.
const OPENING_WORDS: usize = 4;
/// How often a sentence may not come.
const TIMES: usize = 3;
/// Fewer words than this are a label or a status, not a sentence.
const SENTENCE_WORDS: usize = 3;

/// A sentence as lower-case words.
struct Segment {
    words: Vec<String>,
    text: String,
    /// It begins a line or a user story, so others may open alike.
    opens: bool,
    cell: bool,
}

impl Judge for Repetition {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let segments = segments(subject.text(), &self.lexicon);
        if let Some((text, times)) = repeated_sentence(&segments) {
            return Verdict::pass(format!("comes {times} times: {}", quote(text)));
        }
        let (share, example) = repeated_share(&segments, &self.lexicon);
        let percent =
            format!("{:.0} % of the words stand in repeated phrases, limit {:.0} %", 100.0 * share, 100.0 * self.max);
        match example {
            Some(phrase) if share > self.max => Verdict::pass(format!("{percent}; most often {}", quote(&phrase))),
            _ => Verdict::fail(percent),
        }
    }

    fn lists() -> &'static [List] {
        &[List::Repetition, List::Abbreviations]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        (!(0.0..=1.0).contains(&self.max)).then(|| format!("`max` is a share from 0 to 1, not {}", self.max))
    }
}

fn segments(text: &str, lexicon: &Lexicon) -> Vec<Segment> {
    let mut found = vec![];
    for line in Document::parse(text).lines() {
        let cell = line.kind == LineKind::TableRow;
        let parts: Vec<String> =
            if cell { line.text.split(" | ").map(String::from).collect() } else { line_sentences(&line.text, lexicon) };
        for (at, text) in parts.into_iter().enumerate() {
            let words: Vec<String> = words(&text).map(str::to_lowercase).collect();
            let story = words.first().is_some_and(|w| w == "as") && words.iter().any(|w| w == "want");
            found.push(Segment { opens: at == 0 || story, words, text, cell });
        }
    }
    found
}

/// The sentence that comes most often, if that is three times or more. "Item 1: …" and "Item 2: …" are the same; labels,
/// short fields ("Owner: Growth Team"), cells of tables and the steps of given-when-then criteria may come again.
fn repeated_sentence(segments: &[Segment]) -> Option<(&str, usize)> {
    let mut times: HashMap<String, (usize, &str)> = HashMap::new();
    for segment in segments.iter().filter(|s| !s.cell) {
        let step = matches!(segment.words.first().map(String::as_str), Some("given" | "when" | "then" | "and"));
        let letters = segment.words.iter().filter(|w| w.chars().any(char::is_alphabetic)).count();
        let field = segment.text.split_once(": ").is_some_and(|(_, value)| words(value).count() <= SENTENCE_WORDS);
        if letters < SENTENCE_WORDS
            || step
            || (field && letters < 2 * SENTENCE_WORDS)
            || segment.text.trim_end().ends_with(':')
        {
            continue;
        }
        // Numbers are what is said in "Grow signups from 10 to 20"; in longer sentences they only count the items.
        let numbers_count = letters >= 2 * SENTENCE_WORDS;
        let same = |w: &String| if numbers_count && w.chars().all(char::is_numeric) { "#".into() } else { w.clone() };
        let key: Vec<String> = segment.words.iter().map(same).collect();
        times.entry(key.join(" ")).or_insert((0, &segment.text)).0 += 1;
    }
    let most = times.into_values().max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)))?;
    (most.0 >= TIMES).then_some((most.1, most.0))
}

/// The share of all words that stand in repeated phrases, with the phrase that comes most often.
fn repeated_share(segments: &[Segment], lexicon: &Lexicon) -> (f64, Option<String>) {
    let mut places: HashMap<&[String], Vec<(usize, usize)>> = HashMap::new();
    for (at, segment) in segments.iter().enumerate().filter(|(_, s)| !s.cell) {
        for (offset, phrase) in segment.words.windows(PHRASE_WORDS).enumerate() {
            if phrase.iter().filter(|w| !lexicon.has(List::Repetition, w)).count() >= 2 {
                places.entry(phrase).or_default().push((at, offset));
            }
        }
    }
    let opening = |(at, offset): &(usize, usize)| *offset < OPENING_WORDS && segments[*at].opens;
    let mut covered: Vec<Vec<bool>> = segments.iter().map(|s| vec![false; s.words.len()]).collect();
    let mut most: (usize, Option<&[String]>) = (1, None);
    for (phrase, found) in &places {
        let parallel = found.iter().all(|p| opening(p) && p.1 == found[0].1);
        if found.len() < 2 || parallel {
            continue;
        }
        if found.len() > most.0 || (found.len() == most.0 && most.1.is_some_and(|m| *phrase < m)) {
            most = (found.len(), Some(phrase));
        }
        for (at, offset) in found {
            covered[*at][*offset..offset + PHRASE_WORDS].fill(true);
        }
    }
    let repeated = covered.iter().flatten().filter(|c| **c).count();
    let all: usize = segments.iter().map(|s| s.words.len()).sum();
    (repeated as f64 / all.max(1) as f64, most.1.map(|phrase| phrase.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge};
    use super::*;

    /// As small models really end: found in answers of SmolLM2-135M-Instruct.
    #[test]
    fn loops_of_small_models_are_found() {
        let judge: Repetition = judge("{}");
        for text in [
            "1. User Story 1: \"Allowing users to reset their passwords\"\n2. User Story 2: \"Allowing users to reset their \
             passwords\"\n3. User Story 3: \"Allowing users to reset their passwords\"\n",
            "1. **File type**: CSV is a format.\n2. **File size**: CSV files can be large, so keep 10 GB free.\n3. **File \
             size**: CSV files can be large, so keep 10 GB free.\n4. **File size**: CSV files can be large, so keep 10 GB free.",
            "The game is designed to be a dark mode game that has been modified to make it more engaging. It's a game that has \
             been modified to make it more engaging, and it's designed to be a dark mode game that has been modified.",
            "We're 2 weeks behind schedule on the checkout redesign due to API delays. We're currently 2 weeks behind schedule \
             on the checkout redesign.\n\nHere's a revised version:\n\nWe're 2 weeks behind schedule on the checkout redesign due \
             to API delays.",
            "OKRs are sets of goals that are used to measure business performance, while KPIs are sets of performance metrics \
             that are used to measure business performance. In summary, KPIs are sets of performance metrics.",
            "very good very good very good very good very good very good",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn parallel_wording_is_no_repetition() {
        let judge: Repetition = judge("{}");
        for text in [
            "- As a registered user, I want to reset my password, so that I can log in again.\n- As a registered user, I want to \
             export invoices, so that I can file my taxes.\n- As a registered user, I want to invite colleagues, so that we can \
             work together.",
            "As a user, I want to search by name so that I can find people. As a user, I want to sort results so that I can see \
             the newest. As a user, I want to save a search so that I can repeat it.",
            "| Feature | Priority | Status |\n|---|---|---|\n| SSO | High priority item now | In progress this week |\n| CSV | High \
             priority item now | In progress this week |\n| App | High priority item now | In progress this week |",
            "- Given the user is signed in\n- When the user clicks Export\n- Then a CSV is saved\n\n- Given the user is signed \
             in\n- When the user clicks Import\n- Then a dialog opens\n\n- Given the user is signed in\n- When the user clicks \
             Delete\n- Then the row is gone",
            "### Key Result 1: grow activation\n- Baseline: 32 %\n- Target: 45 %\n- Owner: Growth Team\n\n### Key Result 2: cut \
             churn\n- Baseline: 5 %\n- Target: 3 %\n- Owner: Growth Team\n\n### Key Result 3: raise NPS\n- Baseline: 20\n- \
             Target: 30\n- Owner: Growth Team",
            "",
        ] {
            assert_fails(&judge, text, "% of the words");
        }
    }

    #[test]
    fn max_is_a_share() {
        assert!(serde_json::from_str::<Repetition>(r#"{"max": 20}"#).unwrap().faults().is_some());
    }
}
