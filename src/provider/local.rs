//! Answers from a model in this process.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Answer, ChoiceScore, Event, Provider, Request, Stop, Task};
use candle_core::Device;
use engine::chat::Chat;
use engine::error::{Error, Result};
use engine::files::Source;
use engine::generate::{Conversation, Engine, Finish, Job, Outcome, Progress, Work};
use engine::model::{Composite, Decoder, Forward};

/// One base in memory and the versions that add to it.
///
/// A reference or a choice is scored as the whole answer: its own tokens and the token that ends the turn, so that a
/// text which breaks off early is not preferred. A reference that does not fit the context is left unscored.
pub struct Local<M: Forward = Decoder> {
    engine: Engine<M>,
    /// For each version, which of the engine's adapters it uses.
    adapters: Vec<Option<usize>>,
}

impl Local {
    /// Packs the base and loads an adapter folder for every version that has one.
    pub fn new(base: Source, versions: &[Option<PathBuf>]) -> Result<Self> {
        Self::of(Decoder::load(base.config, base.weights.as_ref())?, base.chat, versions)
    }
}

impl Local<Composite> {
    /// The same on another device than the processor.
    pub fn on(base: Source, versions: &[Option<PathBuf>], device: Device) -> Result<Self> {
        Self::of(Composite::load(base.config, base.weights.as_ref(), device)?, base.chat, versions)
    }
}

impl<M: Forward> Local<M> {
    fn of(model: M, chat: Chat, versions: &[Option<PathBuf>]) -> Result<Self> {
        let (mut loaded, mut adapters, mut folders) = (Vec::new(), Vec::new(), Vec::new());
        for folder in versions {
            let known = folder.as_ref().and_then(|folder| folders.iter().position(|f| f == folder));
            adapters.push(match (folder, known) {
                (None, _) => None,
                (Some(_), Some(index)) => Some(index),
                (Some(folder), None) => {
                    loaded.push(model.adapter(folder)?);
                    folders.push(folder.clone());
                    Some(loaded.len() - 1)
                }
            });
        }
        Ok(Self { engine: Engine::new(Arc::new(model), Arc::new(chat), loaded), adapters })
    }

    pub fn engine(&self) -> &Engine<M> {
        &self.engine
    }

    /// A conversation with one version, which keeps what it has read between turns.
    pub fn converse(&self, version: usize) -> Result<Conversation<'_, M>> {
        Ok(Conversation::new(&self.engine, self.adapter(version)?))
    }

    fn adapter(&self, version: usize) -> Result<Option<usize>> {
        let unknown = || Error::model(format!("version number {version} was not opened"));
        self.adapters.get(version).copied().ok_or_else(unknown)
    }

    /// The jobs one request stands for.
    fn parts(&self, request: &Request) -> Result<Vec<(Part, Job)>> {
        let (chat, adapter) = (self.engine.chat(), self.adapter(request.version)?);
        let prompt = chat.prompt_ids(&request.messages)?;
        let whole_answer = |text: &str| -> Result<Work> {
            let mut ids = chat.answer_ids(text)?;
            ids.push(chat.end_of_turn());
            Ok(Work::Score(ids))
        };
        let job = |work| Job { id: 0, adapter, prompt: prompt.clone(), work };
        match &request.task {
            Task::Write { reference } => {
                let mut parts = vec![(Part::Text, job(Work::Write(request.sampling.clone())))];
                if let Some(reference) = reference {
                    parts.push((Part::Reference, job(whole_answer(reference)?)));
                }
                Ok(parts)
            }
            Task::Choose { choices } if choices.is_empty() => {
                Err(Error::input("there are no choices to choose from").hint("list at least two under `choices`"))
            }
            Task::Choose { choices } => {
                choices.iter().enumerate().map(|(i, text)| Ok((Part::Choice(i), job(whole_answer(text)?)))).collect()
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Text,
    Reference,
    Choice(usize),
}

/// A request whose jobs are under way.
struct Open {
    id: usize,
    left: usize,
    prompt_tokens: usize,
    text: Option<(String, usize, Finish)>,
    reference_nll: Option<f64>,
    choices: Vec<ChoiceScore>,
    joined: Option<Instant>,
    seconds: f64,
    error: Option<Error>,
}

impl Open {
    fn new(request: &Request, left: usize, prompt_tokens: usize) -> Self {
        let choices = match &request.task {
            Task::Choose { choices } => choices.clone(),
            Task::Write { .. } => Vec::new(),
        };
        let unscored = |text| ChoiceScore { text, log_prob: f64::NEG_INFINITY, tokens: 0 };
        Self {
            id: request.id,
            left,
            prompt_tokens,
            text: None,
            reference_nll: None,
            choices: choices.into_iter().map(unscored).collect(),
            joined: None,
            seconds: 0.0,
            error: None,
        }
    }

    fn take(&mut self, part: Part, outcome: Result<Outcome>, elapsed: Duration) {
        self.left -= 1;
        let now = Instant::now();
        let joined = now.checked_sub(elapsed).unwrap_or(now);
        // An answer's time is its writing, not the scoring of a reference beside it.
        if !matches!(part, Part::Reference) {
            let first = self.joined.map_or(joined, |first| first.min(joined));
            self.joined = Some(first);
            self.seconds = (now - first).as_secs_f64();
        }
        match (part, outcome) {
            (Part::Reference, Err(_)) => {}
            (_, Err(error)) => self.error = Some(error),
            (_, Ok(Outcome::Written { text, tokens, finish })) => self.text = Some((text, tokens, finish)),
            (part, Ok(Outcome::Scored { log_probs })) => {
                let sum: f64 = log_probs.iter().map(|p| f64::from(*p)).sum();
                match part {
                    Part::Choice(i) => (self.choices[i].log_prob, self.choices[i].tokens) = (sum, log_probs.len()),
                    _ => self.reference_nll = Some(-sum / log_probs.len().max(1) as f64),
                }
            }
        }
    }

    fn answer(self) -> Result<Answer> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let (text, output_tokens, stop) = match self.text {
            Some((text, tokens, Finish::End)) => (text, tokens, Stop::End),
            Some((text, tokens, Finish::Length)) => (text, tokens, Stop::Length),
            Some((text, tokens, Finish::StopString)) => (text, tokens, Stop::StopString),
            None => (likeliest(&self.choices), 0, Stop::Scored),
        };
        Ok(Answer {
            text,
            stop,
            prompt_tokens: self.prompt_tokens,
            output_tokens,
            seconds: self.seconds,
            reference_nll: self.reference_nll,
            choices: self.choices,
        })
    }
}

/// The choice with the highest log-probability per byte; the first of equals.
fn likeliest(choices: &[ChoiceScore]) -> String {
    let mut best: Option<&ChoiceScore> = None;
    for choice in choices {
        if best.is_none_or(|best| choice.per_byte() > best.per_byte()) {
            best = Some(choice);
        }
    }
    best.map(|choice| choice.text.clone()).unwrap_or_default()
}

impl<M: Forward> Provider for Local<M> {
    fn answer(&self, mut requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        // The longest first, so that no long answer is left to run alone at the end. Scoring fills the gaps.
        requests.sort_by_key(|request| match request.task {
            Task::Write { .. } => std::cmp::Reverse(request.sampling.max_tokens),
            Task::Choose { .. } => std::cmp::Reverse(0),
        });
        let (mut open, mut parts, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
        for request in &requests {
            match self.parts(request) {
                Err(error) => {
                    if sink(Event::Done { id: request.id, answer: Err(error) }).is_break() {
                        return Ok(());
                    }
                }
                Ok(made) => {
                    let prompt_tokens = made.first().map_or(0, |(_, job)| job.prompt.len());
                    let state = Open::new(request, made.len(), prompt_tokens);
                    for (part, job) in made {
                        jobs.push(Job { id: parts.len(), ..job });
                        parts.push((open.len(), part));
                    }
                    open.push(Some(state));
                }
            }
        }
        self.engine.run(jobs, &mut |progress| match progress {
            Progress::Tokens(n) => sink(Event::Tokens(n)),
            Progress::Done { id, outcome, elapsed } => {
                let (request, part) = parts[id];
                if let Some(state) = &mut open[request] {
                    state.take(part, outcome, elapsed);
                }
                match open[request].take_if(|state| state.left == 0) {
                    Some(state) => sink(Event::Done { id: state.id, answer: state.answer() }),
                    None => ControlFlow::Continue(()),
                }
            }
        })
    }
}
