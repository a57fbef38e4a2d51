//! lm-evaluation-harness: a YAML task of multiple choice over documents on this computer.

use super::case::Case;
use super::draft::{Draft, literal};
use super::files::Files;
use super::remark::Place;
use crate::suite::fill_in;
use crate::yaml::Node;
use engine::error::{Error, Result};
use regex::Regex;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Keys that decide nothing about which choice is right.
const NEUTRAL: [&str; 20] = [
    "task",
    "task_alias",
    "tag",
    "group",
    "metadata",
    "metric_list",
    "dataset_path",
    "dataset_name",
    "dataset_kwargs",
    "training_split",
    "validation_split",
    "test_split",
    "fewshot_split",
    "fewshot_config",
    "output_type",
    "should_decontaminate",
    "doc_to_decontamination_query",
    "repeats",
    "target_delimiter",
    "fewshot_delimiter",
];

/// Keys that are read.
const READ: [&str; 5] = ["doc_to_text", "doc_to_choice", "doc_to_target", "description", "num_fewshot"];

/// Reads the task, and gives its name.
pub(super) fn read(task: &Node, files: &Files, draft: &mut Draft) -> Result<String> {
    let file = task.place().file;
    let output = task.get("output_type").and_then(Node::as_str).unwrap_or_default();
    if output != "multiple_choice" {
        let place = task.get("output_type").unwrap_or(task);
        return Err(place
            .fault(format!("the task's `output_type` is `{output}`"))
            .hint("only tasks of `multiple_choice` become suites: for others write cases with checks of their own"));
    }
    for (key, node) in task.entries() {
        let known = |list: &[&str]| list.contains(&key.text.as_str());
        if key.text == "num_fewshot" && node.as_str() == Some("0") || known(&NEUTRAL) {
            continue;
        }
        if key.text == "num_fewshot" {
            let why = "examples before the question are not carried over; a version's `examples` are their place";
            draft.remarks.left_out(&Place::of(node), "num_fewshot", why);
        } else if !known(&READ) {
            draft.remarks.left_out(&Place::of(node), format!("`{}`", key.text), "not known here");
        }
    }
    let why = "choices are ranked by what the question adds to their likelihood, not by acc or acc_norm";
    draft.remarks.changed(&Place::of(task), "output_type: multiple_choice", why);
    let [text, choice, target] = ["doc_to_text", "doc_to_choice", "doc_to_target"]
        .map(|key| task.get(key).ok_or_else(|| task.fault(format!("the task has no `{key}`"))));
    let maker = Maker { text: text?, choice: choice?, target: target?, about: task.get("description") };
    for (file, text) in documents(task, files, &file)? {
        for (line, document) in parsed(&file, &text)? {
            let place = Place::at(&file, line);
            match maker.case(&place, &document) {
                Ok((words, case)) => {
                    draft.remarks.kept(&place, "document", "");
                    draft.take(&words, case)?;
                }
                Err(why) => draft.remarks.left_out(&place, "document", why),
            }
        }
    }
    let name = task.get("task").and_then(Node::as_str).unwrap_or_default();
    Ok(if name.is_empty() { String::new() } else { format!("The task {name} of lm-evaluation-harness.") })
}

/// The files of the split that is tested, with their texts.
fn documents(task: &Node, files: &Files, file: &Path) -> Result<Vec<(PathBuf, String)>> {
    let path = task.get("dataset_path").ok_or_else(|| task.fault("the task has no `dataset_path`"))?;
    let remedy = "save its documents as JSON lines beside this file and write `dataset_path: json` with \
                  `dataset_kwargs: {data_files: {test: documents.jsonl}}`";
    if path.as_str() != Some("json") {
        return Err(path.fault("the task's documents do not lie on this computer").hint(remedy));
    }
    let data = task.get("dataset_kwargs").and_then(|kwargs| kwargs.get("data_files"));
    let data = data.ok_or_else(|| path.fault("the task does not say where its documents lie").hint(remedy))?;
    let split = ["test_split", "validation_split"].iter().find_map(|key| task.get(key)?.as_str());
    let named = match data.is_map() {
        false => data,
        true => split
            .and_then(|split| data.get(split))
            .or_else(|| data.get("test"))
            .ok_or_else(|| data.fault("no file is named for the split that is tested").hint("name one under `test`"))?,
    };
    let names: Vec<&Node> = named.items().map_or_else(|| vec![named], |items| items.iter().collect());
    let read = |node: &&Node| {
        let name = node.as_str().ok_or_else(|| node.fault("expected the name of a file"))?;
        files.read(file, name).map_err(|why| node.fault(why))
    };
    names.iter().map(read).collect()
}

/// The documents of a file with the lines they begin on: JSON lines, or one JSON list.
fn parsed(file: &Path, text: &str) -> Result<Vec<(usize, Map<String, Value>)>> {
    let fault = |line: usize, what: String| {
        Error::input(format!("{}:{line}: {what}", file.display())).hint("every document is a JSON object on a line")
    };
    if text.trim_start().starts_with('[') {
        let list: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|e| fault(e.line(), e.to_string()))?;
        return Ok(list.into_iter().map(|document| (1, document)).collect());
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| Ok((at + 1, serde_json::from_str(line).map_err(|e| fault(at + 1, e.to_string()))?)))
        .collect()
}

/// What makes a case of a document.
struct Maker<'a> {
    text: &'a Node,
    choice: &'a Node,
    target: &'a Node,
    about: Option<&'a Node>,
}

impl Maker<'_> {
    /// The case with its words.
    ///
    /// # Errors
    /// In words, why this document makes none.
    fn case(&self, place: &Place, document: &Map<String, Value>) -> Result<(String, Case), String> {
        let text = self.text.as_str().ok_or("`doc_to_text` is no text")?;
        let text = value(text, document)?;
        let asked = told(&text).ok_or("`doc_to_text` gives no text")?;
        let about = self.about.and_then(Node::as_str).map(|about| filled(about, document)).transpose()?;
        let prompt = format!("{}{}", about.unwrap_or_default(), asked);
        let choices = self.choices(document)?;
        let right = self.right(document, &choices)?;
        let mut case = Case::new(place.clone());
        case.set("prompt", literal(prompt.trim()));
        case.set("choices", choices.iter().map(|choice| literal(choice)).collect::<Vec<_>>());
        case.set("reference", literal(right.trim()));
        let words = document.get("id").and_then(Value::as_str).unwrap_or(&asked).to_string();
        Ok((words, case))
    }

    fn choices(&self, document: &Map<String, Value>) -> Result<Vec<String>, String> {
        let list: Vec<Value> = match self.choice.items() {
            Some(items) => {
                let texts = items.iter().map(|item| item.as_str().ok_or("a choice is no text".to_string()));
                texts.map(|text| filled(text?, document).map(Value::from)).collect::<Result<_, _>>()?
            }
            None => match value(self.choice.as_str().ok_or("`doc_to_choice` is no text and no list")?, document)? {
                Value::Array(items) => items,
                _ => return Err("`doc_to_choice` gives no list".into()),
            },
        };
        list.iter().map(|choice| told(choice).ok_or_else(|| "a choice is no text".to_string())).collect()
    }

    /// The right one: the target is its place in the list, or its text.
    fn right(&self, document: &Map<String, Value>, choices: &[String]) -> Result<String, String> {
        let written = self.target.as_str().ok_or("`doc_to_target` is no text and no number")?;
        let target = told(&value(written, document)?).ok_or("`doc_to_target` gives neither a place nor a text")?;
        let target = target.trim();
        let by_text = || choices.iter().find(|choice| choice.trim() == target).cloned();
        let found = match target.parse::<usize>() {
            Ok(at) => choices.get(at).cloned(),
            Err(_) => by_text(),
        };
        found.ok_or_else(|| format!("the target `{target}` is none of the {} choices", choices.len()))
    }
}

/// What a field says of a document: the column of that name, else the template.
fn value(written: &str, document: &Map<String, Value>) -> Result<Value, String> {
    if let Some(column) = document.get(written.trim()) {
        return Ok(column.clone());
    }
    let trimmed = written.trim();
    let inner = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    // One expression and nothing else may give a list or a number.
    match inner.filter(|inner| !inner.contains("{{") && !inner.contains("}}")) {
        Some(inner) => {
            let text = filled(&format!("{{{{ ({inner}) | tojson }}}}"), document)?;
            // `tojson` is made for pages and escapes for them; JSON reads that back.
            serde_json::from_str(&text).map_err(|error| format!("`{inner}` gives no value: {error}"))
        }
        None => filled(written, document).map(Value::from),
    }
}

/// Methods of Python's texts that filters stand for.
static METHODS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\.(l?r?strip|lower|upper|title|capitalize)\(\)").ok());

fn filled(template: &str, document: &Map<String, Value>) -> Result<String, String> {
    let filters = |found: &regex::Captures<'_>| match &found[1] {
        "lower" | "upper" | "title" | "capitalize" => format!("|{}", &found[1]),
        _ => "|trim".to_string(),
    };
    let template = METHODS.as_ref().map_or(template.into(), |methods| methods.replace_all(template, filters));
    fill_in(&template, &json!(document)).map_err(|error| error.message)
}

fn told(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "True" } else { "False" }.to_string()),
        _ => None,
    }
}
