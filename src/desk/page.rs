//! The page: its texts and its form are written here, made inert; the script only moves them about and takes scores.

use crate::check::Criterion;
use crate::report::{fill, inert_markdown, json_text, page_policy, visible};
use crate::review::{Item, Sheet};
use crate::words;
use engine::error::{Error, Result};
use minijinja::Value;
use serde::Serialize;
use serde_json::json;

const PARTS: [(&str, &str); 2] =
    [("desk.html", include_str!("templates/desk.html")), ("form.html", include_str!("templates/form.html"))];
const STYLE: &str = concat!(include_str!("../report/templates/page.css"), include_str!("templates/desk.css"));
const SCRIPT: &str = concat!(
    include_str!("templates/sheet.js"),
    include_str!("templates/sync.js"),
    include_str!("templates/item.js"),
    include_str!("templates/views.js"),
    include_str!("templates/keys.js"),
);

/// Who keeps the scores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The program that serves the page.
    Served,
    /// The reader's browser, until they save a file.
    File,
}

/// The sheet as a file of its own: it opens from disk, keeps what was entered in the browser, and saves the scores as
/// JSON to send back. The same sheet gives the same bytes.
///
/// # Errors
/// The template is broken, which is a fault of the program.
pub fn sheet_page(sheet: &Sheet) -> Result<String> {
    page(sheet, Form::File)
}

#[derive(Serialize)]
struct Page<'a> {
    served: bool,
    reviewer: &'a str,
    items: Vec<ItemView<'a>>,
    answers: usize,
    /// The places where answers stand: one, or two side by side.
    slots: &'static [Slot],
    criteria: Vec<CriterionView>,
    data: Value,
    style: Value,
    script: Value,
    policy: String,
}

#[derive(Serialize)]
struct Slot {
    letter: &'static str,
    /// Seen by a reviewer only beside another.
    name: &'static str,
}

const SLOTS: [Slot; 2] = [Slot { letter: "a", name: "Answer A" }, Slot { letter: "b", name: "Answer B" }];

#[derive(Serialize)]
struct ItemView<'a> {
    number: usize,
    prompt: &'a str,
    reference: Option<Value>,
    answers: Vec<AnswerView<'a>>,
}

#[derive(Serialize)]
struct AnswerView<'a> {
    slot: &'static str,
    /// Laid out as Markdown.
    shown: Value,
    written: &'a str,
}

#[derive(Serialize)]
struct CriterionView {
    name: &'static str,
    label: String,
    question: &'static str,
    /// With the points they stand for.
    levels: [(u8, &'static str); 3],
}

pub(super) fn page(sheet: &Sheet, form: Form) -> Result<String> {
    let paired = sheet.items.iter().any(|item| item.answers.len() > 1);
    let view = Page {
        served: form == Form::Served,
        reviewer: &sheet.reviewer,
        items: sheet.items.iter().map(item).collect::<Result<_>>()?,
        answers: sheet.answers().count(),
        slots: if paired { &SLOTS } else { &SLOTS[..1] },
        criteria: Criterion::ALL.into_iter().map(criterion).collect(),
        data: Value::from_safe_string(data(sheet, form)),
        style: Value::from_safe_string(STYLE.to_string()),
        script: Value::from_safe_string(SCRIPT.to_string()),
        policy: policy(form),
    };
    fill(&PARTS, "desk.html", &view)
}

fn item(item: &Item) -> Result<ItemView<'_>> {
    if item.answers.is_empty() || item.answers.len() > SLOTS.len() {
        return Err(Error::input(format!(
            "item {} of the sheet has {}",
            item.number,
            words::count(item.answers.len(), "answer")
        ))
        .hint("one or two can be shown; export the sheet again"));
    }
    let shown = |text: &str| Value::from_safe_string(inert_markdown(text));
    let answers = SLOTS.iter().zip(&item.answers);
    Ok(ItemView {
        number: item.number,
        prompt: &item.prompt,
        reference: item.reference.as_deref().map(shown),
        answers: answers
            .map(|(slot, text)| AnswerView { slot: slot.letter, shown: shown(&text.text), written: &text.text })
            .collect(),
    })
}

fn criterion(criterion: Criterion) -> CriterionView {
    let (name, descriptors) = (criterion.name(), criterion.descriptors());
    let (first, rest) = name.split_at(1);
    CriterionView {
        name,
        label: first.to_uppercase() + rest,
        question: descriptors.question,
        levels: [(1, descriptors.poor), (3, descriptors.good), (5, descriptors.excellent)],
    }
}

/// What the script is to know, as JSON that can't end the element it stands in.
fn data(sheet: &Sheet, form: Form) -> String {
    let items: Vec<_> = sheet
        .items
        .iter()
        .map(|item| {
            let ids: Vec<&str> = item.answers.iter().map(|answer| answer.id.as_str()).collect();
            let start: String = visible(&item.prompt).chars().take(160).collect();
            json!({ "number": item.number, "category": visible(&item.category), "start": start, "answers": ids })
        })
        .collect();
    let criteria = Criterion::ALL.map(Criterion::name);
    let data = json!({
        "format": 1,
        "sheet": sheet.id,
        "reviewer": sheet.reviewer,
        "served": form == Form::Served,
        "criteria": criteria,
        "items": items,
    });
    json_text(&data)
}

/// The page may apply its own style and run its own script, known by their hashes; served, it may also talk to the
/// program that serves it. Nothing more.
pub(super) fn policy(form: Form) -> String {
    let connect = match form {
        Form::Served => " connect-src 'self';",
        Form::File => "",
    };
    page_policy(STYLE, SCRIPT, connect)
}
