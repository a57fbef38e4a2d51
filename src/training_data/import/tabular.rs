//! Rows of tables as documents: the header says which column is what.

use super::document::{Document, Lost, Opened, Passed, Why};
use super::{jira, markdown};
use crate::table::{Fault, PassedOver, Row, Table};
use crate::words::{few, quoted_list};

/// Columns that the user named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    pub title: Option<String>,
    /// Joined in this order, each but the first under its name as a heading.
    pub text: Vec<String>,
    pub context: Vec<String>,
}

impl Columns {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What titles are called: in Jira, in Linear, in Notion, in mail; the likeliest first.
const TITLES: [&str; 5] = ["title", "summary", "name", "subject", "titel"];
const TEXTS: [&str; 7] = ["description", "text", "body", "content", "notes", "beschreibung", "details"];
/// What is told of a row beside its text, and the names of its columns.
const CONTEXT: [(&str, &[&str]); 6] = [
    ("Type", &["issue type", "issuetype", "type"]),
    ("Priority", &["priority"]),
    ("Labels", &["labels", "label", "tags"]),
    ("Component", &["component/s", "components", "component"]),
    ("Project", &["project"]),
    ("Area", &["area", "category"]),
];
const REMEDY: &str = "say which columns hold the title and the text: --title COLUMN --text COLUMN";

/// Which columns are what; those of one name count as one column.
#[derive(Debug)]
pub(super) struct Meant {
    title: Vec<usize>,
    text: Vec<(String, Vec<usize>)>,
    context: Vec<(String, Vec<usize>)>,
    /// Its texts are in the markup of Jira.
    is_jira: bool,
}

/// What the columns of a header mean.
///
/// # Errors
/// A column that was named is not there; none is called like a title, or like a text.
pub(super) fn meant(header: &Row, columns: &Columns) -> Result<Meant, Fault> {
    let names: Vec<String> = header.cells.iter().map(|name| name.trim().to_lowercase()).collect();
    let all = |name: &str| -> Vec<usize> {
        let name = name.trim().to_lowercase();
        names.iter().enumerate().filter(|(_, other)| !name.is_empty() && **other == name).map(|(at, _)| at).collect()
    };
    let known = |among: &[&str]| among.iter().map(|name| all(name)).find(|found| !found.is_empty());
    let named = |name: &String| match all(name) {
        found if found.is_empty() => Err(missing(header, &format!("no column is called `{}`", name.trim()))),
        found => Ok((name.trim().to_string(), found)),
    };
    let title = match &columns.title {
        Some(name) => named(name)?.1,
        None => known(&TITLES).ok_or_else(|| missing(header, "no column is known to hold the title"))?,
    };
    let text = match columns.text.as_slice() {
        [] => {
            let found = known(&TEXTS).ok_or_else(|| missing(header, "no column is known to hold the text"))?;
            vec![(String::new(), found)]
        }
        names => names.iter().map(named).collect::<Result<_, _>>()?,
    };
    let taken = |at: &usize| title.contains(at) || text.iter().any(|(_, columns)| columns.contains(at));
    let usual = CONTEXT.iter().filter_map(|(label, among)| Some((label.to_string(), known(among)?)));
    let mut context: Vec<(String, Vec<usize>)> = usual.filter(|(_, columns)| !columns.iter().any(taken)).collect();
    for name in &columns.context {
        let (label, found) = named(name)?;
        if !context.iter().any(|(_, columns)| *columns == found) {
            context.push((label, found));
        }
    }
    let is_jira = known(&["issue key"]).or(known(&["issue type"])).is_some() && known(&["summary"]).is_some();
    Ok(Meant { title, text, context, is_jira })
}

fn missing(header: &Row, what: &str) -> Fault {
    let mut names: Vec<String> = Vec::new();
    for name in header.cells.iter().filter(|name| !name.is_empty()) {
        let name = format!("`{}`", crate::words::begin(&name.replace(char::is_control, "\u{fffd}"), 40));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Fault { line: header.line, what: format!("{what}; the columns are {}", few(&names, 40)), remedy: REMEDY }
}

/// Each row as a document; `place` says where a line is.
pub(super) fn documents(table: &Table, meant: &Meant, place: &dyn Fn(usize) -> String) -> Opened {
    let mut opened = Opened::default();
    for row in &table.rows {
        match row {
            Err(fault) => opened.passed.push(Passed::new(&place(fault.line), Why::Unfit, &fault.what, fault.remedy)),
            Ok(row) => match document(row, meant, place(row.line)) {
                Ok(document) => opened.documents.push(document),
                Err(passed) => opened.passed.push(passed),
            },
        }
    }
    let is_read = |column: usize| {
        let rest = meant.text.iter().chain(&meant.context).map(|(_, columns)| columns);
        std::iter::once(&meant.title).chain(rest).any(|columns| columns.contains(&column))
    };
    let mut unread = PassedOver::default();
    unread.add(table.unread(is_read));
    opened.notes.extend(unread.sentence());
    opened
}

fn document(row: &Row, meant: &Meant, at: String) -> Result<Document, Passed> {
    let cells = |columns: &[usize]| -> Vec<String> {
        let filled = columns.iter().filter_map(|column| row.cells.get(*column)).map(|cell| cell.trim());
        filled.filter(|cell| !cell.is_empty()).map(str::to_string).collect()
    };
    let line = |columns: &[usize]| cells(columns).join(", ").split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lost = Lost::default();
    let mut text = String::new();
    for (at, (heading, columns)) in meant.text.iter().enumerate() {
        let cell = cells(columns).join("\n\n");
        let cell = if meant.is_jira { jira::markdown(&cell, &mut lost) } else { cell };
        let cell = markdown::clean(&cell, &mut lost);
        if !cell.is_empty() {
            let heading = if at > 0 { format!("\n\n## {heading}\n\n") } else { String::new() };
            text = text + &heading + &cell;
        }
    }
    let unfit = |what: &str, remedy: &str| Err(Passed::new(&at, Why::Unfit, what, remedy));
    let title = line(&meant.title);
    if text.trim().is_empty() {
        return unfit("the row has no text", "write it, or name another column with --text");
    }
    if title.is_empty() {
        return unfit("the row has no title", "write it, or name another column with --title");
    }
    let context = meant.context.iter().map(|(label, columns)| (label.clone(), line(columns)));
    let context = context.filter(|(_, value)| !value.is_empty()).collect();
    Ok(Document { at, is_row: true, title, context, text: text.trim().to_string(), lost })
}

/// The first row among the upper ones that can be a header, with what it means.
///
/// # Errors
/// None can: what is wrong with the first.
pub(super) fn header(rows: &[Row], columns: &Columns) -> Result<(usize, Meant), Fault> {
    const UPPER_ROWS: usize = 20;
    let upper = rows.iter().take(UPPER_ROWS);
    let mut tried: Vec<Result<Meant, Fault>> = upper.map(|row| meant(row, columns)).collect();
    match tried.iter().position(Result::is_ok) {
        Some(at) => tried.swap_remove(at).map(|meant| (at, meant)),
        // The row with most names is likely to be the header.
        None => {
            let widest = rows.iter().take(UPPER_ROWS).enumerate();
            let filled = |row: &Row| row.cells.iter().filter(|cell| !cell.is_empty()).count();
            let widest = widest.max_by_key(|(at, row)| (filled(row), std::cmp::Reverse(*at))).map_or(0, |(at, _)| at);
            tried.swap_remove(widest).map(|meant| (widest, meant))
        }
    }
}

/// Names of sheets, for a sentence.
pub(super) fn sheets(names: &[String]) -> String {
    quoted_list(names.iter().map(String::as_str))
}
