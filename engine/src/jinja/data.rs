use serde_json::Value;
use std::sync::Arc;

/// What a template is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Python's `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text; nothing in it is ever read as a template.
    Text(Arc<str>),
    /// A scalar that is printed as a person wrote it (`1.10`, `0042`, `~`) and otherwise behaves as what it means. Equals
    /// the text as well as the meaning.
    Written(Arc<str>, Box<Data>),
    /// A list.
    List(Vec<Data>),
    /// A dictionary in order.
    Dict(Vec<(Arc<str>, Data)>),
}

impl Data {
    /// A text.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// As JSON has it. A scalar whose meaning would be written otherwise (`1.10`, `0042`) is the text that stands there.
    pub fn to_json(&self) -> Value {
        match self {
            Self::None => Value::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Written(text, meaning) => {
                let meaning = meaning.to_json();
                let spelt = meaning.to_string();
                if spelt.as_str() == text.as_ref() { meaning } else { text.as_ref().into() }
            }
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Dict(entries) => entries.iter().map(|(name, data)| (name.to_string(), data.to_json())).collect(),
        }
    }

    /// The names of a dictionary; none for any other value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let entries = if let Self::Dict(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().map(|(name, _)| name.as_ref())
    }
}

impl From<&Value> for Data {
    /// A number beyond 64 bits stays the text that it is.
    fn from(json: &Value) -> Self {
        match json {
            Value::Null => Self::None,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, Some(float)) if !number.is_u64() => Self::Float(float),
                _ => Self::text(number.to_string()),
            },
            Value::String(text) => Self::text(text.as_str()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(entries) => {
                Self::Dict(entries.iter().map(|(name, json)| (name.as_str().into(), Self::from(json))).collect())
            }
        }
    }
}
