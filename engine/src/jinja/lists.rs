//! Filters of lists and dictionaries.

use super::arguments::Arguments;
use super::attributes::path;
use super::build::{self, equal};
use super::fault::{Res, fail, unsupported};
use super::meter::Meter;
use super::order;
use super::tree_expr::Binary;
use super::value::Value;
use super::{ops, show};
use std::cmp::Ordering;

/// The filter of that name, if it is one of lists.
pub(super) fn apply(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Option<Value>> {
    Ok(Some(match arguments.of.as_ref() {
        "batch" => batch(meter, value, arguments)?,
        "dictsort" => sorted_dict(meter, value, arguments)?,
        "first" | "last" => end(meter, value, arguments)?,
        "groupby" => groups(meter, value, arguments)?,
        "items" => pairs(meter, value, arguments)?,
        "join" => joined(meter, value, arguments)?,
        "list" => {
            arguments.none()?;
            build::list(meter, ops::items(meter, value)?)?
        }
        "min" | "max" => extreme(meter, value, arguments)?,
        "reverse" => reversed(meter, value, arguments)?,
        "slice" => sliced(meter, value, arguments)?,
        "sort" => sorted(meter, value, arguments)?,
        "sum" => sum(meter, value, arguments)?,
        "unique" => unique(meter, value, arguments)?,
        _ => return Ok(None),
    }))
}

/// A text in small letters; any other value as it is.
fn folded(meter: &Meter, value: Value, case_sensitive: bool) -> Res<Value> {
    match value.as_str() {
        Some(text) if !case_sensitive && matches!(value, Value::Text(_)) => {
            meter.times(text.len(), 2)?;
            Ok(Value::text(text.to_lowercase()))
        }
        _ => Ok(value),
    }
}

/// What a list is sorted or compared by: the attribute, or several after one another.
fn key(meter: &Meter, value: &Value, attribute: Option<&Value>, case_sensitive: bool) -> Res<Value> {
    let part = |attribute: Option<&Value>| {
        let value = attribute.map_or_else(|| Ok(value.clone()), |attribute| path(meter, value, attribute, None))?;
        folded(meter, value, case_sensitive)
    };
    match attribute.filter(|attribute| !matches!(attribute, Value::None)) {
        Some(Value::Text(names)) if names.contains(',') => {
            let parts = names.split(',').map(|name| part(Some(&Value::text(name))));
            build::list(meter, parts.collect::<Res<_>>()?)
        }
        attribute => part(attribute),
    }
}

fn sorted(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [reverse, case_sensitive, attribute] = arguments.bind(["reverse", "case_sensitive", "attribute"])?;
    let case_sensitive = arguments.truth(meter, case_sensitive, false)?;
    let items = ops::items(meter, value)?;
    let reverse = arguments.truth(meter, reverse, false)?;
    let items = order::sorted(meter, items, reverse, |item| key(meter, item, attribute, case_sensitive))?;
    build::list(meter, items)
}

fn sorted_dict(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [case_sensitive, by, reverse] = arguments.bind(["case_sensitive", "by", "reverse"])?;
    let case_sensitive = arguments.truth(meter, case_sensitive, false)?;
    let reverse = arguments.truth(meter, reverse, false)?;
    let by_value = match by.map_or(Ok("key"), |by| arguments.str(Some(by)))? {
        "key" => false,
        "value" => true,
        _ => return fail("`dictsort` sorts by `key` or by `value`"),
    };
    let Value::Dict(dict) = value else { return fail(format!("a {} is no dictionary to sort", value.type_name())) };
    let entries = order::sorted(meter, dict.entries.clone(), reverse, |(key, value)| {
        folded(meter, if by_value { value.clone() } else { key.clone() }, case_sensitive)
    })?;
    let items = entries.into_iter().map(|(key, value)| build::tuple(meter, vec![key, value]));
    build::list(meter, items.collect::<Res<_>>()?)
}

fn pairs(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    arguments.none()?;
    let entries = match value {
        Value::Dict(dict) => &dict.entries[..],
        Value::Undefined(_) => &[],
        _ => return fail(format!("a {} has no pairs of items", value.type_name())),
    };
    let items = entries.iter().map(|(key, value)| build::tuple(meter, vec![key.clone(), value.clone()]));
    build::stream(meter, "generator", items.collect::<Res<_>>()?)
}

fn end(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    arguments.none()?;
    let last = arguments.of.as_ref() == "last";
    if let Value::Stream(name, items) = value {
        if last {
            return fail(format!("a {name} has no last item"));
        }
        let first = items.try_borrow_mut().ok().and_then(|mut items| items.next());
        return Ok(first.unwrap_or_else(|| Value::no_part("the first item of nothing")));
    }
    let mut items = ops::items(meter, value)?;
    let found = if last { items.pop() } else { items.into_iter().next() };
    Ok(found.unwrap_or_else(|| Value::no_part(format!("the {} item of nothing", arguments.of))))
}

fn reversed(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    arguments.none()?;
    if let Value::Text(text) = value {
        meter.times(text.len(), 2)?;
        return Ok(Value::text(text.chars().rev().collect::<String>()));
    }
    let mut items = ops::items(meter, value)?;
    items.reverse();
    match value {
        Value::Stream(..) => build::list(meter, items),
        Value::Undefined(_) => unsupported("reversing what is undefined"),
        _ => build::stream(meter, "list_reverseiterator", items),
    }
}

fn joined(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [between, attribute] = arguments.bind(["d", "attribute"])?;
    let between = arguments.text(meter, between, "")?;
    let mut out = String::new();
    for (at, item) in ops::items(meter, value)?.iter().enumerate() {
        if at > 0 {
            meter.push(&mut out, &between)?;
        }
        match attribute.filter(|attribute| !matches!(attribute, Value::None)) {
            Some(attribute) => show::print(meter, &path(meter, item, attribute, None)?, &mut out)?,
            None => show::print(meter, item, &mut out)?,
        }
    }
    Ok(Value::text(out))
}

fn extreme(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [case_sensitive, attribute] = arguments.bind(["case_sensitive", "attribute"])?;
    let case_sensitive = arguments.truth(meter, case_sensitive, false)?;
    let wanted = if arguments.of.as_ref() == "min" { Ordering::Less } else { Ordering::Greater };
    let mut best: Option<(Value, Value)> = None;
    for item in ops::items(meter, value)? {
        meter.step()?;
        let by = key(meter, &item, attribute, case_sensitive)?;
        let better = match &best {
            None => true,
            Some((known, _)) => order::compare(meter, &by, known)? == Some(wanted),
        };
        if better {
            best = Some((by, item));
        }
    }
    Ok(best.map_or_else(|| Value::no_part(format!("the {} of nothing", arguments.of)), |(_, item)| item))
}

fn sum(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [attribute, start] = arguments.bind(["attribute", "start"])?;
    let attribute = attribute.filter(|attribute| !matches!(attribute, Value::None));
    let mut sum = start.cloned().unwrap_or(Value::Int(0));
    if sum.as_str().is_some() {
        return fail("`sum` adds no texts; use `join`");
    }
    for item in ops::items(meter, value)? {
        meter.step()?;
        let item = attribute.map_or_else(|| Ok(item.clone()), |attribute| path(meter, &item, attribute, None))?;
        sum = ops::binary(meter, Binary::Add, &sum, &item)?;
    }
    Ok(sum)
}

fn unique(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [case_sensitive, attribute] = arguments.bind(["case_sensitive", "attribute"])?;
    let case_sensitive = arguments.truth(meter, case_sensitive, false)?;
    let (mut seen, mut kept): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for item in ops::items(meter, value)? {
        let by = key(meter, &item, attribute, case_sensitive)?;
        if matches!(by, Value::List(_) | Value::Dict(_)) {
            return fail(format!("`unique` cannot tell one {} from another", by.type_name()));
        }
        meter.bytes(seen.len())?;
        let mut known = false;
        for other in &seen {
            known = known || equal(meter, other, &by)?;
        }
        if !known {
            seen.push(by);
            kept.push(item);
        }
    }
    build::stream(meter, "generator", kept)
}

fn batch(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [count, fill] = arguments.bind(["linecount", "fill_with"])?;
    let fill = fill.filter(|fill| !matches!(fill, Value::None));
    let count = match count {
        Some(count) => arguments.int(Some(count), 0)?,
        None => return fail("`batch` needs a number"),
    };
    let Some(count) = usize::try_from(count).ok().filter(|count| *count > 0) else {
        return unsupported("`batch` by less than 1");
    };
    let mut lists: Vec<Vec<Value>> = ops::items(meter, value)?.chunks(count).map(<[Value]>::to_vec).collect();
    if let (Some(fill), Some(last)) = (fill, lists.last_mut()) {
        meter.items(count)?;
        last.resize(count, fill.clone());
    }
    let lists = lists.into_iter().map(|items| build::list(meter, items));
    build::stream(meter, "generator", lists.collect::<Res<_>>()?)
}

fn sliced(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [count, fill] = arguments.bind(["slices", "fill_with"])?;
    let fill = fill.filter(|fill| !matches!(fill, Value::None));
    let count = usize::try_from(arguments.int(count, 0)?).unwrap_or_default();
    if count == 0 {
        return fail("`slice` needs a number above 0");
    }
    meter.items(count)?;
    let items = ops::items(meter, value)?;
    let (each, longer) = (items.len() / count, items.len() % count);
    let mut rest = items.as_slice();
    let mut lists = Vec::new();
    for at in 0..count {
        let (part, after) = rest.split_at(each + usize::from(at < longer));
        rest = after;
        let mut part = part.to_vec();
        part.extend(fill.filter(|_| at >= longer).cloned());
        lists.push(build::list(meter, part)?);
    }
    build::stream(meter, "generator", lists)
}

fn groups(meter: &Meter, value: &Value, arguments: &Arguments) -> Res<Value> {
    let [attribute, default, case_sensitive] = arguments.bind(["attribute", "default", "case_sensitive"])?;
    let Some(attribute) = attribute else { return fail("`groupby` needs an attribute") };
    let default = default.filter(|default| !matches!(default, Value::None));
    let case_sensitive = arguments.truth(meter, case_sensitive, false)?;
    let own = |item: &Value| path(meter, item, attribute, default);
    let by = |item: &Value| folded(meter, own(item)?, case_sensitive);
    let items = order::sorted(meter, ops::items(meter, value)?, false, by)?;
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in items {
        let key = by(&item)?;
        match groups.last_mut() {
            Some((known, members)) if equal(meter, known, &key)? => members.push(item),
            _ => groups.push((key, vec![item])),
        }
    }
    let groups = groups.into_iter().map(|(_, members)| build::group(meter, own(&members[0])?, members));
    build::list(meter, groups.collect::<Res<_>>()?)
}
