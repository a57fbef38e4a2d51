use serde::{Deserialize, Serialize};

/// How a text that a case judges was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    // Good: the case must pass them.
    /// The reference as it stands.
    Reference,
    Bullets,
    Labels,
    Titles,
    Table,
    Dates,
    Percents,
    Thousands,
    Json,
    LineEnds,
    // Bad: the case must fail them.
    Distractor,
    Echo,
    /// Another case's reference that shares a tag with this one.
    SameTask,
    /// Another case's reference that shares none.
    OtherTask,
    SwappedNumbers,
    SwappedDates,
    SwappedNames,
    Direction,
    Numbers,
    Half,
    Template,
    Generic,
}

impl Kind {
    pub const ALL: [Kind; 22] = [
        Kind::Reference,
        Kind::Bullets,
        Kind::Labels,
        Kind::Titles,
        Kind::Table,
        Kind::Dates,
        Kind::Percents,
        Kind::Thousands,
        Kind::Json,
        Kind::LineEnds,
        Kind::Distractor,
        Kind::Echo,
        Kind::SameTask,
        Kind::OtherTask,
        Kind::SwappedNumbers,
        Kind::SwappedDates,
        Kind::SwappedNames,
        Kind::Direction,
        Kind::Numbers,
        Kind::Half,
        Kind::Template,
        Kind::Generic,
    ];

    /// Whether a case must pass it.
    pub fn is_good(self) -> bool {
        self < Kind::Distractor
    }

    /// What the text is, for a list of texts.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Reference => "the reference",
            Kind::Bullets => "other bullets",
            Kind::Labels => "labels written otherwise",
            Kind::Titles => "titles marked otherwise",
            Kind::Table => "table as bullets",
            Kind::Dates => "dates written otherwise",
            Kind::Percents => "per cent written otherwise",
            Kind::Thousands => "thousands written otherwise",
            Kind::Json => "JSON laid out otherwise",
            Kind::LineEnds => "other line ends",
            Kind::Distractor => "distractor",
            Kind::Echo => "the prompt echoed",
            Kind::SameTask => "answer to a case of the same task",
            Kind::OtherTask => "answer to a case of another task",
            Kind::SwappedNumbers => "two numbers swapped",
            Kind::SwappedDates => "two dates swapped",
            Kind::SwappedNames => "two names swapped",
            Kind::Direction => "direction reversed",
            Kind::Numbers => "numbers changed",
            Kind::Half => "half left out",
            Kind::Template => "empty template",
            Kind::Generic => "generic words for facts",
        }
    }
}

/// A text for a case to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mutant {
    pub kind: Kind,
    /// What was done, or why it is bad; may be empty.
    pub note: String,
    pub text: String,
}

impl Mutant {
    pub fn new(kind: Kind, note: impl Into<String>, text: impl Into<String>) -> Self {
        Self { kind, note: note.into(), text: text.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_good_come_first_and_every_kind_has_a_name_of_its_own() {
        assert!(Kind::ALL.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(Kind::ALL.iter().filter(|kind| kind.is_good()).count(), 10);
        let names: std::collections::BTreeSet<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
