//! Listens, takes requests in whole, and hands them to a plain function.

use super::connection::{Impatient, Peer, attend};
use super::message::{Method, Request, Response};
use super::names::Names;
use axum::Router;
use axum::body::{HttpBody, to_bytes};
use axum::extract::Request as Incoming;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use engine::error::{Error, Kind, Result};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// The port that is tried first, so that what a browser kept for the page when pmtune was killed is found at the next
/// start: browsers keep things by port.
const USUAL_PORT: u16 = 7688;
/// A rating is a few hundred bytes; a comment at its longest 40 KB.
const MOST_BYTES: usize = 256 * 1024;
/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request may take to come in.
const ONE_REQUEST: Duration = Duration::from_secs(60);
/// How often the server looks whether it should stop.
const GLANCE: Duration = Duration::from_millis(50);
/// How long answers on their way may take when the server stops.
const GRACE: Duration = Duration::from_secs(2);

/// Listens on one address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    names: Names,
    patience: Duration,
}

impl Server {
    /// Listens on 127.0.0.1 and nowhere else, on `port`; without one, on the usual port if it is free and on any other if
    /// not.
    ///
    /// # Errors
    /// The port is taken or may not be used.
    pub fn bind(port: Option<u16>) -> Result<Self> {
        let bound = match port {
            Some(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port)),
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, USUAL_PORT))
                .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))),
        };
        let fail = |e: std::io::Error| {
            let wanted = port.map(|port| format!(" on port {port}")).unwrap_or_default();
            Error::new(Kind::Network, format!("cannot start the page{wanted}: {e}"))
                .hint("another program may be using the port; leave --port out to get a free one")
        };
        let listener = bound.map_err(fail)?;
        let port = listener.local_addr().map_err(fail)?.port();
        Self::of(listener, Names::loopback(port)).map_err(fail)
    }

    /// Listens on `host` at `port`, 0 for any that is free. It is asked for by the names of `host` and by the `allowed` ones.
    ///
    /// # Errors
    /// The port is taken or may not be used, or this computer has no such address.
    pub fn bind_at(host: IpAddr, port: u16, allowed: &[String]) -> Result<Self> {
        let fail = |e: std::io::Error| unusable(host, port, e);
        let listener = TcpListener::bind((host, port)).map_err(fail)?;
        let names = Names::of(host, listener.local_addr().map_err(fail)?.port(), allowed);
        Self::of(listener, names).map_err(fail)
    }

    fn of(listener: TcpListener, names: Names) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { address: listener.local_addr()?, listener, names, patience: PATIENCE })
    }

    /// The names it is asked for by. Whoever [runs](Self::run) it must look at them.
    pub fn names(&self) -> &Names {
        &self.names
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hangs up on clients that say nothing for this long.
    #[cfg(test)]
    pub(super) fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Answers requests until `stop` says so; answers on their way are finished first. `handler` may take its time: it
    /// runs on a thread of its own, and a panic in it is one failed request.
    ///
    /// # Errors
    /// The runtime or the socket fails.
    pub fn serve(
        self,
        handler: impl Fn(Request) -> Response + Send + Sync + 'static,
        stop: &dyn Fn() -> bool,
    ) -> Result<()> {
        let (handler, names): (Arc<Handler>, _) = (Arc::new(handler), self.names.clone());
        let app = Router::new().fallback(move |incoming| answer(incoming, handler.clone(), names.clone()));
        self.run(app, stop)
    }

    /// Lets `app` answer until `stop` says so; what is on its way then gets a moment to end.
    ///
    /// # Errors
    /// The runtime or the socket fails.
    pub fn run(self, app: Router, stop: &dyn Fn() -> bool) -> Result<()> {
        let fail = |e: std::io::Error| Error::new(Kind::Network, format!("the server stopped: {e}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fail)?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener).map_err(fail)?;
            let app = app.layer(from_fn(attend)).into_make_service_with_connect_info::<Peer>();
            let (ask, asked) = oneshot::channel::<()>();
            let serving = axum::serve(Impatient { listener, patience: self.patience }, app);
            let mut serving = tokio::spawn(
                serving
                    .with_graceful_shutdown(async {
                        let _ = asked.await;
                    })
                    .into_future(),
            );
            while !stop() {
                if serving.is_finished() {
                    return serving.await.map_err(std::io::Error::other).and_then(|end| end).map_err(fail);
                }
                sleep(GLANCE).await;
            }
            let _ = ask.send(());
            let _ = timeout(GRACE, &mut serving).await;
            Ok(())
        })
    }
}

type Handler = dyn Fn(Request) -> Response + Send + Sync;

async fn answer(incoming: Incoming, handler: Arc<Handler>, names: Names) -> axum::response::Response {
    let response = match take_in(incoming, &names).await {
        Err(refusal) => refusal,
        Ok(request) => match tokio::task::spawn_blocking(move || handler(request)).await {
            Ok(response) => response,
            Err(_) => Response::refusal(500, "pmtune failed on this request", "please report it; try again meanwhile"),
        },
    };
    response.into_axum()
}

/// The whole request, if it is one that this server takes.
async fn take_in(incoming: Incoming, names: &Names) -> Result<Request, Response> {
    let (head, body) = incoming.into_parts();
    if !names.are_asked(&head) {
        return Err(Response::refusal(421, "this is not that server", "open the address that pmtune printed"));
    }
    let method = match head.method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => return Err(Response::refusal(405, "only GET and POST are answered", "").with("allow", "GET, POST")),
    };
    let too_big = || {
        let hint = format!("at most {MOST_BYTES} bytes are taken");
        Err(Response::refusal(StatusCode::PAYLOAD_TOO_LARGE.as_u16(), "the request is too big", &hint)
            .with("connection", "close"))
    };
    if body.size_hint().lower() > MOST_BYTES as u64 {
        return too_big();
    }
    let body = match timeout(ONE_REQUEST, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(body)) => body.to_vec(),
        Ok(Err(_)) => return too_big(),
        Err(_) => return Err(Response::refusal(408, "the request took too long to come in", "send it again")),
    };
    let (path, query) = (head.uri.path().to_string(), head.uri.query().map(str::to_string));
    Ok(Request { method, path, query, headers: head.headers, body })
}

/// Why an address cannot be listened on.
fn unusable(host: IpAddr, port: u16, error: std::io::Error) -> Error {
    let next = port.checked_add(1).unwrap_or(7000);
    let (message, hint) = match error.kind() {
        ErrorKind::AddrInUse => (
            format!("port {port} is taken by another program, perhaps by this one started before"),
            format!("end that program, or choose another port: --port {next}"),
        ),
        ErrorKind::PermissionDenied => {
            (format!("port {port} may not be used"), "choose one above 1023, such as --port 8080".to_string())
        }
        ErrorKind::AddrNotAvailable => (
            format!("this computer has no address {host}"),
            "give --host one of its own addresses, or 0.0.0.0 for all of them".to_string(),
        ),
        _ => (format!("cannot listen on {host}, port {port}: {error}"), "choose another --host or --port".to_string()),
    };
    Error::new(Kind::Network, message).hint(hint)
}
