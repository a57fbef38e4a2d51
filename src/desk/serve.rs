//! What the page asks for and where its scores go.

use super::page::{Form, page, policy};
use crate::http::{Door, Method, Request, Response, Server};
use crate::review::{Draft, Progress, Saved, Session};
use engine::error::Result;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Serves the page of a session until the reviewer says on it that they stop, or `stop` does. `ready` is told the address to
/// open. Everything the page was told is saved stays saved, however this ends.
///
/// # Errors
/// The port is taken, or the server fails.
pub fn serve(
    session: Session,
    port: Option<u16>,
    stop: &dyn Fn() -> bool,
    ready: &mut dyn FnMut(&str),
) -> Result<Progress> {
    let server = Server::bind(port)?;
    let door = Door::new(&server)?;
    let html = page(session.sheet(), Form::Served)?;
    let session = Arc::new(Mutex::new(session));
    let finished = Arc::new(AtomicBool::new(false));
    let desk = Desk { html, session: session.clone(), finished: finished.clone(), last: Mutex::default() };
    ready(&door.url());
    let handler = move |request: Request| match door.admit(&request) {
        Ok(()) => desk.answer(&request),
        Err(refusal) => refusal,
    };
    server.serve(handler, &|| stop() || finished.load(Ordering::SeqCst))?;
    Ok(open(&session).progress())
}

struct Desk {
    html: String,
    session: Arc<Mutex<Session>>,
    finished: Arc<AtomicBool>,
    /// The latest by answer.
    last: Mutex<BTreeMap<String, Turn>>,
}

/// Which opened page sent something, and as what in its sequence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Turn {
    page: String,
    turn: u64,
}

/// What the page posts: a page that is closed sends its last change beside one still on its way, and the later must win.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rated {
    from: Turn,
    draft: Draft,
}

#[derive(Debug, Serialize)]
struct State {
    saved: Vec<Saved>,
}

impl Desk {
    fn answer(&self, request: &Request) -> Response {
        match (request.method, request.path.as_str()) {
            (Method::Get, "/") => {
                let policy = format!("{}; frame-ancestors 'none'", policy(Form::Served));
                Response::html(200, self.html.as_str()).with("content-security-policy", policy)
            }
            (Method::Get, "/state") => Response::json(200, &State { saved: open(&self.session).state() }),
            (Method::Post, "/rate") => match serde_json::from_slice(&request.body) {
                Ok(rated) => self.rate(&rated),
                Err(e) => Response::refusal(400, &format!("this is not a rating: {e}"), "reload the page"),
            },
            (Method::Post, "/finish") => {
                self.finished.store(true, Ordering::SeqCst);
                Response::json(200, &open(&self.session).progress())
            }
            _ => Response::refusal(404, "there is nothing here", "open the address without anything behind it"),
        }
    }

    /// Answers with what is now saved of the whole item: the flag "best" on one answer takes it off the other.
    fn rate(&self, rated: &Rated) -> Response {
        let mut session = open(&self.session);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let known = last.get(&rated.draft.answer);
        let overtaken = known.is_some_and(|l| l.page == rated.from.page && l.turn >= rated.from.turn);
        if !overtaken {
            if let Err(error) = session.rate(&rated.draft) {
                return Response::of_error(&error);
            }
            last.insert(rated.draft.answer.clone(), rated.from.clone());
        }
        let item = session.sheet().items.iter().find(|item| item.answers.iter().any(|a| a.id == rated.draft.answer));
        let shown: Vec<&str> = item.iter().flat_map(|item| item.answers.iter().map(|a| a.id.as_str())).collect();
        let state = session.state();
        let saved = state.into_iter().filter(|saved| shown.contains(&saved.answer.as_str())).collect();
        Response::json(200, &State { saved })
    }
}

/// A panic in an earlier request left the session as it was after its last whole line.
fn open(session: &Mutex<Session>) -> MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}
