//! What a dataset holds, in the terminal and as a page.

use super::plot::{self, CountRow, Plot};
use super::{clean, html};
use crate::training_data::{BIN_WORDS, CategoryCount, Count, Stats, USUAL_WORDS, Variety, WINDOW};
use crate::words;
use engine::error::Result;
use serde::Serialize;
use std::fmt::Write;

/// Width of a bar in the terminal, in cells.
const BAR: usize = 20;

/// Width of the names before the bars.
const NAMES: usize = 26;

/// How many tags are named before the rest is only counted.
const TAGS: usize = 12;

/// The statistics for a terminal of 80 columns.
pub fn dataset_text(stats: &Stats) -> String {
    let mut out = format!("{}\n\n", headline(stats));
    for category in &stats.categories {
        count_line(&mut out, &category.total, "");
        category.topics.iter().for_each(|topic| count_line(&mut out, topic, "  "));
    }
    if stats.examples == 0 {
        return out;
    }
    out.push_str("\nWords in an answer\n");
    for (name, count) in bins(stats) {
        let line = format!("  {name:<w$}{} {count}", bar(count, stats.examples), w = NAMES - 2);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(out, "{}\n\nVariety", wrapped(&lengths_sentence(stats)));
    for sentence in variety_sentences(&stats.variety, stats.examples) {
        let _ = writeln!(out, "{}", wrapped(&sentence));
    }
    out
}

/// The statistics as one self-contained page.
pub fn dataset_html(stats: &Stats) -> Result<String> {
    let mut plots = Vec::new();
    let rows: Vec<CountRow> = stats.categories.iter().map(|category| count_row(&category.total)).collect();
    if !rows.is_empty() {
        plots.push(plot::counts("Examples in each category", &rows)?);
    }
    if stats.examples > 0 {
        plots.push(plot::columns("Words in an answer", &bins(stats))?);
    }
    html::page("dataset.html", &Page { view: view(stats), plots })
}

#[derive(Serialize)]
struct Page {
    view: DatasetView,
    plots: Vec<Plot>,
}

#[derive(Serialize)]
struct DatasetView {
    title: String,
    headline: String,
    sentence: String,
    facts: Vec<Fact>,
    rows: Vec<Row>,
    lengths: String,
    variety: Vec<String>,
    tags: Vec<(String, usize)>,
}

#[derive(Serialize)]
struct Fact {
    label: &'static str,
    value: String,
    detail: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    overall: bool,
    count: usize,
    recommended: String,
    note: String,
}

fn view(stats: &Stats) -> DatasetView {
    let mut rows = Vec::new();
    for category in &stats.categories {
        rows.push(row(&category.total, true));
        rows.extend(category.topics.iter().map(|topic| row(topic, false)));
    }
    let (lengths, variety) = (&stats.lengths, &stats.variety);
    let fact = |label, value: String, detail: String| Fact { label, value, detail };
    let recommended: usize = stats.categories.iter().filter_map(|c| c.total.recommended).sum();
    DatasetView {
        title: "Training data".into(),
        headline: headline(stats),
        sentence: next(stats),
        facts: vec![
            fact("Examples", stats.examples.to_string(), format!("the guide recommends {recommended}")),
            fact(
                "Middle answer",
                words::count(lengths.median, "word"),
                format!("{} to {}", lengths.shortest, lengths.longest),
            ),
            fact("Different instructions", variety.instructions.to_string(), format!("of {}", stats.examples)),
            fact("Different tags", variety.tags.len().to_string(), format!("{} without any", variety.untagged)),
        ],
        rows,
        lengths: lengths_sentence(stats),
        variety: variety_sentences(variety, stats.examples),
        tags: variety.tags.clone(),
    }
}

fn row(count: &Count, overall: bool) -> Row {
    Row {
        name: count.name.clone(),
        overall,
        count: count.count,
        recommended: count.recommended.map_or("–".into(), |n| n.to_string()),
        note: match count.missing() {
            0 => String::new(),
            missing => format!("write {missing} more"),
        },
    }
}

fn count_row(count: &Count) -> CountRow {
    CountRow { name: count.name.clone(), count: count.count, recommended: count.recommended, figures: figures(count) }
}

/// `12 of 20: write 8 more`.
fn figures(count: &Count) -> String {
    match (count.recommended, count.missing()) {
        (None, _) => count.count.to_string(),
        (Some(wanted), 0) => words::count_of(count.count, wanted),
        (Some(wanted), missing) => format!("{}: write {missing} more", words::count_of(count.count, wanted)),
    }
}

fn count_line(out: &mut String, count: &Count, indent: &str) {
    let name = words::clip(&clean::terminal(&count.name), NAMES - indent.len() - 1);
    let width = NAMES - indent.len();
    let bar = count.recommended.map_or(" ".repeat(BAR), |wanted| bar(count.count, wanted));
    let _ = writeln!(out, "{indent}{name:<width$}{bar} {}", figures(count));
}

/// A bar of [`BAR`] cells; whatever is there shows at least one.
fn bar(count: usize, of: usize) -> String {
    let share = count as f64 / of.max(1) as f64;
    let full = ((share * BAR as f64).round() as usize).clamp(usize::from(count > 0), BAR);
    format!("{}{}", "█".repeat(full), "░".repeat(BAR - full))
}

fn headline(stats: &Stats) -> String {
    let examples = words::count(stats.examples, "example");
    let short: usize = stats.categories.iter().map(CategoryCount::missing).sum();
    let judged = stats.categories.iter().any(|c| c.total.recommended.is_some());
    match (judged, short) {
        (false, _) => examples,
        (true, 0) => format!("{examples}: every recommended number is reached"),
        (true, short) => format!("{examples}: {short} more to write"),
    }
}

/// What to write next, most wanting first.
fn next(stats: &Stats) -> String {
    let mut short: Vec<(usize, &CategoryCount)> = stats.categories.iter().map(|c| (c.missing(), c)).collect();
    short.retain(|(missing, _)| *missing > 0);
    short.sort_by_key(|(missing, _)| std::cmp::Reverse(*missing));
    match short.as_slice() {
        [] => "Add examples where your model falls short, and replace those that are out of date.".into(),
        some => {
            let each: Vec<String> = some.iter().map(|(missing, c)| format!("{} ({missing})", c.total.name)).collect();
            format!("Still to write: {}.", each.join(", "))
        }
    }
}

/// `100 to 149` with how many answers are that long.
fn bins(stats: &Stats) -> Vec<(String, usize)> {
    let last = stats.lengths.bins.len().saturating_sub(1);
    let name = |bin: usize| match bin == last {
        true => format!("{} or more", bin * BIN_WORDS),
        false => format!("{} to {}", bin * BIN_WORDS, (bin + 1) * BIN_WORDS - 1),
    };
    stats.lengths.bins.iter().enumerate().map(|(bin, count)| (name(bin), *count)).collect()
}

fn lengths_sentence(stats: &Stats) -> String {
    let l = &stats.lengths;
    format!(
        "Half of the answers have {} to {} words, the middle one {}; the shortest has {}, the longest {}. {} of {} lie \
         between {} and {}, which suits most documents.",
        l.quarter,
        l.three_quarters,
        l.median,
        l.shortest,
        l.longest,
        l.usual,
        stats.examples,
        USUAL_WORDS.start(),
        USUAL_WORDS.end()
    )
}

fn variety_sentences(variety: &Variety, examples: usize) -> Vec<String> {
    let mut all = vec![format!("{} of {examples} instructions are different.", variety.instructions)];
    if let Some((opening, count)) = variety.commonest_opening.as_ref().filter(|(_, count)| *count > 1) {
        all.push(format!("{count} begin alike: \"{opening} …\"."));
    }
    if let Some(distinct) = variety.distinct_words {
        all.push(format!("Of {WINDOW} words in a row, {distinct:.0} are different."));
    }
    if !variety.tags.is_empty() {
        let named: Vec<String> = variety.tags.iter().take(TAGS).map(|(tag, count)| format!("{tag} {count}")).collect();
        let rest = variety.tags.len().saturating_sub(TAGS);
        let rest = if rest > 0 { format!(", and {rest} more") } else { String::new() };
        all.push(format!("{}: {}{rest}.", words::count(variety.tags.len(), "tag"), named.join(", ")));
    }
    if variety.untagged > 0 {
        all.push(format!(
            "{} {} no tags.",
            words::count(variety.untagged, "example"),
            words::either(variety.untagged, "has", "have")
        ));
    }
    all
}

/// Lines of at most 80 columns, indented by two.
fn wrapped(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in clean::terminal(text).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 80 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("  {word}")),
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_data::testing::example;
    use crate::training_data::{Example, RECOMMENDED, stats};

    fn examples() -> Vec<Example> {
        let mut all = Vec::new();
        for n in 0..12 {
            let mut one = example("planning/roadmaps", &format!("Plan number {n}"), &"word ".repeat(30 * (n + 1)));
            one.tags = vec![format!("industry-{n}"), "<script>".into()];
            all.push(one);
        }
        all.extend(
            (0..20).map(|n| example("user-stories/basic-features", "Write a user story", &"as ".repeat(90 + n))),
        );
        all
    }

    #[test]
    fn terminal_text_fits_80_columns() {
        let text = dataset_text(&stats(&examples(), RECOMMENDED));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_page_is_self_contained_and_says_the_same() {
        let html = dataset_html(&stats(&examples(), RECOMMENDED)).unwrap();
        for part in ["write 8 more", "<svg", "Examples in each category", "&lt;script&gt;", "Still to write: prds (50)"]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("<script") && !html.contains("src=") && !html.contains("href="), "{html}");
    }

    #[test]
    fn an_empty_dataset_is_described_too() {
        let empty = stats(&[], &[]);
        assert_eq!(dataset_text(&empty), "0 examples\n\n");
        dataset_html(&empty).unwrap();
    }
}
