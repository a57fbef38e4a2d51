//! From a file's name and bytes to its documents.

use super::document::Opened;
use super::tabular::{self, Columns};
use super::{docx, html, markdown, sheet};
use crate::table::{self, Decoded, Fault};
use engine::error::{Error, Result};
use std::path::Path;

/// The largest file.
pub const MOST_FILE_BYTES: u64 = 64 << 20;

/// Which files are read, and how others become such.
const READ: &str = "Markdown, plain text, HTML, DOCX, CSV and XLSX are read";

/// The documents in `bytes`, the content of `file`; its name says which format it is.
///
/// # Errors
/// No such format; the file is damaged; a table whose columns nobody can know the meaning of.
pub fn documents(file: &Path, bytes: &[u8], columns: &Columns) -> Result<Opened> {
    let name = file_name(file);
    let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let named = |error: Error| Error { message: format!("{}: {}", file.display(), error.message), ..error };
    let faulty = |fault: Fault| at(file, fault);
    let is_table = matches!(extension.as_str(), "csv" | "tsv" | "xlsx" | "xlsm");
    if bytes.is_empty() {
        return Err(Error::input(format!("{} is empty: it has 0 bytes", file.display())).hint("export it again"));
    }
    if !is_table && !columns.is_empty() {
        return Err(Error::usage(format!("{}: only tables have columns", file.display()))
            .hint("import documents without --title, --text and --context"));
    }
    match extension.as_str() {
        "md" | "markdown" => Ok(markdown::document(&name, &text(bytes).map_err(faulty)?)),
        "txt" | "text" => Ok(markdown::plain(&name, &text(bytes).map_err(faulty)?)),
        "html" | "htm" => html::document(&name, &text(bytes).map_err(faulty)?).map_err(named),
        "docx" => docx::document(&name, bytes).map_err(named),
        "csv" | "tsv" => csv(&name, bytes, columns).map_err(faulty),
        "xlsx" | "xlsm" => sheet::documents(&name, bytes, columns).map_err(named),
        "doc" | "odt" | "rtf" | "pages" => Err(unread(file, "save it as DOCX")),
        "xls" | "xlsb" | "ods" | "numbers" => Err(unread(file, "save it as XLSX, or as \"CSV UTF-8\"")),
        "pdf" => {
            Err(unread(file, "a PDF has lost what is a heading and what a list; import the document it was made of"))
        }
        "jsonl" | "json" => Err(unread(file, "examples of other tools are read by `pmtune data convert`")),
        _ => Err(unread(file, "save it in one of these formats")),
    }
}

fn unread(file: &Path, remedy: &str) -> Error {
    Error::input(format!("{} is in a format that is not read", file.display())).hint(format!("{READ}; {remedy}"))
}

/// The name of a file as drafts say it, fit for one line.
fn file_name(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn text(bytes: &[u8]) -> Result<Decoded, Fault> {
    let decoded = table::decode(bytes)?;
    let text = decoded.text.replace("\r\n", "\n").replace('\r', "\n");
    Ok(Decoded { text, guess: decoded.guess })
}

fn csv(name: &str, bytes: &[u8], columns: &Columns) -> Result<Opened, Fault> {
    let decoded = table::decode(bytes)?;
    let table = table::read_repeated(&decoded.text)?;
    let meant = tabular::meant(&table.header, columns)?;
    let mut opened = tabular::documents(&table, &meant, &|line| format!("{name}:{line}"));
    opened.notes.splice(0..0, decoded.guess);
    Ok(opened)
}

fn at(file: &Path, Fault { line, what, remedy }: Fault) -> Error {
    Error::input(format!("{}:{line}: {what}", file.display())).hint(remedy)
}
