//! `POST /v1/completions`, read: a text that the model goes on with, without a template, a system prompt or examples.

use super::catalogue::Model;
use super::fields::{Fields, flag, whole};
use super::refusal::Refusal;
use super::worker::Question;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(super) struct CompletionRequest {
    #[serde(flatten)]
    pub fields: Fields,
    #[serde(default)]
    prompt: Value,
    #[serde(default)]
    suffix: Value,
    #[serde(default)]
    echo: Value,
    #[serde(default)]
    best_of: Value,
}

impl CompletionRequest {
    pub fn question(&self, model: &Model) -> Result<Question, Refusal> {
        self.fields.refuse_unsupported()?;
        self.refuse_unsupported()?;
        let sampling = self.fields.sampling(&model.version.sampling)?;
        let prompt = model.chat().encode(self.prompt()?).map_err(|error| Refusal::of(&error))?;
        model.question(prompt, sampling)
    }

    pub fn prompt(&self) -> Result<&str, Refusal> {
        let text = match &self.prompt {
            Value::String(text) => Some(text.as_str()),
            Value::Array(texts) if texts.len() == 1 => texts[0].as_str(),
            _ => None,
        };
        text.filter(|text| !text.is_empty())
            .ok_or_else(|| Refusal::invalid("prompt", "prompt must be one text that is not empty"))
    }

    fn refuse_unsupported(&self) -> Result<(), Refusal> {
        let refuse = |name: &str| Err(Refusal::unsupported(name, format!("{name} is not known here: leave it out")));
        if self.suffix.as_str().is_some_and(|suffix| !suffix.is_empty()) {
            return refuse("suffix");
        }
        if flag(&self.echo, "echo")? {
            return refuse("echo");
        }
        if whole(&self.best_of, "best_of")?.is_some_and(|n| n > 1) {
            return refuse("best_of");
        }
        if self.fields.logprobs.as_u64().is_some_and(|n| n > 0) || self.fields.logprobs == true {
            return refuse("logprobs");
        }
        Ok(())
    }
}
