use super::endpoint::{Endpoint, Key};
use super::fault::{CONNECT, Fault, LARGEST_BYTES, Refusal, too_large, transport};
use super::reply::{self, Lack};
use super::request::Dialect;
use super::retry::{Backoff, retry_after};
use super::{json, notes::Notes};
use engine::error::Error;
use jiff::Timestamp;
use serde_json::Value;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::{Agent, Body, http};

/// Asks one question at a time; shared by all workers.
pub(super) struct Client {
    agent: Agent,
    pub(super) endpoint: Endpoint,
    key: Option<Key>,
    backoff: Backoff,
    timeout: Duration,
    /// Whether the endpoint has ever answered: one that has is worth waiting for.
    reached: AtomicBool,
    /// What it takes, as far as it is known; learnt once for all workers.
    dialect: Mutex<Dialect>,
    pub(super) notes: Notes,
}

impl Client {
    pub(super) fn new(
        endpoint: Endpoint,
        key: Option<Key>,
        backoff: Backoff,
        timeout: Duration,
        dialect: Dialect,
    ) -> Self {
        // Redirects are never followed: the key must not travel to another host.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(timeout))
            .user_agent(concat!("pmtune/", env!("CARGO_PKG_VERSION")));
        let config = if endpoint.is_local() { config.proxy(None) } else { config };
        let agent = config.build().new_agent();
        let (reached, dialect) = (AtomicBool::new(false), Mutex::new(dialect));
        Self { agent, endpoint, key, backoff, timeout, reached, dialect, notes: Notes::default() }
    }

    /// Posts what `body` makes of the endpoint's dialect until `read` finds what it looks for, the tries are used up, or
    /// `stop` is set. A setting that the endpoint refuses is left out and the question asked again, which uses up no try.
    /// Gives what was read, and the seconds that it took.
    pub(super) fn ask<T>(
        &self,
        body: impl Fn(&Dialect) -> Value,
        read: impl Fn(&[u8]) -> Result<T, Lack>,
        stop: &AtomicBool,
    ) -> Result<(T, f64), Fault> {
        let mut tried = 1;
        loop {
            let body = body(&self.dialect());
            let fault = match self.once(&body, &read) {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            if stop.load(Ordering::Relaxed) {
                return Err(fault);
            }
            // Ends, because what is learnt is no longer in the next body.
            if fault.refused.as_deref().is_some_and(|said| self.learn(said, &body)) {
                continue;
            }
            if !fault.retry || tried >= self.backoff.tries {
                return Err(fault);
            }
            std::thread::sleep(self.backoff.wait(tried, fault.after, rand::random()));
            tried += 1;
        }
    }

    /// What the endpoint takes, as far as it is known.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, said: &str, body: &Value) -> bool {
        let learnt = self.dialect.lock().unwrap_or_else(PoisonError::into_inner).learn(said, body);
        let known = learnt.is_some();
        learnt.into_iter().flatten().for_each(|news| self.notes.say(news));
        known
    }

    fn once<T>(&self, body: &Value, read: impl Fn(&[u8]) -> Result<T, Lack>) -> Result<(T, f64), Fault> {
        let start = Instant::now();
        let call = self.with_key(self.agent.post(format!("{}/chat/completions", self.endpoint.base)));
        let response = call.send_json(body).map_err(|error| self.transport(error))?;
        let status = response.status();
        let after = header(&response, "retry-after").and_then(|text| retry_after(&text, Timestamp::now()));
        let location = header(&response, "location");
        let bytes = self.bytes(response)?;
        self.reached.store(true, Ordering::Relaxed);
        let lack = if status.is_success() {
            match read(&bytes) {
                Ok(answer) => return Ok((answer, start.elapsed().as_secs_f64())),
                Err(lack) => lack,
            }
        } else {
            Lack::Error { status: Some(status.as_u16()), said: json::text(&bytes) }
        };
        let fault = self.lacking(lack, status.is_success(), location);
        Err(Fault { after, ..fault }.redacted(self.key.as_ref()))
    }

    fn lacking(&self, lack: Lack, inside: bool, location: Option<String>) -> Fault {
        let broken = |what: &str| Error::network(what).hint("look at the server's own log");
        match lack {
            Lack::Error { status, said } => {
                let refusal = Refusal { status: status.unwrap_or(400), inside, body: &said, location };
                refusal.told(&self.endpoint, self.key.as_ref(), || self.known_models())
            }
            Lack::Withheld => Fault::one(
                Error::network("the endpoint withheld its answer (content filter)").hint("reword the prompt"),
            ),
            Lack::Torn => Fault::one(broken("the endpoint's answer breaks off")).retried(true),
            Lack::Strange(what) => {
                Fault::one(Error::network(what).hint("check that the address is that of an OpenAI-compatible API"))
            }
        }
    }

    fn with_key<B>(&self, call: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => call.header("authorization", key.header()),
            None => call,
        }
    }

    /// The models that the endpoint lists; none where it lists none.
    fn known_models(&self) -> Vec<String> {
        let call = self.with_key(self.agent.get(format!("{}/models", self.endpoint.base)));
        let call = call.config().timeout_global(Some(CONNECT)).build();
        let listed = call.call().ok().filter(|response| response.status().is_success());
        let bytes = listed.and_then(|response| self.bytes(response).ok());
        bytes.map(|bytes| reply::models(&json::text(&bytes))).unwrap_or_default()
    }

    /// The body, unpacked. Neither what travels nor what it unpacks to may be larger than [`LARGEST_BYTES`].
    fn bytes(&self, response: http::Response<Body>) -> Result<Vec<u8>, Fault> {
        let packing = header(&response, "content-encoding").unwrap_or_default().to_lowercase();
        if !["", "identity", "gzip"].contains(&packing.trim()) {
            let what =
                format!("{} sent its answer packed as {:?}, which was not asked for", self.endpoint.base, packing);
            return Err(Fault::one(Error::network(what).hint("let the server send it plain or as gzip")));
        }
        let reader = response.into_body().into_with_config().limit(LARGEST_BYTES).reader();
        let mut bytes = Vec::new();
        let read = reader.take(LARGEST_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.transport(ureq::Error::from(error)))?;
        if bytes.len() as u64 > LARGEST_BYTES { Err(too_large(&self.endpoint.base)) } else { Ok(bytes) }
    }

    fn transport(&self, error: ureq::Error) -> Fault {
        let reached = self.reached.load(Ordering::Relaxed);
        transport(error, &self.endpoint.base, self.timeout, reached).redacted(self.key.as_ref())
    }
}

fn header(response: &http::Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(String::from)
}
