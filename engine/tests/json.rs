//! Answers held to JSON, on tiny models with random weights: whatever such a model would rather say, what it finishes is
//! JSON and fits its schema. Whether it does is for the crate `jsonschema` to say, which we did not write.

use pmtune_engine::files;
use pmtune_engine::generate::{Conversation, Engine, Finish, Job, Json, Outcome, Sampling, SamplingOptions, Work};
use pmtune_engine::model::Decoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// A tiny model with a real vocabulary: two byte-level ones, one of SentencePiece's kind.
fn engine(name: &str) -> Engine {
    let source = files::open(&crate::tiny::data(&format!("{name}.gguf"))).unwrap();
    let decoder = Decoder::load(source.config.clone(), &*source.weights).unwrap();
    Engine::new(Arc::new(decoder), Arc::new(source.chat), Vec::new())
}

static ENGINES: LazyLock<[Engine; 3]> = LazyLock::new(|| ["tiny-llama", "tiny-qwen2", "tiny-phi3"].map(engine));

fn of_schema(schema: &Value) -> Json {
    Json::Schema(Arc::new(schema.clone()))
}

/// Schemas as product managers and their tools write them.
fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "object", "properties": {"title": {"type": "string", "maxLength": 8}, "done": {"type": "boolean"}},
               "required": ["title", "done"], "additionalProperties": false}),
        json!({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "object",
               "properties": {"c": {"type": "null"}}, "required": ["c"]}}, "required": ["b"]}}, "required": ["a"]}),
        json!({"enum": ["niedrig", "mittel", "hoch", "größer ✓", 3, null, true, {"x": [1]}]}),
        json!({"type": "array", "items": {"type": "integer", "minimum": -5, "maximum": 120}, "minItems": 2, "maxItems": 4}),
        json!({"type": "string", "minLength": 2, "maxLength": 5}),
        json!({"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}),
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
        json!({"type": "number"}),
        json!({"type": "integer", "multipleOf": 5, "minimum": 1}),
        // Optional keys, in every number.
        json!({"type": "object", "properties": {"é": {"type": "integer"}, "日本": {"type": "boolean"}, "x": {"const": "\"q\"\n"}}}),
        json!({"type": "object", "properties": {"who": {"type": ["string", "null"], "maxLength": 4},
               "when": {"type": "string", "format": "date"}}, "required": ["when"]}),
        json!({"anyOf": [{"type": "object", "properties": {"kind": {"const": "a"}, "n": {"type": "integer", "maximum": 9}},
               "required": ["kind", "n"]}, {"type": "object", "properties": {"kind": {"const": "b"}}, "required": ["kind"]}]}),
        json!({"oneOf": [{"type": "boolean"}, {"type": "string", "maxLength": 3}]}),
        // A tree, which ends where it must.
        json!({"$ref": "#/$defs/node", "$defs": {"node": {"type": "object", "properties": {
               "v": {"type": "integer", "minimum": 0, "maximum": 9}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
               "required": ["v", "next"], "additionalProperties": false}}}),
        json!({"type": "array", "prefixItems": [{"type": "integer", "maximum": 99}, {"type": "string", "maxLength": 3}],
               "items": false, "minItems": 2}),
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": "array",
               "items": [{"type": "boolean"}, {"enum": ["x", "y"]}], "additionalItems": false, "minItems": 1}),
        json!({"type": "object", "patternProperties": {"^k[0-9]$": {"type": "boolean"}}, "additionalProperties": false,
               "maxProperties": 2}),
        json!({"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "boolean"}}, "minProperties": 1,
               "additionalProperties": false}),
        json!({"allOf": [{"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
               {"properties": {"b": {"enum": [1, 2]}}, "required": ["b"], "additionalProperties": true}],
               "additionalProperties": true, "maxProperties": 3}),
        json!({"type": "object", "additionalProperties": {"type": "array", "items": {"enum": [0, 1]}, "maxItems": 2}}),
    ]
}

/// What an engine writes.
fn write(engine: &Engine, prompt: &[u32], sampling: Sampling) -> (String, Finish) {
    let mut conversation = Conversation::new(engine, None);
    match conversation.answer(prompt, &sampling, &mut |_| ControlFlow::Continue(())).unwrap() {
        Outcome::Written { text, finish, .. } => (text, finish),
        Outcome::Scored { .. } => panic!("a text was asked for"),
    }
}

fn assert_fits(schema: &Value, text: &str) {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        // Numbers have no bounds in JSON (RFC 8259, section 6), but values here have; such a text is JSON all the same.
        Err(error) if error.to_string().starts_with("number out of range") => {
            let syntax: Result<serde::de::IgnoredAny, _> = serde_json::from_str(text);
            return assert!(syntax.is_ok(), "{text:?} for {schema}");
        }
        Err(error) => panic!("{error}: {text:?} for {schema}"),
    };
    let oracle = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    if let Err(fault) = oracle.validate(&value) {
        panic!("{fault}: {text} for {schema}");
    }
}

/// How many of the answers to every schema were finished; each of those must fit.
fn finished(engine: &Engine, sampling: &Sampling) -> usize {
    let mut finished = 0;
    for schema in schemas() {
        let (text, finish) = write(engine, &[5, 6, 7], Sampling { json: of_schema(&schema), ..sampling.clone() });
        if finish == Finish::End {
            finished += 1;
            assert_fits(&schema, &text);
        }
    }
    finished
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_a_model_finishes_fits_its_schema(
        which in 0..3usize, seed in any::<u64>(), temperature in prop::sample::select(vec![0.7, 1.0, 3.0]),
        repetition_penalty in prop::sample::select(vec![1.0, 1.3]), top_k in prop::option::of(1..40usize),
    ) {
        let sampling = Sampling { seed, temperature, repetition_penalty, top_k, max_tokens: 240, ..Sampling::default() };
        // Random weights ramble in strings and numbers without an end, but most schemas leave little room for that.
        let finished = finished(&ENGINES[which], &sampling);
        prop_assert!(finished >= schemas().len() / 2, "{finished}");
    }
}

#[test]
fn the_likeliest_answer_fits_too_and_any_object_is_one() {
    for engine in &*ENGINES {
        assert!(finished(engine, &Sampling { max_tokens: 240, ..Sampling::default() }) > 5);
        let mut objects = 0;
        for seed in 0..40 {
            let sampling =
                Sampling { json: Json::Object, temperature: 1.5, seed, max_tokens: 200, ..Sampling::default() };
            let (text, finish) = write(engine, &[8, 9], sampling);
            if finish == Finish::End {
                objects += 1;
                assert_fits(&json!({"type": "object"}), &text);
            } else {
                // What was cut is the beginning of one.
                assert_eq!(text.trim_start().chars().next(), Some('{'), "{text}");
            }
        }
        assert!(objects > 0);
    }
}

#[test]
fn an_answer_may_end_exactly_where_it_is_whole() {
    // Only one answer fits, so where it ends is no matter of luck.
    let only = json!({"const": {"ok": true, "n": [1, 2], "text": "é✓"}});
    for engine in &*ENGINES {
        let sampling = Sampling { json: of_schema(&only), max_tokens: 120, ..Sampling::default() };
        let (text, finish) = write(engine, &[3], sampling);
        assert_eq!(finish, Finish::End, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), only["const"]);
    }
}

#[test]
fn objects_hold_the_keys_that_are_named_unless_more_are_allowed() {
    let closed = json!({"type": "object", "properties": {"a": {"type": "boolean"}}});
    for seed in 0..20 {
        let sampling = Sampling { json: of_schema(&closed), temperature: 2.0, seed, ..Sampling::default() };
        let (text, _) = write(&ENGINES[0], &[4], sampling);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert!(value.as_object().unwrap().keys().all(|key| key == "a"), "{text}");
    }
}

#[test]
fn answers_in_a_batch_are_those_alone_and_others_do_not_notice() {
    let engine = &ENGINES[0];
    let sampling = |seed, json| Sampling { temperature: 1.0, seed, json, max_tokens: 40, ..Sampling::default() };
    let shapes = schemas();
    let jobs = |constrained: bool| {
        let json = |id: usize| match id % 3 {
            0 if constrained => of_schema(&shapes[id % shapes.len()]),
            _ => Json::Off,
        };
        let job = |id| Job {
            id,
            adapter: None,
            prompt: vec![9, 8, 7, id as u32 % 5],
            work: Work::Write(sampling(id as u64, json(id))),
        };
        (0..36).filter(|id| constrained || id % 3 != 0).map(job).collect::<Vec<_>>()
    };
    let together = crate::generate::run(engine, jobs(true));
    for job in jobs(true) {
        assert_eq!(together[&job.id], crate::generate::run(engine, vec![job.clone()])[&job.id]);
    }
    let without = crate::generate::run(engine, jobs(false));
    assert!(without.iter().all(|(id, outcome)| together[id] == *outcome));
}

#[test]
fn a_sampling_without_json_is_written_as_before() {
    let plain = serde_json::to_value(Sampling::default()).unwrap();
    assert!(plain.get("json").is_none());
    assert_eq!(serde_json::from_value::<Sampling>(plain).unwrap(), Sampling::default());
    let below = SamplingOptions { json: Some(Json::Object), ..SamplingOptions::default() };
    let off = SamplingOptions { json: Some(Json::Off), ..SamplingOptions::default() };
    assert_eq!(SamplingOptions::default().layered(&below).over(Sampling::default()).json, Json::Object);
    assert_eq!(off.layered(&below).over(Sampling::default()).json, Json::Off);
}

#[test]
fn what_cannot_be_kept_is_refused_with_its_place_and_a_remedy() {
    for (schema, place) in [
        (json!({"type": "objekt"}), "#/type"),
        (json!({"properties": {"age": {"type": "integer", "minimum": "0"}}}), "#/properties/age/minimum"),
        (json!({"properties": {"a/b": 3}}), "#/properties/a~1b"),
        (json!({"requried": ["a"]}), "#/requried"),
        (json!({"type": "array", "uniqueItems": true}), "#/uniqueItems"),
        (json!({"not": {"type": "null"}}), "#/not"),
        (json!({"anyOf": []}), "#/anyOf"),
        (json!({"enum": []}), "#/enum"),
        (json!({"anyOf": [{"type": "null"}, {"$ref": "#/$defs/gone"}]}), "#/anyOf/1/$ref"),
        (json!({"$ref": "https://example.org/schema.json"}), "#/$ref"),
        (json!({"type": "string", "format": "iban"}), "#/format"),
        (json!({"type": "array", "minItems": 1e12}), "#/minItems"),
        (json!({"type": "object", "minProperties": 2}), "#/minProperties"),
        (json!({"$schema": "http://json-schema.org/draft-04/schema#"}), "#/$schema"),
        // These only the grammar finds.
        (json!({"properties": {"a": {"type": "string", "pattern": "("}}}), "#/properties/a"),
        (json!({"properties": {"a": {"type": "string", "pattern": "(?=x)y"}}}), "#/properties/a"),
        (json!({"type": "array", "items": {"type": "integer", "minimum": 3, "maximum": 1}, "minItems": 1}), "#/items"),
        (
            json!({"type": "object", "properties": {"x": {"oneOf": [{"type": "integer"}, {"type": "number"}]}}, "required": ["x"]}),
            "#/properties/x",
        ),
        (json!({"$ref": "#"}), "#"),
        (json!({"x-guidance": {"lenient": true}}), "#/x-guidance"),
    ] {
        let error = of_schema(&schema).check().expect_err(&schema.to_string());
        assert!(error.message.contains(&format!("`{place}`")), "{schema}: {error}");
        assert!(error.hint.is_some(), "{error}");
        let written = serde_json::from_value::<SamplingOptions>(json!({"json": schema})).unwrap_err().to_string();
        assert!(written.contains(place), "{written}");
    }
    for no_schema in [json!("object"), json!([1]), json!(1)] {
        assert!(serde_json::from_value::<SamplingOptions>(json!({"json": no_schema})).is_err());
    }
    for schema in schemas() {
        of_schema(&schema).check().unwrap();
    }
}

/// A schema of so many levels.
fn deep(levels: usize) -> Value {
    (0..levels).fold(json!({"type": "null"}), |inner, _| json!({"type": "array", "items": inner}))
}

#[test]
fn a_hostile_schema_is_refused_or_kept_in_little_time() {
    let any_of = |n: usize| json!({"anyOf": (0..n).map(|i| json!({"type": "object", "properties": {format!("k{i}"): {"type": "string"}}})).collect::<Vec<_>>()});
    let hostile = vec![
        deep(31),
        deep(900),
        json!({"$ref": "#"}),
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
        json!({"allOf": [{"$ref": "#"}, {"type": "object"}]}),
        json!({"allOf": vec![any_of(8); 8]}),
        json!({"type": "string", "pattern": "^((a{0,900}){0,900}){0,900}$"}),
        json!({"type": "string", "pattern": "(a|b|ab)*".repeat(2000)}),
        json!({"type": "string", "pattern": "^.*a.{900}$"}),
        json!({"type": "string", "minLength": 90_000, "maxLength": 100_000}),
        json!({"type": "array", "minItems": 100_000, "items": {"type": "array", "minItems": 100_000}}),
        json!({"type": "number", "multipleOf": 1e-300}),
        json!({"type": "number", "minimum": -1.7e308, "maximum": 1.7e308}),
        json!({"type": "integer", "multipleOf": 0}),
        json!({"type": "integer", "multipleOf": 4_294_967_295_u32, "minimum": 1e300}),
        json!({"enum": (0..5000).map(|i| format!("word number {i}")).collect::<Vec<_>>()}),
        json!({"enum": (0..9000).map(|i| format!("word number {i}")).collect::<Vec<_>>()}),
        any_of(1500),
        json!({"type": "object", "patternProperties": {"(a*)*b": true, "(a|aa)+$": true, "^(.*x){40}": {}}}),
        json!({"type": "object", "properties": (0..1500).map(|i| (format!("k{i}"), json!({}))).collect::<serde_json::Map<_, _>>()}),
        json!({"const": "\u{0}\u{ff}\u{10ffff}\""}),
        json!({"type": "string", "pattern": "\\p{L}+[^\\x00-\\x{10FFFF}]"}),
        json!({}),
    ];
    for schema in hostile {
        let said: String = schema.to_string().chars().take(90).collect();
        let start = Instant::now();
        let checked = of_schema(&schema).check();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?} to check {said}");
        if let Err(error) = checked {
            println!("{took:?} to refuse {said}: {}", error.message);
            assert!(error.message.len() < 500 && !error.message.contains('\n'), "{error}");
            continue;
        }
        let sampling = Sampling { json: of_schema(&schema), temperature: 1.0, max_tokens: 24, ..Sampling::default() };
        let job = Job { id: 0, adapter: None, prompt: vec![3], work: Work::Write(sampling) };
        let start = Instant::now();
        let done = crate::generate::run(&ENGINES[0], vec![job]).remove(&0).unwrap();
        let took = start.elapsed();
        assert!(took < Duration::from_secs(3), "{took:?} to answer {said}");
        if let Ok(Outcome::Written { text, finish: Finish::End, .. }) = done {
            assert_fits(&schema, &text);
        }
    }
}

#[test]
fn the_text_of_a_token_is_what_decoding_adds_for_it() {
    for engine in &*ENGINES {
        let chat = engine.chat();
        let before = chat.encode("a").unwrap();
        let short = chat.decode(&before).unwrap();
        let mut compared = 0;
        for id in 0..chat.id_count() as u32 {
            let both = chat.decode(&[before.as_slice(), &[id]].concat()).unwrap();
            let (said, added) = (chat.token_text(id), &both[short.len()..]);
            // Control tokens add nothing, and half a character cannot be seen alone.
            if !added.is_empty() && !added.contains('\u{FFFD}') {
                compared += 1;
                assert_eq!(said, added, "{id}");
            }
        }
        assert!(compared > 250, "{compared}");
    }
}
