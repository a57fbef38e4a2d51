//! `tojson` as `transformers` defines it: Python's `json.dumps`, no HTML escapes.

use super::build::undefined;
use super::fault::{Res, fail};
use super::meter::Meter;
use super::numbers;
use super::order;
use super::value::Value;

pub(super) struct Style {
    pub ascii: bool,
    pub sorted: bool,
    /// What one level is set in by; everything stands on one line without it.
    pub indent: Option<String>,
    pub item: String,
    pub key: String,
}

/// Appends the value as JSON.
pub(super) fn write(meter: &Meter, style: &Style, value: &Value, level: usize, out: &mut String) -> Res<()> {
    match value {
        Value::Undefined(_) => Err(undefined(value)),
        Value::None => meter.push(out, "null"),
        Value::Bool(value) => meter.push(out, if *value { "true" } else { "false" }),
        Value::Int(value) => meter.push(out, &value.to_string()),
        Value::Float(value) => meter.push(out, &float(*value)),
        Value::Text(text) => quoted(meter, style, text, out),
        // As written where that is JSON; `0042` and `0x1F` are not and stand as texts.
        Value::Written(written) => match serde_json::from_str::<serde_json::Value>(&written.0) {
            Ok(_) => meter.push(out, &written.0),
            Err(_) if matches!(written.1, Value::None) => meter.push(out, "null"),
            Err(_) => quoted(meter, style, &written.0, out),
        },
        Value::List(items) | Value::Tuple(items) => {
            list(meter, style, ["[", "]"], items.items.len(), level, out, |at, out| {
                write(meter, style, &items.items[at], level + 1, out)
            })
        }
        Value::Dict(dict) => {
            let entries = match style.sorted {
                true => order::sorted(meter, dict.entries.clone(), false, |entry| Ok(entry.0.clone()))?,
                false => dict.entries.clone(),
            };
            list(meter, style, ["{", "}"], entries.len(), level, out, |at, out| {
                let (key, value) = &entries[at];
                quoted(meter, style, &key_text(key)?, out)?;
                meter.push(out, &style.key)?;
                write(meter, style, value, level + 1, out)
            })
        }
        _ => fail(format!("a {} is not JSON serializable", value.type_name())),
    }
}

fn list(
    meter: &Meter,
    style: &Style,
    brackets: [&str; 2],
    length: usize,
    level: usize,
    out: &mut String,
    mut item: impl FnMut(usize, &mut String) -> Res<()>,
) -> Res<()> {
    let line = |level: usize, out: &mut String| -> Res<()> {
        if let Some(indent) = &style.indent {
            meter.times(indent.len(), level)?;
            meter.push(out, "\n")?;
            out.push_str(&indent.repeat(level));
        }
        Ok(())
    };
    meter.push(out, brackets[0])?;
    for at in 0..length {
        meter.push(out, if at > 0 { style.item.as_str() } else { "" })?;
        line(level + 1, out)?;
        item(at, out)?;
    }
    if length > 0 {
        line(level, out)?;
    }
    meter.push(out, brackets[1])
}

fn key_text(key: &Value) -> Res<String> {
    Ok(match key {
        Value::Text(text) => text.to_string(),
        Value::Written(written) => written.0.to_string(),
        Value::None => "null".to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => float(*value),
        _ => return fail(format!("keys of JSON are no {}", key.type_name())),
    })
}

fn float(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_string(),
        _ if value.is_infinite() => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_string(),
        _ => numbers::float(value),
    }
}

fn quoted(meter: &Meter, style: &Style, text: &str, out: &mut String) -> Res<()> {
    meter.bytes(text.len())?;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (style.ascii && !c.is_ascii_graphic() && c != ' ') => {
                meter.bytes(12)?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
    Ok(())
}
