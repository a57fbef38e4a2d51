use super::wording::{range_fault, within};
use crate::check::lexicon::{Lexicon, List};
use crate::check::structure::{Document, LineKind, Mark};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SentenceCount {
    /// Fewest sentences.
    #[serde(default)]
    min: Option<usize>,
    /// Most sentences.
    #[serde(default)]
    max: Option<usize>,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

impl Judge for SentenceCount {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let count = passages(&Document::parse(subject.text())).iter().map(|p| sentences(p, &self.lexicon)).sum();
        within(count, self.min, self.max, "sentence", "")
    }

    fn lists() -> &'static [List] {
        &[List::CountAbbreviations]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        range_fault(self.min, self.max)
    }
}

/// Running text: each paragraph and each list item is one passage, its lines joined. Headings, labels on a line of
/// their own, tables and code have no sentences.
fn passages(document: &Document) -> Vec<String> {
    let alone = |mark| matches!(mark, Mark::BoldLine | Mark::PlainLine);
    let labels: HashSet<usize> = document.sections().iter().filter(|s| alone(s.mark)).map(|s| s.line).collect();
    let mut passages: Vec<String> = Vec::new();
    let mut above = None;
    for line in document.lines() {
        if !matches!(line.kind, LineKind::Text | LineKind::Item) || labels.contains(&line.line) {
            above = None;
            continue;
        }
        match passages.last_mut() {
            Some(last) if line.kind == LineKind::Text && above == Some(line.line - 1) => {
                last.push(' ');
                last.push_str(&line.text);
            }
            _ => passages.push(line.text.clone()),
        }
        above = Some(line.line);
    }
    passages
}

/// Sentences by Unicode's rules (UAX 29), less the breaks those rules see after an abbreviation or an initial.
fn sentences(passage: &str, lexicon: &Lexicon) -> usize {
    let mut count = 0;
    let mut goes_on = false;
    for piece in passage.unicode_sentences() {
        if !goes_on {
            count += 1;
        }
        goes_on = ends_in_abbreviation(piece, lexicon);
    }
    count
}

fn ends_in_abbreviation(piece: &str, lexicon: &Lexicon) -> bool {
    let Some(word) = piece.split_whitespace().next_back().and_then(|w| w.strip_suffix('.')) else {
        return false;
    };
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
    // `no.` ends a sentence as often as it counts something; only `No. 5` counts.
    initial || (word != "no" && lexicon.has(List::CountAbbreviations, &word.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge};

    fn count(text: &str) -> usize {
        passages(&Document::parse(text)).iter().map(|p| sentences(p, &Lexicon::shipped())).sum()
    }

    #[test]
    fn abbreviations_and_numbers_do_not_end_a_sentence() {
        assert_eq!(count("Dr. Ng met Mr. J. Doe. They agreed on 3.5 points, e.g. Pricing."), 2);
        assert_eq!(count("We ship v2.1 today! Will it hold? Yes..."), 3);
        assert_eq!(count("Was it late? I said no. Then we left."), 3);
    }

    #[test]
    fn markdown_shapes_the_passages() {
        assert_eq!(count("# Plan\n\nWe ship. We learn.\n\n**Next steps:**\n- Test it\n- Sell it. Twice.\n"), 5);
        assert_eq!(count("**As a** user\n**I want** a login\n**So that** I am safe"), 1);
        assert_eq!(count("| A. b | C. d |\n|---|---|\n| E. | F. |\n\n```\nX. Y.\n```\n"), 0);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn judges_the_range() {
        let verdict = judge(&check::<SentenceCount>("max: 1"), "One. Two.");
        assert_eq!((verdict.passed(), verdict.reason()), (false, "2 sentences; wanted: at most 1"));
    }
}
