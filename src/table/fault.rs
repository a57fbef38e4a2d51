/// What is wrong with a table, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub what: String,
    pub remedy: &'static str,
}

impl Fault {
    pub(super) fn new(line: usize, what: String, remedy: &'static str) -> Self {
        Self { line, what, remedy }
    }
}
