//! Rows of a table as records: the header says which column is what.

use crate::table::{self, Fault, PassedOver, Row};
use crate::training_data::columns::Field;
use crate::training_data::line::Broken;
use crate::training_data::question::parts;
use crate::training_data::record::Record;
use crate::training_data::{Conversation, Example, Place};
use std::path::Path;
use std::sync::Arc;

/// A record's first line, its text, and what it says.
pub(super) type Read<'a> = (usize, &'a str, Result<Record, Vec<Broken>>);

const NAMES: &str = "name the columns instruction, input and output (or prompt and completion); id, system, tags and \
                     source may stand beside them";

/// The records of a table, and in `unread` its columns that nothing reads and that hold something.
pub(super) fn records<'a>(text: &str, file: &Arc<Path>, unread: &mut PassedOver) -> Result<Vec<Read<'a>>, Fault> {
    let table = table::read(text)?;
    if table.header.cells.is_empty() {
        return Ok(Vec::new());
    }
    let columns = columns(&table.header)?;
    unread.add(table.unread(|column| columns.get(column).copied().flatten().is_some()));
    Ok(table.rows.into_iter().map(|row| record(row, &columns, file)).collect())
}

/// What each column is, unknown ones as `None`.
fn columns(header: &Row) -> Result<Vec<Option<Field>>, Fault> {
    let columns: Vec<Option<Field>> = header.cells.iter().map(|name| Field::named(&name.to_lowercase())).collect();
    let fault = |what: String, remedy| Fault { line: header.line, what, remedy };
    let meaning = |wanted: &'static [Field]| {
        let named = columns.iter().zip(&header.cells);
        named.filter(move |(field, _)| field.is_some_and(|field| wanted.contains(&field))).map(|(_, name)| name)
    };
    for wanted in [&[Field::Instruction, Field::Question][..], &[Field::Input], &[Field::Output]] {
        let mut named = meaning(wanted);
        if let (Some(first), Some(second)) = (named.next(), named.next()) {
            let gives = wanted.first().map_or("it", |field| field.gives());
            let what = format!("the columns `{first}` and `{second}` both give {gives}");
            return Err(fault(what, "keep the one that counts; remove the other, or give it another name"));
        }
    }
    if meaning(&[Field::Output]).next().is_none() || meaning(&[Field::Instruction, Field::Question]).next().is_none() {
        return Err(fault(format!("the first row names the columns {}", header.cells.join(", ")), NAMES));
    }
    Ok(columns)
}

fn record<'a>(row: Result<Row, Fault>, columns: &[Option<Field>], file: &Arc<Path>) -> Read<'a> {
    let row = match row {
        Ok(row) => row,
        Err(Fault { line, what, remedy }) => {
            let broken = Broken { code: "wrong-type", line: 0, column: 1, message: what, remedy: remedy.into() };
            return (line, "", Err(vec![broken]));
        }
    };
    let place = Place { file: file.clone(), line: row.line };
    let (instruction, input, output) = Default::default();
    let mut example = Example { id: None, instruction, input, output, tags: Vec::new(), source: None, place };
    let (mut system, mut asked) = (None, None);
    let filled = |cell: String| Some(cell).filter(|cell| !cell.trim().is_empty());
    for (column, cell) in columns.iter().zip(row.cells) {
        match column {
            Some(Field::Instruction) => example.instruction = cell,
            Some(Field::Question) => asked = Some(cell),
            Some(Field::Input) => example.input = cell,
            Some(Field::Output) => example.output = cell,
            Some(Field::System) => system = filled(cell),
            Some(Field::Id) => example.id = filled(cell),
            Some(Field::Source) => example.source = filled(cell),
            Some(Field::Tags) => {
                let tags = cell.split([';', ',']).map(str::trim).filter(|tag| !tag.is_empty());
                example.tags = tags.map(str::to_string).collect();
            }
            None => {}
        }
    }
    match asked {
        Some(asked) if example.input.trim().is_empty() => (example.instruction, example.input) = parts(&asked),
        Some(asked) => example.instruction = asked,
        None => {}
    }
    let record = Conversation::of(system, [example]).map(|conversation| Record { conversation, unread: Vec::new() });
    (row.line, "", record.ok_or_else(Vec::new))
}
