//! A small server on the loopback that plays back scripted replies.

use super::endpoint::{Endpoint, Key};
use super::retry::Backoff;
use super::{Remote, RemoteOptions};
use crate::provider::{Answer, Event, Provider, Request, Task};
use engine::chat::{Message, Role};
use engine::error::{Error, Kind, Result};
use engine::generate::Sampling;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as the server saw it: its first line and headers in lower case, and its body.
pub struct Seen {
    pub head: String,
    pub body: Value,
}

pub struct Server {
    pub address: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

/// What the server does with request number n (from 0): writes whatever it likes.
type Script = dyn Fn(usize, &Value, &mut TcpStream) + Send + Sync;

impl Server {
    pub fn start(script: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::of(move |number, _, stream| script(number, stream))
    }

    /// Answers every request with the JSON that `script` makes of its body, and a status.
    pub fn json(script: impl Fn(&Value) -> (u16, Value) + Send + Sync + 'static) -> Self {
        Self::of(move |_, body, stream| {
            let (status, value) = script(body);
            reply(stream, status, "", &value.to_string());
        })
    }

    fn of(script: impl Fn(usize, &Value, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let server = Self { address, seen: seen.clone() };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, script) = (seen.clone(), script.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let Some(request) = read_request(&mut stream) else { return };
                    let body = request.body.clone();
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request);
                        seen.len() - 1
                    };
                    script(number, &body, &mut stream);
                });
            }
        });
        server
    }

    pub fn remote(&self, options: RemoteOptions) -> Remote {
        let key = Key::new("PMTUNE_API_KEY", "sk-secret").unwrap();
        let backoff =
            Backoff { first: Duration::from_millis(1), most: Duration::from_millis(1200), ..Backoff::default() };
        Remote::new(Endpoint::parse(&format!("openai:{}#tiny", self.address)).unwrap(), Some(key), &options, backoff)
    }

    pub fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.to_lowercase();
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { head, body: serde_json::from_slice(&body).unwrap_or_default() })
}

pub fn reply(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let head =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
    // The client may have gone away meanwhile.
    let _ = stream.write_all(head.as_bytes());
}

pub fn completion(text: &str) -> String {
    json!({
        "choices": [{ "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 11, "completion_tokens": 3 },
    })
    .to_string()
}

pub fn request(id: usize) -> Request {
    Request {
        id,
        version: 0,
        messages: vec![Message::new(Role::System, "Be brief."), Message::new(Role::User, format!("question {id}"))],
        task: Task::Write { weighed: Vec::new() },
        sampling: Sampling::default(),
    }
}

pub fn options() -> RemoteOptions {
    RemoteOptions { concurrency: 1, timeout: Duration::from_secs(20), tries: 4, ..RemoteOptions::default() }
}

/// What was told beside the answers to all requests, which must all come.
pub fn notes(remote: &Remote, requests: Vec<Request>) -> (Vec<Answer>, Vec<String>) {
    let (mut answers, mut notes) = (Vec::new(), Vec::new());
    let outcome = remote.answer(requests, &mut |event| {
        match event {
            Event::Note(note) => notes.push(note),
            Event::Done { id, answer } => answers.push((id, answer.unwrap())),
            Event::Tokens(_) | Event::Weighed { .. } => {}
        }
        ControlFlow::Continue(())
    });
    outcome.unwrap();
    answers.sort_by_key(|(id, _)| *id);
    (answers.into_iter().map(|(_, answer)| answer).collect(), notes)
}

/// What came of all requests, in order of their ids, and of the endpoint as a whole.
pub fn ask(remote: &Remote, requests: Vec<Request>) -> (Vec<Result<Answer>>, Result<()>) {
    let mut answers = Vec::new();
    let outcome = remote.answer(requests, &mut |event| {
        if let Event::Done { id, answer } = event {
            answers.push((id, answer));
        }
        ControlFlow::Continue(())
    });
    answers.sort_by_key(|(id, _)| *id);
    (answers.into_iter().map(|(_, answer)| answer).collect(), outcome)
}

/// The one answer to one request.
pub fn ask_one(server: &Server) -> Result<Answer> {
    let (mut answers, outcome) = ask(&server.remote(options()), vec![request(0)]);
    outcome.and_then(|()| answers.pop().unwrap())
}

pub fn error_of(script: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> (Error, usize) {
    let server = Server::start(script);
    let error = ask_one(&server).unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("sk-secret"), "{text}");
    assert_eq!(error.kind, Kind::Network);
    (error, server.requests())
}
