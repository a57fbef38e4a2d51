//! From the messages of a request to those a version reads.

use super::refusal::Refusal;
use crate::run::VersionRef;
use engine::chat::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

/// One message as clients send it.
#[derive(Debug, Deserialize)]
pub(super) struct Turn {
    #[serde(default)]
    role: Value,
    #[serde(default)]
    content: Value,
    /// Whose result a `tool` or `function` message is.
    #[serde(default)]
    name: Value,
    #[serde(default)]
    tool_calls: Value,
    #[serde(default)]
    function_call: Value,
}

/// Where the system prompt of a conversation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Version,
    Request,
    /// Neither has one; the template may write its own.
    None,
}

impl System {
    pub fn name(self) -> &'static str {
        match self {
            Self::Version => "version",
            Self::Request => "request",
            Self::None => "none",
        }
    }
}

/// The conversation as the version reads it: a system prompt (the version's only where the request brings none; an empty
/// one means none), the version's worked examples, the turns. As in an evaluation.
pub(super) fn conversation(turns: &[Turn], version: &VersionRef) -> Result<(Vec<Message>, System), Refusal> {
    let mut said = said(turns)?;
    let from = match said.iter().any(|message| message.role == Role::System) {
        true => System::Request,
        false if version.system.as_deref().is_some_and(|text| !text.is_empty()) => System::Version,
        false => System::None,
    };
    let leading = said.iter().take_while(|message| message.role == Role::System).count();
    let rest = said.split_off(leading);
    // Many templates know one system message only.
    let own = said.into_iter().map(|m| m.content).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n");
    let system = if from == System::Version { version.system.clone().unwrap_or_default() } else { own };
    let system = (!system.is_empty()).then(|| Message::new(Role::System, system));
    Ok((system.into_iter().chain(version.examples.iter().cloned()).chain(rest).collect(), from))
}

/// What a request says, without anything of the version.
pub(super) fn said(turns: &[Turn]) -> Result<Vec<Message>, Refusal> {
    if turns.is_empty() {
        return Err(Refusal::invalid("messages", "there are no messages: send at least one"));
    }
    turns.iter().enumerate().map(|(at, turn)| turn.message(&format!("messages[{at}]"))).collect()
}

impl Turn {
    fn message(&self, place: &str) -> Result<Message, Refusal> {
        let text = content(&self.content, place)?;
        let role = match self.role.as_str() {
            Some("system" | "developer") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => return Ok(Message::new(Role::Assistant, self.with_calls(text))),
            Some("tool" | "function") => {
                let of = self.name.as_str().map(|name| format!(" of {name}")).unwrap_or_default();
                return Ok(Message::new(Role::User, format!("[Result{of}]\n{text}")));
            }
            _ => {
                let message = format!("{place}.role must be system, developer, user, assistant, tool or function");
                return Err(Refusal::invalid("messages", message));
            }
        };
        Ok(Message::new(role, text))
    }

    /// What an assistant said, and the tools it called, as text.
    fn with_calls(&self, text: String) -> String {
        let calls = self.tool_calls.as_array().into_iter().flatten().filter_map(|call| call.get("function"));
        let calls = calls.chain(Some(&self.function_call).filter(|call| call.is_object()));
        calls.fold(text, |text, call| {
            let part = |key: &str| call.get(key).and_then(Value::as_str).unwrap_or_default();
            let gap = if text.is_empty() { "" } else { "\n" };
            format!("{text}{gap}[Called {} with {}]", part("name"), part("arguments"))
        })
    }
}

/// A text, or a list of parts that are texts.
fn content(value: &Value, place: &str) -> Result<String, Refusal> {
    let parts = match value {
        Value::Null => return Ok(String::new()),
        Value::String(text) => return Ok(text.clone()),
        Value::Array(parts) => parts,
        _ => return Err(Refusal::invalid("messages", format!("{place}.content must be a text or a list of parts"))),
    };
    let texts: Vec<&str> =
        parts.iter().enumerate().map(|(at, part)| text_of(part, place, at)).collect::<Result<_, _>>()?;
    Ok(texts.join("\n"))
}

fn text_of<'a>(part: &'a Value, place: &str, at: usize) -> Result<&'a str, Refusal> {
    if let Some(text) = part.as_str() {
        return Ok(text);
    }
    let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
    match (kind, part.get("text").or_else(|| part.get("refusal")).and_then(Value::as_str)) {
        ("text" | "input_text" | "output_text" | "refusal", Some(text)) => Ok(text),
        ("text" | "input_text" | "output_text" | "refusal", None) => {
            Err(Refusal::invalid("messages", format!("{place}.content[{at}] has no text")))
        }
        _ => Err(Refusal::unsupported(
            "messages",
            format!("{place}.content[{at}] is of type {kind:?}, but this model reads text only"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::generate::Sampling;
    use serde_json::json;

    fn version() -> VersionRef {
        VersionRef {
            name: "PM-v1".into(),
            base: String::new(),
            adapter: None,
            system: Some("Be brief.".into()),
            examples: vec![Message::new(Role::User, "a"), Message::new(Role::Assistant, "b")],
            sampling: Sampling::default(),
            template: None,
            thinks: false,
            weights: None,
            routed: None,
        }
    }

    fn read(messages: Value) -> Result<(Vec<String>, System), String> {
        let turns: Vec<Turn> = serde_json::from_value(messages).unwrap();
        let (messages, system) =
            conversation(&turns, &version()).map_err(|refusal| refusal.body()["error"].to_string())?;
        let shown = messages.iter().map(|m| format!("{:?}: {}", m.role, m.content)).collect();
        Ok((shown, system))
    }

    #[test]
    fn the_versions_system_prompt_stands_where_the_request_has_none_and_its_examples_always() {
        let (said, from) = read(json!([{"role": "user", "content": "Hi"}])).unwrap();
        assert_eq!(said, ["System: Be brief.", "User: a", "Assistant: b", "User: Hi"]);
        assert_eq!(from, System::Version);
        for role in ["system", "developer"] {
            let (said, from) =
                read(json!([{"role": role, "content": "Own."}, {"role": "user", "content": "Hi"}])).unwrap();
            assert_eq!((said[0].as_str(), said.len(), from), ("System: Own.", 4, System::Request));
        }
        let (said, from) = read(json!([{"role": "system", "content": ""}, {"role": "user", "content": "Hi"}])).unwrap();
        assert_eq!((said[0].as_str(), from), ("User: a", System::Request));
    }

    #[test]
    fn content_may_be_parts_null_or_a_blank_and_tools_become_text() {
        let (said, _) = read(json!([
            {"role": "system", "content": "One."},
            {"role": "developer", "content": [{"type": "text", "text": "Two."}]},
            {"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "find", "arguments": "{\"q\": 1}"}}]},
            {"role": "tool", "tool_call_id": "1", "content": "42"},
            {"role": "function", "name": "find", "content": "43"},
            {"role": "assistant", "content": " "},
            {"role": "user"},
        ]))
        .unwrap();
        let wanted = [
            "System: One.\n\nTwo.",
            "User: a",
            "Assistant: b",
            "User: x\ny",
            "Assistant: [Called find with {\"q\": 1}]",
            "User: [Result]\n42",
            "User: [Result of find]\n43",
            "Assistant:  ",
            "User: ",
        ];
        assert_eq!(said, wanted);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (messages, part) in [
            (json!([]), "no messages"),
            (json!([{"role": "critic", "content": "x"}]), "messages[0].role"),
            (json!([{"content": "x"}]), "messages[0].role"),
            (json!([{"role": "user", "content": 7}]), "messages[0].content"),
            (json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]), "unsupported"),
            (json!([{"role": "user", "content": [{"type": "text"}]}]), "content[0] has no text"),
        ] {
            let said = read(messages.clone()).unwrap_err();
            assert!(said.contains(part), "{messages}: {said}");
        }
    }
}
