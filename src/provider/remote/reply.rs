use super::json;
use crate::provider::Stop;
use engine::chat::thinking;
use serde_json::Value;

/// What an endpoint answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) thoughts: String,
    pub(super) stop: Stop,
    /// 0 where the endpoint does not count.
    pub(super) prompt_tokens: usize,
    pub(super) output_tokens: usize,
    /// Why there is no text, where there is none.
    pub(super) remark: Option<String>,
}

/// Why a response of status 200 holds no answer.
#[derive(Debug, PartialEq)]
pub(super) enum Lack {
    /// It holds an error instead, with a status of its own where one is told.
    Error { status: Option<u16>, said: String },
    /// The endpoint keeps the answer to itself.
    Withheld,
    /// It breaks off.
    Torn,
    /// It is something else; what, in words.
    Strange(String),
}

/// Reads an answer, sent whole or in pieces (server-sent events, which some servers send though nobody asked).
pub(super) fn answer(body: &[u8]) -> Result<Reply, Lack> {
    let text = json::text(body);
    let mut heard = Heard::default();
    if streamed(&text) {
        for event in events(&text) {
            if event == "[DONE]" {
                heard.ended = true;
            } else {
                heard.take(&parsed(&event)?)?;
            }
        }
        if heard.choices && heard.finish.is_none() && !heard.ended {
            return Err(Lack::Torn);
        }
    } else {
        heard.take(&parsed(&text)?)?;
    }
    heard.reply()
}

fn parsed(text: &str) -> Result<Value, Lack> {
    let value = json::parse(text).map_err(|e| {
        Lack::Strange(format!("the endpoint's answer is not a chat completion: {e}; it begins {:?}", start(text)))
    })?;
    Ok(match value {
        // Some wrap a single object in a list.
        Value::Array(mut one) if one.len() == 1 => one.remove(0),
        value => value,
    })
}

/// Whether the body is a stream of server-sent events.
fn streamed(text: &str) -> bool {
    let first = text.trim_start();
    ["data:", "event:", "id:", "retry:", ":"].iter().any(|field| first.starts_with(field))
}

/// The data of each event.
fn events(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        if let Some(data) = line.strip_prefix("data:") {
            let data = data.strip_prefix(' ').unwrap_or(data);
            match &mut open {
                Some(event) => {
                    event.push('\n');
                    event.push_str(data);
                }
                None => open = Some(data.to_string()),
            }
        } else if line.is_empty() {
            all.extend(open.take());
        }
    }
    all.extend(open);
    all.into_iter().map(|event| event.trim().to_string()).filter(|event| !event.is_empty()).collect()
}

/// What was heard so far, of one piece or of many.
#[derive(Default)]
struct Heard {
    text: String,
    /// What the model says in the place of an answer that it refuses to give.
    refusal: String,
    /// The field that holds thoughts.
    thoughts: Option<&'static str>,
    thought: String,
    finish: Option<String>,
    prompt_tokens: usize,
    output_tokens: usize,
    choices: bool,
    ended: bool,
}

const THOUGHTS: [&str; 4] = ["reasoning_content", "reasoning", "thinking", "reasoning_details"];

impl Heard {
    fn take(&mut self, value: &Value) -> Result<(), Lack> {
        let choice = match value.get("choices") {
            Some(Value::Array(choices)) => choices.first(),
            other => other.filter(|choice| choice.is_object()),
        };
        let error = [Some(value), choice].into_iter().flatten().find_map(|at| failure(at, choice.is_some()));
        if let Some(error) = error {
            return Err(error);
        }
        if let Some(usage) = value.get("usage") {
            let count = |names: [&str; 2]| names.iter().find_map(|name| tokens(usage.get(name)?));
            self.prompt_tokens = count(["prompt_tokens", "input_tokens"]).unwrap_or(self.prompt_tokens);
            self.output_tokens = count(["completion_tokens", "output_tokens"]).unwrap_or(self.output_tokens);
        }
        let Some(choice) = choice else { return Ok(()) };
        self.choices = true;
        let reason = choice.get("finish_reason").map(|reason| reason.get("type").unwrap_or(reason));
        if let Some(reason) = reason.and_then(Value::as_str) {
            self.finish = Some(reason.to_string());
        }
        let said = ["message", "delta"].into_iter().find_map(|key| choice.get(key).filter(|said| !said.is_null()));
        let said = said.unwrap_or(choice);
        let content = said.get("content").or_else(|| said.get("text")).unwrap_or(if said.is_string() {
            said
        } else {
            &Value::Null
        });
        self.content(content);
        if let Some(refusal) = said.get("refusal").and_then(Value::as_str) {
            self.refusal.push_str(refusal);
        }
        let thinks = |field: &&str| said.get(field).is_some_and(|value| !is_nothing(value));
        if let Some(field) = THOUGHTS.into_iter().find(thinks) {
            self.thoughts = self.thoughts.or(Some(field));
            self.thought.push_str(said.get(field).and_then(Value::as_str).unwrap_or_default());
        }
        Ok(())
    }

    /// A text, a list of parts of which some are texts, or nothing.
    fn content(&mut self, content: &Value) {
        match content {
            Value::Null => {}
            Value::String(text) => self.text.push_str(text),
            Value::Array(parts) => parts.iter().for_each(|part| self.content(part)),
            Value::Object(part) => {
                let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
                if ["thinking", "reasoning"].iter().any(|thought| kind.contains(thought)) {
                    self.thoughts = self.thoughts.or(Some("parts of the kind `thinking`"));
                } else if let Some(text) = ["text", "value", "refusal", "content"].iter().find_map(|key| part.get(*key))
                {
                    self.content(text);
                }
            }
            other => self.text.push_str(&other.to_string()),
        }
    }

    fn reply(self) -> Result<Reply, Lack> {
        if !self.choices {
            return Err(Lack::Strange("the endpoint's answer holds no text: it has no `choices`".into()));
        }
        let finish = self.finish.as_deref().unwrap_or_default();
        match finish {
            "content_filter" => return Err(Lack::Withheld),
            "error" => {
                return Err(Lack::Error { status: Some(500), said: "the answer ended in an error".into() });
            }
            _ => {}
        }
        let stop = if matches!(finish, "length" | "max_tokens") { Stop::Length } else { Stop::End };
        let text = if self.text.is_empty() { self.refusal } else { self.text };
        // Some servers leave them in the text.
        let (inside, answer) = thinking::apart(&text, false);
        let marked = if inside.is_empty() { None } else { Some("`<think>` marks") };
        let (thoughts, text) = (self.thought + inside, answer.to_string());
        let remark = match self.thoughts.or(marked) {
            _ if !text.is_empty() => None,
            Some(field) => Some(format!(
                "an answer is empty because the model only thought: what it wrote stands in {field}, and thoughts are \
                 not judged; more `max-tokens` may let it come to an answer"
            )),
            None if finish == "tool_calls" => {
                Some("an answer is empty because the model called a tool instead of answering".into())
            }
            None => None,
        };
        Ok(Reply { text, thoughts, stop, prompt_tokens: self.prompt_tokens, output_tokens: self.output_tokens, remark })
    }
}

/// The error that an object tells, at its top or in a choice. Where there are choices, only `error` is one.
fn failure(at: &Value, choices: bool) -> Option<Lack> {
    let error = at.get("error").filter(|error| !is_nothing(error));
    let told = match error {
        Some(error) => error,
        None if !choices
            && at.get("choices").is_none()
            && ["message", "detail"].iter().any(|k| at.get(k).is_some()) =>
        {
            at
        }
        None => return None,
    };
    let coded = ["code", "status", "status_code"].iter().find_map(|key| status(told.get(key)?));
    let kinds = ["type", "code", "status"].iter().filter_map(|key| told.get(*key).and_then(Value::as_str));
    let status = coded.or_else(|| kinds.into_iter().find_map(status_of)).or_else(|| status(at.get("status")?));
    Some(Lack::Error { status, said: at.to_string() })
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// A status of HTTP, as a number or as its digits.
fn status(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

/// The status that a kind of error stands for.
fn status_of(kind: &str) -> Option<u16> {
    let kind = kind.to_lowercase();
    let statuses: [(&[&str], u16); 5] = [
        (&["insufficient", "quota", "billing", "credit"], 402),
        (&["rate_limit", "ratelimit", "exhausted"], 429),
        (&["overload", "unavailable", "timeout", "timed_out"], 503),
        (&["server_error", "internal"], 500),
        (&["auth", "permission"], 401),
    ];
    let stands = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    statuses.into_iter().find(|(words, _)| stands(words)).map(|(_, status)| status)
}

/// A count of tokens, however it is written.
fn tokens(value: &Value) -> Option<usize> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    // As `usize`, a negative or endless count would be some other number.
    (number.is_finite() && (0.0..1e15).contains(&number)).then_some(number as usize)
}

/// What a server says went wrong: the message of its JSON error, else the start of the text.
pub(super) fn complaint(text: &str) -> String {
    let value = parsed(text).unwrap_or_default();
    let places = ["/error/message", "/error/detail", "/error", "/message", "/detail", "/detail/0/msg", "/msg"];
    let message = places.iter().find_map(|at| value.pointer(at).and_then(Value::as_str));
    let field = value.pointer("/detail/0/loc").and_then(Value::as_array).and_then(|at| at.last()?.as_str());
    match (message, field) {
        (Some(message), Some(field)) => start(&format!("{field}: {message}")),
        (message, _) => start(message.unwrap_or(text)),
    }
}

/// The names in the answer to `GET /models`.
pub(super) fn models(text: &str) -> Vec<String> {
    let value = json::parse(text).unwrap_or_default();
    let list = value.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|model| model.get("id")?.as_str()).map(start).take(20).collect()
}

/// The first line or so, without control characters that could confuse a terminal.
pub(super) fn start(text: &str) -> String {
    const MOST: usize = 300;
    let clean: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    if text.trim().chars().nth(MOST).is_some() { format!("{clean}…") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(body: &str) -> String {
        answer(body.as_bytes()).unwrap_or_else(|e| panic!("{e:?} of {body}")).text
    }

    #[test]
    fn fields_that_matter_little_cost_no_answer() {
        let message = json!({ "content": "Ship it." });
        for (field, value) in [
            ("usage", json!(null)),
            ("usage", json!("none")),
            ("usage", json!({ "completion_tokens": null, "prompt_tokens": [1] })),
            ("usage", json!({ "completion_tokens": -3, "prompt_tokens": 1e300 })),
            ("error", json!(null)),
            ("error", json!("")),
            ("id", json!({})),
            ("model", json!(7)),
        ] {
            let mut body = json!({ "choices": [{ "message": message }] });
            body[field] = value;
            let reply = answer(body.to_string().as_bytes()).unwrap();
            assert_eq!((reply.text.as_str(), reply.output_tokens), ("Ship it.", 0), "{body}");
        }
        for finish in [json!(null), json!(3), json!({ "type": "stop" }), json!("eos")] {
            let body = json!({ "choices": [{ "index": "0", "message": { "content": "x", "role": null }, "finish_reason": finish }] });
            assert_eq!(text(&body.to_string()), "x");
        }
        let counted =
            json!({ "choices": [{ "message": message }], "usage": { "input_tokens": 5.0, "completion_tokens": "3" } });
        let reply = answer(counted.to_string().as_bytes()).unwrap();
        assert_eq!((reply.prompt_tokens, reply.output_tokens), (5, 3));
    }

    #[test]
    fn content_of_every_shape_is_read() {
        for (content, said) in [
            (json!("a"), "a"),
            (json!([{ "type": "text", "text": "a" }, "b", { "type": "output_text", "text": { "value": "c" } }]), "abc"),
            (json!([{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }, { "text": "a" }]), "a"),
            (json!({ "text": "a" }), "a"),
            (json!(42), "42"),
            (json!(null), ""),
            (json!([]), ""),
        ] {
            let body = json!({ "choices": [{ "message": { "content": content }, "finish_reason": "stop" }] });
            assert_eq!(text(&body.to_string()), said, "{body}");
        }
        assert_eq!(text(r#"{"choices": [{"text": "old"}]}"#), "old");
        assert_eq!(text(r#"[{"choices": [{"message": {"content": "listed"}}]}]"#), "listed");
        assert_eq!(text(r#"{"choices": [{"message": {"content": null, "refusal": "I can't."}}]}"#), "I can't.");
        assert_eq!(text(r#"{"choices": [{"message": {}}]}"#), "");
    }

    #[test]
    fn thoughts_are_kept_apart_wherever_they_stand() {
        for message in [
            json!({ "content": "<think>\nhm\n</think>\n\nShip it." }),
            json!({ "content": "hm</think>Ship it." }),
            json!({ "content": "Ship it.", "reasoning_content": "hm" }),
        ] {
            let body = json!({ "choices": [{ "message": message, "finish_reason": "stop" }] });
            let reply = answer(body.to_string().as_bytes()).unwrap();
            assert_eq!(
                (reply.text.as_str(), reply.thoughts.as_str(), reply.remark),
                ("Ship it.", "hm", None),
                "{body}"
            );
        }
        let cut = json!({ "choices": [{ "message": { "content": "<think>hm" }, "finish_reason": "length" }] });
        let reply = answer(cut.to_string().as_bytes()).unwrap();
        assert_eq!((reply.text.as_str(), reply.stop), ("", Stop::Length));
        assert!(reply.remark.is_some_and(|remark| remark.contains("only thought")));
    }

    #[test]
    fn thoughts_are_no_answer_and_that_is_said() {
        for field in THOUGHTS {
            let body =
                json!({ "choices": [{ "message": { "content": null, field: "Ship it." }, "finish_reason": "stop" }] });
            let reply = answer(body.to_string().as_bytes()).unwrap();
            assert_eq!(reply.text, "");
            assert!(reply.remark.is_some_and(|remark| remark.contains(field)));
            let both = json!({ "choices": [{ "message": { "content": "No.", field: "Ship it." } }] });
            assert_eq!(answer(both.to_string().as_bytes()).unwrap().remark, None);
        }
        let parts = r#"{"choices": [{"message": {"content": [{"type": "thinking", "thinking": "hm"}]}}]}"#;
        assert!(answer(parts.as_bytes()).unwrap().remark.is_some());
    }

    #[test]
    fn errors_inside_a_success_are_found_with_their_status() {
        for (body, wanted) in [
            (r#"{"error": {"message": "m", "code": 502}}"#, Some(502)),
            (r#"{"error": {"message": "m", "code": "429"}}"#, Some(429)),
            (r#"{"error": {"message": "m", "type": "overloaded_error"}}"#, Some(503)),
            (r#"{"error": {"message": "m", "type": "insufficient_quota"}}"#, Some(402)),
            (r#"{"error": "m"}"#, None),
            (r#"[{"error": {"message": "m", "code": 503, "status": "UNAVAILABLE"}}]"#, Some(503)),
            (r#"{"object": "error", "message": "m", "code": 500}"#, Some(500)),
            (r#"{"detail": "m"}"#, None),
            (r#"{"choices": [{"message": {"content": "half"}, "error": {"message": "m", "code": 502}}]}"#, Some(502)),
            ("data: {\"error\": {\"message\": \"m\", \"code\": 503}}\n\n", Some(503)),
        ] {
            match answer(body.as_bytes()) {
                Err(Lack::Error { status, said }) => {
                    assert_eq!((status, complaint(&said).as_str()), (wanted, "m"), "{body}");
                }
                other => panic!("{other:?} of {body}"),
            }
        }
    }

    #[test]
    fn a_stream_that_nobody_asked_for_is_put_together() {
        let piece = |text: &str| format!("data: {}\n\n", json!({ "choices": [{ "delta": { "content": text } }] }));
        let end = "data: {\"choices\": [{\"delta\": {}, \"finish_reason\": \"length\"}]}\n\n\
                   data: {\"choices\": [], \"usage\": {\"completion_tokens\": 2}}\n\ndata: [DONE]\n\n";
        let whole = format!(": hello\n\nevent: message\n{}{}{end}", piece("Ship "), piece("it."));
        let reply = answer(whole.as_bytes()).unwrap();
        assert_eq!((reply.text.as_str(), reply.stop, reply.output_tokens), ("Ship it.", Stop::Length, 2));
        assert_eq!(answer(whole.replace('\n', "\r\n").as_bytes()).unwrap().text, "Ship it.");
        assert_eq!(answer(format!("{}{}", piece("Ship "), piece("it.")).as_bytes()), Err(Lack::Torn));
        let one =
            format!("data: {}", json!({ "choices": [{ "message": { "content": "x" }, "finish_reason": "stop" }] }));
        assert_eq!(text(&one), "x");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_an_answer_or_a_lack(body in r#"(data: )?[\[{]?("(choices|error|message|content)": ?)?[\[\]{}",:a0\\nu-]{0,30}"#) {
            let _ = answer(body.as_bytes());
            let _ = complaint(&body);
        }
    }
}
