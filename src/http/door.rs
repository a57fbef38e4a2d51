//! Who may come in: the browser that was first to open the address with this start's token, known from then on by a
//! cookie.

use super::message::{Method, Request, Response};
use super::names::Names;
use super::secret::Secret;
use super::server::Server;
use engine::error::Result;
use std::sync::atomic::{AtomicBool, Ordering};

/// Long enough for a weekend with the program running; the secret itself ends with the program.
const COOKIE_SECONDS: u32 = 7 * 24 * 60 * 60;

const LOCKED: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
<title>Not open here · pmtune</title></head><body><main><h1>This page is not open here</h1>\
<p>The address that pmtune printed works once, in one browser. After that only that browser can open the page.</p>\
<p>To use this browser instead, press Ctrl-C where pmtune runs, start the same command again, and open the new address. \
Everything scored so far is saved.</p>\
<p>If this is the browser you began with, <a href=\"/\">try once more</a>.</p></main></body></html>\n";

/// Guards a server. The token in the address works once, so an address left in a history or a chat opens nothing.
pub struct Door {
    port: u16,
    token: Secret,
    cookie: Secret,
    opened: AtomicBool,
}

impl Door {
    /// # Errors
    /// The operating system gives no random numbers.
    pub fn new(server: &Server) -> Result<Self> {
        Ok(Self {
            port: server.address().port(),
            token: Secret::random()?,
            cookie: Secret::random()?,
            opened: AtomicBool::new(false),
        })
    }

    /// The address to open, with the token.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/?token={}", self.port, self.token.text())
    }

    /// Lets a request in, or says what to answer instead.
    pub fn admit(&self, request: &Request) -> Result<(), Response> {
        if request.method == Method::Post {
            self.own_script(request)?;
        }
        let said = request.query.as_deref().and_then(|query| query.strip_prefix("token="));
        let at_the_door = request.method == Method::Get && request.path == "/";
        if self.knows(request) {
            // The token must not stay in the address bar, wherever it came from.
            return if said.is_some() && at_the_door { Err(Response::redirect("/")) } else { Ok(()) };
        }
        if at_the_door && said.is_some_and(|said| self.token.is(said)) && !self.opened.swap(true, Ordering::SeqCst) {
            let (name, value) = (self.cookie_name(), self.cookie.text());
            let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={COOKIE_SECONDS}");
            return Err(Response::redirect("/").with("set-cookie", cookie));
        }
        Err(match request.method {
            Method::Get => Response::html(403, LOCKED),
            Method::Post => Response::refusal(
                403,
                "pmtune was started anew, and this page belongs to the earlier start",
                "open the address that pmtune printed last",
            ),
        })
    }

    /// A page elsewhere can make a browser post here, but not with this origin, and not JSON.
    fn own_script(&self, request: &Request) -> Result<(), Response> {
        let origin = request.header("origin").and_then(|origin| origin.strip_prefix("http://"));
        if !origin.is_some_and(|origin| Names::loopback(self.port).include(origin)) {
            return Err(Response::refusal(403, "this request comes from another page", ""));
        }
        let kind = request.header("content-type").and_then(|kind| kind.split(';').next()).map(str::trim);
        if !kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
            return Err(Response::refusal(415, "only JSON is taken", "send content-type application/json"));
        }
        Ok(())
    }

    fn knows(&self, request: &Request) -> bool {
        let Some(cookies) = request.header("cookie") else { return false };
        let named = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
        named.into_iter().any(|(name, value)| name == self.cookie_name() && self.cookie.is(value))
    }

    /// Browsers keep cookies by host, not by port; two pages open at once must not overwrite each other's.
    fn cookie_name(&self) -> String {
        format!("pmtune-{}", self.port)
    }
}
