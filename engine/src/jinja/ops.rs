//! Python's operators.

use super::build::{self, Number, equal, number, undefined};
use super::fault::{Fault, Res, fail, unsupported};
use super::meter::Meter;
use super::tree_expr::Binary;
use super::value::Value;
use super::{printf, show};

/// What one character costs that becomes a text of its own.
const CHARACTER_BYTES: usize = 32;

pub(super) fn binary(meter: &Meter, op: Binary, left: &Value, right: &Value) -> Res<Value> {
    match op {
        Binary::Join => {
            let mut text = String::new();
            show::print(meter, left, &mut text)?;
            show::print(meter, right, &mut text)?;
            return Ok(Value::text(text));
        }
        Binary::Remainder if left.as_str().is_some() && number(left).is_none() => {
            return Ok(Value::text(printf::fill(meter, left.as_str().unwrap_or_default(), right)?));
        }
        _ => {}
    }
    if let Some(undefined_one) = [left, right].into_iter().find(|value| matches!(value, Value::Undefined(_))) {
        return Err(undefined(undefined_one));
    }
    match op {
        Binary::Add => {
            if let Some(sum) = concatenated(meter, left, right)? {
                return Ok(sum);
            }
        }
        Binary::Multiply => {
            if let Some(product) = repeated(meter, left, right)? {
                return Ok(product);
            }
        }
        _ => {}
    }
    match (number(left), number(right)) {
        (Some(a), Some(b)) => arithmetic(op, a, b),
        _ => fail(format!(
            "a {} and a {} cannot be {}",
            left.type_name(),
            right.type_name(),
            match op {
                Binary::Add => "added",
                Binary::Subtract => "subtracted",
                Binary::Multiply => "multiplied",
                Binary::Power => "raised to a power",
                _ => "divided",
            }
        )),
    }
}

fn concatenated(meter: &Meter, left: &Value, right: &Value) -> Res<Option<Value>> {
    let is_text = |value: &Value| matches!(value, Value::Text(_));
    Ok(Some(match (left, right) {
        // A scalar as written joins a text as what is written.
        _ if (is_text(left) || is_text(right)) && left.as_str().is_some() && right.as_str().is_some() => {
            let (a, b) = (left.as_str().unwrap_or_default(), right.as_str().unwrap_or_default());
            meter.bytes(a.len() + b.len())?;
            Value::text([a, b].concat())
        }
        (Value::List(a), Value::List(b)) => {
            meter.items(a.items.len() + b.items.len())?;
            build::list(meter, a.items.iter().chain(&b.items).cloned().collect())?
        }
        (Value::Tuple(a), Value::Tuple(b)) => {
            meter.items(a.items.len() + b.items.len())?;
            build::tuple(meter, a.items.iter().chain(&b.items).cloned().collect())?
        }
        _ => return Ok(None),
    }))
}

fn repeated(meter: &Meter, left: &Value, right: &Value) -> Res<Option<Value>> {
    let (what, times) = match (number(left), number(right)) {
        (None, Some(Number::Int(times))) => (left, times),
        (Some(Number::Int(times)), None) => (right, times),
        _ => return Ok(None),
    };
    let times = usize::try_from(times.max(0)).unwrap_or(usize::MAX);
    Ok(Some(match what {
        Value::Text(text) => {
            meter.times(text.len(), times)?;
            Value::text(if text.is_empty() { String::new() } else { text.repeat(times) })
        }
        Value::List(list) | Value::Tuple(list) => {
            meter.items(list.items.len().saturating_mul(times))?;
            let items: Vec<Value> = match list.items.is_empty() {
                true => Vec::new(),
                false => (0..times).flat_map(|_| list.items.iter().cloned()).collect(),
            };
            if matches!(what, Value::List(_)) { build::list(meter, items)? } else { build::tuple(meter, items)? }
        }
        _ => return Ok(None),
    }))
}

fn arithmetic(op: Binary, left: Number, right: Number) -> Res<Value> {
    let zero = match right {
        Number::Int(b) => b == 0,
        Number::Float(b) => b == 0.0,
    };
    if zero && matches!(op, Binary::Divide | Binary::DivideFloor | Binary::Remainder) {
        return fail("a division by zero");
    }
    if let (Number::Int(a), Number::Int(b)) = (left, right)
        && !(op == Binary::Divide || op == Binary::Power && b < 0)
    {
        return whole(op, a, b).map(Value::Int).ok_or_else(|| {
            Fault::new(super::Kind::Unsupported, "a whole number of more than 127 bits is not supported")
        });
    }
    let (a, b) = (left.float(), right.float());
    let remainder = || {
        let rest = a % b;
        match rest != 0.0 && (rest < 0.0) != (b < 0.0) {
            true => rest + b,
            false if rest == 0.0 => 0.0f64.copysign(b),
            false => rest,
        }
    };
    Ok(Value::Float(match op {
        Binary::Add => a + b,
        Binary::Subtract => a - b,
        Binary::Multiply => a * b,
        Binary::Divide => a / b,
        Binary::Remainder => remainder(),
        Binary::DivideFloor => floor_of((a - remainder()) / b, a / b),
        Binary::Power if a < 0.0 && b.fract() != 0.0 => return unsupported("a complex number"),
        Binary::Power if a == 0.0 && b < 0.0 => return fail("a division by zero"),
        // As in Python, which asks the system too.
        #[allow(clippy::disallowed_methods)]
        _ => a.powf(b),
    }))
}

/// As CPython rounds the quotient that a remainder leaves.
fn floor_of(quotient: f64, plain: f64) -> f64 {
    if quotient == 0.0 {
        return 0.0f64.copysign(plain);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 { floor + 1.0 } else { floor }
}

fn whole(op: Binary, a: i128, b: i128) -> Option<i128> {
    match op {
        Binary::Add => a.checked_add(b),
        Binary::Subtract => a.checked_sub(b),
        Binary::Multiply => a.checked_mul(b),
        Binary::DivideFloor => {
            let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
            if rest != 0 && (rest < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
        }
        Binary::Remainder => {
            let rest = a.checked_rem(b)?;
            if rest != 0 && (rest < 0) != (b < 0) { rest.checked_add(b) } else { Some(rest) }
        }
        Binary::Power => a.checked_pow(u32::try_from(b).ok()?),
        Binary::Divide | Binary::Join => None,
    }
}

pub(super) fn negative(value: &Value) -> Res<Value> {
    match (value, number(value)) {
        (Value::Undefined(_), _) => Err(undefined(value)),
        (_, Some(Number::Int(value))) => Ok(Value::Int(value.checked_neg().unwrap_or(i128::MAX))),
        (_, Some(Number::Float(value))) => Ok(Value::Float(-value)),
        (_, None) => fail(format!("a {} cannot be negative", value.type_name())),
    }
}

/// Python's `in`.
pub(super) fn contains(meter: &Meter, container: &Value, item: &Value) -> Res<bool> {
    match container {
        Value::Text(_) | Value::Written(_) => {
            let (Some(text), Some(part)) = (container.as_str(), item.as_str()) else {
                if matches!(item, Value::Undefined(_)) {
                    return Err(undefined(item));
                }
                return fail(format!("a {} cannot be in a text", item.type_name()));
            };
            meter.bytes(text.len())?;
            Ok(text.contains(part))
        }
        Value::Dict(dict) => {
            if matches!(item, Value::List(_) | Value::Dict(_)) {
                return fail(format!("a {} cannot be the key of a dictionary", item.type_name()));
            }
            Ok(build::find(meter, dict, item)?.is_some())
        }
        Value::View("dict_items" | "dict_keys" | "dict_values", _) | Value::List(_) | Value::Tuple(_) => {
            let (Value::View(_, items) | Value::List(items) | Value::Tuple(items)) = container else {
                return Ok(false);
            };
            meter.bytes(items.items.len())?;
            for known in &items.items {
                if equal(meter, known, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => {
            let items = items(meter, container)?;
            for known in &items {
                if equal(meter, known, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
    }
}

/// All that Python's `iter` would give.
pub(super) fn items(meter: &Meter, value: &Value) -> Res<Vec<Value>> {
    Ok(match value {
        Value::Text(text) => {
            meter.bytes(text.len().saturating_mul(CHARACTER_BYTES))?;
            text.chars().map(|c| Value::text(c.encode_utf8(&mut [0; 4]) as &str)).collect()
        }
        Value::List(items) | Value::Tuple(items) | Value::View(_, items) => {
            meter.items(items.items.len())?;
            items.items.clone()
        }
        Value::Dict(dict) => {
            meter.items(dict.entries.len())?;
            dict.entries.iter().map(|(key, _)| key.clone()).collect()
        }
        Value::Range(start, stop, step) => {
            let length = range_length(*start, *stop, *step);
            meter.items(length)?;
            (0..length as i128).map(|at| Value::Int(i128::from(*start) + at * i128::from(*step))).collect()
        }
        Value::Stream(_, items) => {
            let items = items.try_borrow_mut();
            items.map(|mut items| items.by_ref().collect()).unwrap_or_default()
        }
        Value::Undefined(_) if meter.strict => return Err(undefined(value)),
        Value::Undefined(_) => Vec::new(),
        _ => return fail(format!("a {} has no items", value.type_name())),
    })
}

pub(super) fn range_length(start: i64, stop: i64, step: i64) -> usize {
    let (start, stop, step) = (i128::from(start), i128::from(stop), i128::from(step));
    let span = if step > 0 { stop - start } else { start - stop };
    if span <= 0 { 0 } else { usize::try_from((span - 1) / step.abs() + 1).unwrap_or(usize::MAX) }
}

/// Python's `len`.
pub(super) fn length(meter: &Meter, value: &Value) -> Res<usize> {
    Ok(match value {
        Value::Text(text) => {
            meter.bytes(text.len() / 8)?;
            text.chars().count()
        }
        Value::List(items) | Value::Tuple(items) | Value::View(_, items) => items.items.len(),
        Value::Dict(dict) => dict.entries.len(),
        Value::Range(start, stop, step) => range_length(*start, *stop, *step),
        Value::Undefined(_) if meter.strict => return Err(undefined(value)),
        Value::Undefined(_) => 0,
        Value::Loop(lap) => lap.items.len(),
        _ => return fail(format!("a {} has no length", value.type_name())),
    })
}

/// Python's `value[start:stop:step]`.
pub(super) fn slice(meter: &Meter, value: &Value, bounds: [Option<&Value>; 3]) -> Res<Value> {
    let mut whole = [None; 3];
    for (slot, bound) in whole.iter_mut().zip(bounds) {
        *slot = match bound.map(Value::meaning) {
            None | Some(Value::None) => None,
            Some(Value::Int(value)) => Some(*value),
            Some(Value::Bool(value)) => Some(i128::from(*value)),
            Some(_) => return no_slice(value),
        };
    }
    match value {
        Value::Text(text) => {
            meter.times(text.len(), 4)?;
            let chars: Vec<char> = text.chars().collect();
            Ok(Value::text(places(chars.len(), whole)?.into_iter().map(|at| chars[at]).collect::<String>()))
        }
        Value::List(list) | Value::Tuple(list) => {
            meter.items(list.items.len())?;
            let items = places(list.items.len(), whole)?.into_iter().map(|at| list.items[at].clone()).collect();
            if matches!(value, Value::List(_)) { build::list(meter, items) } else { build::tuple(meter, items) }
        }
        Value::Undefined(_) => Err(undefined(value)),
        Value::Range(..) => unsupported("a slice of a range"),
        _ => no_slice(value),
    }
}

/// Python's error, which jinja2 takes for an empty text where the template's own constants are sliced.
fn no_slice(value: &Value) -> Res<Value> {
    unsupported(format!("this slice of a {}", value.type_name()))
}

/// The places a slice takes, as CPython's `PySlice_AdjustIndices` bounds them.
fn places(length: usize, [start, stop, step]: [Option<i128>; 3]) -> Res<Vec<usize>> {
    let length = length as i128;
    let step = step.unwrap_or(1);
    if step == 0 {
        return fail("the step of a slice cannot be zero");
    }
    let (least, most) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |at: i128| if at < 0 { at.saturating_add(length).max(least) } else { at.min(most) };
    let from = start.map_or(if step > 0 { least } else { most }, bound);
    let to = stop.map_or(if step > 0 { most } else { least }, bound);
    let mut places = Vec::new();
    let mut at = from;
    while if step > 0 { at < to } else { at > to } {
        places.push(usize::try_from(at).unwrap_or_default());
        at = at.saturating_add(step);
    }
    Ok(places)
}
