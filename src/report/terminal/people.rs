//! What people say, in the terminal.

use super::table::table;
use crate::report::layout::{Layout, Style};
use crate::report::view::{PairedView, PeopleHalfView, PeopleView, Tone};
use crate::words;

/// How many reviewers, judges and flagged answers are listed; the page has them all.
const MOST: usize = 10;

pub fn people(page: &mut Layout, view: &PeopleView) {
    page.heading("What people say");
    page.paragraph(&view.lead, Style::Plain);
    for half in &view.paired {
        paired(page, half);
    }
    for version in &view.versions {
        // Beside another version only the half that counts most: the report has both.
        let shown = if view.versions.len() > 1 { 1 } else { 2 };
        for half in version.halves.iter().take(shown) {
            page.space();
            let title = match view.versions.len() {
                1 => half.title.to_string(),
                _ => format!("{}, {}", version.label, half.title.to_lowercase()),
            };
            page.paragraph(&title, Style::Strong);
            version_half(page, half);
        }
    }
    if !view.flagged.is_empty() {
        page.heading(&format!("Flagged answers ({})", view.flagged.len()));
        let lines = view.flagged.iter().take(MOST).map(|flag| {
            let of = flag.version.as_ref().map(|version| format!(" of {version}")).unwrap_or_default();
            format!("{}{of} · {}", flag.case, words::clip(&flag.words, 160))
        });
        page.items("!", Style::Tone(Tone::Worse), &lines.collect::<Vec<_>>());
        page.more(view.flagged.len(), MOST);
    }
}

fn paired(page: &mut Layout, half: &PairedView) {
    page.space();
    page.items(half.symbol, Style::Tone(half.tone), std::slice::from_ref(&half.sentence));
    if let Some(criteria) = &half.table {
        table(page, criteria, usize::MAX);
    }
    for note in &half.notes {
        page.paragraph(note, Style::Muted);
    }
}

fn version_half(page: &mut Layout, half: &PeopleHalfView) {
    page.paragraph(&half.lead, Style::Muted);
    if let Some(criteria) = &half.criteria {
        table(page, criteria, usize::MAX);
    }
    for note in &half.notes {
        page.paragraph(note, Style::Muted);
    }
    if let Some(reviewers) = half.reviewers.as_ref().filter(|reviewers| reviewers.rows.len() > 1) {
        table(page, reviewers, MOST);
    }
    if let Some(useless) = &half.useless {
        page.items("!", Style::Tone(Tone::Worse), std::slice::from_ref(useless));
    }
    for judge in half.judges.iter().take(MOST) {
        page.paragraph(&format!("{}: judge model, not a person. {}", judge.name, judge.lead), Style::Plain);
        table(page, &judge.criteria, usize::MAX);
    }
}
