//! Python's `<`, and what is sorted by it.

use super::build::{equal, number, undefined};
use super::fault::{Fault, Res, fail};
use super::meter::Meter;
use super::value::Value;
use std::cmp::Ordering;

/// How two values stand to each other; `None` with a NaN. Errors where Python knows no order between them.
pub(super) fn compare(meter: &Meter, left: &Value, right: &Value) -> Res<Option<Ordering>> {
    if let (Some(a), Some(b)) = (number(left), number(right)) {
        return Ok(a.compare(b));
    }
    match (left, right) {
        (Value::Undefined(_), _) => Err(undefined(left)),
        (_, Value::Undefined(_)) => Err(undefined(right)),
        (Value::Text(_) | Value::Written(_), Value::Text(_) | Value::Written(_)) => {
            let (a, b) = (left.as_str().unwrap_or_default(), right.as_str().unwrap_or_default());
            meter.bytes(a.len().min(b.len()) / 8)?;
            // UTF-8 is in the order of its code points.
            Ok(Some(a.cmp(b)))
        }
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            meter.bytes(a.items.len().min(b.items.len()))?;
            for (a, b) in a.items.iter().zip(&b.items) {
                if !equal(meter, a, b)? {
                    return compare(meter, a, b);
                }
            }
            Ok(Some(a.items.len().cmp(&b.items.len())))
        }
        _ => fail(format!("`<` is not supported between a {} and a {}", left.type_name(), right.type_name())),
    }
}

/// Sorted by a key, equal ones as they stood. Every comparison is a step.
pub(super) fn sorted<T>(
    meter: &Meter,
    items: Vec<T>,
    reverse: bool,
    key: impl Fn(&T) -> Res<Value>,
) -> Res<Vec<T>> {
    meter.items(items.len() * 2)?;
    let mut keyed = items.into_iter().map(|item| Ok((key(&item)?, item))).collect::<Res<Vec<_>>>()?;
    let mut fault: Option<Box<Fault>> = None;
    keyed.sort_by(|(a, _), (b, _)| {
        if fault.is_some() {
            return Ordering::Equal;
        }
        let (a, b) = if reverse { (b, a) } else { (a, b) };
        match meter.step().and_then(|()| compare(meter, a, b)) {
            Ok(order) => order.unwrap_or_else(|| {
                fault = fail::<()>("a NaN cannot be sorted").err();
                Ordering::Equal
            }),
            Err(found) => {
                fault = Some(found);
                Ordering::Equal
            }
        }
    });
    fault.map_or_else(|| Ok(keyed.into_iter().map(|(_, item)| item).collect()), Err)
}
