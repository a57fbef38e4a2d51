use super::Format;
use crate::training_data::Example;
use engine::error::{Error, Result};
use serde_json::{Map, Value, json};

/// The text of a file that holds `examples` in `format`. The optional keys `id`, `tags` and `source` stand beside each
/// format's own, where other tools pass over them and `read` finds them again.
pub fn write(format: Format, examples: &[Example]) -> Result<String> {
    let records = examples.iter().map(|example| record(format, example)).collect::<Result<Vec<Value>>>()?;
    let mut text = String::new();
    if format == Format::Alpaca {
        text = serde_json::to_string_pretty(&records).map_err(unwritable)?;
        text.push('\n');
        return Ok(text);
    }
    for record in records {
        text.push_str(&serde_json::to_string(&record).map_err(unwritable)?);
        text.push('\n');
    }
    Ok(text)
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::input(format!("an example cannot be written: {error}"))
}

fn record(format: Format, example: &Example) -> Result<Value> {
    let own = match format {
        Format::Examples => return serde_json::to_value(example).map_err(unwritable),
        Format::Alpaca => {
            json!({"instruction": example.instruction, "input": example.input, "output": example.output})
        }
        Format::Chat => json!({"messages": [
            {"role": "user", "content": example.prompt()},
            {"role": "assistant", "content": example.output},
        ]}),
        Format::ShareGpt => json!({"conversations": [
            {"from": "human", "value": example.prompt()},
            {"from": "gpt", "value": example.output},
        ]}),
        Format::PromptCompletion => json!({"prompt": example.prompt(), "completion": example.output}),
    };
    let mut record: Map<String, Value> = own.as_object().cloned().unwrap_or_default();
    if let Some(id) = &example.id {
        record.insert("id".into(), json!(id));
    }
    if !example.tags.is_empty() {
        record.insert("tags".into(), json!(example.tags));
    }
    if let Some(source) = &example.source {
        record.insert("source".into(), json!(source));
    }
    Ok(Value::Object(record))
}
