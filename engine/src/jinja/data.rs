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

    /// The names of a dictionary; none for any other value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let entries = if let Self::Dict(entries) = self { entries.as_slice() } else { &[] };
        entries.iter().map(|(name, _)| name.as_ref())
    }
}
