//! The page on which a person talks with a version, or with two side by side. It holds nothing of the workspace: what it
//! shows it asks for, with the token where there is one. Answers are laid out by its own script, which makes elements and
//! never reads markup.

use crate::report::{fill, page_policy};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use engine::error::Result;
use minijinja::Value;
use serde::Serialize;

const PARTS: [(&str, &str); 1] = [("chat.html", include_str!("templates/chat.html"))];
const STYLE: &str = concat!(include_str!("../report/templates/page.css"), include_str!("templates/chat.css"));
const SCRIPT: &str = concat!(
    include_str!("templates/markdown.js"),
    include_str!("templates/ask.js"),
    include_str!("templates/turns.js"),
    include_str!("templates/start.js"),
);

/// The page as it goes out.
pub(super) struct Page {
    html: String,
    policy: String,
}

#[derive(Serialize)]
struct View {
    with_token: bool,
    captures: bool,
    style: Value,
    script: Value,
    policy: String,
}

impl Page {
    /// # Errors
    /// The template is broken, which is a fault of the program.
    pub fn new(with_token: bool, captures: bool) -> Result<Self> {
        // Its script could not turn text into markup or script if it wanted to.
        let further = " connect-src 'self'; trusted-types 'none'; require-trusted-types-for 'script';";
        let policy = page_policy(STYLE, SCRIPT, further);
        let view = View {
            with_token,
            captures,
            style: Value::from_safe_string(STYLE.to_string()),
            script: Value::from_safe_string(SCRIPT.to_string()),
            policy: policy.clone(),
        };
        Ok(Self { html: fill(&PARTS, "chat.html", &view)?, policy: format!("{policy}; frame-ancestors 'none'") })
    }

    pub fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.html.clone()));
        let headers = response.headers_mut();
        let rules = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, &self.policy),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::REFERRER_POLICY, "no-referrer"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        ];
        for (name, value) in rules {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        response
    }
}
