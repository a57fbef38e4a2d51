//! Against a small server on the loopback.

use super::testing::{Server, ask, ask_one, completion, error_of, options, reply, request};
use super::{Remote, RemoteOptions};
use crate::provider::{Event, Provider, Request, Stop, Task};
use engine::generate::Sampling;
use serde_json::json;
use std::io::Write;
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

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
        json: engine::generate::Json::Object,
    };
    ask(&server.remote(options()), vec![Request { sampling, ..request(0) }]).1.unwrap();
    let mut body = server.seen.lock().unwrap()[0].body.clone();
    body.as_object_mut().unwrap().remove("messages");
    assert_eq!(
        body,
        json!({
            "model": "tiny", "stream": false, "temperature": 0.7, "seed": 7, "max_tokens": 9, "top_p": 0.9,
            "stop": ["###"], "top_k": 40, "min_p": 0.05, "repetition_penalty": 1.25, "repeat_penalty": 1.25,
            "response_format": {"type": "json_object"},
        })
    );
}

#[test]
fn a_multiple_choice_question_is_asked_in_letters() {
    let server = Server::start(|_, stream| reply(stream, 200, "", &completion("B.")));
    let task = Task::Choose { choices: vec!["Churn".into(), "Retention".into()] };
    let (answers, _) = ask(&server.remote(options()), vec![Request { task, ..request(0) }]);
    let answer = answers.into_iter().next().unwrap().unwrap();
    assert_eq!((answer.text.as_str(), answer.stop), ("B.", Stop::End), "what the model wrote is kept");
    assert!(answer.likelihoods.is_empty());
    // The first request looked for log-probabilities.
    let asked = server.seen.lock().unwrap()[1].body["messages"][1]["content"].clone();
    assert_eq!(asked, "question 0\n\nA. Churn\nB. Retention\n\nAnswer with the letter only.");
}

#[test]
fn length_missing_usage_and_empty_thoughts_are_understood() {
    let cut = r#"{"choices": [{"message": {"content": null}, "finish_reason": "length"}]}"#;
    let server = Server::start(move |_, stream| reply(stream, 200, "", cut));
    let answer = ask_one(&server).unwrap();
    assert_eq!((answer.text.as_str(), answer.stop, answer.output_tokens), ("", Stop::Length, 0));
    let (error, requests) = error_of(|_, stream| reply(stream, 200, "", r#"{"choices": []}"#));
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
