//! What is refused, and what is passed over with a word.

use super::fixture::{Reply, Served, workspace};
use serde_json::json;
use std::io::Write;

#[test]
fn what_cannot_be_kept_is_refused_by_name() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    for (more, code, param) in [
        (json!({"n": 2}), "unsupported", "n"),
        (json!({"response_format": {"type": "json_schema", "json_schema": {}}}), "invalid_value", "response_format"),
        (
            json!({"response_format": {"type": "json_object", "schema": {"not": {}}}}),
            "invalid_value",
            "response_format",
        ),
        (json!({"tool_choice": "required"}), "unsupported", "tool_choice"),
        (json!({"tool_choice": {"type": "function", "function": {"name": "f"}}}), "unsupported", "tool_choice"),
        (json!({"logprobs": true, "top_logprobs": 3}), "unsupported", "logprobs"),
        (json!({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}), "unsupported", "messages"),
        (json!({"messages": []}), "invalid_value", "messages"),
        (json!({"temperature": "warm"}), "invalid_value", "temperature"),
        (json!({"max_tokens": 0}), "invalid_value", "max_tokens"),
        (json!({"model": null}), "invalid_value", "model"),
        (json!({"stream": "yes"}), "invalid_value", "stream"),
    ] {
        let reply = server.chat("primary", "Hi", more.clone());
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{more}: {}", reply.body);
        let error = reply.json()["error"].clone();
        assert_eq!((error["param"].as_str(), error["type"].as_str()), (Some(param), Some("invalid_request_error")));
    }
    for body in ["", "{", "[]", "{\"model\": \"primary\", \"messages\": 7}"] {
        let reply = server.ask("POST", "/v1/chat/completions", &[], body);
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid_json"), "{body}");
    }
    for more in [json!({"prompt": ["a", "b"]}), json!({"prompt": ""}), json!({"prompt": "a", "echo": true})] {
        let mut body = json!({"model": "primary"});
        more.as_object().unwrap().iter().for_each(|(key, value)| body[key] = value.clone());
        assert_eq!(server.post("/v1/completions", &body).status, 400, "{body}");
    }
}

#[test]
fn tools_are_answered_in_words_and_the_answer_says_so() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let more = json!({
        "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto", "presence_penalty": 0.5,
        "response_format": {"type": "text"}, "n": 1, "logprobs": false, "user": "me", "store": true, "ttl": 60,
    });
    let reply = server.chat("primary", "Hi", more);
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("x-pmtune-ignored"), Some("tools, presence_penalty"));
    assert_eq!(server.chat("primary", "Hi", json!({"presence_penalty": 0})).header("x-pmtune-ignored"), None);
}

#[test]
fn large_bodies_are_taken_up_to_a_limit() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    // A field that nobody knows, of seven megabytes.
    let reply = server.chat("primary", "Hi", json!({"metadata": "x".repeat(7 << 20)}));
    assert_eq!(reply.status, 200);
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: 9000000\r\n\r\n",
        server.port
    );
    stream.write_all(head.as_bytes()).unwrap();
    let reply = Reply::read(stream);
    assert_eq!((reply.status, reply.code().as_str()), (413, "request_too_large"));
}

#[test]
fn who_finds_all_places_taken_is_told_to_come_again() {
    let root = workspace();
    let server = Served::start(root.path(), &["--queue", "1"]);
    // A request that does not come in whole holds the only place.
    let mut slow = server.connect();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost:{}\r\nContent-Length: 500\r\n\r\n{{",
        server.port
    );
    slow.write_all(head.as_bytes()).unwrap();
    let asked = || server.chat("primary", "Hi", json!({}));
    let refused = (0..200).map(|_| asked()).find(|reply| reply.status == 429).expect("the place is taken");
    assert_eq!((refused.header("retry-after"), refused.code().as_str()), (Some("2"), "queue_full"));
    drop(slow);
    assert!((0..200).any(|_| asked().status == 200), "the place is free again");
}
