//! `value.name` and `value[key]`, each looking where the other would when it finds nothing.

use super::build::{self, undefined};
use super::fault::{Res, unsupported};
use super::meter::Meter;
use super::names;
use super::value::{Lap, Value};

/// `value.name`: what Python's `getattr` gives, else `value["name"]`.
pub(super) fn attribute(meter: &Meter, value: &Value, name: &str) -> Res<Value> {
    if name.starts_with('_') {
        return unsupported(format!("the attribute `{name}`, which the sandbox keeps to itself,"));
    }
    if has_method(value, name) {
        return unsupported(format!("`{name}` without a call"));
    }
    Ok(match value {
        Value::Undefined(_) => return Err(undefined(value)),
        Value::Namespace(names) => names.borrow().get(name).cloned().unwrap_or_else(|| missing(value, name)),
        Value::Loop(lap) => of_loop(lap, name)?.unwrap_or_else(|| missing(value, name)),
        Value::Tuple(items) if items.group && name == "grouper" => items.items[0].clone(),
        Value::Tuple(items) if items.group && name == "list" => items.items[1].clone(),
        Value::Cycler(cycler) if name == "current" => cycler.0[cycler.1.get() % cycler.0.len()].clone(),
        Value::Dict(dict) => {
            build::find(meter, dict, &Value::text(name))?.cloned().unwrap_or_else(|| missing(value, name))
        }
        Value::Macro(_) | Value::Function(_) | Value::Range(..) | Value::Stream(..) | Value::View(..) => {
            return unsupported(format!("the attribute `{name}` of a {}", value.type_name()));
        }
        _ if names::NUMBER_ATTRIBUTES.contains(&name) && build::number(value).is_some() => {
            return unsupported(format!("the attribute `{name}` of a number"));
        }
        _ => missing(value, name),
    })
}

/// `value[key]`: the item, else the attribute of that name.
pub(super) fn item(meter: &Meter, value: &Value, key: &Value) -> Res<Value> {
    if matches!(value, Value::Undefined(_)) {
        return Err(undefined(value));
    }
    if let Value::Dict(dict) = value
        && let Some(found) = build::find(meter, dict, key)?
    {
        return Ok(found.clone());
    }
    if let Value::Text(name) = key {
        return match value {
            Value::Dict(_) if !has_method(value, name) && !name.starts_with('_') => Ok(missing(value, name)),
            _ => attribute(meter, value, name),
        };
    }
    let (Some(build::Number::Int(at)), false) = (build::number(key), matches!(value, Value::Dict(_))) else {
        return Ok(missing(value, "this key"));
    };
    let nth = |length: usize| {
        let at = if at < 0 { at.checked_add(length as i128)? } else { at };
        usize::try_from(at).ok().filter(|at| *at < length)
    };
    let found = match value {
        Value::Text(text) => {
            meter.bytes(text.len())?;
            let at = nth(text.chars().count());
            at.and_then(|at| text.chars().nth(at)).map(|c| Value::text(c.encode_utf8(&mut [0; 4]) as &str))
        }
        Value::List(items) | Value::Tuple(items) => nth(items.items.len()).map(|at| items.items[at].clone()),
        Value::Range(start, stop, step) => nth(super::ops::range_length(*start, *stop, *step))
            .map(|at| Value::Int(i128::from(*start) + at as i128 * i128::from(*step))),
        _ => None,
    };
    Ok(found.unwrap_or_else(|| missing(value, &format!("item {at}"))))
}

/// What a path such as `message.content` or `0.role` leads to, as filters that take an `attribute` read it.
pub(super) fn path(meter: &Meter, value: &Value, path: &Value, default: Option<&Value>) -> Res<Value> {
    let mut at = value.clone();
    if let Some(path) = path.as_str() {
        for part in path.split('.') {
            let key = match part.parse::<i128>() {
                Ok(place) if part.bytes().all(|b| b.is_ascii_digit()) => Value::Int(place),
                _ => Value::text(part),
            };
            at = item(meter, &at, &key)?;
            if let (Value::Undefined(_), Some(default)) = (&at, default) {
                at = default.clone();
            }
        }
        return Ok(at);
    }
    item(meter, value, path)
}

/// Whether Python finds a method of this name.
pub(super) fn has_method(value: &Value, name: &str) -> bool {
    match value {
        Value::Text(_) => names::TEXT_METHODS.contains(&name),
        Value::List(_) => names::LIST_METHODS.contains(&name),
        Value::Tuple(_) => ["count", "index"].contains(&name),
        Value::Dict(_) => names::DICT_METHODS.contains(&name),
        Value::Loop(_) => ["changed", "cycle"].contains(&name),
        Value::Cycler(_) => ["next", "reset"].contains(&name),
        _ => false,
    }
}

fn missing(value: &Value, name: &str) -> Value {
    Value::no_part(format!("`{name}` of a {}", value.type_name()))
}

fn of_loop(lap: &Lap, name: &str) -> Res<Option<Value>> {
    let (at, length) = (lap.index.get(), lap.items.len());
    let number = |value: usize| Some(Value::Int(value as i128));
    let neighbour = |at: Option<usize>, what: &str| {
        Some(
            at.and_then(|at| lap.items.get(at))
                .cloned()
                .unwrap_or_else(|| Value::no_part(format!("there is no {what} item"))),
        )
    };
    Ok(match name {
        "index" => number(at + 1),
        "index0" => number(at),
        "revindex" => number(length - at),
        "revindex0" => number(length - at - 1),
        "first" => Some(Value::Bool(at == 0)),
        "last" => Some(Value::Bool(at + 1 == length)),
        "length" => number(length),
        "depth" => number(lap.depth),
        "depth0" => number(lap.depth - 1),
        "previtem" => neighbour(at.checked_sub(1), "previous"),
        "nextitem" => neighbour(Some(at + 1), "next"),
        _ => None,
    })
}
