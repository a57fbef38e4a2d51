//! From options to a server that runs.

use super::capture::Capture;
use super::catalogue::Catalogue;
use super::entrance::Entrance;
use super::page::Page;
use super::routes::{Service, answer};
use crate::http::{Secret, Server};
use crate::training_data::Inbox;
use crate::work::{DeviceChoice, Sink};
use axum::Router;
use axum::extract::Request;
use engine::error::{Error, Result};
use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// Beside LM Studio's 1234, Ollama's 11434 and the review page's 7688. Clients keep it in their settings, so it is never
/// changed silently.
pub const DEFAULT_PORT: u16 = 7689;
/// Requests under way at the same time, those that wait included.
pub const DEFAULT_QUEUE: usize = 128;
/// Bytes of the shortest token.
const SHORTEST_TOKEN: usize = 16;

/// How to serve.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    pub host: IpAddr,
    /// 0 for any that is free.
    pub port: u16,
    /// What clients must send as their API key. Other addresses than the loopback one need it.
    pub token: Option<String>,
    /// Further names by which the server may be asked for.
    pub allowed: Vec<String>,
    /// Requests under way at the same time, those that wait included.
    pub queue: usize,
    pub device: DeviceChoice,
    /// Where to write down what is asked and answered. Without it nothing ever is.
    pub capture: Option<Inbox>,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            host: Ipv4Addr::LOCALHOST.into(),
            port: DEFAULT_PORT,
            token: None,
            allowed: Vec::new(),
            queue: DEFAULT_QUEUE,
            device: DeviceChoice::Cpu,
            capture: None,
        }
    }
}

impl ServeOptions {
    /// # Errors
    /// Others could reach the server without a token, or guess it.
    pub fn check(&self) -> Result<()> {
        match &self.token {
            None if !self.host.is_loopback() => Err(Error::usage(format!(
                "with --host {} other computers can use this server, so it needs a token",
                self.host
            ))
            .hint(format!("add --token TEXT, a secret of at least {SHORTEST_TOKEN} characters, or leave --host out"))),
            Some(token) if token.len() < SHORTEST_TOKEN || !token.chars().all(|c| c.is_ascii_graphic()) => {
                Err(Error::usage(format!(
                    "the token must have at least {SHORTEST_TOKEN} characters, all of them plain letters, digits or signs"
                ))
                .hint("`openssl rand -hex 16` makes one"))
            }
            _ => Ok(()),
        }
    }
}

/// Where the server is to be found.
#[derive(Debug, Clone, Copy)]
pub struct Address(pub SocketAddr);

impl Address {
    /// What clients are given: the address itself, or this computer where all addresses are listened on.
    pub fn base(&self) -> String {
        format!("{}v1", self.page())
    }

    /// What is opened in a browser.
    pub fn page(&self) -> String {
        let Self(address) = self;
        match address.ip().is_unspecified() {
            true => format!("http://127.0.0.1:{}/", address.port()),
            false => format!("http://{address}/"),
        }
    }
}

/// Serves the catalogue until `stop` says so; answers on their way are then cut. `ready` is told the address as soon as
/// requests are answered.
///
/// # Errors
/// The port is taken, a base cannot be loaded, or the server fails.
pub fn serve(
    catalogue: Catalogue,
    options: &ServeOptions,
    sink: Arc<dyn Sink>,
    stop: &dyn Fn() -> bool,
    ready: &mut dyn FnMut(Address, &Catalogue),
) -> Result<()> {
    options.check()?;
    // Before anything large is loaded: a taken port is told at once.
    let server = Server::bind_at(options.host, options.port, &options.allowed)?;
    let workers = catalogue.start(options.device, options.queue)?;
    let capture = options.capture.clone().map(|inbox| Capture::start(inbox, sink.clone())).transpose()?.map(Arc::new);
    let service = Arc::new(Service {
        entrance: Entrance { names: server.names().clone(), token: options.token.clone().map(Secret::chosen) },
        catalogue,
        workers,
        places: Arc::new(Semaphore::new(options.queue)),
        sink,
        page: Page::new(options.token.is_some(), capture.is_some())?,
        capture: capture.clone(),
        started: jiff::Timestamp::now().as_second(),
        answers: AtomicU64::new(0),
        said: Mutex::new(HashSet::new()),
    });
    ready(Address(server.address()), &service.catalogue);
    let asked = service.clone();
    let app = Router::new().fallback(move |request: Request| answer(asked.clone(), request));
    let served = server.run(app, &|| {
        let stopped = stop();
        if stopped {
            service.workers.iter().for_each(super::worker::Worker::stop);
        }
        stopped
    });
    service.workers.iter().for_each(|worker| {
        worker.stop();
        worker.join();
    });
    capture.iter().for_each(|capture| capture.end());
    served
}
