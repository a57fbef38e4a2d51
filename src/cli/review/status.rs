//! `pmtune review status`: who has read how much.

use super::args::SheetArgs;
use super::{assignment, refs, roster, runs};
use crate::cli::out;
use crate::report;
use crate::review::{Assignment, Key, Rating, Reviewer, ReviewerKind, assign, gather};
use crate::run::Reports;
use crate::workspace::Workspace;
use comfy_table::{ContentArrangement, Table, presets};
use engine::error::Result;
use std::collections::{BTreeMap, BTreeSet};

pub fn run(workspace: &Workspace, args: &SheetArgs) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let runs = runs(workspace, &reports, &args.runs)?;
    let mut said: BTreeMap<Reviewer, Vec<Rating>> = BTreeMap::new();
    for run in &runs {
        for (reviewer, ratings) in gather(&reports, run)? {
            said.entry(reviewer).or_default().extend(ratings);
        }
    }
    let roster = roster(workspace, args)?;
    for name in &roster {
        said.entry(Reviewer { name: name.clone(), kind: ReviewerKind::Person }).or_default();
    }
    let only = |reviewer: &Reviewer| args.reviewer.as_ref().is_none_or(|name| *name == reviewer.name);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16).set_header(["reviewer", "done", "of", "last"]);
    let mut rows = 0;
    for (reviewer, ratings) in said.iter().filter(|(reviewer, _)| only(reviewer)) {
        let options = assignment(workspace, args, &reviewer.name)?;
        // Who is not on the roster was dealt nothing and may have read anything.
        let listed = roster.contains(&reviewer.name) && reviewer.kind == ReviewerKind::Person;
        let options = if listed { options } else { Assignment { roster: Vec::new(), ..options } };
        let (_, key) = assign(&refs(&runs), &options)?;
        table.add_row(row(reviewer, ratings, &key));
        rows += 1;
    }
    if rows == 0 {
        out::line("Nobody has rated these answers yet.");
    } else {
        out::line(table.trim_fmt());
    }
    Ok(())
}

fn row(reviewer: &Reviewer, ratings: &[Rating], key: &Key) -> [String; 4] {
    let assigned: BTreeSet<&str> = key.origins.values().map(|origin| origin.answer.as_str()).collect();
    let rated: Vec<&Rating> = ratings.iter().filter(|rating| assigned.contains(rating.answer.as_str())).collect();
    let done: BTreeSet<&str> = rated.iter().map(|rating| rating.answer.as_str()).collect();
    let kind = if reviewer.kind == ReviewerKind::Judge { " (judge model)" } else { "" };
    let last = rated.iter().map(|rating| rating.at).max();
    [
        format!("{}{kind}", report::visible(&reviewer.name)),
        done.len().to_string(),
        assigned.len().to_string(),
        last.map_or_else(|| "–".to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
    ]
}
