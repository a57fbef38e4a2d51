//! What comes in and what goes out, without a word of the library that carries it.

use crate::report::visible;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use engine::error::{Error, Kind};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A request that has come in whole.
#[derive(Debug)]
pub struct Request {
    pub method: Method,
    /// Without the query, as sent.
    pub path: String,
    pub query: Option<String>,
    pub(super) headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Request {
    /// A header that stands there exactly once and is readable text.
    pub fn header(&self, name: &str) -> Option<&str> {
        single(&self.headers, name)
    }
}

pub(super) fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// What a page may do that says nothing of itself: nothing.
const NOTHING: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Response {
    fn new(status: u16, kind: &str, body: Vec<u8>) -> Self {
        Self { status, headers: vec![("content-type", kind.to_string())], body }
    }

    pub fn html(status: u16, page: impl Into<String>) -> Self {
        Self::new(status, "text/html; charset=utf-8", page.into().into_bytes())
    }

    pub fn json<T: Serialize>(status: u16, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => Self::new(status, "application/json", body),
            Err(e) => Self::new(500, "text/plain; charset=utf-8", format!("cannot write the answer: {e}").into_bytes()),
        }
    }

    /// `{"error": …, "hint": …}`, the form every refusal to a script has.
    pub fn refusal(status: u16, error: &str, hint: &str) -> Self {
        Self::json(status, &serde_json::json!({ "error": error, "hint": hint }))
    }

    /// The refusal that says an error. What was sent is at fault (400 in form, 422 in what it says), or this computer is
    /// (500): a page tries again only after the latter.
    pub fn of_error(error: &Error) -> Self {
        let status = match error.kind {
            Kind::Usage => 400,
            Kind::Input => 422,
            _ => 500,
        };
        let message = match &error.source {
            Some(cause) => format!("{}: {cause}", error.message),
            None => error.message.clone(),
        };
        Self::refusal(status, &visible(&message), &visible(error.hint.as_deref().unwrap_or_default()))
    }

    /// Asks the browser to get `to` instead.
    pub fn redirect(to: &str) -> Self {
        Self::new(303, "text/plain; charset=utf-8", Vec::new()).with("location", to)
    }

    /// With a header, in the place of one of that name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Every response is for this browser and this moment only, and for nobody's frame.
    pub(super) fn into_axum(self) -> axum::response::Response {
        let mut response = axum::response::Response::new(self.body.into());
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let always = [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", NOTHING),
        ];
        let own = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in always.into_iter().chain(own) {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}
