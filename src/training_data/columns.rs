//! What the keys of a record and the columns of a table are called, here and in other tools.

/// What a key or a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    /// What is asked; `input` stands apart from it.
    Instruction,
    /// The whole question, to be parted at its first blank line.
    Question,
    Input,
    Output,
    System,
    Tags,
    Source,
}

/// Each field's names, our own first.
const NAMES: [(Field, &[&str]); 8] = [
    (Field::Id, &["id"]),
    (Field::Instruction, &["instruction"]),
    (Field::Question, &["prompt", "question"]),
    (Field::Input, &["input", "context"]),
    (Field::Output, &["output", "completion", "response", "answer"]),
    (Field::System, &["system"]),
    (Field::Tags, &["tags"]),
    (Field::Source, &["source"]),
];

impl Field {
    /// The field that a key or a column in lower case means.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, names)| names.contains(&name)).map(|(field, _)| *field)
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |(field, _)| *field == self).flat_map(|(_, names)| names.iter().copied())
    }

    /// What it gives, for people: of two that give the same, one has to go.
    pub fn gives(self) -> &'static str {
        match self {
            Self::Id => "the id",
            Self::Instruction | Self::Question => "the question",
            Self::Input => "the input",
            Self::Output => "the answer",
            Self::System => "the system prompt",
            Self::Tags => "the tags",
            Self::Source => "the source",
        }
    }
}
