use engine::chat::Message;
use engine::generate::{Json, Sampling};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// A setting of an answer that an endpoint may refuse. Named as under `sampling` in `pmtune.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Parameter {
    Temperature,
    Seed,
    MaxTokens,
    TopP,
    TopK,
    MinP,
    Stop,
    RepetitionPenalty,
    Json,
}

const ALL: [Parameter; 9] = [
    Parameter::Temperature,
    Parameter::Seed,
    Parameter::MaxTokens,
    Parameter::TopP,
    Parameter::TopK,
    Parameter::MinP,
    Parameter::Stop,
    Parameter::RepetitionPenalty,
    Parameter::Json,
];

/// What newer models of OpenAI call the longest answer.
const NEW_MAX_TOKENS: &str = "max_completion_tokens";

impl Parameter {
    /// The keys it is sent under, wherever it is.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Temperature => &["temperature"],
            Self::Seed => &["seed"],
            Self::MaxTokens => &["max_tokens", NEW_MAX_TOKENS],
            Self::TopP => &["top_p"],
            Self::TopK => &["top_k"],
            Self::MinP => &["min_p"],
            Self::Stop => &["stop"],
            // vLLM reads the first name, llama.cpp and LM Studio the second; each passes over the other.
            Self::RepetitionPenalty => &["repetition_penalty", "repeat_penalty"],
            Self::Json => &["response_format"],
        }
    }

    /// As it is written in `pmtune.yaml`.
    fn name(self) -> String {
        match self {
            Self::Json => "json".to_string(),
            _ => self.keys()[0].replace('_', "-"),
        }
    }

    /// What it means to do without.
    fn loss(self) -> &'static str {
        match self {
            Self::Temperature => "the model's own holds, and answers may differ from run to run",
            Self::Seed => "answers may differ from run to run",
            Self::MaxTokens => "answers may be of any length",
            Self::Stop => "answers are cut here instead",
            Self::Json => "answers may be no JSON",
            Self::TopP | Self::TopK | Self::MinP | Self::RepetitionPenalty => "the model's own holds",
        }
    }
}

impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}

/// What an endpoint takes: all that is set, less what the user leaves out and what it was seen to refuse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dialect {
    without: BTreeSet<Parameter>,
    /// It wants `max_completion_tokens`.
    new_max_tokens: bool,
}

impl Dialect {
    pub(super) fn without(parameters: impl IntoIterator<Item = Parameter>) -> Self {
        Self { without: parameters.into_iter().collect(), new_max_tokens: false }
    }

    pub(super) fn leaves_out(&self, parameter: Parameter) -> bool {
        self.without.contains(&parameter)
    }

    /// Learns from what an endpoint said when it refused `body`; what was learnt now, in words. `None` where it names
    /// nothing that was sent, so that asking again would be no use.
    pub(super) fn learn(&mut self, said: &str, body: &Value) -> Option<Vec<String>> {
        let refused = refused_keys(said, body);
        if refused.is_empty() {
            return None;
        }
        let mut news = Vec::new();
        for (parameter, key) in refused {
            // Another worker may have learnt it meanwhile.
            if parameter == Parameter::MaxTokens && key != NEW_MAX_TOKENS {
                if !std::mem::replace(&mut self.new_max_tokens, true) {
                    news.push(format!("the endpoint refuses `{key}`, so it was asked with `{NEW_MAX_TOKENS}`"));
                }
            } else if self.without.insert(parameter) {
                news.push(format!("the endpoint refuses `{key}`, so it was left out: {}", parameter.loss()));
            }
        }
        Some(news)
    }

    fn key(&self, parameter: Parameter) -> &'static str {
        match parameter {
            Parameter::MaxTokens if self.new_max_tokens => NEW_MAX_TOKENS,
            _ => parameter.keys()[0],
        }
    }
}

/// The parameters in `body` that a refusal names.
fn refused_keys(said: &str, body: &Value) -> Vec<(Parameter, &'static str)> {
    let lower = said.to_lowercase();
    let sent = ALL.into_iter().flat_map(|p| p.keys().iter().map(move |key| (p, *key)));
    let sent = sent.filter(|(_, key)| body.get(key).is_some());
    sent.filter(|(parameter, key)| names(&lower, key) && refuses(&lower, *parameter)).collect()
}

/// Whether a key stands in the text as a word of its own; those that are English words too, only in quotes.
fn names(text: &str, key: &str) -> bool {
    let english = matches!(key, "stop" | "seed");
    let around = |text: &str, end: bool| if end { text.chars().next() } else { text.chars().next_back() };
    text.match_indices(key).any(|(at, _)| {
        let (before, after) = (around(&text[..at], false), around(&text[at + key.len()..], true));
        let quoted = before.zip(after).is_some_and(|(b, a)| "\"'`".contains(b) && "\"'`".contains(a));
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        // "Unrecognized request argument supplied: seed"
        let listed = before == Some(' ') && after.is_none_or(|c| ",\"'.".contains(c));
        quoted || (apart(before) && apart(after) && (!english || listed))
    })
}

/// Whether a refusal is of the setting itself, and not of its value: a limit above the context is the user's to mend.
fn refuses(text: &str, parameter: Parameter) -> bool {
    const ITSELF: [&str; 17] = [
        "unsupported",
        "not support",
        "unrecognized",
        "unrecognised",
        "unknown",
        "not permitted",
        "not allowed",
        "not accept",
        "extra",
        "unexpected",
        "deprecated",
        "invalid param",
        "invalid arg",
        "not available",
        "instead",
        "cannot be used",
        "additional propert",
    ];
    const VALUE: [&str; 8] = [
        "too large",
        "too high",
        "too big",
        "context length",
        "context window",
        "at most",
        "exceed",
        "less than or equal",
    ];
    let itself = ITSELF.iter().any(|words| text.contains(words));
    match parameter {
        // Without it the answer has no end, so only where nothing speaks of its value.
        Parameter::MaxTokens => itself && !VALUE.iter().any(|words| text.contains(words)),
        // "must be 1", "only 1 is allowed for this model": then the value is the setting.
        Parameter::Temperature | Parameter::TopP => itself || ["must be", "only"].iter().any(|w| text.contains(w)),
        _ => itself,
    }
}

/// The body of `POST /chat/completions`. Only what is set is sent: some servers refuse keys they do not know.
pub(super) fn body(model: &str, messages: &[Message], sampling: &Sampling, dialect: &Dialect) -> Value {
    let mut body = Map::new();
    body.insert("model".into(), json!(model));
    body.insert("messages".into(), json!(messages));
    body.insert("stream".into(), json!(false));
    for parameter in ALL {
        if let Some(value) = value(sampling, parameter).filter(|_| !dialect.leaves_out(parameter)) {
            body.insert(dialect.key(parameter).into(), value.clone());
            if parameter == Parameter::RepetitionPenalty {
                parameter.keys().iter().for_each(|key| _ = body.insert((*key).into(), value.clone()));
            }
        }
    }
    Value::Object(body)
}

/// What is sent for a parameter, where it is set.
fn value(sampling: &Sampling, parameter: Parameter) -> Option<Value> {
    match parameter {
        Parameter::Temperature => Some(json!(sampling.temperature)),
        Parameter::Seed => Some(json!(sampling.seed)),
        Parameter::MaxTokens => Some(json!(sampling.max_tokens)),
        Parameter::TopP => sampling.top_p.map(|p| json!(p)),
        Parameter::TopK => sampling.top_k.map(|k| json!(k)),
        Parameter::MinP => sampling.min_p.map(|p| json!(p)),
        Parameter::Stop => (!sampling.stop.is_empty()).then(|| json!(sampling.stop)),
        Parameter::RepetitionPenalty => {
            (sampling.repetition_penalty != 1.0).then(|| json!(sampling.repetition_penalty))
        }
        Parameter::Json => response_format(&sampling.json),
    }
}

fn response_format(json: &Json) -> Option<Value> {
    match json {
        Json::Off => None,
        Json::Object => Some(json!({"type": "json_object"})),
        Json::Schema(schema) => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": is_strict(schema), "schema": schema},
        })),
    }
}

/// Whether OpenAI takes a schema as a promise: every object is closed and requires all its keys. Of others it says that
/// it refuses them, unless they are no more than a wish.
fn is_strict(schema: &Value) -> bool {
    let object = schema["type"] == "object" || schema["properties"].is_object();
    let required = |name: &String| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let whole = schema["properties"].as_object().is_some_and(|properties| properties.keys().all(required));
    let below = |value: &Value| match value {
        Value::Object(_) => is_strict(value),
        Value::Array(values) => values.iter().all(is_strict),
        _ => true,
    };
    (!object || whole && schema["additionalProperties"] == false)
        && schema.as_object().into_iter().flatten().filter(|(key, _)| *key != "required").all(|(_, value)| below(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling() -> Sampling {
        Sampling { stop: vec!["#".into()], top_p: Some(0.9), repetition_penalty: 1.1, ..Sampling::default() }
    }

    fn after(said: &str) -> Option<Vec<String>> {
        let mut dialect = Dialect::default();
        let sent = body("m", &[], &sampling(), &dialect);
        dialect.learn(said, &sent)?;
        let next = body("m", &[], &sampling(), &dialect);
        let (sent, next) = (sent.as_object().unwrap(), next.as_object().unwrap());
        let gone = sent.keys().filter(|key| !next.contains_key(*key)).map(|key| format!("-{key}"));
        Some(gone.chain(next.keys().filter(|key| !sent.contains_key(*key)).map(|key| format!("+{key}"))).collect())
    }

    #[test]
    fn what_servers_refuse_is_read_from_what_they_say() {
        for (said, change) in [
            // OpenAI, Mistral, Anthropic's layer, xAI, vLLM's validation, LiteLLM, Azure.
            (
                r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","param":"max_tokens"}}"#,
                vec!["-max_tokens", "+max_completion_tokens"],
            ),
            (
                r#"{"error":{"message":"Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) value is supported.","param":"temperature"}}"#,
                vec!["-temperature"],
            ),
            (
                r#"{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]}"#,
                vec!["-seed"],
            ),
            (r#"{"error":{"message":"Unrecognized request argument supplied: seed"}}"#, vec!["-seed"]),
            (r#"{"error":"Argument not supported on this model: stop"}"#, vec!["-stop"]),
            ("`temperature` and `top_p` cannot be used together, extra", vec!["-temperature", "-top_p"]),
            ("invalid temperature: only 1 is allowed for this model", vec!["-temperature"]),
            ("Unknown field: repetition_penalty", vec!["-repetition_penalty", "-repeat_penalty"]),
        ] {
            assert_eq!(after(said).unwrap_or_default(), change, "{said}");
        }
    }

    #[test]
    fn a_wrong_value_or_something_else_is_no_refusal_of_a_setting() {
        for said in [
            "'max_tokens' is too large: 4096. This model supports at most 2048 completion tokens.",
            "max_tokens exceeds the context length; unsupported",
            "prompt too long",
            "Unsupported parameter: 'logit_bias'",
            "the seed of the problem is that streaming must stop; not supported",
            "",
        ] {
            assert_eq!(after(said), None, "{said}");
        }
    }

    #[test]
    fn json_is_sent_as_openai_writes_it_and_left_out_where_it_is_refused() {
        let asked = |json: Value| Sampling { json: serde_json::from_value(json).unwrap(), ..Sampling::default() };
        let sent =
            |json: Value, dialect: &Dialect| body("m", &[], &asked(json), dialect).get("response_format").cloned();
        let mut dialect = Dialect::default();
        assert_eq!(sent(json!(false), &dialect), None);
        assert_eq!(sent(json!(true), &dialect), Some(json!({"type": "json_object"})));
        let inner =
            json!({"type": "object", "properties": {"b": {}}, "required": ["b"], "additionalProperties": false});
        let closed =
            |inner: &Value| json!({"properties": {"a": inner}, "required": ["a"], "additionalProperties": false});
        for (schema, strict) in [
            (closed(&inner), true),
            (closed(&json!({"type": "object", "properties": {"b": {}}, "additionalProperties": false})), false),
            (closed(&json!({"anyOf": [{"type": "null"}, {"type": "object"}]})), false),
            (json!({"type": "object"}), false),
        ] {
            let format = sent(schema.clone(), &dialect).unwrap();
            let wanted = json!({"name": "answer", "strict": strict, "schema": schema});
            assert_eq!(format, json!({"type": "json_schema", "json_schema": wanted}));
        }
        let body = body("m", &[], &asked(json!(true)), &dialect);
        let news = dialect.learn("'response_format' is not supported with this model", &body).unwrap();
        assert!(news[0].contains("answers may be no JSON"), "{news:?}");
        assert_eq!(sent(json!(true), &dialect), None);
        assert!(dialect.leaves_out(serde_json::from_value(json!("json")).unwrap()));
        assert_eq!(Parameter::Json.to_string(), "json");
    }

    #[test]
    fn both_names_of_the_longest_answer_may_be_refused() {
        let mut dialect = Dialect::default();
        for (said, key) in
            [("unknown field max_tokens", Some(NEW_MAX_TOKENS)), ("unknown field max_completion_tokens", None)]
        {
            let sent = body("m", &[], &Sampling::default(), &dialect);
            assert_eq!(dialect.learn(said, &sent).unwrap().len(), 1);
            let next = body("m", &[], &Sampling::default(), &dialect);
            let found = Parameter::MaxTokens.keys().iter().find(|key| next.get(key).is_some());
            assert_eq!(found.copied(), key);
        }
    }
}
