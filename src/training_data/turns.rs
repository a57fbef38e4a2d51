//! The turns of a conversation as other tools write them.

use serde_json::Value;
use std::collections::BTreeSet;

/// Why turns cannot be read, and the remedy; both go to the user.
pub(super) type Fault = (String, &'static str);

/// What a list of turns says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Talk {
    pub system: Option<String>,
    /// Questions with their answers.
    pub exchanges: Vec<(String, String)>,
    /// Keys of turns that nothing reads.
    pub unread: BTreeSet<String>,
}

const ALTERNATE: &str = "write a user message, then the assistant's answer, and so on; one line is one conversation";
const READ: [&str; 5] = ["role", "from", "content", "value", "weight"];

/// Reads `messages` (each turn with `role` and `content`) and `conversations` (`from` and `value`), or turns with either.
pub(super) fn talk(turns: Value, list: &str) -> Result<Talk, Fault> {
    let Value::Array(turns) = turns else { return Err((format!("`{list}` is no list"), ALTERNATE)) };
    let (mut talk, mut question) = (Talk::default(), None);
    for (number, mut turn) in (1..).zip(turns) {
        let role = speaker(&turn, list, number)?;
        let text = text(&mut turn, list, number)?;
        let keys = turn.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        talk.unread.extend(keys.map(|(key, _)| key).filter(|key| !READ.contains(&key.as_str())).cloned());
        match (role.as_str(), question.take()) {
            ("system" | "developer", None) if number == 1 => talk.system = Some(text),
            ("system" | "developer", _) => {
                let remedy = "move it to the front, or split the conversation there";
                return Err((format!("message {number} is a system message, and not the first"), remedy));
            }
            ("user" | "human", None) => question = Some(text),
            ("user" | "human", Some(_)) => {
                return Err((format!("messages {} and {number} are both the user's", number - 1), ALTERNATE));
            }
            ("assistant" | "gpt" | "model", Some(question)) => {
                is_taught(&turn, number)?;
                talk.exchanges.push((question, text));
            }
            ("assistant" | "gpt" | "model", None) => {
                return Err((format!("message {number} answers nothing"), ALTERNATE));
            }
            (other, _) => {
                let remedy = "keep system, user and assistant messages only";
                return Err((format!("message {number} is of `{other}`, which cannot be trained on"), remedy));
            }
        }
    }
    if question.is_some() {
        return Err(("the last message has no answer".into(), "add the answer, or remove the message"));
    }
    if talk.exchanges.is_empty() {
        return Err((format!("`{list}` holds no answer"), ALTERNATE));
    }
    Ok(talk)
}

fn speaker(turn: &Value, list: &str, number: usize) -> Result<String, Fault> {
    let role = ["role", "from"].iter().find_map(|key| turn.get(key)?.as_str());
    role.map(str::to_string).ok_or_else(|| {
        let key = if list == "conversations" { "from" } else { "role" };
        (format!("message {number} does not say who speaks in `{key}`"), ALTERNATE)
    })
}

fn text(turn: &mut Value, list: &str, number: usize) -> Result<String, Fault> {
    let found = ["content", "value"].iter().find_map(|key| match turn.get_mut(key).map(Value::take) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    });
    found.ok_or_else(|| {
        let key = if list == "conversations" { "value" } else { "content" };
        (format!("message {number} has no text in `{key}`"), "write one text there, in double quotes")
    })
}

/// OpenAI's `weight` is 0 for an answer that is not to be learnt, and 1 for others.
fn is_taught(turn: &Value, number: usize) -> Result<(), Fault> {
    match turn.get("weight") {
        None | Some(Value::Null) => Ok(()),
        Some(weight) if weight.as_f64() == Some(1.0) => Ok(()),
        Some(weight) => {
            let remedy = "every answer is taught: end the conversation before it, or remove the weight";
            Err((format!("message {number} has the weight {weight}"), remedy))
        }
    }
}

/// Reads Alpaca's `history`: earlier questions with their answers, as pairs.
pub(super) fn history(value: Value) -> Result<Vec<(String, String)>, Fault> {
    const PAIRS: &str = "write \"history\": [[\"first question\", \"its answer\"], …]";
    let Value::Array(pairs) = value else { return Err(("`history` is no list".into(), PAIRS)) };
    let pair = |(number, pair): (usize, Value)| match pair.as_array().map(Vec::as_slice) {
        Some([Value::String(asked), Value::String(answered)])
            if !asked.trim().is_empty() && !answered.trim().is_empty() =>
        {
            Ok((asked.clone(), answered.clone()))
        }
        _ => Err((format!("entry {number} of `history` is no question with its answer"), PAIRS)),
    };
    (1..).zip(pairs).map(pair).collect()
}
