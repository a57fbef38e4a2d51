//! One record of training data, whichever tool wrote it. Everything that reads examples reads them here: training, the
//! linter, `convert`.

use super::columns::Field;
use super::conversation::Conversation;
use super::line::{Broken, Fields, kind};
use super::question::parts;
use super::turns::{self, Talk};
use super::{Example, Place};
use crate::yaml::did_you_mean;
use serde_json::Value;

/// A readable record.
#[derive(Debug)]
pub(super) struct Record {
    /// Its texts may be blank; who needs them otherwise says so, as [`Record::filled`] does.
    pub conversation: Conversation,
    /// Its keys that nothing reads.
    pub unread: Vec<String>,
}

/// Lists of turns, by the key that holds them.
const LISTS: [&str; 2] = ["messages", "conversations"];
/// What gives question and answer where no list of turns does.
const FLAT: [Field; 4] = [Field::Instruction, Field::Question, Field::Input, Field::Output];

/// Reads a record without its line end. Gives every fault, not only the first.
pub(super) fn read(record: &[u8], place: Place) -> Result<Record, Vec<Broken>> {
    let mut fields = Fields::open(record)?;
    let talk = match LISTS.into_iter().find(|list| fields.get(list).is_some_and(|turns| !turns.is_null())) {
        Some(list) => listed(&mut fields, list),
        None => flat(&mut fields).map(|(exchange, talk)| (Some(exchange), talk)),
    };
    let id = id(&mut fields);
    let (tags, source) = (tags(&mut fields), fields.take_text("source").filter(|source| !source.is_empty()));
    let Some((own, talk)) = talk.filter(|_| fields.faults.is_empty()) else { return Err(fields.faults) };
    let example = |instruction, input, output| {
        let (tags, source) = (Vec::new(), None);
        Example { id: None, instruction, input, output, tags, source, place: place.clone() }
    };
    let told = talk.exchanges.into_iter().map(|(asked, answer)| {
        let (instruction, input) = parts(&asked);
        example(instruction, input, answer)
    });
    let exchanges = told.chain(own.map(|own| example(own.instruction, own.input, own.output)));
    let Some(mut conversation) = Conversation::of(talk.system, exchanges) else { return Err(fields.faults) };
    conversation.describe(id, tags, source);
    let mut unread: Vec<String> = fields.left().map(str::to_string).collect();
    unread.extend(talk.unread.into_iter().map(|key| format!("messages[].{key}")));
    Ok(Record { conversation, unread })
}

impl Record {
    /// The record where every question and answer holds something, as training wants it.
    pub fn filled(self) -> Result<Self, Vec<Broken>> {
        let blank = |text: &str| text.trim().is_empty();
        let empty = self.conversation.exchanges().find_map(|one| {
            if blank(&one.instruction) { Some("question") } else { blank(&one.output).then_some("answer") }
        });
        match empty {
            None => Ok(self),
            Some(name) => {
                let (message, remedy) = (format!("the {name} is empty"), "write it, or remove the line".to_string());
                Err(vec![Broken { code: "empty", line: 0, column: 1, message, remedy }])
            }
        }
    }
}

/// A question with its answer.
struct Exchange {
    instruction: String,
    input: String,
    output: String,
}

/// A list of turns. Texts beside it are read only in that they may repeat what a turn says, as some tools have it.
fn listed(fields: &mut Fields, list: &str) -> Option<(Option<Exchange>, Talk)> {
    let others: Vec<String> = fields.left().filter(|key| *key != list && says(key)).map(str::to_string).collect();
    let turns = fields.take(list).unwrap_or_default();
    let mut talk = match turns::talk(turns, list) {
        Ok(talk) => talk,
        Err((message, remedy)) => {
            fields.fault("wrong-type", list, message, remedy);
            return None;
        }
    };
    for key in others {
        let text = match fields.get(&key) {
            Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
            Some(Value::Null | Value::String(_)) => String::new(),
            Some(Value::Array(_)) if LISTS.contains(&key.as_str()) => {
                let message = format!("`{list}` and `{key}` both hold a conversation");
                fields.fault("duplicate-key", &key, message, "keep the one that counts");
                continue;
            }
            _ => continue,
        };
        let said = talk.exchanges.iter().any(|(asked, answer)| *asked == text || *answer == text);
        if key == "system" && (talk.system.is_none() || talk.system.as_ref() == Some(&text)) {
            talk.system = Some(text).filter(|text| !text.is_empty()).or(talk.system.take());
        } else if !text.is_empty() && !said {
            let message = format!("`{list}` and `{key}` both say something, and not the same");
            fields.fault("duplicate-key", &key, message, "keep the one that counts; remove the other, or rename it");
            continue;
        }
        fields.take(&key);
    }
    Some((None, talk))
}

/// Whether a key holds texts of the conversation.
fn says(key: &str) -> bool {
    LISTS.contains(&key)
        || key == "history"
        || Field::named(key).is_some_and(|field| FLAT.contains(&field) || field == Field::System)
}

/// Question and answer under keys of their own, with what came before them.
fn flat(fields: &mut Fields) -> Option<(Exchange, Talk)> {
    let asked = one_of(fields, &[Field::Instruction, Field::Question]);
    let input = one_of(fields, &[Field::Input]);
    let output = one_of(fields, &[Field::Output]);
    if asked.is_none() && output.is_none() && fields.faults.is_empty() {
        let keys: Vec<&str> = fields.left().take(8).collect();
        let message = format!("no known format has these keys: {}", keys.join(", "));
        let remedy = "a line has `instruction` and `output`, or `messages`, or `conversations`, or `prompt` and \
                      `completion`";
        fields.fault("missing-key", "", message, remedy);
        return None;
    }
    let answer = if asked.as_ref().is_some_and(|(key, _)| key == "prompt") { "completion" } else { "output" };
    let asked = required(fields, asked, "instruction");
    let output = required(fields, output, answer);
    if input.is_none()
        && let Some(other) = misspelt(fields, "input")
    {
        missing(fields, "input", format!("rename `{other}` to `input`"));
    }
    let mut talk =
        Talk { system: fields.take_text("system").filter(|text| !text.trim().is_empty()), ..Talk::default() };
    if let Some(earlier) = fields.take("history").filter(|earlier| !earlier.is_null()) {
        match turns::history(earlier) {
            Ok(exchanges) => talk.exchanges = exchanges,
            Err((message, remedy)) => fields.fault("wrong-type", "history", message, remedy),
        }
    }
    let ((key, asked), (_, output)) = (asked?, output?);
    let input = input.map(|(_, input)| input).unwrap_or_default();
    let whole = Field::named(&key) == Some(Field::Question) && input.trim().is_empty();
    let (instruction, input) = if whole { parts(&asked) } else { (asked, input) };
    Some((Exchange { instruction, input, output }, talk))
}

/// The one text that these fields give, with its key; where several keys give one, that is a fault.
fn one_of(fields: &mut Fields, wanted: &[Field]) -> Option<(String, String)> {
    let names: Vec<&str> = wanted.iter().flat_map(|field| field.names()).collect();
    let mut found: Vec<(&str, String)> = Vec::new();
    for name in names.into_iter().filter(|name| fields.get(name).is_some()).collect::<Vec<_>>() {
        let optional = wanted == [Field::Input];
        match fields.get(name) {
            Some(Value::Null) if !optional => {
                fields.fault("wrong-type", name, format!("`{name}` is null, not a text"), "put it in double quotes");
                fields.take(name);
                found.push((name, String::new()));
            }
            Some(Value::String(_) | Value::Null) => {
                found.extend(fields.take_text(name).map(|text| (name, text)));
            }
            _ => {
                fields.take_text(name);
                found.push((name, String::new()));
            }
        }
    }
    let said: Vec<&(&str, String)> = found.iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    if let [(first, _), (second, _), ..] = said[..] {
        let gives = wanted.first().map_or("it", |field| field.gives());
        let message = format!("`{first}` and `{second}` both give {gives}");
        fields.fault("duplicate-key", second, message, "keep the one that counts; remove the other, or rename it");
    }
    let best = said.first().map(|one| (*one).clone()).or(found.first().cloned());
    best.map(|(name, text)| (name.to_string(), text))
}

fn required(fields: &mut Fields, found: Option<(String, String)>, key: &str) -> Option<(String, String)> {
    if found.is_none() {
        let remedy = match misspelt(fields, key) {
            Some(other) => format!("rename `{other}` to `{key}`"),
            None if key == "completion" => "a line with `prompt` has its answer in `completion`".into(),
            None => "an example has instruction, input and output; add what is missing".into(),
        };
        missing(fields, key, remedy);
    }
    found
}

fn missing(fields: &mut Fields, key: &str, remedy: String) {
    fields.fault("missing-key", "", format!("the key `{key}` is missing"), remedy);
}

/// A key that nothing reads and that looks much like this one.
fn misspelt(fields: &Fields, key: &str) -> Option<String> {
    let known = |other: &str| Field::named(other).is_some() || LISTS.contains(&other) || other == "history";
    fields.left().find(|other| !known(other) && did_you_mean(other, [key]).is_some()).map(str::to_string)
}

/// The id; other tools number their records.
fn id(fields: &mut Fields) -> Option<String> {
    match fields.get("id") {
        Some(Value::Number(number)) => {
            let number = number.to_string();
            fields.take("id");
            Some(number)
        }
        _ => fields.take_text("id").filter(|id| !id.is_empty()),
    }
}

fn tags(fields: &mut Fields) -> Vec<String> {
    let read: Option<Vec<String>> = match fields.get("tags") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(|tag| tag.as_str().map(str::to_string)).collect(),
        Some(_) => None,
    };
    if read.is_none() {
        let what = fields.get("tags").map_or("nothing", kind);
        let message = format!("`tags` is {what}, not a list of texts");
        fields.fault("wrong-type", "tags", message, "write \"tags\": [\"one\", \"two\"]");
    }
    fields.take("tags");
    read.unwrap_or_default()
}
