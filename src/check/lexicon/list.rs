/// One list of words: a file of `src/check/words`, or a section of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum List {
    CriteriaTitles,
    Vague,
    Verbs,
    Things,
    Up,
    Down,
    Flat,
    NoDirection,
    Filler,
    Assumptions,
    NoNames,
    Versioned,
    Hedging,
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
    Swedish,
    Polish,
    Turkish,
    MetricName,
    MetricFormula,
    MetricTarget,
    MetricCadence,
    Joints,
    Measures,
    Indices,
    Asks,
    Html,
    PrdProblem,
    PrdMetrics,
    PrdRequirements,
    PrdNonGoals,
    RefusedVerbs,
    Machines,
    Repetition,
    Abbreviations,
    CountAbbreviations,
    Summary,
    Changed,
    Impact,
    NextSteps,
    Teams,
    StepVerbs,
    SaysChange,
    SaysImpact,
    SaysNext,
    Urgent,
    Calm,
    Informal,
    UserStory,
}

/// A file of lists, shipped with the program.
pub(super) struct WordFile {
    /// Without `.txt`.
    pub name: &'static str,
    pub text: &'static str,
    /// Its sections; one without a name where the file is one list.
    pub sections: &'static [(&'static str, List)],
}

macro_rules! word_files {
    ($($name:literal: $sections:expr;)*) => {
        &[$(WordFile {
            name: $name,
            text: include_str!(concat!("../words/", $name, ".txt")),
            sections: &$sections,
        }),*]
    };
}

/// Every file. Their lists, one after another, are those of [`List`] in its order.
pub(super) const FILES: &[WordFile] = word_files! {
    "acceptance-criteria": [
        ("titles", List::CriteriaTitles),
        ("vague", List::Vague),
        ("verbs", List::Verbs),
        ("things", List::Things),
    ];
    "direction": [
        ("up", List::Up),
        ("down", List::Down),
        ("flat", List::Flat),
        ("neither", List::NoDirection),
    ];
    "filler": [("", List::Filler)];
    "grounded-numbers": [("assumptions", List::Assumptions), ("no names", List::NoNames), ("versioned", List::Versioned)];
    "hedging": [("", List::Hedging)];
    "language": [
        ("en", List::English),
        ("de", List::German),
        ("fr", List::French),
        ("es", List::Spanish),
        ("it", List::Italian),
        ("pt", List::Portuguese),
        ("nl", List::Dutch),
        ("sv", List::Swedish),
        ("pl", List::Polish),
        ("tr", List::Turkish),
    ];
    "metric": [
        ("name", List::MetricName),
        ("formula", List::MetricFormula),
        ("target", List::MetricTarget),
        ("cadence", List::MetricCadence),
    ];
    "numbers": [("joints", List::Joints), ("measures", List::Measures)];
    "okr": [("", List::Indices)];
    "placeholders": [("asks", List::Asks), ("html", List::Html)];
    "prd": [
        ("problem", List::PrdProblem),
        ("success metrics", List::PrdMetrics),
        ("requirements", List::PrdRequirements),
        ("non-goals", List::PrdNonGoals),
    ];
    "refusal": [("verbs", List::RefusedVerbs), ("machines", List::Machines)];
    "repetition": [("", List::Repetition)];
    "sentences": [("prose", List::Abbreviations), ("sentence-count", List::CountAbbreviations)];
    "status-update": [
        ("summary", List::Summary),
        ("what changed", List::Changed),
        ("impact", List::Impact),
        ("next steps", List::NextSteps),
        ("teams", List::Teams),
        ("verbs", List::StepVerbs),
        ("says change", List::SaysChange),
        ("says impact", List::SaysImpact),
        ("says next", List::SaysNext),
    ];
    "tone": [("urgent", List::Urgent), ("calm", List::Calm), ("informal", List::Informal)];
    "user-story": [("", List::UserStory)];
};

/// Every list with its file and its section there, which has no name where the file is one list.
pub fn lists() -> impl Iterator<Item = (&'static str, &'static str, List)> {
    FILES.iter().flat_map(|file| file.sections.iter().map(|(section, list)| (file.name, *section, *list)))
}

/// How many lists there are.
pub(super) const COUNT: usize = List::UserStory as usize + 1;
