//! `value is test`.

use super::arguments::Arguments;
use super::build::{self, equal, number};
use super::casing;
use super::fault::{Res, fail, unsupported};
use super::meter::Meter;
use super::tree_expr::Binary;
use super::value::Value;
use super::{ops, order, show};
use std::cmp::Ordering;

/// Whether the value passes the test.
pub(super) fn passes(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<bool> {
    let meaning = value.meaning();
    let name = arguments.of.as_ref();
    if let Some(passes) = compared(meter, value, arguments)? {
        return Ok(passes);
    }
    arguments.none()?;
    Ok(match name {
        "defined" => !matches!(value, Value::Undefined(_)),
        "undefined" => matches!(value, Value::Undefined(_)),
        "none" => matches!(meaning, Value::None),
        "boolean" => matches!(meaning, Value::Bool(_)),
        "true" => matches!(meaning, Value::Bool(true)),
        "false" => matches!(meaning, Value::Bool(false)),
        "integer" => matches!(meaning, Value::Int(_)),
        "float" => matches!(meaning, Value::Float(_)),
        "number" => number(meaning).is_some(),
        "string" => matches!(meaning, Value::Text(_)),
        "mapping" => matches!(value, Value::Dict(_)),
        "sequence" => is_sequence(value),
        "iterable" => is_sequence(value) || matches!(value, Value::View(..) | Value::Stream(..) | Value::Loop(_)),
        "odd" | "even" => {
            let rest = ops::binary(meter, Binary::Remainder, value, &Value::Int(2))?;
            let wanted = Value::Int(i128::from(name == "odd"));
            equal(meter, &rest, &wanted)?
        }
        "lower" | "upper" => {
            let text = show::text(meter, value)?;
            meter.times(text.len(), 2)?;
            casing::is_all(&text, name == "upper")
        }
        _ => return unsupported(format!("the test `is {name}`")),
    })
}

fn is_sequence(value: &Value) -> bool {
    matches!(
        value.meaning(),
        Value::Text(_) | Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Range(..) | Value::Undefined(_)
    )
}

/// The tests that take an argument.
fn compared(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Option<bool>> {
    let name = arguments.of.as_ref();
    let other = || -> Res<&Value> {
        let [other] = arguments.bind(["other"])?;
        other.map_or_else(|| fail(format!("the test `is {name}` needs an argument")), Ok)
    };
    let ordered =
        |fits: fn(Ordering) -> bool| -> Res<bool> { Ok(order::compare(meter, value, other()?)?.is_some_and(fits)) };
    Ok(Some(match name {
        "eq" | "equalto" | "==" => equal(meter, value, other()?)?,
        "ne" | "!=" => !equal(meter, value, other()?)?,
        "lt" | "lessthan" | "<" => ordered(Ordering::is_lt)?,
        "le" | "<=" => ordered(Ordering::is_le)?,
        "gt" | "greaterthan" | ">" => ordered(Ordering::is_gt)?,
        "ge" | ">=" => ordered(Ordering::is_ge)?,
        "in" => ops::contains(meter, other()?, value)?,
        "divisibleby" => {
            let rest = ops::binary(meter, Binary::Remainder, value, other()?)?;
            equal(meter, &rest, &Value::Int(0))?
        }
        "sameas" => match (value.meaning(), other()?) {
            (Value::None, Value::None) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (_, Value::None | Value::Bool(_)) => false,
            (Value::Undefined(_), _) => return Err(build::undefined(value)),
            _ => return unsupported("the test `is sameas`, except with `true`, `false` and `none`,"),
        },
        _ => return Ok(None),
    }))
}
