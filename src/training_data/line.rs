//! One line of JSONL, read with every fault told and every text's place kept.

use super::example::Example;
use crate::yaml::did_you_mean;
use engine::train::Place;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::ops::Range;

pub(super) const REQUIRED: [&str; 3] = ["instruction", "input", "output"];
pub(super) const OPTIONAL: [&str; 3] = ["id", "tags", "source"];

/// What keeps a line from being an example.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Broken {
    /// The linter's code for it.
    pub code: &'static str,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
    pub remedy: String,
}

/// A readable line, and its keys that no one reads.
pub(super) struct Readable {
    pub example: Example,
    pub unknown: Vec<String>,
}

/// Reads a line without its line end. Gives every fault, not only the first.
pub(super) fn read(line: &[u8], place: Place) -> Result<Readable, Vec<Broken>> {
    Fields::open(line)?.example(place)
}

/// A line's object, and what was found wrong with it so far.
pub(super) struct Fields<'a> {
    text: &'a str,
    entries: Vec<(String, Value)>,
    pub faults: Vec<Broken>,
}

impl<'a> Fields<'a> {
    /// Errors where the line is no JSON object in UTF-8.
    pub fn open(line: &'a [u8]) -> Result<Self, Vec<Broken>> {
        let text = std::str::from_utf8(line).map_err(|error| {
            let column =
                String::from_utf8_lossy(line.get(..error.valid_up_to()).unwrap_or_default()).chars().count() + 1;
            let byte = line.get(error.valid_up_to()).copied().unwrap_or_default();
            vec![Broken {
                code: "not-utf8",
                column,
                message: format!("the byte 0x{byte:02X} is not UTF-8"),
                remedy: "save the file as UTF-8; it is probably in an older code page such as Windows-1252".into(),
            }]
        })?;
        let Entries(entries) = serde_json::from_str(text).map_err(|error| vec![not_json(text, &error)])?;
        let mut faults = Vec::new();
        for (at, (key, _)) in entries.iter().enumerate() {
            if entries.iter().take(at).any(|(earlier, _)| earlier == key) {
                faults.push(Broken {
                    code: "duplicate-key",
                    column: column_of(text, key),
                    message: format!("the key `{key}` stands there twice"),
                    remedy: "keep one of the two".into(),
                });
            }
        }
        Ok(Self { text, entries, faults })
    }

    /// The object as one of our examples.
    pub fn example(mut self, place: Place) -> Result<Readable, Vec<Broken>> {
        let example = Example {
            instruction: self.required("instruction"),
            input: self.required("input"),
            output: self.required("output"),
            id: self.text("id"),
            tags: self.tags(),
            source: self.text("source"),
            place,
        };
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let known = |key: &str| REQUIRED.contains(&key) || OPTIONAL.contains(&key);
        let unknown = self.entries.into_iter().map(|(key, _)| key).filter(|key| !known(key)).collect();
        Ok(Readable { example, unknown })
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    pub fn column_of(&self, key: &str) -> usize {
        column_of(self.text, key)
    }

    fn required(&mut self, key: &str) -> String {
        if self.get(key).is_none() {
            let others = self.entries.iter().map(|(k, _)| k.as_str()).filter(|k| !REQUIRED.contains(k));
            let remedy = match others.clone().find(|other| did_you_mean(other, [key]).is_some()) {
                Some(other) => format!("rename `{other}` to `{key}`"),
                None if key == "input" => "add it; it may be empty: \"input\": \"\"".into(),
                None => "an example has instruction, input and output; add what is missing".into(),
            };
            let message = format!("the key `{key}` is missing");
            self.faults.push(Broken { code: "missing-key", column: 1, message, remedy });
        }
        self.text(key).unwrap_or_default()
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        match self.get(key) {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null) if !REQUIRED.contains(&key) => None,
            Some(other) => {
                let message = format!("`{key}` is {}, not a text", kind(other));
                self.wrong_type(key, message, "put it in double quotes");
                None
            }
        }
    }

    fn tags(&mut self) -> Vec<String> {
        let tags = match self.get("tags") {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(|tag| tag.as_str().map(str::to_string)).collect(),
            Some(_) => None,
        };
        tags.unwrap_or_else(|| {
            self.wrong_type("tags", "`tags` is not a list of texts".into(), "write \"tags\": [\"one\", \"two\"]");
            Vec::new()
        })
    }

    fn wrong_type(&mut self, key: &str, message: String, remedy: &str) {
        let column = column_of(self.text, key);
        self.faults.push(Broken { code: "wrong-type", column, message, remedy: remedy.into() });
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> Broken {
    // serde_json counts bytes and says the place again at the end of its message.
    let before = text.get(..error.column().saturating_sub(1)).map_or(0, |t| t.chars().count());
    let said = error.to_string();
    let what = said.split(" at line ").next().unwrap_or_default().to_string();
    let remedy = match text.trim_start().chars().next() {
        Some('[') => "write one example a line, without a list around them",
        Some('{') if what.contains("control character") => "write a line break inside a text as \\n, a tab as \\t",
        Some('{') if what.contains("EOF") => "an example ends on the line it starts on: write line breaks as \\n",
        Some('{') if what.contains("trailing") => "one example a line: nothing may follow the closing brace",
        Some('{') => "check the commas between keys and that every quote inside a text is written \\\"",
        _ => "each line is one object: {\"instruction\": …, \"input\": …, \"output\": …}",
    };
    Broken { code: "not-json", column: before + 1, message: format!("not JSON: {what}"), remedy: remedy.into() }
}

/// The column of a key, in characters from 1.
fn column_of(text: &str, key: &str) -> usize {
    let found =
        strings(text).into_iter().find(|s| s.is_key && text.get(s.range.clone()) == Some(&format!("\"{key}\"")));
    found.map_or(1, |s| text.get(..s.range.start).map_or(0, |t| t.chars().count()) + 1)
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

/// An object's entries in their order; a key may stand there twice.
struct Entries(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Entries;

            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("an object with instruction, input and output")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::with_capacity(6);
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(line: &[u8]) -> Vec<(&'static str, usize, String)> {
        let faults = read(line, Place::default()).err().unwrap_or_default();
        faults.into_iter().map(|f| (f.code, f.column, f.message)).collect()
    }

    #[test]
    fn reads_an_example_and_names_keys_nobody_reads() {
        let line = r#"{"id": "a-1", "instruction": "i", "input": "", "output": "o", "tags": ["x"], "score": 3}"#;
        let read = read(line.as_bytes(), Place::default()).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!((read.example.id.as_deref(), read.example.output.as_str()), (Some("a-1"), "o"));
        assert_eq!(read.example.tags, ["x"]);
        assert_eq!(read.unknown, ["score"]);
    }

    #[test]
    fn tells_every_fault_with_its_column() {
        let all = faults(br#"{"instruction": 3, "ouput": "o", "input": "", "input": "x", "tags": "t"}"#);
        let codes: Vec<_> = all.iter().map(|(code, column, _)| (*code, *column)).collect();
        assert_eq!(codes, [("duplicate-key", 34), ("wrong-type", 2), ("missing-key", 1), ("wrong-type", 61)]);
    }

    #[test]
    fn broken_bytes_and_broken_json_have_a_column() {
        assert_eq!(faults(b"{\"instruction\": \"\xc3\xa9\xe9\"}")[0].1, 19);
        let (code, column, message) = faults(br#"{"instruction": "i" "input": ""}"#).remove(0);
        assert_eq!((code, column), ("not-json", 21));
        assert!(message.starts_with("not JSON: expected"), "{message}");
        assert_eq!(faults(b"[1]")[0].0, "not-json");
    }

    #[test]
    fn finds_top_level_strings_only() {
        let text = r#"{"a\"": "x,:{", "b": ["n", {"m": "k"}], "c": "é"}"#;
        let found: Vec<_> = strings(text).into_iter().map(|s| (&text[s.range], s.is_key)).collect();
        let wanted = [(r#""a\"""#, true), (r#""x,:{""#, false), (r#""b""#, true), (r#""c""#, true), (r#""é""#, false)];
        assert_eq!(found, wanted);
    }
}
