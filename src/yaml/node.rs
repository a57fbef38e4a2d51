use super::scalar::{Meaning, Scalar, Style};
use engine::error::{Error, Place, Result};
use engine::jinja::Data;
use std::path::PathBuf;
use std::sync::Arc;

/// The file a node came from, for messages.
#[derive(Debug)]
pub(super) struct Source {
    pub file: PathBuf,
    pub lines: Vec<String>,
}

/// Line and column, from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub line: usize,
    pub column: usize,
}

impl Source {
    pub fn place(&self, at: At) -> Place {
        let snippet = self.lines.get(at.line.saturating_sub(1)).cloned().unwrap_or_default();
        Place { file: self.file.clone(), line: at.line, column: at.column, snippet }
    }
}

/// A YAML value with its place. Cloning is cheap: what lies below is shared.
#[derive(Debug, Clone)]
pub struct Node {
    pub(super) source: Arc<Source>,
    pub(super) at: At,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(Arc<Scalar>),
    List(Arc<Vec<Node>>),
    Map(Arc<Vec<(Key, Node)>>),
}

/// A key of a mapping, with its place.
#[derive(Debug, Clone)]
pub struct Key {
    pub text: String,
    pub(super) source: Arc<Source>,
    pub(super) at: At,
}

impl Key {
    pub fn place(&self) -> Place {
        self.source.place(self.at)
    }
}

impl Node {
    pub fn place(&self) -> Place {
        self.source.place(self.at)
    }

    /// A fault of this value.
    pub fn fault(&self, message: impl Into<String>) -> Error {
        Error::input(message).at(self.place())
    }

    /// The entries of a mapping, in the order of the file; none for any other value.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; `None` for any other value.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The values of a list or mapping.
    pub(super) fn children(&self) -> impl Iterator<Item = &Node> {
        self.entries().iter().map(|(_, node)| node).chain(self.items().unwrap_or_default())
    }

    /// The value under `key`, in either spelling; `None` when this is no mapping or has no such key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, node)| node)
    }

    /// The key with its own place, and its value.
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries().iter().find(|(k, _)| is_same(&k.text, key)).map(|(k, node)| (k, node))
    }

    pub fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(s) if s.meaning() == Meaning::Null)
    }

    /// The text of a scalar as it stands in the file (`42` and `true` too); `None` for lists, mappings and nothing.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(s) if s.meaning() != Meaning::Null => Some(&s.text),
            _ => None,
        }
    }

    /// The same value as JSON. Numbers JSON does not have (`.inf`, `.nan`) become texts.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => Json::Object(entries.iter().map(|(k, v)| (k.text.clone(), v.to_json())).collect()),
            Value::Scalar(s) => match s.meaning() {
                Meaning::Null => Json::Null,
                Meaning::Bool(b) => b.into(),
                Meaning::Unsigned(n) => n.into(),
                Meaning::Signed(n) => n.into(),
                Meaning::Float(x) if x.is_finite() => x.into(),
                Meaning::Float(_) | Meaning::Text => Json::String(s.text.clone()),
            },
        }
    }

    /// The same value as JSON, told apart by how it is written: `1.10` and `1.1` differ.
    pub fn to_json_as_written(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::List(items) => items.iter().map(Node::to_json_as_written).collect(),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(k, v)| (k.text.clone(), v.to_json_as_written())).collect())
            }
            Value::Scalar(s) => match self.to_json() {
                json if json.is_null() || json.is_string() || json.to_string().as_str() == s.text => json,
                _ => Json::String(s.text.clone()),
            },
        }
    }

    /// The same value as a template reads it: every scalar prints as it stands in the file.
    pub fn to_data(&self) -> Data {
        match &self.value {
            Value::List(items) => Data::List(items.iter().map(Node::to_data).collect()),
            Value::Map(entries) => {
                Data::Dict(entries.iter().map(|(key, value)| (key.text.as_str().into(), value.to_data())).collect())
            }
            Value::Scalar(s) => {
                let meaning = match s.meaning() {
                    Meaning::Text => return Data::text(s.text.as_str()),
                    Meaning::Null => Data::None,
                    Meaning::Bool(value) => Data::Bool(value),
                    Meaning::Unsigned(value) => i64::try_from(value).map_or(Data::Float(value as f64), Data::Int),
                    Meaning::Signed(value) => Data::Int(value),
                    Meaning::Float(value) => Data::Float(value),
                };
                Data::Written(s.text.as_str().into(), Box::new(meaning))
            }
        }
    }

    /// The same mapping with its own keys, not those further down, in kebab-case.
    pub fn in_kebab_case(&self) -> Node {
        let kebab = |(key, node): &(Key, Node)| (Key { text: key.text.replace('_', "-"), ..key.clone() }, node.clone());
        match &self.value {
            Value::Map(entries) => self.with(Value::Map(Arc::new(entries.iter().map(kebab).collect()))),
            _ => self.clone(),
        }
    }

    /// The same tree with every text for which `fill` gives another replaced (templates, files); places stay. Faults of
    /// all texts are gathered; one without a place gets that of its text.
    pub fn fill(&self, fill: &mut dyn FnMut(&Node, &str) -> Result<Option<String>>) -> Result<Node> {
        let mut faults = Vec::new();
        let node = self.fill_into(fill, &mut faults);
        Error::gather(faults).map_or(Ok(node), Err)
    }

    fn fill_into(&self, fill: &mut dyn FnMut(&Node, &str) -> Result<Option<String>>, faults: &mut Vec<Error>) -> Node {
        let value = match &self.value {
            Value::Scalar(s) => match fill(self, &s.text) {
                Ok(None) => self.value.clone(),
                Ok(Some(text)) => Value::Scalar(Arc::new(Scalar { text, style: Style::Rendered })),
                Err(error) => {
                    faults.push(if error.place.is_some() { error } else { error.at(self.place()) });
                    self.value.clone()
                }
            },
            Value::List(items) => {
                Value::List(Arc::new(items.iter().map(|node| node.fill_into(fill, faults)).collect()))
            }
            Value::Map(entries) => Value::Map(Arc::new(
                entries.iter().map(|(key, node)| (key.clone(), node.fill_into(fill, faults))).collect(),
            )),
        };
        self.with(value)
    }

    /// The same mapping with every value as `change` gives it; any other value as it is.
    pub fn map_entries(&self, mut change: impl FnMut(&str, &Node) -> Node) -> Node {
        if !self.is_map() {
            return self.clone();
        }
        let entries = self.entries().iter().map(|(key, node)| (key.clone(), change(&key.text, node)));
        self.with(Value::Map(Arc::new(entries.collect())))
    }

    /// The same mapping with those entries of `base` whose keys it lacks, less `except`.
    pub fn with_missing(&self, base: &Node, except: &[&str]) -> Node {
        let missing = |(key, _): &&(Key, Node)| self.get(&key.text).is_none() && !except.contains(&key.text.as_str());
        let entries = self.entries().iter().chain(base.entries().iter().filter(missing)).cloned();
        self.with(Value::Map(Arc::new(entries.collect())))
    }

    /// The same mapping without this key.
    pub fn without(&self, key: &str) -> Node {
        let entries = self.entries().iter().filter(|(k, _)| !is_same(&k.text, key)).cloned();
        self.with(Value::Map(Arc::new(entries.collect())))
    }

    /// The items of this list, then those of `other`; `None` unless both are lists.
    pub fn joined(&self, other: &Node) -> Option<Node> {
        let items = self.items()?.iter().chain(other.items()?).cloned();
        Some(other.with(Value::List(Arc::new(items.collect()))))
    }

    fn with(&self, value: Value) -> Node {
        Node { source: self.source.clone(), at: self.at, value }
    }

    /// What the value is, for messages: "a list", "the text `abc`".
    pub(super) fn describe(&self) -> String {
        match &self.value {
            Value::List(_) => "a list".to_string(),
            Value::Map(_) => "a mapping".to_string(),
            Value::Scalar(s) => match s.meaning() {
                Meaning::Null => "nothing".to_string(),
                Meaning::Bool(b) => format!("`{b}`"),
                Meaning::Unsigned(_) | Meaning::Signed(_) | Meaning::Float(_) => format!("the number `{}`", s.text),
                Meaning::Text => format!("the text `{}`", short(&s.text)),
            },
        }
    }
}

/// Whether two spellings mean one key of a struct: `max-tokens` is how keys are written, `max_tokens` is read as well.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    let fold = |byte| if byte == b'_' { b'-' } else { byte };
    a.len() == b.len() && a.bytes().map(fold).eq(b.bytes().map(fold))
}

/// The first line of a text, shortened.
fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= LONGEST && line.len() == text.trim_end().len() {
        return line.to_string();
    }
    let start: String = line.chars().take(LONGEST).collect();
    format!("{start}…")
}
