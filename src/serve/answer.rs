//! The JSON in which answers go out, whole and in pieces.

use super::worker::End;
use engine::generate::Finish;
use serde_json::{Map, Value, json};

/// Which of both interfaces is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Chat,
    Completion,
}

/// What every piece of one answer repeats.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub form: Form,
    pub id: String,
    /// Unix time in seconds.
    pub created: i64,
    /// As the request named it.
    pub model: String,
    /// The version that answers.
    pub version: String,
    pub prompt_tokens: usize,
}

impl Head {
    /// The whole answer.
    pub fn whole(&self, text: &str, end: End) -> Value {
        let choice = match self.form {
            Form::Chat => json!({
                "index": 0,
                "message": { "role": "assistant", "content": text, "refusal": null },
                "logprobs": null,
                "finish_reason": reason(end),
            }),
            Form::Completion => {
                json!({ "index": 0, "text": text, "logprobs": null, "finish_reason": reason(end) })
            }
        };
        let mut answer = self.common(match self.form {
            Form::Chat => "chat.completion",
            Form::Completion => "text_completion",
        });
        answer.insert("choices".into(), json!([choice]));
        answer.insert("usage".into(), self.usage(end));
        answer.insert("timings".into(), self.timings(end));
        Value::Object(answer)
    }

    /// The first piece of a chat: who speaks. Plain completions have none.
    pub fn role(&self) -> Option<Value> {
        (self.form == Form::Chat).then(|| self.piece(json!({ "role": "assistant", "content": "" }), None))
    }

    /// More of the text.
    pub fn text(&self, text: &str) -> Value {
        self.piece(json!({ "content": text }), None)
    }

    /// The last piece with a choice.
    pub fn end(&self, end: End) -> Value {
        let mut piece = self.piece(json!({}), Some(reason(end)));
        piece["timings"] = self.timings(end);
        piece
    }

    /// The piece that tells the counts, and nothing else: some clients hold back a text that comes beside them.
    pub fn counts(&self, end: End) -> Value {
        let mut piece = self.common(self.piece_kind());
        piece.insert("choices".into(), json!([]));
        piece.insert("usage".into(), self.usage(end));
        Value::Object(piece)
    }

    fn piece(&self, delta: Value, reason: Option<&str>) -> Value {
        let choice = match self.form {
            Form::Chat => json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": reason }),
            Form::Completion => {
                let text = delta.get("content").and_then(Value::as_str).unwrap_or_default();
                json!({ "index": 0, "text": text, "logprobs": null, "finish_reason": reason })
            }
        };
        let mut piece = self.common(self.piece_kind());
        piece.insert("choices".into(), json!([choice]));
        Value::Object(piece)
    }

    fn piece_kind(&self) -> &'static str {
        match self.form {
            Form::Chat => "chat.completion.chunk",
            Form::Completion => "text_completion",
        }
    }

    fn common(&self, object: &str) -> Map<String, Value> {
        Map::from_iter([
            ("id".to_string(), json!(self.id)),
            ("object".to_string(), json!(object)),
            ("created".to_string(), json!(self.created)),
            ("model".to_string(), json!(self.model)),
            ("system_fingerprint".to_string(), json!(self.version)),
        ])
    }

    fn usage(&self, end: End) -> Value {
        json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": end.tokens,
            "total_tokens": self.prompt_tokens + end.tokens,
        })
    }

    /// As llama.cpp's server tells them, from reading the prompt to the end.
    fn timings(&self, end: End) -> Value {
        let rate = if end.seconds > 0.0 { end.tokens as f64 / end.seconds } else { 0.0 };
        json!({
            "prompt_n": self.prompt_tokens,
            "predicted_n": end.tokens,
            "predicted_ms": end.seconds * 1000.0,
            "predicted_per_second": rate,
        })
    }
}

fn reason(end: End) -> &'static str {
    match end.finish {
        Finish::End | Finish::StopString => "stop",
        Finish::Length => "length",
    }
}
