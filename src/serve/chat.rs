//! `POST /v1/chat/completions`, read.

use super::catalogue::Model;
use super::fields::{Fields, flag};
use super::refusal::Refusal;
use super::turns::{System, Turn, conversation, said};
use super::worker::Question;
use engine::chat::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

/// The body, of which only what matters here is known.
#[derive(Debug, Deserialize)]
pub(super) struct ChatRequest {
    #[serde(flatten)]
    pub fields: Fields,
    #[serde(default)]
    messages: Option<Vec<Turn>>,
    #[serde(default)]
    tools: Value,
    #[serde(default)]
    functions: Value,
    #[serde(default)]
    tool_choice: Value,
    #[serde(default)]
    function_call: Value,
    #[serde(default)]
    top_logprobs: Value,
}

impl ChatRequest {
    /// What the version is to be asked.
    pub fn question(&self, model: &Model) -> Result<(Question, System), Refusal> {
        self.fields.refuse_unsupported()?;
        self.refuse_unsupported()?;
        let (messages, system) = conversation(self.messages.as_deref().unwrap_or_default(), &model.version)?;
        let sampling = self.fields.sampling(&model.version.sampling)?;
        let prompt = model.chat().prompt_ids(&messages).map_err(|error| Refusal::of(&error))?;
        Ok((model.question(prompt, sampling)?, system))
    }

    /// The messages as they were sent.
    pub fn said(&self) -> Result<Vec<Message>, Refusal> {
        said(self.messages.as_deref().unwrap_or_default())
    }

    /// What the user said, oldest first.
    pub fn questions(&self) -> Result<Vec<String>, Refusal> {
        let of_user = self.said()?.into_iter().filter(|message| message.role == Role::User);
        Ok(of_user.map(|message| message.content).collect())
    }

    /// What was sent and changes nothing here.
    pub fn passed_over(&self) -> Vec<&'static str> {
        let filled = |value: &Value| value.as_array().is_some_and(|list| !list.is_empty());
        let tools = [("tools", &self.tools), ("functions", &self.functions)];
        let tools = tools.into_iter().filter(|(_, value)| filled(value)).map(|(name, _)| name);
        tools.chain(self.fields.passed_over()).collect()
    }

    fn refuse_unsupported(&self) -> Result<(), Refusal> {
        let must = |choice: &Value| choice == "required" || choice.is_object();
        for (choice, name) in [(&self.tool_choice, "tool_choice"), (&self.function_call, "function_call")] {
            if must(choice) {
                return Err(Refusal::unsupported(
                    name,
                    format!("these models write text and call no tools: leave {name} out, or send \"auto\""),
                ));
            }
        }
        if flag(&self.fields.logprobs, "logprobs")? || self.top_logprobs.as_u64().is_some_and(|n| n > 0) {
            return Err(Refusal::unsupported("logprobs", "log-probabilities are not told here: leave logprobs out"));
        }
        Ok(())
    }
}
