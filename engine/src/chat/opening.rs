//! A chat template that begins every conversation with messages of its own: how a system prompt and worked examples
//! travel with a model into programs that know of templates only.

use super::{Message, Role};

/// `template` with `system` and `examples` before the conversation. A conversation that brings a system message of its own
/// keeps that one; the examples stand between it and the rest. `folds`: the template has no place for a system message, so
/// that it goes before the first user message.
///
/// One assignment, of what Jinja's many implementations have in common, and the template as it was behind it.
pub(super) fn opened(template: &str, folds: bool, system: Option<&str>, examples: &[Message]) -> String {
    let dict = |role: &str, content: String| format!("{{\"role\": \"{role}\", \"content\": {content}}}");
    let role = |message: &Message| match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let examples: Vec<String> = examples.iter().map(|m| dict(role(m), literal(&m.content))).collect();
    let examples = format!("[{}]", examples.join(", "));
    let own = "messages[0][\"role\"] == \"system\"";
    let mut out = String::new();
    if folds {
        let without = match system {
            Some(system) => literal(&format!("{system}\n\n")),
            None => "\"\"".to_string(),
        };
        out.push_str(&format!(
            "{{%- set opening = messages[0][\"content\"] + \"\\n\\n\" if {own} else {without} -%}}\
             {{%- set messages = {examples} + (messages[1:] if {own} else messages) -%}}\
             {{%- set messages = [{}] + messages[1:] -%}}",
            dict("user", "opening + messages[0][\"content\"]".to_string())
        ));
    } else {
        let system = system.map(|text| dict("system", literal(text))).unwrap_or_default();
        out.push_str(&format!(
            "{{%- set messages = [messages[0]] + {examples} + messages[1:] if {own} else [{system}] + {examples} + messages -%}}"
        ));
    }
    out + template
}

/// A text as Jinja writes one.
fn literal(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
