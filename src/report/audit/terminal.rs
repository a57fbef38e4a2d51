//! The audit in the terminal.

use super::parts::AuditTable;
use super::view::AuditView;
use crate::report::layout::{Field, Layout, Style};
use crate::report::view::Tone;
use crate::words;

/// Checks and cases shown; the page has them all.
const ROWS: usize = 24;
const CASES: usize = 6;
const ITEMS: usize = 3;

/// Lines of at most `width` columns, the last one ended.
pub fn page(view: &AuditView, width: usize, colour: bool) -> String {
    let mut page = Layout::new(width, colour);
    let symbol = match view.tone {
        Tone::Better => "✓",
        Tone::Worse => "✗",
        Tone::Same | Tone::Unknown => "·",
    };
    page.items(symbol, Style::Tone(view.tone), &[format!("{}. {}", view.headline, view.sentence)]);
    for part in &view.tables {
        table(&mut page, part);
    }
    for note in &view.notes {
        page.heading(note.title);
        for line in &note.lines {
            page.paragraph(line, Style::Plain);
        }
    }
    if !view.mends.is_empty() {
        page.heading("To mend");
        for case in view.mends.iter().take(CASES) {
            page.paragraph(&case.case, Style::Plain);
            // The remedy must not be lost behind a long reason.
            let told = |(found, remedy): &(String, String)| format!("{} → {remedy}", words::clip(found, 150));
            let items: Vec<String> = case.items.iter().take(ITEMS).map(told).collect();
            page.items("  -", Style::Muted, &items);
            if case.items.len() > ITEMS {
                page.paragraph(&format!("  and {} more", case.items.len() - ITEMS), Style::Muted);
            }
        }
        if view.mends.len() > CASES {
            let rest = view.mends.len() - CASES;
            page.paragraph(
                &format!("and {rest} more cases: --html FILE or --markdown FILE tells them all"),
                Style::Muted,
            );
        }
    }
    page.text
}

fn table(page: &mut Layout, table: &AuditTable) {
    page.heading(table.title);
    let figures = |text: &str, figures: bool, style| match figures {
        true => Field::figures(&[text], style),
        false => Field::words(text, style),
    };
    let mut header = vec![Field::words("", Style::Muted)];
    header.extend(table.heads.iter().map(|(head, right)| figures(head, *right, Style::Muted)));
    let rows = table.rows.iter().take(ROWS).map(|row| {
        let mut fields = vec![Field::words(row.symbol, Style::Tone(row.tone))];
        fields.extend(row.cells.iter().zip(&table.heads).enumerate().map(|(at, (cell, (_, right)))| match at {
            // Names of suites are broken after a hyphen; other names have none to spare.
            0 => Field::name(cell, Style::Plain, if cell.contains(' ') { 40 } else { 22 }),
            // `91 % (87–94)` is short enough for a column.
            _ => figures(&cell.replace(" to ", "–"), *right, Style::Plain),
        }));
        fields
    });
    page.grid(&header, &rows.collect::<Vec<_>>());
    page.more(table.rows.len(), ROWS);
}
