//! Python's `<`, and what is sorted by it.

use super::build::{equal, number, undefined};
use super::fault::{Res, fail};
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

/// Sorted by a key, equal ones as they stood. Merges by hand, because a comparison may fail.
pub(super) fn sorted<T>(meter: &Meter, items: Vec<T>, reverse: bool, key: impl Fn(&T) -> Res<Value>) -> Res<Vec<T>> {
    meter.items(items.len() * 2)?;
    let keyed = items.into_iter().map(|item| Ok((key(&item)?, item))).collect::<Res<Vec<_>>>()?;
    let mut runs: Vec<Vec<(Value, T)>> = keyed.into_iter().map(|one| vec![one]).collect();
    while runs.len() > 1 {
        let mut merged = Vec::with_capacity(runs.len().div_ceil(2));
        let mut pairs = runs.into_iter();
        while let Some(left) = pairs.next() {
            merged.push(match pairs.next() {
                Some(right) => merge(meter, left, right, reverse)?,
                None => left,
            });
        }
        runs = merged;
    }
    Ok(runs.pop().unwrap_or_default().into_iter().map(|(_, item)| item).collect())
}

fn merge<T>(meter: &Meter, left: Vec<(Value, T)>, right: Vec<(Value, T)>, reverse: bool) -> Res<Vec<(Value, T)>> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        meter.step()?;
        let Some(order) = compare(meter, b, a)? else { return fail("a NaN cannot be sorted") };
        let wanted = if reverse { Ordering::Greater } else { Ordering::Less };
        merged.extend(if order == wanted { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}
