use super::fault::{Res, fail};
use super::meter::Meter;
use super::value::Value;
use super::{build, show};
use std::sync::Arc;

/// What a filter, test, function or method is called with.
pub(super) struct Arguments {
    /// The filter's or method's name, for errors.
    pub of: Arc<str>,
    pub positional: Vec<Value>,
    pub named: Vec<(Arc<str>, Value)>,
}

impl Arguments {
    /// The arguments by the names of the parameters, `None` where one is not given. Errors for one too many.
    pub fn bind<const N: usize>(&self, parameters: [&str; N]) -> Res<[Option<&Value>; N]> {
        if self.positional.len() > N {
            return fail(format!("`{}` takes at most {N} arguments", self.of));
        }
        let mut bound: [Option<&Value>; N] = std::array::from_fn(|at| self.positional.get(at));
        for (name, value) in &self.named {
            let Some(at) = parameters.iter().position(|parameter| *parameter == name.as_ref()) else {
                return fail(format!("`{}` takes no argument `{name}`", self.of));
            };
            if bound[at].replace(value).is_some() {
                return fail(format!("`{}` is given `{name}` twice", self.of));
            }
        }
        Ok(bound)
    }

    pub fn none(&self) -> Res<()> {
        self.bind([]).map(|_: [Option<&Value>; 0]| ())
    }

    /// A whole number; truth values count as 0 and 1.
    pub fn int(&self, value: Option<&Value>, default: i128) -> Res<i128> {
        match value.map(Value::meaning) {
            None => Ok(default),
            Some(Value::Int(value)) => Ok(*value),
            Some(Value::Bool(value)) => Ok((*value).into()),
            Some(other) => fail(format!("`{}` wants a whole number, not a {}", self.of, other.type_name())),
        }
    }

    pub fn truth(&self, meter: &Meter, value: Option<&Value>, default: bool) -> Res<bool> {
        value.map_or(Ok(default), |value| truth(meter, value))
    }

    /// A text and nothing else.
    pub fn str<'a>(&self, value: Option<&'a Value>) -> Res<&'a str> {
        match value {
            Some(Value::Text(text)) => Ok(text),
            Some(Value::Written(written)) => Ok(&written.0),
            Some(other) => fail(format!("`{}` wants a text, not a {}", self.of, other.type_name())),
            None => fail(format!("`{}` lacks an argument", self.of)),
        }
    }

    /// Whatever it is, as it prints.
    pub fn text(&self, meter: &Meter, value: Option<&Value>, default: &str) -> Res<Arc<str>> {
        value.map_or_else(|| Ok(default.into()), |value| show::text(meter, value))
    }
}

/// Python's `bool`.
pub(super) fn truth(meter: &Meter, value: &Value) -> Res<bool> {
    Ok(match value.meaning() {
        Value::Undefined(_) if meter.strict => return Err(build::undefined(value)),
        Value::Undefined(_) | Value::None => false,
        Value::Bool(value) => *value,
        Value::Int(value) => *value != 0,
        Value::Float(value) => *value != 0.0,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) | Value::Tuple(items) | Value::View(_, items) => !items.items.is_empty(),
        Value::Dict(dict) => !dict.entries.is_empty(),
        Value::Range(start, stop, step) => {
            if *step > 0 {
                start < stop
            } else {
                start > stop
            }
        }
        _ => true,
    })
}
