//! The history in the terminal.

use super::view::{HistoryView, Row, TaskRow};
use crate::history::Standing;
use crate::report::layout::{Field, Layout, Style};
use crate::report::view::Tone;
use crate::words;

/// On a terminal with fewer columns, values and their intervals stand on two lines.
const NARROW: usize = 66;
/// Tasks whose gaps are spelt out; the page has them all.
const MOST: usize = 6;

/// Lines of at most `width` columns, the last one ended.
pub fn page(view: &HistoryView, width: usize, colour: bool) -> String {
    let mut page = Layout::new(width, colour);
    page.paragraph(&view.title, Style::Strong);
    page.paragraph(&view.subtitle, Style::Muted);
    page.space();
    page.items(view.tone.symbol(), Style::Tone(view.tone), &[format!("{}. {}", view.headline, view.sentence)]);
    runs(&mut page, view);
    tasks(&mut page, view);
    page.text
}

fn runs(page: &mut Layout, view: &HistoryView) {
    page.heading("Runs");
    let header = ["date", "version", "", "cases", "passed", "score", ""];
    let header: Vec<Field> = header
        .iter()
        .enumerate()
        .map(|(i, head)| match i {
            3..=5 => Field::figures(&[head], Style::Muted),
            _ => Field::words(head, Style::Muted),
        })
        .collect();
    let shown: Vec<&Row> = view.rows.iter().filter(|row| row.standing != Standing::Superseded).collect();
    let columns = columns(page.width());
    let kept = |fields: Vec<Field>| columns.iter().filter_map(|i| fields.get(*i).cloned()).collect::<Vec<_>>();
    let stacked = page.width() < NARROW;
    page.grid(&kept(header), &shown.iter().map(|row| kept(run(row, stacked))).collect::<Vec<_>>());
    let hidden = view.rows.len() - shown.len();
    if hidden > 0 {
        let runs = words::count(hidden, "earlier run");
        page.paragraph(&format!("{runs} of the same versions and cases: see the page."), Style::Muted);
    }
    if !view.notes.is_empty() {
        page.heading("What changed in between");
        for note in &view.notes {
            let words = format!("before {}: {}", note.before, note.changes.join("; "));
            page.items(&format!("[{}]", note.number), Style::Strong, &[words]);
        }
        page.paragraph("Values on two sides of such a change do not compare.", Style::Muted);
    }
}

/// Which columns of the runs a terminal has room for; the page has them all.
fn columns(width: usize) -> &'static [usize] {
    match width {
        ..50 => &[0, 1, 2, 4],
        50..NARROW => &[0, 1, 2, 4, 5],
        _ => &[0, 1, 2, 3, 4, 5, 6],
    }
}

/// `stacked`: the intervals stand under the values.
fn run(row: &Row, stacked: bool) -> Vec<Field> {
    let style = if row.current { Style::Plain } else { Style::Muted };
    let figures = |value: &str, range: &str| {
        let range = format!("({})", range.replace(" to ", "–"));
        match stacked {
            true => Field::figures(&[value, &range], style),
            false => Field::figures(&[&format!("{value} {range}")], style),
        }
    };
    let date = if stacked { row.date.get(2..).unwrap_or(&row.date) } else { &row.date };
    vec![
        Field::words(date, style),
        Field::words(&words::clip(&row.version, 16), style),
        Field::words(&row.mark, Style::Strong),
        Field::figures(&[&row.cases.to_string()], style),
        figures(&row.rate, &row.range),
        figures(&row.score, &row.score_range),
        Field::words(if row.standing == Standing::Partial { "part" } else { "" }, Style::Muted),
    ]
}

fn tasks(page: &mut Layout, view: &HistoryView) {
    if view.tasks.is_empty() {
        return;
    }
    page.heading("Tasks");
    let header = [
        Field::words("", Style::Muted),
        Field::words("task", Style::Muted),
        Field::figures(&["held-out passed"], Style::Muted),
        Field::figures(&["dev passed"], Style::Muted),
        Field::figures(&["score change"], Style::Muted),
    ];
    let rows: Vec<Vec<Field>> = view
        .tasks
        .iter()
        .map(|task| {
            vec![
                Field::words(task.symbol, Style::Tone(task.tone)),
                Field::name(&task.name, Style::Plain, 26),
                Field::figures(&[&task.held_out], Style::Plain),
                Field::figures(&[&task.dev], Style::Plain),
                Field::figures(&[&task.change], Style::Tone(task.tone)),
            ]
        })
        .collect();
    page.grid(&header, &rows);
    let mut legend: Vec<String> = view.tasks.iter().map(|task| format!("{} {}", task.symbol, task.trend)).collect();
    legend.sort();
    legend.dedup();
    page.paragraph(&legend.join(" · "), Style::Muted);
    let wanting: Vec<&TaskRow> = view.tasks.iter().filter(|task| !task.needs.is_empty()).collect();
    page.heading("Needs more training data");
    if wanting.is_empty() {
        page.paragraph("No task, by its dev cases.", Style::Plain);
    }
    for task in wanting.iter().take(MOST) {
        let mut words = format!("{}: {}.", task.name, task.needs.join("; "));
        if !task.checks.is_empty() {
            words += &format!(" Fails most: {}.", task.checks);
        }
        if !task.failing.is_empty() {
            words += &format!(" Look at: {}.", task.failing);
        }
        page.items("▸", Style::Tone(Tone::Worse), &[words]);
    }
    if wanting.len() > MOST {
        page.paragraph(&format!("  and {} more, see the page", wanting.len() - MOST), Style::Muted);
    }
    page.paragraph("From dev cases only: held-out cases are there to prove progress.", Style::Muted);
}
