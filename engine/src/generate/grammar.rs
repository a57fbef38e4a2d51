//! Which tokens may come next, so that an answer is JSON and fits its schema: schemas to grammars, grammars to masks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use llguidance::api::{ParserLimits, TopLevelGrammar};
use llguidance::toktrie::{ApproximateTokEnv, SimpleVob, TokEnv};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory, panic_utils};
use serde_json::Value;

use super::schema::prepare;
use crate::chat::Chat;
use crate::error::{Error, Result};

/// Between two parts of the JSON stand at most one blank, or one line break with the next line's indentation: a model
/// that begins to write blanks must not go on for ever.
const BETWEEN: &str = r"\x20|\n[\x20\t]{0,32}";
/// Grammars that are kept; then all are forgotten.
const MOST_GRAMMARS: usize = 64;

/// By the library's figures about 20 ms to make a grammar and 20 ms for a mask at worst, and at most 20 MB for what one
/// answer learns of its grammar.
fn limits() -> ParserLimits {
    ParserLimits {
        max_lexer_states: 10_000,
        max_grammar_size: 200_000,
        precompute_large_lexemes: false,
        verbose_errors: false,
        ..ParserLimits::default()
    }
}

/// The grammars of one vocabulary, each made once.
pub(super) struct Grammars {
    factory: ParserFactory,
    made: Mutex<HashMap<String, Arc<Grammar>>>,
}

/// What an answer may be, ready to be started many times.
pub(super) struct Grammar {
    fresh: Mutex<Matcher>,
    /// The tokens that end an answer.
    ends: Vec<u32>,
}

/// One answer on its way through its grammar.
pub(super) struct Constraint {
    matcher: Matcher,
    ends: Vec<u32>,
}

impl Grammars {
    /// # Errors
    /// The vocabulary has no bytes of its own for every token.
    pub fn new(chat: &Chat) -> Result<Self> {
        Self::over(chat.trie()?).map_err(|said| cannot("the vocabulary cannot be used for grammars", &said))
    }

    fn over(trie: &TokEnv) -> Result<Self, String> {
        let mut factory = ParserFactory::new_simple(trie).map_err(|e| e.to_string())?;
        *factory.quiet().limits_mut() = limits();
        Ok(Self { factory, made: Mutex::default() })
    }

    /// The grammar of the answers that fit `schema`.
    ///
    /// # Errors
    /// As [`check`].
    pub fn get(&self, schema: &Value) -> Result<Arc<Grammar>> {
        let key = schema.to_string();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grammar) = made.get(&key) {
            return Ok(Arc::clone(grammar));
        }
        let matcher = self.compile(prepare(schema)?).map_err(|said| unkept("#", &said))?;
        let ends = self.factory.tok_env().tok_trie().eos_tokens().to_vec();
        let grammar = Arc::new(Grammar { fresh: Mutex::new(matcher), ends });
        if made.len() >= MOST_GRAMMARS {
            made.clear();
        }
        made.insert(key, Arc::clone(&grammar));
        Ok(grammar)
    }

    fn compile(&self, mut schema: Value) -> Result<Matcher, String> {
        let written = JsonCompileOptions { whitespace_pattern: Some(BETWEEN.to_string()), ..Default::default() };
        if schema.is_object() {
            written.apply_to(&mut schema);
        }
        let grammar = TopLevelGrammar::from_json_schema(schema);
        // What the library says of a panic comes with a backtrace below.
        let parser = panic_utils::catch_unwind(std::panic::AssertUnwindSafe(|| self.factory.create_parser(grammar)));
        let matcher = Matcher::new(parser);
        match matcher.get_error() {
            Some(said) => Err(said),
            None => Ok(matcher),
        }
    }
}

/// Whether answers can be held to `schema` at all, by whatever model.
///
/// # Errors
/// It is no JSON Schema, or says what a grammar cannot keep; with the place in the schema and a remedy.
pub(super) fn check(schema: &Value) -> Result<()> {
    let ready = prepare(schema)?;
    let grammars = Grammars::over(&ApproximateTokEnv::single_byte_env());
    let grammars = grammars.map_err(|said| cannot("grammars cannot be made", &said))?;
    let said = match grammars.compile(ready.clone()) {
        // Whether anything fits at all, the first token tells.
        Ok(mut matcher) => return matcher.compute_mask().map(|_| ()).map_err(|e| unkept("#", &e.to_string())),
        Err(said) => said,
    };
    // The library rarely says where: it is at the deepest place that fails by itself.
    let (mut path, mut said, mut at) = ("#".to_string(), said, ready.clone());
    'deeper: loop {
        for (step, part) in parts(&at) {
            let mut alone = part.clone();
            if let (Some(alone), Some(root)) = (alone.as_object_mut(), ready.as_object()) {
                let defs = root.iter().filter(|(key, _)| ["$defs", "definitions"].contains(&key.as_str()));
                defs.for_each(|(key, value)| _ = alone.entry(key).or_insert_with(|| value.clone()));
            }
            if let Err(closer) = grammars.compile(alone) {
                (path, said, at) = (format!("{path}/{step}"), closer, part);
                continue 'deeper;
            }
        }
        return Err(unkept(&path, &said));
    }
}

/// The schemas directly below a schema.
fn parts(schema: &Value) -> Vec<(String, Value)> {
    let mut parts = Vec::new();
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties" | "$defs" | "definitions", Value::Object(named)) => {
                parts.extend(named.iter().map(|(name, part)| (format!("{key}/{name}"), part.clone())));
            }
            ("prefixItems" | "items" | "allOf" | "anyOf" | "oneOf", Value::Array(list)) => {
                parts.extend(list.iter().enumerate().map(|(i, part)| (format!("{key}/{i}"), part.clone())));
            }
            // `false` allows nothing, which is a fault only where something must be there.
            ("items" | "additionalProperties", Value::Object(_)) => parts.push((key.clone(), value.clone())),
            _ => {}
        }
    }
    parts
}

fn unkept(path: &str, said: &str) -> Error {
    let said = told(said);
    Error::input(format!("the JSON Schema cannot be kept at `{path}`: {said}"))
        .hint("write this part more simply, or take it out and check the finished answer for it")
}

fn cannot(what: &str, said: &str) -> Error {
    Error::model(format!("{what}: {}", told(said))).hint("leave `json` out of `sampling`")
}

/// What the library said, in one line.
fn told(said: &str) -> String {
    match said.lines().next().unwrap_or_default() {
        "NoExtensionBias" => "no JSON fits it".to_string(),
        line => line.chars().take(300).collect(),
    }
}

impl Grammar {
    /// At the beginning of an answer.
    pub fn start(&self) -> Constraint {
        // A copy of its own throughout: what other answers have learnt of the grammar must not count against a limit.
        let matcher = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).deep_clone();
        Constraint { matcher, ends: self.ends.clone() }
    }
}

impl Constraint {
    /// Rules out every token that cannot come next. A token that ends the answer can where the JSON is whole.
    ///
    /// # Errors
    /// No token can, or it would take too long to find out.
    pub fn mask(&mut self, logits: &mut [f32]) -> Result<()> {
        let allowed = self.matcher.compute_mask_or_eos().map_err(|e| stuck(&e.to_string()))?;
        keep(&allowed, logits);
        match logits.iter().any(|logit| logit.is_finite()) {
            true => Ok(()),
            false => Err(stuck("the vocabulary has no token for what must come next")),
        }
    }

    /// Goes on behind `token`, which the mask allowed.
    pub fn take(&mut self, token: u32) -> Result<()> {
        if self.ends.contains(&token) {
            return Ok(());
        }
        self.matcher.consume_token(token).map_err(|e| stuck(&e.to_string()))
    }
}

/// Lowers all logits but those that are allowed to minus infinity.
fn keep(allowed: &SimpleVob, logits: &mut [f32]) {
    let words = allowed.as_slice().iter().copied().chain(std::iter::repeat(0));
    for (logits, word) in logits.chunks_mut(32).zip(words) {
        for (bit, logit) in logits.iter_mut().enumerate() {
            if word >> bit & 1 == 0 {
                *logit = f32::NEG_INFINITY;
            }
        }
    }
}

fn stuck(said: &str) -> Error {
    Error::model(format!("the answer cannot go on as its JSON Schema wants it: {}", told(said)))
        .hint("write the schema more simply: shorter patterns, fewer alternatives at one place")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::open;
    use rand::{Rng, SeedableRng};
    use serde_json::json;
    use std::path::Path;
    use std::time::{Duration, Instant};

    /// An answer by dice, with the time that every mask took.
    fn rolled(grammar: &Grammar, vocab: usize, random: &mut rand_chacha::ChaCha8Rng) -> Vec<Duration> {
        let (mut constraint, mut times) = (grammar.start(), Vec::new());
        while times.len() < 200 {
            let mut logits: Vec<f32> = (0..vocab).map(|_| random.random()).collect();
            let start = Instant::now();
            constraint.mask(&mut logits).unwrap();
            times.push(start.elapsed());
            let token = crate::model::argmax(&logits) as u32;
            constraint.take(token).unwrap();
            if constraint.ends.contains(&token) {
                break;
            }
        }
        times
    }

    #[test]
    #[ignore = "a measurement; PMTUNE_TEST_MODEL names a .gguf"]
    fn what_a_mask_costs() {
        let file = std::env::var("PMTUNE_TEST_MODEL").unwrap();
        let chat = open(Path::new(&file)).unwrap().chat;
        let start = Instant::now();
        let grammars = Grammars::new(&chat).unwrap();
        println!("trie of {} words and its slices: {:?}", chat.id_count(), start.elapsed());
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        for (name, schema) in [
            ("any object", super::super::schema::object()),
            (
                "texts",
                json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]}),
            ),
            ("short texts", json!({"type": "array", "items": {"type": "string", "maxLength": 80}, "minItems": 5})),
            ("enums", json!({"type": "array", "items": {"enum": ["low", "medium", "high"]}, "minItems": 20})),
            (
                "numbers",
                json!({"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 1}, "minItems": 20}),
            ),
            (
                "pattern",
                json!({"type": "array", "items": {"type": "string", "pattern": "^[A-Z]{2,5}-[0-9]+$"}, "minItems": 9}),
            ),
        ] {
            let start = Instant::now();
            let grammar = grammars.get(&schema).unwrap();
            let made = start.elapsed();
            let start = Instant::now();
            drop(grammar.start());
            let started = start.elapsed();
            let mut times: Vec<Duration> =
                (0..20).flat_map(|_| rolled(&grammar, chat.id_count(), &mut random)).collect();
            times.sort_unstable();
            let mean = times.iter().sum::<Duration>() / times.len() as u32;
            let share = |of: usize| times[times.len() * of / 100];
            println!(
                "{name}: made in {made:?}, started in {started:?}, a mask {mean:?} on average, half below {:?}, 95 % below {:?}, at most {:?} ({} masks)",
                share(50),
                share(95),
                times[times.len() - 1],
                times.len()
            );
        }
    }
}
