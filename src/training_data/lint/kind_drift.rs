//! Examples of one kind that look otherwise in one file than in the others.
//!
//! [`super::drift`] sees one file at a time. A user story among mixed examples, or a file of OKRs that has settled on a
//! shape of its own, is seen only when all examples of a kind are laid side by side. A request that names the form it
//! wants may have it.

use super::drift::{Shared, shared_titles, title_fault};
use super::length::is_stub;
use super::outline::Outline;
use super::{Code, Finding};
use crate::check::quality::prose::{join, pattern};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;
use crate::training_data::kind::{Kind, kind_of};
use regex::Regex;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new(
    "kind-drift",
    Warning,
    "One kind of document, such as a user story, has another shape here than in most other files.",
);

/// Fewer examples of a kind show no shape.
const FEWEST: usize = 5;

/// A request that says how the answer shall look.
static NAMES_A_FORM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:table|json|csv|ya?ml|sentences?|one line|lines|bullets?|bulleted|paragraphs?|prose|slides?|words|headings?|only|sections?|titles?|template|format)\b",
    )
});

/// Examples of one kind, as places in the list of all.
struct Group {
    kind: &'static Kind,
    all: Vec<usize>,
}

/// Findings among all examples.
pub(super) fn find(examples: &[Example], outlines: &[Outline]) -> Vec<Finding> {
    let mut groups: BTreeMap<&str, Group> = BTreeMap::new();
    for (at, example) in examples.iter().enumerate() {
        let fits = !is_stub(&example.output) && !NAMES_A_FORM.is_match(&example.instruction);
        if let Some(kind) = kind_of(example).filter(|_| fits) {
            groups.entry(kind.tag).or_insert_with(|| Group { kind, all: Vec::new() }).all.push(at);
        }
    }
    groups.values().flat_map(|group| group.findings(examples, outlines)).collect()
}

impl Group {
    fn findings(&self, examples: &[Example], outlines: &[Outline]) -> Vec<Finding> {
        let mut files: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
        for &at in &self.all {
            files.entry(&*examples[at].place.file).or_default().push(at);
        }
        // The file with the most examples; of several, the first by name.
        let Some((home, most)) = files.iter().max_by_key(|(path, ats)| (ats.len(), std::cmp::Reverse(**path))) else {
            return Vec::new();
        };
        if files.len() < 2 || most.len() < FEWEST {
            return Vec::new();
        }
        let everywhere: Vec<&Outline> = self.all.iter().map(|&at| &outlines[at]).collect();
        let at_home: Vec<&Outline> = most.iter().map(|&at| &outlines[at]).collect();
        let mut shared = shared_titles(&everywhere);
        // Without a shape of all, that of the largest file: others differ from it when they have less than half of it.
        let settled = !shared.is_empty();
        if !settled {
            shared = shared_titles(&at_home);
        }
        let others = files.iter().filter(|(path, _)| *path != home).flat_map(|(_, ats)| ats);
        let all = if settled { everywhere.len() } else { at_home.len() };
        others
            .filter_map(|&at| {
                let faults: Vec<String> =
                    shared.iter().filter_map(|title| title_fault(title, &outlines[at], all)).collect();
                // A part more or less is a matter of the case; half of them is another shape.
                (faults.len() > 1 && faults.len() * 2 >= shared.len())
                    .then(|| self.finding(&examples[at], home, &shared, &faults))
            })
            .collect()
    }

    fn finding(&self, example: &Example, home: &Path, shared: &[Shared<'_>], faults: &[String]) -> Finding {
        let outline: Vec<String> = shared.iter().map(Shared::written).collect();
        let message = format!(
            "this {} is shaped otherwise than most, as in {} ({}): {}",
            self.kind.name,
            home.display(),
            outline.join(", "),
            join(faults)
                .replace(" here have", " of its kind have")
                .replace("most here write", "most of its kind write")
        );
        let remedy = "write it as the others of its kind, or say in the instruction which form is wanted";
        Finding::new(&CODE, &example.place, message, remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_data::testing::example;

    const STORY: &str = "**As a** diver\n**I want to** log a dive\n**So that** my club knows the depth I have reached";

    fn found(odd: Example) -> Vec<String> {
        let usual = example("user-stories/basic", "Write a user story", STORY);
        let mut examples = vec![usual; 6];
        examples.push(odd);
        let outlines: Vec<Outline> = examples.iter().map(|e| Outline::of(&e.output)).collect();
        find(&examples, &outlines).into_iter().map(|f| format!("{}: {}", f.file.display(), f.message)).collect()
    }

    #[test]
    fn a_story_of_another_shape_in_another_file_is_named_with_the_usual_one() {
        let odd = "# Story\n\nThe diver logs each dive with its depth, so that the club knows who may dive where.";
        let found_odd = found(example("mixed/all", "Write a user story for dive logs", odd));
        assert_eq!(found_odd.len(), 1, "{found_odd:?}");
        for part in ["mixed/all.jsonl: this user story", "user-stories/basic.jsonl (**As a**, **I want to**", "6 of 7"]
        {
            assert!(found_odd[0].contains(part), "{part}: {found_odd:?}");
        }
    }

    #[test]
    fn the_usual_shape_and_a_form_that_is_asked_for_are_left_alone() {
        assert!(found(example("mixed/all", "Write a user story for dive logs", STORY)).is_empty());
        let prose = "The diver logs each dive with its depth, so that the club knows who may dive where and when.";
        assert!(found(example("mixed/all", "Write a user story in one sentence", prose)).is_empty());
        assert!(found(example("mixed/all", "What is a user story?", prose)).is_empty());
    }
}
