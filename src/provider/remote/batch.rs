//! Batch files as OpenAI's batches have them: one question a line, one answer a line, in any order.
//!
//! A line's `custom_id` is the hash of its body, so an answer belongs to its question whatever became of the file's order,
//! and a question that has changed since has no answer. Equal questions are asked once.

use super::json;
use super::reply::{self, Lack, Reply};
use super::request::{self, Dialect};
use super::workers::finished;
use crate::provider::{Answer, Event, Provider, Request, Task};
use engine::chat::Message;
use engine::error::{Error, Result};
use engine::generate::Sampling;
use engine::store;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

/// No line of an answer is longer; what is, is passed over.
const LONGEST_LINE_BYTES: u64 = 16 << 20;
/// Of what an engine says where it fails.
const LONGEST_WORD: usize = 300;

/// One question of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchLine {
    /// The hash of the body.
    pub id: String,
    body: Value,
}

impl BatchLine {
    /// The question as `model` is asked it.
    pub fn new(model: &str, messages: &[Message], sampling: &Sampling) -> Self {
        let body = request::body(model, messages, sampling, &Dialect::default());
        Self { id: format!("pmtune-{}", &store::hash_of(&body)[..40]), body }
    }

    /// As it stands in the file, without the line's end.
    pub fn text(&self) -> String {
        json!({"custom_id": self.id, "method": "POST", "url": "/v1/chat/completions", "body": self.body}).to_string()
    }
}

/// What came back of a batch.
#[derive(Debug, Default)]
pub struct Replies {
    answers: HashMap<String, Reply>,
    /// Why a question has no answer, by its id.
    failed: BTreeMap<String, String>,
    /// Lines that say the same question's answer again; the first one counts.
    pub doubled: usize,
    /// Lines that answer nothing that was asked, or that are none.
    pub strange: usize,
    /// Lines that break off.
    pub torn: usize,
}

impl Replies {
    /// Takes in one file of answers to `asked`; others are passed over and counted.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&mut self, path: &Path, asked: &HashSet<String>) -> Result<()> {
        let fail = |e| Error::io("read", path, e);
        let mut reader = BufReader::new(File::open(path).map_err(fail)?);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(LONGEST_LINE_BYTES).read_until(b'\n', &mut line).map_err(fail)?;
            if read == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') && read as u64 == LONGEST_LINE_BYTES {
                self.strange += 1;
                skip_line(&mut reader).map_err(fail)?;
                continue;
            }
            if !line.iter().all(u8::is_ascii_whitespace) {
                self.take(&line, asked);
            }
        }
    }

    fn take(&mut self, line: &[u8], asked: &HashSet<String>) {
        // A killed engine leaves half a line, and one that goes on writes behind it.
        let Ok(value) = json::parse(&json::text(line)) else {
            self.torn += 1;
            return;
        };
        let id = value.get("custom_id").and_then(Value::as_str).filter(|id| asked.contains(*id));
        let Some(id) = id.map(str::to_string) else {
            self.strange += 1;
            return;
        };
        match outcome(&value) {
            Ok(_) if self.answers.contains_key(&id) => self.doubled += 1,
            Ok(reply) => {
                self.failed.remove(&id);
                self.answers.insert(id, reply);
            }
            // An answer is never lost to a failure that came later.
            Err(_) if self.answers.contains_key(&id) => self.doubled += 1,
            Err(why) => _ = self.failed.insert(id, why),
        }
    }

    /// What was answered, as it stands there.
    pub fn text(&self, id: &str) -> Option<&str> {
        self.answers.get(id).map(|reply| reply.text.as_str())
    }

    /// Why a question was not answered, if the engine said so.
    pub fn failure(&self, id: &str) -> Option<&str> {
        self.failed.get(id).map(String::as_str)
    }
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let held = reader.fill_buf()?;
        if held.is_empty() {
            return Ok(());
        }
        let end = held.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
        let used = end.unwrap_or(held.len());
        reader.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

/// The answer on a line, or why there is none.
fn outcome(line: &Value) -> Result<Reply, String> {
    let said = |value: &Value| match value.get("message").and_then(Value::as_str) {
        Some(message) => message.to_string(),
        None => value.to_string(),
    };
    let clip = |text: String| text.chars().take(LONGEST_WORD).collect::<String>();
    if let Some(error) = line.get("error").filter(|error| !error.is_null()) {
        return Err(clip(said(error)));
    }
    let Some(response) = line.get("response").filter(|response| response.is_object()) else {
        return Err("the line holds no response".to_string());
    };
    let body = response.get("body").unwrap_or(&Value::Null);
    match response.get("status_code").and_then(Value::as_u64) {
        Some(200) | None => {}
        Some(status) => {
            let told = body.get("error").unwrap_or(body);
            return Err(clip(format!("status {status}: {}", said(told))));
        }
    }
    reply::answer(body.to_string().as_bytes()).map_err(|lack| {
        clip(match lack {
            Lack::Error { said, .. } => said,
            Lack::Withheld => "the answer was withheld (content filter)".to_string(),
            Lack::Torn => "the answer breaks off".to_string(),
            Lack::Strange(what) => what,
        })
    })
}

/// One version's answers out of a batch, as a provider.
pub struct Batch<'a> {
    pub replies: &'a Replies,
    /// What the version is called in the batch.
    pub model: &'a str,
    /// Where the answers come from; a run keeps it.
    pub note: &'a str,
    /// What was not answered becomes an error of its own; without it, it is left for later.
    pub finish: bool,
}

impl Provider for Batch<'_> {
    fn answer(&self, requests: Vec<Request>, sink: &mut dyn FnMut(Event) -> ControlFlow<()>) -> Result<()> {
        let mut notes = BTreeSet::new();
        let mut left = 0;
        if sink(Event::Note(self.note.to_string())).is_break() {
            return Ok(());
        }
        for request in requests {
            let id = BatchLine::new(self.model, &request.messages, &request.sampling).id;
            let Some(reply) = self.replies.answers.get(&id) else {
                let why = self.replies.failure(&id).unwrap_or("the batch holds no answer to it");
                left += 1;
                if self.finish && sink(done(&request, Err(Error::network(why.to_string())))).is_break() {
                    return Ok(());
                }
                continue;
            };
            let unweighed = matches!(&request.task, Task::Write { weighed } if !weighed.is_empty());
            let unweighed = unweighed.then(|| "references were not weighed: a batch gives no likelihoods".to_string());
            for note in reply.remark.iter().cloned().chain(unweighed).filter(|note| notes.insert(note.clone())) {
                if sink(Event::Note(note)).is_break() {
                    return Ok(());
                }
            }
            // How long an answer took is not told.
            if sink(done(&request, Ok(finished(reply.clone(), &request.sampling, 0.0)))).is_break() {
                return Ok(());
            }
        }
        match left {
            0 => Ok(()),
            _ if self.finish => Ok(()),
            left => Err(Error::network(format!("the batch lacks answers to {left} of the questions"))),
        }
    }
}

fn done(request: &Request, answer: Result<Answer>) -> Event {
    Event::Done { id: request.id, answer }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Stop;
    use engine::chat::Role;

    fn line(prompt: &str) -> BatchLine {
        BatchLine::new("v2", &[Message::new(Role::User, prompt)], &Sampling::default())
    }

    fn good(id: &str, text: &str) -> String {
        let body = json!({"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                          "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
        json!({"id": "x", "custom_id": id, "response": {"status_code": 200, "body": body}, "error": null}).to_string()
    }

    fn read(text: &[u8], asked: &[&BatchLine]) -> Replies {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let mut replies = Replies::default();
        replies.read(file.path(), &asked.iter().map(|line| line.id.clone()).collect()).unwrap();
        replies
    }

    #[test]
    fn a_line_is_named_by_all_that_decides_its_answer() {
        let ids = [
            line("a").id,
            line("b").id,
            BatchLine::new("v3", &[Message::new(Role::User, "a")], &Sampling::default()).id,
            BatchLine::new("v2", &[Message::new(Role::User, "a")], &Sampling { seed: 1, ..Sampling::default() }).id,
        ];
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 4);
        assert!(ids.iter().all(|id| id.len() < 64));
        let written: Value = serde_json::from_str(&line("a").text()).unwrap();
        assert_eq!((&written["method"], &written["url"]), (&json!("POST"), &json!("/v1/chat/completions")));
        assert_eq!((&written["body"]["model"], &written["custom_id"]), (&json!("v2"), &json!(line("a").id)));
    }

    #[test]
    fn answers_are_found_in_any_order_among_failures_halves_and_strangers() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(line);
        let failed = json!({"custom_id": b.id, "response": null, "error": {"message": "out of memory"}}).to_string();
        let refused = json!({"custom_id": c.id, "error": null,
            "response": {"status_code": 400, "body": {"error": {"message": "too long"}}}})
        .to_string();
        let half = &good(&d.id, "half")[..60];
        let text =
            [good(&c.id, "C"), refused, good("other", "?"), good(&a.id, "A"), good(&a.id, "B"), failed, half.into()];
        let replies = read(text.join("\n").as_bytes(), &[&a, &b, &c, &d]);
        assert_eq!((replies.text(&a.id), replies.text(&c.id)), (Some("A"), Some("C")));
        assert_eq!((replies.text(&b.id), replies.failure(&b.id)), (None, Some("out of memory")));
        assert_eq!((replies.text(&d.id), replies.failure(&d.id)), (None, None));
        assert_eq!((replies.doubled, replies.strange, replies.torn), (2, 1, 1));
    }

    #[test]
    fn an_answer_that_comes_after_a_failure_counts() {
        let a = line("a");
        let failed = json!({"custom_id": a.id, "error": "busy"}).to_string();
        let replies = read([failed, good(&a.id, "A")].join("\n").as_bytes(), &[&a]);
        assert_eq!((replies.text(&a.id), replies.failure(&a.id)), (Some("A"), None));
    }

    #[test]
    fn a_line_without_an_end_is_passed_over() {
        let a = line("a");
        let mut text = vec![b'{'; LONGEST_LINE_BYTES as usize + 10];
        text.extend(format!("\n{}\n", good(&a.id, "A")).bytes());
        let replies = read(&text, &[&a]);
        assert_eq!((replies.text(&a.id), replies.strange), (Some("A"), 1));
    }

    #[test]
    fn what_is_missing_is_left_or_told_and_stop_strings_end_answers() {
        let sampling = Sampling { stop: vec!["#".into()], ..Sampling::default() };
        let messages = vec![Message::new(Role::User, "a")];
        let asked = BatchLine::new("v2", &messages, &sampling);
        let replies = read(good(&asked.id, "Yes # no").as_bytes(), &[&asked]);
        let request = |id, prompt: &str| Request {
            id,
            version: 0,
            messages: vec![Message::new(Role::User, prompt)],
            task: Task::Write { weighed: vec!["x".into()] },
            sampling: sampling.clone(),
        };
        for finish in [false, true] {
            let (mut done, mut notes) = (Vec::new(), 0);
            let batch = Batch { replies: &replies, model: "v2", note: "by job", finish };
            let ended = batch.answer(vec![request(0, "b"), request(1, "a")], &mut |event| {
                match event {
                    Event::Done { id, answer } => done.push((id, answer.map(|a| (a.text, a.stop)).ok())),
                    Event::Note(_) => notes += 1,
                    Event::Tokens(_) | Event::Weighed { .. } => {}
                }
                ControlFlow::Continue(())
            });
            let good = (1, Some(("Yes ".to_string(), Stop::StopString)));
            assert_eq!(done, if finish { vec![(0, None), good] } else { vec![good] });
            assert_eq!((ended.is_ok(), notes), (finish, 2));
        }
    }
}
