//! Tables and notes of an audit's report.

use crate::audit::Rate;
use crate::report::view::Tone;
use crate::words;
use serde::Serialize;

#[derive(Debug, Clone, Serialize)]
pub struct AuditTable {
    pub title: &'static str,
    pub lead: String,
    /// Of each column, and whether it holds figures.
    pub heads: Vec<(&'static str, bool)>,
    pub rows: Vec<AuditRow>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AuditRow {
    pub tone: Tone,
    pub symbol: &'static str,
    pub cells: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AuditNote {
    pub title: &'static str,
    pub lines: Vec<String>,
}

/// `91 % (87 to 94)`.
pub fn share(rate: &Rate) -> String {
    match rate.rate {
        Some(share) => format!("{} ({})", words::percent(share), rate.interval.percent_range()),
        None => "–".to_string(),
    }
}

/// Good, bad, or neither.
pub fn row(right: Option<bool>, cells: Vec<String>) -> AuditRow {
    let (tone, symbol) = match right {
        Some(true) => (Tone::Better, "✓"),
        Some(false) => (Tone::Worse, "✗"),
        None => (Tone::Unknown, "·"),
    };
    AuditRow { tone, symbol, cells }
}
