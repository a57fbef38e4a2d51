//! When two texts say the same in other words.
//!
//! The cosine of their sentence vectors alone does not tell: MiniLM puts "what is churn" nearer to "how to lower churn"
//! than to "which share of customers leaves". Two things help, both measured on labelled pairs (`docs/log.md`). The
//! trade's short forms are written out first, for the model does not know what an MVP is. And the words that the two
//! texts do not share are compared on their own: in a paraphrase they mean much the same, in two texts of one shape
//! ("a user story for …") they do not.

use super::question;
use crate::check::quality::prose::pattern;
use regex::{Captures, Regex};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// From this cosine on two texts say the same, whatever words they use.
const SAME: f64 = 0.86;
/// From this cosine on they say the same where the words that they do not share are as near as [`NEAR_REST`].
pub(super) const NEAR: f64 = 0.61;
const NEAR_REST: f64 = 0.40;
/// From this cosine on they say the same where one of them has no word that the other lacks.
const NEAR_PART: f64 = 0.72;

/// Short forms of the trade in lower case, without a plural's `s`.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("a/b", "split test"),
    ("a/b test", "split test"),
    ("a/b-test", "split test"),
    ("ab test", "split test"),
    ("arpu", "average revenue per user"),
    ("arr", "annual recurring revenue"),
    ("cac", "customer acquisition cost"),
    ("clv", "customer lifetime value"),
    ("dau", "daily active users"),
    ("dod", "definition of done"),
    ("dor", "definition of ready"),
    ("gtm", "go-to-market"),
    ("jtbd", "jobs to be done"),
    ("kpi", "key performance indicators"),
    ("ltv", "lifetime value"),
    ("mau", "monthly active users"),
    ("mrr", "monthly recurring revenue"),
    ("mvp", "minimum viable product"),
    ("nps", "net promoter score"),
    ("nrr", "net revenue retention"),
    ("okr", "objectives and key results"),
    ("pmf", "product-market fit"),
    ("prd", "product requirements document"),
    ("roi", "return on investment"),
    ("sla", "service level agreement"),
    ("tam", "total addressable market"),
    ("wau", "weekly active users"),
    ("wip", "work in progress"),
    ("wsjf", "weighted shortest job first"),
];

static LONG: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| SHORT_FORMS.iter().copied().collect());
static SHORT: LazyLock<Regex> = LazyLock::new(|| {
    let mut forms: Vec<&str> = SHORT_FORMS.iter().map(|(short, _)| *short).collect();
    // The longest first: of alternatives, the first that fits is taken.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    pattern(&format!(r"(?i)\b({})s?\b", forms.join("|")))
});

/// The text with the trade's short forms written out: what is given to the sentence model.
fn written_out(text: &str) -> String {
    let long = |found: &Captures<'_>| LONG.get(found[1].to_lowercase().as_str()).copied().unwrap_or_default();
    SHORT.replace_all(text, long).into_owned()
}

/// Words of a text that are read: what a text is about stands at its beginning, and reading takes as long as the text. Of
/// the labelled pairs none is longer.
const READ: usize = 90;

/// What the sentence model is given of a text.
pub(super) fn to_read(text: &str) -> String {
    match text.split_whitespace().nth(READ) {
        None => written_out(text),
        Some(_) => written_out(&text.split_whitespace().take(READ).collect::<Vec<_>>().join(" ")),
    }
}

/// What the sentence model is given of a question to tell what it asks for: the instruction alone, since what an input is
/// about says little of what is to be made of it.
pub fn instruction_to_read(question: &str) -> String {
    to_read(&question::parts(question.trim_start()).0)
}

/// Words that say nothing of what a text is about.
const COMMON: &str = "a an the and or of for to in on at by with from into as is are be was were it its this that these \
                      those we our us i my me you your they their them he she his her not no do does did can could \
                      should would will have has had what which who how when where why so if then than but also all \
                      each every any some one two three more most new please write give create make";
static COMMON_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| COMMON.split(' ').collect());

/// A text whose short forms are written out, as words.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    /// In their order, in lower case, the common ones left out, each once.
    meaning: Vec<String>,
    /// Stems of all words.
    stems: HashSet<String>,
}

impl Words {
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        // A lone letter is the rest of "user's".
        let is_word = |word: &&str| word.len() > 1 || word.chars().all(char::is_numeric) && !word.is_empty();
        let all = lower.split(|c: char| !c.is_alphanumeric()).filter(is_word);
        let mut words = Self::default();
        let mut seen = HashSet::new();
        for word in all {
            words.stems.insert(stem(word).to_string());
            if !COMMON_WORDS.contains(word) && seen.insert(word) {
                words.meaning.push(word.to_string());
            }
        }
        words
    }

    /// Stems of the words that say what the text is about.
    pub fn topics(&self) -> impl Iterator<Item = &str> {
        self.meaning.iter().map(|word| stem(word))
    }

    /// The words that say what the text is about and that `other` has in no form.
    fn without(&self, other: &Words) -> Vec<&str> {
        self.meaning.iter().map(String::as_str).filter(|word| !other.stems.contains(stem(word))).collect()
    }
}

/// A crude stem, which makes one of "retains", "retained" and "retaining".
fn stem(word: &str) -> &str {
    let long_enough = |end: &&&str| word.chars().count() > end.len() + 3;
    let ends = ["ing", "ed", "es", "s", "e", "y"];
    ends.iter().filter(long_enough).find_map(|end| word.strip_suffix(end)).unwrap_or(word)
}

/// How an example's text and a case's stand to each other.
#[derive(Debug, PartialEq)]
pub(super) enum Near {
    /// They say the same.
    Same,
    /// They do not.
    Apart,
    /// What only the example says, and what only the case says: they say the same if these two do; see [`rest_is_near`].
    Depends(String, String),
}

/// What the cosine of the two texts and their words tell.
pub(super) fn compare(cosine: f64, example: &Words, case: &Words) -> Near {
    if cosine >= SAME {
        return Near::Same;
    }
    if cosine < NEAR {
        return Near::Apart;
    }
    let (mine, theirs) = (example.without(case), case.without(example));
    match (mine.len(), theirs.len()) {
        // An example that leaves out half of what the case says asks for something more general.
        (0, 2..) => Near::Apart,
        (0, _) | (_, 0) if cosine >= NEAR_PART => Near::Same,
        (0, _) | (_, 0) => Near::Apart,
        _ => Near::Depends(mine.join(" "), theirs.join(" ")),
    }
}

/// Whether the words that two near texts do not share mean the same, by the cosine of their vectors.
pub(super) fn rest_is_near(cosine: f64) -> bool {
    cosine >= NEAR_REST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_written_out() {
        assert_eq!(written_out("Is an MVP an A/B test?"), "Is an minimum viable product an split test?");
        assert_eq!(written_out("OKRs, KPIs"), "objectives and key results, key performance indicators");
        assert_eq!(written_out("Arrange a slap"), "Arrange a slap");
    }

    #[test]
    fn of_a_question_the_instruction_is_read() {
        let read = instruction_to_read("Write an OKR.\n\nWe sell shoes to nurses.");
        assert_eq!(read, "Write an objectives and key results.");
        assert_eq!(instruction_to_read(&"long ".repeat(500)).split(' ').count(), READ);
    }

    #[test]
    fn what_is_not_shared_decides_between_near_texts() {
        let words = |text: &str| Words::of(&written_out(text));
        let (story, other) =
            (words("A user story for resetting a password"), words("A user story for uploading avatars"));
        assert_eq!(compare(0.9, &story, &other), Near::Same);
        assert_eq!(compare(0.5, &story, &other), Near::Apart);
        assert_eq!(
            compare(0.7, &story, &other),
            Near::Depends("resetting password".into(), "uploading avatars".into())
        );
        assert_eq!(compare(0.7, &words("A user story"), &story), Near::Apart, "it asks for less");
        assert_eq!(compare(0.8, &words("Password resetting: one user's story"), &story), Near::Same);
        assert!(rest_is_near(0.45) && !rest_is_near(0.3));
    }
}
