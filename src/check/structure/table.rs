use super::titles::title_names;
use super::{Document, Table};
use crate::check::text::wording::{list_fault, listing};
use crate::check::{Judge, Subject, Verdict};
use crate::words::count;
use schemars::JsonSchema;
use serde::Deserialize;

/// The `table` check: one table must have all that is wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TableCheck {
    /// Columns it has, in any order; a column's title may say more (`Target (Q2)` for `Target`).
    #[serde(default)]
    columns: Option<Vec<String>>,
    /// Fewest rows below the title row.
    #[serde(default = "one")]
    min_rows: usize,
}

fn one() -> usize {
    1
}

impl TableCheck {
    fn missing<'s>(&'s self, table: &Table) -> Vec<&'s str> {
        let has = |column: &str| table.columns.iter().any(|c| title_names(c, column));
        self.columns.iter().flatten().map(String::as_str).filter(|column| !has(column)).collect()
    }

    /// Parts met: each column, and enough rows.
    fn met(&self, table: &Table) -> usize {
        let wanted = self.columns.as_ref().map_or(0, Vec::len);
        wanted - self.missing(table).len() + usize::from(table.rows.len() >= self.min_rows)
    }
}

impl Judge for TableCheck {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let Some(best) = document.tables().iter().max_by_key(|table| self.met(table)) else {
            return Verdict::fail("no table");
        };
        let missing = self.missing(best);
        let mut faults = Vec::new();
        if !missing.is_empty() {
            faults.push(format!("columns missing: {}", listing(&missing)));
        }
        if best.rows.len() < self.min_rows {
            faults.push(format!("{}; wanted: at least {}", count(best.rows.len(), "row"), self.min_rows));
        }
        let reason = match faults.is_empty() {
            true => format!("a table of {} and {}", count(best.columns.len(), "column"), count(best.rows.len(), "row")),
            false => faults.join("; "),
        };
        Verdict::part(self.met(best), self.columns.as_ref().map_or(0, Vec::len) + 1, reason)
    }

    fn faults(&self) -> Option<String> {
        self.columns.as_deref().and_then(list_fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn finds_a_table_with_its_columns() {
        let any = check::<TableCheck>("{}");
        sorts(
            &any,
            &["| A | B |\n|---|---|\n| 1 | 2 |", "Text\n\nA | B\n--- | ---\n1 | 2\n"],
            &["| A | B |", "| A |\n|---|\n", ""],
        );
        let table = check::<TableCheck>("{columns: [Metric, target], min-rows: 2}");
        sorts(
            &table,
            &["| Target (Q2) | **Metric** |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |"],
            &["| Metric |\n|---|\n| a |\n| b |"],
        );
        let verdict = judge(&table, "| Metric | Owner |\n|---|---|\n| NPS | Sam |");
        assert_eq!(verdict.reason(), "columns missing: target; 1 row; wanted: at least 2");
        assert_eq!(verdict.score(), Some(1.0 / 3.0));
    }
}
