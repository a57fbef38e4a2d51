//! What an example is an example of: a user story, a status update, …

use super::Example;
use crate::check::quality::prose::pattern;
use regex::Regex;
use std::sync::LazyLock;

/// A kind of document that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// As suites tag their cases: `user-story`.
    pub tag: &'static str,
    /// As people call it.
    pub name: &'static str,
    /// How one is asked for.
    pub request: &'static str,
    /// What an instruction says that asks for one.
    words: &'static str,
    /// Categories and topics of files that hold nothing else.
    homes: &'static [&'static str],
}

const fn kind(
    tag: &'static str,
    name: &'static str,
    request: &'static str,
    words: &'static str,
    homes: &'static [&'static str],
) -> Kind {
    Kind { tag, name, request, words, homes }
}

/// The first that fits counts: a story with acceptance criteria is a story.
const KINDS: &[Kind] = &[
    kind("json", "JSON answer", "Answer with JSON.", r"json", &["json-answers"]),
    kind("table", "table", "Make a Markdown table.", r"(?:markdown )?table", &["tables"]),
    kind(
        "user-story",
        "user story",
        "Write a user story.",
        r"user stor(?:y|ies)|(?:mobile|workflow|small|short|one|a|the) story|stor(?:y|ies) with",
        &["user-stories"],
    ),
    kind(
        "acceptance-criteria",
        "list of acceptance criteria",
        "Write acceptance criteria.",
        r"(?:acceptance|testable|checkable) criteria",
        &["acceptance-criteria"],
    ),
    kind("okr", "OKR", "Write an OKR.", r"okrs?|(?:one|an|quarterly) objectives?", &["okrs"]),
    kind("prd", "PRD", "Write a PRD.", r"prds?|product requirements? document", &["prds"]),
    kind(
        "status-update",
        "status update",
        "Write a status update.",
        r"status update|stakeholder update|progress update",
        &["status-updates"],
    ),
    kind(
        "delay",
        "delay notification",
        "Write a delay notification.",
        r"delay (?:notification|notice|e-?mail)",
        &["delay-notifications"],
    ),
    kind(
        "metric",
        "KPI definition",
        "Write a metric definition.",
        r"kpis?|define (?:the|a) metric|metric definition",
        &["kpi-definitions"],
    ),
    kind(
        "roadmap",
        "roadmap",
        "Write a roadmap.",
        r"(?:draft|write|make|create|prepare|plan) (?:a|the|our) roadmap",
        &["roadmaps"],
    ),
    kind(
        "risks",
        "risk assessment",
        "Write a risk assessment.",
        r"risk (?:assessment|register|analysis)",
        &["risk-assessments"],
    ),
    kind("launch-plan", "launch plan", "Write a launch plan.", r"launch plan", &["launch-plans"]),
    kind("marketing-brief", "marketing brief", "Write a marketing brief.", r"marketing brief", &["marketing-briefs"]),
    kind("retrospective", "retrospective", "Write up the retrospective.", r"retrospective", &["retrospectives"]),
    kind("meeting-notes", "meeting note", "Write meeting notes.", r"meeting notes|minutes of", &["meeting-notes"]),
    kind(
        "experiment",
        "experiment result",
        "Write up this experiment.",
        r"(?:write up|report) (?:this|the|our) (?:experiment|test)",
        &["experiment-results"],
    ),
    kind("release-notes", "release note", "Write release notes.", r"release notes?", &["release-notes"]),
];

static WORDS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| KINDS.iter().map(|kind| pattern(&format!(r"(?i)\b(?:{})\b", kind.words))).collect());
/// Whoever asks like this wants to know something, not to get a document.
static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^\W*(?:what|why|how|which|when|who|where|should|is|are|does|do|can|explain|compare|name|ideas?)\b")
});

/// All kinds.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter()
}

/// The kind that a title names: `Status update, week 12`.
pub(super) fn kind_in(title: &str) -> Option<&'static Kind> {
    KINDS.iter().zip(WORDS.iter()).find(|(_, words)| words.is_match(title)).map(|(kind, _)| kind)
}

/// The kind of an example: that of its file's home, else the one that its instruction asks for.
pub fn kind_of(example: &Example) -> Option<&'static Kind> {
    let (category, topic) = (example.category(), example.topic());
    let home = KINDS.iter().find(|kind| kind.homes.contains(&topic) || kind.homes.contains(&category));
    home.or_else(|| {
        let asked = !ASKS.is_match(&example.instruction);
        let mut named = KINDS.iter().zip(WORDS.iter()).filter(|(_, words)| words.is_match(&example.instruction));
        asked.then(|| named.next().map(|(kind, _)| kind)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::example;
    use super::*;

    #[test]
    fn each_kind_is_known_by_the_way_it_is_asked_for() {
        for kind in kinds() {
            assert_eq!(kind_of(&example("own/mixed", kind.request, "o")), Some(kind), "{}", kind.request);
        }
    }

    #[test]
    fn the_home_of_a_file_comes_before_the_words_of_an_instruction() {
        let tag = |path: &str, instruction: &str| kind_of(&example(path, instruction, "o")).map(|kind| kind.tag);
        assert_eq!(tag("user-stories/basic", "Write acceptance criteria and an OKR"), Some("user-story"));
        assert_eq!(tag("analytics/kpi-definitions", "Which number should we watch?"), Some("metric"));
        assert_eq!(tag("short/mixed", "User story with acceptance criteria: mute a chat"), Some("user-story"));
        assert_eq!(tag("short/mixed", "Give the user stories as JSON"), Some("json"));
        assert_eq!(tag("short/mixed", "What are acceptance criteria?"), None);
        assert_eq!(tag("short/mixed", "The storyline of a talk"), None);
    }
}
