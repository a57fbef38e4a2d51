//! What people say of the runs that a report is about.

use super::{compare, out};
use crate::review::{self, Books, People, PeopleCompared};
use crate::run::{Reports, Run};
use crate::workspace::Workspace;

/// People's figures of one run, where anybody rated its answers.
pub fn of_run(workspace: &Workspace, run: &Run) -> Option<People> {
    review::people(run, &books(workspace)?.of(run), &compare::settings(workspace).ok()?)
}

/// People's figures of two runs, where anybody rated an answer of either.
pub fn of_pair(workspace: &Workspace, a: &Run, b: &Run) -> Option<PeopleCompared> {
    let books = books(workspace)?;
    review::people_compared(a, b, &books.of(a), &books.of(b), &compare::settings(workspace).ok()?)
}

/// A damaged book of ratings is no reason to withhold a report: it is warned of, and nothing is said of people.
fn books(workspace: &Workspace) -> Option<Books> {
    let read = Books::read(&Reports::new(workspace.reports()));
    read.map_err(|error| out::warning(format!("the report stands without people's scores: {error}"))).ok()
}
