//! Numbers as Python writes, reads and rounds them.

use super::build::{Number, number};
use super::casing::is_space;
use super::fault::{Res, fail, unsupported};
use super::value::Value;

/// Python's `repr(float)`: the fewest digits that give the number back, with an exponent below 1e-4 and from 1e16.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) {
        let fixed = format!("{value}");
        return if fixed.contains('.') { fixed } else { fixed + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `int(text, base)`; `None` where Python raises an error.
pub(super) fn parse_int(text: &str, base: u32) -> Option<i128> {
    let text = text.trim_matches(is_space);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefix = match base {
        2 => ["0b", "0B"],
        8 => ["0o", "0O"],
        16 => ["0x", "0X"],
        _ => ["", ""],
    };
    let digits = prefix.iter().filter(|p| !p.is_empty()).find_map(|p| digits.strip_prefix(p)).unwrap_or(digits);
    let value = i128::from_str_radix(&without_separators(digits)?, base).ok()?;
    Some(if negative { -value } else { value })
}

/// `float(text)`; `None` where Python raises an error.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(is_space);
    let bare = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if ["inf", "infinity", "nan"].contains(&bare.as_str()) {
        return text.parse().ok();
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE_".contains(&b)) {
        return None;
    }
    without_separators(text)?.parse().ok()
}

/// Underscores stand between two digits only. No sign is left, so that none is read twice.
fn without_separators(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
    let fine = |at: usize| at > 0 && digit(bytes.get(at - 1)) && digit(bytes.get(at + 1));
    let misplaced = (0..bytes.len()).any(|at| bytes[at] == b'_' && !fine(at));
    (!misplaced).then(|| text.replace('_', ""))
}

/// The filter `round`.
pub(super) fn round(value: &Value, precision: i128, method: &str) -> Res<Value> {
    let Some(exact) = number(value) else { return fail(format!("a {} cannot be rounded", value.type_name())) };
    let x = exact.float();
    if !["common", "ceil", "floor"].contains(&method) {
        return fail("the method of `round` is `common`, `ceil` or `floor`");
    }
    if !(0..=300).contains(&precision) {
        return unsupported("rounding to tens or to more than 300 places");
    }
    if method == "common" {
        return Ok(match exact {
            Number::Int(value) => Value::Int(value),
            Number::Float(_) if !x.is_finite() => Value::Float(x),
            // Both round the exact binary value, halves to even.
            Number::Float(_) => Value::Float(format!("{x:.*}", precision as usize).parse().unwrap_or(x)),
        });
    }
    let scale = 10f64.powi(precision as i32);
    let scaled = x * scale;
    let whole = if method == "ceil" { scaled.ceil() } else { scaled.floor() };
    if !whole.is_finite() {
        return fail("a number without end cannot be rounded");
    }
    // Python's `ceil` gives a whole number, which knows no negative zero.
    let whole = if whole == 0.0 { 0.0 } else { whole };
    Ok(Value::Float(whole / scale))
}

/// The number as a whole one, the fraction cut off; `None` where it has no end.
pub(super) fn truncate(value: f64) -> Option<Res<i128>> {
    if !value.is_finite() {
        return None;
    }
    let whole = value.trunc();
    Some(if whole.abs() < 1.0e38 { Ok(whole as i128) } else { unsupported("a whole number of more than 127 bits") })
}
