//! Answers, whole and streamed.

use super::fixture::{CONTEXT, Reply, Served, question_to, workspace};
use engine::chat::{Message, Role};
use engine::files;
use engine::generate::Sampling;
use pmtune::provider::{Event, Local, Provider, Request, Task};
use pmtune::registry;
use pmtune::work::sources::{self, Source};
use pmtune::work::{Event as Told, Sink};
use pmtune::workspace::Workspace;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;

struct Quiet;

impl Sink for Quiet {
    fn tell(&self, _: Told<'_>) {}
}

/// What the version answers in this process.
fn here(root: &Path, model: &str, question: &str, sampling: impl Fn(Sampling) -> Sampling) -> (String, usize, usize) {
    let workspace = Workspace::open(root).unwrap();
    let version = registry::resolve(&workspace, model).unwrap();
    let mut messages = version.messages();
    messages.push(Message::new(Role::User, question));
    let (versions, sources) = sources::open(&workspace, vec![version], &Quiet).unwrap();
    let Source::Local { base, adapter } = &sources[0] else { panic!("it is here") };
    let local = Local::new(files::open(&base.path).unwrap(), std::slice::from_ref(adapter)).unwrap();
    let sampling = sampling(versions[0].sampling.clone());
    let request = Request { id: 0, version: 0, messages, task: Task::Write { weighed: vec![] }, sampling };
    let mut found = None;
    let sink = &mut |event| {
        if let Event::Done { answer, .. } = event {
            found = Some(answer.unwrap());
        }
        ControlFlow::Continue(())
    };
    local.answer(vec![request], sink).unwrap();
    let answer = found.unwrap();
    (answer.text, answer.prompt_tokens, answer.output_tokens)
}

/// The text of a stream, and its pieces.
fn streamed(reply: &Reply) -> (String, Vec<Value>) {
    let pieces = reply.pieces();
    let text = pieces.iter().filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str()).collect();
    (text, pieces)
}

#[test]
fn what_is_served_is_what_the_version_answers_whole_or_streamed() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let mut texts = Vec::new();
    for (id, version) in [("v1", "Tiny-v1"), ("Tiny-v1", "Tiny-v1"), ("primary", "Tiny-v2"), ("base", "base")] {
        let (text, prompt_tokens, tokens) = here(root.path(), version, "When is it due?", |sampling| sampling);
        let reply = server.chat(id, "When is it due?", Value::Null);
        assert_eq!(reply.text(), text, "{id}");
        let body = reply.json();
        assert_eq!((body["object"].as_str(), body["model"].as_str()), (Some("chat.completion"), Some(id)));
        assert_eq!(body["choices"][0]["message"]["role"], "assistant");
        assert_eq!(body["choices"][0]["finish_reason"], if tokens == 12 { "length" } else { "stop" });
        let usage = json!({"prompt_tokens": prompt_tokens, "completion_tokens": tokens, "total_tokens": prompt_tokens + tokens});
        assert_eq!(body["usage"], usage);
        assert_eq!(reply.header("x-pmtune-version"), Some(version.to_lowercase().as_str()));
        assert_eq!(reply.header("x-pmtune-system"), Some(if version == "Tiny-v1" { "version" } else { "none" }));
        let (pieces, _) = streamed(&server.chat(id, "When is it due?", json!({"stream": true})));
        assert_eq!(pieces, text, "{id}");
        texts.push(text);
    }
    assert_ne!(texts[0], texts[2], "the adapter and the prompt tell");
    // Every field of the request goes before the version's.
    let warm = |sampling| Sampling { temperature: 1.0, seed: 9, max_tokens: 30, stop: vec!["e".into()], ..sampling };
    let (text, ..) = here(root.path(), "Tiny-v1", "Go", warm);
    let more =
        json!({"temperature": 1, "seed": 9, "max_completion_tokens": 30, "stop": "e", "tools": [], "x": {"y": 1}});
    assert_eq!(server.chat("v1", "Go", more).text(), text);
}

#[test]
fn a_stream_keeps_to_the_form() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let reply = server.chat("primary", "When?", json!({"stream": true}));
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let (_, pieces) = streamed(&reply);
    assert_eq!(pieces[0]["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert!(pieces.iter().all(|piece| piece["id"] == pieces[0]["id"] && piece["object"] == "chat.completion.chunk"));
    assert!(pieces.iter().all(|piece| piece.get("usage").is_none() && piece["choices"].as_array().unwrap().len() == 1));
    let (last, before) = pieces.split_last().unwrap();
    assert_eq!(
        (&last["choices"][0]["delta"], last["choices"][0]["finish_reason"].as_str()),
        (&json!({}), Some("length"))
    );
    assert_eq!(last["timings"]["predicted_n"], 12);
    assert!(before.iter().all(|piece| piece["choices"][0]["finish_reason"].is_null()));

    let counted = json!({"stream": true, "stream_options": {"include_usage": true}});
    let (_, pieces) = streamed(&server.chat("primary", "When?", counted));
    let (last, before) = pieces.split_last().unwrap();
    assert_eq!((&last["choices"], last["usage"]["completion_tokens"].as_u64()), (&json!([]), Some(12)));
    assert!(before.iter().all(|piece| piece.get("usage").is_none()));
}

#[test]
fn many_ask_at_once_and_each_gets_the_answer_of_its_version() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let models = ["v1", "primary", "base"];
    let ask = |i: usize, stream: bool| {
        let more = json!({"stream": stream, "temperature": 0.8, "seed": i, "max_tokens": 5 + i % 40});
        server.send(
            "POST",
            "/v1/chat/completions",
            &[],
            &question_to(models[i % 3], &format!("Item {i}"), more).to_string(),
        )
    };
    let alone: Vec<String> = (0..24).map(|i| Reply::read(ask(i, false)).text()).collect();
    let together: Vec<_> = (0..24).map(|i| ask(i, i % 2 == 0)).collect();
    for (i, stream) in together.into_iter().enumerate() {
        let reply = Reply::read(stream);
        let text = if i % 2 == 0 { streamed(&reply).0 } else { reply.text() };
        assert_eq!(text, alone[i], "{i}");
    }
}

#[test]
fn a_plain_completion_goes_on_with_the_text_as_it_stands() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let body = json!({"model": "primary", "prompt": "The plan is", "max_tokens": 6});
    let reply = server.post("/v1/completions", &body);
    assert_eq!(reply.json()["object"], "text_completion");
    let (text, prompt_tokens) = (reply.text(), reply.json()["usage"]["prompt_tokens"].as_u64().unwrap());
    let chat = server.chat("primary", "The plan is", json!({"max_tokens": 6}));
    assert!(prompt_tokens < chat.json()["usage"]["prompt_tokens"].as_u64().unwrap(), "no template");
    let body = json!({"model": "primary", "prompt": ["The plan is"], "max_tokens": 6, "stream": true});
    let pieces = server.post("/v1/completions", &body).pieces();
    let joined: String = pieces.iter().map(|piece| piece["choices"][0]["text"].as_str().unwrap()).collect();
    assert_eq!(joined, text);
    assert!(pieces.iter().all(|piece| piece["object"] == "text_completion"));
}

#[test]
fn the_context_ends_every_answer_and_refuses_a_prompt_that_fills_it() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let body = server.chat("primary", "When?", json!({"max_tokens": -1, "temperature": 1})).json();
    let used = body["usage"]["total_tokens"].as_u64().unwrap();
    assert!(used <= CONTEXT as u64, "{body}");
    let long = "word ".repeat(CONTEXT);
    for stream in [false, true] {
        let reply = server.chat("primary", &long, json!({"stream": stream}));
        assert_eq!((reply.status, reply.code().as_str()), (400, "context_length_exceeded"));
        let numbers: Vec<usize> =
            reply.message().split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        assert!(numbers[0] == CONTEXT && numbers[1] > CONTEXT, "{}", reply.message());
    }
}

#[test]
fn what_must_be_json_is_json_whole_or_streamed() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let schema = json!({"type": "object", "properties": {"due": {"const": "yes – é"}, "n": {"enum": [1, 2, 3]}},
        "required": ["due", "n"]});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}});
    for (model, stream) in [("v1", false), ("primary", true)] {
        let more = json!({"response_format": format, "max_tokens": 90, "stream": stream});
        let reply = server.chat(model, "When is it due?", more);
        let (text, finish) = match stream {
            false => (reply.text(), reply.json()["choices"][0]["finish_reason"].clone()),
            true => {
                let (text, pieces) = streamed(&reply);
                let finish =
                    pieces.iter().map(|piece| piece["choices"][0]["finish_reason"].clone()).rfind(Value::is_string);
                (text, finish.unwrap())
            }
        };
        assert_eq!(finish, "stop", "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["due"], "yes – é");
        assert!(answer["n"].is_u64() && answer.as_object().unwrap().len() == 2, "{text}");
    }
}
