//! Where questions and answers wait that `pmtune serve --capture` wrote down or `pmtune data import` made of documents:
//! `.inbox/<year>-<month>.jsonl` below the training data. Nothing that reads training data reads it; a person approves or
//! rejects.

use engine::chat::{Message, Role};
use engine::error::{Error, Kind, Result};
use engine::store::{self, Lines};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The folder's name below the training data.
pub const FOLDER: &str = ".inbox";
/// The longest line.
pub const MOST_ENTRY_BYTES: usize = 256 << 10;
/// The largest file, which is one month.
pub const MOST_FILE_BYTES: u64 = 64 << 20;
/// Holds the number given last, so that a number that somebody reads in a list never comes to mean another entry. Whoever
/// writes in the folder holds its lock.
const NUMBER: &str = "number";

/// What a reader thought of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Thumb {
    Up,
    Down,
}

/// Where an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The version that gave it.
    Version(String),
    /// The document that it was taken from, as `backlog.csv:12`.
    Document(String),
}

impl Origin {
    /// What a list shows: the version, or the document.
    pub fn name(&self) -> &str {
        match self {
            Self::Version(name) | Self::Document(name) => name,
        }
    }
}

/// A question, its answer, and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    #[serde(flatten)]
    pub origin: Origin,
    /// The messages that were sent, without the version's own system prompt and examples; the last is the question.
    #[serde(rename = "question")]
    pub messages: Vec<Message>,
    pub answer: String,
    /// The answer ended because it had become too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    #[serde(default)]
    pub thumb: Option<Thumb>,
    /// The answer as it should have been.
    #[serde(default)]
    pub corrected: Option<String>,
    /// What whoever approves should know: what was replaced, or left out of a document. In sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Captured {
    /// An answer of a version, of which nothing has been said yet.
    pub fn answer(version: String, messages: Vec<Message>, answer: String) -> Self {
        let (cut, thumb, corrected, notes) = Default::default();
        Self { origin: Origin::Version(version), messages, answer, cut, thumb, corrected, notes }
    }

    /// A text of a document as the answer to a question.
    pub fn document(document: String, question: String, text: String, notes: Vec<String>) -> Self {
        let (cut, thumb, corrected) = Default::default();
        let messages = vec![Message::new(Role::User, question)];
        Self { origin: Origin::Document(document), messages, answer: text, cut, thumb, corrected, notes }
    }

    /// What was asked last.
    pub fn question(&self) -> &str {
        self.messages.last().map(|message| message.content.as_str()).unwrap_or_default()
    }
}

/// One that waits, under its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub number: u64,
    /// When it was written down.
    pub at: Timestamp,
    #[serde(flatten)]
    pub captured: Captured,
}

/// The folder of those that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbox {
    folder: PathBuf,
}

impl Inbox {
    pub fn below(training_data: &Path) -> Self {
        Self { folder: training_data.join(FOLDER) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where an entry of that moment goes. Months are those of Greenwich.
    pub fn file(&self, at: Timestamp) -> PathBuf {
        self.folder.join(at.strftime("%Y-%m.jsonl").to_string())
    }

    /// All that wait, in the order of their numbers. Of several lines under one number the last counts.
    ///
    /// # Errors
    /// A file cannot be read, or holds a line that is none of ours.
    pub fn waiting(&self) -> Result<Vec<Entry>> {
        let mut waiting = BTreeMap::new();
        for file in self.files()? {
            for entry in store::read_lines::<Entry>(&file)? {
                waiting.insert(entry.number, entry);
            }
        }
        Ok(waiting.into_values().collect())
    }

    /// Writes down one more, or under the `number` of one that was written before what is to count instead. It is on the
    /// disk when this returns, and gives the number.
    ///
    /// # Errors
    /// It or its file would be too large, or the disk fails.
    pub fn append(&self, captured: Captured, number: Option<u64>) -> Result<u64> {
        let at = Timestamp::now();
        let path = self.file(at);
        let mut counter = self.lock()?;
        let number = match number {
            Some(number) => number,
            None => self.next(&mut counter)?,
        };
        let entry = Entry { number, at, captured };
        let line = serde_json::to_string(&entry)
            .map_err(|e| Error::input(format!("the answer cannot be written down: {e}")))?;
        if line.len() > MOST_ENTRY_BYTES {
            return Err(Error::input(format!(
                "the question with its answer takes {} bytes; at most {MOST_ENTRY_BYTES} are kept",
                line.len()
            ))
            .hint("start a new conversation"));
        }
        let length = std::fs::metadata(&path).map_or(0, |file| file.len());
        if length + line.len() as u64 + 1 > MOST_FILE_BYTES {
            return Err(Error::input(format!(
                "{} is full: at most {MOST_FILE_BYTES} bytes are kept of one month",
                path.display()
            ))
            .hint("approve or reject what waits: pmtune data inbox"));
        }
        let mut lines = Lines::open(&path)?;
        lines.append_text(&line)?;
        lines.flush()?;
        Ok(number)
    }

    /// Takes these out for good. Each file is replaced whole or not at all; one that becomes empty is removed.
    ///
    /// # Errors
    /// A file cannot be read or replaced.
    pub fn strike(&self, numbers: &[u64]) -> Result<()> {
        let _held = self.lock()?;
        for file in self.files()? {
            let entries = store::read_lines::<Entry>(&file)?;
            if entries.iter().all(|entry| !numbers.contains(&entry.number)) {
                continue;
            }
            let mut text = String::new();
            for entry in entries.iter().filter(|entry| !numbers.contains(&entry.number)) {
                let line = serde_json::to_string(entry)
                    .map_err(|e| Error::input(format!("{} cannot be rewritten: {e}", file.display())))?;
                text += &(line + "\n");
            }
            if text.is_empty() {
                std::fs::remove_file(&file).map_err(|e| Error::io("remove", &file, e))?;
            } else {
                store::replace(&file, text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// The months, oldest first.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(Error::io("read", &self.folder, e)),
        };
        let mut files: Vec<PathBuf> =
            entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "jsonl")).collect();
        files.sort();
        Ok(files)
    }

    /// Makes the folder, which git is told to leave alone, and waits for whoever else writes in it.
    fn lock(&self) -> Result<File> {
        std::fs::create_dir_all(&self.folder).map_err(|e| Error::io("create", &self.folder, e))?;
        let ignore = self.folder.join(".gitignore");
        if !ignore.exists() {
            store::replace(&ignore, b"*\n")?;
        }
        let path = self.folder.join(NUMBER);
        let fail = |e| Error::io("open", &path, e);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
        let _ = file.lock(); // some network file systems know no locks
        Ok(file)
    }

    /// The number after the last that was given. Written before the entry is, so a kill between both skips a number.
    fn next(&self, counter: &mut File) -> Result<u64> {
        let path = self.folder.join(NUMBER);
        let fail = |e| Error::io("write", &path, e);
        let mut text = String::new();
        // What is no number is as good as none: then what waits tells.
        let told = counter.read_to_string(&mut text).ok().and_then(|_| text.trim().parse::<u64>().ok());
        let last = match told {
            Some(last) => last,
            None => self.waiting()?.last().map_or(0, |entry| entry.number),
        };
        let next = last.checked_add(1).ok_or_else(|| Error::new(Kind::Io, "no number is left in the inbox"))?;
        counter.rewind().map_err(fail)?;
        // Always as long, so that a kill leaves the old number or the new one.
        counter.write_all(format!("{next:020}\n").as_bytes()).map_err(fail)?;
        Ok(next)
    }
}

/// Whether a path is an inbox or lies in one, however it is written.
pub(super) fn leads_in(path: &Path) -> bool {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    [Some(path.as_path()), path.parent()].into_iter().flatten().any(|path| path.file_name() == Some(FOLDER.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(question: &str, answer: &str) -> Captured {
        Captured::answer("PM-v1".into(), vec![Message::new(Role::User, question)], answer.into())
    }

    #[test]
    fn a_line_says_which_version_or_which_document_an_answer_is_of() {
        // As lines were written before there were documents.
        let old = r#"{"number":1,"at":"2026-11-21T10:00:00Z","version":"PM-v1","question":[{"role":"user","content":"a"}],"answer":"x","thumb":"up","corrected":null}"#;
        let entry: Entry = serde_json::from_str(old).unwrap();
        assert_eq!(entry.captured, Captured { thumb: Some(Thumb::Up), ..captured("a", "x") });
        assert_eq!(serde_json::to_string(&entry).unwrap(), old, "such lines are written as ever");
        let document = Captured::document("backlog.csv:12".into(), "a".into(), "x".into(), vec!["left out".into()]);
        let line = serde_json::to_string(&Entry { captured: document, ..entry }).unwrap();
        assert!(line.contains(r#""document":"backlog.csv:12""#) && line.contains(r#""notes":["left out"]"#), "{line}");
        let back: Entry = serde_json::from_str(&line).unwrap();
        assert_eq!(back.captured.origin, Origin::Document("backlog.csv:12".into()));
        let nobody = line.replace("\"document\"", "\"file\"");
        assert!(serde_json::from_str::<Entry>(&nobody).is_err());
    }

    fn numbers(inbox: &Inbox) -> Vec<u64> {
        inbox.waiting().unwrap().iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn a_number_is_given_once_and_a_later_line_under_it_counts() {
        let root = tempfile::tempdir().unwrap();
        let inbox = Inbox::below(root.path());
        assert_eq!(inbox.waiting().unwrap(), []);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0, "looking writes nothing");
        for (question, number) in [("a", 1), ("b", 2), ("c", 3)] {
            assert_eq!(inbox.append(captured(question, "x"), None).unwrap(), number);
        }
        let better = Captured { thumb: Some(Thumb::Down), corrected: Some("y".into()), ..captured("b", "x") };
        assert_eq!(inbox.append(better.clone(), Some(2)).unwrap(), 2);
        let file = inbox.file(Timestamp::now());
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 4, "lines are only added");
        assert_eq!(inbox.waiting().unwrap()[1].captured, better);
        inbox.strike(&[2, 3]).unwrap();
        assert_eq!(numbers(&inbox), [1]);
        assert_eq!(inbox.append(captured("d", "x"), None).unwrap(), 4, "3 is gone and is not given again");
        inbox.strike(&[1, 4]).unwrap();
        assert!(!file.exists(), "nothing stays of what was struck");
        // A counter that was lost or torn is made up from what waits.
        inbox.append(captured("e", "x"), None).unwrap();
        std::fs::write(inbox.folder().join(NUMBER), "torn").unwrap();
        assert_eq!(inbox.append(captured("f", "x"), None).unwrap(), 6);
        assert_eq!(std::fs::read_to_string(inbox.folder().join(".gitignore")).unwrap(), "*\n");
    }

    #[test]
    fn what_is_too_large_is_refused_in_bytes_and_nothing_is_written() {
        let root = tempfile::tempdir().unwrap();
        let inbox = Inbox::below(root.path());
        let said = inbox.append(captured("a", &"ä".repeat(MOST_ENTRY_BYTES / 2)), None).unwrap_err().to_string();
        assert!(said.contains("at most 262144"), "{said}");
        let file = inbox.file(Timestamp::now());
        assert!(!file.exists());
        let large = File::create(&file).unwrap();
        large.set_len(MOST_FILE_BYTES).unwrap();
        let said = inbox.append(captured("a", "x"), None).unwrap_err().to_string();
        assert!(said.contains("is full") && said.contains("67108864 bytes"), "{said}");
        assert_eq!(large.metadata().unwrap().len(), MOST_FILE_BYTES);
    }

    #[test]
    fn several_writers_wait_for_each_other_and_lose_nothing() {
        let root = tempfile::tempdir().unwrap();
        let inbox = Inbox::below(root.path());
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let inbox = &inbox;
                scope.spawn(move || {
                    for i in 0..10 {
                        let number = inbox.append(captured(&format!("{writer} {i}"), "x"), None).unwrap();
                        if i % 2 == 1 {
                            inbox.strike(&[number]).unwrap();
                        }
                    }
                });
            }
        });
        assert_eq!(numbers(&inbox).len(), 20);
    }

    #[test]
    fn a_torn_last_line_is_no_entry_and_is_cut_off_by_the_next() {
        let root = tempfile::tempdir().unwrap();
        let inbox = Inbox::below(root.path());
        inbox.append(captured("a", "x"), None).unwrap();
        let mut file = OpenOptions::new().append(true).open(inbox.file(Timestamp::now())).unwrap();
        file.write_all(b"{\"number\":2,\"at\":").unwrap();
        assert_eq!(numbers(&inbox), [1]);
        inbox.append(captured("b", "x"), None).unwrap();
        assert_eq!(numbers(&inbox), [1, 2]);
    }
}
