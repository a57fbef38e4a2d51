//! Values as text: Python's `str` and `repr`.

use super::build::undefined;
use super::casing::is_printable;
use super::fault::{Res, unsupported};
use super::meter::Meter;
use super::numbers;
use super::value::Value;
use std::sync::Arc;

/// Python's `str`: what a template prints.
pub(super) fn text(meter: &Meter, value: &Value) -> Res<Arc<str>> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Written(written) => Ok(written.0.clone()),
        _ => {
            let mut out = String::new();
            print(meter, value, &mut out)?;
            Ok(out.into())
        }
    }
}

/// Appends what the value prints as.
pub(super) fn print(meter: &Meter, value: &Value, out: &mut String) -> Res<()> {
    match value {
        Value::Text(text) => meter.push(out, text),
        Value::Written(written) => meter.push(out, &written.0),
        Value::Undefined(_) if meter.strict => Err(undefined(value)),
        Value::Undefined(_) => Ok(()),
        _ => repr(meter, value, out, false),
    }
}

/// Python's `repr`; `sorted` as `pprint` writes dictionaries.
pub(super) fn repr(meter: &Meter, value: &Value, out: &mut String, sorted: bool) -> Res<()> {
    match value {
        Value::Undefined(_) if meter.strict => Err(undefined(value)),
        Value::Undefined(_) => meter.push(out, "Undefined"),
        Value::None => meter.push(out, "None"),
        Value::Bool(value) => meter.push(out, if *value { "True" } else { "False" }),
        Value::Int(value) => meter.push(out, &value.to_string()),
        Value::Float(value) => meter.push(out, &numbers::float(*value)),
        Value::Text(text) => quoted(meter, text, out),
        Value::Written(written) => meter.push(out, &written.0),
        Value::List(items) => listed(meter, &items.items, out, ["[", "]"], sorted),
        Value::Tuple(items) if items.items.len() == 1 => listed(meter, &items.items, out, ["(", ",)"], sorted),
        Value::Tuple(items) => listed(meter, &items.items, out, ["(", ")"], sorted),
        Value::Dict(dict) => {
            let mut entries: Vec<&(Value, Value)> = dict.entries.iter().collect();
            if sorted {
                if entries.iter().any(|(key, _)| !matches!(key, Value::Text(_))) {
                    return unsupported("`pprint` of a dictionary whose keys are not all texts");
                }
                entries.sort_by(|a, b| a.0.as_str().cmp(&b.0.as_str()));
            }
            meter.push(out, "{")?;
            for (at, (key, value)) in entries.into_iter().enumerate() {
                meter.push(out, if at > 0 { ", " } else { "" })?;
                repr(meter, key, out, sorted)?;
                meter.push(out, ": ")?;
                repr(meter, value, out, sorted)?;
            }
            meter.push(out, "}")
        }
        Value::Range(start, stop, 1) => meter.push(out, &format!("range({start}, {stop})")),
        Value::Range(start, stop, step) => meter.push(out, &format!("range({start}, {stop}, {step})")),
        Value::View(name, items) => {
            meter.push(out, name)?;
            listed(meter, &items.items, out, ["([", "])"], sorted)
        }
        _ => unsupported(format!("printing a {}", value.type_name())),
    }
}

fn listed(meter: &Meter, items: &[Value], out: &mut String, brackets: [&str; 2], sorted: bool) -> Res<()> {
    meter.push(out, brackets[0])?;
    for (at, item) in items.iter().enumerate() {
        meter.push(out, if at > 0 { ", " } else { "" })?;
        repr(meter, item, out, sorted)?;
    }
    meter.push(out, brackets[1])
}

/// A text in single quotes, or in double ones where it holds single quotes alone.
fn quoted(meter: &Meter, text: &str, out: &mut String) -> Res<()> {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    meter.times(text.len(), 2)?;
    out.push(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out.push(quote);
    Ok(())
}
