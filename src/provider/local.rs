//! Answers from a model in this process.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::weighing::{likeliest, reference_nll, unasked, weighed};
use super::{Answer, Event, Likelihood, Provider, Request, Stop, Task};
use candle_core::Device;
use engine::chat::Chat;
use engine::error::{Error, Kind, Result};
use engine::files::Source;
use engine::generate::{Conversation, Engine, Finish, Job, Outcome, Progress, Voice, Work};
use engine::model::{Composite, Decoder, Forward};

/// One base in memory and the versions that add to it.
///
/// A text is weighed as the whole answer: its own tokens and the token that ends the turn, so that one which breaks off
/// early is not preferred; once behind the question, and once where the question is not told. Beside an
/// answer that is written, texts that do not fit the context are left unweighed.
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

    /// One version as its speech is compared with another's.
    pub fn voice(&self, version: usize) -> Result<Voice<'_, M>> {
        Ok(Voice { engine: &self.engine, adapter: self.adapter(version)? })
    }

    /// A conversation with one version, which keeps what it has read between turns.
    pub fn converse(&self, version: usize) -> Result<Conversation<'_, M>> {
        Ok(Conversation::new(&self.engine, self.adapter(version)?))
    }

    /// Which of the engine's adapters a version uses.
    pub fn adapter(&self, version: usize) -> Result<Option<usize>> {
        let unknown = || Error::model(format!("version number {version} was not opened"));
        self.adapters.get(version).copied().ok_or_else(unknown)
    }

    /// The jobs one request stands for.
    fn parts(&self, request: &Request) -> Result<Vec<(Part, Job)>> {
        let (chat, adapter) = (self.engine.chat(), self.adapter(request.version)?);
        let prompt = chat.prompt_ids(&request.messages)?;
        let unasked = chat.prompt_ids(&unasked(&request.messages))?;
        let job = |prompt: &[u32], work| Job { id: 0, adapter, prompt: prompt.to_vec(), work };
        let (texts, writes) = weighed(&request.task);
        let mut parts = Vec::new();
        if writes {
            parts.push((Part::Text, job(&prompt, Work::Write(request.sampling.clone()))));
        } else if texts.is_empty() {
            let error = Error::input("there are no choices to choose from");
            return Err(error.hint("list at least two under `choices`"));
        }
        for (i, text) in texts.iter().enumerate() {
            let mut ids = chat.answer_ids(text)?;
            ids.push(chat.end_of_turn());
            parts.push((Part::Unasked(i), job(&unasked, Work::Score(ids.clone()))));
            parts.push((Part::Asked(i), job(&prompt, Work::Score(ids))));
        }
        Ok(parts)
    }
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Text,
    /// A text by its place, behind the question.
    Asked(usize),
    /// The same where the question is not told.
    Unasked(usize),
}

/// A request whose jobs are under way.
struct Open {
    id: usize,
    left: usize,
    prompt_tokens: usize,
    /// A text is to be written, and its likelihoods stand beside it.
    writes: bool,
    text: Option<(String, usize, Finish)>,
    weighed: Vec<Weighed>,
    joined: Option<Instant>,
    seconds: f64,
    error: Option<Error>,
}

/// A text, and its log-probability and tokens as far as they are known.
struct Weighed {
    text: String,
    tokens: usize,
    asked: Option<f64>,
    unasked: Option<f64>,
}

impl Open {
    fn new(request: &Request, left: usize, prompt_tokens: usize) -> Self {
        let (texts, writes) = weighed(&request.task);
        let weighed = |text: &String| Weighed { text: text.clone(), tokens: 0, asked: None, unasked: None };
        Self {
            id: request.id,
            left,
            prompt_tokens,
            writes,
            text: None,
            weighed: texts.iter().map(weighed).collect(),
            joined: None,
            seconds: 0.0,
            error: None,
        }
    }

    fn take(&mut self, part: Part, outcome: Result<Outcome>, elapsed: Duration) {
        self.left -= 1;
        let now = Instant::now();
        let joined = now.checked_sub(elapsed).unwrap_or(now);
        // An answer's time is its writing, not the weighing beside it.
        if matches!(part, Part::Text) == self.writes {
            let first = self.joined.map_or(joined, |first| first.min(joined));
            self.joined = Some(first);
            self.seconds = (now - first).as_secs_f64();
        }
        match (part, outcome) {
            // Too long to be weighed; whatever else fails is the answer's failure too.
            (Part::Asked(_) | Part::Unasked(_), Err(error)) if self.writes && error.kind == Kind::Input => {}
            (_, Err(error)) => self.error = Some(error),
            (_, Ok(Outcome::Written { text, tokens, finish })) => self.text = Some((text, tokens, finish)),
            (part, Ok(Outcome::Scored { log_probs })) => {
                let sum = Some(log_probs.iter().map(|p| f64::from(*p)).sum());
                match part {
                    Part::Asked(i) => (self.weighed[i].asked, self.weighed[i].tokens) = (sum, log_probs.len()),
                    Part::Unasked(i) => self.weighed[i].unasked = sum,
                    Part::Text => {}
                }
            }
        }
    }

    fn answer(self, chat: &Chat) -> Result<Answer> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let whole = |weighed: &Weighed| {
            Some(Likelihood {
                text: weighed.text.clone(),
                log_prob: weighed.asked?,
                tokens: weighed.tokens,
                unasked: Some(weighed.unasked?),
            })
        };
        // All or none: a reference is preferred to all of its distractors or to none.
        let likelihoods: Vec<Likelihood> = self.weighed.iter().map(whole).collect::<Option<_>>().unwrap_or_default();
        let (text, output_tokens, stop) = match self.text {
            Some((text, tokens, Finish::End)) => (text, tokens, Stop::End),
            Some((text, tokens, Finish::Length)) => (text, tokens, Stop::Length),
            Some((text, tokens, Finish::StopString)) => (text, tokens, Stop::StopString),
            None => (likeliest(&likelihoods), 0, Stop::Scored),
        };
        let (thoughts, text) = match stop {
            Stop::Scored => (String::new(), text),
            _ => {
                let (thoughts, answer) = chat.apart(&text);
                (thoughts.to_string(), answer.to_string())
            }
        };
        Ok(Answer {
            text,
            thoughts,
            stop,
            prompt_tokens: self.prompt_tokens,
            output_tokens,
            seconds: self.seconds,
            reference_nll: reference_nll(&likelihoods, self.writes),
            likelihoods,
        })
    }
}

impl<M: Forward> Provider for Local<M> {
    fn answer(&self, mut requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        // The longest first, so that no long answer is left to run alone at the end. Scoring fills the gaps.
        requests.sort_by_key(|request| match request.task {
            Task::Write { .. } => std::cmp::Reverse(request.sampling.max_tokens),
            Task::Weigh { .. } | Task::Choose { .. } => std::cmp::Reverse(0),
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
        let of = parts.iter().filter(|(_, part)| matches!(part, Part::Asked(_))).count();
        let mut done = 0;
        self.engine.run(jobs, &mut |progress| match progress {
            Progress::Tokens(n) => sink(Event::Tokens(n)),
            Progress::Text { .. } => ControlFlow::Continue(()),
            Progress::Done { id, outcome, elapsed } => {
                let (request, part) = parts[id];
                if let Some(state) = &mut open[request] {
                    state.take(part, outcome, elapsed);
                }
                if matches!(part, Part::Asked(_)) {
                    done += 1;
                    if sink(Event::Weighed { done, of }).is_break() {
                        return ControlFlow::Break(());
                    }
                }
                match open[request].take_if(|state| state.left == 0) {
                    Some(state) => sink(Event::Done { id: state.id, answer: state.answer(self.engine.chat()) }),
                    None => ControlFlow::Continue(()),
                }
            }
        })
    }
}
