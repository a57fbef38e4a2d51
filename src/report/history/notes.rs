//! What changed about the ruler between the runs of a history.

use crate::history::{Group, History, Kind};
use crate::suite::Split;
use crate::words;
use serde::Serialize;
use std::collections::BTreeMap;

/// One change, numbered as it stands in charts and tables.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    pub number: usize,
    /// Index of the run before which the change lies.
    #[serde(skip)]
    pub run: usize,
    pub before: String,
    pub changes: Vec<String>,
}

pub fn notes(history: &History, half: Split) -> Vec<Note> {
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mine = || history.series.iter().filter(|series| series.half == half);
    for series in mine().filter(|s| s.group == Group::All && s.kind == Kind::PassRate) {
        series.breaks.iter().for_each(|b| found.entry(b.run).or_default().push(b.change.clone()));
    }
    let whole: Vec<usize> = found.keys().copied().collect();
    for series in mine() {
        let name = match (series.kind, &series.group) {
            (Kind::People, _) => "people's scores".to_string(),
            (Kind::PassRate, Group::Category(name)) => name.clone(),
            _ => continue,
        };
        for change in &series.breaks {
            let text = format!("{name}: {}", change.change);
            let said = found.entry(change.run).or_default();
            let known = said.iter().any(|other| other.contains(&change.change));
            if !known && (series.kind == Kind::People || !whole.contains(&change.run)) {
                said.push(text);
            }
        }
    }
    let note = |(i, (run, changes)): (usize, (usize, Vec<String>))| {
        let info = &history.runs[run];
        Note { number: i + 1, run, before: format!("{} on {}", info.label, words::local_day(info.started)), changes }
    };
    found.into_iter().enumerate().map(note).collect()
}
