//! A request that is not answered, in the form in which clients of this interface expect it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::error::{Error, Kind};
use serde_json::{Value, json};

/// Why a request is not answered.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// The field at fault.
    param: Option<String>,
    headers: Vec<(header::HeaderName, String)>,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), param: None, headers: Vec::new() }
    }

    /// A field that says what it may not say.
    pub fn invalid(param: &str, message: impl Into<String>) -> Self {
        Self { param: Some(param.to_string()), ..Self::new(StatusCode::BAD_REQUEST, "invalid_value", message) }
    }

    /// Something that other servers do and this one does not.
    pub fn unsupported(param: &str, message: impl Into<String>) -> Self {
        Self { param: Some(param.to_string()), ..Self::new(StatusCode::BAD_REQUEST, "unsupported", message) }
    }

    /// What the engine or a template says against a request. Asking again would be no use.
    pub fn of(error: &Error) -> Self {
        let own = matches!(error.kind, Kind::Input | Kind::Usage);
        let status = if own { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR };
        let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let code = if own { "invalid_value" } else { "server_error" };
        Self::new(status, code, format!("{}{hint}", error.message)).lasting()
    }

    /// Tells the official clients, which ask again after every 5xx, that this one stays.
    pub fn lasting(self) -> Self {
        self.with(header::HeaderName::from_static("x-should-retry"), "false")
    }

    pub fn with(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(&self) -> Value {
        let kind = match self.status.as_u16() {
            401 | 403 => "authentication_error",
            404 => "not_found_error",
            429 => "rate_limit_error",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        json!({ "error": { "message": self.message, "type": kind, "param": self.param, "code": self.code } })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(self.body())).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}
