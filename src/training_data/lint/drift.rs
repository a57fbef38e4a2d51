//! Examples that leave the format of their file.
//!
//! What four of five examples of a file do is its format: titles they share, how those are written, marks of bullets
//! and numbers. A file without such a majority has no format to leave.

use super::length::is_stub;
use super::outline::{Outline, Style};
use super::{Code, Finding};
use crate::check::quality::prose::join;
use crate::training_data::Example;
use crate::training_data::Severity::Warning;
use std::collections::HashMap;
use std::hash::Hash;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("format-drift", Warning, "Headings, labels or bullets differ from those of most examples in the file.");

/// Fewer examples show no format.
const FEWEST: usize = 5;

/// Whether `n` of `all` are a majority that makes a format.
fn is_norm(n: usize, all: usize) -> bool {
    all >= FEWEST && n * 5 >= all * 4
}

/// The commonest of `values` where it is the norm, with its count and that of all.
fn norm<T: Eq + Hash + Copy>(values: impl Iterator<Item = T>) -> Option<(T, usize, usize)> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    let all = values.inspect(|value| *counts.entry(*value).or_default() += 1).count();
    counts.into_iter().find(|(_, n)| is_norm(*n, all)).map(|(value, n)| (value, n, all))
}

/// A title that most examples of the file have.
pub(super) struct Shared<'a> {
    key: &'a str,
    shown: &'a str,
    /// How most write it, if most write it the same way.
    style: Option<Style>,
    count: usize,
}

impl Shared<'_> {
    /// As most write it.
    pub fn written(&self) -> String {
        self.style.map_or(self.shown.to_string(), |style| style.write(self.shown))
    }
}

/// Findings among the examples of one file.
pub(super) fn find(examples: &[Example], outlines: &[Outline]) -> Vec<Finding> {
    let all = outlines.len();
    if all < FEWEST {
        return Vec::new();
    }
    let shared = shared_titles(&outlines.iter().collect::<Vec<_>>());
    let bullet = norm(outlines.iter().filter_map(|o| o.bullet));
    let number = norm(outlines.iter().filter_map(|o| o.number));
    let mut found = Vec::new();
    for (example, outline) in examples.iter().zip(outlines).filter(|(example, _)| !is_stub(&example.output)) {
        let mut faults: Vec<String> = shared.iter().filter_map(|title| title_fault(title, outline, all)).collect();
        if let (Some((usual, n, of)), Some(mark)) = (bullet, outline.bullet)
            && mark != usual
        {
            faults.push(format!("its bullets begin with `{mark}`, in {n} of {of} with `{usual}`"));
        }
        if let (Some((usual, n, of)), Some(mark)) = (number, outline.number)
            && mark != usual
        {
            faults.push(format!("its numbers read `1{mark}`, in {n} of {of} `1{usual}`"));
        }
        if !faults.is_empty() {
            let remedy = "write it as the other examples of the file do, or move it to a file of its kind";
            found.push(Finding::new(&CODE, &example.place, join(&faults), remedy));
        }
    }
    found
}

pub(super) fn shared_titles<'a>(outlines: &[&'a Outline]) -> Vec<Shared<'a>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for title in outlines.iter().flat_map(|o| &o.titles) {
        *counts.entry(&title.key).or_default() += 1;
    }
    // In the order in which the first example with it has it, so that messages do not depend on hashing.
    let mut shared: Vec<Shared<'a>> = Vec::new();
    for title in outlines.iter().flat_map(|o| &o.titles) {
        let count = counts.get(title.key.as_str()).copied().unwrap_or_default();
        if is_norm(count, outlines.len()) && !shared.iter().any(|s| s.key == title.key) {
            let styles = outlines.iter().filter_map(|o| o.title(&title.key)).map(|t| t.style);
            let usual = norm(styles).map(|(style, ..)| style);
            let typical =
                outlines.iter().filter_map(|o| o.title(&title.key)).find(|t| usual.is_none_or(|s| s == t.style));
            let shown = typical.map_or(title.shown.as_str(), |t| t.shown.as_str());
            shared.push(Shared { key: &title.key, shown, style: usual, count });
        }
    }
    shared
}

pub(super) fn title_fault(usual: &Shared<'_>, outline: &Outline, all: usize) -> Option<String> {
    let written = usual.written();
    match (outline.title(usual.key), usual.style) {
        (None, _) => Some(format!("it has no `{written}`, which {} of {all} here have", usual.count)),
        (Some(title), Some(style)) if title.style != style => {
            Some(format!("it writes `{}` where most here write `{written}`", title.style.write(&title.shown)))
        }
        _ => None,
    }
}
