//! What fails, as the guide's table of troubles names it. Each is read from named checks and from nothing else.

use serde::{Deserialize, Serialize};

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Symptom {
    Length,
    TooShort,
    TooLong,
    CutOff,
    WrongStructure,
    Tone,
    Placeholders,
    Repeats,
    Invents,
    MissesFacts,
    /// A worse answer is found as likely as the reference.
    Preference,
    /// The wrong one of several choices is picked.
    Knowledge,
}

/// Which symptom the failing of a check is. Checks that say too many different things (`regex`) are none.
pub(super) const CHECKS: [(Symptom, &[&str]); 10] = [
    (Symptom::Length, &["word-count", "sentence-count", "length"]),
    (Symptom::CutOff, &["not-truncated"]),
    (
        Symptom::WrongStructure,
        &[
            "sections",
            "heading",
            "list-items",
            "bold-labels",
            "table",
            "is-json",
            "json-schema",
            "json-values",
            "contains-json",
            "prd",
            "okr",
            "user-story",
            "acceptance-criteria",
            "status-update",
            "metric",
            "prioritised-list",
        ],
    ),
    (Symptom::Tone, &["forbidden-terms", "tone", "not-hedging"]),
    (Symptom::Placeholders, &["not-placeholders"]),
    (Symptom::Repeats, &["not-repetition", "not-echo"]),
    (Symptom::Invents, &["grounded-numbers"]),
    (
        Symptom::MissesFacts,
        &[
            "mentions",
            "together",
            "direction",
            "contains",
            "contains-all",
            "icontains",
            "icontains-any",
            "icontains-all",
            "required-terms",
        ],
    ),
    (Symptom::Preference, &["prefers-reference"]),
    (Symptom::Knowledge, &["choice"]),
];

impl Symptom {
    /// The symptom that this check's failing is.
    pub fn of(check: &str) -> Option<Self> {
        CHECKS.iter().find(|(_, checks)| checks.contains(&check)).map(|(symptom, _)| *symptom)
    }

    /// Of a length, in which direction, where `shorter` answers than the references and longer ones were counted.
    pub fn directed(self, shorter: usize, longer: usize) -> Self {
        match (self, shorter.cmp(&longer)) {
            (Self::Length, std::cmp::Ordering::Greater) => Self::TooShort,
            (Self::Length, std::cmp::Ordering::Less) => Self::TooLong,
            _ => self,
        }
    }

    /// As a person says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Length => "answers are too short or too long",
            Self::TooShort => "answers are too short",
            Self::TooLong => "answers are too long",
            Self::CutOff => "answers do not come to their end",
            Self::WrongStructure => "the structure is not the one asked for",
            Self::Tone => "the tone is off",
            Self::Placeholders => "placeholders stand where facts should",
            Self::Repeats => "answers are generic: they repeat themselves or the question",
            Self::Invents => "answers invent figures",
            Self::MissesFacts => "facts of the input are missing",
            Self::Preference => "a worse answer is found likelier",
            Self::Knowledge => "the wrong choice is picked",
        }
    }

    /// What an example against it has.
    pub fn lesson(self) -> &'static str {
        match self {
            Self::Length => "an answer exactly as long as the request wants it",
            Self::TooShort => "a longer answer, with every detail that the request asks for",
            Self::TooLong => "a short answer that says each thing once and ends",
            Self::CutOff => "a short answer that comes to its end",
            Self::WrongStructure => "exactly the parts that the request names, in its order",
            Self::Tone => "plain, friendly sentences without jargon or hedging",
            Self::Placeholders => "real values everywhere, or a sentence on what is not known",
            Self::Repeats => "each thing said once, in words of its own",
            Self::Invents => "only figures that the input gives, and what is missing said to be missing",
            Self::MissesFacts => "every figure, date and name of the input that matters",
            Self::Preference => "an answer whose figures, names and reasons no plausible wrong one shares",
            Self::Knowledge => "the fact itself in a full sentence, with its reason",
        }
    }

    /// Whether a sentence in the system prompt could reach it: it is how an answer is written, and not what is true.
    pub fn is_manner(self) -> bool {
        !matches!(self, Self::Invents | Self::MissesFacts | Self::Preference | Self::Knowledge)
    }
}
