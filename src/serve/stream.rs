//! An answer that goes out as server-sent events while it is written.

use super::answer::Head;
use super::capture::Recording;
use super::refusal::Refusal;
use super::worker::{Told, ended};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use http_body::Frame;
use serde_json::Value;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, Sleep, sleep};

/// How long a stream may say nothing: proxies and clients hang up on silence.
const SILENCE: Duration = Duration::from_secs(10);
/// A comment, which clients pass over. One that began with `: ping` would be taken for the end by Continue.
const STILL_HERE: &str = ": still working\n\n";

/// The events of one answer. Dropping it drops the answer too.
struct Events {
    head: Head,
    include_usage: bool,
    told: mpsc::Receiver<Told>,
    recording: Option<Recording>,
    /// What goes out next.
    ready: VecDeque<String>,
    ended: bool,
    /// How long it may say nothing.
    patience: Duration,
    silence: Pin<Box<Sleep>>,
    /// A place among the requests under way, held as long as anybody reads.
    _place: OwnedSemaphorePermit,
}

/// A response that begins at once, before anything is read of the prompt.
pub(super) fn stream(
    head: Head,
    include_usage: bool,
    told: mpsc::Receiver<Told>,
    place: OwnedSemaphorePermit,
    recording: Option<Recording>,
) -> Response {
    let events = Events { recording, ..Events::new(head, include_usage, told, place, SILENCE) };
    let mut response = Response::new(Body::new(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // Nginx and its like else collect the pieces.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Events {
    fn new(
        head: Head,
        include_usage: bool,
        told: mpsc::Receiver<Told>,
        place: OwnedSemaphorePermit,
        patience: Duration,
    ) -> Self {
        let ready = head.role().map(|role| event(&role)).into_iter().collect();
        let silence = Box::pin(sleep(patience));
        Self { head, include_usage, told, recording: None, ready, ended: false, patience, silence, _place: place }
    }

    /// What goes out for the end that was told, be it good or bad. Nothing told any more means that the server ends.
    fn end(&mut self, told: Option<Told>) {
        match told {
            Some(Told::Text(text)) => return self.text(&text),
            Some(Told::Failed(error)) => self.ready.push_back(event(&Refusal::of(&error).body())),
            Some(Told::Written(end)) => {
                self.recording.take().into_iter().for_each(|recording| recording.end(end));
                self.ready.push_back(event(&self.head.end(end)));
                if self.include_usage {
                    self.ready.push_back(event(&self.head.counts(end)));
                }
                self.ready.push_back("data: [DONE]\n\n".to_string());
            }
            None => self.ready.push_back(event(&Refusal::of(&ended()).body())),
        }
        self.ended = true;
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.recording.iter_mut().for_each(|recording| recording.text(text));
            self.ready.push_back(event(&self.head.text(text)));
        }
    }

    /// Takes all that has been told by now; a slow reader gets it in one piece.
    fn listen(&mut self, context: &mut Context<'_>) {
        let mut text = String::new();
        let end = loop {
            match self.told.poll_recv(context) {
                Poll::Ready(Some(Told::Text(more))) => text.push_str(&more),
                Poll::Ready(end) => break Some(end),
                Poll::Pending => break None,
            }
        };
        self.text(&text);
        end.into_iter().for_each(|end| self.end(end));
    }
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.ready.is_empty() && !self.ended {
            self.listen(context);
        }
        if self.ready.is_empty() && !self.ended && self.silence.as_mut().poll(context).is_ready() {
            self.ready.push_back(STILL_HERE.to_string());
        }
        let Some(next) = self.ready.pop_front() else {
            return if self.ended { Poll::Ready(None) } else { Poll::Pending };
        };
        let until = Instant::now() + self.patience;
        self.silence.as_mut().reset(until);
        Poll::Ready(Some(Ok(Frame::data(next.into()))))
    }
}

fn event(value: &Value) -> String {
    let mut text = String::from("data: ");
    let _ = write!(text, "{value}"); // writing to a text does not fail
    text.push_str("\n\n");
    text
}

#[cfg(test)]
mod tests {
    use super::super::answer::Form;
    use super::super::worker::End;
    use super::*;
    use engine::error::Error as Fault;
    use engine::generate::Finish;
    use std::future::poll_fn;
    use std::sync::Arc;
    use tokio::sync::Semaphore;

    /// What goes out while `tell` says things; the stream may be silent for 20 ms.
    fn heard(tell: impl AsyncFnOnce(mpsc::Sender<Told>)) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (sender, told) = mpsc::channel(16);
            let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
            let head = Head {
                form: Form::Chat,
                id: "x".into(),
                created: 0,
                model: "m".into(),
                version: "v".into(),
                prompt_tokens: 3,
            };
            let mut events = Events::new(head, false, told, place, Duration::from_millis(20));
            let mut out = Vec::new();
            let next = async |events: &mut Events| {
                let frame = poll_fn(|context| Pin::new(&mut *events).poll_frame(context)).await?;
                let bytes = frame.unwrap().into_data().unwrap();
                Some(String::from_utf8(bytes.to_vec()).unwrap())
            };
            out.extend(next(&mut events).await); // before anything was told
            let reading = async {
                while let Some(event) = next(&mut events).await {
                    out.push(event);
                }
            };
            let telling = tell(sender);
            let (mut reading, mut telling) = (Box::pin(reading), Box::pin(telling));
            let mut told_all = false;
            poll_fn(|context| {
                told_all = told_all || telling.as_mut().poll(context).is_ready();
                reading.as_mut().poll(context)
            })
            .await;
            drop(reading);
            out
        })
    }

    #[test]
    fn it_begins_before_anything_is_written_and_never_falls_silent() {
        let out = heard(async |sender| {
            sleep(Duration::from_millis(50)).await;
            for text in ["a", "b"] {
                sender.send(Told::Text(text.into())).await.unwrap();
            }
            sender.send(Told::Written(End { tokens: 2, finish: Finish::End, seconds: 0.1 })).await.unwrap();
        });
        assert!(out[0].contains("\"role\":\"assistant\""), "{out:?}");
        assert_eq!(out[1], STILL_HERE);
        assert!(!STILL_HERE.starts_with(": ping"), "which Continue takes for the end");
        let text: Vec<&String> = out.iter().filter(|event| event.contains("\"content\":\"ab\"")).collect();
        assert_eq!(text.len(), 1, "what waits goes out in one piece: {out:?}");
        assert_eq!(out.last().unwrap(), "data: [DONE]\n\n");
    }

    #[test]
    fn an_error_and_the_servers_end_are_told_in_the_stream() {
        let failed = heard(async |sender| {
            sender.send(Told::Text("a".into())).await.unwrap();
            sender.send(Told::Failed(Fault::model("it broke"))).await.unwrap();
        });
        assert!(failed.last().unwrap().starts_with("data: {\"error\":{\"message\":\"it broke\""), "{failed:?}");
        let ended = heard(async |sender| drop(sender));
        assert!(ended.last().unwrap().contains("stopping"), "{ended:?}");
    }
}
