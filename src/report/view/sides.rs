use crate::run::{Record, Run};
use std::collections::HashMap;

/// Both runs' records by case, for looking answers up.
pub struct Sides<'a> {
    a: HashMap<&'a str, Vec<&'a Record>>,
    b: HashMap<&'a str, Vec<&'a Record>>,
}

impl<'a> Sides<'a> {
    pub fn new(a: &'a Run, b: &'a Run) -> Self {
        let by_case = |run: &'a Run| {
            let mut map: HashMap<&str, Vec<&Record>> = HashMap::new();
            for record in &run.records {
                map.entry(record.case.as_str()).or_default().push(record);
            }
            map
        };
        Self { a: by_case(a), b: by_case(b) }
    }

    pub fn a(&self, case: &str) -> &[&'a Record] {
        self.a.get(case).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn b(&self, case: &str) -> &[&'a Record] {
        self.b.get(case).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The first answer in words to a case; a choice among given ones is none.
pub fn first_text<'a>(records: &[&'a Record]) -> Option<&'a str> {
    let written = |record: &&'a Record| record.outcome.answer().filter(|answer| answer.is_written());
    records.iter().find_map(written).map(|answer| answer.text.as_str())
}
