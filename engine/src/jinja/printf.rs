//! Python's `text % values`.

use super::build::{Number, find, number};
use super::fault::{Res, fail, unsupported};
use super::meter::Meter;
use super::numbers;
use super::show;
use super::value::Value;

/// One `%…` of a format.
struct Spec {
    left: bool,
    zeros: bool,
    plus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
}

/// Fills `format` with `values`: a tuple of them, a dictionary for `%(name)s`, or a single one.
pub(super) fn fill(meter: &Meter, format: &str, values: &Value) -> Res<String> {
    meter.bytes(format.len())?;
    let mut positional = match values {
        Value::Tuple(items) => items.items.iter(),
        single => std::slice::from_ref(single).iter(),
    };
    let mut named = false;
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        meter.push(&mut out, before)?;
        rest = after;
        let mut by_name = None;
        if let Some(inner) = rest.strip_prefix('(') {
            let Some((name, after)) = inner.split_once(')') else { return fail("a `%(` without `)`") };
            let Value::Dict(dict) = values else { return fail("a format with names needs a dictionary") };
            let Some(value) = find(meter, dict, &Value::text(name))? else {
                return fail(format!("the format names `{name}`, which is not there"));
            };
            (by_name, named, rest) = (Some(value), true, after);
        }
        let (spec, after) = read_spec(rest)?;
        let Some(kind) = after.chars().next() else { return fail("the format ends within a `%`") };
        rest = &after[kind.len_utf8()..];
        if kind == '%' {
            meter.push(&mut out, "%")?;
            continue;
        }
        let Some(value) = by_name.or_else(|| positional.next()) else {
            return fail("not enough values for the format");
        };
        convert(meter, &spec, kind, value, &mut out)?;
    }
    meter.push(&mut out, rest)?;
    let is_mapping = matches!(values, Value::Dict(_));
    if !named && !is_mapping && positional.next().is_some() {
        return fail("not all values are used by the format");
    }
    Ok(out)
}

fn read_spec(text: &str) -> Res<(Spec, &str)> {
    let flags_end = text.find(|c| !"#0- +".contains(c)).unwrap_or(text.len());
    let (flags, rest) = text.split_at(flags_end);
    if flags.contains('#') || rest.starts_with('*') {
        return unsupported("`#` or `*` in a format");
    }
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (width, mut rest) = rest.split_at(digits(rest));
    let mut precision = None;
    if let Some(after) = rest.strip_prefix('.') {
        if after.starts_with('*') {
            return unsupported("`*` in a format");
        }
        let (places, after) = after.split_at(digits(after));
        precision = Some(size(places)?);
        rest = after;
    }
    let spec = Spec {
        left: flags.contains('-'),
        zeros: flags.contains('0'),
        plus: flags.contains('+'),
        space: flags.contains(' '),
        width: size(width)?,
        precision,
    };
    Ok((spec, rest.strip_prefix(['h', 'l', 'L']).unwrap_or(rest)))
}

fn size(digits: &str) -> Res<usize> {
    if digits.is_empty() { Ok(0) } else { digits.parse().or_else(|_| fail("a width of the format is too large")) }
}

fn convert(meter: &Meter, spec: &Spec, kind: char, value: &Value, out: &mut String) -> Res<()> {
    match kind {
        's' => {
            let text = show::text(meter, value)?;
            words(meter, spec, &text, out)
        }
        'r' => {
            let mut text = String::new();
            show::repr(meter, value, &mut text, false)?;
            words(meter, spec, &text, out)
        }
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let whole = match number(value) {
                Some(Number::Int(whole)) => whole,
                Some(Number::Float(x)) if "diu".contains(kind) => match numbers::truncate(x) {
                    Some(whole) => whole?,
                    None => return fail("a number without end has no whole part"),
                },
                _ => return fail(format!("`%{kind}` wants a number, not a {}", value.type_name())),
            };
            let digits = match kind {
                'x' => format!("{:x}", whole.unsigned_abs()),
                'X' => format!("{:X}", whole.unsigned_abs()),
                'o' => format!("{:o}", whole.unsigned_abs()),
                _ => whole.unsigned_abs().to_string(),
            };
            let least = spec.precision.unwrap_or(0);
            meter.bytes(least)?;
            digits_with_sign(
                meter,
                spec,
                whole < 0,
                &format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len()))),
                out,
            )
        }
        'f' | 'F' | 'e' | 'E' => {
            let Some(x) = number(value).map(Number::float) else {
                return fail(format!("`%{kind}` wants a number, not a {}", value.type_name()));
            };
            let places = spec.precision.unwrap_or(6);
            if !x.is_finite() || places > 300 {
                return unsupported("a format of a number without end or of more than 300 places");
            }
            let text = match kind {
                'f' | 'F' => format!("{:.places$}", x.abs()),
                _ => scientific(x.abs(), places, kind),
            };
            digits_with_sign(meter, spec, x.is_sign_negative(), &text, out)
        }
        _ => unsupported(format!("`%{kind}` in a format")),
    }
}

fn scientific(x: f64, places: usize, kind: char) -> String {
    let text = format!("{x:.places$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    format!("{mantissa}{kind}{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn words(meter: &Meter, spec: &Spec, text: &str, out: &mut String) -> Res<()> {
    let cut: String = text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect();
    padded(meter, spec, "", &cut, ' ', out)
}

fn digits_with_sign(meter: &Meter, spec: &Spec, negative: bool, digits: &str, out: &mut String) -> Res<()> {
    let sign = match negative {
        true => "-",
        false if spec.plus => "+",
        false if spec.space => " ",
        false => "",
    };
    padded(meter, spec, sign, digits, if spec.zeros && !spec.left { '0' } else { ' ' }, out)
}

fn padded(meter: &Meter, spec: &Spec, sign: &str, text: &str, pad: char, out: &mut String) -> Res<()> {
    let missing = spec.width.saturating_sub(sign.len() + text.chars().count());
    meter.bytes(missing)?;
    meter.bytes(sign.len() + text.len())?;
    let fill = pad.to_string().repeat(missing);
    match (spec.left, pad) {
        (true, _) => out.extend([sign, text, &fill]),
        (false, '0') => out.extend([sign, &fill, text]),
        (false, _) => out.extend([&fill, sign, text]),
    }
    Ok(())
}
