//! An answer of a run, kept as an example.

use super::question::parts;
use super::{Example, Place, leaks};
use crate::suite::Suite;
use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// An answer to keep, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    pub run: &'a str,
    /// `<suite>/<case>`.
    pub case: &'a str,
    pub version: &'a str,
    /// The whole question.
    pub prompt: &'a str,
    pub answer: &'a str,
    /// A person changed the answer.
    pub edited: bool,
}

/// The file an example goes to: `<category>/<topic>.jsonl` below `training-data/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub category: String,
    pub name: String,
}

impl FromStr for Topic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
        };
        match text.split_once('/') {
            Some((category, name)) if plain(category) && plain(name.trim_end_matches(".jsonl")) => {
                Ok(Self { category: category.to_string(), name: name.trim_end_matches(".jsonl").to_string() })
            }
            _ => {
                Err("write category/topic in lower-case letters, digits and hyphens, such as planning/roadmaps".into())
            }
        }
    }
}

impl Topic {
    pub fn file(&self, training_data: &Path) -> PathBuf {
        training_data.join(&self.category).join(format!("{}.jsonl", self.name))
    }
}

/// Appends `kept` to the topic's file below the folder `training_data` and gives the new example with its place.
///
/// # Errors
/// The case, or another with the same question, still stands in a suite: a model trained on it could not be tested with
/// it any more. Or `existing` holds the question already.
pub fn add(
    training_data: &Path,
    topic: &Topic,
    kept: &Kept<'_>,
    existing: &[Example],
    suites: &[Suite],
) -> Result<Example> {
    if let Some(suite) = suites.iter().find(|suite| suite.cases.iter().any(|case| case.id == kept.case)) {
        return Err(tested(kept.case, kept.case, suite));
    }
    if let Some(twin) = existing.iter().find(|example| words(&example.prompt()) == words(kept.prompt)) {
        return Err(Error::input(format!("{} already answers this question", twin.place))
            .hint("change that example, or remove it first"));
    }
    let file = topic.file(training_data);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Error::io("read", &file, e)),
    };
    let (instruction, input) = parts(kept.prompt);
    let corrected = if kept.edited { ", corrected" } else { "" };
    let mut example = Example {
        id: Some(free_id(&topic.name, existing)),
        instruction,
        input,
        output: kept.answer.trim().to_string(),
        tags: Vec::new(),
        source: Some(format!("run {}, case {}, answer of {}{corrected}", kept.run, kept.case, kept.version)),
        place: Place { file: Arc::from(file.as_path()), line: 0 },
    };
    if let Some(leak) = leaks(std::slice::from_ref(&example), suites).first()
        && let Some(suite) = suites.iter().find(|suite| suite.cases.iter().any(|case| case.id == leak.case))
    {
        return Err(tested(kept.case, &leak.case, suite));
    }
    let line = serde_json::to_string(&example)
        .map_err(|e| Error::input(format!("the answer cannot be written as an example: {e}")))?;
    let joint = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{joint}{line}\n");
    example.place.line = text.lines().count();
    store::replace(&file, text.as_bytes())?;
    Ok(example)
}

/// The refusal of an answer to `case`, which would give away the case `given_away` of `suite`.
pub(super) fn tested(case: &str, given_away: &str, suite: &Suite) -> Error {
    let what = if case == given_away { "still stands in" } else { "says what is still asked in" };
    let file = suite.path.display();
    Error::input(format!("{case} {what} {file}: a model trained on it could no longer be tested with it"))
        .hint(format!("retire the case first: remove {given_away} from that file, then run the same command"))
}

pub(super) fn words(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// `<topic>-NN` with the number after the highest there is.
pub fn free_id(topic: &str, existing: &[Example]) -> String {
    let ids = existing.iter().filter_map(|example| example.id.as_deref());
    let numbers = ids.filter_map(|id| id.strip_prefix(topic)?.strip_prefix('-')?.parse::<u32>().ok());
    format!("{topic}-{:02}", numbers.max().unwrap_or(0).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::super::testing::example;
    use super::*;
    use crate::suite;

    const KEPT: Kept<'static> = Kept {
        run: "2026-11-21-1200-v2",
        case: "stories/barcode",
        version: "PM-General-v2",
        prompt: "Write a user story\n\nScanning parcels",
        answer: "**As a** driver\n",
        edited: false,
    };

    fn suite(case: &str, prompt: &str) -> Suite {
        suite::load_str("stories", &format!("cases: [{{id: {case}, prompt: '{prompt}'}}]")).unwrap()
    }

    #[test]
    fn appends_with_id_and_source_and_keeps_what_was_there() {
        let root = tempfile::tempdir().unwrap();
        let topic: Topic = "user-stories/basic-features".parse().unwrap();
        let file = topic.file(root.path());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        // Without a line end, as some editors leave it.
        let first = r#"{"id":"basic-features-07","instruction":"i","input":"","output":"o"}"#;
        std::fs::write(&file, first).unwrap();
        let existing = load(&[root.path().to_path_buf()]).unwrap().0;
        let added = add(root.path(), &topic, &Kept { edited: true, ..KEPT }, &existing, &[]).unwrap();
        assert_eq!(added.place.line, 2);
        let all = load(&[root.path().to_path_buf()]).unwrap().0;
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].instruction, "i");
        assert_eq!(all[1], added);
        assert_eq!((all[1].instruction.as_str(), all[1].input.as_str()), ("Write a user story", "Scanning parcels"));
        assert_eq!((all[1].id.as_deref(), all[1].output.as_str()), (Some("basic-features-08"), "**As a** driver"));
        assert_eq!(
            all[1].source.as_deref(),
            Some("run 2026-11-21-1200-v2, case stories/barcode, answer of PM-General-v2, corrected")
        );
    }

    #[test]
    fn refuses_what_a_suite_still_asks_and_writes_nothing() {
        let root = tempfile::tempdir().unwrap();
        let topic: Topic = "user-stories/new".parse().unwrap();
        let refused = |suite| add(root.path(), &topic, &KEPT, &[], &[suite]).unwrap_err().to_string();
        let said = refused(suite("barcode", "changed since"));
        assert!(said.contains("stories/barcode still stands in stories.yaml"), "{said}");
        assert!(said.contains("retire the case first: remove stories/barcode"), "{said}");
        let said = refused(suite("renamed", "write a user story scanning   parcels"));
        assert!(said.contains("remove stories/renamed"), "{said}");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
        add(root.path(), &topic, &KEPT, &[], &[suite("other", "Something else")]).unwrap();
    }

    #[test]
    fn refuses_a_question_that_is_answered_already() {
        let root = tempfile::tempdir().unwrap();
        let topic: Topic = "a/b".parse().unwrap();
        let mut twin = example("a/b", "Write a user story", "x");
        twin.input = "scanning parcels".into();
        let said = add(root.path(), &topic, &KEPT, &[twin], &[]).unwrap_err().to_string();
        assert!(said.contains("a/b.jsonl:1 already answers this question"), "{said}");
    }

    #[test]
    fn a_topic_never_leads_out_of_the_folder() {
        for bad in ["stories", "../x", "a/../b", "a/b/c", "/a", "a/", "a/.hidden", "A/b", "a b/c"] {
            assert!(bad.parse::<Topic>().is_err(), "{bad}");
        }
        let topic: Topic = "planning/roadmaps.jsonl".parse().unwrap();
        assert_eq!(topic.file(Path::new("t")), Path::new("t/planning/roadmaps.jsonl"));
    }
}
