//! What people say, in the terminal.

use super::layout::{Field, Layout, Style};
use super::view::{PairedView, PeopleHalfView, PeopleView, Tone};
use crate::words;

/// How many reviewers, and how many flagged answers, are listed.
const MOST: usize = 10;

pub fn people(page: &mut Layout, view: &PeopleView, labels: (&str, &str)) {
    page.heading("What people say");
    page.paragraph(&view.lead, Style::Plain);
    for half in &view.paired {
        paired(page, half, labels);
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
        let item = |flag: &super::view::FlaggedView| {
            let of = flag.version.as_ref().map(|version| format!(" of {version}")).unwrap_or_default();
            format!("{}{of} · {}", flag.case, words::clip(&flag.words, 160))
        };
        let items: Vec<String> = view.flagged.iter().take(MOST).map(item).collect();
        page.items("!", Style::Tone(Tone::Worse), &items);
        more(page, view.flagged.len());
    }
}

fn paired(page: &mut Layout, half: &PairedView, (a, b): (&str, &str)) {
    page.space();
    page.items(half.symbol, Style::Tone(half.tone), std::slice::from_ref(&half.sentence));
    if !half.rows.is_empty() {
        let header = ["points by people", a, b, "difference", "chance"];
        let rows = half.rows.iter().map(|row| {
            let style = if row.overall { Style::Strong } else { Style::Plain };
            vec![
                Field::words(&row.name, style),
                Field::figures(&[&row.a], style),
                Field::figures(&[&format!("{}{}", row.b, mark(row.target))], style),
                Field::figures(&[&format!("{} ({})", row.difference, row.range)], Style::Tone(row.tone)),
                Field::figures(&[&row.chance], style),
            ]
        });
        page.grid(&heads(&header), &rows.collect::<Vec<_>>());
    }
    for note in &half.notes {
        page.paragraph(note, Style::Muted);
    }
}

fn version_half(page: &mut Layout, half: &PeopleHalfView) {
    page.paragraph(&half.lead, Style::Muted);
    if !half.rows.is_empty() {
        let rows = half.rows.iter().map(|row| {
            vec![
                Field::words(&row.name, Style::Plain),
                Field::figures(&[&format!("{} ({}){}", row.mean, row.range, mark(row.target))], Style::Plain),
                Field::figures(&[&row.automatic], Style::Plain),
                Field::figures(&[&row.alpha], Style::Plain),
                Field::words(row.agreed, Style::Plain),
            ]
        });
        page.grid(&heads(&["1 to 5", "people", "automatic", "α", "agreement"]), &rows.collect::<Vec<_>>());
    }
    for note in &half.notes {
        page.paragraph(note, Style::Muted);
    }
    let known: Vec<_> = half.reviewers.iter().filter(|row| row.shared > 0).collect();
    if known.len() > 1 {
        let rows = known.iter().take(MOST).map(|row| {
            vec![
                Field::words(&words::clip(&row.name, 24), Style::Plain),
                Field::figures(&[&row.shared.to_string()], Style::Plain),
                Field::figures(&[&format!("{} ({})", row.offset, row.range)], Style::Plain),
                Field::words(row.words, Style::Plain),
            ]
        });
        page.grid(&heads(&["reviewer", "shared", "against others", ""]), &rows.collect::<Vec<_>>());
        more(page, known.len());
    }
    if let Some(useless) = &half.useless {
        page.items("!", Style::Tone(Tone::Worse), std::slice::from_ref(useless));
    }
    for judge in half.judges.iter().take(MOST) {
        page.paragraph(&format!("{}: judge model, not a person. {}", judge.name, judge.lead), Style::Plain);
        let rows = judge.rows.iter().map(|row| {
            vec![
                Field::words(&row.name, Style::Plain),
                Field::figures(&[&row.mean], Style::Plain),
                Field::figures(&[&row.offset], Style::Plain),
                Field::figures(&[&row.alpha], Style::Plain),
            ]
        });
        page.grid(&heads(&["1 to 5", "judge", "above people", "α with people"]), &rows.collect::<Vec<_>>());
    }
}

/// Keeps the figures of a column under each other.
fn mark(target: bool) -> &'static str {
    if target { " ✓" } else { "\u{a0}\u{a0}" }
}

fn heads(names: &[&str]) -> Vec<Field> {
    let head = |(i, name): (usize, &&str)| match i {
        0 => Field::words(name, Style::Muted),
        _ => Field::figures(&[&words::clip(name, 16)], Style::Muted),
    };
    names.iter().enumerate().map(head).collect()
}

fn more(page: &mut Layout, all: usize) {
    if all > MOST {
        page.paragraph(&format!("  and {} more, see the report", all - MOST), Style::Muted);
    }
}
