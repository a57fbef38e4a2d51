use super::table::{self, Read};
use crate::table::{Fault, PassedOver, decode};
use crate::training_data::line::Broken;
use crate::training_data::load::fault;
use crate::training_data::record::{self, Record};
use crate::training_data::{Conversation, Place};
use engine::error::{Error, Result};
use std::path::Path;
use std::sync::Arc;

/// What [`read`] made of a file.
#[derive(Debug, Default)]
pub struct Imported {
    pub conversations: Vec<Conversation>,
    /// What was guessed or passed over, each in a sentence for the user.
    pub notes: Vec<String>,
}

/// Reads `bytes`, the content of `file`: CSV where the file's name says so, else JSON lines or one JSON list.
///
/// # Errors
/// Gathers every record that cannot be trained on, with file and line. No record at all is an error too.
pub fn read(file: &Path, bytes: &[u8]) -> Result<Imported> {
    let decoded = decode(bytes).map_err(|fault| at(file, fault))?;
    let text = decoded.text.as_str();
    let place: Arc<Path> = Arc::from(file);
    let extension = file.extension().and_then(|e| e.to_str()).map(str::to_lowercase);
    let mut unread = PassedOver::default();
    let records = match extension.as_deref() {
        Some("csv" | "tsv") => table::records(text, &place, &mut unread).map_err(|fault| at(file, fault))?,
        _ if text.trim_start().starts_with('[') => list(text, &place),
        _ => lines(text, &place),
    };
    let (mut conversations, mut faults) = (Vec::new(), Vec::new());
    for (line, written, read) in records {
        match read.and_then(Record::filled) {
            Ok(record) => {
                unread.add(record.unread);
                conversations.push(record.conversation);
            }
            Err(broken) => {
                faults.extend(broken.into_iter().map(|broken| fault(file, line, written.as_bytes(), broken)));
            }
        }
    }
    if conversations.is_empty() && faults.is_empty() {
        return Err(
            Error::input(format!("{} holds no examples", file.display())).hint("check that it is the right file")
        );
    }
    let told = decoded.guess.into_iter().chain(unread.sentence());
    let notes = told.map(|what| format!("{}: {what}", file.display())).collect();
    Error::gather(faults).map_or(Ok(Imported { conversations, notes }), Err)
}

fn at(file: &Path, Fault { line, what, remedy }: Fault) -> Error {
    Error::input(format!("{}:{line}: {what}", file.display())).hint(remedy)
}

fn lines<'a>(text: &'a str, file: &Arc<Path>) -> Vec<Read<'a>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(index, line)| json(line, index + 1, file)).collect()
}

/// A JSON list of records, which may span many lines.
fn list<'a>(text: &'a str, file: &Arc<Path>) -> Vec<Read<'a>> {
    let (elements, end) = elements(text);
    let mut records: Vec<Read> = elements.into_iter().map(|(line, element)| json(element, line, file)).collect();
    if let Err((line, message)) = end {
        let remedy = "the file is cut off, or two were put into one; export it again".into();
        let broken = Broken { code: "not-json", line: 0, column: 1, message: message.into(), remedy };
        records.push((line, text.lines().nth(line - 1).unwrap_or_default(), Err(vec![broken])));
    }
    records
}

/// One record as JSON.
fn json<'a>(text: &'a str, line: usize, file: &Arc<Path>) -> Read<'a> {
    (line, text, record::read(text.as_bytes(), Place { file: file.clone(), line }))
}

/// Where a list does not end as it should, and how.
type Unended = (usize, &'static str);

/// The elements of the outermost list with the lines they begin on, and whether the text ends with the list.
fn elements(text: &str) -> (Vec<(usize, &str)>, Result<(), Unended>) {
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
            let after = text.get(at + 1..).unwrap_or_default();
            let blank = after.len() - after.trim_start().len();
            let line = line + after.get(..blank).unwrap_or_default().matches('\n').count();
            return (found, if after.trim().is_empty() { Ok(()) } else { Err((line, "something follows the list")) });
        }
    }
    (found, Err((line, "the list is not closed")))
}
