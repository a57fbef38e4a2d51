//! What versions are trained on: our examples, and the lines of two formats that other tools write.

use super::Example;
use super::convert::parts;
use super::line::{Broken, Fields};
use super::load::load_lines;
use engine::error::{Error, Result};
use engine::train::{Lesson, Place, Turn};
use serde_json::Value;
use std::path::PathBuf;

/// Questions and their answers, one after the other; every answer is taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Its own system message, which comes before the version's.
    pub system: Option<String>,
    first: Example,
    more: Vec<Example>,
}

impl From<Example> for Conversation {
    fn from(first: Example) -> Self {
        Self { system: None, first, more: Vec::new() }
    }
}

impl Conversation {
    /// Each question with its answer; at least one.
    pub fn exchanges(&self) -> impl Iterator<Item = &Example> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// What opens it, by which [`split`] decides the side of the whole.
    ///
    /// [`split`]: super::split
    pub fn first(&self) -> &Example {
        &self.first
    }

    pub fn place(&self) -> &Place {
        &self.first.place
    }

    /// The folder's name.
    pub fn category(&self) -> &str {
        self.first.category()
    }

    /// What a training reads and teaches of it.
    pub fn lesson(&self) -> Lesson {
        let turn = |exchange: &Example| Turn { prompt: exchange.prompt(), answer: exchange.output.clone() };
        Lesson { system: self.system.clone(), turns: self.exchanges().map(turn).collect(), place: self.place().clone() }
    }
}

/// Reads folders and files, in the order of [`files`] and their lines. Each line is one of our examples,
/// `{"messages": [{"role": …, "content": …}, …]}` of any number of turns, or `{"prompt": …, "completion": …}`; they may
/// stand side by side.
///
/// # Errors
/// Gathers every line that cannot be trained on, with file, line, column and remedy. No line at all is an error too.
pub fn conversations(paths: &[PathBuf]) -> Result<Vec<Conversation>> {
    let all = load_lines(paths, read)?;
    if all.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Error::missing(format!("no examples in {}", names.join(", ")))
            .hint("write some, one a line, into training-data/<category>/<topic>.jsonl, or name other files"));
    }
    Ok(all)
}

fn read(line: &[u8], place: Place) -> Result<Conversation, Vec<Broken>> {
    let mut fields = Fields::open(line)?;
    let other = |key: &str| fields.get(key).is_some() && fields.get("instruction").is_none();
    if other("messages") {
        let turns = fields.get("messages").cloned().unwrap_or_default();
        let column = fields.column_of("messages");
        return match turns_of(&turns, &place) {
            Ok(conversation) if fields.faults.is_empty() => Ok(conversation),
            Ok(_) => Err(fields.faults),
            Err((message, remedy)) => {
                fields.faults.push(broken("wrong-type", column, message, remedy));
                Err(fields.faults)
            }
        };
    }
    if other("conversations") {
        let column = fields.column_of("conversations");
        let remedy = "turn the file into examples first, with `pmtune data convert`";
        return Err(vec![broken("missing-key", column, "`conversations` is ShareGPT's format", remedy)]);
    }
    let example = if other("prompt") { asked(fields, place)? } else { fields.example(place)?.example };
    let blank = |text: &str| text.trim().is_empty();
    if blank(&example.instruction) || blank(&example.output) {
        let name = if blank(&example.instruction) { "question" } else { "answer" };
        return Err(vec![broken("empty", 1, format!("the {name} is empty"), "write it, or remove the line")]);
    }
    Ok(example.into())
}

fn broken(code: &'static str, column: usize, message: impl Into<String>, remedy: &str) -> Broken {
    Broken { code, column, message: message.into(), remedy: remedy.into() }
}

/// A line of prompt and completion.
fn asked(mut fields: Fields, place: Place) -> Result<Example, Vec<Broken>> {
    if fields.get("completion").is_none() {
        let remedy = "a line with `prompt` has its answer in `completion`";
        fields.faults.push(broken("missing-key", 1, "the key `completion` is missing", remedy));
    }
    let mut required = |key: &str| match fields.get(key) {
        Some(Value::Null) => {
            let column = fields.column_of(key);
            let message = format!("`{key}` is null, not a text");
            fields.faults.push(broken("wrong-type", column, message, "put it in double quotes"));
            String::new()
        }
        _ => fields.text(key).unwrap_or_default(),
    };
    let (prompt, completion) = (required("prompt"), required("completion"));
    if fields.faults.is_empty() { Ok(exchange(&prompt, completion, &place)) } else { Err(fields.faults) }
}

fn exchange(question: &str, answer: String, place: &Place) -> Example {
    let (instruction, input) = parts(question);
    Example { id: None, instruction, input, output: answer, tags: Vec::new(), source: None, place: place.clone() }
}

const ALTERNATE: &str = "write a user message, then the assistant's answer, and so on; one line is one conversation";

/// The turns of `messages`. The fault goes to the user, with its remedy.
fn turns_of(turns: &Value, place: &Place) -> Result<Conversation, (String, &'static str)> {
    let turns = turns.as_array().ok_or_else(|| ("`messages` is no list".to_string(), ALTERNATE))?;
    let (mut system, mut question, mut exchanges) = (None, None, Vec::new());
    for (number, turn) in (1..).zip(turns) {
        let role = turn.get("role").and_then(Value::as_str);
        let role = role.ok_or_else(|| (format!("message {number} does not say who speaks in `role`"), ALTERNATE))?;
        let text = turn.get("content").and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        let text = text.ok_or_else(|| {
            (format!("message {number} has no text in `content`"), "write one text there, in double quotes")
        })?;
        match (role, question.take()) {
            ("system" | "developer", None) if number == 1 => system = Some(text.to_string()),
            ("system" | "developer", _) => {
                let remedy = "move it to the front, or split the conversation there";
                return Err((format!("message {number} is a system message, and not the first"), remedy));
            }
            ("user", None) => question = Some(text),
            ("user", Some(_)) => {
                return Err((format!("messages {} and {number} are both the user's", number - 1), ALTERNATE));
            }
            ("assistant", Some(question)) if turn.get("weight").and_then(Value::as_f64) != Some(0.0) => {
                exchanges.push(exchange(question, text.to_string(), place));
            }
            ("assistant", Some(_)) => {
                let remedy = "every answer is taught: end the conversation before it, or remove the weight";
                return Err((format!("message {number} has the weight 0"), remedy));
            }
            ("assistant", None) => return Err((format!("message {number} answers nothing"), ALTERNATE)),
            (other, _) => {
                let remedy = "keep system, user and assistant messages only";
                return Err((format!("message {number} is of `{other}`, which cannot be trained on"), remedy));
            }
        }
    }
    if question.is_some() {
        return Err(("the last message has no answer".into(), "add the answer, or remove the message"));
    }
    let mut exchanges = exchanges.into_iter();
    let first = exchanges.next().ok_or_else(|| ("`messages` holds no answer".to_string(), ALTERNATE))?;
    Ok(Conversation { system, first, more: exchanges.collect() })
}

#[cfg(test)]
mod tests {
    use super::super::split;
    use super::super::testing::example;
    use super::*;
    use engine::chat::Role;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn all(files: &[(&str, &str)]) -> Result<Vec<Conversation>> {
        conversations(&[folder(files).path().to_path_buf()])
    }

    const OURS: &str = r#"{"instruction": "Write a story", "input": "A shop.", "output": "**As a** buyer"}"#;
    const ASKED: &str = r#"{"prompt": "Write a story\n\nA shop.", "completion": "**As a** buyer"}"#;
    const CHAT: &str = r#"{"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q1"}, {"role": "assistant", "content": "a1"}, {"role": "user", "content": "q2\n\nx"}, {"role": "assistant", "content": "a2", "weight": 1}]}"#;

    #[test]
    fn three_formats_stand_side_by_side() {
        let read = all(&[("a/one.jsonl", &format!("\u{feff}{OURS}\r\n\r\n{CHAT}\n")), ("b/two.jsonl", ASKED)]).unwrap();
        let said = |at: usize| -> Vec<(Role, String)> {
            read[at].lesson().messages().into_iter().map(|m| (m.role, m.content)).collect()
        };
        let story = [(Role::User, "Write a story\n\nA shop.".to_string()), (Role::Assistant, "**As a** buyer".into())];
        assert_eq!((said(0), said(2)), (story.to_vec(), story.to_vec()));
        let wanted = [
            (Role::System, "Be brief."),
            (Role::User, "q1"),
            (Role::Assistant, "a1"),
            (Role::User, "q2\n\nx"),
            (Role::Assistant, "a2"),
        ];
        assert_eq!(said(1), wanted.map(|(role, text)| (role, text.to_string())));
        let places: Vec<_> = read.iter().map(|c| (c.category(), c.place().line)).collect();
        assert_eq!(places, [("a", 1), ("a", 3), ("b", 1)]);
    }

    #[test]
    fn a_question_falls_on_the_same_side_in_every_format() {
        let many: Vec<Example> = (0..60)
            .map(|n| {
                let mut one = example("c/t", &format!("question {n}"), "answer");
                one.input = if n % 2 == 0 { String::new() } else { "An app.\n\nFor birds.".into() };
                one
            })
            .collect();
        let line = |one: &Example| {
            let prompt = one.prompt();
            let chat = serde_json::json!({"messages": [
                {"role": "user", "content": prompt}, {"role": "assistant", "content": "x"},
                {"role": "user", "content": "more"}, {"role": "assistant", "content": "y"},
            ]});
            (format!("{}\n", serde_json::json!({"prompt": prompt, "completion": "x"})), format!("{chat}\n"))
        };
        let (asked, chats): (Vec<String>, Vec<String>) = many.iter().map(line).unzip();
        let wanted = split(&many);
        for text in [asked.concat(), chats.concat()] {
            let read = all(&[("c/t.jsonl", &text)]).unwrap();
            let first: Vec<&Example> = read.iter().map(Conversation::first).collect();
            assert_eq!(split(&first), wanted);
        }
    }

    #[test]
    fn every_faulty_line_of_every_file_is_told_at_once() {
        let turns = |list: &str| format!("{{\"messages\": [{list}]}}\n");
        let say = |role: &str, text: &str| format!("{{\"role\": \"{role}\", \"content\": \"{text}\"}}");
        let [user, answer, system] = [say("user", "q"), say("assistant", "a"), say("system", "s")];
        let lines = [
            (turns(""), "holds no answer"),
            (turns(&user), "the last message has no answer"),
            (turns(&format!("{user}, {answer}, {user}")), "the last message has no answer"),
            (turns(&answer), "message 1 answers nothing"),
            (turns(&format!("{user}, {answer}, {answer}")), "message 3 answers nothing"),
            (turns(&format!("{user}, {user}, {answer}")), "messages 1 and 2 are both the user's"),
            (turns(&format!("{user}, {system}, {answer}")), "message 2 is a system message"),
            (turns(&say("tool", "x")), "message 1 is of `tool`"),
            (turns("{\"content\": \"x\"}"), "does not say who speaks"),
            (turns(&format!("{user}, {}", say("assistant", " "))), "message 2 has no text in `content`"),
            (turns("{\"role\": \"user\", \"content\": [{\"text\": \"x\"}]}"), "message 1 has no text"),
            (turns(&format!("{user}, {}", answer.replace('}', ", \"weight\": 0}"))), "message 2 has the weight 0"),
            ("{\"messages\": 3}\n".into(), "`messages` is no list"),
            ("{\"messages\": [], \"messages\": []}\n".into(), "stands there twice"),
            ("{\"prompt\": \"p\"}\n".into(), "`completion` is missing"),
            ("{\"prompt\": 3, \"completion\": null}\n".into(), "`prompt` is a number"),
            ("{\"prompt\": \"p\", \"completion\": null}\n".into(), "`completion` is null"),
            ("{\"prompt\": \" \", \"completion\": \"c\"}\n".into(), "the question is empty"),
            ("{\"instruction\": \"i\", \"input\": \"\", \"output\": \"\"}\n".into(), "the answer is empty"),
            ("{\"instruction\": \"i\", \"output\": \"o\"}\n".into(), "`input` is missing"),
            ("{\"conversations\": []}\n".into(), "ShareGPT"),
            ("{\"text\": \"p\"}\n".into(), "`instruction` is missing"),
            ("{\"prompt\": \"p\n".into(), "not JSON"),
        ];
        let text: String = lines.iter().map(|(line, _)| line.as_str()).collect();
        let said = all(&[("a/x.jsonl", &text), ("b/y.jsonl", "[1]\n"), ("b/z.jsonl", OURS)]).unwrap_err().to_string();
        for (number, (line, part)) in (1..).zip(&lines) {
            let mut told = said.lines().filter(|l| l.contains(&format!("x.jsonl:{number}:")));
            assert!(told.any(|l| l.contains(part)), "{line} {part} is missing in\n{said}");
        }
        assert!(said.contains("y.jsonl:1:1: not JSON") && !said.contains("z.jsonl"), "{said}");
        assert!(said.matches("help: ").count() > lines.len(), "{said}");
    }

    #[test]
    fn nothing_to_train_on_is_an_error() {
        let said = all(&[("a/x.jsonl", "\n")]).unwrap_err().to_string();
        assert!(said.contains("no examples in") && said.contains("training-data/"), "{said}");
    }
}
