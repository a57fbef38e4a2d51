//! Chat messages as the question of a case.

use serde_json::Value;

/// What a conversation asks, where a case can hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub system: Option<String>,
    pub prompt: String,
}

/// The question of an `input`: a text, or messages of the system and then one of the user.
pub(super) fn question(input: Option<&Value>) -> Result<Asked, String> {
    match input {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Asked { system: None, prompt: text.clone() }),
        Some(Value::Array(messages)) if !messages.is_empty() => of_messages(messages),
        _ => Err("it has no question".into()),
    }
}

/// The question of chat messages.
///
/// # Errors
/// In words: it is a conversation of several turns, or not of texts alone.
pub(super) fn of_messages(messages: &[Value]) -> Result<Asked, String> {
    let (mut system, mut prompt) = (Vec::new(), None::<String>);
    for message in messages {
        let object = message.as_object().ok_or("a message of it is no object")?;
        if let Some(key) = object.keys().find(|key| !["role", "content"].contains(&key.as_str())) {
            return Err(format!("a message of it has the key `{key}`, for which a case has no place"));
        }
        let content = object.get("content").and_then(content).ok_or("a message of it is not text alone")?;
        match (message["role"].as_str().unwrap_or_default(), prompt.is_none()) {
            ("system" | "developer", true) => system.push(content),
            ("user", true) => prompt = Some(content),
            _ => {
                return Err("it is a conversation of several turns; a case has a system prompt and one question".into());
            }
        }
    }
    let prompt = prompt.filter(|text| !text.trim().is_empty()).ok_or("it has no question of a user")?;
    Ok(Asked { system: (!system.is_empty()).then(|| system.join("\n\n")), prompt })
}

/// A message's text: a text, or parts that are all text.
fn content(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            parts.iter().map(|part| (part["type"] == "text").then(|| part["text"].as_str()).flatten()).collect()
        }
        _ => None,
    }
}
