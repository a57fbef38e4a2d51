//! Against a real OpenAI-compatible server, named by `PMTUNE_TEST_ENDPOINT` (`openai:URL#model`).
//! `tests/peers/llama_cpp_server.py` starts llama.cpp's server and runs this.

use engine::chat::{Message, Role};
use engine::error::Result;
use engine::generate::Sampling;
use pmtune::provider::{Answer, Event, Provider, Remote, RemoteOptions, Request, Stop, Task};
use std::ops::ControlFlow;

fn remote(change: impl Fn(String) -> String) -> Remote {
    let endpoint = std::env::var("PMTUNE_TEST_ENDPOINT").expect("PMTUNE_TEST_ENDPOINT names the endpoint");
    Remote::parse(&change(endpoint), &RemoteOptions::default()).unwrap()
}

fn request(id: usize, prompt: &str, task: Task, sampling: Sampling) -> Request {
    Request { id, version: 0, messages: vec![Message::new(Role::User, prompt)], task, sampling }
}

fn write(prompt: &str, sampling: Sampling) -> Request {
    request(0, prompt, Task::Write { weighed: Vec::new() }, sampling)
}

fn ask(requests: Vec<Request>) -> Vec<Result<Answer>> {
    let mut answers: Vec<(usize, Result<Answer>)> = Vec::new();
    let outcome = remote(|endpoint| endpoint).answer(requests, &mut |event| {
        if let Event::Done { id, answer } = event {
            answers.push((id, answer));
        }
        ControlFlow::Continue(())
    });
    outcome.unwrap();
    answers.sort_by_key(|(id, _)| *id);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn ask_one(request: Request) -> Answer {
    ask(vec![request]).pop().unwrap().unwrap()
}

#[test]
#[ignore = "needs PMTUNE_TEST_ENDPOINT; see tests/peers/llama_cpp_server.py"]
fn a_real_endpoint_answers_and_counts_its_tokens() {
    let answer = ask_one(write("What is the capital of France?", Sampling { max_tokens: 16, ..Default::default() }));
    assert!(!answer.text.trim().is_empty());
    assert!(answer.prompt_tokens > 5 && (1..=16).contains(&answer.output_tokens), "{answer:?}");
}

#[test]
#[ignore = "needs PMTUNE_TEST_ENDPOINT; see tests/peers/llama_cpp_server.py"]
fn length_and_stop_strings_reach_the_endpoint() {
    let prompt = "Count from one to fifty, in words, separated by commas.";
    let cut = ask_one(write(prompt, Sampling { max_tokens: 12, ..Default::default() }));
    assert_eq!((cut.stop, cut.output_tokens), (Stop::Length, 12));
    let sampling = Sampling { max_tokens: 24, stop: vec!["three".into()], ..Default::default() };
    let stopped = ask_one(write(prompt, sampling));
    assert!(!stopped.text.to_lowercase().contains("three"), "{}", stopped.text);
}

#[test]
#[ignore = "needs PMTUNE_TEST_ENDPOINT; see tests/peers/llama_cpp_server.py"]
fn sampling_and_seed_reach_the_endpoint() {
    let sampling = |seed| Sampling {
        temperature: 1.5,
        top_k: Some(40),
        top_p: Some(0.95),
        min_p: Some(0.01),
        repetition_penalty: 1.1,
        seed,
        max_tokens: 12,
        ..Default::default()
    };
    let text = |seed| ask_one(write("Name a product.", sampling(seed))).text;
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
#[ignore = "needs PMTUNE_TEST_ENDPOINT; see tests/peers/llama_cpp_server.py"]
fn several_questions_come_back_to_their_askers_and_one_too_long_harms_no_other() {
    let short = Sampling { max_tokens: 4, ..Default::default() };
    let ask_words = |(id, words): (usize, &usize)| {
        request(id, &"word ".repeat(*words), Task::Write { weighed: Vec::new() }, short.clone())
    };
    let answers = ask([10, 40, 20, 5000].iter().enumerate().map(ask_words).collect());
    let prompt_tokens = |id: usize| answers[id].as_ref().unwrap().prompt_tokens;
    assert_eq!((prompt_tokens(1) - prompt_tokens(2), prompt_tokens(2) - prompt_tokens(0)), (20, 10));
    let error = answers[3].as_ref().unwrap_err().to_string();
    assert!(error.contains("status"), "{error}");
}

#[test]
#[ignore = "needs PMTUNE_TEST_ENDPOINT; see tests/peers/llama_cpp_server.py"]
fn a_multiple_choice_question_gets_one_of_its_choices() {
    let choices: Vec<String> = ["Paris", "Berlin", "Madrid"].map(String::from).to_vec();
    let task = Task::Choose { choices: choices.clone() };
    let sampling = Sampling { max_tokens: 12, ..Default::default() };
    let answer = ask_one(request(0, "Which is the capital of France?", task, sampling));
    let text = answer.text.trim_start_matches(['*', '(', ' ']);
    let named = text.starts_with(['A', 'B', 'C']) || choices.iter().any(|choice| text.contains(choice));
    assert!(named, "{}", answer.text);
}
