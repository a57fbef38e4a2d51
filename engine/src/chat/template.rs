//! Chat templates: Jinja as `transformers` runs it (`utils/chat_template_utils.py`), with limits.

use std::borrow::Cow;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Environment, ErrorKind, Output, State, context};
use regex::Regex;
use serde::Serialize;

use super::{Message, Role};
use crate::error::{Error, Result};

/// Instructions one rendering may take; real templates need some hundreds per message.
const FUEL: u64 = 5_000_000;
const NAME: &str = "chat template";

/// ChatML, for files of models that speak it but carry no template.
pub(super) const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

pub(super) struct Template {
    environment: Environment<'static>,
    bos_token: String,
    eos_token: String,
}

impl Template {
    /// Compiles `source`. Errors name the line of the template.
    pub(super) fn new(source: &str, bos_token: String, eos_token: String) -> Result<Self> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(|e| faulty(&e))?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(FUEL));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.set_formatter(write_as_python);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        environment.add_template_owned(NAME, without_generation(source)).map_err(|e| faulty(&e))?;
        Ok(Self { environment, bos_token, eos_token })
    }

    /// The conversation as text. Errors when the template refuses it or runs too long.
    pub(super) fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let template = self.environment.get_template(NAME).map_err(|e| faulty(&e))?;
        let messages: Vec<Value> =
            messages.iter().map(|m| context! { role => role_name(m.role), content => m.content.as_str() }).collect();
        let context = context! {
            messages => messages,
            add_generation_prompt => add_generation_prompt,
            bos_token => self.bos_token.as_str(),
            eos_token => self.eos_token.as_str(),
            tools => (),
            documents => (),
        };
        template.render(context).map_err(|e| faulty(&e))
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn faulty(error: &minijinja::Error) -> Error {
    let place = error.line().map(|line| format!(" at its line {line}")).unwrap_or_default();
    let (message, hint) = match error.kind() {
        ErrorKind::OutOfFuel => (
            "the model's chat template runs without end".to_string(),
            "the model file is damaged or hostile; use another".to_string(),
        ),
        _ => (
            format!("the model's chat template fails{place}: {}", error.detail().unwrap_or(&error.to_string())),
            "check the order and the roles of the messages; if they are fine, the template in the model file is at fault"
                .to_string(),
        ),
    };
    Error::model(message).hint(hint)
}

/// `{% generation %}` only tells training which tokens are the assistant's; here it becomes a block that does nothing, so
/// that white space around it is treated the same.
fn without_generation(source: &str) -> String {
    static OPEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{%([-+]?)\s*generation\s*([-+]?)%\}").ok());
    static CLOSE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\{%([-+]?)\s*endgeneration\s*([-+]?)%\}").ok());
    let replace = |regex: &Option<Regex>, text: &str, with: &str| match regex {
        Some(regex) => regex.replace_all(text, with).into_owned(),
        None => text.to_string(),
    };
    let opened = replace(&OPEN, source, "{%$1 if true $2%}");
    replace(&CLOSE, &opened, "{%$1 endif $2%}")
}

/// Python's names for what Jinja prints differently from minijinja.
fn write_as_python(out: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    match value.kind() {
        ValueKind::None => out.write_str("None").map_err(minijinja::Error::from),
        ValueKind::Bool => {
            out.write_str(if value.is_true() { "True" } else { "False" }).map_err(minijinja::Error::from)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}

fn raise_exception(message: String) -> Result<Value, minijinja::Error> {
    Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
}

fn strftime_now(format: &str) -> Result<String, minijinja::Error> {
    jiff::fmt::strtime::format(format, &jiff::Zoned::now())
        .map_err(|e| minijinja::Error::new(ErrorKind::InvalidOperation, e.to_string()))
}

/// Python's `json.dumps(value, ensure_ascii=False)`: a space after `,` and `:`, no HTML escapes.
fn tojson(value: Value, options: Kwargs) -> Result<String, minijinja::Error> {
    let indent: Option<usize> = options.get("indent")?;
    let _: Option<bool> = options.get("ensure_ascii")?;
    let _: Option<bool> = options.get("sort_keys")?;
    options.assert_all_used()?;
    let indent = indent.map(|width| Cow::from(" ".repeat(width.min(64)).into_bytes()));
    let mut bytes = Vec::new();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut bytes, PythonJson { indent, depth: 0, empty: true });
    value.serialize(&mut serializer).map_err(invalid)?;
    String::from_utf8(bytes).map_err(invalid)
}

fn invalid(error: impl std::fmt::Display) -> minijinja::Error {
    minijinja::Error::new(ErrorKind::InvalidOperation, error.to_string())
}

struct PythonJson {
    indent: Option<Cow<'static, [u8]>>,
    depth: usize,
    /// Nothing has been written since the last opening bracket.
    empty: bool,
}

impl PythonJson {
    fn open(&mut self, out: &mut (impl std::io::Write + ?Sized), bracket: &[u8]) -> std::io::Result<()> {
        self.depth += 1;
        self.empty = true;
        out.write_all(bracket)
    }

    fn close(&mut self, out: &mut (impl std::io::Write + ?Sized), bracket: &[u8]) -> std::io::Result<()> {
        self.depth -= 1;
        if !self.empty {
            self.line(out)?;
        }
        self.empty = false;
        out.write_all(bracket)
    }

    fn item(&mut self, out: &mut (impl std::io::Write + ?Sized), first: bool) -> std::io::Result<()> {
        self.empty = false;
        match (&self.indent, first) {
            (None, true) => Ok(()),
            (None, false) => out.write_all(b", "),
            (Some(_), true) => self.line(out),
            (Some(_), false) => out.write_all(b",").and_then(|()| self.line(out)),
        }
    }

    fn line(&self, out: &mut (impl std::io::Write + ?Sized)) -> std::io::Result<()> {
        let Some(indent) = &self.indent else { return Ok(()) };
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(indent))
    }
}

impl serde_json::ser::Formatter for PythonJson {
    fn begin_array<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
        self.item(out, first)
    }

    fn begin_object<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, out: &mut W, first: bool) -> std::io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, out: &mut W) -> std::io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Oracle {
        templates: HashMap<String, String>,
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        template: String,
        messages: Vec<Message>,
        prompt: bool,
        text: String,
    }

    fn template(source: &str) -> Template {
        Template::new(source, "<s>".to_string(), "</s>".to_string()).unwrap()
    }

    fn hi() -> [Message; 1] {
        [Message::new(Role::User, "hi")]
    }

    #[test]
    fn renders_as_transformers_does() {
        let oracle: Oracle = serde_json::from_str(include_str!("../../tests/oracle/templates.json")).unwrap();
        for case in &oracle.cases {
            let rendered = template(&oracle.templates[&case.template]).render(&case.messages, case.prompt).unwrap();
            assert_eq!(rendered, case.text, "{}", case.template);
        }
        assert_eq!(oracle.cases.len(), 36);
    }

    #[test]
    fn a_template_may_refuse_and_says_why() {
        let source = "{% if messages[0].role != 'system' %}{{ raise_exception('system first, please') }}{% endif %}";
        let error = template(source).render(&hi(), true).unwrap_err();
        assert!(error.to_string().contains("system first, please"), "{error}");
    }

    #[test]
    fn hostile_templates_end_with_an_error() {
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
        let error = template(endless).render(&hi(), true).unwrap_err();
        assert!(error.to_string().contains("without end"), "{error}");
        let deep = "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}";
        assert!(template(deep).render(&hi(), true).is_err());
        let nested = "{{ ".to_string() + &"(".repeat(100_000) + "1" + &")".repeat(100_000) + " }}";
        assert!(Template::new(&nested, String::new(), String::new()).is_err());
    }

    #[test]
    fn a_broken_template_is_named_with_its_line() {
        let error = Template::new("fine\n{% if %}", String::new(), String::new()).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn today_follows_the_format() {
        let text = template("{{ strftime_now('%d %b %Y') }}").render(&hi(), true).unwrap();
        assert_eq!(text, jiff::Zoned::now().strftime("%d %b %Y").to_string());
        assert!(template("{{ strftime_now('%') }}").render(&hi(), true).is_err());
    }
}
