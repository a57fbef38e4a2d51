//! The fields that chat and plain completions have in common, read leniently: what is unknown is passed over, `null` is
//! absent, whole numbers may be written with a point. What is known and wrong is refused by name.

use super::refusal::Refusal;
use engine::generate::{Json, Sampling, SamplingOptions};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// More stop strings than this are no use to anybody and a burden on every token.
const MOST_STOPS: usize = 64;
/// Bytes of one stop string.
const LONGEST_STOP: usize = 1024;

/// What decides how a text is written. `Value` where the wrong type must be told by name.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    pub model: Value,
    #[serde(default)]
    stream: Value,
    #[serde(default)]
    stream_options: Value,
    #[serde(default)]
    n: Value,
    #[serde(default)]
    temperature: Value,
    #[serde(default)]
    top_p: Value,
    #[serde(default)]
    top_k: Value,
    #[serde(default)]
    min_p: Value,
    #[serde(default)]
    repetition_penalty: Value,
    /// As LM Studio and llama.cpp call it.
    #[serde(default)]
    repeat_penalty: Value,
    #[serde(default)]
    seed: Value,
    #[serde(default)]
    stop: Value,
    #[serde(default)]
    max_tokens: Value,
    #[serde(default)]
    max_completion_tokens: Value,
    #[serde(default)]
    presence_penalty: Value,
    #[serde(default)]
    frequency_penalty: Value,
    #[serde(default)]
    logit_bias: Value,
    #[serde(default)]
    response_format: Value,
    #[serde(default)]
    pub logprobs: Value,
}

/// How the answer is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivery {
    pub stream: bool,
    pub include_usage: bool,
}

impl Fields {
    pub fn delivery(&self) -> Result<Delivery, Refusal> {
        let include_usage = flag(self.stream_options.get("include_usage").unwrap_or(&Value::Null), "stream_options")?;
        Ok(Delivery { stream: flag(&self.stream, "stream")?, include_usage })
    }

    /// Refuses what would have to be answered otherwise than it is here.
    pub fn refuse_unsupported(&self) -> Result<(), Refusal> {
        if whole(&self.n, "n")?.is_some_and(|n| n != 1) {
            return Err(Refusal::unsupported("n", "one answer is written for each request: send n = 1, or ask again"));
        }
        Ok(())
    }

    /// What was sent and changes nothing here, though it would elsewhere.
    pub fn passed_over(&self) -> Vec<&'static str> {
        let penalties = [("presence_penalty", &self.presence_penalty), ("frequency_penalty", &self.frequency_penalty)];
        let penalties = penalties.into_iter().filter(|(_, value)| value.as_f64().is_some_and(|v| v != 0.0));
        let bias = Some("logit_bias").filter(|_| self.logit_bias.as_object().is_some_and(|bias| !bias.is_empty()));
        penalties.map(|(name, _)| name).chain(bias).collect()
    }

    /// The version's sampling, with what the request says in its place.
    pub fn sampling(&self, version: &Sampling) -> Result<Sampling, Refusal> {
        let options = SamplingOptions {
            temperature: number(&self.temperature, "temperature", 0.0, 100.0)?,
            top_p: number(&self.top_p, "top_p", 0.0, 1.0)?,
            min_p: number(&self.min_p, "min_p", 0.0, 1.0)?,
            top_k: None,
            repetition_penalty: self.penalty()?,
            seed: whole(&self.seed, "seed")?.map(i64::cast_unsigned),
            stop: stop(&self.stop)?,
            max_tokens: self.max_tokens()?,
            json: json(&self.response_format)?,
        };
        let sampling = options.over(version.clone());
        // 0 and -1 switch it off in LM Studio and llama.cpp.
        Ok(match whole(&self.top_k, "top_k")? {
            None => sampling,
            Some(k) => Sampling { top_k: usize::try_from(k).ok().filter(|k| *k > 0), ..sampling },
        })
    }

    fn penalty(&self) -> Result<Option<f64>, Refusal> {
        for (value, name) in
            [(&self.repetition_penalty, "repetition_penalty"), (&self.repeat_penalty, "repeat_penalty")]
        {
            match number(value, name, 0.0, 100.0)? {
                Some(0.0) => return Err(Refusal::invalid(name, format!("{name} must be above 0; 1 changes nothing"))),
                Some(penalty) => return Ok(Some(penalty)),
                None => {}
            }
        }
        Ok(None)
    }

    /// The smaller of both, where both are sent. -1, LM Studio's "as long as it likes", is what the context holds.
    fn max_tokens(&self) -> Result<Option<usize>, Refusal> {
        let mut most = None;
        for (value, name) in [(&self.max_completion_tokens, "max_completion_tokens"), (&self.max_tokens, "max_tokens")]
        {
            let tokens = match whole(value, name)? {
                None => continue,
                Some(-1) => usize::MAX,
                Some(tokens) => usize::try_from(tokens)
                    .ok()
                    .filter(|tokens| *tokens > 0)
                    .ok_or_else(|| Refusal::invalid(name, format!("{name} must be 1 or more, not {tokens}")))?,
            };
            most = Some(most.map_or(tokens, |most: usize| most.min(tokens)));
        }
        Ok(most)
    }
}

pub(super) fn flag(value: &Value, name: &str) -> Result<bool, Refusal> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        _ => Err(Refusal::invalid(name, format!("{name} must be true or false"))),
    }
}

pub(super) fn number(value: &Value, name: &str, least: f64, most: f64) -> Result<Option<f64>, Refusal> {
    if value.is_null() {
        return Ok(None);
    }
    let within = value.as_f64().filter(|number| (least..=most).contains(number));
    within.map(Some).ok_or_else(|| Refusal::invalid(name, format!("{name} must be a number from {least} to {most}")))
}

pub(super) fn whole(value: &Value, name: &str) -> Result<Option<i64>, Refusal> {
    if value.is_null() {
        return Ok(None);
    }
    // Beyond 2^53 a number with a point is not exact; one beyond i64 is somebody's random seed.
    let pointed = || value.as_f64().filter(|x| x.fract() == 0.0 && x.abs() <= 2f64.powi(53)).map(|x| x as i64);
    let read = value.as_i64().or_else(|| value.as_u64().map(u64::cast_signed)).or_else(pointed);
    read.map(Some).ok_or_else(|| Refusal::invalid(name, format!("{name} must be a whole number")))
}

/// What `response_format` asks for. LM Studio and llama.cpp also take the schema beside the type.
fn json(format: &Value) -> Result<Option<Json>, Refusal> {
    const NAME: &str = "response_format";
    if format.is_null() {
        return Ok(None);
    }
    let schema = format.pointer("/json_schema/schema").or_else(|| format.get("schema")).filter(|s| !s.is_null());
    let json = match (format.get("type").and_then(Value::as_str), schema) {
        (Some("text"), _) => Json::Off,
        (Some("json_object"), None) => Json::Object,
        (Some("json_object" | "json_schema"), Some(schema @ Value::Object(_))) => {
            Json::Schema(Arc::new(schema.clone()))
        }
        _ => {
            let message = "response_format must be of the type text, json_object, or json_schema with its schema under json_schema.schema";
            return Err(Refusal::invalid(NAME, message.to_string()));
        }
    };
    let refuse = |error: engine::error::Error| {
        let remedy = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        Refusal::invalid(NAME, format!("{}{remedy}", error.message))
    };
    json.check().map(|()| Some(json)).map_err(refuse)
}

fn stop(value: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let wrong = || {
        let message = format!(
            "stop must be a text or a list of at most {MOST_STOPS} texts, each of at most {LONGEST_STOP} bytes"
        );
        Refusal::invalid("stop", message)
    };
    let texts: Vec<String> = match value {
        Value::Null => return Ok(None),
        Value::String(text) => vec![text.clone()],
        Value::Array(texts) => {
            texts.iter().map(|t| t.as_str().map(String::from)).collect::<Option<_>>().ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    if texts.len() > MOST_STOPS || texts.iter().any(|text| text.len() > LONGEST_STOP) {
        return Err(wrong());
    }
    Ok(Some(texts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sampled(body: Value) -> Result<Sampling, String> {
        let fields: Fields = serde_json::from_value(body).unwrap();
        let version = Sampling { temperature: 0.5, top_k: Some(40), seed: 7, max_tokens: 64, ..Sampling::default() };
        fields.sampling(&version).map_err(|refusal| refusal.body()["error"]["message"].to_string())
    }

    #[test]
    fn what_is_not_said_is_the_versions() {
        let said = sampled(json!({"top_p": null, "unknown": [1, 2], "user": "me"})).unwrap();
        assert_eq!((said.temperature, said.top_k, said.seed, said.max_tokens), (0.5, Some(40), 7, 64));
        let said = sampled(json!({"temperature": 0, "top_k": 5.0, "seed": -1, "stop": "END", "repeat_penalty": 1.1}));
        let said = said.unwrap();
        assert_eq!((said.temperature, said.top_k, said.seed, said.repetition_penalty), (0.0, Some(5), u64::MAX, 1.1));
        assert_eq!(said.stop, ["END"]);
        assert_eq!(sampled(json!({"seed": u64::MAX})).unwrap().seed, u64::MAX);
    }

    #[test]
    fn json_is_asked_for_in_every_form_that_clients_use() {
        let asked = |format: Value| sampled(json!({"response_format": format})).map(|said| said.json.to_string());
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
        let of_schema = Json::Schema(Arc::new(schema.clone())).to_string();
        for (format, wanted) in [
            (Value::Null, "off"),
            (json!({"type": "text"}), "off"),
            (json!({"type": "json_object"}), "any object"),
            (json!({"type": "json_object", "schema": schema}), of_schema.as_str()),
            (
                json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}}),
                &of_schema,
            ),
            (json!({"type": "json_schema", "schema": schema}), &of_schema),
        ] {
            assert_eq!(asked(format.clone()).as_deref(), Ok(wanted), "{format}");
        }
        let wrong = json!({"type": "json_schema", "json_schema": {"schema": {"type": "objekt"}}});
        assert!(asked(wrong).unwrap_err().contains("`#/type`"));
        for format in [json!("json"), json!({"type": "json_schema"}), json!({"type": "xml"})] {
            assert!(asked(format.clone()).unwrap_err().contains("response_format"), "{format}");
        }
    }

    #[test]
    fn every_name_of_a_limit_is_known_and_the_smaller_holds() {
        for (body, tokens) in [
            (json!({"max_tokens": 9}), 9),
            (json!({"max_completion_tokens": 9, "max_tokens": 12}), 9),
            (json!({"max_completion_tokens": 12, "max_tokens": 9}), 9),
            (json!({"max_tokens": -1}), usize::MAX),
            (json!({"max_tokens": null}), 64),
        ] {
            assert_eq!(sampled(body.clone()).unwrap().max_tokens, tokens, "{body}");
        }
        assert_eq!(sampled(json!({"top_k": -1})).unwrap().top_k, None);
        assert_eq!(sampled(json!({"top_k": 0})).unwrap().top_k, None);
    }

    #[test]
    fn a_wrong_value_is_refused_by_name() {
        for (body, name) in [
            (json!({"temperature": -0.1}), "temperature"),
            (json!({"temperature": "hot"}), "temperature"),
            (json!({"top_p": 1.5}), "top_p"),
            (json!({"max_tokens": 0}), "max_tokens"),
            (json!({"max_tokens": 1.5}), "max_tokens"),
            (json!({"seed": "x"}), "seed"),
            (json!({"stop": [1]}), "stop"),
            (json!({"stop": vec!["x"; 65]}), "stop"),
            (json!({"repetition_penalty": 0}), "repetition_penalty"),
        ] {
            let said = sampled(body.clone()).unwrap_err();
            assert!(said.contains(name), "{body}: {said}");
        }
    }
}
