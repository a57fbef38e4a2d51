//! The months of improvement on one page: what was added, what it brought, what is in use.

use super::plot::{Axis, Dot, Plot, Timeline, timeline};
use super::view::{Cell, Column, Room, Row, Table, Tone, none};
use super::{html, markdown};
use crate::compare::Mean;
use crate::improve::Month;
use crate::words;
use engine::error::Result;
use serde::Serialize;

/// All months, made once and laid out twice.
#[derive(Debug, Clone, Serialize)]
pub struct MonthsReport {
    view: MonthsView,
    plots: Vec<Plot>,
}

#[derive(Debug, Clone, Serialize)]
struct MonthsView {
    title: &'static str,
    sentence: String,
    table: Table,
}

impl MonthsReport {
    /// `months`: the oldest first.
    ///
    /// # Errors
    /// Only when the drawing cannot be made.
    pub fn new(months: &[Month]) -> Result<Self> {
        let taken = months.iter().filter(|month| month.exported.is_some()).count();
        let sentence = format!(
            "{}, {} added, {} put into use",
            words::count(months.len(), "month"),
            words::count(months.iter().map(|month| month.added).sum(), "example"),
            words::count(taken, "new version")
        );
        let table = table(months);
        let view = MonthsView { title: "Improvement, month by month", sentence, table };
        Ok(Self { view, plots: drawing(months)?.into_iter().collect() })
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("months.html", self)
    }

    /// For a repository.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("months.md", self)
    }
}

fn table(months: &[Month]) -> Table {
    let columns = vec![
        Column::words("Month"),
        Column::figures("Examples added").short("added"),
        Column::figures("Validation loss").short("loss"),
        Column::figures("Held-out score").short("score"),
        Column::figures("People's points").short("people").on(Room::Written),
        Column::words("In use after it").short("in use"),
        Column::words("Why").on(Room::Written),
    ];
    let mean = |pair: &[Mean; 2]| {
        let [before, after] = pair;
        let figures = format!("{} → {}", words::decimal(before.mean), words::decimal(after.mean));
        Cell::new(figures).range(after.interval.range())
    };
    let row = |month: &Month| {
        let decision = month.decision.as_ref();
        let row = Row::new(vec![
            Cell::new(&month.month),
            Cell::new(words::thousands(month.added)),
            Cell::new(month.loss().map_or_else(none, words::decimal)),
            decision.and_then(|decision| decision.score.as_ref()).map_or_else(|| Cell::new(none()), mean),
            decision.and_then(|decision| decision.people.as_ref()).map_or_else(|| Cell::new(none()), mean),
            Cell::new(month.after().map_or_else(none, str::to_string)),
            Cell::new(decision.map_or_else(none, |decision| decision.why.clone())),
        ]);
        match (month.after(), month.exported.is_some()) {
            (None, _) => row.found(Tone::Unknown, "?", "under way", ""),
            (_, true) => row.found(Tone::Better, "✓", "taken", ""),
            (_, false) => row.found(Tone::Same, "=", "not taken", ""),
        }
    };
    Table { finding: Some("New version"), ..Table::new("", columns, months.iter().rev().map(row).collect()) }
}

/// The score of the version that was in use when it began, then of each month's new version. Those that were in use are
/// joined; another one stands apart.
fn drawing(months: &[Month]) -> Result<Option<Plot>> {
    let scored: Vec<(&Month, &[Mean; 2])> =
        months.iter().filter_map(|month| Some((month, month.decision.as_ref()?.score.as_ref()?))).collect();
    let Some((first, [before, _])) = scored.first() else { return Ok(None) };
    let began = (label(&first.before), "before".to_string(), before, true);
    let each = scored.iter().map(|(month, [_, after])| {
        (label(month.candidate.as_deref().unwrap_or_default()), month.month.clone(), after, month.exported.is_some())
    });
    let all: Vec<(String, String, &Mean, bool)> = std::iter::once(began).chain(each).collect();
    let runs: Vec<(String, String)> = all.iter().map(|(version, when, ..)| (version.clone(), when.clone())).collect();
    let dot = |(place, (_, _, mean, used)): (usize, &(String, String, &Mean, bool))| Dot {
        place,
        value: mean.mean,
        low: mean.interval.low,
        high: mean.interval.high,
        chain: used.then_some(0),
    };
    let told = all.iter().map(|(version, when, mean, _)| {
        format!("{version}, {when}: {} ({}).", words::decimal(mean.mean), mean.interval.range())
    });
    timeline(&Timeline {
        title: "Held-out score of each month's new version".to_string(),
        axis: Axis::Score,
        runs: &runs,
        dots: all.iter().enumerate().map(dot).collect(),
        marks: Vec::new(),
        description: told.collect::<Vec<_>>().join(" "),
    })
    .map(Some)
}

/// `v4` of `PM-General-v4`: the place under a dot is narrow.
fn label(version: &str) -> String {
    let last = version.rsplit('-').next().unwrap_or(version);
    let is_number = last.strip_prefix('v').is_some_and(|number| number.parse::<u32>().is_ok());
    if is_number { last.to_string() } else { version.to_string() }
}
