use super::titles::{tidy, title_names};
use super::{Document, Section};
use crate::check::text::wording::{list_fault, listing};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;

/// A section is what stands under a heading, under a bold label (`**Impact:**`, on its own line or leading one, in a
/// list item too), under or after a plain label (`Impact:`), under a numbered title (`1. Impact`), or in a table beside or
/// below its name.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Sections {
    /// The sections wanted; a list in place of a name gives names of which one is enough.
    value: Vec<Wanted>,
    /// Whether they must stand in the order given.
    #[serde(default = "yes")]
    in_order: bool,
}

/// One section, by its name or by any of several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Wanted {
    Name(String),
    AnyOf(Vec<String>),
}

impl Wanted {
    fn names(&self) -> &[String] {
        match self {
            Wanted::Name(name) => std::slice::from_ref(name),
            Wanted::AnyOf(names) => names,
        }
    }

    fn title(&self) -> &str {
        self.names().first().map_or("", String::as_str)
    }
}

fn yes() -> bool {
    true
}

impl Judge for Sections {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let places: Vec<Vec<(usize, usize)>> = self.value.iter().map(|wanted| places(&document, wanted)).collect();
        let missing: Vec<&str> =
            self.value.iter().zip(&places).filter(|(_, p)| p.is_empty()).map(|(w, _)| w.title()).collect();
        let (all, found) = (self.value.len(), self.value.len() - missing.len());
        let all_text = count(all, "section");
        if !missing.is_empty() {
            return Verdict::part(found, all, format!("{found} of {all_text}; missing: {}", listing(&missing)));
        }
        let in_order = in_order(&places);
        if self.in_order && in_order < all {
            let titles: Vec<&str> = self.value.iter().map(Wanted::title).collect();
            let reason = format!("all {all_text} are there but out of order; wanted: {}", listing(&titles));
            return Verdict::part(in_order, all, reason);
        }
        Verdict::part(found, all, format!("all {all_text} are there"))
    }

    fn faults(&self) -> Option<String> {
        let names: Vec<&String> = self.value.iter().flat_map(Wanted::names).collect();
        let empty = self.value.iter().any(|wanted| wanted.names().is_empty());
        empty.then(|| "a section has an empty list of names".to_string()).or_else(|| list_fault(&names))
    }
}

/// Where a section stands, by the lines of the answer; in a table its place counts from the left and then downwards.
fn places(document: &Document, wanted: &Wanted) -> Vec<(usize, usize)> {
    let named = |section: &&Section| wanted.names().iter().any(|name| section.names(name));
    let titled = document.sections().iter().filter(named).map(|section| (section.line, 0));
    let names = |cell: &str| wanted.names().iter().any(|name| title_names(&tidy(cell), name));
    let tabled = document.tables().iter().flat_map(|table| {
        let columns = table.columns.iter().enumerate().filter(|(_, title)| names(title)).map(|(at, _)| at);
        let rows = table.rows.iter().enumerate();
        let rows = rows.filter(|(_, row)| row.len() > 1 && row.first().is_some_and(|cell| names(cell)));
        let rows = rows.map(|(at, _)| table.columns.len() + at);
        columns.chain(rows).map(|at| (table.line, at)).collect::<Vec<_>>()
    });
    let mut places: Vec<(usize, usize)> = titled.chain(tabled).collect();
    places.sort_unstable();
    places
}

/// The most items that can take one of their places each without a step back: the longest non-decreasing choice
/// (patience sorting, the places of one item tried from last to first so that it is used once).
fn in_order(places: &[Vec<(usize, usize)>]) -> usize {
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for item in places {
        for &place in item.iter().rev() {
            let length = ends.partition_point(|&end| end <= place);
            match ends.get_mut(length) {
                Some(end) => *end = place,
                None => ends.push(place),
            }
        }
    }
    ends.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    const PRD: &str = "value: [Problem, [Success metrics, KPIs], Requirements, Non-goals]";

    #[test]
    fn headings_and_labels_make_sections() {
        sorts(
            &check::<Sections>(PRD),
            &[
                "# X\n## Problem statement\na\n## Success Metrics\nb\n## Core Requirements\nc\n## Non-Goals\nd",
                "**Problem:** a\n\n**KPIs**\n- b\n\n**Requirements:**\n- c\n\n**Non-goals:** d",
                "1. **Problem**: a\n2. **KPIs**: b\n3. **Requirements**: c\n4. **Non Goals**: d",
                "Problem:\na\n\nKPIs:\nb\n\nRequirements:\nc\n\nNon-goals:\nd",
                "Problem: a\nKPIs: b\nRequirements: c\nNon-goals: d",
                "1. Problem\n\na\n\n2. KPIs\n\nb\n\n3. Requirements\n\nc\n\n4. Non-goals\n\nd",
                "**Problem.** a\n\n**KPIs.** b\n\n**Requirements.** c\n\n**Non-goals.** d",
                "| Section | Text |\n|---|---|\n| Problem | a |\n| KPIs | b |\n| Requirements | c |\n| Non-goals | d |",
                "| Problem | KPIs | Requirements | Non-goals |\n|---|---|---|---|\n| a | b | c | d |",
            ],
            &["1. Problem\n2. KPIs\n3. Requirements\n4. Non-goals", "The problem, KPIs, requirements, non-goals", ""],
        );
    }

    #[test]
    fn scores_the_share_and_names_the_missing() {
        let verdict = judge(&check::<Sections>(PRD), "## Problem\n## KPIs\n## Goals\n## Requirements\n");
        assert_eq!((verdict.score(), verdict.reason()), (Some(0.75), "3 of 4 sections; missing: Non-goals"));
    }

    #[test]
    fn order_counts_unless_told_otherwise() {
        let swapped = "## B\n## A\n## C";
        let verdict = judge(&check::<Sections>("value: [A, B, C]"), swapped);
        assert_eq!(verdict.score(), Some(2.0 / 3.0));
        assert_eq!(verdict.reason(), "all 3 sections are there but out of order; wanted: A, B, C");
        assert!(judge(&check::<Sections>("{value: [A, B, C], in-order: false}"), swapped).passed());
        assert!(judge(&check::<Sections>("value: [A, B]"), "## B\n## A\n## B").passed());
        assert!(judge(&check::<Sections>("value: [Risks, Impact]"), "## Impact and risks").passed());
    }

    #[test]
    fn faults() {
        assert!(check::<Sections>("value: []").faults().is_some());
        assert!(check::<Sections>("value: [[]]").faults().is_some());
        assert_eq!(check::<Sections>(PRD).faults(), None);
    }
}
