//! Against a small server on the loopback that plays back scripted replies.

use super::endpoint::{Endpoint, Key};
use super::retry::Backoff;
use super::{Remote, RemoteOptions};
use crate::provider::{Answer, Event, Provider, Request, Stop, Task};
use engine::chat::{Message, Role};
use engine::error::{Error, Kind, Result};
use engine::generate::Sampling;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A request as the server saw it: its first line and headers in lower case, and its body.
struct Seen {
    head: String,
    body: Value,
}

struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// What the server does with request number n (from 0): writes whatever it likes.
type Script = dyn Fn(usize, &mut TcpStream) + Send + Sync;

impl Server {
    fn start(script: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> Self {
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
                    let number = {
                        let mut seen = seen.lock().unwrap();
                        seen.push(request);
                        seen.len() - 1
                    };
                    script(number, &mut stream);
                });
            }
        });
        server
    }

    fn remote(&self, options: RemoteOptions) -> Remote {
        let key = Key::new("PMTUNE_API_KEY", "sk-secret").unwrap();
        let backoff =
            Backoff { first: Duration::from_millis(1), most: Duration::from_millis(1200), ..Backoff::default() };
        Remote::new(Endpoint::parse(&format!("openai:{}#tiny", self.address)).unwrap(), Some(key), &options, backoff)
    }

    fn requests(&self) -> usize {
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

fn reply(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let head =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}", body.len());
    // The client may have gone away meanwhile.
    let _ = stream.write_all(head.as_bytes());
}

fn completion(text: &str) -> String {
    json!({
        "choices": [{ "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 11, "completion_tokens": 3 },
    })
    .to_string()
}

fn request(id: usize) -> Request {
    Request {
        id,
        version: 0,
        messages: vec![Message::new(Role::System, "Be brief."), Message::new(Role::User, format!("question {id}"))],
        task: Task::Write { weighed: Vec::new() },
        sampling: Sampling::default(),
    }
}

fn options() -> RemoteOptions {
    RemoteOptions { concurrency: 1, timeout: Duration::from_secs(20), tries: 4 }
}

/// What came of all requests, in order of their ids, and of the endpoint as a whole.
fn ask(remote: &Remote, requests: Vec<Request>) -> (Vec<Result<Answer>>, Result<()>) {
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
fn ask_one(server: &Server) -> Result<Answer> {
    let (mut answers, outcome) = ask(&server.remote(options()), vec![request(0)]);
    outcome.and_then(|()| answers.pop().unwrap())
}

fn error_of(script: impl Fn(usize, &mut TcpStream) + Send + Sync + 'static) -> (Error, usize) {
    let server = Server::start(script);
    let error = ask_one(&server).unwrap_err();
    let text = error.to_string();
    assert!(!text.contains("sk-secret"), "{text}");
    assert_eq!(error.kind, Kind::Network);
    (error, server.requests())
}

#[test]
fn an_answer_comes_with_its_tokens_and_only_what_is_set_is_sent() {
    let server = Server::start(|_, stream| reply(stream, 200, "", &completion("Hello")));
    let answer = ask_one(&server).unwrap();
    assert_eq!((answer.text.as_str(), answer.stop), ("Hello", Stop::End));
    assert_eq!((answer.prompt_tokens, answer.output_tokens), (11, 3));
    assert!(answer.seconds > 0.0);
    let seen = server.seen.lock().unwrap();
    assert!(seen[0].head.starts_with("post /v1/chat/completions"), "{}", seen[0].head);
    assert!(seen[0].head.contains("authorization: bearer sk-secret"), "{}", seen[0].head);
    let messages = json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "question 0" }]);
    assert_eq!(
        seen[0].body,
        json!({ "model": "tiny", "messages": messages, "stream": false, "temperature": 0.0, "seed": 0, "max_tokens": 320 })
    );
}

#[test]
fn every_sampling_setting_is_sent_when_set() {
    let server = Server::start(|_, stream| reply(stream, 200, "", &completion("x")));
    let sampling = Sampling {
        temperature: 0.7,
        top_k: Some(40),
        top_p: Some(0.9),
        min_p: Some(0.05),
        repetition_penalty: 1.25,
        seed: 7,
        stop: vec!["###".into()],
        max_tokens: 9,
    };
    ask(&server.remote(options()), vec![Request { sampling, ..request(0) }]).1.unwrap();
    let mut body = server.seen.lock().unwrap()[0].body.clone();
    body.as_object_mut().unwrap().remove("messages");
    assert_eq!(
        body,
        json!({
            "model": "tiny", "stream": false, "temperature": 0.7, "seed": 7, "max_tokens": 9, "top_p": 0.9,
            "stop": ["###"], "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.25, "repeat_penalty": 1.25,
        })
    );
}

#[test]
fn a_multiple_choice_question_is_asked_in_letters_and_mapped_back() {
    let server = Server::start(|_, stream| reply(stream, 200, "", &completion("B.")));
    let task = Task::Choose { choices: vec!["Churn".into(), "Retention".into()] };
    let (answers, _) = ask(&server.remote(options()), vec![Request { task, ..request(0) }]);
    let answer = answers.into_iter().next().unwrap().unwrap();
    assert_eq!(answer.text, "Retention");
    assert!(answer.likelihoods.is_empty());
    let asked = server.seen.lock().unwrap()[0].body["messages"][1]["content"].clone();
    assert_eq!(asked, "question 0\n\nA. Churn\nB. Retention\n\nAnswer with the letter only.");
}

#[test]
fn length_missing_usage_and_empty_thoughts_are_understood() {
    let cut = r#"{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}"#;
    let server = Server::start(move |_, stream| reply(stream, 200, "", cut));
    let answer = ask_one(&server).unwrap();
    assert_eq!((answer.text.as_str(), answer.stop, answer.output_tokens), ("", Stop::Length, 0));
    let (error, requests) = error_of(|_, stream| {
        reply(stream, 200, "", r#"{"choices": [{"message": {"content": null}, "finish_reason": "stop"}]}"#)
    });
    assert!(error.to_string().contains("holds no text"), "{error}");
    assert_eq!(requests, 1);
    let filtered = r#"{"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]}"#;
    assert!(error_of(move |_, stream| reply(stream, 200, "", filtered)).0.to_string().contains("withheld"));
}

#[test]
fn a_busy_endpoint_is_asked_again_after_the_time_it_asks_for() {
    let server = Server::start(|number, stream| match number {
        0 => reply(stream, 429, "retry-after: 1\r\n", "{}"),
        1 => reply(stream, 503, "", "loading the model"),
        _ => reply(stream, 200, "", &completion("at last")),
    });
    let start = Instant::now();
    assert_eq!(ask_one(&server).unwrap().text, "at last");
    assert!(start.elapsed() >= Duration::from_secs(1), "Retry-After is kept");
    assert_eq!(server.requests(), 3);
}

#[test]
fn an_endpoint_that_stays_busy_ends_the_run_and_one_that_fails_a_question_does_not() {
    let (error, requests) = error_of(|_, stream| reply(stream, 429, "", r#"{"error": {"message": "quota"}}"#));
    assert!(error.to_string().contains("asks for fewer requests (status 429): quota"), "{error}");
    assert_eq!(requests, 4);
    let server = Server::start(|_, stream| reply(stream, 500, "", "boom"));
    let (answers, outcome) = ask(&server.remote(options()), vec![request(0), request(1)]);
    outcome.unwrap();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap_err().to_string().contains("boom")));
    assert_eq!(server.requests(), 8);
}

#[test]
fn a_refused_request_is_not_repeated_and_the_others_go_on() {
    let server = Server::start(|number, stream| match number {
        0 => reply(stream, 400, "", r#"{"error": {"message": "prompt too long"}}"#),
        _ => reply(stream, 200, "", &completion("fine")),
    });
    let (answers, outcome) = ask(&server.remote(options()), vec![request(0), request(1)]);
    outcome.unwrap();
    assert!(answers[0].as_ref().unwrap_err().to_string().contains("prompt too long"));
    assert_eq!(answers[1].as_ref().unwrap().text, "fine");
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_wrong_key_names_the_variable_and_never_the_key() {
    let said = r#"{"error": {"message": "Incorrect API key provided: sk-secret"}}"#;
    let (error, requests) = error_of(move |_, stream| reply(stream, 401, "", said));
    let text = error.to_string();
    assert!(text.contains("variable PMTUNE_API_KEY") && text.contains("provided: [key]"), "{text}");
    assert_eq!(requests, 1);
}

#[test]
fn an_unknown_model_lists_the_known_ones() {
    let (error, _) = error_of(|number, stream| match number {
        0 => reply(stream, 404, "", r#"{"error": "model 'tiny' not found"}"#),
        _ => reply(stream, 200, "", r#"{"data": [{"id": "small"}, {"id": "large"}]}"#),
    });
    let text = error.to_string();
    assert!(text.contains("model 'tiny' not found") && text.contains("it has: small, large"), "{text}");
    let (error, _) = error_of(|_, stream| reply(stream, 404, "", "nothing here"));
    assert!(error.to_string().contains("check the address"), "{error}");
}

#[test]
fn a_redirect_is_not_followed() {
    let (error, requests) = error_of(|_, stream| reply(stream, 307, "location: http://127.0.0.1:9/v1\r\n", ""));
    assert!(error.to_string().contains("redirects to http://127.0.0.1:9/v1"), "{error}");
    assert_eq!(requests, 1);
}

#[test]
fn garbage_and_broken_bodies_are_errors_in_words() {
    let (error, _) = error_of(|_, stream| reply(stream, 200, "", "<html>\u{1b}[31mhello"));
    let text = error.to_string();
    assert!(text.contains("not a chat completion") && !text.contains('\u{1b}'), "{text}");
    let (error, requests) = error_of(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"choices\":");
    });
    assert!(error.to_string().contains("broke"), "{error}");
    assert_eq!(requests, 4, "a torn answer is worth another try");
    let (error, requests) = error_of(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    assert!(error.to_string().contains("more than 8 MiB"), "{error}");
    assert_eq!(requests, 1);
}

#[test]
fn a_slow_endpoint_times_out() {
    let server = Server::start(|_, _| thread::sleep(Duration::from_secs(5)));
    let options = RemoteOptions { timeout: Duration::from_millis(100), tries: 2, ..options() };
    let (answers, outcome) = ask(&server.remote(options), vec![request(0)]);
    outcome.unwrap();
    let text = answers[0].as_ref().unwrap_err().to_string();
    assert!(text.contains("did not answer within 0.1 s"), "{text}");
    assert_eq!(server.requests(), 2);
}

#[test]
fn nobody_at_home_asks_whether_the_server_runs() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let remote = Remote::parse(&format!("openai:http://{address}#tiny"), &options()).unwrap();
    let (answers, outcome) = ask(&remote, vec![request(0), request(1)]);
    let text = outcome.unwrap_err().to_string();
    assert!(text.contains("connection refused") && text.contains("is the server running at"), "{text}");
    assert!(answers.is_empty());
    assert_eq!(remote.identity(), format!("http://{address}/v1#tiny"));
}

#[test]
fn several_questions_are_under_way_together_but_no_more_than_allowed() {
    let (most, here, seen) = (Arc::new(AtomicUsize::new(0)), AtomicUsize::new(0), AtomicUsize::new(0));
    let together = most.clone();
    let server = Server::start(move |_, stream| {
        most.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        // Nobody is answered before three are there.
        seen.fetch_add(1, Ordering::SeqCst);
        while seen.load(Ordering::SeqCst) < 3 {
            thread::sleep(Duration::from_millis(1));
        }
        here.fetch_sub(1, Ordering::SeqCst);
        reply(stream, 200, "", &completion("x"));
    });
    let options = RemoteOptions { concurrency: 3, ..options() };
    let (answers, outcome) = ask(&server.remote(options), (0..12).map(request).collect());
    outcome.unwrap();
    assert_eq!(answers.len(), 12);
    assert_eq!(together.load(Ordering::SeqCst), 3);
}

#[test]
fn a_break_is_heard_before_any_answer_comes() {
    let (release, released) = std::sync::mpsc::channel::<()>();
    let released = Mutex::new(released);
    let server = Server::start(move |_, stream| {
        // Answers only once the client has given up; the test would fail by its assertion, not hang.
        let _ = released.lock().unwrap().recv();
        reply(stream, 200, "", &completion("too late"));
    });
    let mut events = Vec::new();
    let outcome = server.remote(options()).answer((0..3).map(request).collect(), &mut |event| {
        events.push(event);
        ControlFlow::Break(())
    });
    drop(release);
    outcome.unwrap();
    assert!(matches!(events[..], [Event::Tokens(0)]), "{events:?}");
}
