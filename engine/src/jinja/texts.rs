//! Filters of texts that jinja2 writes itself.

use super::arguments::Arguments;
use super::casing;
use super::fault::{Res, fail, unsupported};
use super::meter::Meter;
use super::value::Value;
use super::{build, show};

fn size(value: i128) -> usize {
    usize::try_from(value.max(0)).unwrap_or(usize::MAX)
}

/// The filter `indent`.
pub(super) fn indent(meter: &Meter, text: &str, arguments: &Arguments) -> Res<String> {
    let [width, first, blank] = arguments.bind(["width", "first", "blank"])?;
    let (first, blank) = (arguments.truth(meter, first, false)?, arguments.truth(meter, blank, false)?);
    let by = match width {
        Some(Value::Text(by)) => by.to_string(),
        _ => {
            let width = size(arguments.int(width, 4)?);
            meter.bytes(width)?;
            " ".repeat(width)
        }
    };
    // Jinja adds an end so that the last line, too, is one.
    let text = format!("{text}\n");
    let lines = casing::lines(&text, false);
    meter.bytes(text.len())?;
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            meter.push(&mut out, "\n")?;
        }
        let set_in = if at == 0 { first } else { blank || !line.is_empty() };
        meter.push(&mut out, if set_in { &by } else { "" })?;
        meter.push(&mut out, line)?;
    }
    Ok(out)
}

/// `text.center(width)`: of an odd rest, the side that CPython gives it to.
pub(super) fn center(meter: &Meter, text: &str, width: i128, fill: &str) -> Res<String> {
    let length = text.chars().count();
    let missing = size(width).saturating_sub(length);
    meter.bytes(text.len())?;
    meter.times(fill.len(), missing)?;
    let left = missing / 2 + (missing & size(width) & 1);
    Ok([fill.repeat(left), text.to_string(), fill.repeat(missing - left)].concat())
}

/// `text.replace(old, new, count)`; all of them where `count` is below zero.
pub(super) fn replace(meter: &Meter, text: &str, old: &str, new: &str, count: i128) -> Res<String> {
    let most = if count < 0 { usize::MAX } else { size(count) };
    meter.bytes(text.len())?;
    let found = text.matches(old).take(most).count();
    meter.times(new.len(), found)?;
    Ok(text.replacen(old, new, most))
}

/// The filter `truncate`.
pub(super) fn truncate(meter: &Meter, text: &str, arguments: &Arguments) -> Res<String> {
    let [length, kill_words, end, leeway] = arguments.bind(["length", "killwords", "end", "leeway"])?;
    let length = arguments.int(length, 255)?;
    let end = arguments.text(meter, end, "...")?;
    let leeway = arguments.int(leeway, 5)?;
    let end_length = end.chars().count() as i128;
    if length < end_length || leeway < 0 {
        return fail("`truncate` keeps at least its end");
    }
    meter.times(text.len(), 4)?;
    let chars: Vec<char> = text.chars().collect();
    if chars.len() as i128 <= length.saturating_add(leeway) {
        return Ok(text.to_string());
    }
    let mut kept = &chars[..size(length - end_length)];
    if !arguments.truth(meter, kill_words, false)?
        && let Some(space) = kept.iter().rposition(|c| *c == ' ')
    {
        kept = &kept[..space];
    }
    meter.bytes(end.len())?;
    Ok(kept.iter().collect::<String>() + &end)
}

/// The filter `wordcount`: runs of letters, digits and `_`.
pub(super) fn word_count(text: &str) -> Value {
    let mut inside = false;
    let mut words = 0;
    for c in text.chars() {
        let now = c.is_alphanumeric() || c == '_';
        words += i128::from(now && !inside);
        inside = now;
    }
    Value::Int(words)
}

/// The filter `pprint`, for what fits on one line.
pub(super) fn pretty(meter: &Meter, value: &Value) -> Res<String> {
    let mut out = String::new();
    show::repr(meter, value, &mut out, true)?;
    let long = out.chars().count() > 80 && (build::number(value).is_none());
    if long { unsupported("`pprint` of what does not fit in 80 characters") } else { Ok(out) }
}
