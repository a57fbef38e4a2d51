use super::tree::MacroNode;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// A value of a running template. Lists and dictionaries never change once made, as in `transformers`' sandbox.
#[derive(Clone)]
pub(super) enum Value {
    Undefined(Missing),
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Arc<str>),
    /// The text as written, and what it means.
    Written(Rc<(Arc<str>, Value)>),
    List(Rc<Items>),
    Tuple(Rc<Items>),
    Dict(Rc<Dict>),
    Range(i64, i64, i64),
    /// What `map`, `select` and their like give: can be gone through once. The name is Python's.
    Stream(&'static str, Rc<RefCell<std::vec::IntoIter<Value>>>),
    /// `dict.items()` and its like.
    View(&'static str, Rc<Items>),
    Namespace(Rc<RefCell<HashMap<Arc<str>, Value>>>),
    Loop(Rc<Lap>),
    Macro(Rc<Macro>),
    Function(&'static str),
    /// What stands between, and whether it was called.
    Joiner(Rc<(Arc<str>, Cell<bool>)>),
    /// Items and the place among them.
    Cycler(Rc<(Vec<Value>, Cell<usize>)>),
}

/// What was looked for and is not there.
#[derive(Clone)]
pub(super) struct Missing {
    pub what: Arc<str>,
    /// It is a variable, not a part of a value.
    pub variable: bool,
}

pub(super) struct Items {
    pub items: Vec<Value>,
    /// How deep it nests; 1 for a list of texts.
    pub depth: usize,
    /// What `groupby` gives: its parts are called `grouper` and `list`.
    pub group: bool,
}

/// Entries in the order they were put in. Looked up one by one, which is charged: the dictionaries of templates are small.
pub(super) struct Dict {
    pub entries: Vec<(Value, Value)>,
    pub depth: usize,
}

/// `loop`.
pub(super) struct Lap {
    pub items: Vec<Value>,
    /// From 0.
    pub index: Cell<usize>,
    /// From 1.
    pub depth: usize,
    /// What `loop.changed` was given last.
    pub seen: RefCell<Option<Vec<Value>>>,
}

/// Names and what they stand for, in one scope.
pub(super) type Frame = Rc<RefCell<HashMap<Arc<str>, Value>>>;

/// A macro, or the body of a `call` block.
pub(super) struct Macro {
    pub node: Arc<MacroNode>,
    /// The scopes a `call` block was written in; a macro sees the outermost scope alone.
    pub scopes: Option<Vec<Frame>>,
}

impl Value {
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// A part of a value that is not there.
    pub fn no_part(what: impl Into<Arc<str>>) -> Self {
        Self::Undefined(Missing { what: what.into(), variable: false })
    }

    pub fn depth(&self) -> usize {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::View(_, items) => items.depth,
            Self::Dict(dict) => dict.depth,
            _ => 0,
        }
    }

    /// What a written scalar means; every other value as it is.
    pub fn meaning(&self) -> &Self {
        match self {
            Self::Written(written) => &written.1,
            _ => self,
        }
    }

    /// A text, a scalar as written included.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Written(written) => Some(&written.0),
            _ => None,
        }
    }

    /// Python's name of the type.
    pub fn type_name(&self) -> &'static str {
        match self.meaning() {
            Self::Undefined(_) => "Undefined",
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) | Self::Written(_) => "str",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Dict(_) => "dict",
            Self::Range(..) => "range",
            Self::Stream(name, _) | Self::View(name, _) => name,
            Self::Namespace(_) => "namespace",
            Self::Loop(_) => "loop",
            Self::Macro(_) => "macro",
            Self::Function(_) => "function",
            Self::Joiner(_) => "joiner",
            Self::Cycler(_) => "cycler",
        }
    }
}
