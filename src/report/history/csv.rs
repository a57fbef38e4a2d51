//! Every value as a row, for spreadsheets.

use crate::history::{History, Standing};
use crate::report::{clean, view};
use crate::suite::Split;
use engine::error::{Error, Result};

const HEADER: [&str; 13] =
    ["date", "run", "version", "half", "group", "kind", "value", "low", "high", "n", "segment", "change", "standing"];

/// All values of a half, or of both, one a row with a header. Points of one half, group, kind and segment were measured
/// alike; `change` says what changed since the segment before.
pub fn history_csv(history: &History, half: Option<Split>) -> Result<String> {
    let fail = |e: String| Error::input(format!("the table could not be written: {e}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER).map_err(|e| fail(e.to_string()))?;
    for series in history.series.iter().filter(|series| half.is_none_or(|half| half == series.half)) {
        for point in &series.points {
            let run = &history.runs[point.run];
            let change = series.breaks.iter().find(|b| b.run == point.run).map(|b| b.change.as_str());
            let row = [
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
            ];
            writer.write_record(row).map_err(|e| fail(e.to_string()))?;
        }
    }
    let bytes = writer.into_inner().map_err(|e| fail(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| fail(e.to_string()))
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

/// One line of text that no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let text = clean::terminal(text);
    if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}
