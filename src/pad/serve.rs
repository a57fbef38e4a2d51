//! What the page asks for and where its examples go.

use super::page::{page, policy};
use crate::http::{Door, Method, Request, Response, Server};
use crate::report::visible;
use crate::work::data::{Brief, Remark, Sketch, Writing};
use engine::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Serves the page until the writer says on it that they stop, or `stop` does. `ready` is told the address to open.
///
/// # Errors
/// The port is taken, or the server fails.
pub fn serve(
    writing: Writing,
    port: Option<u16>,
    stop: &dyn Fn() -> bool,
    ready: &mut dyn FnMut(&str),
) -> Result<Vec<Brief>> {
    let server = Server::bind(port)?;
    let door = Door::new(&server)?;
    let html = page(writing.drafter())?;
    let writing = Arc::new(Mutex::new(writing));
    let finished = Arc::new(AtomicBool::new(false));
    let pad = Pad { html, writing: writing.clone(), finished: finished.clone() };
    ready(&door.url());
    let handler = move |request: Request| match door.admit(&request) {
        Ok(()) => pad.answer(&request),
        Err(refusal) => refusal,
    };
    server.serve(handler, &|| stop() || finished.load(Ordering::SeqCst))?;
    open(&writing).briefs()
}

struct Pad {
    html: String,
    writing: Arc<Mutex<Writing>>,
    finished: Arc<AtomicBool>,
}

/// An example to keep.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    sketch: Sketch,
    /// The person read the draft and stands for it.
    #[serde(default)]
    stands: bool,
}

#[derive(Serialize)]
struct State {
    briefs: Vec<Brief>,
}

#[derive(Serialize)]
struct Judged {
    remarks: Vec<Remark>,
}

impl Pad {
    fn answer(&self, request: &Request) -> Response {
        match (request.method, request.path.as_str()) {
            (Method::Get, "/") => Response::html(200, self.html.as_str())
                .with("content-security-policy", format!("{}; frame-ancestors 'none'", policy())),
            (Method::Get, "/state") => told(self.state()),
            (Method::Post, "/judge") => told(sketch(request).and_then(|sketch| {
                Ok(Judged { remarks: self.open().judge(&sketch)?.into_iter().map(shown).collect() })
            })),
            (Method::Post, "/draft") => told(
                sketch(request).and_then(|sketch| Ok(serde_json::json!({ "output": self.open().draft(&sketch)? }))),
            ),
            (Method::Post, "/keep") => told(read::<Kept>(request).and_then(|kept| {
                self.open().keep(&kept.sketch, kept.stands)?;
                self.state()
            })),
            (Method::Post, "/take-back") => told(self.take_back()),
            (Method::Post, "/finish") => {
                self.finished.store(true, Ordering::SeqCst);
                told(self.state())
            }
            _ => Response::refusal(404, "there is nothing here", "open the address without anything behind it"),
        }
    }

    fn open(&self) -> MutexGuard<'_, Writing> {
        open(&self.writing)
    }

    fn state(&self) -> Result<State> {
        Ok(State { briefs: self.open().briefs()? })
    }

    fn take_back(&self) -> Result<serde_json::Value> {
        let Sketch { item, instruction, input, output } = self.open().take_back()?;
        let State { briefs } = self.state()?;
        Ok(serde_json::json!({
            "briefs": briefs,
            "sketch": { "item": item, "instruction": instruction, "input": input, "output": output },
        }))
    }
}

fn sketch(request: &Request) -> Result<Sketch> {
    read(request)
}

fn read<T: for<'de> Deserialize<'de>>(request: &Request) -> Result<T> {
    serde_json::from_slice(&request.body)
        .map_err(|e| Error::usage(format!("this is no example: {e}")).hint("reload the page"))
}

fn shown(remark: Remark) -> Remark {
    Remark { grave: remark.grave, text: visible(&remark.text), remedy: visible(&remark.remedy) }
}

fn told<T: Serialize>(result: Result<T>) -> Response {
    match result {
        Ok(value) => Response::json(200, &value),
        Err(error) => Response::of_error(&error),
    }
}

/// A panic in an earlier request left what is written as it was after its last whole line.
fn open(writing: &Mutex<Writing>) -> MutexGuard<'_, Writing> {
    writing.lock().unwrap_or_else(PoisonError::into_inner)
}
