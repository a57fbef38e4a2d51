//! One thread that owns one base and keeps one batch of it going.

use crate::base::Base;
use crate::provider::Local;
use crate::work::DeviceChoice;
use crate::work::device;
use engine::error::{Error, Kind, Result};
use engine::generate::{Batch, Finish, Job, Outcome, Progress, Sampling, Work};
use engine::model::Forward;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// What is asked of a base.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// Which of the versions over the base.
    pub member: usize,
    /// Token ids up to where the answer begins.
    pub prompt: Vec<u32>,
    pub sampling: Sampling,
    /// The most tokens that the context has left.
    pub room: usize,
}

/// What comes back for a question, in order.
#[derive(Debug)]
pub(super) enum Told {
    /// More of the answer.
    Text(String),
    /// The answer is whole: nothing comes after.
    Written(End),
    /// There is no answer: nothing comes after.
    Failed(Error),
}

/// How an answer ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub tokens: usize,
    pub finish: Finish,
    /// Since the question joined the batch.
    pub seconds: f64,
}

struct Asked {
    question: Question,
    answer: mpsc::Sender<Told>,
}

/// What a worker loads.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub base: Base,
    /// The adapter of each version over the base.
    pub adapters: Vec<Option<PathBuf>>,
    pub device: DeviceChoice,
    /// Whether to load at once, rather than at the first question.
    pub at_once: bool,
}

/// The way to one base's thread.
#[derive(Debug)]
pub(super) struct Worker {
    inbox: Mutex<Option<mpsc::Sender<Asked>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Worker {
    /// Starts the thread, which holds at most `queue` questions. Waits for the base to be loaded where that is to be at once.
    ///
    /// # Errors
    /// The base or an adapter cannot be loaded.
    pub fn start(load: Load, queue: usize) -> Result<Self> {
        let (inbox, asked) = mpsc::channel(queue.max(1));
        let (loaded, ready) = oneshot::channel();
        let at_once = load.at_once;
        let thread = std::thread::Builder::new()
            .name("engine".into())
            .spawn(move || work(&load, asked, loaded))
            .map_err(|e| Error::new(Kind::Io, "this computer has no thread left for the model").caused_by(e))?;
        let worker = Self { inbox: Mutex::new(Some(inbox)), thread: Mutex::new(Some(thread)) };
        if at_once {
            ready.blocking_recv().unwrap_or_else(|_| Err(ended()))?;
        }
        Ok(worker)
    }

    /// Asks. The answer comes piece by piece; whoever drops the receiver wants no more of it.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn ask(&self, question: Question) -> Result<mpsc::Receiver<Told>> {
        // Room for every piece that there can be, so that the engine never waits for a slow reader. What a reader leaves
        // lying is one answer at most.
        let most = question.sampling.max_tokens.min(question.room).saturating_add(8);
        let (answer, told) = mpsc::channel(most.min(tokio::sync::Semaphore::MAX_PERMITS));
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let inbox = inbox.as_ref().ok_or_else(ended)?;
        inbox.try_send(Asked { question, answer }).map_err(|_| ended())?;
        Ok(told)
    }

    /// Breaks off what is under way and ends the thread.
    pub fn stop(&self) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Waits for the thread to end after [`Worker::stop`].
    pub fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A panic there has been told to those who asked.
        thread.into_iter().for_each(|thread| _ = thread.join());
    }
}

pub(super) fn ended() -> Error {
    Error::model("pmtune serve is stopping, or its engine has failed").hint("start `pmtune serve` again")
}

fn work(load: &Load, mut asked: mpsc::Receiver<Asked>, loaded: oneshot::Sender<Result<()>>) {
    let first = match load.at_once {
        true => None,
        false => match asked.blocking_recv() {
            Some(first) => Some(first),
            None => return,
        },
    };
    let opened = load.base.open().and_then(|base| match device::open(load.device)? {
        None => Ok(Opened::Here(Local::new(base, &load.adapters)?)),
        Some(device) => Ok(Opened::Device(Local::on(base, &load.adapters, device)?)),
    });
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return fail(error, first, asked, loaded),
    };
    let _ = loaded.send(Ok(())); // nobody waits where the first question made it load
    match opened {
        Opened::Here(local) => Keeper::new(&local).run(first, asked),
        Opened::Device(local) => Keeper::new(&local).run(first, asked),
    }
}

enum Opened {
    Here(Local),
    Device(Local<engine::model::Composite>),
}

/// Nothing can be answered: says so at the start, or to everybody who asks.
fn fail(error: Error, first: Option<Asked>, mut asked: mpsc::Receiver<Asked>, loaded: oneshot::Sender<Result<()>>) {
    let mut next = first;
    if next.is_none() {
        let _ = loaded.send(Err(error));
        return;
    }
    while let Some(Asked { answer, .. }) = next {
        let _ = answer.try_send(Told::Failed(copy(&error)));
        next = asked.blocking_recv();
    }
}

/// An error for one more reader, without its causes.
fn copy(error: &Error) -> Error {
    Error { hint: error.hint.clone(), ..Error::new(error.kind, error.message.clone()) }
}

/// Keeps the batch going, and knows who waits for what of it.
struct Keeper<'a, M: Forward> {
    local: &'a Local<M>,
    batch: Batch<'a, M>,
    open: HashMap<usize, mpsc::Sender<Told>>,
    next: usize,
}

impl<'a, M: Forward> Keeper<'a, M> {
    fn new(local: &'a Local<M>) -> Self {
        Self { local, batch: Batch::open(local.engine()), open: HashMap::new(), next: 0 }
    }

    /// Answers until nobody can ask any more; what is under way then is broken off.
    fn run(mut self, first: Option<Asked>, mut asked: mpsc::Receiver<Asked>) {
        let mut arrived: Vec<Asked> = first.into_iter().collect();
        loop {
            if self.batch.is_idle() && arrived.is_empty() {
                let Some(one) = asked.blocking_recv() else { return };
                arrived.push(one);
            }
            loop {
                match asked.try_recv() {
                    Ok(one) => arrived.push(one),
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => return,
                }
            }
            self.let_in(std::mem::take(&mut arrived));
            self.let_go();
            match self.batch.step() {
                Ok(told) => told.into_iter().for_each(|progress| self.tell(progress)),
                Err(error) => self.give_up(&error),
            }
        }
    }

    fn let_in(&mut self, arrived: Vec<Asked>) {
        let mut jobs = Vec::with_capacity(arrived.len());
        for Asked { question: Question { member, prompt, sampling, .. }, answer } in arrived {
            match self.local.adapter(member) {
                Err(error) => _ = answer.try_send(Told::Failed(error)),
                Ok(adapter) => {
                    self.next += 1;
                    jobs.push(Job { id: self.next, adapter, prompt, work: Work::Write(sampling) });
                    self.open.insert(self.next, answer);
                }
            }
        }
        self.batch.add(jobs).into_iter().for_each(|refused| self.tell(refused));
    }

    /// Takes out the jobs for which nobody waits any more.
    fn let_go(&mut self) {
        let batch = &mut self.batch;
        self.open.retain(|id, answer| {
            if answer.is_closed() {
                batch.cancel(*id);
            }
            !answer.is_closed()
        });
    }

    fn tell(&mut self, progress: Progress) {
        // Where nobody takes it, the next step lets the job go.
        match progress {
            Progress::Tokens(_) => {}
            Progress::Text { id, text } => {
                let _ = self.open.get(&id).map(|answer| answer.try_send(Told::Text(text)));
            }
            Progress::Done { id, outcome, elapsed } => {
                let told = match outcome {
                    Ok(Outcome::Written { tokens, finish, .. }) => {
                        Told::Written(End { tokens, finish, seconds: elapsed.as_secs_f64() })
                    }
                    Ok(Outcome::Scored { .. }) => {
                        Told::Failed(Error::model("a text was asked for, and none was written"))
                    }
                    Err(error) => Told::Failed(error),
                };
                let _ = self.open.remove(&id).map(|answer| answer.try_send(told));
            }
        }
    }

    /// The batch is lost; the next question starts a new one.
    fn give_up(&mut self, error: &Error) {
        for (_, answer) in self.open.drain() {
            let _ = answer.try_send(Told::Failed(copy(error)));
        }
        self.batch = Batch::open(self.local.engine());
    }
}
