//! The tables of a report on gaps.

use crate::gaps::{Failing, Gaps, Lost, PeopleGaps, Symptom};
use crate::report::view::{Cell, Column, Room, Row, Table, Tone};
use crate::words;
use serde::Serialize;

/// A table with what it says.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    pub title: &'static str,
    pub lead: &'static str,
    pub table: Table,
}

/// Those that have a row.
pub fn parts(gaps: &Gaps) -> Vec<Part> {
    let part = |title, lead, table: Table| table.filled().map(|table| Part { title, lead, table });
    [
        part(
            "By task",
            "Cases that pass, and of all the score that is lost, how much is lost here.",
            lost("Task", &gaps.tasks),
        ),
        part("By category", "", lost("Category", &gaps.categories)),
        part("By criterion", "Cases in which every check of the criterion passes.", lost("Criterion", &gaps.criteria)),
        part("What fails", "Of the cases that have the check, how many pass it.", checks(&gaps.checks)),
        part("What people say", "Means below 4 of 5 on dev cases.", people(gaps.people.as_ref())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn lost(head: &str, groups: &[Lost]) -> Table {
    let columns = vec![Column::words(head), Column::figures("Pass"), Column::figures("Score lost").short("lost")];
    let row =
        |lost: &Lost| sure(lost, vec![Cell::new(&lost.name), passed(lost), Cell::new(words::percent(lost.share))]);
    found(Table::new("", columns, groups.iter().map(row).collect()))
}

fn checks(checks: &[Failing]) -> Table {
    let columns = vec![
        Column::words("Check"),
        Column::figures("Pass"),
        Column::figures("Score lost").short("lost"),
        Column::words("What it shows").short("shows"),
        Column::words("Most often said").on(Room::Written),
    ];
    let row = |failing: &Failing| {
        let said = failing.reasons.first().map_or("", |(reason, _)| reason.as_str());
        Row::new(vec![
            Cell::code(&failing.lost.name),
            passed(&failing.lost),
            Cell::new(words::percent(failing.lost.share)),
            Cell::new(failing.symptom.map_or("–", Symptom::name)),
            Cell::new(words::clip(said, 80)),
        ])
    };
    Table::new("", columns, checks.iter().map(row).collect())
}

fn people(people: Option<&PeopleGaps>) -> Table {
    let columns =
        vec![Column::words("Criterion"), Column::figures("Mean of 1 to 5").short("mean"), Column::figures("Cases")];
    let low = people.map(|people| people.low.as_slice()).unwrap_or_default();
    let rows = low.iter().map(|low| {
        let row = Row::new(vec![
            Cell::new(low.criterion.name()),
            Cell::new(words::decimal(low.mean.mean)).range(low.mean.interval.range()),
            Cell::new(words::thousands(low.cases)),
        ]);
        match low.sure {
            true => row.found(Tone::Worse, "✗", "below the target", ""),
            false => row.found(Tone::Unknown, "?", "below the target, perhaps by chance", ""),
        }
    });
    found(Table::new("", columns, rows.collect()))
}

fn passed(lost: &Lost) -> Cell {
    Cell::new(lost.passed.count()).range(format!("{} %", lost.interval.percent_range()))
}

fn found(table: Table) -> Table {
    Table { finding: Some("Sure?"), ..table }
}

/// How sure a rate is.
fn sure(lost: &Lost, cells: Vec<Cell>) -> Row {
    let row = Row::new(cells);
    match lost {
        lost if lost.interval.high < 0.5 => row.found(Tone::Worse, "✗", "most fail", ""),
        lost if lost.interval.low > 0.5 => row.found(Tone::Better, "✓", "most pass", ""),
        _ => row.found(Tone::Unknown, "?", "most pass or most fail: too few cases to tell", ""),
    }
}
