//! Against a server that tells real log-probabilities of its prompts, from a table that can be added up by hand.

use super::testing::{Server, completion, notes, options, request};
use crate::provider::{Answer, Likelihood, Request, Stop, Task};
use serde_json::{Value, json};

/// What becomes of a server that does less than it could.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Whole,
    /// Leaves every turn open.
    NeverCloses,
    /// Merges the last token of the prompt with the answer's first.
    Merges,
}

/// ln p(word | what stands before it).
fn log_prob(before: &[String], word: &str) -> f64 {
    let asked = before.iter().any(|word| word == "lost");
    match (before.last().map_or("", String::as_str), word) {
        ("\n", "Churn") => {
            if asked {
                -1.0
            } else {
                -4.0
            }
        }
        ("Churn", "</s>") => -0.5,
        ("\n", "North") => -2.0,
        ("North", "star") => -0.25,
        ("star", "</s>") => -0.125,
        // Whatever stands behind the end of a turn must not count.
        ("</s>", _) => -99.0,
        _ => -3.0,
    }
}

/// The conversation as a chat template writes it, in words.
fn rendered(body: &Value, kind: Kind) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let messages = body["messages"].as_array().unwrap();
    for (place, message) in messages.iter().enumerate() {
        words.extend(["<s>".into(), message["role"].as_str().unwrap().into(), "\n".into()]);
        words.extend(message["content"].as_str().unwrap().split(' ').map(String::from));
        let open = body["continue_final_message"] == true
            || kind == Kind::NeverCloses && body["add_generation_prompt"] == false;
        if !(open && place + 1 == messages.len()) {
            words.extend(["</s>".into(), "\n".into()]);
        }
    }
    if body["add_generation_prompt"] == true {
        assert_ne!(body["continue_final_message"], true, "servers refuse both");
        words.extend(["<s>".into(), "assistant".into(), "\n".into()]);
    } else if kind == Kind::Merges {
        let at = words.iter().rposition(|word| word == "assistant").unwrap() + 1;
        let merged = words.remove(at) + &words[at].clone();
        words[at] = merged;
    }
    words
}

/// Every word its own id.
fn id(word: &str) -> u32 {
    word.bytes().fold(7, |id, byte| id.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

fn weighing(body: &Value, kind: Kind) -> (u16, Value) {
    let mut reply: Value = serde_json::from_str(&completion("Churn")).unwrap();
    if let Some(asked) = body.get("prompt_logprobs") {
        assert_eq!((asked, &body["max_tokens"]), (&json!(0), &json!(1)));
        let words = rendered(body, kind);
        let told = |at: usize| {
            let entry = json!({ "logprob": log_prob(&words[..at], &words[at]), "rank": 5, "decoded_token": words[at] });
            if at == 0 { Value::Null } else { json!({ id(&words[at]).to_string(): entry }) }
        };
        reply["prompt_logprobs"] = (0..words.len()).map(told).collect();
    }
    (200, reply)
}

fn question(id: usize, task: Task) -> Request {
    let mut request = Request { task, ..request(id) };
    request.messages[1].content = "What counts customers lost ?".into();
    request
}

fn texts() -> Vec<String> {
    ["Churn", "North star"].map(String::from).to_vec()
}

fn asked(kind: Kind, task: Task) -> (Answer, Vec<String>) {
    let server = Server::json(move |body| weighing(body, kind));
    let (mut answers, notes) = notes(&server.remote(options()), vec![question(0, task)]);
    (answers.remove(0), notes)
}

fn expected() -> Vec<Likelihood> {
    let of = |text: &str, log_prob, tokens, unasked| Likelihood {
        text: text.into(),
        log_prob,
        tokens,
        unasked: Some(unasked),
    };
    // Churn: -1 - 0.5 behind the question, -4 - 0.5 without; North star: -2 - 0.25 - 0.125 both times.
    vec![of("Churn", -1.5, 2, -4.5), of("North star", -2.375, 3, -2.375)]
}

#[test]
fn texts_weigh_what_their_tokens_and_the_end_of_the_turn_add_up_to() {
    let (answer, notes) = asked(Kind::Whole, Task::Weigh { texts: texts() });
    assert_eq!(answer.likelihoods, expected());
    assert_eq!((answer.stop, answer.margin("Churn")), (Stop::Scored, Some(1.5)));
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn choices_are_weighed_and_a_written_answer_has_its_reference_beside_it() {
    let (answer, _) = asked(Kind::Whole, Task::Choose { choices: texts() });
    assert_eq!((answer.text.as_str(), answer.stop, answer.likelihoods), ("Churn", Stop::Scored, expected()));
    let (answer, _) = asked(Kind::Whole, Task::Write { weighed: texts() });
    assert_eq!((answer.text.as_str(), answer.stop, answer.output_tokens), ("Churn", Stop::End, 3));
    assert_eq!((answer.reference_nll, answer.likelihoods), (Some(0.75), expected()));
    let (answer, _) = asked(Kind::Whole, Task::Write { weighed: Vec::new() });
    assert!(answer.likelihoods.is_empty());
}

#[test]
fn without_the_end_of_a_turn_the_text_alone_counts_and_that_is_told() {
    let (answer, notes) = asked(Kind::NeverCloses, Task::Weigh { texts: texts() });
    let sums: Vec<_> = answer.likelihoods.iter().map(|text| (text.log_prob, text.tokens, text.unasked)).collect();
    assert_eq!(sums, [(-1.0, 1, Some(-4.0)), (-2.25, 2, Some(-2.25))]);
    assert!(notes.len() == 1 && notes[0].contains("without the token that ends"), "{notes:?}");
}

#[test]
fn a_prompt_that_changes_with_its_answer_weighs_nothing() {
    let (answer, notes) = asked(Kind::Merges, Task::Weigh { texts: texts() });
    assert!(answer.likelihoods.is_empty() && answer.stop == Stop::Scored);
    assert!(notes.len() == 1 && notes[0].contains("same tokens"), "{notes:?}");
}

#[test]
fn a_server_that_does_not_tell_is_asked_once_and_the_rest_goes_on() {
    let refuses = |body: &Value| match body.get("prompt_logprobs") {
        Some(_) => (400, json!({ "error": { "message": "Unrecognized request argument supplied: prompt_logprobs" } })),
        None => (200, serde_json::from_str(&completion("B")).unwrap()),
    };
    let silent = |_: &Value| (200, serde_json::from_str(&completion("B")).unwrap());
    for server in [Server::json(refuses), Server::json(silent)] {
        let tasks = [
            Task::Weigh { texts: texts() },
            Task::Weigh { texts: texts() },
            Task::Choose { choices: texts() },
            Task::Write { weighed: texts() },
        ];
        let requests = tasks.into_iter().enumerate().map(|(id, task)| question(id, task)).collect();
        let (answers, notes) = notes(&server.remote(options()), requests);
        let texts: Vec<_> = answers.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts, ["", "", "B", "B"]);
        assert!(answers.iter().all(|answer| answer.likelihoods.is_empty()));
        assert!(notes.len() == 1 && notes[0].contains("prompt_logprobs"), "{notes:?}");
        assert_eq!(server.requests(), 3, "one look, two answers");
    }
}
