//! Printing: colour only on a terminal, and a closed pipe is no error. Any other failure of standard output is kept for
//! [`failure`], so that no command whose result nobody could read ends as if all were well.

pub use crate::work::short_path as path;

use clap::builder::styling::AnsiColor;
use engine::error::{Error, Kind, Result};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// The first failure of standard output.
static FAILURE: Mutex<Option<std::io::Error>> = Mutex::new(None);

/// Writes a line to standard output. A reader that has gone away (`| head`) ends the printing, not the program.
pub fn line(text: impl AsRef<str>) {
    print(|out| writeln!(out, "{}", text.as_ref()));
}

fn print(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
    let mut out = anstream::stdout().lock();
    keep(write(&mut out).and_then(|()| out.flush()));
}

/// Keeps the first failure; a reader that has gone away is none.
pub fn keep(result: std::io::Result<()>) {
    if let Err(error) = result
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        FAILURE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// What kept standard output from being written, if anything did.
pub fn failure() -> Option<Error> {
    let error = FAILURE.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    Some(
        Error::new(Kind::Io, format!("standard output cannot be written: {error}"))
            .hint("free some disk space or write elsewhere; reports that were made lie in their files all the same"),
    )
}

/// Writes a long text to standard output, broken between words.
pub fn paragraph(text: impl AsRef<str>) {
    line(wrapped(text.as_ref(), width()));
}

/// Writes a text of several lines; those wider than the terminal are broken between words, their rests indented alike.
pub fn prose(text: impl AsRef<str>) {
    let width = width();
    let broken = text.as_ref().split('\n').map(|line| {
        let start = line.trim_start();
        let indent = line.get(..line.len() - start.len()).unwrap_or_default();
        let room = width.saturating_sub(indent.chars().count()).max(20);
        if line.chars().count() <= width { line.to_string() } else { indented(indent, &wrapped(start, room)) }
    });
    line(broken.collect::<Vec<_>>().join("\n"));
}

fn indented(indent: &str, text: &str) -> String {
    text.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

fn wrapped(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines.join("\n")
}

/// Writes a long text behind `lead`, broken between words, its further lines under the first word.
pub fn item(lead: &str, text: impl AsRef<str>) {
    let indent = lead.chars().count();
    let body = wrapped(text.as_ref(), width().saturating_sub(indent).max(20));
    line(format!("{lead}{}", body.replace('\n', &format!("\n{}", " ".repeat(indent)))));
}

/// Writes text to standard output as it is.
pub fn text(text: impl AsRef<str>) {
    print(|out| write!(out, "{}", text.as_ref()));
}

/// The version of what `--json` prints, for every command. Keys are added without raising it; it is raised where one
/// changes its meaning or goes.
const FORMAT: u32 = 1;

/// What `--json` prints: one object, its `format` first.
pub fn json<T: Serialize>(value: &T) -> Result<()> {
    line(as_json(value)?);
    Ok(())
}

/// The same as a text.
pub fn as_json<T: Serialize>(value: &T) -> Result<String> {
    let fail = |e: serde_json::Error| Error::input(format!("this cannot be printed as JSON: {e}"));
    let mut told = serde_json::Map::from_iter([("format".to_string(), FORMAT.into())]);
    match serde_json::to_value(value).map_err(fail)? {
        // What is a file as well has the version of that file.
        serde_json::Value::Object(own) => told.extend(own),
        other => _ = told.insert("items".to_string(), other),
    }
    serde_json::to_string_pretty(&told).map_err(fail)
}

/// A remark beside the results, on standard error.
pub fn note(text: impl AsRef<str>) {
    let _ = writeln!(anstream::stderr().lock(), "{}", text.as_ref());
}

pub fn warning(text: impl AsRef<str>) {
    let style = AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr().lock(), "{style}warning{style:#}: {}", text.as_ref());
}

pub fn error(error: &Error) {
    let style = AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr().lock(), "{style}error{style:#}: {error}");
}

/// How wide tables may be: the terminal's width up to 120 columns, 80 without a terminal.
pub fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).clamp(40, 120))
}

/// Colour only on a terminal that wants it.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_break_between_words_only() {
        let text = "Nine is für 9,\nand this-word-is-longer-than-a-line ends";
        assert_eq!(wrapped(text, 14), "Nine is für 9,\nand\nthis-word-is-longer-than-a-line\nends");
        assert_eq!(wrapped("", 14), "");
    }
}
