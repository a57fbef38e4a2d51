//! The only makers of lists, tuples and dictionaries: each charges what it makes and holds the nesting to its limit.

use super::Data;
use super::fault::{Fault, Res, fail, unsupported};
use super::limits::MOST_DEPTH;
use super::meter::Meter;
use super::value::{Dict, Items, Value};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

pub(super) fn list(meter: &Meter, items: Vec<Value>) -> Res<Value> {
    Ok(Value::List(Rc::new(sized(meter, items)?)))
}

pub(super) fn tuple(meter: &Meter, items: Vec<Value>) -> Res<Value> {
    Ok(Value::Tuple(Rc::new(sized(meter, items)?)))
}

/// What `groupby` gives for each group.
pub(super) fn group(meter: &Meter, key: Value, items: Vec<Value>) -> Res<Value> {
    let items = list(meter, items)?;
    Ok(Value::Tuple(Rc::new(Items { group: true, ..sized(meter, vec![key, items])? })))
}

pub(super) fn stream(meter: &Meter, name: &'static str, items: Vec<Value>) -> Res<Value> {
    Ok(Value::Stream(name, Rc::new(RefCell::new(sized(meter, items)?.items.into_iter()))))
}

pub(super) fn view(meter: &Meter, name: &'static str, items: Vec<Value>) -> Res<Value> {
    Ok(Value::View(name, Rc::new(sized(meter, items)?)))
}

/// Later entries replace earlier ones of the same key, in the earlier one's place.
pub(super) fn dict(meter: &Meter, pairs: Vec<(Value, Value)>) -> Res<Value> {
    meter.items(pairs.len() * 2)?;
    let mut entries: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
    let mut depth = 0;
    for (key, value) in pairs {
        check_key(&key)?;
        check_part(&value)?;
        depth = depth.max(key.depth()).max(value.depth());
        meter.bytes(entries.len())?;
        let mut place = None;
        for (at, (known, _)) in entries.iter().enumerate() {
            if equal(meter, known, &key)? {
                place = Some(at);
                break;
            }
        }
        match place {
            Some(at) => entries[at].1 = value,
            None => entries.push((key, value)),
        }
    }
    if depth + 1 > MOST_DEPTH {
        Err(Fault::too_deep())
    } else {
        Ok(Value::Dict(Rc::new(Dict { entries, depth: depth + 1 })))
    }
}

/// A value from outside.
pub(super) fn given(meter: &Meter, data: &Data) -> Res<Value> {
    meter.deeper(|| {
        Ok(match data {
            Data::None => Value::None,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(value) => Value::Int((*value).into()),
            Data::Float(value) => Value::Float(*value),
            Data::Text(text) => Value::Text(text.clone()),
            Data::Written(text, meaning) => Value::Written(Rc::new((text.clone(), given(meter, meaning)?))),
            Data::List(items) => {
                let items = items.iter().map(|item| given(meter, item)).collect::<Res<_>>()?;
                list(meter, items)?
            }
            Data::Dict(entries) => {
                let entry = |(key, value): &(Arc<str>, Data)| Ok((Value::Text(key.clone()), given(meter, value)?));
                dict(meter, entries.iter().map(entry).collect::<Res<_>>()?)?
            }
        })
    })
}

/// The value under a key; charged by how far it was looked for.
pub(super) fn find<'a>(meter: &Meter, dict: &'a Dict, key: &Value) -> Res<Option<&'a Value>> {
    meter.bytes(dict.entries.len())?;
    for (known, value) in &dict.entries {
        if equal(meter, known, key)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// Python's `==`.
pub(super) fn equal(meter: &Meter, left: &Value, right: &Value) -> Res<bool> {
    use Value as V;
    Ok(match (left, right) {
        (V::Undefined(_), _) | (_, V::Undefined(_)) if meter.strict => {
            return Err(undefined(if matches!(left, V::Undefined(_)) { left } else { right }));
        }
        (V::Undefined(_), V::Undefined(_)) | (V::None, V::None) => true,
        (V::Written(a), V::Written(b)) => a.0 == b.0 || equal(meter, &a.1, &b.1)?,
        (V::Written(a), V::Text(b)) | (V::Text(b), V::Written(a)) => a.0 == *b,
        (V::Written(a), other) | (other, V::Written(a)) => equal(meter, &a.1, other)?,
        (V::Text(a), V::Text(b)) => {
            meter.bytes(if a.len() == b.len() { a.len() / 8 } else { 0 })?;
            a == b
        }
        (V::List(a), V::List(b)) | (V::Tuple(a), V::Tuple(b)) => {
            meter.bytes(a.items.len())?;
            a.items.len() == b.items.len() && all_equal(meter, &a.items, &b.items)?
        }
        (V::Dict(a), V::Dict(b)) if a.entries.len() != b.entries.len() => false,
        (V::Dict(a), V::Dict(b)) => {
            for (key, value) in &a.entries {
                match find(meter, b, key)? {
                    Some(other) if equal(meter, value, other)? => {}
                    _ => return Ok(false),
                }
            }
            true
        }
        (V::Range(a, b, c), V::Range(d, e, f)) => {
            if (a, b, c) != (d, e, f) {
                return unsupported("a comparison of two ranges");
            }
            true
        }
        (V::Namespace(a), V::Namespace(b)) => Rc::ptr_eq(a, b),
        (V::Macro(a), V::Macro(b)) => Rc::ptr_eq(a, b),
        (V::Function(a), V::Function(b)) => a == b,
        (V::Stream(_, a), V::Stream(_, b)) => Rc::ptr_eq(a, b),
        (V::View(..), V::View(..)) => return unsupported("a comparison of two views of dictionaries"),
        _ => match (number(left), number(right)) {
            (Some(a), Some(b)) => a.compare(b) == Some(std::cmp::Ordering::Equal),
            _ => false,
        },
    })
}

fn all_equal(meter: &Meter, left: &[Value], right: &[Value]) -> Res<bool> {
    for (a, b) in left.iter().zip(right) {
        if !equal(meter, a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The error of using what is not there.
pub(super) fn undefined(value: &Value) -> Box<Fault> {
    let Value::Undefined(missing) = value else { return Fault::new(super::Kind::Undefined, "something is undefined") };
    let mut fault = Fault::new(super::Kind::Undefined, format!("{} is undefined", missing.what));
    fault.variable = missing.variable.then(|| missing.what.trim_matches('`').to_string());
    fault
}

/// A number, truth values as 0 and 1.
#[derive(Clone, Copy)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    pub fn float(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    /// Exact between whole numbers; `None` with a NaN.
    pub fn compare(self, other: Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (a, b) => a.float().partial_cmp(&b.float()),
        }
    }
}

pub(super) fn number(value: &Value) -> Option<Number> {
    match value.meaning() {
        Value::Bool(value) => Some(Number::Int((*value).into())),
        Value::Int(value) => Some(Number::Int(*value)),
        Value::Float(value) => Some(Number::Float(*value)),
        _ => None,
    }
}

fn check_key(key: &Value) -> Res<()> {
    match key {
        Value::Tuple(items) => items.items.iter().try_for_each(check_key),
        Value::Undefined(_) => unsupported("an undefined key of a dictionary"),
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) | Value::Written(_) => Ok(()),
        _ => fail(format!("a {} cannot be the key of a dictionary", key.type_name())),
    }
}

/// What can change later stands in no other value, so that nothing can hold itself.
pub(super) fn check_part(value: &Value) -> Res<()> {
    match value {
        Value::Stream(..)
        | Value::Namespace(_)
        | Value::Loop(_)
        | Value::Macro(_)
        | Value::Joiner(_)
        | Value::Cycler(_) => unsupported(format!("a {} inside another value", value.type_name())),
        _ => Ok(()),
    }
}

fn sized(meter: &Meter, items: Vec<Value>) -> Res<Items> {
    meter.items(items.len())?;
    items.iter().try_for_each(check_part)?;
    let depth = items.iter().map(Value::depth).max().unwrap_or_default() + 1;
    if depth > MOST_DEPTH { Err(Fault::too_deep()) } else { Ok(Items { items, depth, group: false }) }
}
