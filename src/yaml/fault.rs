//! Faults on their way up through serde, and what a reading notes of them.

use super::node::Node;
use engine::error::{Error, Result};
use serde::de;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

/// What is known about a tree from its readings so far.
#[derive(Default)]
pub(super) struct Reading {
    pub faults: RefCell<Vec<Error>>,
    /// Values to stand in for, by address: the tree does not move while it is read.
    pub marked: RefCell<HashSet<usize>>,
    /// Marked values whose type takes no stand-in; reading ends at them, so they are read last.
    refused: RefCell<HashSet<usize>>,
    /// Missing keys to stand in for.
    pub missing: RefCell<HashSet<(usize, &'static str)>>,
    /// Values that were no mapping where one was wanted: it goes without saying that they lack keys.
    pub keyless: RefCell<HashSet<usize>>,
}

impl Reading {
    /// Notes a fault, unless an earlier reading met it.
    pub fn note(&self, error: Error) {
        let mut faults = self.faults.borrow_mut();
        if !faults.iter().any(|known| known.place == error.place && known.message == error.message) {
            faults.push(error);
        }
    }

    /// Whether reading ends at this value or at one below it.
    pub fn ends_at(&self, node: &Node) -> bool {
        let refused = self.refused.borrow();
        !refused.is_empty() && (refused.contains(&address(node)) || node.children().any(|child| self.ends_at(child)))
    }

    /// Notes an error that ended a reading; false when standing in for its value did not help.
    pub fn mark(&self, root: &Node, fault: Fault) -> bool {
        let (address, error) = fault.origin.unwrap_or_else(|| (address(root), root.fault("")));
        match fault.words {
            Words::Missing(key) => {
                if !self.keyless.borrow().contains(&address) {
                    let error = Error { message: format!("the key `{key}` is missing"), ..error };
                    self.note(error.hint(format!("add `{key}:` here")));
                }
                self.missing.borrow_mut().insert((address, key))
            }
            Words::Message(message) => {
                self.note(Error { message, ..error });
                self.marked.borrow_mut().insert(address)
            }
            Words::None => self.marked.borrow_mut().insert(address) || self.refused.borrow_mut().insert(address),
        }
    }
}

/// What was read of a file, unless there are further faults; all of them in the order of their places.
pub fn with_faults<T>(read: Result<T>, further: impl IntoIterator<Item = Error>) -> Result<T> {
    match read {
        Ok(value) => gather(further).map_or(Ok(value), Err),
        Err(error) => {
            let mut all: Vec<Error> =
                error.flatten().into_iter().chain(further.into_iter().flat_map(Error::flatten)).collect();
            all.sort_by_key(position);
            let first = all.remove(0);
            Err(Error { also: all, ..first })
        }
    }
}

/// All faults of one file as one error, in the order of their places.
pub(super) fn gather(faults: impl IntoIterator<Item = Error>) -> Option<Error> {
    let mut faults: Vec<Error> = faults.into_iter().flat_map(Error::flatten).collect();
    faults.sort_by_key(position);
    Error::gather(faults)
}

fn position(fault: &Error) -> Option<(usize, usize)> {
    fault.place.as_ref().map(|place| (place.line, place.column))
}

pub(super) fn address(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

/// An error on its way up through serde.
#[derive(Debug)]
pub(super) struct Fault {
    words: Words,
    /// The innermost value it rose from: its address, and an error at its place.
    origin: Option<(usize, Error)>,
}

#[derive(Debug)]
enum Words {
    Message(String),
    Missing(&'static str),
    /// A stand-in was refused; the fault behind it is noted already.
    None,
}

impl Fault {
    pub fn at(mut self, node: &Node) -> Self {
        if self.origin.is_none() {
            self.origin = Some((address(node), node.fault("")));
        }
        self
    }

    pub fn silent(self) -> Self {
        Self { words: Words::None, ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.words {
            Words::Message(message) => f.write_str(message),
            Words::Missing(key) => write!(f, "the key `{key}` is missing"),
            Words::None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        // Serde's words for this name a Rust type.
        let message = match message.starts_with("data did not match any variant of untagged enum") {
            true => "this value has none of the forms allowed here".to_string(),
            false => message,
        };
        Self { words: Words::Message(message), origin: None }
    }

    fn missing_field(key: &'static str) -> Self {
        Self { words: Words::Missing(key), origin: None }
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::custom(format_args!("`{key}` is given twice, once by another name"))
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        let range = match expected.as_str() {
            "u8" => Some((i64::from(u8::MIN), i64::from(u8::MAX))),
            "u16" => Some((i64::from(u16::MIN), i64::from(u16::MAX))),
            "u32" => Some((i64::from(u32::MIN), i64::from(u32::MAX))),
            "i32" => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            _ => None,
        };
        let found = found.replace("integer ", "");
        match range {
            Some((least, most)) => {
                Self::custom(format_args!("expected a whole number from {least} to {most}, found {found}"))
            }
            None => Self::custom(format_args!("expected {expected}, found {found}")),
        }
    }
}
