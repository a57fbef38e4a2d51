use super::endpoint::{Endpoint, Key, VARIABLES};
use super::reply;
use engine::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

/// Time to find the host and connect to it.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// Far beyond any answer; keeps a broken server from filling the memory. Counted packed and unpacked.
pub(super) const LARGEST_BYTES: u64 = 8 << 20;

/// Why a question has no answer.
pub(super) struct Fault {
    pub(super) error: Box<Error>,
    /// No other question would fare better.
    pub(super) dead: bool,
    /// Worth asking again.
    pub(super) retry: bool,
    /// How long the server asks to wait before that.
    pub(super) after: Option<Duration>,
    /// What the server said, where it refused the request as it was put.
    pub(super) refused: Option<String>,
}

impl Fault {
    /// This question only, for good.
    pub(super) fn one(error: Error) -> Self {
        Self { error: Box::new(error), dead: false, retry: false, after: None, refused: None }
    }

    /// The endpoint as a whole, for good.
    pub(super) fn dead(error: Error) -> Self {
        Self { dead: true, ..Self::one(error) }
    }

    pub(super) fn retried(self, retry: bool) -> Self {
        Self { retry, ..self }
    }

    pub(super) fn redacted(mut self, key: Option<&Key>) -> Self {
        if let Some(key) = key {
            self.error.message = key.redact(&self.error.message);
            self.error.hint = self.error.hint.map(|hint| key.redact(&hint));
        }
        self
    }
}

/// A status that is not success, and what came with it.
pub(super) struct Refusal<'a> {
    pub(super) status: u16,
    /// Told inside a response that is a success by its own status.
    pub(super) inside: bool,
    pub(super) body: &'a str,
    pub(super) location: Option<String>,
}

impl Refusal<'_> {
    /// The same in words. `known` lists the endpoint's models, where that is asked for.
    pub(super) fn told(self, endpoint: &Endpoint, key: Option<&Key>, known: impl FnOnce() -> Vec<String>) -> Fault {
        let (base, status, complaint) = (&endpoint.base, self.status, reply::complaint(self.body));
        let inside = if self.inside { " inside a success" } else { "" };
        let said = |what: &str| Error::network(format!("{base} {what} (status {status}{inside}): {complaint}"));
        let log = "look at the server's own log";
        let fault = match status {
            300..=399 => {
                let to = self.location.unwrap_or_else(|| "another address".to_string());
                Fault::dead(said(&format!("redirects to {to}")).hint("use that address if you trust it"))
            }
            401 | 403 => Fault::dead(said("refuses the key").hint(match key {
                Some(key) => format!("check the key in the environment variable {}", key.variable),
                None => format!("put a key into the environment variable {}", VARIABLES.join(" or ")),
            })),
            402 => Fault::dead(said("wants to be paid").hint("fill up the account, or name another endpoint")),
            404 => not_found(endpoint, &said, &complaint, known()),
            408 => Fault::one(said("gave up waiting").hint("the server may be overloaded")).retried(true),
            429 => {
                let hint = "wait a while, or ask fewer at a time with --concurrency";
                Fault::dead(said("asks for fewer requests").hint(hint)).retried(true)
            }
            502..=504 => Fault::dead(said("is not ready").hint(log)).retried(true),
            500..=599 => Fault::one(said("failed").hint(log)).retried(true),
            _ => Fault::one(said("refuses the request").hint(
                "the prompt may be too long; a setting that it does not take is left out with \
                 `endpoint: {leave-out: [seed]}` in pmtune.yaml",
            )),
        };
        let as_put = matches!(status, 400 | 405..=407 | 409..=428 | 430..=501);
        Fault { refused: as_put.then(|| self.body.chars().take(LONGEST_COMPLAINT).collect()), ..fault }
    }
}

/// More than any server says about a request that it refuses.
const LONGEST_COMPLAINT: usize = 16 << 10;

fn not_found(endpoint: &Endpoint, said: &dyn Fn(&str) -> Error, complaint: &str, known: Vec<String>) -> Fault {
    let model = &endpoint.model;
    if !known.is_empty() && !known.contains(model) {
        return Fault::dead(
            said(&format!("does not know the model {model}")).hint(format!("it has: {}", known.join(", "))),
        );
    }
    let of_model = complaint.to_lowercase().contains("model") || complaint.contains(model.as_str());
    let what = if of_model { format!("does not know the model {model}") } else { "has no /chat/completions".into() };
    let versioned = endpoint.base.rsplit('/').next().is_some_and(|last| last.starts_with('v'));
    let add = if versioned { String::new() } else { format!(", perhaps {}/v1", endpoint.base) };
    Fault::dead(said(&what).hint(format!("check the address{add}, and the model's name")))
}

/// A failure below HTTP, in words. `reached` says that the endpoint has answered before.
pub(super) fn transport(error: ureq::Error, base: &str, timeout: Duration, reached: bool) -> Fault {
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
            Error::network(format!("{base} did not answer within {} s", timeout.as_secs_f64()))
                .hint("allow fewer tokens, or fewer requests at a time with --concurrency"),
        )
        .retried(true),
        ureq::Error::BodyExceedsLimit(_) => too_large(base),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::BadUri(_) | ureq::Error::ConnectProxyFailed(_) => {
            Fault::dead(Error::network(format!("{base} cannot be reached: {error}")).hint("check the address"))
        }
        error => {
            let error = Error::network(format!("the connection to {base} broke: {error}"));
            Fault::one(error.hint("look at the server's own log")).retried(true)
        }
    }
}

pub(super) fn too_large(base: &str) -> Fault {
    let error = Error::network(format!("{base} sent an answer of more than {} MiB", LARGEST_BYTES >> 20));
    Fault::one(error.hint("look at the server's own log"))
}
