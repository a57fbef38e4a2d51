//! Reads a file of words: one term a line, `#` before a remark, `[section]` before the terms of a section, `-` before a
//! term to take away.

use super::find::plain_lower;
use engine::error::{Error, Place};
use std::path::Path;

/// A line that adds a term to its section or takes one away.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    /// From 1.
    pub line: usize,
    /// Empty before the first `[section]`.
    pub section: String,
    /// Lower case, with plain apostrophes and single blanks: as texts are made before terms are looked for in them.
    pub term: String,
    pub taken_away: bool,
}

/// The entries of a file in their order, and a fault for every line that is none.
pub(super) fn entries(text: &str, file: &Path) -> (Vec<Entry>, Vec<Error>) {
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    let mut section = String::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let said = line.trim();
        let (sign, rest) = match said.chars().next() {
            None | Some('#') => continue,
            Some(sign @ ('[' | '-' | '+')) => (Some(sign), &said[1..]),
            Some(_) => (None, said),
        };
        let named = rest.strip_suffix(']').filter(|_| sign == Some('['));
        let term = plain_lower(named.unwrap_or(rest)).split_whitespace().collect::<Vec<_>>().join(" ");
        match sign {
            Some('[') if named.is_none() => faults.push(
                fault(file, number, line, "a section's name is not closed")
                    .hint("write it as `[urgent]`, on a line alone"),
            ),
            _ if !term.contains(char::is_alphanumeric) => {
                faults.push(
                    fault(file, number, line, "there is no word here")
                        .hint("write one term a line, `-` before one to take away"),
                );
            }
            Some('[') => section = term,
            sign => entries.push(Entry { line: number, section: section.clone(), term, taken_away: sign == Some('-') }),
        }
    }
    (entries, faults)
}

/// A fault of one line.
pub(super) fn fault(file: &Path, line: usize, text: &str, message: impl Into<String>) -> Error {
    let column = 1 + text.chars().take_while(|c| c.is_whitespace()).count();
    Error::input(message).at(Place { file: file.to_path_buf(), line, column, snippet: text.to_string() })
}
