//! A report as one value: made once from data, laid out by three renderers that compute nothing.

use super::drawings;
use super::packed::{self, Packed};
use super::plot::Plot;
use super::terminal::{self, Extent};
use super::training::{self, TrainingWords};
use super::view::{self, CaseView, PeopleView, SaidOf, Sides, View};
use super::{Extras, html, markdown};
use crate::compare::Comparison;
use crate::registry;
use crate::review::{People, PeopleCompared};
use crate::run::Run;
use crate::tally;
use engine::error::Result;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a run or a comparison says, in words, figures and drawings.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    view: View,
    people: Option<PeopleView>,
    cases: Vec<CaseView>,
    categories: BTreeSet<String>,
    /// Two versions rather than one.
    paired: bool,
    plots: Vec<Plot>,
    people_plots: Vec<Plot>,
    /// The losses of the versions that were trained here, drawn and in words.
    losses: Vec<Plot>,
    training: Vec<TrainingWords>,
}

impl Report {
    /// `confidence`: how sure its intervals are.
    ///
    /// # Errors
    /// Only when a plot cannot be drawn.
    pub fn of_run(run: &Run, confidence: f64, extras: &Extras<People>) -> Result<Self> {
        let label = registry::called(&run.manifest.version.name);
        let tallies = tally::cases(run);
        let people = extras.people.as_ref();
        let cases = view::run_cases(&label, &tallies, &SaidOf::new(people));
        let of_people = people.map(|people| drawings::of_people(&label, people)).transpose()?.flatten();
        Ok(Self {
            view: view::run(&label, run, confidence, &tallies, &cases),
            people: people.map(|people| view::people_of_run(&label, people)),
            plots: drawings::of_run(&label, confidence, &tallies)?,
            people_plots: of_people.into_iter().collect(),
            paired: false,
            categories: categories(&cases),
            cases,
            losses: training::plots(&extras.trainings)?,
            training: training::words(&extras.trainings),
        })
    }

    /// `a` and `b` are the runs the comparison was made from.
    ///
    /// # Errors
    /// Only when a plot cannot be drawn.
    pub fn of_comparison(c: &Comparison, a: &Run, b: &Run, extras: &Extras<PeopleCompared>) -> Result<Self> {
        let sides = Sides::new(a, b);
        let people = extras.people.as_ref();
        let known = [(&c.a.label, people.and_then(|p| p.a.as_ref())), (&c.b.label, people.and_then(|p| p.b.as_ref()))];
        let cases = view::pair_cases(c, &sides, known.map(|(_, people)| SaidOf::new(people)));
        let mut people_plots = Vec::new();
        for (label, people) in known {
            people_plots.extend(people.map(|people| drawings::of_people(label, people)).transpose()?.flatten());
        }
        Ok(Self {
            view: view::comparison(c, a, b, &sides, &cases, people),
            people: people.map(|people| view::people_of_comparison(c, people)),
            plots: drawings::of_comparison(c)?,
            people_plots,
            paired: true,
            categories: categories(&cases),
            cases,
            losses: training::plots(&extras.trainings)?,
            training: training::words(&extras.trainings),
        })
    }

    /// One self-contained HTML page. The same input gives the same bytes.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("report.html", &Page { report: self, here: packed::HERE, rest: packed::pack(&self.cases)? })
    }

    /// Short enough for a comment on a pull request: the verdict, the tables, the cases by name, and the rest folded
    /// away. Model output is escaped or fenced, so that it can make neither markup nor mentions.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("report.md", self)
    }

    /// Lines of at most `width` columns (40 at least), the last one ended. `colour` switches ANSI styles on; symbols say
    /// the same without.
    pub fn terminal(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, self.people.as_ref(), Extent::Full, width, colour)
    }

    /// As [`terminal`](Self::terminal), what fits on a screen: the half that the verdict rests on, and the verdict again at
    /// the end.
    pub fn brief(&self, width: usize, colour: bool) -> String {
        terminal::page(&self.view, self.people.as_ref(), Extent::Brief, width, colour)
    }
}

/// A report as its page has it.
#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// How many of the cases stand in the page itself.
    here: usize,
    rest: Packed,
}

fn categories(cases: &[CaseView]) -> BTreeSet<String> {
    cases.iter().map(|case| case.category.clone()).collect()
}
