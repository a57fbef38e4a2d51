//! Every value as a row, for spreadsheets.

use crate::history::{History, Standing};
use crate::report::sheet::{cell, written};
use crate::report::view;
use crate::suite::Split;
use engine::error::Result;

const HEADER: [&str; 13] =
    ["date", "run", "version", "half", "group", "kind", "value", "low", "high", "n", "segment", "change", "standing"];

/// All values of a half, or of both, one a row with a header. Points of one half, group, kind and segment were measured
/// alike; `change` says what changed since the segment before.
pub fn history_csv(history: &History, half: Option<Split>) -> Result<String> {
    let mut rows = Vec::new();
    for series in history.series.iter().filter(|series| half.is_none_or(|half| half == series.half)) {
        for point in &series.points {
            let run = &history.runs[point.run];
            let change = series.breaks.iter().find(|b| b.run == point.run).map(|b| b.change.as_str());
            rows.push(vec![
                run.started.to_string(),
                cell(&run.id),
                cell(&run.version),
                view::half_name(series.half).to_string(),
                cell(series.group.name()),
                series.kind.name().to_string(),
                number(point.value),
                number(point.interval.low),
                number(point.interval.high),
                point.n.to_string(),
                point.segment.to_string(),
                cell(change.unwrap_or_default()),
                standing(point.standing).to_string(),
            ]);
        }
    }
    written(&HEADER, rows)
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Current => "current",
        Standing::Superseded => "superseded",
        Standing::Partial => "partial",
    }
}

fn number(value: f64) -> String {
    format!("{value:.6}")
}
