//! Entries of the inbox that a person approved, kept as examples.

use super::add::{free_id, tested, words};
use super::folder::lines;
use super::inbox::{Captured, Entry, Origin, Thumb};
use super::question::parts;
use super::{Conversation, Example, Place, leaks};
use crate::suite::Suite;
use crate::words::day;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::store;
use std::path::Path;
use std::sync::Arc;

/// An entry to keep.
#[derive(Debug, Clone, Copy)]
pub struct Approval<'a> {
    pub entry: &'a Entry,
    /// The answer as it should have been, instead of what the entry has.
    pub edited: Option<&'a str>,
    /// The earlier answers of the conversation are approved too.
    pub whole: bool,
}

/// An entry that stands among the examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    pub number: u64,
    pub place: Place,
    /// It stood there before, as after a kill.
    pub already: bool,
}

/// Appends all of them to `file`, or none; what `existing` or an earlier one of them holds word for word is not written
/// again. Gives them in their order with their places.
///
/// # Errors
/// Every one that cannot become an example: no answer worth learning, a question that is answered otherwise already, a
/// case that still stands in a suite, a conversation whose earlier answers nobody approved.
pub fn approve(
    file: &Path,
    approvals: &[Approval<'_>],
    existing: &[Conversation],
    suites: &[Suite],
) -> Result<Vec<Approved>> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Error::io("read", file, e)),
    };
    let joint = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let mut line = text.lines().count();
    let (mut known, mut new) = (existing.to_vec(), Vec::new());
    let (mut approved, mut faults) = (Vec::new(), Vec::new());
    for approval in approvals {
        let number = approval.entry.number;
        let taken = conversation(approval, file, line + 1).and_then(|one| settle(one, &known, suites));
        match taken {
            Err(error) => faults.push(Error { message: format!("entry {number}: {}", error.message), ..error }),
            Ok(Settled::Known(place)) => approved.push(Approved { number, place, already: true }),
            Ok(Settled::New(one)) => {
                line += 1;
                approved.push(Approved { number, place: one.place().clone(), already: false });
                known.push(one.clone());
                new.push(one);
            }
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    if !new.is_empty() {
        store::replace(file, format!("{text}{joint}{}", lines(&new)?).as_bytes())?;
    }
    Ok(approved)
}

enum Settled {
    New(Conversation),
    Known(Place),
}

/// Whether it may be taught, and whether it is already.
fn settle(mut one: Conversation, known: &[Conversation], suites: &[Suite]) -> Result<Settled> {
    if let Some(twin) = known.iter().find(|known| same(known, &one)) {
        return Ok(Settled::Known(twin.place().clone()));
    }
    let twin = known.iter().find(|known| {
        known.is_single() && one.is_single() && words(&known.first().prompt()) == words(&one.first().prompt())
    });
    if let Some(twin) = twin {
        return Err(Error::input(format!("{} answers this question otherwise", twin.place()))
            .hint("change that example, or reject the entry"));
    }
    let exchanges: Vec<Example> = one.exchanges().cloned().collect();
    if let Some(leak) = leaks(&exchanges, suites).first()
        && let Some(suite) = suites.iter().find(|suite| suite.cases.iter().any(|case| case.id == leak.case))
    {
        return Err(tested("it", &leak.case, suite));
    }
    let examples: Vec<Example> = known.iter().flat_map(Conversation::exchanges).cloned().collect();
    let (topic, first) = (one.first().topic().to_string(), one.first().clone());
    one.describe(Some(free_id(&topic, &examples)), first.tags, first.source);
    Ok(Settled::New(one))
}

/// Word for word the same questions and answers.
fn same(a: &Conversation, b: &Conversation) -> bool {
    let said = |one: &Conversation| -> Vec<(String, String)> {
        one.exchanges().map(|e| (words(&e.prompt()), e.output.trim().to_string())).collect()
    };
    a.system.as_deref().map(words) == b.system.as_deref().map(words) && said(a) == said(b)
}

/// What the entry teaches.
fn conversation(approval: &Approval<'_>, file: &Path, line: usize) -> Result<Conversation> {
    let Entry { at, captured, .. } = approval.entry;
    let (answer, corrected) = answer(captured, approval.edited)?;
    let (system, mut exchanges) = exchanges(&captured.messages, answer)?;
    if exchanges.len() > 1 && !approval.whole {
        return Err(Error::input("it is the end of a conversation, whose earlier answers would be taught as well")
            .hint("read them (`pmtune data inbox show N`) and approve all with --whole, or reject it"));
    }
    let place = Place { file: Arc::from(file), line };
    exchanges.iter_mut().for_each(|exchange| exchange.place = place.clone());
    let mut one =
        Conversation::of(system, exchanges).ok_or_else(|| Error::input("it holds no question").hint("reject it"))?;
    let corrected = if corrected { ", corrected" } else { "" };
    let source = match &captured.origin {
        Origin::Version(version) => format!("asked {}, answer of {version}{corrected}", day(*at)),
        Origin::Document(document) => format!("imported {} from {document}{corrected}", day(*at)),
    };
    one.describe(None, Vec::new(), Some(source));
    Ok(one)
}

/// The answer to learn, and whether a person wrote it.
fn answer<'a>(captured: &'a Captured, edited: Option<&'a str>) -> Result<(&'a str, bool)> {
    let own = edited.or(captured.corrected.as_deref());
    let why = match own {
        Some(text) if text.trim().is_empty() => return Err(Error::input("its corrected answer is empty")),
        Some(text) => return Ok((text.trim(), true)),
        None if captured.thumb == Some(Thumb::Down) => "its answer was marked as not good",
        None if captured.cut => "its answer was cut off",
        None if captured.answer.trim().is_empty() => "its answer is empty",
        None => return Ok((captured.answer.trim(), false)),
    };
    Err(Error::input(why).hint("write the answer you want into a file and name it with --edit FILE, or reject it"))
}

/// The messages as questions with their answers; `answer` is that of the last.
fn exchanges(messages: &[Message], answer: &str) -> Result<(Option<String>, Vec<Example>)> {
    let leading = messages.iter().take_while(|message| message.role == Role::System).count();
    let (systems, turns) = messages.split_at(leading);
    let system = systems.iter().map(|m| m.content.as_str()).filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n\n");
    let odd = || {
        Error::input("its messages do not go from question to answer and back, so no example can be made of them")
            .hint("reject it")
    };
    let mut examples = Vec::new();
    for pair in turns.chunks(2) {
        let output = match pair {
            [asked, answered] if asked.role == Role::User && answered.role == Role::Assistant => {
                answered.content.as_str()
            }
            [asked] if asked.role == Role::User => answer,
            _ => return Err(odd()),
        };
        let (instruction, input) = parts(&pair[0].content);
        let output = output.trim().to_string();
        if instruction.trim().is_empty() || output.is_empty() {
            return Err(Error::input("it holds a question or an answer without a word").hint("reject it"));
        }
        let (id, tags, source, place) = (None, Vec::new(), None, Place::default());
        examples.push(Example { id, instruction, input, output, tags, source, place });
    }
    // Its last message is a question: else the last answer is none of this version.
    if turns.len() % 2 == 0 {
        return Err(odd());
    }
    Ok(((!system.is_empty()).then_some(system), examples))
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::super::readable;
    use super::*;
    use crate::suite;

    fn entry(number: u64, messages: &[(Role, &str)], answer: &str) -> Entry {
        let messages = messages.iter().map(|(role, text)| Message::new(*role, *text)).collect();
        let captured = Captured::answer("PM-v1".into(), messages, answer.into());
        Entry { number, at: "2026-11-21T10:00:00Z".parse().unwrap(), captured }
    }

    fn plain(entry: &Entry) -> Approval<'_> {
        Approval { entry, edited: None, whole: false }
    }

    #[test]
    fn an_approved_answer_becomes_an_example_once_and_a_corrected_one_goes_before() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("captured/2026-11.jsonl");
        let mut corrected = entry(4, &[(Role::User, "Write a story\n\nScanning parcels")], "bad");
        (corrected.captured.thumb, corrected.captured.corrected) =
            (Some(Thumb::Down), Some("**As a** driver\n".into()));
        let other = entry(7, &[(Role::User, "Name the risk")], "Rain.");
        let approvals = [plain(&corrected), plain(&other), plain(&other)];
        let approved = approve(&file, &approvals, &[], &[]).unwrap();
        let told: Vec<_> = approved.iter().map(|a| (a.number, a.place.line, a.already)).collect();
        assert_eq!(told, [(4, 1, false), (7, 2, false), (7, 2, true)]);
        let examples = load(std::slice::from_ref(&file)).unwrap().0;
        let texts: Vec<_> =
            examples.iter().map(|e| (e.instruction.as_str(), e.input.as_str(), e.output.as_str())).collect();
        assert_eq!(texts, [("Write a story", "Scanning parcels", "**As a** driver"), ("Name the risk", "", "Rain.")]);
        assert_eq!(examples[0].source.as_deref(), Some("asked 21 November 2026, answer of PM-v1, corrected"));
        assert_eq!(examples[1].id.as_deref(), Some("2026-11-02"));
        // After a kill between both steps the entry still waits, and its example is there.
        let before = std::fs::read(&file).unwrap();
        let existing = readable(std::slice::from_ref(&file)).unwrap().0;
        assert!(approve(&file, &approvals, &existing, &[]).unwrap().iter().all(|approved| approved.already));
        assert_eq!(std::fs::read(&file).unwrap(), before);
        let said = approve(&file, &[plain(&entry(8, &[(Role::User, "name  the Risk")], "Snow."))], &existing, &[]);
        let said = said.unwrap_err().to_string();
        assert!(said.contains("entry 8: ") && said.contains("answers this question otherwise"), "{said}");
    }

    #[test]
    fn a_conversation_is_taught_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("c/x.jsonl");
        let asked =
            [(Role::System, "Be brief."), (Role::User, "a"), (Role::Assistant, "unread"), (Role::User, "and b?")];
        let long = entry(1, &asked, "B.");
        let said = approve(&file, &[plain(&long)], &[], &[]).unwrap_err().to_string();
        assert!(said.contains("earlier answers would be taught") && said.contains("--whole"), "{said}");
        assert!(!file.exists());
        approve(&file, &[Approval { whole: true, ..plain(&long) }], &[], &[]).unwrap();
        let all = readable(std::slice::from_ref(&file)).unwrap().0;
        assert_eq!((all.len(), all[0].system.as_deref(), all[0].exchanges().count()), (1, Some("Be brief."), 2));
        for odd in [&asked[..3], &asked[..1], &[(Role::User, "a"), (Role::User, "b")][..], &[(Role::User, " ")][..]] {
            let one = entry(2, odd, "x");
            approve(&file, &[Approval { whole: true, ..plain(&one) }], &[], &[]).unwrap_err();
        }
    }

    #[test]
    fn all_that_should_not_be_learnt_is_named_and_nothing_is_written() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("c/x.jsonl");
        let mut cut = entry(1, &[(Role::User, "one")], "And then");
        cut.captured.cut = true;
        let mut bad = entry(2, &[(Role::User, "two")], "x");
        bad.captured.thumb = Some(Thumb::Down);
        let tested = entry(3, &[(Role::User, "Write a user story about barcodes")], "x");
        let fine = entry(4, &[(Role::User, "four")], "x");
        let suites =
            [suite::load_str("stories", "cases: [{id: b, prompt: Write a user story about barcodes}]").unwrap()];
        let approvals = [plain(&cut), plain(&bad), plain(&tested), plain(&fine)];
        let all: Vec<String> =
            approve(&file, &approvals, &[], &suites).unwrap_err().flatten().iter().map(ToString::to_string).collect();
        let parts = ["entry 1: its answer was cut off", "entry 2: its answer was marked", "entry 3: it says what is"];
        for part in parts {
            assert!(all.iter().any(|said| said.contains(part)), "{part}: {all:?}");
        }
        assert!(!file.exists());
        approve(&file, &[Approval { edited: Some("Better."), ..plain(&cut) }], &[], &suites).unwrap();
    }
}
