//! Where answers come from: this process (`local`), an OpenAI-compatible endpoint (`remote`), or a script (`scripted`).

mod answer;

mod local;
mod remote;
mod scripted;
mod weighing;
pub use answer::{Answer, Likelihood, Stop};
pub use local::Local;
pub use remote::{Batch, BatchLine, EndpointSettings, Parameter, Remote, RemoteOptions, Replies, choice_label};
pub use scripted::Scripted;

use engine::chat::Message;
use engine::error::Result;
use engine::generate::Sampling;
use std::ops::ControlFlow;

/// What is asked of a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Write an answer; and say how likely each of these texts would have been instead.
    Write { weighed: Vec<String> },
    /// Write nothing, and say how likely each of these texts would have been.
    Weigh { texts: Vec<String> },
    /// Say which of these texts is the likeliest answer.
    Choose { choices: Vec<String> },
}

/// One question to one version. `id` is the caller's and comes back with the answer.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: usize,
    /// Index of the version among those the provider was opened with (they may differ in adapter, share a base).
    pub version: usize,
    pub messages: Vec<Message>,
    pub task: Task,
    pub sampling: Sampling,
}

/// What a provider reports while it works.
#[derive(Debug)]
pub enum Event {
    /// Tokens generated since the last such event, over all sequences.
    Tokens(usize),
    /// So many of all texts whose likelihood is wanted are weighed by now.
    Weighed { done: usize, of: usize },
    /// Something about how the answers are had that belongs beside them for good, in a sentence. Said once.
    Note(String),
    /// A request is done. One failing request is an error here and the others go on.
    Done { id: usize, answer: Result<Answer> },
}

/// Answers many requests, in whatever order is fastest. Every request gets exactly one [`Event::Done`], unless `sink`
/// breaks, after which the provider returns as soon as it can. `Err` means that nothing more can be answered at all.
pub trait Provider {
    fn answer(&self, requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()>;
}
