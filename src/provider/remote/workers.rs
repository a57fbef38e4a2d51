use super::client::{Client, Fault};
use super::endpoint::{Endpoint, Key};
use super::retry::Backoff;
use crate::provider::{Answer, Event, Provider, Request, Stop, Task};
use engine::error::{Error, Result};
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
    /// The longest one answer may take, all of it.
    pub timeout: Duration,
    /// How often one question is asked in all, when the endpoint is busy or fails.
    pub tries: u32,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self { concurrency: 4, timeout: Duration::from_secs(600), tries: Backoff::default().tries }
    }
}

/// A model behind an OpenAI-compatible endpoint. Every version of a request is this one model.
pub struct Remote {
    client: Arc<Client>,
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
        let client = Arc::new(Client::new(endpoint, key, backoff, options.timeout));
        Self { client, identity, concurrency: options.concurrency.max(1) }
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
            let (client, queue, stop, results) = (self.client.clone(), queue.clone(), stop.clone(), results.clone());
            thread::Builder::new()
                .name("endpoint".to_string())
                .spawn(move || work(&client, &queue, &stop, &results))
                .map_err(|e| Error::network("cannot start a thread for the endpoint").caused_by(e))?;
        }
        drop(results);
        let outcome = hand_on(&received, sink);
        stop.store(true, Ordering::Relaxed);
        outcome
    }
}

type Outcome = (usize, Result<Answer, Fault>);

/// Asks what is left in the queue until it is empty, nobody listens, or `stop` is set.
fn work(
    client: &Client,
    queue: &Mutex<std::vec::IntoIter<Request>>,
    stop: &AtomicBool,
    results: &mpsc::Sender<Outcome>,
) {
    while !stop.load(Ordering::Relaxed) {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(request) = next else { return };
        let outcome = match request.task {
            // Chat completions say nothing of the likelihood of a given text.
            Task::Weigh { .. } => Ok(unweighed()),
            Task::Write { .. } | Task::Choose { .. } => client.ask(&request, stop),
        };
        if results.send((request.id, outcome)).is_err() {
            return;
        }
    }
}

fn unweighed() -> Answer {
    Answer {
        text: String::new(),
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
fn hand_on(received: &mpsc::Receiver<Outcome>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
    loop {
        let flow = match received.recv_timeout(HEARTBEAT) {
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
