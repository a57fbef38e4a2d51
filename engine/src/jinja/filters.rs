//! Filters by name; those that only texts or lists know lie in `texts` and `lists`.

use super::arguments::{Arguments, truth};
use super::build::{self, Number, number, undefined};
use super::fault::{Fault, Kind, Res, fail, unsupported};
use super::meter::Meter;
use super::value::Value;
use super::{attributes, casing, json, lists, methods, names, numbers, ops, predicates, printf, show, texts};

/// Applies a filter.
pub(super) fn apply(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    if let Some(done) = lists::apply(meter, value, arguments)? {
        return Ok(done);
    }
    let name = arguments.of.as_ref();
    match name {
        "default" | "d" => default(meter, value, arguments),
        "length" | "count" => {
            arguments.none()?;
            Ok(Value::Int(ops::length(meter, value)? as i128))
        }
        "abs" | "int" | "float" | "round" => numeric(value, arguments),
        "attr" => {
            let [name] = arguments.bind(["name"])?;
            match value {
                Value::Dict(_) => Ok(Value::no_part("an attribute of a dict")),
                _ => attributes::attribute(meter, value, arguments.str(name)?),
            }
        }
        "map" => map(meter, value, arguments),
        "select" | "reject" | "selectattr" | "rejectattr" => select(meter, value, arguments),
        "tojson" => to_json(meter, value, arguments),
        "pprint" => {
            arguments.none()?;
            texts::pretty(meter, value).map(Value::text)
        }
        _ => of_text(meter, value, arguments),
    }
}

fn of_text(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let text = show::text(meter, value)?;
    // Reading it through, and what becomes of it.
    meter.times(text.len(), 2)?;
    Ok(Value::text(match arguments.of.as_ref() {
        "capitalize" => plain(arguments, casing::capitalize(&text))?,
        "lower" => plain(arguments, text.to_lowercase())?,
        "upper" => plain(arguments, text.to_uppercase())?,
        "title" => plain(arguments, casing::title_words(&text))?,
        "string" => {
            arguments.none()?;
            return Ok(if matches!(value, Value::Text(_)) { value.clone() } else { Value::Text(text) });
        }
        "wordcount" => {
            arguments.none()?;
            return Ok(texts::word_count(&text));
        }
        "trim" => {
            let [chars] = arguments.bind(["chars"])?;
            methods::stripped(&text, chars.filter(|c| !matches!(c, Value::None)), arguments, true, true)?.to_string()
        }
        "center" => {
            let [width] = arguments.bind(["width"])?;
            texts::center(meter, &text, arguments.int(width, 80)?, " ")?
        }
        "replace" => {
            let [old, new, count] = arguments.bind(["old", "new", "count"])?;
            let (Some(old), Some(new)) = (old, new) else { return fail("`replace` needs two texts") };
            let count = count.filter(|count| !matches!(count, Value::None));
            let (old, new) = (show::text(meter, old)?, show::text(meter, new)?);
            texts::replace(meter, &text, &old, &new, arguments.int(count, -1)?)?
        }
        "indent" => texts::indent(meter, &text, arguments)?,
        "truncate" => texts::truncate(meter, &text, arguments)?,
        "format" => {
            let values = match (arguments.positional.is_empty(), arguments.named.is_empty()) {
                (false, false) => return fail("`format` takes values or names, not both"),
                (true, false) => {
                    let entry =
                        |(name, value): &(std::sync::Arc<str>, Value)| (Value::Text(name.clone()), value.clone());
                    build::dict(meter, arguments.named.iter().map(entry).collect())?
                }
                _ => build::tuple(meter, arguments.positional.clone())?,
            };
            printf::fill(meter, &text, &values)?
        }
        other => return unsupported(format!("the filter `{other}`")),
    }))
}

fn plain(arguments: &Arguments, text: String) -> Res<String> {
    arguments.none().map(|()| text)
}

fn default(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [other, boolean] = arguments.bind(["default_value", "boolean"])?;
    let missing =
        matches!(value, Value::Undefined(_)) || arguments.truth(meter, boolean, false)? && !truth(meter, value)?;
    Ok(if missing { other.cloned().unwrap_or_else(|| Value::text("")) } else { value.clone() })
}

fn numeric(value: &Value, arguments: &Arguments) -> Res<Value> {
    if matches!(value, Value::Undefined(_)) {
        return Err(undefined(value));
    }
    match arguments.of.as_ref() {
        "abs" => {
            arguments.none()?;
            match number(value) {
                Some(Number::Int(value)) => Ok(Value::Int(value.checked_abs().unwrap_or(i128::MAX))),
                Some(Number::Float(value)) => Ok(Value::Float(value.abs())),
                None => fail(format!("a {} has no absolute value", value.type_name())),
            }
        }
        "round" => {
            let [precision, method] = arguments.bind(["precision", "method"])?;
            let method = method.map_or(Ok("common"), |method| arguments.str(Some(method)))?;
            numbers::round(value, arguments.int(precision, 0)?, method)
        }
        "float" => {
            let [default] = arguments.bind(["default"])?;
            let read = number(value).map(Number::float).or_else(|| value.as_str().and_then(numbers::parse_float));
            Ok(read.map_or_else(|| default.cloned().unwrap_or(Value::Float(0.0)), Value::Float))
        }
        _ => {
            let [default, base] = arguments.bind(["default", "base"])?;
            let base = match arguments.int(base, 10)? {
                base @ (2 | 8 | 10 | 16) => base as u32,
                _ => return unsupported("`int` to another base than 2, 8, 10 or 16"),
            };
            let read = match (number(value), value.as_str()) {
                (Some(Number::Int(value)), _) => Some(value),
                (Some(Number::Float(value)), _) => numbers::truncate(value).transpose()?,
                (None, Some(text)) => match numbers::parse_int(text, base) {
                    Some(whole) => Some(whole),
                    None => numbers::parse_float(text).and_then(numbers::truncate).transpose()?,
                },
                (None, None) => None,
            };
            Ok(read.map_or_else(|| default.cloned().unwrap_or(Value::Int(0)), Value::Int))
        }
    }
}

/// `map("filter", …)` or `map(attribute="…", default=…)`.
fn map(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let Some((name, rest)) = arguments.positional.split_first() else {
        let [attribute, default] = arguments.bind(["attribute", "default"])?;
        let Some(attribute) = attribute else { return fail("`map` needs a filter or an attribute") };
        let default = default.filter(|default| !matches!(default, Value::None));
        return mapped(meter, value, |item| attributes::path(meter, item, attribute, default));
    };
    let name = arguments.str(Some(name))?;
    if !names::FILTERS.contains(&name) {
        return unsupported(format!("the filter `{name}`"));
    }
    let inner = Arguments { of: name.into(), positional: rest.to_vec(), named: arguments.named.clone() };
    mapped(meter, value, |item| meter.deeper(|| apply(meter, item, &inner)))
}

fn mapped(meter: &Meter, value: &Value, each: impl Fn(&Value) -> Res<Value>) -> Res<Value> {
    let items = ops::items(meter, value)?;
    let mapped = items.iter().map(|item| meter.step().and_then(|()| each(item)));
    build::stream(meter, "generator", mapped.collect::<Res<_>>()?)
}

fn select(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let name = arguments.of.as_ref();
    let (wanted, by_attribute) = (name.starts_with("select"), name.ends_with("attr"));
    let mut rest = arguments.positional.as_slice();
    let mut attribute = None;
    if by_attribute {
        let Some((first, after)) = rest.split_first() else { return fail(format!("`{name}` needs an attribute")) };
        (attribute, rest) = (Some(first), after);
    }
    let test = match rest.split_first() {
        None => None,
        Some((test, after)) => {
            let test = arguments.str(Some(test))?;
            if !names::TESTS.contains(&test) {
                return unsupported(format!("the test `is {test}`"));
            }
            Some(Arguments { of: test.into(), positional: after.to_vec(), named: arguments.named.clone() })
        }
    };
    let mut kept = Vec::new();
    for item in ops::items(meter, value)? {
        meter.step()?;
        let subject = attribute.map_or_else(|| Ok(item.clone()), |path| attributes::path(meter, &item, path, None))?;
        let passes = match &test {
            Some(test) => predicates::passes(meter, &subject, test)?,
            None => truth(meter, &subject)?,
        };
        if passes == wanted {
            kept.push(item);
        }
    }
    build::stream(meter, "generator", kept)
}

fn to_json(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [ascii, indent, separators, sorted] = arguments.bind(["ensure_ascii", "indent", "separators", "sort_keys"])?;
    let indent = match indent {
        None | Some(Value::None) => None,
        Some(Value::Text(text)) => Some(text.to_string()),
        indent => {
            let width = usize::try_from(arguments.int(indent, 0)?.max(0)).unwrap_or(usize::MAX);
            meter.bytes(width)?;
            Some(" ".repeat(width))
        }
    };
    let (item, key) = match separators {
        None | Some(Value::None) => (if indent.is_some() { "," } else { ", " }.to_string(), ": ".to_string()),
        Some(Value::Tuple(pair) | Value::List(pair)) if pair.items.len() == 2 => {
            (arguments.str(Some(&pair.items[0]))?.to_string(), arguments.str(Some(&pair.items[1]))?.to_string())
        }
        _ => return Err(Fault::new(Kind::Wrong, "`separators` is a pair of texts")),
    };
    let style = json::Style {
        ascii: arguments.truth(meter, ascii, false)?,
        sorted: arguments.truth(meter, sorted, false)?,
        indent,
        item,
        key,
    };
    let mut out = String::new();
    json::write(meter, &style, value, 0, &mut out)?;
    Ok(Value::text(out))
}
