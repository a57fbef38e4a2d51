//! Tests in a table: a column for each variable, and columns that begin with two underscores.

use super::assertion::Assertion;
use super::reader::Reader;
use super::test::Test;
use crate::foreign::draft::Draft;
use crate::foreign::remark::Place;
use std::path::Path;

impl Reader<'_> {
    /// The tests of a CSV file.
    ///
    /// # Errors
    /// In words, why it is no table.
    pub(super) fn sheet(&mut self, path: &Path, text: &str, draft: &mut Draft) -> Result<Vec<Test>, String> {
        let first = text.lines().next().unwrap_or_default();
        let count = |c: char| first.matches(c).count();
        let separator = if count(';') > count(',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(false).from_reader(text.as_bytes());
        let columns: Vec<String> =
            reader.headers().map_err(|e| e.to_string())?.iter().map(|name| name.trim().to_string()).collect();
        if let Some(twice) =
            columns.iter().enumerate().find_map(|(at, name)| columns[..at].contains(name).then_some(name))
        {
            return Err(format!("it has two columns `{twice}`"));
        }
        let mut tests = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            if record.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let line = record.position().map_or(1, |position| position.line() as usize);
            let place = Place::at(path, line);
            match self.row(&place, &columns, &record, draft) {
                Ok(test) => tests.push(test),
                Err(why) => draft.remarks.left_out(&place, "row", why),
            }
        }
        Ok(tests)
    }

    fn row(
        &mut self,
        place: &Place,
        columns: &[String],
        record: &csv::StringRecord,
        draft: &mut Draft,
    ) -> Result<Test, String> {
        let mut test = Test::empty(place.clone());
        for (column, field) in columns.iter().zip(record.iter()) {
            match column.as_str() {
                name if name
                    .strip_prefix("__expected")
                    .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit())) =>
                {
                    if !field.trim().is_empty() {
                        self.assert(Ok(Assertion::of_text(field, place.clone())), &mut test, draft);
                    }
                }
                "__prefix" => test.prefix = field.to_string(),
                "__suffix" => test.suffix = field.to_string(),
                "__description" => test.description = Some(field.trim().to_string()).filter(|text| !text.is_empty()),
                "__threshold" => {
                    let field = field.trim();
                    let number = field.parse::<f64>().map_err(|_| format!("its `__threshold` `{field}` is no number"));
                    test.threshold = if field.is_empty() { None } else { Some(number?) };
                }
                "__metric" => {
                    if !field.trim().is_empty() {
                        draft.remarks.changed(place, "`__metric`", "figures here are by check and criterion");
                    }
                }
                name if name.starts_with("__metadata:") => {}
                name if name.starts_with("__") => {
                    if !field.trim().is_empty() {
                        return Err(format!("its column `{name}` has no counterpart here"));
                    }
                }
                name => {
                    if ["{{", "{%"].iter().any(|mark| field.contains(mark)) {
                        return Err("a variable is itself a template; write its value out".into());
                    }
                    test.vars.push((name.to_string(), vec![field.into()]));
                }
            }
        }
        Ok(test)
    }
}
