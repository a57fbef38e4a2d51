//! Every figure and sentence of a report on gaps.

use super::tables::{Part, parts};
use crate::gaps::{Beside, Beyond, Forgetting, Gaps, Item, PeopleGaps, Plan, Remedy};
use crate::report::view::Tone;
use crate::words;
use serde::Serialize;

/// Lines of a note in the terminal and in Markdown; the page and the JSON have them all.
pub const MOST: usize = 5;

#[derive(Debug, Clone, Serialize)]
pub struct GapsView {
    pub title: String,
    pub subtitle: String,
    pub headline: String,
    pub sentence: String,
    pub tone: Tone,
    pub parts: Vec<Part>,
    pub notes: Vec<Note>,
    /// Over the plan: `Write 12 examples`.
    pub wanted: String,
    pub items: Vec<ItemView>,
    pub next: String,
    pub methods: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Note {
    pub title: &'static str,
    pub lines: Vec<String>,
}

/// Some examples to write.
#[derive(Debug, Clone, Serialize)]
pub struct ItemView {
    /// `6 examples for prd`.
    pub what: String,
    pub include: Vec<String>,
    /// `regex, not-truncated and mentions`.
    pub checks: String,
    /// The likeliest remedy with its evidence.
    pub help: String,
    pub situations: Vec<String>,
}

pub fn view(gaps: &Gaps, plan: &Plan) -> GapsView {
    let lost = gaps.lost > 0.0;
    let notes = [
        Note { title: "People", lines: gaps.people.as_ref().map(people).unwrap_or_default() },
        Note { title: "Forgetting", lines: gaps.forgetting.as_ref().map(forgetting).unwrap_or_default() },
        Note { title: "Where examples hardly help", lines: plan.beyond.iter().map(beyond).collect() },
        Note { title: "Before anything is written", lines: plan.prompt.iter().cloned().collect() },
    ];
    GapsView {
        title: format!("Gaps of {}", gaps.version),
        subtitle: format!("run {}, dev cases only", gaps.run),
        headline: headline(gaps),
        sentence: format!(
            "{} lose {} of their score. Held-out cases have no part in this",
            words::count(gaps.cases, "dev case"),
            words::percent(gaps.lost)
        ),
        tone: if lost { Tone::Worse } else { Tone::Better },
        parts: parts(gaps),
        notes: notes.into_iter().filter(|note| !note.lines.is_empty()).collect(),
        wanted: match plan.examples() {
            0 => "Nothing to write".to_string(),
            n => format!("Write {}", words::count(n, "example")),
        },
        items: plan.items.iter().map(item).collect(),
        next: match plan.examples() {
            0 => "Next: pmtune compare holds it against another version".to_string(),
            _ => "All of it as a loop that goes on when you have written: pmtune improve".to_string(),
        },
        methods: methods(gaps),
    }
}

fn headline(gaps: &Gaps) -> String {
    let named: Vec<&str> =
        gaps.tasks.iter().filter(|task| task.share > 0.0).take(3).map(|task| task.name.as_str()).collect();
    match named.as_slice() {
        [] => "No score is lost on dev cases".to_string(),
        named => format!("Most score is lost in {}", words::list(named)),
    }
}

fn item(item: &Item) -> ItemView {
    ItemView {
        what: format!("{} for {}", words::count(item.count, "example"), item.task),
        include: item.include.clone(),
        checks: words::list(&item.checks),
        help: format!("{}: {}", item.remedy.name(), item.because),
        situations: item.situations.clone(),
    }
}

fn beyond(task: &Beyond) -> String {
    format!("{}: {} ({})", task.task, Remedy::LargerBase.name(), task.because)
}

fn people(people: &PeopleGaps) -> Vec<String> {
    let mut lines = vec![format!(
        "{} scored {} to dev cases: {} called wrong in fact, {} unusable",
        words::count(people.people, "person"),
        words::count(people.answers, "answer"),
        people.factual_errors,
        people.unusable
    )];
    lines.extend(people.cases.iter().map(|case| {
        let flags =
            if case.flags.is_empty() { String::new() } else { format!(", flagged {}", words::list(&case.flags)) };
        format!("{} ({}): {} of 5{flags}", case.case, case.task, words::decimal_to(case.points, 1))
    }));
    lines
}

fn forgetting(forgetting: &Forgetting) -> Vec<String> {
    let passed = format!(
        "{} dev cases of general sense pass ({} %); they guard what no version should lose and are not planned for",
        words::count_of(forgetting.passed.passed, forgetting.passed.of),
        forgetting.interval.percent_range()
    );
    let beside = match &forgetting.beside {
        None => {
            "no run of the base has asked them, so what was lost is not known: `pmtune eval base --split dev` asks it"
                .to_string()
        }
        Some(Beside { lost, gained, p, forgets, .. }) => {
            let verdict = match forgets {
                true => {
                    "more was forgotten than chance explains: fewer epochs, or examples of a general kind among the others"
                }
                false => "no evidence that anything was forgotten",
            };
            let p = words::chance(*p);
            format!(
                "the base alone passes {lost} of them, this version alone {gained} (McNemar's exact test, {p}): {verdict}"
            )
        }
    };
    vec![passed, beside]
}

fn methods(gaps: &Gaps) -> Vec<String> {
    vec![
        format!(
            "Ranges are Wilson's intervals at {}: how many would pass with other cases of the kind.",
            words::percent(gaps.confidence)
        ),
        "Lost is the share of all the score that is lost; a check takes what it earned nothing of, a broken guard what the \
         others had left."
            .to_string(),
        "Held-out cases only keep situations near them out of the plan. A situation is left out where most of its words \
         stand together in a case or an example."
            .to_string(),
    ]
}
