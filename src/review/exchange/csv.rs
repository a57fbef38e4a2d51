//! A sheet as a table, one row for each answer. Spreadsheets rewrite much on the way (separators, line ends, a byte order
//! mark), so all that is forgiven, by `table`; what stands in the question and the answer is not.

use super::{Exported, Judgement, clip, strange_answers};
use crate::check::Criterion;
use crate::review::{Draft, Flag, Item, Sheet, Text};
use crate::table::{self, Fault, PassedOver, Table};
use engine::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const TEXTS: [&str; 6] = ["item", "answer", "category", "prompt", "reference", "text"];
const SAID: [&str; 3] = ["flags", "comment", "code"];

/// Texts up to this length, in characters, may be read as a number or a date.
const LONGEST_VALUE: usize = 30;
const BOOLEANS: [&str; 2] = ["true", "false"];

/// Spreadsheets keep 32,767 UTF-16 units of a cell; some of them may have been blanks at its end.
const FULL_CELL: usize = 32_000;

fn columns() -> impl Iterator<Item = &'static str> {
    TEXTS.into_iter().chain(Criterion::ALL.map(Criterion::name)).chain(SAID)
}

/// The sheet as a table to fill, in UTF-8 with a byte order mark, without which some spreadsheets break every accent.
pub fn write(sheet: &Sheet) -> Result<Vec<u8>> {
    let fail = |e: csv::Error| Error::input(format!("cannot write the sheet: {e}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".into());
    writer.write_record(columns()).map_err(fail)?;
    for (item, answer) in sheet.answers() {
        let reference = item.reference.as_deref().unwrap_or_default();
        let texts = [&item.category, &item.prompt, reference, &answer.text].map(cell);
        let row = [item.number.to_string(), answer.id.clone()].into_iter().chain(texts);
        // Five criteria, flags and comment, for the reviewer to fill.
        let row = row.chain(std::iter::repeat_n(String::new(), 7)).chain([code(sheet, answer)]);
        writer.write_record(row).map_err(fail)?;
    }
    writer.into_inner().map_err(|e| Error::input(format!("cannot write the sheet: {e}")))
}

/// Says which row of which sheet it is, wherever it is sorted or copied to.
fn code(sheet: &Sheet, answer: &Text) -> String {
    format!("{}-{}", sheet.id, answer.id)
}

/// A text that a spreadsheet leaves alone: control characters replaced, and nothing taken for a formula, a number, a date
/// or a truth value, which would come back as 3.5 for 3.50.
fn cell(text: &str) -> String {
    let plain = |c: char| if c.is_control() && !matches!(c, '\n' | '\t' | '\r') { '\u{fffd}' } else { c };
    let text: String = text.chars().map(plain).collect();
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let short = text.chars().nth(LONGEST_VALUE).is_none();
    let value =
        short && (text.contains(|c: char| c.is_numeric()) || BOOLEANS.contains(&text.trim().to_lowercase().as_str()));
    if formula || value { format!("'{text}") } else { text }
}

/// What is left of a cell when spaces, line ends and the guard against formulas do not count.
fn essence(cell: &str) -> String {
    let words: Vec<&str> = cell.trim_start_matches('\'').split_whitespace().collect();
    words.join(" ")
}

/// Whether a cell still holds the text that was sent, or as much of it as a spreadsheet keeps in one cell.
fn is_whole(cell: &str, sent: &str) -> bool {
    let (found, sent) = (essence(cell), essence(sent));
    found == sent || (cell.encode_utf16().count() >= FULL_CELL && sent.starts_with(&found))
}

/// One row of a file, by its columns.
struct Row {
    line: usize,
    cells: BTreeMap<&'static str, String>,
}

impl Row {
    fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

/// The sheet, what it says, and which of its columns nothing reads.
pub(super) fn read(
    text: &str,
    file: &Path,
    find: impl Fn(&str) -> Result<Exported>,
) -> Result<(Exported, Vec<Judgement>, Option<String>)> {
    let name = file.display().to_string();
    let table = table::read(text).map_err(|fault| at(&name, fault))?;
    let places = places(&table.header.cells, &name)?;
    let mut unread = PassedOver::default();
    unread.add(table.unread(|column| places.values().any(|place| *place == column)));
    let rows = rows(table, &places, &name)?;
    let id = sheet_id(&rows, &name)?;
    let exported = find(&id)?;
    let expected: BTreeMap<&str, (&Item, &Text)> =
        exported.sheet.answers().map(|(item, answer)| (answer.id.as_str(), (item, answer))).collect();
    let (mut judgements, mut faults) = (Vec::new(), Vec::new());
    for row in &rows {
        let place = format!("{name}:{}", row.line);
        let (draft, wrong) = judge(row, &id, &expected);
        faults.extend(wrong.into_iter().map(|(what, hint)| Error::input(format!("{place}: {what}")).hint(hint)));
        judgements.push(Judgement { draft, at: None, place });
    }
    faults.extend(strange_answers(&exported.sheet, &judgements));
    let there: BTreeSet<&str> = judgements.iter().map(|j| j.draft.answer.as_str()).collect();
    let gone: Vec<&str> = expected.keys().copied().filter(|id| !there.contains(id)).collect();
    if !gone.is_empty() {
        faults.push(
            Error::input(format!("{name}: the rows of these answers are missing: {}", gone.join(", ")))
                .hint("leave a row empty rather than deleting it, or export the sheet again"),
        );
    }
    match Error::gather(faults) {
        Some(fault) => Err(fault),
        None => Ok((exported, judgements, unread.sentence())),
    }
}

fn at(name: &str, Fault { line, what, remedy }: Fault) -> Error {
    Error::input(format!("{name}:{line}: {what}")).hint(remedy)
}

/// The place of each column.
fn places(header: &[String], name: &str) -> Result<BTreeMap<&'static str, usize>> {
    let titles: Vec<String> = header.iter().map(|title| title.to_lowercase()).collect();
    let found = columns().filter_map(|column| Some((column, titles.iter().position(|title| title == column)?)));
    let places: BTreeMap<&str, usize> = found.collect();
    // Category and reference are for reading only.
    let missing: Vec<&str> =
        columns().filter(|c| !places.contains_key(c) && !matches!(*c, "category" | "reference")).collect();
    if missing.is_empty() {
        return Ok(places);
    }
    Err(Error::input(format!("{name}:1: these columns are missing: {}", missing.join(", ")))
        .hint("send the sheet with its first line, as a CSV file"))
}

/// The rows below the header. Gathers those that have other columns than it.
fn rows(table: Table, places: &BTreeMap<&'static str, usize>, name: &str) -> Result<Vec<Row>> {
    let (mut rows, mut faults) = (Vec::with_capacity(table.rows.len()), Vec::new());
    for row in table.rows {
        match row {
            Ok(mut row) => {
                let cell = |(column, place): (&&'static str, &usize)| {
                    Some((*column, std::mem::take(row.cells.get_mut(*place)?)))
                };
                let cells = places.iter().filter_map(cell).collect();
                rows.push(Row { line: row.line, cells });
            }
            Err(fault) => faults.push(at(name, fault)),
        }
    }
    Error::gather(faults).map_or(Ok(rows), Err)
}

/// The one sheet that the rows' codes name.
fn sheet_id(rows: &[Row], name: &str) -> Result<String> {
    let ids: BTreeSet<&str> = rows.iter().filter_map(|row| Some(row.get("code").rsplit_once('-')?.0)).collect();
    match ids.into_iter().collect::<Vec<_>>().as_slice() {
        [id] => Ok(id.to_string()),
        [] => Err(Error::input(format!("{name}: no row has its code"))
            .hint("the last column says which sheet it is; export the sheet again and leave that column")),
        several => {
            Err(Error::input(format!("{name}: the codes are altered, or rows of {} sheets are mixed", several.len()))
                .hint("send each sheet in a file of its own, the column `code` untouched"))
        }
    }
}

type Wrong = (String, &'static str);

/// What a row says, and what is wrong with it.
fn judge(row: &Row, sheet: &str, expected: &BTreeMap<&str, (&Item, &Text)>) -> (Draft, Vec<Wrong>) {
    let mut wrong: Vec<Wrong> = Vec::new();
    let id = row.get("answer");
    if row.get("code") != format!("{sheet}-{id}") {
        let message = format!("the code {} is not that of answer {}", clip(row.get("code")), clip(id));
        wrong.push((message, "leave the columns item, answer and code as they were"));
    }
    if let Some((item, answer)) = expected.get(id) {
        if row.get("item") != item.number.to_string() {
            wrong.push((format!("answer {id} belongs to item {}", item.number), "leave the column item as it was"));
        }
        let texts = [("prompt", &item.prompt), ("text", &answer.text)];
        for (column, _) in texts.into_iter().filter(|(column, text)| !is_whole(row.get(column), &cell(text))) {
            let hint = "points must be for the text that was sent; export the sheet again";
            wrong.push((format!("the {column} of answer {id} was altered"), hint));
        }
    }
    let mut points = BTreeMap::new();
    for criterion in Criterion::ALL {
        match row.get(criterion.name()) {
            "" => {}
            written => match read_points(written) {
                Some(given) => _ = points.insert(criterion, given),
                None => wrong.push((
                    format!("{criterion} is {}", clip(written)),
                    "points are whole numbers from 1 to 5; leave the cell empty for none",
                )),
            },
        }
    }
    let mut flags = BTreeSet::new();
    for word in row.get("flags").split([',', ';', ' ', '\n']).filter(|word| !word.is_empty()) {
        match Flag::ALL.into_iter().find(|flag| flag.name() == word.to_lowercase()) {
            Some(flag) => _ = flags.insert(flag),
            None => wrong
                .push((format!("there is no flag {}", clip(word)), "the flags are factual-error, unusable and best")),
        }
    }
    let done = points.len() == Criterion::ALL.len();
    let comment = row.get("comment").replace("\r\n", "\n").replace('\r', "\n");
    (Draft { answer: id.to_string(), points, comment, flags, done, reason: None }, wrong)
}

/// `4`, and `4.0` or `4,0`, as some spreadsheets write it.
fn read_points(written: &str) -> Option<u8> {
    let value: f64 = written.replace(',', ".").parse().ok()?;
    let whole = value.fract() == 0.0 && (1.0..=5.0).contains(&value);
    whole.then_some(value as u8)
}
