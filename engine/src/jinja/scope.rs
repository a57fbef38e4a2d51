use super::value::{Frame, Missing, Value};
use std::sync::Arc;

/// The scopes that an expression sees, the outermost first.
pub(super) struct Scopes {
    pub frames: Vec<Frame>,
}

impl Scopes {
    pub fn new(outermost: Frame) -> Self {
        Self { frames: vec![outermost] }
    }

    pub fn get(&self, name: &str) -> Option<Value> {
        self.frames.iter().rev().find_map(|frame| frame.borrow().get(name).cloned())
    }

    /// Sets a name in the innermost scope.
    pub fn set(&self, name: &Arc<str>, value: Value) {
        if let Some(frame) = self.frames.last() {
            frame.borrow_mut().insert(Arc::clone(name), value);
        }
    }
}

/// A variable that is not there.
pub(super) fn no_variable(name: &str) -> Value {
    Value::Undefined(Missing { what: format!("`{name}`").into(), variable: true })
}
