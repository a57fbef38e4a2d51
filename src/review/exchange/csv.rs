//! A sheet as a table, one row for each answer. Spreadsheets rewrite much on the way (separators, line ends, a byte order
//! mark), so all that is forgiven; what stands in the question and the answer is not.

use super::{Exported, Judgement, clip, strange_answers};
use crate::check::Criterion;
use crate::review::{Draft, Flag, Item, Sheet, Text};
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
struct Row<'a> {
    line: u64,
    cells: BTreeMap<&'a str, String>,
}

impl Row<'_> {
    fn get(&self, column: &str) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

pub(super) fn read(
    text: &str,
    file: &Path,
    find: impl Fn(&str) -> Result<Exported>,
) -> Result<(Exported, Vec<Judgement>)> {
    let name = file.display().to_string();
    let header = header(text, &name)?;
    let rows = rows(text, &header, &name)?;
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
        None => Ok((exported, judgements)),
    }
}

/// The separator and the place of each column.
struct Header<'a> {
    separator: u8,
    places: BTreeMap<&'a str, usize>,
}

fn header(text: &str, name: &str) -> Result<Header<'static>> {
    // Old spreadsheets end lines with CR alone; blank lines before the header are skipped below, too.
    let first = text.split(['\r', '\n']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: &&u8| first.bytes().filter(|b| b == *separator).count();
    let separator = *b",;\t".iter().rev().max_by_key(count).unwrap_or(&b',');
    let record = parse(first, separator, name)?.into_iter().next().unwrap_or_default();
    let titles: Vec<String> = record.iter().map(|title| title.trim().to_lowercase()).collect();
    let found = columns().filter_map(|column| Some((column, titles.iter().position(|title| title == column)?)));
    let places: BTreeMap<&str, usize> = found.collect();
    // Category and reference are for reading only.
    let missing: Vec<&str> =
        columns().filter(|c| !places.contains_key(c) && !matches!(*c, "category" | "reference")).collect();
    if missing.is_empty() {
        return Ok(Header { separator, places });
    }
    Err(Error::input(format!("{name}:1: these columns are missing: {}", missing.join(", ")))
        .hint("send the sheet with its first line, as a CSV file"))
}

fn parse(text: &str, separator: u8, name: &str) -> Result<Vec<csv::StringRecord>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let fail = |e: csv::Error| Error::input(format!("{name}: {e}")).hint("save the sheet again as CSV");
    reader.records().map(|record| record.map_err(fail)).collect()
}

/// The rows below the header; rows without any text are left out.
fn rows<'a>(text: &str, header: &Header<'a>, name: &str) -> Result<Vec<Row<'a>>> {
    let records = parse(text, header.separator, name)?;
    let filled = records.iter().skip(1).filter(|record| record.iter().any(|cell| !cell.trim().is_empty()));
    let row = |record: &csv::StringRecord| {
        let cell = |(column, place): (&&'a str, &usize)| Some((*column, record.get(*place)?.to_string()));
        Row {
            line: record.position().map_or(0, csv::Position::line),
            cells: header.places.iter().filter_map(cell).collect(),
        }
    };
    Ok(filled.map(row).collect())
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
