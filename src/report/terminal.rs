//! A report in the terminal: words first, then figures. Reads well from 60 columns up.

mod people;
pub(super) mod table;

use super::layout::{Layout, Style};
use super::view::{HalfView, ListView, Movement, PeopleView, Tone, View};
use crate::words;
use table::table;

/// How many cases and warnings are listed; the page has them all.
const MOST: usize = 10;
const MOST_MOVEMENTS: usize = 6;

/// How much is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What fits on a screen: the verdict first and last, and the half that it rests on.
    Brief,
    Full,
}

/// Lines of at most `width` columns, the last one ended.
pub fn page(view: &View, people: Option<&PeopleView>, extent: Extent, width: usize, colour: bool) -> String {
    let mut page = Layout::new(width, colour);
    verdict(&mut page, view);
    movements(&mut page, "Got better", Tone::Better, &view.better);
    movements(&mut page, "Got worse", Tone::Worse, &view.worse);
    if let Some(nothing) = &view.nothing {
        page.space();
        page.paragraph(nothing, Style::Plain);
    }
    if extent == Extent::Brief {
        if let Some(part) = view.halves.first() {
            heading(&mut page, part);
            tables(&mut page, part);
        }
        page.space();
        title(&mut page, view);
        return page.text;
    }
    for part in &view.halves {
        half(&mut page, part);
    }
    if let Some(people) = people {
        people::people(&mut page, people);
    }
    for named in &view.lists {
        list(&mut page, named);
    }
    page.text
}

fn title(page: &mut Layout, view: &View) {
    let verdict = &view.verdict;
    match verdict.tone {
        Some(tone) => page.items(verdict.symbol, Style::Tone(tone), std::slice::from_ref(&verdict.title)),
        None => page.paragraph(&verdict.title, Style::Strong),
    }
}

fn verdict(page: &mut Layout, view: &View) {
    title(page, view);
    page.paragraph(&view.verdict.sentence, Style::Plain);
    for notice in &view.notices {
        page.heading(notice.title);
        page.items("!", Style::Tone(Tone::Worse), &notice.items[..notice.items.len().min(MOST)]);
        page.more(notice.items.len(), MOST);
    }
}

fn movements(page: &mut Layout, title: &str, tone: Tone, items: &[Movement]) {
    if items.is_empty() {
        return;
    }
    page.heading(title);
    let lines = items.iter().take(MOST_MOVEMENTS).map(|m| format!("{} {}: {}", m.kind, m.name, m.detail));
    page.items(tone.symbol(), Style::Tone(tone), &lines.collect::<Vec<_>>());
    page.more(items.len(), MOST_MOVEMENTS);
}

fn heading(page: &mut Layout, half: &HalfView) {
    page.heading(&format!("{} ({})", half.title, half.cases));
}

fn tables(page: &mut Layout, half: &HalfView) {
    for (place, shown) in [&half.evidence, &half.groups, &half.knowledge].into_iter().flatten().enumerate() {
        if place > 0 {
            page.space();
        }
        table(page, shown, usize::MAX);
    }
}

fn half(page: &mut Layout, half: &HalfView) {
    heading(page, half);
    if !half.lead.is_empty() {
        page.paragraph(half.lead, Style::Muted);
    }
    tables(page, half);
    if let Some(power) = &half.power {
        page.paragraph(power, Style::Muted);
    }
    if let Some(criteria) = &half.criteria {
        page.space();
        table(page, criteria, usize::MAX);
    }
    if let Some(unmeasured) = &half.unmeasured {
        page.paragraph(unmeasured, Style::Muted);
    }
}

/// `suite/case · held-out · check: reason`.
fn list(page: &mut Layout, list: &ListView) {
    if list.items.is_empty() {
        return;
    }
    page.heading(&format!("{} ({})", list.title, list.items.len()));
    let lines = list.items.iter().take(MOST).map(|item| {
        let mut line = format!("{} · {}", item.case, item.half);
        if !item.checks.is_empty() {
            line += &format!(" · {}", words::list_at_most(&item.checks, 4));
        }
        if !item.reason.is_empty() {
            line += &format!(" · {}", item.reason);
        }
        line
    });
    page.items(list.symbol, Style::Tone(list.tone), &lines.collect::<Vec<_>>());
    page.more(list.items.len(), MOST);
}
