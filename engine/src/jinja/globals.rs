//! Functions that every template has.

use super::arguments::Arguments;
use super::build;
use super::fault::{Fault, Kind, Res, fail, unsupported};
use super::meter::Meter;
use super::value::Value;
use super::{ops, show};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Longest range, as in jinja2's sandbox.
const MOST_RANGE: usize = 100_000;

/// The function of that name. `chat`: those as well that `transformers` gives to chat templates.
pub(super) fn find(name: &str, chat: bool) -> Option<Value> {
    let everywhere = ["range", "dict", "namespace", "joiner", "cycler"];
    let in_chats = ["raise_exception", "strftime_now"];
    let known = everywhere.into_iter().chain(in_chats.into_iter().filter(|_| chat)).find(|known| *known == name);
    known.map(Value::Function)
}

/// Calls a function.
pub(super) fn call(meter: &Meter, arguments: &Arguments) -> Res<Value> {
    match arguments.of.as_ref() {
        "range" => range(arguments),
        "dict" | "namespace" => {
            let mut entries = match arguments.positional.as_slice() {
                [] => Vec::new(),
                [Value::Dict(dict)] => {
                    meter.items(dict.entries.len() * 2)?;
                    dict.entries.clone()
                }
                _ => return unsupported(format!("`{}` of this", arguments.of)),
            };
            entries.extend(arguments.named.iter().map(|(name, value)| (Value::Text(name.clone()), value.clone())));
            if arguments.of.as_ref() == "dict" {
                return build::dict(meter, entries);
            }
            let namespace = Rc::new(RefCell::new(std::collections::HashMap::new()));
            for (name, value) in entries {
                let Value::Text(name) = name else { return fail("the names of a namespace are texts") };
                set(&namespace, name, value)?;
            }
            Ok(Value::Namespace(namespace))
        }
        "joiner" => {
            let [between] = arguments.bind(["sep"])?;
            Ok(Value::Joiner(Rc::new((arguments.text(meter, between, ", ")?, Cell::new(false)))))
        }
        "cycler" if arguments.positional.is_empty() || !arguments.named.is_empty() => fail("`cycler` needs items"),
        "cycler" => {
            arguments.positional.iter().try_for_each(build::check_part)?;
            Ok(Value::Cycler(Rc::new((arguments.positional.clone(), Cell::new(0)))))
        }
        "raise_exception" => {
            let [message] = arguments.bind(["message"])?;
            let message = message.map_or_else(|| Ok("".into()), |message| show::text(meter, message))?;
            Err(Fault::new(Kind::Raised, message.chars().take(500).collect::<String>()))
        }
        "strftime_now" => {
            let [format] = arguments.bind(["format"])?;
            let format = arguments.str(format)?;
            // No field is wider than 100 characters unless it says so.
            if format.len() > 200 || format.bytes().filter(u8::is_ascii_digit).count() > 6 {
                return unsupported("a format of this length for the date");
            }
            let text = jiff::fmt::strtime::format(format, &jiff::Zoned::now());
            text.map(Value::text).or_else(|e| fail(e.to_string()))
        }
        other => unsupported(format!("the function `{other}`")),
    }
}

/// Sets a name of a namespace.
pub(super) fn set(
    namespace: &RefCell<std::collections::HashMap<std::sync::Arc<str>, Value>>,
    name: std::sync::Arc<str>,
    value: Value,
) -> Res<()> {
    if !matches!(value, Value::Stream(..)) {
        build::check_part(&value)?;
    }
    namespace.borrow_mut().insert(name, value);
    Ok(())
}

fn range(arguments: &Arguments) -> Res<Value> {
    if !arguments.named.is_empty() {
        return fail("`range` takes no names");
    }
    let bound = |at: usize| {
        let whole = arguments.int(arguments.positional.get(at), 0)?;
        i64::try_from(whole).or_else(|_| unsupported("a range as far as this"))
    };
    let (start, stop, step) = match arguments.positional.len() {
        1 => (0, bound(0)?, 1),
        2 => (bound(0)?, bound(1)?, 1),
        3 => (bound(0)?, bound(1)?, bound(2)?),
        _ => return fail("`range` takes one to three whole numbers"),
    };
    if step == 0 {
        return fail("the step of a range cannot be zero");
    }
    if ops::range_length(start, stop, step) > MOST_RANGE {
        return Err(Fault::new(Kind::TooLarge, format!("a range has more than {MOST_RANGE} items")));
    }
    Ok(Value::Range(start, stop, step))
}
