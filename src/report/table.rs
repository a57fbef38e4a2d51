//! The result in the terminal: words first, then figures. Reads well from 60 columns up.

use super::layout::{Field, Layout, Style};
use super::people;
use super::view::{self, ComparisonView, FlipView, GroupRow, HalfView, Movement, RunView, Sides, Tone};
use crate::compare::Comparison;
use crate::review::{People, PeopleCompared};
use crate::run::Run;
use crate::words;

/// How many flips each way, failing cases or warnings are listed; the report has them all.
const MOST: usize = 10;
const MOST_MOVEMENTS: usize = 6;

/// A comparison as lines of at most `width` columns (40 at least), the last one ended. `colour` switches ANSI styles
/// on; symbols say the same without. Without `people`, nothing is said of them.
pub fn comparison(
    c: &Comparison,
    a: &Run,
    b: &Run,
    people: Option<&PeopleCompared>,
    width: usize,
    colour: bool,
) -> String {
    let view = view::comparison(c, &Sides::new(a, b));
    let mut page = Layout::new(width, colour);
    verdict(&mut page, &view);
    movements(&mut page, "Got better", Tone::Better, &view.summary.better);
    movements(&mut page, "Got worse", Tone::Worse, &view.summary.worse);
    if let Some(nothing) = &view.summary.nothing {
        page.space();
        page.paragraph(nothing, Style::Plain);
    }
    for half in &view.halves {
        half_tables(&mut page, half, &view);
    }
    if let Some(people) = people {
        people::people(&mut page, &view::people_of_comparison(c, people), (&view.a, &view.b));
    }
    flips(&mut page, "Now pass", Tone::Better, &view.improved);
    flips(&mut page, "No longer pass", Tone::Worse, &view.regressed);
    page.text
}

/// One run as lines of at most `width` columns (40 at least), the last one ended. `confidence` is how sure its intervals
/// are.
pub fn run(run: &Run, confidence: f64, people: Option<&People>, width: usize, colour: bool) -> String {
    let view = view::run(run, confidence);
    let mut page = Layout::new(width, colour);
    page.paragraph(&view.headline, Style::Strong);
    page.paragraph(&view.sentence, Style::Plain);
    page.items("!", Style::Tone(Tone::Worse), &view.warnings);
    run_halves(&mut page, &view);
    if let Some(people) = people {
        let name = &run.manifest.version.name;
        people::people(&mut page, &view::people_of_run(name, people), ("", name));
    }
    if !view.failing.is_empty() {
        page.heading(&format!("Failing ({})", view.failing.len()));
        let item = |case: &view::FailingView| match (case.check.is_empty(), case.reason.is_empty()) {
            (true, _) => case.case.clone(),
            (false, true) => format!("{} · {}", case.case, case.check),
            (false, false) => format!("{} · {}: {}", case.case, case.check, words::clip(&case.reason, 120)),
        };
        let items: Vec<String> = view.failing.iter().take(MOST).map(item).collect();
        page.items("✗", Style::Tone(Tone::Worse), &items);
        more(&mut page, view.failing.len());
    }
    page.text
}

fn verdict(page: &mut Layout, view: &ComparisonView) {
    let summary = &view.summary;
    page.items(summary.symbol, Style::Tone(summary.tone), std::slice::from_ref(&summary.title));
    page.paragraph(&summary.sentence, Style::Plain);
    if !summary.differences.is_empty() {
        page.heading("Not strictly comparable");
        page.items("!", Style::Tone(Tone::Worse), &summary.differences);
    }
    if !summary.warnings.is_empty() {
        page.space();
        let shown = &summary.warnings[..summary.warnings.len().min(MOST)];
        page.items("!", Style::Tone(Tone::Worse), shown);
        more(page, summary.warnings.len());
    }
}

fn movements(page: &mut Layout, title: &str, tone: Tone, items: &[Movement]) {
    if items.is_empty() {
        return;
    }
    page.heading(title);
    let lines = items.iter().take(MOST_MOVEMENTS).map(|m| format!("{} {}: {}", m.kind, m.name, m.detail));
    page.items(tone.symbol(), Style::Tone(tone), &lines.collect::<Vec<_>>());
    if items.len() > MOST_MOVEMENTS {
        page.paragraph(&format!("  and {} more, see the report", items.len() - MOST_MOVEMENTS), Style::Muted);
    }
}

fn half_tables(page: &mut Layout, half: &HalfView, view: &ComparisonView) {
    page.heading(&format!("{} ({})", half.title, half.cases));
    if half.half == "held-out" {
        page.paragraph("Never trained towards; the claim rests on these alone.", Style::Muted);
    }
    let heads = ["n", &view.a, &view.b, "score change"].map(|head| words::clip(head, 16));
    let mut header = vec![Field::words("", Style::Muted), Field::words("category", Style::Muted)];
    header.extend(heads.iter().map(|head| Field::figures(&[head], Style::Muted)));
    let wide = page.width() >= 112;
    if wide {
        header.push(Field::words("finding", Style::Muted));
    }
    let rows: Vec<Vec<Field>> = half.rows.iter().map(|row| group_fields(row, page.width())).collect();
    page.grid(&header, &rows);
    if !wide {
        let mut seen: Vec<String> = half.rows.iter().map(|row| format!("{} {}", row.symbol, row.verdict)).collect();
        seen.sort();
        seen.dedup();
        page.paragraph(&seen.join(" · "), Style::Muted);
    }
    if let Some(power) = &half.power {
        page.paragraph(power, Style::Muted);
    }
    if half.criteria.is_empty() {
        return;
    }
    page.space();
    let header = ["criterion (1 to 5)", &view.a, &view.b, "difference"];
    let header = left_first(header.map(|head| Field::figures(&[&words::clip(head, 18)], Style::Muted)));
    let rows = half.criteria.iter().map(|row| {
        vec![
            Field::words(&row.name, Style::Plain),
            Field::figures(&[&row.a], Style::Plain),
            Field::figures(&[&format!("{}{}", row.b, if row.target { " ✓" } else { "  " })], Style::Plain),
            Field::figures(&[&format!("{} ({})", row.difference, row.range)], Style::Tone(row.tone)),
        ]
    });
    page.grid(&header, &rows.collect::<Vec<_>>());
}

/// A header whose first column holds names, which stand at the left.
fn left_first<const N: usize>(mut header: [Field; N]) -> [Field; N] {
    if let Some(first) = header.first_mut() {
        first.right = false;
    }
    header
}

/// A row of the category table. Below 80 columns intervals go under their figures.
fn group_fields(row: &GroupRow, width: usize) -> Vec<Field> {
    let style = if row.overall { Style::Strong } else { Style::Plain };
    let pair = |value: &str, range: &str, style: Style| match width < 80 {
        true => Field::figures(&[value, range], style),
        false => Field::figures(&[&format!("{value} ({range})")], style),
    };
    let mut fields = vec![
        Field::words(row.symbol, Style::Tone(row.tone)),
        Field::name(&row.name, style, if width >= 112 { 40 } else { 20 }),
        Field::figures(&[&row.cases.to_string()], Style::Plain),
        pair(&row.a, &row.a_range.replace(" to ", "–"), style),
        pair(&row.b, &row.b_range.replace(" to ", "–"), style),
        pair(&row.difference, &row.range, Style::Tone(row.tone)),
    ];
    if width >= 112 {
        fields.push(Field::words(row.verdict, Style::Tone(row.tone)));
    }
    fields
}

fn flips(page: &mut Layout, title: &str, tone: Tone, flips: &[FlipView]) {
    if flips.is_empty() {
        return;
    }
    page.heading(&format!("{title} ({})", flips.len()));
    let item = |flip: &FlipView| match flip.checks.is_empty() {
        true => format!("{} · {}", flip.case, flip.half),
        false => format!("{} · {} · {}", flip.case, flip.half, words::list_at_most(&flip.checks, 4)),
    };
    let items: Vec<String> = flips.iter().take(MOST).map(item).collect();
    page.items(tone.symbol(), Style::Tone(tone), &items);
    more(page, flips.len());
}

fn more(page: &mut Layout, all: usize) {
    if all > MOST {
        page.paragraph(&format!("  and {} more, see the report", all - MOST), Style::Muted);
    }
}

fn run_halves(page: &mut Layout, view: &RunView) {
    for half in &view.halves {
        page.heading(half.title);
        let header = ["category", "passed", "rate", "mean score"];
        let header = left_first(header.map(|head| Field::figures(&[head], Style::Muted)));
        let rows = half.rows.iter().map(|row| {
            let style = if row.overall { Style::Strong } else { Style::Plain };
            vec![
                Field::words(&row.name, style),
                Field::figures(&[&row.passed], style),
                Field::figures(&[&format!("{} ({})", row.rate, row.range.replace(" to ", "–"))], style),
                Field::figures(&[&row.score], style),
            ]
        });
        page.grid(&header, &rows.collect::<Vec<_>>());
        if let Some(repeats) = &half.repeats {
            page.paragraph(repeats, Style::Muted);
        }
        if half.criteria.is_empty() {
            continue;
        }
        page.space();
        let header = ["criterion (1 to 5)", "cases", "score"];
        let header = left_first(header.map(|head| Field::figures(&[head], Style::Muted)));
        let rows = half.criteria.iter().map(|row| {
            vec![
                Field::words(&row.name, Style::Plain),
                Field::figures(&[&row.cases.to_string()], Style::Plain),
                Field::figures(&[&format!("{}{}", row.score, if row.target { " ✓" } else { "  " })], Style::Plain),
            ]
        });
        page.grid(&header, &rows.collect::<Vec<_>>());
    }
}
