use super::csv;
use super::record::{self, Texts};
use crate::training_data::{Example, Place};
use engine::error::{self, Error, Result};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

/// What [`read`] made of a file.
#[derive(Debug, Default)]
pub struct Imported {
    pub examples: Vec<Example>,
    /// Different system prompts of the conversations, in order; an example has no place for them.
    pub systems: Vec<String>,
}

/// Why a record is no example, and the remedy.
type Fault = (String, &'static str);

/// Reads `bytes`, the content of `file`: CSV where the file's name says so, else JSON lines or one JSON list.
///
/// # Errors
/// Gathers every record that is not one question with its answer, with file and line.
pub fn read(file: &Path, bytes: &[u8]) -> Result<Imported> {
    let text = std::str::from_utf8(bytes).map_err(|e| not_utf8(file, bytes, e.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let extension = file.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
    let records = match extension.as_deref() {
        Some("csv" | "tsv") => table(text),
        _ if text.trim_start().starts_with('[') => list(text),
        _ => lines(text),
    };
    let place: Arc<Path> = Arc::from(file);
    let written: Vec<&str> = text.lines().collect();
    let (mut imported, mut faults) = (Imported::default(), Vec::new());
    for (line, texts) in records {
        match texts.and_then(complete) {
            Ok(texts) => {
                if let Some(system) = texts.system.filter(|s| !imported.systems.contains(s)) {
                    imported.systems.push(system);
                }
                imported.examples.push(Example {
                    id: texts.id,
                    instruction: texts.instruction,
                    input: texts.input,
                    output: texts.output,
                    tags: texts.tags,
                    source: texts.source,
                    place: Place { file: place.clone(), line },
                });
            }
            Err((message, hint)) => faults.push(fault(file, written.get(line - 1), line, message).hint(hint)),
        }
    }
    match Error::gather(faults) {
        Some(error) => Err(error),
        None if imported.examples.is_empty() => {
            Err(Error::input(format!("{} holds no examples", file.display())).hint("check that it is the right file"))
        }
        None => Ok(imported),
    }
}

fn complete(texts: Texts) -> Result<Texts, Fault> {
    let empty = [("the question", &texts.instruction), ("the answer", &texts.output)];
    let empty = empty.into_iter().find(|(_, text)| text.trim().is_empty());
    match empty.map(|(name, _)| name) {
        Some(name) => Err((format!("{name} is empty"), "write it, or remove the record")),
        None => Ok(texts),
    }
}

fn lines(text: &str) -> Vec<(usize, Result<Texts, Fault>)> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| (index + 1, json(line, index + 1).1)).collect()
}

/// A JSON list of records, which may span many lines.
fn list(text: &str) -> Vec<(usize, Result<Texts, Fault>)> {
    match elements(text) {
        Ok(elements) => elements.into_iter().map(|(line, element)| json(element, line)).collect(),
        Err(line) => vec![(line, Err(("the list is not closed".into(), "the file is cut off; export it again")))],
    }
}

/// One record as JSON; the line is that of the fault where the JSON itself is broken.
fn json(text: &str, line: usize) -> (usize, Result<Texts, Fault>) {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => (line, record::from_json(&value)),
        Err(e) => {
            let said = e.to_string();
            let said = said.split(" at line ").next().unwrap_or_default();
            let hint = "line breaks inside a text are written \\n, quotes \\\"; each record is one JSON object";
            (line + e.line().saturating_sub(1), Err((format!("not JSON: {said} (column {})", e.column()), hint)))
        }
    }
}

/// The elements of the outermost list with the lines they begin on; the last line where the list is not closed.
fn elements(text: &str) -> Result<Vec<(usize, &str)>, usize> {
    let (mut found, mut depth, mut line) = (Vec::new(), 0usize, 1);
    let (mut in_text, mut escaped) = (false, false);
    // Where the element being read begins, and on which line.
    let mut start: Option<(usize, usize)> = None;
    for (at, byte) in text.bytes().enumerate() {
        line += usize::from(byte == b'\n');
        if in_text {
            (in_text, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        if depth == 1 && matches!(byte, b',' | b']') {
            found.extend(start.take().map(|(from, begun)| (begun, text[from..at].trim_end())));
        } else if depth == 1 && start.is_none() && !byte.is_ascii_whitespace() {
            start = Some((at, line));
        }
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => in_text = true,
            _ => {}
        }
        if depth == 0 && byte == b']' {
            return Ok(found);
        }
    }
    Err(line)
}

fn table(text: &str) -> Vec<(usize, Result<Texts, Fault>)> {
    let rows = match csv::rows(text) {
        Ok(rows) => rows,
        Err(csv::Fault { line, what }) => {
            return vec![(line, Err((what.into(), "save the sheet as CSV again, with texts in double quotes")))];
        }
    };
    let Some((header, rows)) = rows.split_first() else { return Vec::new() };
    match record::columns(&header.fields) {
        Ok(columns) => rows.iter().map(|row| (row.line, record::from_row(&columns, &row.fields))).collect(),
        Err(fault) => vec![(header.line, Err(fault))],
    }
}

/// A fault of the line `whole`.
fn fault(file: &Path, whole: Option<&&str>, line: usize, message: String) -> Error {
    const WIDTH: usize = 80;
    let whole = whole.copied().unwrap_or_default();
    let cut = whole.chars().count() > WIDTH;
    let snippet = whole.chars().take(WIDTH).chain(cut.then_some('…')).collect();
    Error::input(message).at(error::Place { file: file.to_path_buf(), line, column: 1, snippet })
}

fn not_utf8(file: &Path, bytes: &[u8], at: usize) -> Error {
    let line = bytes.iter().take(at).filter(|b| **b == b'\n').count() + 1;
    let whole = String::from_utf8_lossy(bytes.split(|b| *b == b'\n').nth(line - 1).unwrap_or_default());
    fault(file, Some(&whole.as_ref()), line, "this line is not UTF-8 text".into())
        .hint("save the file as UTF-8 (in Excel: \"CSV UTF-8\")")
}
