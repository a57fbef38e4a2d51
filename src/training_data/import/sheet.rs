//! XLSX workbooks: every sheet whose columns are known is a table.

use super::document::Opened;
use super::package::{Package, damaged};
use super::tabular::{self, Columns};
use crate::table::{Fault, Row, Table};
use crate::words::{self, count};
use calamine::{DataRef, Dimensions, Reader, Xlsx};
use engine::error::{Error, Result};
use std::collections::BTreeMap;
use std::io::Cursor;

/// Cells that hold something, of all sheets together.
const MOST_CELLS: usize = 2_000_000;
/// Bytes of their texts: a long text may stand in many cells and be in the file once.
const MOST_TEXT_BYTES: usize = 256 << 20;
const MOST_COLUMNS: u32 = 1024;

/// The rows of all sheets.
///
/// # Errors
/// It is damaged or too large; no sheet has columns that are known.
pub(super) fn documents(name: &str, bytes: &[u8], columns: &Columns) -> Result<Opened> {
    let package = Package::open(bytes)?;
    let parts = |prefix: &str| package.names().iter().filter(|name| name.starts_with(prefix)).count();
    let unseen =
        [(parts("xl/media/"), "image"), (parts("xl/comments") + parts("xl/threadedComments"), "list of comments")];
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|e| damaged(&e.to_string()))?;
    let mut opened = Opened::default();
    let (mut unknown, mut first): (Vec<String>, Option<Fault>) = Default::default();
    let mut left = Left { cells: MOST_CELLS, bytes: MOST_TEXT_BYTES };
    for sheet in workbook.sheet_names() {
        let rows = rows(&mut workbook, &sheet, &mut left)?;
        if rows.is_empty() {
            continue;
        }
        match tabular::header(&rows, columns) {
            Ok((header, meant)) => {
                let place = |row: usize| format!("{name}:{}:{row}", words::clip(&sheet, 40));
                let table = table(rows, header);
                let mut found = tabular::documents(&table, &meant, &place);
                if header > 0 {
                    found.notes.push(format!("sheet `{sheet}`: {} above the header left out", count(header, "row")));
                }
                opened.documents.append(&mut found.documents);
                opened.passed.append(&mut found.passed);
                opened.notes.append(&mut found.notes);
            }
            Err(fault) => {
                first.get_or_insert(fault);
                unknown.push(sheet);
            }
        }
    }
    if opened == Opened::default() {
        let Some(Fault { line, what, remedy }) = first else {
            return Err(Error::input("its sheets are empty").hint("check that it is the right file"));
        };
        let sheet = unknown.first().map(String::as_str).unwrap_or_default();
        return Err(Error::input(format!("sheet `{sheet}`, row {line}: {what}")).hint(remedy));
    }
    if !unknown.is_empty() {
        opened.notes.push(format!("passed over, without columns that are known: sheet {}", tabular::sheets(&unknown)));
    }
    let unseen = unseen.into_iter().filter(|(found, _)| *found > 0).map(|(found, noun)| count(found, noun));
    let unseen: Vec<String> = unseen.collect();
    if !unseen.is_empty() {
        opened.notes.push(format!("left out: {}", words::list(&unseen)));
    }
    Ok(opened)
}

/// How much more may be read.
struct Left {
    cells: usize,
    bytes: usize,
}

impl Left {
    /// Whether one more cell with this text may be read.
    fn take(&mut self, text: &str) -> bool {
        let within = self.cells.checked_sub(1).zip(self.bytes.checked_sub(text.len()));
        within.map(|(cells, bytes)| (self.cells, self.bytes) = (cells, bytes)).is_some()
    }
}

/// The rows of a sheet that hold something, with their numbers; none of what is no sheet of cells.
fn rows(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str, left: &mut Left) -> Result<Vec<Row>> {
    let merged = workbook.merge_cells_by_sheet_name(sheet).unwrap_or_default();
    let Ok(mut reader) = workbook.worksheet_cells_reader(sheet) else { return Ok(Vec::new()) };
    let mut cells: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    while let Some(cell) = reader.next_cell().map_err(|e| damaged(&e.to_string()))? {
        let (row, column) = cell.get_position();
        let text = text(cell.get_value());
        if text.trim().is_empty() {
            continue;
        }
        if column >= MOST_COLUMNS || !left.take(&text) {
            return Err(too_large(sheet));
        }
        cells.entry(row).or_default().insert(column, text);
    }
    if !merged.iter().all(|merged| fill(&mut cells, merged, left)) {
        return Err(too_large(sheet));
    }
    let row = |(row, cells): (u32, BTreeMap<u32, String>)| {
        let width = cells.keys().next_back().map_or(0, |last| *last as usize + 1);
        let mut texts = vec![String::new(); width];
        for (column, text) in cells {
            if let Some(place) = texts.get_mut(column as usize) {
                *place = text;
            }
        }
        Row { line: row as usize + 1, cells: texts }
    };
    Ok(cells.into_iter().map(row).collect())
}

fn too_large(sheet: &str) -> Error {
    let cells = count(MOST_CELLS, "cell");
    Error::input(format!(
        "sheet `{sheet}` is too large: at most {cells} with {MOST_TEXT_BYTES} bytes of text, in {MOST_COLUMNS} columns, \
         are read"
    ))
    .hint("export the sheet as \"CSV UTF-8\", or split it")
}

/// A cell that was merged with those below it holds for all of their rows, as a reader of the sheet sees it. Whether that
/// is within bounds.
fn fill(cells: &mut BTreeMap<u32, BTreeMap<u32, String>>, merged: &Dimensions, left: &mut Left) -> bool {
    let (top, column) = merged.start;
    let Some(text) = cells.get(&top).and_then(|row| row.get(&column)).cloned() else { return true };
    if merged.end.0 <= top {
        return true;
    }
    for (_, row) in cells.range_mut(top + 1..=merged.end.0) {
        if !left.take(&text) {
            return false;
        }
        row.entry(column).or_insert_with(|| text.clone());
    }
    true
}

/// The rows below the header as a table; one with cells beyond the header's is told, not bent.
fn table(mut rows: Vec<Row>, header: usize) -> Table {
    let body = rows.split_off(header + 1);
    let header = rows.pop().unwrap_or(Row { line: 1, cells: Vec::new() });
    let header = Row { cells: header.cells.iter().map(|name| name.trim().to_string()).collect(), ..header };
    let width = header.cells.len();
    let fit = |mut row: Row| {
        if row.cells.len() > width {
            let what = format!("this row has {}, the header has {width}", count(row.cells.len(), "cell"));
            return Err(Fault { line: row.line, what, remedy: "give every column a name, or empty what has none" });
        }
        row.cells.resize(width, String::new());
        Ok(row)
    };
    Table { header, rows: body.into_iter().map(fit).collect() }
}

/// What a reader of the sheet sees in a cell, dates as 2026-05-04.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.replace("\r\n", "\n"),
        DataRef::SharedString(text) => text.replace("\r\n", "\n"),
        DataRef::Bool(value) => if *value { "yes" } else { "no" }.to_string(),
        DataRef::DateTime(when) if when.is_datetime() => {
            let (year, month, day, hour, minute, ..) = when.to_ymd_hms_milli();
            match (hour, minute) {
                (0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"),
            }
        }
        DataRef::DateTime(duration) => {
            let minutes = (duration.as_f64() * 24.0 * 60.0).round() as i64;
            format!("{}:{:02}", minutes / 60, (minutes % 60).abs())
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        // A formula that failed says nothing.
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}
