//! One line of JSONL, read with every fault told and every text's place kept.

use super::json::{Entries, TWICE};
use serde_json::Value;
use std::collections::HashSet;
use std::ops::Range;

/// The texts of an example.
pub(super) const TEXTS: [&str; 3] = ["instruction", "input", "output"];

const MOST_TWICE: usize = 8;

/// What keeps a line from being an example.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Broken {
    /// The linter's code for it.
    pub code: &'static str,
    /// Lines below the record's first.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
    pub remedy: String,
}

/// A record's object, and what was found wrong with it so far.
pub(super) struct Fields<'a> {
    text: &'a str,
    entries: Vec<(String, Value)>,
    pub faults: Vec<Broken>,
}

impl<'a> Fields<'a> {
    /// Errors where the record is no JSON object in UTF-8.
    pub fn open(record: &'a [u8]) -> Result<Self, Vec<Broken>> {
        let text = std::str::from_utf8(record).map_err(|error| vec![not_utf8(record, error.valid_up_to())])?;
        let Entries(entries) = serde_json::from_str(text).map_err(|error| vec![not_json(text, &error)])?;
        let mut fields = Self { text, entries, faults: Vec::new() };
        let mut seen = HashSet::new();
        let twice = fields.entries.iter().map(|(key, _)| key).filter(|key| !seen.insert(key.as_str()));
        // Each costs a walk over the text; who repeats more of them hears of the rest when these are mended.
        for key in twice.take(MOST_TWICE).cloned().collect::<Vec<_>>() {
            fields.fault("duplicate-key", &key, format!("the key `{key}` {TWICE}"), "keep one of the two");
        }
        Ok(fields)
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// The value of a key, which then counts as read.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.entries.iter().position(|(k, _)| k == key)?;
        Some(self.entries.remove(at).1)
    }

    /// The text of a key; `null` is none. Anything else is a fault.
    pub fn take_text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            Value::Null => None,
            other => {
                let message = format!("`{key}` is {}, not a text", kind(&other));
                self.fault("wrong-type", key, message, "put it in double quotes");
                None
            }
        }
    }

    /// Keys that were not taken.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|(key, _)| key.as_str())
    }

    /// Notes a fault at the place of `key`.
    pub fn fault(&mut self, code: &'static str, key: &str, message: impl Into<String>, remedy: impl Into<String>) {
        let (line, column) = place_of(self.text, key);
        self.faults.push(Broken { code, line, column, message: message.into(), remedy: remedy.into() });
    }
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn not_utf8(record: &[u8], at: usize) -> Broken {
    let before = String::from_utf8_lossy(record.get(..at).unwrap_or_default()).chars().count();
    let byte = record.get(at).copied().unwrap_or_default();
    Broken {
        code: "not-utf8",
        line: 0,
        column: before + 1,
        message: format!("the byte 0x{byte:02X} is not UTF-8"),
        remedy: "save the file as UTF-8; it is probably in an older code page such as Windows-1252".into(),
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> Broken {
    let line = error.line().saturating_sub(1);
    let written = text.split('\n').nth(line).unwrap_or_default();
    // serde_json counts bytes and says the place again at the end of its message.
    let before = written.get(..error.column().saturating_sub(1)).map_or(0, |t| t.chars().count());
    let said = error.to_string();
    let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what).to_string();
    if what.ends_with(TWICE) {
        let remedy = "keep one of the two".into();
        return Broken { code: "duplicate-key", line, column: before + 1, message: what, remedy };
    }
    let remedy = match text.trim_start().chars().next() {
        Some('[') => "write one example a line, without a list around them",
        Some('{') if what.contains("control character") => "write a line break inside a text as \\n, a tab as \\t",
        Some('{') if what.contains("EOF") => "an example ends on the line it starts on: write line breaks as \\n",
        Some('{') if what.contains("trailing") => "one example a line: nothing may follow the closing brace",
        Some('{') => "check the commas between keys and that every quote inside a text is written \\\"",
        _ => "each line is one object: {\"instruction\": …, \"input\": …, \"output\": …}",
    };
    let message = format!("not JSON: {what}");
    Broken { code: "not-json", line, column: before + 1, message, remedy: remedy.into() }
}

/// The line of a key, from 0, and its column, in characters from 1. Of a key that stands there twice, the second.
fn place_of(text: &str, key: &str) -> (usize, usize) {
    let quoted = format!("\"{key}\"");
    let mut found = strings(text).into_iter().filter(|s| s.is_key && text.get(s.range.clone()) == Some(&quoted));
    let first = found.next();
    let before = found.next().or(first).and_then(|s| text.get(..s.range.start)).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count(), line.chars().count() + 1)
}

/// A top-level string of an object, quotes included.
pub(super) struct Span {
    pub range: Range<usize>,
    pub is_key: bool,
}

/// The strings right inside the outermost object of valid JSON: its keys, and those values that are strings.
pub(super) fn strings(text: &str) -> Vec<Span> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0usize, None);
    let mut escaped = false;
    let mut after_colon = false;
    for (at, byte) in text.bytes().enumerate() {
        match (start, byte) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(from), b'"') => {
                if depth == 1 {
                    found.push(Span { range: from..at + 1, is_key: !after_colon });
                }
                start = None;
            }
            (Some(_), _) => {}
            (None, b'"') => start = Some(at),
            (None, b'{' | b'[') => depth += 1,
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, b':') if depth == 1 => after_colon = true,
            (None, b',') if depth == 1 => after_colon = false,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(line: &str) -> Vec<(&'static str, usize, usize)> {
        let faults = Fields::open(line.as_bytes()).map_or_else(|faults| faults, |fields| fields.faults);
        faults.into_iter().map(|fault| (fault.code, fault.line, fault.column)).collect()
    }

    #[test]
    fn a_key_that_stands_there_twice_is_told_at_its_second_place_however_deep() {
        assert_eq!(
            faults(r#"{"a": 1, "b": "é", "a": 2, "b": 3}"#),
            [("duplicate-key", 0, 20), ("duplicate-key", 0, 28)]
        );
        assert_eq!(faults("{\"a\": 1,\n \"a\": 2}"), [("duplicate-key", 1, 2)]);
        let inside = faults(r#"{"messages": [{"role": "user", "role": "x"}]}"#);
        assert!(matches!(inside[..], [("duplicate-key", 0, 31..)]), "{inside:?}");
        assert_eq!(faults(r#"{"a": [{"b": 1}, {"b": 2.5}, null, true, -3]}"#), []);
        assert_eq!(faults(&format!("{{{}}}", vec!["\"a\": 1"; 5000].join(", "))).len(), MOST_TWICE);
    }

    #[test]
    fn broken_bytes_and_broken_json_have_a_place() {
        let broken = Fields::open(b"{\"instruction\": \"\xc3\xa9\xe9\"}").err().unwrap();
        assert_eq!(broken[0].column, 19);
        let broken = Fields::open(br#"{"instruction": "i" "input": ""}"#).err().unwrap();
        assert_eq!((broken[0].code, broken[0].column), ("not-json", 21));
        assert!(broken[0].message.starts_with("not JSON: expected"), "{broken:?}");
        assert_eq!(faults("[1]")[0].0, "not-json");
        assert_eq!(faults("{\n\"a\":\n é oops}"), [("not-json", 2, 2)]);
    }

    #[test]
    fn finds_top_level_strings_only() {
        let text = r#"{"a\"": "x,:{", "b": ["n", {"m": "k"}], "c": "é"}"#;
        let found: Vec<_> = strings(text).into_iter().map(|s| (&text[s.range], s.is_key)).collect();
        let wanted = [(r#""a\"""#, true), (r#""x,:{""#, false), (r#""b""#, true), (r#""c""#, true), (r#""é""#, false)];
        assert_eq!(found, wanted);
    }
}
