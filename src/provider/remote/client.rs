use super::endpoint::{Endpoint, Key, VARIABLES};
use super::retry::{Backoff, retry_after};
use super::wire;
use crate::provider::{Answer, Request};
use engine::error::{Error, Result};
use jiff::Timestamp;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use ureq::{Agent, Body, http};

const CONNECT: Duration = Duration::from_secs(10);
/// Far beyond any answer; keeps a broken server from filling the memory.
const LARGEST_BYTES: u64 = 8 << 20;

/// Asks one question at a time; shared by all workers.
pub(super) struct Client {
    agent: Agent,
    endpoint: Endpoint,
    key: Option<Key>,
    backoff: Backoff,
    timeout: Duration,
    /// Whether the endpoint has ever answered: one that has is worth waiting for.
    reached: AtomicBool,
}

/// Why a question has no answer.
pub(super) struct Fault {
    pub(super) error: Box<Error>,
    /// No other question would fare better.
    pub(super) dead: bool,
    retry: bool,
    after: Option<Duration>,
}

impl Fault {
    /// This question only, for good.
    fn one(error: Error) -> Self {
        Self { error: Box::new(error), dead: false, retry: false, after: None }
    }

    /// The endpoint as a whole, for good.
    fn dead(error: Error) -> Self {
        Self { dead: true, ..Self::one(error) }
    }

    fn retried(self, retry: bool) -> Self {
        Self { retry, ..self }
    }
}

impl Client {
    pub(super) fn new(endpoint: Endpoint, key: Option<Key>, backoff: Backoff, timeout: Duration) -> Self {
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
        Self { agent, endpoint, key, backoff, timeout, reached: AtomicBool::new(false) }
    }

    /// Asks until there is an answer, the tries are used up, or `stop` is set.
    pub(super) fn ask(&self, request: &Request, stop: &AtomicBool) -> Result<Answer, Fault> {
        let body = wire::body(&self.endpoint.model, request);
        let mut tried = 1;
        loop {
            let fault = match self.once(&body, request) {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            if !fault.retry || tried >= self.backoff.tries || stop.load(Ordering::Relaxed) {
                return Err(fault);
            }
            std::thread::sleep(self.backoff.wait(tried, fault.after, rand::random()));
            tried += 1;
        }
    }

    fn once(&self, body: &serde_json::Value, request: &Request) -> Result<Answer, Fault> {
        let start = Instant::now();
        let call = self.with_key(self.agent.post(format!("{}/chat/completions", self.endpoint.base)));
        let response = call.send_json(body).map_err(|error| self.transport(error))?;
        let status = response.status();
        let after = header(&response, "retry-after").and_then(|text| retry_after(&text, Timestamp::now()));
        let location = header(&response, "location");
        let text = read(response).map_err(|error| self.transport(error))?;
        self.reached.store(true, Ordering::Relaxed);
        if status.is_success() {
            let answer = wire::answer(&text, &request.task, start.elapsed().as_secs_f64());
            return answer.map_err(|error| Fault::one(self.redacted(error)));
        }
        let fault = self.refused(status.as_u16(), &text, location);
        Err(Fault { error: Box::new(self.redacted(*fault.error)), after, ..fault })
    }

    fn with_key<B>(&self, call: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => call.header("authorization", key.header()),
            None => call,
        }
    }

    /// A status that is not success, in words.
    fn refused(&self, status: u16, text: &str, location: Option<String>) -> Fault {
        let (base, complaint) = (&self.endpoint.base, wire::complaint(text));
        let said = |what: &str| Error::network(format!("{base} {what} (status {status}): {complaint}"));
        match status {
            300..=399 => {
                let to = location.unwrap_or_else(|| "another address".to_string());
                Fault::dead(said(&format!("redirects to {to}")).hint("use that address if you trust it"))
            }
            401 | 403 => Fault::dead(said("refuses the key").hint(match &self.key {
                Some(key) => format!("check the key in the environment variable {}", key.variable),
                None => format!("put a key into the environment variable {}", VARIABLES.join(" or ")),
            })),
            404 => {
                Fault::dead(said(&format!("does not know the model {}", self.endpoint.model)).hint(self.known_models()))
            }
            408 => Fault::one(said("gave up waiting").hint("the server may be overloaded")).retried(true),
            429 => {
                Fault::dead(said("asks for fewer requests").hint("wait a while, or ask fewer at a time")).retried(true)
            }
            502..=504 => Fault::dead(said("is not ready").hint("look at the server's own log")).retried(true),
            500..=599 => Fault::one(said("failed").hint("look at the server's own log")).retried(true),
            _ => Fault::one(said("refuses the request").hint("the prompt may be too long, or a setting not supported")),
        }
    }

    /// What to say about an unknown model: the known ones, if the endpoint lists them.
    fn known_models(&self) -> String {
        let call = self.with_key(self.agent.get(format!("{}/models", self.endpoint.base)));
        let call = call.config().timeout_global(Some(CONNECT)).build();
        let listed = call.call().ok().filter(|response| response.status().is_success()).and_then(|r| read(r).ok());
        let models = listed.map(|text| wire::models(&text)).unwrap_or_default();
        if models.is_empty() {
            "check the address and the model's name; the server does not list its models".to_string()
        } else {
            format!("it has: {}", models.join(", "))
        }
    }

    /// A failure below HTTP, in words.
    fn transport(&self, error: ureq::Error) -> Fault {
        let base = &self.endpoint.base;
        let reached = self.reached.load(Ordering::Relaxed);
        let unreachable = |what: String| {
            let error = Error::network(what).hint(format!("is the server running at {base}?"));
            Fault::dead(error).retried(reached)
        };
        match error {
            ureq::Error::Io(e) if e.kind() == ErrorKind::ConnectionRefused => {
                unreachable(format!("nothing answers at {base}: connection refused"))
            }
            ureq::Error::HostNotFound => unreachable(format!("the host of {base} does not exist")),
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
                unreachable(format!("{base} cannot be reached within {} s", CONNECT.as_secs()))
            }
            ureq::Error::Timeout(_) => Fault::one(
                Error::network(format!("{base} did not answer within {} s", self.timeout.as_secs_f64()))
                    .hint("allow more time, fewer tokens, or fewer requests at a time"),
            )
            .retried(true),
            ureq::Error::BodyExceedsLimit(_) => Fault::one(
                Error::network(format!("{base} sent an answer of more than {} MiB", LARGEST_BYTES >> 20))
                    .hint("look at the server's own log"),
            ),
            ureq::Error::Tls(_)
            | ureq::Error::Rustls(_)
            | ureq::Error::BadUri(_)
            | ureq::Error::ConnectProxyFailed(_) => {
                Fault::dead(Error::network(format!("{base} cannot be reached: {error}")).hint("check the address"))
            }
            error => {
                let error = Error::network(format!("the connection to {base} broke: {error}"));
                Fault::one(error.hint("look at the server's own log")).retried(true)
            }
        }
    }

    fn redacted(&self, mut error: Error) -> Error {
        if let Some(key) = &self.key {
            error.message = key.redact(&error.message);
            error.hint = error.hint.map(|hint| key.redact(&hint));
        }
        error
    }
}

fn header(response: &http::Response<Body>, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(String::from)
}

fn read(response: http::Response<Body>) -> Result<String, ureq::Error> {
    response.into_body().into_with_config().limit(LARGEST_BYTES).lossy_utf8(true).read_to_string()
}
