use super::choices;
use super::client::Client;
use super::endpoint::{Endpoint, Key};
use super::fault::Fault;
use super::likelihood::Scales;
use super::reply::{self, Reply};
use super::request::{self, Dialect, Parameter};
use super::retry::Backoff;
use super::settings::EndpointSettings;
use crate::provider::weighing::{likeliest, reference_nll, weighed};
use crate::provider::{Answer, Event, Likelihood, Provider, Request, Stop, Task};
use engine::chat::Message;
use engine::error::{Error, Result};
use engine::generate::Sampling;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How to treat an endpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteOptions {
    /// Requests under way at the same time.
    pub concurrency: usize,
    /// Settings that are never sent.
    pub leave_out: BTreeSet<Parameter>,
    /// The longest one answer may take, all of it.
    pub timeout: Duration,
    /// How often one question is asked in all, when the endpoint is busy or fails.
    pub tries: u32,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self::from(EndpointSettings::default())
    }
}

impl From<EndpointSettings> for RemoteOptions {
    fn from(EndpointSettings { concurrency, leave_out }: EndpointSettings) -> Self {
        Self { concurrency, leave_out, timeout: Duration::from_secs(600), tries: Backoff::default().tries }
    }
}

/// A model behind an OpenAI-compatible endpoint. Every version of a request is this one model.
pub struct Remote {
    asker: Arc<Asker>,
    identity: String,
    concurrency: usize,
}

impl Remote {
    /// Opens `openai:URL#model`, with the key from `PMTUNE_API_KEY` or `OPENAI_API_KEY` where one is set. Connects to
    /// nothing yet.
    ///
    /// # Errors
    /// The reference or the key is malformed.
    pub fn parse(reference: &str, options: &RemoteOptions) -> Result<Self> {
        Ok(Self::new(Endpoint::parse(reference)?, Key::from_env()?, options, Backoff::default()))
    }

    pub(super) fn new(endpoint: Endpoint, key: Option<Key>, options: &RemoteOptions, backoff: Backoff) -> Self {
        let identity = format!("{}#{}", endpoint.base, endpoint.model);
        let backoff = Backoff { tries: options.tries.max(1), ..backoff };
        let dialect = Dialect::without(options.leave_out.iter().copied());
        let client = Client::new(endpoint, key, backoff, options.timeout, dialect);
        for left_out in &options.leave_out {
            client.notes.say(format!("`{left_out}` was left out, as `endpoint.leave-out` in pmtune.yaml says"));
        }
        let asker = Arc::new(Asker { client, scales: Scales::default() });
        Self { asker, identity, concurrency: options.concurrency.max(1) }
    }

    /// URL and model name, written the same however the reference was: what stands for the base's hash in a manifest.
    pub fn identity(&self) -> &str {
        &self.identity
    }
}

impl Provider for Remote {
    fn answer(&self, requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        let workers = self.concurrency.min(requests.len());
        let queue = Arc::new(Mutex::new(requests.into_iter()));
        let stop = Arc::new(AtomicBool::new(false));
        let (results, received) = mpsc::channel();
        for _ in 0..workers {
            // Not scoped: when the sink breaks, nobody waits for an answer under way.
            let (asker, queue, stop, results) = (self.asker.clone(), queue.clone(), stop.clone(), results.clone());
            thread::Builder::new()
                .name("endpoint".to_string())
                .spawn(move || work(&asker, &queue, &stop, &results))
                .map_err(|e| Error::network("cannot start a thread for the endpoint").caused_by(e))?;
        }
        drop(results);
        let outcome = hand_on(&received, &self.asker.client, sink);
        stop.store(true, Ordering::Relaxed);
        outcome
    }
}

type Outcome = (usize, Result<Answer, Fault>);

/// Asks what is left in the queue until it is empty, nobody listens, or `stop` is set.
fn work(asker: &Asker, queue: &Mutex<std::vec::IntoIter<Request>>, stop: &AtomicBool, results: &mpsc::Sender<Outcome>) {
    while !stop.load(Ordering::Relaxed) {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(request) = next else { return };
        if results.send((request.id, asker.answer(&request, stop))).is_err() {
            return;
        }
    }
}

/// Answers one request: with words, by weighing, or both.
struct Asker {
    client: Client,
    scales: Scales,
}

impl Asker {
    fn answer(&self, request: &Request, stop: &AtomicBool) -> Result<Answer, Fault> {
        let written = match &request.task {
            Task::Write { .. } => Some(self.written(request, &request.messages, stop)?),
            Task::Weigh { .. } | Task::Choose { .. } => None,
        };
        let (texts, writes) = weighed(&request.task);
        let weighed = match texts {
            [] => None,
            texts => match self.scales.weigh(&self.client, &request.messages, texts, stop) {
                // A text that cannot be weighed costs no answer.
                Err(fault) if writes && !fault.dead => None,
                weighed => weighed?,
            },
        };
        if let (Task::Choose { choices }, None) = (&request.task, &weighed) {
            return self.written(request, &choices::ask(&request.messages, choices), stop);
        }
        let likelihoods = weighed.unwrap_or_default();
        let answer = written.unwrap_or_else(|| scored(&likelihoods));
        Ok(Answer { reference_nll: reference_nll(&likelihoods, writes), likelihoods, ..answer })
    }

    /// What the model writes, as it is.
    fn written(&self, request: &Request, messages: &[Message], stop: &AtomicBool) -> Result<Answer, Fault> {
        let model = &self.client.endpoint.model;
        let body = |dialect: &Dialect| request::body(model, messages, &request.sampling, dialect);
        let (mut reply, seconds) = self.client.ask(body, reply::answer, stop)?;
        reply.remark.take().into_iter().for_each(|remark| self.client.notes.say(remark));
        Ok(finished(reply, &request.sampling, seconds))
    }
}

/// The answer that a reply is, cut at the first stop string: the endpoint may not have been told, or did not listen.
pub(super) fn finished(reply: Reply, sampling: &Sampling, seconds: f64) -> Answer {
    let Reply { mut text, thoughts, stop: mut end, prompt_tokens, output_tokens, .. } = reply;
    let stops = sampling.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(at) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(at);
        end = Stop::StopString;
    }
    Answer {
        text,
        thoughts,
        stop: end,
        prompt_tokens,
        output_tokens,
        seconds,
        reference_nll: None,
        likelihoods: Vec::new(),
    }
}

/// The answer where nothing is written.
fn scored(likelihoods: &[Likelihood]) -> Answer {
    Answer {
        text: likeliest(likelihoods),
        thoughts: String::new(),
        stop: Stop::Scored,
        prompt_tokens: 0,
        output_tokens: 0,
        seconds: 0.0,
        reference_nll: None,
        likelihoods: Vec::new(),
    }
}

/// How long the sink may go without being asked whether to go on.
const HEARTBEAT: Duration = Duration::from_millis(200);

/// Hands results to the sink until all workers are gone. No answer may come for minutes, so the sink gets empty token
/// counts meanwhile: a chance to break, to flush and to move a clock.
fn hand_on(
    received: &mpsc::Receiver<Outcome>,
    client: &Client,
    sink: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<()> {
    loop {
        let next = received.recv_timeout(HEARTBEAT);
        // Before the answer: once the last one is there, nobody may listen any more.
        for note in client.notes.fresh() {
            if sink(Event::Note(note)).is_break() {
                return Ok(());
            }
        }
        let flow = match next {
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => sink(Event::Tokens(0)),
            Ok((_, Err(fault))) if fault.dead => return Err(*fault.error),
            Ok((id, outcome)) => {
                let tokens = outcome.as_ref().map_or(0, |answer| answer.output_tokens);
                let done = sink(Event::Done { id, answer: outcome.map_err(|fault| *fault.error) });
                if done.is_break() { done } else { sink(Event::Tokens(tokens)) }
            }
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}
