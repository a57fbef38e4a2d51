//! One record of another tool's file, turned into an example.

use super::question::parts;
use crate::words::count;
use serde_json::{Map, Value};

/// The texts of one example, wherever they came from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Texts {
    pub id: Option<String>,
    pub instruction: String,
    pub input: String,
    pub output: String,
    pub tags: Vec<String>,
    pub source: Option<String>,
    /// A system prompt of the conversation. It belongs to a version, not to an example.
    pub system: Option<String>,
}

/// Reads a JSON record of whichever format its keys show. The fault goes to the user, with its remedy.
pub fn from_json(value: &Value) -> Result<Texts, (String, &'static str)> {
    let Some(object) = value.as_object() else {
        return Err(("an example is a JSON object".into(), "write {\"instruction\": …, \"input\": …, \"output\": …}"));
    };
    let texts = if object.contains_key("messages") {
        conversation(&object["messages"], "messages", "role", "content")?
    } else if object.contains_key("conversations") {
        conversation(&object["conversations"], "conversations", "from", "value")?
    } else if object.contains_key("instruction") {
        Texts {
            instruction: text(object, "instruction")?,
            input: optional(object, "input")?.unwrap_or_default(),
            output: text(object, "output")?,
            ..Texts::default()
        }
    } else if object.contains_key("prompt") {
        let (instruction, input) = parts(&text(object, "prompt")?);
        Texts { instruction, input, output: text(object, "completion")?, ..Texts::default() }
    } else {
        let keys: Vec<&str> = object.keys().map(String::as_str).take(8).collect();
        return Err((format!("no known format has these keys: {}", keys.join(", ")), FORMATS));
    };
    let tags = match object.get("tags") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(tags)) => {
            let texts: Option<Vec<String>> = tags.iter().map(|tag| tag.as_str().map(str::to_string)).collect();
            texts.ok_or_else(|| ("`tags` holds something that is no text".to_string(), TAGS))?
        }
        Some(_) => return Err(("`tags` is no list".into(), TAGS)),
    };
    Ok(Texts { id: optional(object, "id")?, tags, source: optional(object, "source")?, ..texts })
}

const FORMATS: &str = "a line has `instruction` and `output`, or `messages`, or `conversations`, or `prompt` and \
                       `completion`";
const TAGS: &str = "write \"tags\": [\"retail\", \"formal\"], or leave it out";
const ONE: &str = "an example is one question with its answer; keep the exchange worth learning, one to a line";

/// One question and one answer, with a system prompt before them at most.
fn conversation(turns: &Value, list: &str, who: &str, what: &str) -> Result<Texts, (String, &'static str)> {
    let turns = turns.as_array().ok_or_else(|| (format!("`{list}` is no list"), FORMATS))?;
    let (mut system, mut questions, mut answers) = (None, Vec::new(), Vec::new());
    for turn in turns {
        let speaker = turn.get(who).and_then(Value::as_str).unwrap_or_default();
        let said = turn.get(what).and_then(Value::as_str);
        let said = said.ok_or_else(|| (format!("a turn of `{list}` has no text in `{what}`"), ONE))?.to_string();
        match speaker {
            "system" | "developer" => system = Some(said),
            "user" | "human" if answers.is_empty() => questions.push(said),
            "assistant" | "gpt" | "model" if !questions.is_empty() => answers.push(said),
            "user" | "human" => return Err((format!("`{list}` holds more than one question"), ONE)),
            "assistant" | "gpt" | "model" => return Err((format!("`{list}` begins with an answer"), ONE)),
            "" => return Err((format!("a turn of `{list}` does not say who speaks in `{who}`"), ONE)),
            other => return Err((format!("`{list}` has a turn of `{other}`, which an example cannot hold"), ONE)),
        }
    }
    match (&questions[..], &answers[..]) {
        ([asked], [answered]) => {
            let (instruction, input) = parts(asked);
            Ok(Texts { instruction, input, output: answered.clone(), system, ..Texts::default() })
        }
        ([], _) => Err((format!("`{list}` holds no question"), ONE)),
        (_, []) => Err((format!("`{list}` holds no answer"), ONE)),
        _ => Err((
            {
                let (asked, answered) = (count(questions.len(), "question"), count(answers.len(), "answer"));
                format!("`{list}` holds {asked} and {answered}")
            },
            ONE,
        )),
    }
}

fn text(object: &Map<String, Value>, key: &str) -> Result<String, (String, &'static str)> {
    optional(object, key)?.ok_or_else(|| (format!("`{key}` is missing"), FORMATS))
}

fn optional(object: &Map<String, Value>, key: &str) -> Result<Option<String>, (String, &'static str)> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        // Other tools number their records.
        Some(Value::Number(number)) if key == "id" => Ok(Some(number.to_string())),
        Some(_) => Err((format!("`{key}` is no text"), "put the value in double quotes")),
    }
}

/// What each column of a spreadsheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Id,
    Instruction,
    Input,
    Output,
    /// The whole question, to be parted at its first blank line.
    Question,
    /// Separated by `;` or `,`.
    Tags,
    Source,
}

/// The columns of a header, unknown ones as `None`. The fault goes to the user.
pub fn columns(header: &[String]) -> Result<Vec<Option<Column>>, (String, &'static str)> {
    let columns: Vec<Option<Column>> = header
        .iter()
        .map(|name| match name.trim().to_lowercase().as_str() {
            "id" => Some(Column::Id),
            "instruction" => Some(Column::Instruction),
            "input" | "context" => Some(Column::Input),
            "output" | "completion" | "response" | "answer" => Some(Column::Output),
            "prompt" | "question" => Some(Column::Question),
            "tags" => Some(Column::Tags),
            "source" => Some(Column::Source),
            _ => None,
        })
        .collect();
    let has = |column| columns.contains(&Some(column));
    if !has(Column::Output) || !(has(Column::Instruction) || has(Column::Question)) {
        return Err((
            format!("the first row names the columns {}", header.join(", ")),
            "name the columns instruction, input and output (or prompt and completion); id, tags and source may stand \
             beside them",
        ));
    }
    Ok(columns)
}

/// Reads one row below the header.
pub fn from_row(columns: &[Option<Column>], fields: &[String]) -> Result<Texts, (String, &'static str)> {
    if fields.len() != columns.len() {
        return Err((
            format!("this row has {} fields, the first row has {}", fields.len(), columns.len()),
            "put a text that holds the separator, a quote or a line end in double quotes",
        ));
    }
    let mut texts = Texts::default();
    for (column, field) in columns.iter().zip(fields) {
        match column {
            Some(Column::Instruction) => texts.instruction = field.clone(),
            Some(Column::Input) => texts.input = field.clone(),
            Some(Column::Output) => texts.output = field.clone(),
            Some(Column::Question) => (texts.instruction, texts.input) = parts(field),
            Some(Column::Id) => texts.id = Some(field.clone()).filter(|id| !id.is_empty()),
            Some(Column::Source) => texts.source = Some(field.clone()).filter(|source| !source.is_empty()),
            Some(Column::Tags) => {
                let tags = field.split([';', ',']).map(str::trim).filter(|tag| !tag.is_empty());
                texts.tags = tags.map(str::to_string).collect();
            }
            None => {}
        }
    }
    Ok(texts)
}
