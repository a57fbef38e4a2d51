//! Gaps in the terminal: what is missing first, the plan last.

use super::view::{GapsView, ItemView, MOST};
use crate::report::layout::{Layout, Style};
use crate::report::terminal::table::table;

/// Rows of a table; the page has them all.
const ROWS: usize = 6;

/// Lines of at most `width` columns, the last one ended.
pub fn page(view: &GapsView, width: usize, colour: bool) -> String {
    let mut page = Layout::new(width, colour);
    page.paragraph(&view.title, Style::Strong);
    page.paragraph(&format!("{}. {}.", view.headline, view.sentence), Style::Plain);
    for part in &view.parts {
        page.heading(part.title);
        table(&mut page, &part.table, ROWS);
    }
    for note in &view.notes {
        page.heading(note.title);
        page.items("-", Style::Muted, &note.lines[..note.lines.len().min(MOST)]);
        page.more(note.lines.len(), MOST);
    }
    page.heading(&view.wanted);
    view.items.iter().enumerate().for_each(|(at, part)| item(&mut page, at + 1, part));
    page.space();
    page.paragraph(&view.next, Style::Strong);
    page.text
}

fn item(page: &mut Layout, number: usize, item: &ItemView) {
    page.space();
    page.paragraph(&format!("{number}. {}", item.what), Style::Strong);
    page.items("   +", Style::Muted, &item.include);
    page.items("   ·", Style::Muted, &item.situations);
    page.items("   →", Style::Muted, std::slice::from_ref(&item.help));
}
