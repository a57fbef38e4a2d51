//! Folders and files of training data, and every line of them.

use super::conversation::Conversation;
use super::example::Example;
use super::line::Broken;
use super::listing::listing;
use super::read::File;
use super::record;
use crate::table::PassedOver;
use engine::error::{self, Error, Result};
use std::path::{Path, PathBuf};

/// What is trained on, and what was not read on the way to it.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    pub conversations: Vec<Conversation>,
    /// Files and keys that were passed over, each in a sentence for the user.
    pub passed_over: Vec<String>,
}

/// Reads folders and files, in the order of [`files`] and their lines. Each line is one of our examples,
/// `{"messages": [{"role": …, "content": …}, …]}` of any number of turns, or what else `pmtune data convert` reads; they
/// may stand side by side. A byte order mark, CRLF and blank lines do no harm.
///
/// # Errors
/// Gathers every line that cannot be trained on, with file, line, column and remedy. No line at all is an error too.
///
/// [`files`]: super::files
pub fn conversations(paths: &[PathBuf]) -> Result<Loaded> {
    let loaded = read(paths)?;
    if loaded.conversations.is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        let error = Error::missing(format!("no examples in {}", names.join(", ")));
        return Err(match loaded.passed_over.first() {
            Some(passed_over) => error.hint(passed_over),
            None => {
                error.hint("write some, one a line, into training-data/<category>/<topic>.jsonl, or name other files")
            }
        });
    }
    Ok(loaded)
}

/// Single examples, question and answer, one to a line; and the files that were not read, in a sentence for the user.
/// Blank texts are let pass.
///
/// # Errors
/// As for [`conversations`]; a line of several questions, or with a system prompt of its own. No line is no error.
pub fn load(paths: &[PathBuf]) -> Result<(Vec<Example>, Option<String>)> {
    let single = |record: record::Record| match record.conversation.is_single() {
        true => Ok(record.conversation.first().clone()),
        false => Err(vec![Broken {
            code: "wrong-type",
            line: 0,
            column: 1,
            message: "this is a conversation, not a single question with its answer".into(),
            remedy: "put it into a file of its own and name the others; `pmtune train` reads both".into(),
        }]),
    };
    lines(paths, single)
}

fn read(paths: &[PathBuf]) -> Result<Loaded> {
    let (records, passed_over) = lines(paths, record::Record::filled)?;
    let mut unread = PassedOver::default();
    let mut conversations = Vec::with_capacity(records.len());
    for record in records {
        unread.add(record.unread);
        conversations.push(record.conversation);
    }
    let passed_over = passed_over.into_iter().chain(unread.sentence()).collect();
    Ok(Loaded { conversations, passed_over })
}

/// The lines that can be read, and how many others there are, for those who can do without them and say so.
///
/// # Errors
/// A folder or file that cannot be read at all.
pub fn readable(paths: &[PathBuf]) -> Result<(Vec<Conversation>, usize)> {
    let (mut all, mut broken) = (Vec::new(), 0);
    for path in listing(paths)?.files {
        for (_, read) in File::read(&path)?.parse(&record::read) {
            match read {
                Ok(record) => all.push(record.conversation),
                Err(_) => broken += 1,
            }
        }
    }
    Ok((all, broken))
}

/// What `take` makes of every line, and the files that were not read.
fn lines<T: Send>(
    paths: &[PathBuf],
    take: impl Fn(record::Record) -> Result<T, Vec<Broken>> + Sync,
) -> Result<(Vec<T>, Option<String>)> {
    let listing = listing(paths)?;
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for path in &listing.files {
        let file = match File::read(path) {
            Ok(file) => file,
            Err(error) => {
                faults.push(error);
                continue;
            }
        };
        for (line, read) in file.parse(&|line, place| record::read(line, place).and_then(&take)) {
            match read {
                Ok(one) => all.push(one),
                Err(broken) => faults.extend(broken.into_iter().map(|b| fault(path, line.number, line.bytes, b))),
            }
        }
    }
    Error::gather(faults).map_or(Ok((all, listing.sentence())), Err)
}

/// The fault of a record that begins on `line` of `file`.
pub(super) fn fault(file: &Path, line: usize, record: &[u8], broken: Broken) -> Error {
    let record = String::from_utf8_lossy(record);
    let written = record.split('\n').nth(broken.line).unwrap_or_default();
    let (snippet, column) = shortened(written, broken.column);
    let line = line + broken.line;
    let shown = Error::input(broken.message).hint(broken.remedy);
    // The caret stands under the shortened line; the message keeps the true column.
    if column == broken.column {
        return shown.at(error::Place { file: file.to_path_buf(), line, column, snippet });
    }
    let message = format!("{} (column {})", shown.message, broken.column);
    Error { message, ..shown }.at(error::Place { file: file.to_path_buf(), line, column, snippet })
}

/// At most 80 characters around `column` (from 1), and where the column now stands.
fn shortened(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 80;
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.replace(char::is_control, " "), column);
    }
    let from = column.saturating_sub(1 + WIDTH / 2).min(length - WIDTH);
    // What a terminal would act on is not shown to it.
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let cut: String = line.chars().skip(from).take(WIDTH).map(plain).collect();
    let (lead, tail) = (if from > 0 { "…" } else { "" }, if from + WIDTH < length { "…" } else { "" });
    (format!("{lead}{cut}{tail}"), column - from + lead.chars().count())
}

#[cfg(test)]
mod tests {
    use super::super::split;
    use super::super::testing::example;
    use super::*;
    use engine::chat::Role;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        root
    }

    const GOOD: &str = r#"{"instruction": "i", "input": "", "output": "o"}"#;

    #[test]
    fn loads_a_folder_in_order_despite_byte_order_mark_crlf_and_blank_lines() {
        let windows = format!("\u{feff}{GOOD}\r\n\r\n{GOOD}\r\n");
        let root = folder(&[
            ("b/two.jsonl", windows.as_bytes()),
            ("a/one.jsonl", GOOD.as_bytes()),
            ("a/notes.txt", b"no example"),
        ]);
        let examples = load(&[root.path().to_path_buf()]).unwrap().0;
        let places: Vec<_> = examples.iter().map(|e| (e.category(), e.topic(), e.place.line)).collect();
        assert_eq!(places, [("a", "one", 1), ("b", "two", 1), ("b", "two", 3)]);
    }

    #[test]
    fn every_broken_line_is_reported_with_place_reason_and_remedy() {
        let long = format!(r#"{{"instruction": "{}", "input": 7, "output": ""}}"#, "word ".repeat(60));
        let root = folder(&[
            ("a/one.jsonl", format!("{GOOD}\n{{\"instruction\": \"i\"\n").as_bytes()),
            ("b/two.jsonl", format!("{long}\n").as_bytes()),
            ("c/three.jsonl", b"{\"instruction\": \"caf\xe9\", \"input\": \"\", \"output\": \"\"}"),
        ]);
        let error = load(&[root.path().to_path_buf()]).unwrap_err().to_string();
        for part in ["one.jsonl:2:", "EOF", "write line breaks as \\n", "`input` is a number", "(column 321)"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(error.contains("three.jsonl:1:21: the byte 0xE9 is not UTF-8"), "{error}");
        assert!(error.lines().all(|line| line.chars().count() < 200), "{error}");
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        assert!(load(&[PathBuf::from("nowhere.jsonl")]).unwrap_err().to_string().contains("does not exist"));
    }

    fn all(files: &[(&str, &str)]) -> Result<Vec<Conversation>> {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        conversations(&[folder(&files).path().to_path_buf()]).map(|loaded| loaded.conversations)
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
            ("{\"instruction\": \"i\", \"inputs\": \"x\", \"output\": \"o\"}\n".into(), "`input` is missing"),
            ("{\"conversations\": []}\n".into(), "`conversations` holds no answer"),
            ("{\"text\": \"p\"}\n".into(), "no known format has these keys: text"),
            ("{\"instruction\": \"i\", \"response\": \"a\", \"answer\": \"b\"}\n".into(), "both give the answer"),
            ("{\"instruction\": \"i\", \"prompt\": \"p\", \"output\": \"o\"}\n".into(), "both give the question"),
            ("{\"instruction\": \"i\", \"output\": \"o\", \"history\": [[\"q\"]]}\n".into(), "entry 1 of `history`"),
            (format!("{{\"messages\": [{user}, {answer}], \"output\": \"b\"}}\n"), "`messages` and `output` both say"),
            (turns(&format!("{user}, {}", answer.replace('}', ", \"weight\": 0.5}"))), "message 2 has the weight 0.5"),
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

    #[test]
    fn sharegpt_alpaca_and_dolly_are_read_whole() {
        let lines = [
            r#"{"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "q1"}, {"from": "gpt", "value": "a1"}, {"from": "human", "value": "q2"}, {"from": "gpt", "value": "a2"}]}"#,
            r#"{"instruction": "q2", "input": "", "output": "a2", "system": "s", "history": [["q1", "a1"]]}"#,
            r#"{"messages": [{"role": "user", "content": "q1"}, {"role": "assistant", "content": "a1"}, {"role": "user", "content": "q2"}, {"role": "assistant", "content": "a2"}], "system": "s", "prompt": "q1", "history": null}"#,
            r#"{"instruction": "q", "context": "c", "response": "a"}"#,
            r#"{"instruction": "q", "input": "c", "context": "", "output": "a"}"#,
            r#"{"question": "q\n\nc", "answer": "a", "id": 7}"#,
            r#"{"instruction": "q\n\nc", "output": "a", "system": " ", "history": []}"#,
        ];
        let read = all(&[("a/x.jsonl", &lines.join("\n"))]).unwrap();
        let said: Vec<Vec<(Role, String)>> = read
            .iter()
            .map(|one| one.lesson().messages().into_iter().map(|message| (message.role, message.content)).collect())
            .collect();
        let turn = |role, text: &str| (role, text.to_string());
        let (user, assistant) = (Role::User, Role::Assistant);
        let talk = [(Role::System, "s"), (user, "q1"), (assistant, "a1"), (user, "q2"), (assistant, "a2")];
        let talk = talk.map(|(role, text)| turn(role, text));
        assert_eq!(said[..3], [talk.to_vec(), talk.to_vec(), talk.to_vec()]);
        for said in &said[3..] {
            assert_eq!(said[..], [turn(user, "q\n\nc"), turn(assistant, "a")]);
        }
        assert_eq!(read[5].first().id.as_deref(), Some("7"));
    }

    #[test]
    fn what_nothing_reads_is_named() {
        let line = r#"{"instruction": "q", "output": "a", "category": "x", "score": 3}"#;
        let turn = r#"{"messages": [{"role": "user", "content": "q", "name": "Ana"}, {"role": "assistant", "content": "a"}], "score": 1}"#;
        let root = folder(&[
            ("a/x.jsonl", format!("{line}\n{turn}\n").as_bytes()),
            ("a/list.json", b"[]"),
            ("b/sheet.csv", b"instruction,output\n"),
        ]);
        let loaded = conversations(&[root.path().to_path_buf()]).unwrap();
        let [files, keys] = &loaded.passed_over[..] else { panic!("{:?}", loaded.passed_over) };
        assert!(files.starts_with("not read: 2 files (") && files.contains("list.json"), "{files}");
        assert!(keys.ends_with("`score` (2 records), `category` (1 record), `messages[].name` (1 record)"), "{keys}");
        let only = folder(&[("a/list.json", b"[]")]);
        let said = conversations(&[only.path().to_path_buf()]).unwrap_err().to_string();
        assert!(said.contains("no examples in") && said.contains("not read: 1 file ("), "{said}");
    }

    #[test]
    fn who_can_do_without_broken_lines_hears_how_many_there_are() {
        let root = folder(&[("a/x.jsonl", format!("{GOOD}\n{{\n{GOOD}\n").as_bytes())]);
        let (read, broken) = readable(&[root.path().to_path_buf()]).unwrap();
        assert_eq!((read.len(), broken), (2, 1));
        let talk = r#"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}"#;
        let root = folder(&[("a/x.jsonl", talk.as_bytes())]);
        let said = load(&[root.path().to_path_buf()]).unwrap_err().to_string();
        assert!(said.contains("this is a conversation"), "{said}");
    }
}
