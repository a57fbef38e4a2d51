//! Tests in a table: a column for each variable, and columns that begin with two underscores.

use super::assertion::Assertion;
use super::reader::Reader;
use super::test::Test;
use crate::foreign::draft::Draft;
use crate::foreign::remark::Place;
use crate::table::{self, Fault, Row};
use std::path::Path;

impl Reader<'_> {
    /// The tests of a CSV file.
    ///
    /// # Errors
    /// In words, why it is no table.
    pub(super) fn sheet(&mut self, path: &Path, text: &str, draft: &mut Draft) -> Result<Vec<Test>, String> {
        let told = |Fault { line, what, .. }: Fault| format!("line {line}: {what}");
        let table = table::read(text).map_err(told)?;
        let columns = table.header.cells;
        let mut tests = Vec::new();
        for row in table.rows {
            let Row { line, cells } = row.map_err(told)?;
            let place = Place::at(path, line);
            match self.row(&place, &columns, &cells, draft) {
                Ok(test) => tests.push(test),
                Err(why) => draft.remarks.left_out(&place, "row", why),
            }
        }
        Ok(tests)
    }

    fn row(&mut self, place: &Place, columns: &[String], cells: &[String], draft: &mut Draft) -> Result<Test, String> {
        let mut test = Test::empty(place.clone());
        for (column, field) in columns.iter().zip(cells) {
            match column.as_str() {
                name if name
                    .strip_prefix("__expected")
                    .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit())) =>
                {
                    if !field.trim().is_empty() {
                        self.assert(Ok(Assertion::of_text(field, place.clone())), &mut test, draft);
                    }
                }
                "" if field.trim().is_empty() => {}
                "" => return Err("it holds text in a column without a name".into()),
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
                    test.vars.push((name.to_string(), vec![field.as_str().into()]));
                }
            }
        }
        Ok(test)
    }
}
