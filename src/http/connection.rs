//! A connection that does not wait for ever: who asks nothing, or does not take what it is sent, is hung up on. A request
//! that is being answered may take its time.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::middleware::Next;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use http_body::{Frame, SizeHint};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep};

/// Accepts connections that hang up after `patience` in which they ask nothing and are answered nothing, or in which they
/// take nothing of what is written.
pub(super) struct Impatient {
    pub listener: TcpListener,
    pub patience: Duration,
}

impl Listener for Impatient {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Pieces of an answer are small, and each is due at once. It works without.
        let _ = stream.set_nodelay(true);
        let (patience, idle) = (self.patience, Box::pin(sleep(self.patience)));
        (Connection { stream, patience, idle, stall: None, busy: Arc::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

pub(super) struct Connection {
    stream: TcpStream,
    patience: Duration,
    /// When nothing has come for too long.
    idle: Pin<Box<Sleep>>,
    /// When what is written has waited for too long, while it waits.
    stall: Option<Pin<Box<Sleep>>>,
    /// Requests of this connection that are being answered.
    busy: Arc<AtomicUsize>,
}

impl Connection {
    fn moved(&mut self) {
        self.idle.as_mut().reset(Instant::now() + self.patience);
    }

    fn written<T>(&mut self, context: &mut Context<'_>, poll: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if poll.is_ready() {
            self.stall = None;
            self.moved();
            return poll;
        }
        let stall = self.stall.get_or_insert_with(|| Box::pin(sleep(self.patience)));
        stall.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.stream).poll_read(context, buffer);
        if poll.is_ready() {
            self.moved();
            return poll;
        }
        while self.idle.as_mut().poll(context).is_ready() {
            if self.busy.load(Ordering::Relaxed) == 0 {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.moved();
        }
        Poll::Pending
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What a request knows of its connection.
#[derive(Clone)]
pub(super) struct Peer(Arc<AtomicUsize>);

impl Connected<IncomingStream<'_, Impatient>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Impatient>) -> Self {
        Self(stream.io().busy.clone())
    }
}

/// One request that is being answered: from when it has come in whole to the end of what is sent.
struct Busy {
    count: Arc<AtomicUsize>,
    begun: AtomicBool,
}

impl Busy {
    fn begin(&self) {
        if !self.begun.swap(true, Ordering::Relaxed) {
            self.count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if *self.begun.get_mut() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Lets the answer to a request take its time; the request itself must come in without long pauses.
pub(super) async fn attend(ConnectInfo(Peer(count)): ConnectInfo<Peer>, request: Request, next: Next) -> Response {
    let busy = Arc::new(Busy { count, begun: AtomicBool::new(false) });
    let request = request.map(|body| Body::new(Watched::incoming(body, busy.clone())));
    next.run(request).await.map(|body| Body::new(Watched { body, busy, incoming: false }))
}

/// A body that tells when it has come in, or keeps the connection busy while it goes out.
struct Watched {
    body: Body,
    busy: Arc<Busy>,
    incoming: bool,
}

impl Watched {
    fn incoming(body: Body, busy: Arc<Busy>) -> Self {
        let watched = Self { body, busy, incoming: true };
        watched.look();
        watched
    }

    fn look(&self) {
        if self.incoming && self.body.is_end_stream() {
            self.busy.begin();
        }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let poll = Pin::new(&mut self.body).poll_frame(context);
        if self.incoming && matches!(poll, Poll::Ready(None)) {
            self.busy.begin();
        }
        self.look();
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
