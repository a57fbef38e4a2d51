//! What people say of the runs that a report is about.

use super::{compare, out};
use crate::review::{self, People, PeopleCompared, Rating, Reviewer};
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use std::collections::BTreeMap;

/// People's figures of one run, where anybody rated its answers.
pub fn of_run(workspace: &Workspace, run: &Run) -> Option<People> {
    review::people(run, &ratings(workspace, run), &compare::settings(workspace))
}

/// People's figures of two runs, where anybody rated an answer of either.
pub fn of_pair(workspace: &Workspace, a: &Run, b: &Run) -> Option<PeopleCompared> {
    let (of_a, of_b) = (ratings(workspace, a), ratings(workspace, b));
    review::people_compared(a, b, &of_a, &of_b, &compare::settings(workspace))
}

/// A damaged book of ratings is no reason to withhold a report: it is warned of, and nothing is said of people.
fn ratings(workspace: &Workspace, run: &Run) -> BTreeMap<Reviewer, Vec<Rating>> {
    review::gather(&Reports::new(workspace.reports()), run).unwrap_or_else(|error| {
        out::warning(format!("{} is reported without people's scores: {error}", run.manifest.version.name));
        BTreeMap::new()
    })
}
