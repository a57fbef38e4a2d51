//! What is asked and answered, written down for training, where `--capture` asked for it.

use super::answer::Head;
use super::refusal::Refusal;
use super::worker::{End, ended};
use crate::training_data::{Captured, Inbox, Thumb};
use crate::work::{Event, Sink};
use engine::chat::{Message, Role, thinking};
use engine::error::{Error, Kind, Result};
use engine::generate::Finish;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// How many may wait to be written; they come as fast as people read.
const MOST_WAITING: usize = 64;
/// Of how many answers it is known under which number they were written.
const MOST_KNOWN: usize = 10_000;
/// How Open WebUI begins what it asks a model by itself: for titles, tags, follow-up questions, searches, completions.
const BY_ITSELF: &str = "### Task:";

/// What the page says of an answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rated {
    /// The answer's id, as the stream of it said.
    id: String,
    /// As a list of models names it.
    pub version: String,
    question: Vec<Message>,
    answer: String,
    #[serde(default)]
    cut: bool,
    #[serde(default)]
    thumb: Option<Thumb>,
    #[serde(default)]
    corrected: Option<String>,
}

/// The way to the thread that writes.
pub(super) struct Capture {
    inbox: Mutex<Option<SyncSender<Note>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    sink: Arc<dyn Sink>,
}

/// One to write down.
struct Note {
    /// The answer's id; a later note of the same answer takes the place of the earlier.
    id: String,
    captured: Captured,
    /// Who wants to know its number. Nobody waits for an answer that was not rated.
    number: Option<oneshot::Sender<Result<u64>>>,
}

/// An answer on its way, which is written down when it is whole. One that is broken off is not.
pub(super) struct Recording {
    capture: Arc<Capture>,
    id: String,
    captured: Captured,
}

impl Capture {
    /// Starts the thread.
    ///
    /// # Errors
    /// There is no thread left.
    pub fn start(inbox: Inbox, sink: Arc<dyn Sink>) -> Result<Self> {
        let (sender, notes) = sync_channel(MOST_WAITING);
        let told = sink.clone();
        let thread = std::thread::Builder::new()
            .name("capture".into())
            .spawn(move || write(&inbox, &notes, told.as_ref()))
            .map_err(|e| Error::new(Kind::Io, "this computer has no thread left to write with").caused_by(e))?;
        Ok(Self { inbox: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), sink })
    }

    /// Listens to an answer, unless a program asks by itself.
    pub fn record(self: &Arc<Self>, head: &Head, said: Vec<Message>) -> Option<Recording> {
        let last = said.iter().rev().find(|message| message.role == Role::User)?;
        if last.content.trim_start().starts_with(BY_ITSELF) {
            return None;
        }
        let captured = Captured::answer(head.version.clone(), said, String::new());
        Some(Recording { capture: self.clone(), id: head.id.clone(), captured })
    }

    /// Writes down what was said of an answer and gives its number, once it is on the disk.
    pub async fn rate(&self, rated: Rated) -> Result<u64, Refusal> {
        let Rated { id, version, question: messages, answer, cut, thumb, corrected } = rated;
        if messages.last().is_none_or(|message| message.role != Role::User) {
            return Err(Refusal::invalid("question", "question must be messages, the last of them the user's"));
        }
        let captured = Captured { cut, thumb, corrected, ..Captured::answer(version, messages, answer) };
        let (sender, number) = oneshot::channel();
        self.send(Note { id, captured, number: Some(sender) }).map_err(|error| Refusal::of(&error))?;
        let number = number.await.unwrap_or_else(|_| Err(ended()));
        number.map_err(|error| Refusal::of(&error))
    }

    /// Writes what still waits, and ends the thread.
    pub fn end(&self) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        thread.into_iter().for_each(|thread| _ = thread.join());
    }

    fn send(&self, note: Note) -> Result<()> {
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let full = || Error::new(Kind::Io, "the disk is too slow to write down what is answered");
        inbox.as_ref().ok_or_else(ended)?.try_send(note).map_err(|_| full())
    }
}

impl Recording {
    pub fn text(&mut self, text: &str) {
        self.captured.answer.push_str(text);
    }

    /// The answer is whole.
    pub fn end(mut self, end: End) {
        self.captured.cut = end.finish == Finish::Length;
        // An example teaches answers, not thoughts.
        self.captured.answer = thinking::apart(&self.captured.answer, false).1.to_string();
        let Self { capture, id, captured } = self;
        if let Err(error) = capture.send(Note { id, captured, number: None }) {
            capture.sink.tell(Event::Warning(format!("an answer was not written down: {error}")));
        }
    }
}

/// Writes until nobody can send any more.
fn write(inbox: &Inbox, notes: &Receiver<Note>, sink: &dyn Sink) {
    let (mut numbers, mut said) = (HashMap::new(), HashSet::new());
    for Note { id, captured, number: wanted } in notes {
        let written = inbox.append(captured, numbers.get(&id).copied());
        if let Ok(number) = written {
            // Who rates an answer does it soon.
            if numbers.len() >= MOST_KNOWN {
                numbers.clear();
            }
            numbers.insert(id, number);
        }
        match (wanted, written) {
            (Some(wanted), written) => _ = wanted.send(written), // the page may have gone
            (None, Err(error)) if said.insert(error.message.clone()) => {
                sink.tell(Event::Warning(format!("an answer was not written down: {error}")));
            }
            (None, _) => {}
        }
    }
}
