//! Who may ask: the names the server goes by, the pages whose scripts may call it, the token.

use super::refusal::Refusal;
use crate::http::{Names, Secret};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Schemes of programs on this computer that are built like pages: editors and desktop applications.
const PROGRAMS: [&str; 5] = ["app", "file", "tauri", "vscode-webview", "vscode-file"];
/// Headers of ours that a page's script may read.
const TOLD: &str = "x-pmtune-version, x-pmtune-system, x-pmtune-ignored, retry-after, x-should-retry";
/// Headers of a request to other origins that a page's script may set, where it does not say which it wants.
const USUAL_HEADERS: &str = "authorization, content-type, x-api-key, api-key";
/// How long a browser may keep what it was told.
const KEPT_SECONDS: &str = "600";

/// Decides about requests by their heads.
pub(super) struct Entrance {
    pub names: Names,
    pub token: Option<Secret>,
}

/// What an admitted request's response gets.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin(Option<HeaderValue>);

impl Entrance {
    /// Lets a request in, or says what to answer instead. A browser's question whether it may ask is answered before the
    /// token is looked at, which it does not bring.
    pub fn admit(&self, head: &Parts) -> Result<Origin, Box<Response>> {
        if !self.names.are_asked(head) {
            let message = "this server is not asked for by that name; start it with --allow-host NAME to allow one";
            return Err(instead(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "unknown_host", message)));
        }
        let origin = self.origin(&head.headers).map_err(instead)?;
        if head.method == Method::OPTIONS {
            return Err(Box::new(origin.allow(preflight(&head.headers))));
        }
        // Whether it runs is no secret, and the page holds none: it asks for the token.
        if !matches!(head.uri.path(), "/" | "/health") && !self.knows(&head.headers) {
            let message =
                "this server wants its token as the API key: the one that was given to `pmtune serve --token`";
            let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "invalid_api_key", message);
            return Err(Box::new(origin.allow(refusal.with(header::WWW_AUTHENTICATE, "Bearer").into_response())));
        }
        Ok(origin)
    }

    /// A page from elsewhere is refused altogether: it could not read the answer, but it could make this computer work.
    fn origin(&self, headers: &HeaderMap) -> Result<Origin, Refusal> {
        let Some(value) = headers.get(header::ORIGIN) else { return Ok(Origin(None)) };
        let local = value.to_str().ok().and_then(|text| text.split_once("://")).is_some_and(|(scheme, rest)| {
            // Ours comes from the address by which it was opened, which other computers know us by.
            PROGRAMS.contains(&scheme)
                || (["http", "https"].contains(&scheme) && (self.names.know(rest) || self.names.include(rest)))
        });
        if local {
            return Ok(Origin(Some(value.clone())));
        }
        let message =
            "pages from elsewhere may not ask this server; start it with --allow-host NAME to allow one host's";
        Err(Refusal::new(StatusCode::FORBIDDEN, "origin_not_allowed", message))
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text("authorization").and_then(|said| {
            let (scheme, said) = said.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(said.trim())
        });
        // Continue sends it under these names too, and fills in "undefined" where it has none.
        [bearer, text("x-api-key"), text("api-key")].into_iter().flatten().any(|said| token.is(said))
    }
}

impl Origin {
    /// Lets the page that asked read `response`.
    pub fn allow(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        if let Some(origin) = &self.0 {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(TOLD));
        }
        response
    }
}

fn instead(refusal: Refusal) -> Box<Response> {
    Box::new(refusal.into_response())
}

/// What a browser is told that asks whether it may ask.
fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let wanted = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        wanted.unwrap_or_else(|| HeaderValue::from_static(USUAL_HEADERS)),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(KEPT_SECONDS));
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST, OPTIONS"));
    if asked.contains_key("access-control-request-private-network") {
        headers
            .insert(HeaderName::from_static("access-control-allow-private-network"), HeaderValue::from_static("true"));
    }
    response
}
