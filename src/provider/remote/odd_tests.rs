//! Servers that are a little or very much unlike OpenAI's.

use super::testing::{Server, ask, ask_one, completion, error_of, notes, options, reply, request};
use super::{Parameter, RemoteOptions};
use crate::provider::{Request, Stop};
use engine::generate::Sampling;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

fn good() -> Value {
    serde_json::from_str(&completion("Ship it.")).unwrap()
}

/// As newer models of OpenAI do: one complaint at a time.
fn reasoning_model(body: &Value) -> (u16, Value) {
    let fault = |message: &str, param: &str| (400, json!({ "error": { "message": message, "param": param } }));
    if body.get("max_tokens").is_some() {
        return fault("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens");
    }
    if body.get("temperature").is_some_and(|value| value != 1) {
        return fault("Unsupported value: 'temperature' must be 1 with this model.", "temperature");
    }
    (200, good())
}

#[test]
fn a_refused_setting_is_left_out_for_the_rest_and_told_once() {
    let server = Server::json(reasoning_model);
    let (answers, notes) = notes(&server.remote(options()), (0..3).map(request).collect());
    assert!(answers.iter().all(|answer| answer.text == "Ship it."));
    assert_eq!(server.requests(), 5, "two refusals, then three answers");
    let last = server.seen.lock().unwrap()[4].body.clone();
    assert_eq!((&last["max_completion_tokens"], last.get("max_tokens")), (&json!(320), None));
    assert_eq!((&last["seed"], last.get("temperature")), (&json!(0), None));
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("`max_completion_tokens`") && notes[1].contains("`temperature`"), "{notes:?}");
}

#[test]
fn many_workers_learn_together_and_tell_once() {
    let server = Server::json(reasoning_model);
    let options = RemoteOptions { concurrency: 8, ..options() };
    let (answers, notes) = notes(&server.remote(options), (0..16).map(request).collect());
    assert_eq!((answers.len(), notes.len()), (16, 2), "{notes:?}");
}

#[test]
fn a_seed_may_be_refused_in_the_words_of_a_validator() {
    let refusal = json!({ "detail": [{ "type": "extra_forbidden", "loc": ["body", "seed"], "msg": "extra input" }] });
    let server = Server::json(move |body| match body.get("seed") {
        Some(_) => (422, refusal.clone()),
        None => (200, good()),
    });
    assert_eq!(ask_one(&server).unwrap().text, "Ship it.");
    let (error, requests) =
        error_of(|_, stream| reply(stream, 400, "", r#"{"error": "seed and temperature are unsupported"}"#));
    assert!(error.to_string().contains("leave-out"), "what refuses everything ends: {error}");
    assert!(requests <= 4, "{requests}");
}

#[test]
fn settings_left_out_by_the_user_are_never_sent_and_stop_strings_hold_all_the_same() {
    let server = Server::start(|_, stream| reply(stream, 200, "", &completion("one ### two")));
    let leave_out = [Parameter::Seed, Parameter::Stop, Parameter::MaxTokens].into();
    let sampling = Sampling { stop: vec!["###".into()], ..Sampling::default() };
    let remote = server.remote(RemoteOptions { leave_out, ..options() });
    let (answers, notes) = notes(&remote, vec![Request { sampling, ..request(0) }]);
    assert_eq!((answers[0].text.as_str(), answers[0].stop), ("one ", Stop::StopString));
    let body = server.seen.lock().unwrap()[0].body.clone();
    let keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["model", "messages", "stream", "temperature"]);
    assert_eq!(notes.len(), 3, "{notes:?}");
}

#[test]
fn an_error_inside_a_success_is_treated_as_its_own_status() {
    let timed_out = json!({ "error": { "message": "upstream timed out", "code": 502 } }).to_string();
    let server = Server::start(move |number, stream| {
        let body = if number < 2 { timed_out.clone() } else { completion("at last") };
        reply(stream, 200, "", &body);
    });
    assert_eq!(ask_one(&server).unwrap().text, "at last");
    assert_eq!(server.requests(), 3);
    let (error, requests) = error_of(|_, stream| {
        reply(stream, 200, "", r#"{"error": {"message": "balance of sk-secret is used up", "code": 402}}"#)
    });
    assert!(error.to_string().contains("(status 402 inside a success): balance of [key] is used up"), "{error}");
    assert_eq!(requests, 1);
    let (error, requests) = error_of(|_, stream| reply(stream, 200, "", r#"{"error": "the model is gone"}"#));
    assert!(error.to_string().contains("the model is gone"), "{error}");
    assert_eq!(requests, 1);
}

#[test]
fn one_bad_byte_or_half_a_surrogate_costs_no_answer() {
    for (body, said) in [
        (&b"{\"choices\": [{\"message\": {\"content\": \"caf\xe9\"}}]}"[..], "caf\u{fffd}"),
        (br#"{"choices": [{"message": {"content": "half \ud83d"}}]}"#, "half \u{fffd}"),
        (b"\xef\xbb\xbf{\"choices\": [{\"message\": {\"content\": \"marked\"}}]}", "marked"),
        (br#"{"choices": [{"message": {"content": "x"}, "logprobs": {"n": NaN}}]}"#, "x"),
    ] {
        let server = Server::start(move |_, stream| {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(body);
        });
        assert_eq!(ask_one(&server).unwrap().text, said);
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_unpacks_past_the_limit_is_refused_while_it_unpacks() {
    let send = |packing: &'static str, body: Vec<u8>| {
        move |_, stream: &mut std::net::TcpStream| {
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-encoding: {packing}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            let _ = stream.write_all(&body);
        }
    };
    let server = Server::start(send("gzip", packed(completion("packed").as_bytes())));
    assert_eq!(ask_one(&server).unwrap().text, "packed");
    let bomb = packed(&completion(&" ".repeat(64 << 20)).into_bytes());
    assert!(bomb.len() < 1 << 20);
    let (error, requests) = error_of(send("gzip", bomb));
    assert!(error.to_string().contains("more than 8 MiB"), "{error}");
    assert_eq!(requests, 1);
    let (error, _) = error_of(send("deflate", vec![1; 100]));
    assert!(error.to_string().contains("deflate"), "{error}");
}

#[test]
fn thoughts_alone_are_an_empty_answer_and_why_is_told_once() {
    let only = json!({ "choices": [{ "message": { "content": null, "reasoning_content": "Ship it." }, "finish_reason": "stop" }] });
    let server = Server::json(move |_| (200, only.clone()));
    let (answers, notes) = notes(&server.remote(options()), (0..2).map(request).collect());
    assert!(answers.iter().all(|answer| answer.text.is_empty()));
    assert!(notes.len() == 1 && notes[0].contains("reasoning_content"), "{notes:?}");
}

#[test]
fn a_stream_that_breaks_off_is_asked_for_again() {
    let server = Server::start(|number, stream| {
        let end = if number == 0 { "" } else { "data: [DONE]\n\n" };
        let body = format!("data: {{\"choices\": [{{\"delta\": {{\"content\": \"streamed\"}}}}]}}\n\n{end}");
        reply(stream, 200, "content-type: text/event-stream\r\n", &body);
    });
    let (answers, outcome) = ask(&server.remote(options()), vec![request(0)]);
    outcome.unwrap();
    assert_eq!(answers[0].as_ref().unwrap().text, "streamed");
    assert_eq!(server.requests(), 2);
}
