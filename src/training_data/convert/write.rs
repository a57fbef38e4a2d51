use super::Format;
use crate::training_data::{Conversation, Example};
use engine::error::{Error, Result};
use serde_json::{Map, Value, json};

/// What was written, and what found no place in the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// In a sentence for the user.
    pub left_out: Option<String>,
}

/// The text of a file that holds `conversations` in `format`. The optional keys `id`, `tags` and `source` stand beside
/// each format's own, where other tools pass over them and `read` finds them again.
///
/// # Errors
/// Several turns where the format holds but one; every such conversation is named.
pub fn write(format: Format, conversations: &[Conversation]) -> Result<Written> {
    let refused = conversations.iter().filter(|one| !one.fits(format)).map(|one| {
        let message = format!("{}: several turns do not fit `prompt` and `completion`", one.place());
        Error::input(message).hint("write them with --to chat, --to sharegpt or --to alpaca")
    });
    if let Some(error) = Error::gather(refused) {
        return Err(error);
    }
    let records = conversations.iter().map(|one| record(format, one)).collect::<Result<Vec<Value>>>()?;
    let mut text = String::new();
    if format == Format::Alpaca {
        text = serde_json::to_string_pretty(&records).map_err(unwritable)?;
        text.push('\n');
    } else {
        for record in records {
            text.push_str(&serde_json::to_string(&record).map_err(unwritable)?);
            text.push('\n');
        }
    }
    Ok(Written { text, left_out: left_out(format, conversations) })
}

impl Conversation {
    fn fits(&self, format: Format) -> bool {
        format != Format::PromptCompletion || self.exchanges().count() == 1
    }
}

fn left_out(format: Format, conversations: &[Conversation]) -> Option<String> {
    if !matches!(format, Format::Examples | Format::PromptCompletion) {
        return None;
    }
    let mut systems: Vec<&String> = conversations.iter().filter_map(|one| one.system.as_ref()).collect();
    let records = systems.len();
    systems.sort_unstable();
    systems.dedup();
    (records > 0).then(|| {
        format!(
            "{} of {} left out: a system prompt belongs to a version, in models/<Name-vN>/manifest.yaml; --to chat \
             keeps it with each conversation",
            crate::words::count(systems.len(), "system prompt"),
            crate::words::count(records, "record"),
        )
    })
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::input(format!("an example cannot be written: {error}"))
}

fn record(format: Format, one: &Conversation) -> Result<Value> {
    let (first, single) = (one.first(), one.exchanges().count() == 1);
    let own = match format {
        Format::Examples if single => return serde_json::to_value(first).map_err(unwritable),
        Format::Examples => turns("messages", ["role", "content"], ("user", "assistant"), None, one),
        Format::Chat => turns("messages", ["role", "content"], ("user", "assistant"), one.system.as_ref(), one),
        Format::ShareGpt => turns("conversations", ["from", "value"], ("human", "gpt"), one.system.as_ref(), one),
        Format::Alpaca => alpaca(one),
        Format::PromptCompletion => json!({"prompt": first.prompt(), "completion": first.output}),
    };
    let mut record: Map<String, Value> = own.as_object().cloned().unwrap_or_default();
    if let Some(id) = &first.id {
        record.insert("id".into(), json!(id));
    }
    if !first.tags.is_empty() {
        record.insert("tags".into(), json!(first.tags));
    }
    if let Some(source) = &first.source {
        record.insert("source".into(), json!(source));
    }
    Ok(Value::Object(record))
}

/// `{"<list>": [{"<who>": "system", "<what>": …}, …]}`.
fn turns(
    list: &str,
    [who, what]: [&str; 2],
    (asks, answers): (&str, &str),
    system: Option<&String>,
    one: &Conversation,
) -> Value {
    let turn = |speaker: &str, text: &str| json!({who: speaker, what: text});
    let system = system.map(|text| turn("system", text));
    let told = one.exchanges().flat_map(|e| [turn(asks, &e.prompt()), turn(answers, &e.output)]);
    json!({list: system.into_iter().chain(told).collect::<Vec<_>>()})
}

/// The last exchange, with those before it as `history`.
fn alpaca(one: &Conversation) -> Value {
    let mut exchanges: Vec<&Example> = one.exchanges().collect();
    let Some(last) = exchanges.pop() else { return Value::Null };
    let mut record = json!({"instruction": last.instruction, "input": last.input, "output": last.output});
    if let Some(system) = &one.system {
        record["system"] = json!(system);
    }
    if !exchanges.is_empty() {
        record["history"] = exchanges.iter().map(|e| json!([e.prompt(), e.output])).collect();
    }
    record
}
