//! Chat templates: Jinja as `transformers` runs it (`utils/chat_template_utils.py`), with limits.

use std::sync::LazyLock;

use regex::Regex;

use super::{Message, Role};
use crate::error::{Error, Result};
use crate::jinja::{self, Data, Fault, Kind};

/// Statements and expressions that one rendering may take; real templates need some hundreds per message.
const SETTINGS: jinja::Settings = jinja::Settings { chat: true, steps: 5_000_000 };

pub(super) struct Template {
    template: jinja::Template,
    bos_token: String,
    eos_token: String,
}

impl Template {
    /// Reads `source`. Errors name the line of the template, and what of Jinja is not supported.
    pub(super) fn new(source: &str, bos_token: String, eos_token: String) -> Result<Self> {
        let template = jinja::Template::new(&without_generation(source), SETTINGS).map_err(|fault| faulty(&fault))?;
        Ok(Self { template, bos_token, eos_token })
    }

    /// The conversation as text. Errors when the template refuses it, runs too long or builds too much.
    pub(super) fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let dict = |entries: Vec<(&str, Data)>| Data::Dict(entries.into_iter().map(|(k, v)| (k.into(), v)).collect());
        let message = |m: &Message| {
            dict(vec![("role", Data::text(role_name(m.role))), ("content", Data::text(m.content.as_str()))])
        };
        let variables = dict(vec![
            ("messages", Data::List(messages.iter().map(message).collect())),
            ("add_generation_prompt", Data::Bool(add_generation_prompt)),
            ("bos_token", Data::text(self.bos_token.as_str())),
            ("eos_token", Data::text(self.eos_token.as_str())),
            ("tools", Data::None),
            ("documents", Data::None),
        ]);
        self.template.render(&variables).map_err(|fault| faulty(&fault))
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn faulty(fault: &Fault) -> Error {
    let place = if fault.line > 0 { format!(" at its line {}", fault.line) } else { String::new() };
    let what = &fault.message;
    let (message, hint) = match fault.kind {
        Kind::Endless => (
            format!("the model's chat template runs without end{place}"),
            "the model file is damaged or hostile; use another",
        ),
        Kind::TooLarge => (
            format!("the model's chat template goes beyond its limits{place}: {what}"),
            "the model file is damaged or hostile, or the messages are far too long; use another model, or shorten them",
        ),
        Kind::Unsupported => (
            format!("the model's chat template cannot be run here{place}: {what}"),
            "use a model file with another template, or put a `chat_template.jinja` that does without it beside it",
        ),
        _ => (
            format!("the model's chat template fails{place}: {what}"),
            "check the order and the roles of the messages; if they are fine, the template in the model file is at fault",
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
        assert!(error.to_string().contains("beyond its limits"), "{error}");
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
