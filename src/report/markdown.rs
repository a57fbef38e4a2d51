//! `report.md`: short enough for a comment on a pull request.

use super::extras::Extras;
use super::training::{self, TrainingWords};
use super::view::{self, ComparisonView, FlipView, PeopleView, RunView, Sides};
use super::{clean, templates};
use crate::compare::Comparison;
use crate::review::{People, PeopleCompared};
use crate::run::Run;
use engine::error::Result;
use minijinja::Value;
use serde::Serialize;

/// How many flipped cases are shown with both answers, and how much of each answer.
const EXCERPTS: usize = 2;
const EXCERPT_CHARACTERS: usize = 240;

#[derive(Serialize)]
struct Page<'a, T> {
    view: &'a T,
    excerpts: Vec<Excerpt>,
    training: Vec<TrainingWords>,
    people: Option<PeopleView>,
}

#[derive(Serialize)]
struct Excerpt {
    case: String,
    before: Value,
    after: Value,
}

/// The report of a comparison for a pull request: the verdict, the tables, the flips, and the rest folded away. Model
/// output is escaped or fenced, so that it can make neither markup nor mentions.
pub fn comparison_markdown(c: &Comparison, a: &Run, b: &Run, extras: &Extras<PeopleCompared>) -> Result<String> {
    let view: ComparisonView = view::comparison(c, &Sides::new(a, b));
    let excerpts = view.regressed.iter().chain(&view.improved).take(EXCERPTS).map(excerpt).collect();
    let training = training::words(&extras.trainings);
    let people = extras.people.as_ref().map(|people| view::people_of_comparison(c, people));
    templates::render("comparison.md", &Page { view: &view, excerpts, training, people }).map(tidy)
}

/// The report of one run for a pull request; `confidence` is how sure its intervals are.
pub fn run_markdown(run: &Run, confidence: f64, extras: &Extras<People>) -> Result<String> {
    let view: RunView = view::run(run, confidence);
    let training = training::words(&extras.trainings);
    let people = extras.people.as_ref().map(|people| view::people_of_run(&run.manifest.version.name, people));
    templates::render("run.md", &Page { view: &view, excerpts: Vec::new(), training, people }).map(tidy)
}

fn excerpt(flip: &FlipView) -> Excerpt {
    let fenced = |text: &str| {
        let mut cut: String = text.chars().take(EXCERPT_CHARACTERS).collect();
        if cut.len() < text.len() {
            cut.push('…');
        }
        Value::from_safe_string(clean::fenced(&cut))
    };
    Excerpt { case: flip.case.clone(), before: fenced(&flip.before), after: fenced(&flip.after) }
}

/// One empty line at most in a row, and none at either end. Lines inside fences may lose empty ones too, which costs an
/// excerpt nothing.
pub(super) fn tidy(text: String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines() {
        let line = line.trim_end();
        if !(line.is_empty() && empty) {
            out.push_str(line);
            out.push('\n');
        }
        empty = line.is_empty();
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}
