use super::prose::{sentences, words};
use super::syllables::syllables;
use crate::check::lexicon::{Lexicon, List};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Readability {
    /// The hardest text allowed, as a US school grade: 8 is plain English, 12 a broadsheet, 16 academic.
    #[serde(default)]
    max_grade: Option<f64>,
    /// The easiest text allowed.
    #[serde(default)]
    min_grade: Option<f64>,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

/// Grades over which the score falls from 1 to 0 outside the limits.
const SLOPE_GRADES: f64 = 8.0;

impl Judge for Readability {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let Some(grade) = grade(subject.text(), &self.lexicon) else {
            return Verdict::fail("there is no prose to grade");
        };
        let above = self.max_grade.map_or(0.0, |max| grade - max);
        let below = self.min_grade.map_or(0.0, |min| min - grade);
        let limit = match (self.min_grade, self.max_grade) {
            (_, Some(max)) if above > 0.0 => format!("above the limit of {max}"),
            (Some(min), _) if below > 0.0 => format!("below the limit of {min}"),
            _ => "within the limits".into(),
        };
        let distance = above.max(below).max(0.0);
        Verdict::graded(1.0 - distance / SLOPE_GRADES, 1.0, format!("reads at school grade {grade:.1}, {limit}"))
    }

    fn lists() -> &'static [List] {
        &[List::Abbreviations]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        match (self.min_grade, self.max_grade) {
            (None, None) => Some("say `max-grade`, `min-grade` or both".into()),
            (Some(min), Some(max)) if min > max => Some(format!("`min-grade` ({min}) is above `max-grade` ({max})")),
            (min, max) if min.into_iter().chain(max).any(|g| !g.is_finite()) => Some("a grade is a number".into()),
            _ => None,
        }
    }
}

/// The Flesch–Kincaid grade level, 0.39 · words/sentences + 11.8 · syllables/words − 15.59 (Kincaid, Fishburne, Rogers
/// and Chissom, 1975, Research Branch Report 8-75), of paragraphs and list items; headings, tables and code have no
/// sentences. `None` without words.
fn grade(text: &str, lexicon: &Lexicon) -> Option<f64> {
    let sentences = sentences(&Document::parse(text), lexicon);
    let words: Vec<&str> = sentences.iter().flat_map(|s| words(s)).collect();
    if words.is_empty() {
        return None;
    }
    let syllables: usize = words.iter().map(|w| syllables(w)).sum();
    let (sentences, words) = (sentences.len() as f64, words.len() as f64);
    Some(0.39 * words / sentences + 11.8 * syllables as f64 / words - 15.59)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge, verdict};
    use super::*;

    const PLAIN: &str = "The cat sat on the mat. It was a good day.";
    const HEAVY: &str = "Organizational responsibility necessitates comprehensive interdepartmental communication regarding \
        implementation considerations, notwithstanding previously established methodological recommendations.";

    /// By hand: 11 words, 2 sentences, 11 syllables: 0.39 · 5.5 + 11.8 − 15.59 = −1.645.
    #[test]
    fn the_formula_is_flesch_kincaid() {
        assert!((grade(PLAIN, &Lexicon::shipped()).unwrap_or_default() + 1.645).abs() < 1e-9);
    }

    #[test]
    fn limits_hold_on_both_sides() {
        let easy: Readability = judge(r#"{"max-grade": 8}"#);
        assert_passes(&easy, PLAIN);
        assert_passes(
            &easy,
            "# Interdepartmental considerations\n\n- Log in.\n- Click the link.\n- Set a new password.",
        );
        assert_fails(&easy, HEAVY, "above the limit of 8");
        assert_fails(&easy, "", "no prose");
        assert_fails(&easy, "| a | b |\n|---|---|\n| 1 | 2 |", "no prose");
        let hard: Readability = judge(r#"{"min-grade": 6, "max-grade": 60}"#);
        assert_fails(&hard, PLAIN, "below the limit of 6");
        assert_passes(&hard, HEAVY);
        assert!(verdict(&hard, PLAIN).score() < Some(0.2));
    }

    #[test]
    fn limits_must_make_sense() {
        for wrong in ["{}", r#"{"max-grade": 3, "min-grade": 5}"#] {
            assert!(serde_json::from_str::<Readability>(wrong).unwrap().faults().is_some());
        }
    }
}
