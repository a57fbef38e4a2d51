//! Which address means what.

use super::answer::{Form, Head};
use super::capture::{Capture, Rated};
use super::cards;
use super::catalogue::{Catalogue, Model};
use super::chat::ChatRequest;
use super::completion::CompletionRequest;
use super::entrance::Entrance;
use super::fields::{Delivery, Fields};
use super::page::Page;
use super::refusal::Refusal;
use super::stream::stream;
use super::turns::System;
use super::whole::whole;
use super::worker::{Question, Worker};
use crate::words;
use crate::work::{Event, Sink};
use axum::Json;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::chat::Message;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The largest body. Agents send whole files.
const MOST_BYTES: usize = 8 << 20;
/// How long a body may take to come in.
const ONE_BODY: Duration = Duration::from_secs(60);
/// After how many seconds somebody who found all places taken may ask again.
const COME_AGAIN: &str = "2";

/// All that answering needs.
pub(super) struct Service {
    pub entrance: Entrance,
    pub catalogue: Catalogue,
    /// One for each base of the catalogue.
    pub workers: Vec<Worker>,
    /// A place for each request that may be under way.
    pub places: Arc<Semaphore>,
    pub sink: Arc<dyn Sink>,
    /// Unix time in seconds.
    pub started: i64,
    pub answers: AtomicU64,
    /// Remarks that were made.
    pub said: Mutex<HashSet<String>>,
    pub page: Page,
    /// Where questions and answers are written down, if they are.
    pub capture: Option<Arc<Capture>>,
}

/// A request that has been understood.
struct Ready {
    head: Head,
    delivery: Delivery,
    group: usize,
    question: Question,
    system: System,
    /// Why `auto` chose the version that answers.
    route: String,
    passed_over: Vec<&'static str>,
    /// What the request said, where that is to be written down.
    said: Option<Vec<Message>>,
}

/// Answers one request, whatever it is.
pub(super) async fn answer(service: Arc<Service>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match service.entrance.admit(&head) {
        Err(instead) => *instead,
        Ok(origin) => {
            let path = head.uri.path().trim_end_matches('/').to_string();
            origin.allow(route(service, &head.method, &path, body).await.unwrap_or_else(IntoResponse::into_response))
        }
    }
}

async fn route(service: Arc<Service>, method: &Method, path: &str, body: Body) -> Result<Response, Refusal> {
    let reads = || only(method, &[Method::GET, Method::HEAD]);
    let posts = || only(method, &[Method::POST]);
    match path {
        "" => reads().map(|()| service.page.response()),
        "/health" => reads().map(|()| Json(json!({ "status": "ok" })).into_response()),
        "/v1/models" => reads().map(|()| Json(cards::openai_list(&service.catalogue, service.started)).into_response()),
        "/api/v0/models" => reads().map(|()| Json(cards::studio_list(&service.catalogue)).into_response()),
        "/v1/chat/completions" => {
            posts()?;
            write(service, body, Service::chat).await
        }
        "/v1/completions" => {
            posts()?;
            write(service, body, Service::completion).await
        }
        "/capture" => {
            posts()?;
            rate(service, body).await
        }
        _ => {
            if let Some(id) = path.strip_prefix("/v1/models/") {
                reads()?;
                let id = decoded(id);
                return Ok(Json(cards::openai(&service.catalogue, &id, service.catalogue.find(&id)?, service.started))
                    .into_response());
            }
            if let Some(id) = path.strip_prefix("/api/v0/models/") {
                reads()?;
                let id = decoded(id);
                return Ok(Json(cards::studio(&id, service.catalogue.find(&id)?)).into_response());
            }
            Err(unknown(path))
        }
    }
}

fn only(method: &Method, allowed: &[Method]) -> Result<(), Refusal> {
    if allowed.contains(method) {
        return Ok(());
    }
    let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let message = format!("{method} is not answered here, only {}", words::list(&names));
    let refusal = Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
    Err(refusal.with(header::ALLOW, names.join(", ")))
}

fn unknown(path: &str) -> Refusal {
    const KNOWN: [&str; 4] = ["/chat/completions", "/completions", "/models", "/v1/v1"];
    let base = KNOWN.iter().any(|known| path.starts_with(known));
    let hint = match base {
        true => "the base address that a client is given ends in /v1, once",
        false => "known are /, /v1/chat/completions, /v1/completions, /v1/models, /api/v0/models and /health",
    };
    let message = format!("there is nothing at {}: {hint}", words::clip(path, 100));
    Refusal::new(StatusCode::NOT_FOUND, "not_found", message)
}

/// An id as it stood before it was put into an address.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Takes a request in, asks, and answers whole or as a stream.
async fn write(
    service: Arc<Service>,
    body: Body,
    understand: fn(&Service, &[u8]) -> Result<Ready, Refusal>,
) -> Result<Response, Refusal> {
    let place = service.places.clone().try_acquire_owned().map_err(|_| full())?;
    let body = take_in(body).await?;
    let asked = service.clone();
    // Rendering and tokenising a long conversation takes its time.
    let ready = tokio::task::spawn_blocking(move || understand(&asked, &body)).await.map_err(|_| failed())??;
    let Ready { head, delivery, group, question, system, route, passed_over, said } = ready;
    service.remark(&passed_over);
    let told = service.workers[group].ask(question).map_err(|error| Refusal::of(&error))?;
    let version = head.version.clone();
    let recording = service.capture.as_ref().zip(said).and_then(|(capture, said)| capture.record(&head, said));
    let mut response = match delivery.stream {
        true => stream(head, delivery.include_usage, told, place, recording),
        false => Json(whole(&head, told, recording).await?).into_response(),
    };
    let remarks = [
        ("x-pmtune-version", version),
        ("x-pmtune-system", system.name().into()),
        ("x-pmtune-route", route),
        ("x-pmtune-ignored", passed_over.join(", ")),
    ];
    for (name, value) in remarks.into_iter().filter(|(_, value)| !value.is_empty()) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

/// Writes down what a reader says of an answer.
async fn rate(service: Arc<Service>, body: Body) -> Result<Response, Refusal> {
    let Some(capture) = service.capture.clone() else {
        let message = "nothing is written down here: this server was started without --capture";
        return Err(Refusal::new(StatusCode::NOT_FOUND, "not_captured", message));
    };
    let mut rated: Rated = read(&take_in(body).await?)?;
    rated.version = service.catalogue.find(&rated.version)?.id.clone();
    let number = capture.rate(rated).await?;
    Ok(Json(json!({ "number": number })).into_response())
}

fn full() -> Refusal {
    let message = "as many requests are under way as this server takes; ask again in a moment";
    let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", message);
    refusal.with(header::RETRY_AFTER, COME_AGAIN)
}

fn failed() -> Refusal {
    let message = "pmtune failed on this request; please report it";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", message).lasting()
}

async fn take_in(body: Body) -> Result<Vec<u8>, Refusal> {
    let too_big = || {
        let message = format!("the request is too big: at most {MOST_BYTES} bytes are taken");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message).with(header::CONNECTION, "close")
    };
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return Err(too_big());
    }
    match timeout(ONE_BODY, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(body)) => Ok(body.to_vec()),
        Ok(Err(_)) => Err(too_big()),
        Err(_) => Err(Refusal::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "the request took too long to come in: send it again",
        )),
    }
}

impl Service {
    fn chat(&self, body: &[u8]) -> Result<Ready, Refusal> {
        let request: ChatRequest = read(body)?;
        let (model, route) = self.model(&request.fields, || request.questions())?;
        let (question, system) = request.question(model)?;
        let ready = self.ready(Form::Chat, &request.fields, model, question, system, request.passed_over())?;
        let said = self.capture.as_ref().map(|_| request.said()).transpose()?;
        Ok(Ready { said, route, ..ready })
    }

    fn completion(&self, body: &[u8]) -> Result<Ready, Refusal> {
        let request: CompletionRequest = read(body)?;
        let (model, route) = self.model(&request.fields, || Ok(vec![request.prompt()?.to_string()]))?;
        let question = request.question(model)?;
        let passed_over = request.fields.passed_over();
        let ready = self.ready(Form::Completion, &request.fields, model, question, System::None, passed_over)?;
        Ok(Ready { route, ..ready })
    }

    /// The model that a request names; of `auto` the one that is chosen for these questions, and why.
    fn model(
        &self,
        fields: &Fields,
        questions: impl FnOnce() -> Result<Vec<String>, Refusal>,
    ) -> Result<(&Model, String), Refusal> {
        match &fields.model {
            Value::String(id) => match self.catalogue.auto(id) {
                Some(auto) => {
                    let decision = auto.decide(&questions()?)?;
                    Ok((self.catalogue.find(&decision.version)?, decision.words()))
                }
                None => Ok((self.catalogue.find(id)?, String::new())),
            },
            Value::Null => Err(Refusal::invalid("model", "model is missing: name one of those that /v1/models lists")),
            _ => Err(Refusal::invalid("model", "model must be a text")),
        }
    }

    fn ready(
        &self,
        form: Form,
        fields: &Fields,
        model: &Model,
        question: Question,
        system: System,
        passed_over: Vec<&'static str>,
    ) -> Result<Ready, Refusal> {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        let kind = if form == Form::Chat { "chatcmpl" } else { "cmpl" };
        let head = Head {
            form,
            id: format!("{kind}-{:x}-{number:x}", self.started),
            created: jiff::Timestamp::now().as_second(),
            model: fields.model.as_str().unwrap_or_default().to_string(),
            version: model.id.clone(),
            prompt_tokens: question.prompt.len(),
        };
        Ok(Ready {
            head,
            delivery: fields.delivery()?,
            group: model.group(),
            question,
            system,
            route: String::new(),
            passed_over,
            said: None,
        })
    }

    /// Says once what requests send in vain.
    fn remark(&self, passed_over: &[&str]) {
        for field in passed_over {
            let new = self.said.lock().unwrap_or_else(PoisonError::into_inner).insert((*field).to_string());
            if new {
                self.sink.tell(Event::Note(format!(
                    "A client sends `{field}`, which changes nothing here; its answers say so in x-pmtune-ignored."
                )));
            }
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the request is not what this address takes: {error}");
        Refusal::new(StatusCode::BAD_REQUEST, "invalid_json", message)
    })
}
