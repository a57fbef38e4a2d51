//! Labelled values of an answer, however they are written: a section, `Label: value`, a list item with a label, or a
//! table with labels in its first column or its head.

use crate::check::quality::prose::{quote, words};
use crate::check::structure::{Document, Item, List};

/// A label with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub label: String,
    pub value: String,
}

/// All fields, those of tables last.
pub(super) fn fields(document: &Document) -> Vec<Field> {
    let mut found: Vec<Field> = document
        .sections()
        .iter()
        .map(|section| Field { label: section.title.to_lowercase(), value: document.text_of(section) })
        .collect();
    for table in document.tables() {
        for row in &table.rows {
            let head = table.columns.iter().zip(row);
            found.extend(head.map(|(label, value)| Field { label: label.to_lowercase(), value: value.clone() }));
            if let ([label, value], 2) = (row.as_slice(), table.columns.len()) {
                found.push(Field { label: label.to_lowercase(), value: value.clone() });
            }
        }
        if let ([label, value], false) = (table.columns.as_slice(), table.rows.is_empty()) {
            found.push(Field { label: label.to_lowercase(), value: value.clone() });
        }
    }
    found.retain(|field| !is_blank(&field.value));
    found
}

/// Nothing said: no word, or only something to fill in.
pub(super) fn is_blank(text: &str) -> bool {
    let text = text.trim();
    let bracketed = |open, close| text.starts_with(open) && text.ends_with(close) && text.matches(open).count() == 1;
    let nothing =
        matches!(text.to_lowercase().trim_end_matches('.'), "tbd" | "tbc" | "todo" | "n/a" | "none given" | "unknown");
    words(text).next().is_none() || nothing || bracketed('[', ']') || bracketed('<', '>') || bracketed('{', '}')
}

/// The innermost items of lists: an item with items beneath it is their title.
pub(super) fn leaves<'d>(lists: impl IntoIterator<Item = &'d List>) -> Vec<&'d Item> {
    let mut found = vec![];
    for item in lists.into_iter().flat_map(|list| &list.items) {
        if item.nested.is_empty() {
            found.push(item);
        } else {
            found.extend(leaves(&item.nested));
        }
    }
    found
}

/// "persona and benefit", or with its place "benefit in story 2 ("As a …")".
pub(super) fn missing_in(parts: &[&str], kind: &str, number: usize, all: usize, text: &str) -> String {
    let parts = crate::check::quality::prose::enumerate(parts);
    let place = if all > 1 { format!(" in {kind} {number}") } else { String::new() };
    if words(text).next().is_none() { format!("{parts}{place}") } else { format!("{parts}{place} ({})", quote(text)) }
}
