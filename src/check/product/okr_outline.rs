//! Reads objectives and key results from an answer, line by line: labelled, numbered, listed or in a table.

use super::fields::is_blank;
use crate::check::quality::prose::{pattern, words};
use crate::check::structure::{Document, Line, LineKind, Table};
use regex::Regex;
use std::sync::LazyLock;

#[derive(Debug, Default, PartialEq)]
pub(super) struct Objective {
    pub text: String,
    /// Each with all that is said beneath it, a line to a field.
    pub key_results: Vec<String>,
}

static OBJECTIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:\d+[.)]\s*)?(?:(?:company|team|product|our|the|okr|main|primary)\s+)?(?:objective(?:\s*#?\d+)?|O\d+)\s*(?:\([^)]*\)\s*)?(?:$|[:.)–—-]+\s*(?<text>.*)$)",
    )
});
static OBJECTIVES: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^\W*objectives\W*$"));
static KEY_RESULT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:\d+[.)]\s*)?(?:key\s+result|KR)(?:\s*#?\d+(?:\.\d+)?)?\s*(?:\([^)]*\)\s*)?(?:$|[:.)–—-]+\s*(?<text>.*)$)",
    )
});
static KEY_RESULTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)^\W*(?:key\s+results|KRs)\b[^:]{0,20}\W*$"));
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^\W*(?:baseline|current(?:ly)?|today|start(?:ing)?(?: point| value)?|from|target|goal|to|unit|units|metric|measure(?:ment|d by)?|owner|deadline|due|timeline|by|initiatives?|how|data source|source|confidence|status|actions?|rationale)\b[^:]{0,25}:",
    )
});

/// Where the next line belongs.
#[derive(PartialEq)]
enum Place {
    /// Before any objective.
    Before,
    /// The objective's own text is still to come.
    ObjectiveText,
    /// Beneath an objective, no key result yet.
    Objective,
    /// Items are key results.
    KeyResults,
}

pub(super) fn objectives(document: &Document) -> Vec<Objective> {
    let mut found: Vec<Objective> = vec![];
    let mut place = Place::Before;
    for line in document.lines().iter().filter(|l| l.kind != LineKind::TableRow) {
        place = take(&mut found, place, line);
    }
    for table in document.tables() {
        rows(&mut found, table);
    }
    found.retain(|o| !is_blank(&o.text) || !o.key_results.is_empty());
    found
}

fn take(found: &mut Vec<Objective>, place: Place, line: &Line) -> Place {
    let text = line.text.trim();
    if let Some(labelled) = KEY_RESULT.captures(text) {
        let said = labelled.name("text").map_or("", |t| t.as_str());
        open(found).key_results.push(said.to_string());
        return Place::KeyResults;
    }
    if KEY_RESULTS.is_match(text) {
        open(found);
        return Place::KeyResults;
    }
    if let Some(labelled) = OBJECTIVE.captures(text) {
        let said = labelled.name("text").map_or("", |t| t.as_str()).trim();
        found.push(Objective { text: said.to_string(), key_results: vec![] });
        return if words(said).next().is_none() { Place::ObjectiveText } else { Place::Objective };
    }
    if OBJECTIVES.is_match(text) {
        found.push(Objective::default());
        return Place::ObjectiveText;
    }
    match place {
        Place::Before => Place::Before,
        Place::ObjectiveText => {
            if let Some(objective) = found.last_mut() {
                objective.text = text.to_string();
            }
            Place::Objective
        }
        Place::Objective | Place::KeyResults => {
            let Some(objective) = found.last_mut() else { return place };
            let field = FIELD.is_match(text);
            match (line.kind, objective.key_results.last_mut()) {
                (LineKind::Item, Some(last)) if field => append(last, text),
                (LineKind::Item, _) if !field => {
                    objective.key_results.push(text.to_string());
                    return Place::KeyResults;
                }
                (LineKind::Text, Some(last)) if field || words(last).next().is_none() => append(last, text),
                _ => {}
            }
            // A new title ends the list of key results.
            if line.kind == LineKind::Heading { Place::Before } else { place }
        }
    }
}

/// The last objective; an unnamed one when key results come first.
fn open(found: &mut Vec<Objective>) -> &mut Objective {
    if found.is_empty() {
        found.push(Objective::default());
    }
    let last = found.len() - 1;
    &mut found[last]
}

fn append(to: &mut String, text: &str) {
    if !to.is_empty() {
        to.push('\n');
    }
    to.push_str(text);
}

/// A table with a column of key results; the other columns are its fields.
fn rows(found: &mut Vec<Objective>, table: &Table) {
    let column = |name: &str| table.columns.iter().position(|c| c.to_lowercase().contains(name));
    let Some(key_result) = column("key result").or(column("kr")) else { return };
    let objective = column("objective");
    for row in &table.rows {
        let named = objective.and_then(|at| row.get(at)).filter(|text| !is_blank(text));
        if let Some(text) = named.filter(|text| found.last().is_none_or(|o| o.text != **text)) {
            found.push(Objective { text: text.clone(), key_results: vec![] });
        }
        let told: Vec<String> = table
            .columns
            .iter()
            .zip(row)
            .enumerate()
            .filter(|(at, (_, cell))| Some(*at) != objective && !is_blank(cell))
            .map(|(at, (head, cell))| if at == key_result { cell.clone() } else { format!("{head}: {cell}") })
            .collect();
        if !told.is_empty() {
            open(found).key_results.push(told.join("\n"));
        }
    }
}
