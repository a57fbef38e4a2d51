//! Methods of Python's texts, lists and dictionaries, and of `loop`.

use super::arguments::Arguments;
use super::build::{self, equal};
use super::casing::{self, is_space};
use super::fault::{Fault, Res, fail, unsupported};
use super::meter::Meter;
use super::value::Value;
use super::{ops, show, texts};
use regex::Regex;
use std::sync::LazyLock;

/// Calls a method that [`super::attributes::has_method`] knows.
pub(super) fn call(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let name = arguments.of.as_ref();
    match value {
        Value::Text(text) => {
            meter.times(text.len(), 2)?;
            of_text(meter, text, arguments)
        }
        Value::Dict(dict) => {
            let pair = |(key, value): &(Value, Value)| build::tuple(meter, vec![key.clone(), value.clone()]);
            match name {
                "get" => {
                    let [key, default] = arguments.bind(["key", "default"])?;
                    let Some(key) = key else { return fail("`get` needs a key") };
                    let found = build::find(meter, dict, key)?.or(default);
                    Ok(found.cloned().unwrap_or(Value::None))
                }
                "copy" => arguments.none().map(|()| value.clone()),
                "items" | "keys" | "values" => {
                    arguments.none()?;
                    let entries = dict.entries.iter();
                    match name {
                        "items" => build::view(meter, "dict_items", entries.map(pair).collect::<Res<_>>()?),
                        "keys" => build::view(meter, "dict_keys", entries.map(|(key, _)| key.clone()).collect()),
                        _ => build::view(meter, "dict_values", entries.map(|(_, value)| value.clone()).collect()),
                    }
                }
                _ => unsupported(format!("`dict.{name}`, which the sandbox forbids,")),
            }
        }
        Value::List(list) | Value::Tuple(list) => of_list(meter, &list.items, value, arguments),
        Value::Loop(lap) => match name {
            "cycle" if arguments.positional.is_empty() => fail("`loop.cycle` has nothing to choose from"),
            "cycle" => Ok(arguments.positional[lap.index.get() % arguments.positional.len()].clone()),
            _ => {
                let mut seen = lap.seen.borrow_mut();
                let same = match seen.as_ref().filter(|seen| seen.len() == arguments.positional.len()) {
                    Some(seen) => seen
                        .iter()
                        .zip(&arguments.positional)
                        .try_fold(true, |same, (a, b)| Ok::<_, Box<Fault>>(same && equal(meter, a, b)?))?,
                    None => false,
                };
                *seen = Some(arguments.positional.clone());
                Ok(Value::Bool(!same))
            }
        },
        Value::Cycler(cycler) => {
            arguments.none()?;
            let at = cycler.1.get() % cycler.0.len();
            cycler.1.set(if name == "next" { at + 1 } else { 0 });
            Ok(if name == "next" { cycler.0[at].clone() } else { Value::None })
        }
        _ => unsupported(format!("the method `{name}` of a {}", value.type_name())),
    }
}

fn of_list(meter: &Meter, items: &[Value], value: &Value, arguments: &Arguments) -> Res<Value> {
    let name = arguments.of.as_ref();
    match name {
        "count" | "index" => {
            let [wanted] = arguments.bind(["value"])?;
            let Some(wanted) = wanted else { return fail(format!("`{name}` needs a value")) };
            meter.bytes(items.len())?;
            let mut places = Vec::new();
            for (at, item) in items.iter().enumerate() {
                if equal(meter, item, wanted)? {
                    places.push(at as i128);
                }
            }
            match (name, places.first()) {
                ("count", _) => Ok(Value::Int(places.len() as i128)),
                (_, Some(first)) => Ok(Value::Int(*first)),
                (_, None) => fail("`index` does not find its value"),
            }
        }
        "copy" => arguments.none().map(|()| value.clone()),
        _ => unsupported(format!("`list.{name}`, which the sandbox forbids,")),
    }
}

fn of_text(meter: &Meter, text: &str, arguments: &Arguments) -> Res<Value> {
    let name = arguments.of.as_ref();
    if let Some(answer) = judged(text, name)? {
        return arguments.none().map(|()| Value::Bool(answer));
    }
    Ok(Value::text(match name {
        "upper" => plain(arguments, text.to_uppercase())?,
        "lower" => plain(arguments, text.to_lowercase())?,
        "capitalize" => plain(arguments, casing::capitalize(text))?,
        "title" => plain(arguments, casing::title(text))?,
        "swapcase" if text.contains('Σ') => return unsupported("`swapcase` of a sigma"),
        "swapcase" => {
            let swap = |c: char| match c.is_uppercase() {
                true => c.to_lowercase().collect::<String>(),
                false => c.to_uppercase().collect(),
            };
            plain(arguments, text.chars().map(swap).collect())?
        }
        "strip" | "lstrip" | "rstrip" => {
            let [chars] = arguments.bind(["chars"])?;
            let chars = chars.filter(|chars| !matches!(chars, Value::None));
            stripped(text, chars, arguments, name != "rstrip", name != "lstrip")?.to_string()
        }
        "replace" => {
            let [old, new, count] = arguments.bind(["old", "new", "count"])?;
            let (old, new) = (arguments.str(old)?, arguments.str(new)?);
            texts::replace(meter, text, old, new, arguments.int(count, -1)?)?
        }
        "removeprefix" | "removesuffix" => {
            let [part] = arguments.bind(["part"])?;
            let part = arguments.str(part)?;
            let rest = if name == "removeprefix" { text.strip_prefix(part) } else { text.strip_suffix(part) };
            rest.unwrap_or(text).to_string()
        }
        "center" | "ljust" | "rjust" | "zfill" => padded(meter, text, arguments)?,
        "join" => {
            let [items] = arguments.bind(["items"])?;
            let Some(items) = items else { return fail("`join` needs a list") };
            let mut out = String::new();
            for (at, item) in ops::items(meter, items)?.iter().enumerate() {
                meter.push(&mut out, if at > 0 { text } else { "" })?;
                meter.push(&mut out, arguments.str(Some(item))?)?;
            }
            out
        }
        "format" => format(meter, text, arguments)?,
        _ => return found(meter, text, arguments),
    }))
}

fn plain(arguments: &Arguments, text: String) -> Res<String> {
    arguments.none().map(|()| text)
}

/// What Python's `is…` methods say.
fn judged(text: &str, name: &str) -> Res<Option<bool>> {
    static LETTERS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A\p{L}+\z").ok());
    static DECIMALS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A\p{Nd}+\z").ok());
    static BOTH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A[\p{L}\p{N}]+\z").ok());
    let fits = |regex: &Option<Regex>| regex.as_ref().is_some_and(|regex| regex.is_match(text));
    Ok(Some(match name {
        "isalpha" => fits(&LETTERS),
        "isdecimal" => fits(&DECIMALS),
        "isalnum" => fits(&BOTH),
        "isdigit" | "isnumeric" if text.is_ascii() || fits(&DECIMALS) => fits(&DECIMALS),
        "isdigit" | "isnumeric" => return unsupported(format!("`{name}` of other than the digits 0 to 9")),
        "isspace" => !text.is_empty() && text.chars().all(is_space),
        "isascii" => text.is_ascii(),
        "islower" | "isupper" => casing::is_all(text, name == "isupper"),
        _ => return Ok(None),
    }))
}

/// The text without these characters (white space unless given) at its ends.
pub(super) fn stripped<'a>(
    text: &'a str,
    chars: Option<&Value>,
    arguments: &Arguments,
    start: bool,
    end: bool,
) -> Res<&'a str> {
    let chars = chars.map(|chars| arguments.str(Some(chars))).transpose()?;
    let goes = |c: char| chars.map_or_else(|| is_space(c), |chars| chars.contains(c));
    let text = if start { text.trim_start_matches(goes) } else { text };
    Ok(if end { text.trim_end_matches(goes) } else { text })
}

fn padded(meter: &Meter, text: &str, arguments: &Arguments) -> Res<String> {
    let name = arguments.of.as_ref();
    let [width, fill] = arguments.bind(["width", "fillchar"])?;
    let width = arguments.int(Some(width.unwrap_or(&Value::None)), 0)?;
    let fill = fill.map_or(Ok(" "), |fill| arguments.str(Some(fill)))?;
    if fill.chars().count() != 1 {
        return fail(format!("`{name}` fills with one character"));
    }
    if name == "center" {
        return texts::center(meter, text, width, fill);
    }
    let missing = usize::try_from(width.max(0)).unwrap_or(usize::MAX).saturating_sub(text.chars().count());
    meter.times(fill.len(), missing)?;
    Ok(match name {
        "ljust" => text.to_string() + &fill.repeat(missing),
        "rjust" => fill.repeat(missing) + text,
        _ => {
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['+', '-'])));
            [sign, &"0".repeat(missing), digits].concat()
        }
    })
}

/// Methods that look for something, or take a text apart.
fn found(meter: &Meter, text: &str, arguments: &Arguments) -> Res<Value> {
    let name = arguments.of.as_ref();
    match name {
        "startswith" | "endswith" => {
            let [part] = arguments.bind(["part"])?;
            let fits = |part: &str| if name == "startswith" { text.starts_with(part) } else { text.ends_with(part) };
            match part {
                Some(Value::Tuple(parts)) => {
                    let parts = parts.items.iter().map(|part| arguments.str(Some(part))).collect::<Res<Vec<_>>>()?;
                    Ok(Value::Bool(parts.into_iter().any(fits)))
                }
                part => Ok(Value::Bool(fits(arguments.str(part)?))),
            }
        }
        "count" => {
            let [part] = arguments.bind(["part"])?;
            Ok(Value::Int(text.matches(arguments.str(part)?).count() as i128))
        }
        "find" | "rfind" | "index" | "rindex" => {
            let [part] = arguments.bind(["part"])?;
            let part = arguments.str(part)?;
            let at = if name.starts_with('r') { text.rfind(part) } else { text.find(part) };
            match at {
                Some(at) => Ok(Value::Int(text[..at].chars().count() as i128)),
                None if name.ends_with("find") => Ok(Value::Int(-1)),
                None => fail(format!("`{name}` does not find `{part}`")),
            }
        }
        "partition" | "rpartition" => {
            let [between] = arguments.bind(["sep"])?;
            let between = arguments.str(between)?;
            if between.is_empty() {
                return fail("an empty text separates nothing");
            }
            let first = name == "partition";
            let parts = if first { text.split_once(between) } else { text.rsplit_once(between) };
            let parts = match parts {
                Some((before, after)) => [before, between, after],
                None if first => [text, "", ""],
                None => ["", "", text],
            };
            build::tuple(meter, parts.into_iter().map(Value::text).collect())
        }
        "splitlines" => {
            let [keep] = arguments.bind(["keepends"])?;
            let lines = casing::lines(text, arguments.truth(meter, keep, false)?);
            meter.items(lines.len())?;
            build::list(meter, lines.into_iter().map(Value::text).collect())
        }
        "split" | "rsplit" => {
            let [between, most] = arguments.bind(["sep", "maxsplit"])?;
            let most = usize::try_from(arguments.int(most, -1)?).unwrap_or(usize::MAX);
            let parts = match between {
                None | Some(Value::None) => words(text, most, name == "rsplit"),
                between => match arguments.str(between)? {
                    "" => return fail("an empty text separates nothing"),
                    between if name == "split" => text.splitn(most.saturating_add(1), between).collect(),
                    between => {
                        let mut parts: Vec<&str> = text.rsplitn(most.saturating_add(1), between).collect();
                        parts.reverse();
                        parts
                    }
                },
            };
            meter.items(parts.len())?;
            build::list(meter, parts.into_iter().map(Value::text).collect())
        }
        _ => unsupported(format!("`str.{name}`")),
    }
}

/// Split at white space, at most `most` times, from either end.
fn words(text: &str, most: usize, from_end: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_matches(is_space);
    while !rest.is_empty() {
        let cut = if from_end { rest.rfind(is_space) } else { rest.find(is_space) };
        let Some(at) = cut.filter(|_| parts.len() < most) else {
            parts.push(rest);
            break;
        };
        let after = at + rest[at..].chars().next().map_or(1, char::len_utf8);
        if from_end {
            parts.push(&rest[after..]);
            rest = rest[..at].trim_end_matches(is_space);
        } else {
            parts.push(&rest[..at]);
            rest = rest[after..].trim_start_matches(is_space);
        }
    }
    // What is left keeps the white space at its own end.
    if most != usize::MAX && parts.len() == most + 1 {
        restore_end(text, &mut parts, from_end);
    }
    if from_end {
        parts.reverse();
    }
    parts
}

/// Python strips only the end it splits from: the part that is left whole keeps what stands on its far side.
fn restore_end<'a>(text: &'a str, parts: &mut [&'a str], from_end: bool) {
    let Some(last) = parts.last_mut() else { return };
    if from_end {
        let end = last.as_ptr() as usize - text.as_ptr() as usize + last.len();
        *last = &text[..end];
    } else {
        let start = last.as_ptr() as usize - text.as_ptr() as usize;
        *last = &text[start..];
    }
}

/// `str.format` with plain places: `{}`, `{0}`, `{name}`.
fn format(meter: &Meter, text: &str, arguments: &Arguments) -> Res<String> {
    let mut out = String::new();
    let mut rest = text;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        meter.push(&mut out, &rest[..at])?;
        let (brace, after) = rest[at..].split_at(1);
        rest = after;
        if let Some(after) = rest.strip_prefix(brace) {
            meter.push(&mut out, brace)?;
            rest = after;
            continue;
        }
        let Some((field, after)) = rest.split_once('}').filter(|_| brace == "{") else {
            return fail("a brace of the format stands alone");
        };
        rest = after;
        let value = match field.parse::<usize>() {
            _ if field.is_empty() => {
                next += 1;
                arguments.positional.get(next - 1)
            }
            Ok(at) => arguments.positional.get(at),
            Err(_) if field.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                arguments.named.iter().find(|(name, _)| name.as_ref() == field).map(|(_, value)| value)
            }
            Err(_) => return unsupported(format!("`{{{field}}}` in `format`")),
        };
        let Some(value) = value else { return fail(format!("`format` is not given `{{{field}}}`")) };
        show::print(meter, value, &mut out)?;
    }
    meter.push(&mut out, rest)?;
    Ok(out)
}
