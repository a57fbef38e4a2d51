use super::choices;
use crate::provider::{Answer, Request, Stop, Task};
use engine::error::{Error, Result};
use engine::generate::Sampling;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The body of `POST /chat/completions`. Only what is set is sent: some servers refuse keys they do not know.
pub(super) fn body(model: &str, request: &Request) -> Value {
    let messages = match &request.task {
        Task::Write { .. } | Task::Weigh { .. } => request.messages.clone(),
        Task::Choose { choices } => choices::ask(&request.messages, choices),
    };
    let mut body = json!({ "model": model, "messages": messages, "stream": false });
    if let Value::Object(body) = &mut body {
        sampling(body, &request.sampling);
    }
    body
}

fn sampling(body: &mut Map<String, Value>, sampling: &Sampling) {
    let mut set = |key: &str, value: Value| {
        body.insert(key.to_string(), value);
    };
    set("temperature", json!(sampling.temperature));
    set("seed", json!(sampling.seed));
    set("max_tokens", json!(sampling.max_tokens));
    if let Some(top_p) = sampling.top_p {
        set("top_p", json!(top_p));
    }
    if !sampling.stop.is_empty() {
        set("stop", json!(sampling.stop));
    }
    if let Some(top_k) = sampling.top_k {
        set("top_k", json!(top_k));
    }
    if let Some(min_p) = sampling.min_p {
        set("min_p", json!(min_p));
    }
    if sampling.repetition_penalty != 1.0 {
        // vLLM reads the first name, llama.cpp and LM Studio the second; each passes over the other.
        set("repetition_penalty", json!(sampling.repetition_penalty));
        set("repeat_penalty", json!(sampling.repetition_penalty));
    }
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Content,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize, Default)]
struct Usage {
    #[serde(default)]
    prompt_tokens: usize,
    #[serde(default)]
    completion_tokens: usize,
}

/// Reads the answer out of a response of status 200.
///
/// # Errors
/// It is not JSON of the known form, holds no text, or the endpoint withheld it.
pub(super) fn answer(text: &str, task: &Task, seconds: f64) -> Result<Answer> {
    let response: Response = serde_json::from_str(text).map_err(|e| {
        Error::network(format!("the endpoint's answer is not a chat completion: {e}; it begins {:?}", start(text)))
            .hint("check that the address is that of an OpenAI-compatible API")
    })?;
    let empty = || Error::network("the endpoint's answer holds no text").hint("look at the server's own log");
    let choice = response.choices.into_iter().next().ok_or_else(empty)?;
    let finish = choice.finish_reason.unwrap_or_default();
    if finish == "content_filter" {
        return Err(Error::network("the endpoint withheld its answer (content filter)").hint("reword the prompt"));
    }
    let stop = if finish == "length" { Stop::Length } else { Stop::End };
    let text = match choice.message.content {
        Some(text) => text,
        // A model that thinks aloud may use up its tokens before it says anything.
        None if stop == Stop::Length => String::new(),
        None => return Err(empty()),
    };
    let text = match task {
        Task::Choose { choices } => choices::pick(&text, choices).map(String::from).unwrap_or(text),
        Task::Write { .. } | Task::Weigh { .. } => text,
    };
    let usage = response.usage.unwrap_or_default();
    Ok(Answer {
        text,
        stop,
        prompt_tokens: usage.prompt_tokens,
        output_tokens: usage.completion_tokens,
        seconds,
        reference_nll: None,
        likelihoods: Vec::new(),
    })
}

/// What a server says went wrong: the message of its JSON error, else the start of the text.
pub(super) fn complaint(text: &str) -> String {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let messages =
        ["/error/message", "/error", "/message", "/detail"].map(|at| value.pointer(at).and_then(Value::as_str));
    start(messages.into_iter().flatten().next().unwrap_or(text))
}

/// The names in the answer to `GET /models`.
pub(super) fn models(text: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let list = value.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().filter_map(|model| model.get("id")?.as_str()).map(start).take(20).collect()
}

/// The first line or so, without control characters that could confuse a terminal.
fn start(text: &str) -> String {
    const MOST: usize = 300;
    let clean: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    if text.trim().chars().nth(MOST).is_some() { format!("{clean}…") } else { clean }
}
