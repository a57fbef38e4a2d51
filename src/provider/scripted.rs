use super::{Answer, Event, Provider, Request, Stop};
use engine::error::{Error, Result};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::Duration;

type Script = dyn Fn(&Request) -> Result<String> + Send + Sync;

/// A provider that answers by a script: for tests, and for measuring everything but the model.
pub struct Scripted {
    script: Box<Script>,
    delay: Duration,
    dies_after: Option<usize>,
}

impl Scripted {
    /// Answers by a function; an error is the answer's error, and the other requests go on.
    pub fn new(script: impl Fn(&Request) -> Result<String> + Send + Sync + 'static) -> Self {
        Self { script: Box::new(script), delay: Duration::ZERO, dies_after: None }
    }

    /// Answers by a table from the last message of the request to the text.
    pub fn from_map(texts: HashMap<String, String>) -> Self {
        Self::new(move |request| {
            let prompt = request.messages.last().map(|message| message.content.as_str()).unwrap_or_default();
            texts.get(prompt).cloned().ok_or_else(|| {
                Error::missing(format!("the script has no answer to {prompt:?}")).hint("add the prompt to the script")
            })
        })
    }

    /// Waits so long before every answer.
    pub fn with_delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Gives so many answers, then fails as a dead endpoint does.
    pub fn dies_after(self, answers: usize) -> Self {
        Self { dies_after: Some(answers), ..self }
    }
}

impl Provider for Scripted {
    fn answer(&self, requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        for (count, request) in requests.iter().enumerate() {
            if self.dies_after.is_some_and(|limit| count >= limit) {
                return Err(Error::network("the scripted provider has died").hint("let it live longer"));
            }
            if !self.delay.is_zero() {
                std::thread::sleep(self.delay);
            }
            let answer = (self.script)(request).map(|text| {
                let words = |text: &str| text.split_whitespace().count();
                Answer {
                    prompt_tokens: request.messages.iter().map(|message| words(&message.content)).sum(),
                    output_tokens: words(&text),
                    text,
                    thoughts: String::new(),
                    stop: Stop::End,
                    seconds: self.delay.as_secs_f64(),
                    reference_nll: None,
                    likelihoods: Vec::new(),
                }
            });
            let tokens = answer.as_ref().map_or(0, |answer| answer.output_tokens);
            let flow = sink(Event::Tokens(tokens));
            if flow.is_break() || sink(Event::Done { id: request.id, answer }).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Task;
    use engine::chat::{Message, Role};
    use engine::generate::Sampling;

    #[test]
    fn a_table_answers_what_it_knows_and_reports_the_rest() {
        let scripted = Scripted::from_map(HashMap::from([("ping".to_string(), "pong pong".to_string())]));
        let request = |id, prompt: &str| Request {
            id,
            version: 0,
            messages: vec![Message::new(Role::System, "You answer."), Message::new(Role::User, prompt)],
            task: Task::Write { weighed: Vec::new() },
            sampling: Sampling::default(),
        };
        let mut done = Vec::new();
        let mut sink = |event| {
            if let Event::Done { id, answer } = event {
                done.push((id, answer.map(|a| (a.text, a.prompt_tokens, a.output_tokens)).map_err(|e| e.to_string())));
            }
            ControlFlow::Continue(())
        };
        scripted.answer(vec![request(4, "ping"), request(2, "what?")], &mut sink).unwrap();
        assert_eq!(done[0], (4, Ok(("pong pong".to_string(), 3, 2))));
        assert!(matches!(&done[1], (2, Err(text)) if text.contains("no answer to \"what?\"")));
    }
}
