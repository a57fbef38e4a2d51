use engine::error::{Error, Result};
use std::fmt;

/// Where a model is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Without a slash at the end: `http://localhost:1234/v1`.
    pub(super) base: String,
    pub(super) model: String,
}

const EXAMPLE: &str = "write it as openai:http://localhost:1234/v1#model-name";

impl Endpoint {
    /// Reads `openai:URL#model`. A host alone gets `/v1`; a path is used as it was given, the whole address of the chat
    /// completions too.
    pub(super) fn parse(reference: &str) -> Result<Self> {
        let wrong = |what: &str| Error::usage(format!("{reference:?} {what}")).hint(EXAMPLE);
        let Some(rest) = reference.strip_prefix("openai:") else {
            return Err(wrong("does not start with openai:"));
        };
        let (url, model) = rest.split_once('#').unwrap_or((rest, ""));
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let Some(host) = host.map(|rest| rest.split(['/', '?']).next().unwrap_or_default()) else {
            return Err(wrong("has no address that starts with http:// or https://"));
        };
        if host.contains('@') {
            // Not repeated in the message: what stands before the @ is a secret.
            return Err(Error::usage("the endpoint's address holds a user name or password")
                .hint("take it out and put the key into the environment variable PMTUNE_API_KEY"));
        }
        if host.is_empty() || url.contains(char::is_whitespace) {
            return Err(wrong("has no host in its address"));
        }
        if url.contains('?') {
            return Err(wrong("has a query in its address"));
        }
        if model.trim().is_empty() {
            return Err(wrong("names no model"));
        }
        let base = url.trim_end_matches('/').trim_end_matches("/chat/completions").trim_end_matches('/');
        let whole = base.len() < url.trim_end_matches('/').len();
        let bare = !whole && base.split_once("://").is_some_and(|(_, rest)| !rest.contains('/'));
        let base = if bare { format!("{base}/v1") } else { base.to_string() };
        Ok(Self { base, model: model.trim().to_string() })
    }

    /// Whether the endpoint runs on this machine, where no proxy must come between.
    pub(super) fn is_local(&self) -> bool {
        let host = self.base.split_once("://").map_or("", |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or_default();
        let name = if host.starts_with('[') { host.split(']').next() } else { host.split(':').next() };
        matches!(name.unwrap_or_default(), "localhost" | "[::1" | "0.0.0.0")
            || name.is_some_and(|name| name.starts_with("127."))
    }
}

/// The API key. Sent with every request, and nowhere else: not in records, manifests, logs or errors.
#[derive(Clone)]
pub(super) struct Key {
    /// The environment variable it comes from.
    pub(super) variable: &'static str,
    value: String,
}

/// Ours first: whoever has both meant this one for pmtune.
pub(super) const VARIABLES: [&str; 2] = ["PMTUNE_API_KEY", "OPENAI_API_KEY"];

impl Key {
    /// The key from the environment, where one is set.
    pub(super) fn from_env() -> Result<Option<Self>> {
        let set = |variable| std::env::var(variable).ok().map(|value| (variable, value));
        match VARIABLES.into_iter().filter_map(set).find(|(_, value)| !value.trim().is_empty()) {
            Some((variable, value)) => Self::new(variable, &value).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn new(variable: &'static str, value: &str) -> Result<Self> {
        let value = value.trim();
        if !value.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Error::input(format!("the key in {variable} holds a space or another character no key has"))
                .hint("copy the key again"));
        }
        Ok(Self { variable, value: value.to_string() })
    }

    pub(super) fn header(&self) -> String {
        format!("Bearer {}", self.value)
    }

    /// Some servers repeat the key in their errors.
    pub(super) fn redact(&self, text: &str) -> String {
        text.replace(&self.value, "[key]")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.variable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_alone_gets_a_version_and_a_path_stays_as_it_is() {
        let base = |reference: &str| Endpoint::parse(reference).unwrap().base;
        assert_eq!(base("openai:http://localhost:1234#m"), "http://localhost:1234/v1");
        assert_eq!(base("openai:http://localhost:1234/#m"), "http://localhost:1234/v1");
        assert_eq!(base("openai:http://localhost:1234/v1/#m"), "http://localhost:1234/v1");
        assert_eq!(base("openai:https://host/api/v1/chat/completions#m"), "https://host/api/v1");
        for path in ["/v1beta/openai", "/v1/openai", "/inference", "/api/v3", "/v1/projects/p/endpoints/openapi"] {
            assert_eq!(base(&format!("openai:https://host{path}#m")), format!("https://host{path}"));
            assert_eq!(base(&format!("openai:https://host{path}/chat/completions/#m")), format!("https://host{path}"));
        }
        assert_eq!(base("openai:http://host:1/chat/completions#m"), "http://host:1");
        assert_eq!(base("openai:https://vhost#m"), "https://vhost/v1");
        let endpoint = Endpoint::parse("openai:http://h:1#org/model:8b#q4").unwrap();
        assert_eq!(endpoint.model, "org/model:8b#q4");
    }

    #[test]
    fn wrong_addresses_say_what_is_wrong() {
        let error = |reference: &str| Endpoint::parse(reference).unwrap_err().to_string();
        assert!(error("http://h#m").contains("does not start with openai:"));
        assert!(error("openai:localhost:1234#m").contains("http:// or https://"));
        assert!(error("openai:http://#m").contains("no host"));
        assert!(error("openai:http://h").contains("names no model"));
        assert!(error("openai:http://h/?key=1#m").contains("query"));
        let secret = error("openai:http://me:hunter2@h/#m");
        assert!(secret.contains("PMTUNE_API_KEY") && !secret.contains("hunter2"), "{secret}");
    }

    #[test]
    fn local_endpoints_are_known_by_their_host() {
        let local = |url: &str| Endpoint::parse(&format!("openai:{url}#m")).unwrap().is_local();
        assert!(local("http://localhost:1234") && local("http://127.0.0.1") && local("http://[::1]:80/v1"));
        assert!(!local("http://localhost.example.com") && !local("https://host/127.0.0.1"));
    }

    #[test]
    fn a_key_shows_itself_to_nobody() {
        let key = Key::new("PMTUNE_API_KEY", " sk-secret\n").unwrap();
        assert_eq!(format!("{key:?}"), "Key(PMTUNE_API_KEY)");
        assert_eq!(key.header(), "Bearer sk-secret");
        assert_eq!(key.redact("wrong key sk-secret!"), "wrong key [key]!");
        let error = Key::new("PMTUNE_API_KEY", "sk secret").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
