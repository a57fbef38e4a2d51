//! A Hugging Face tokenizer as the lists of a GGUF file.
//!
//! GGUF names the rule that cuts text into words (`tokenizer.ggml.pre`), where `tokenizer.json` spells it out. Which name
//! fits is found by trying: the lists are read back as any GGUF file's, and must cut a page of probes as the original does.

use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::path::Path;

use super::value::Value;
use crate::chat::{Algorithm, Chat, TokenKind, Tokenizer, Vocabulary};
use crate::error::{Error, Result};
use crate::files::config::Config;
use crate::files::vocabulary::{optional_json, token_text};
use crate::store;

/// Where rules differ: digits, contractions, white space, line ends, letters of other scripts, marks that compose.
const PROBES: [&str; 18] = [
    "As a user, I want 3 goals by 2025-12-31.",
    "1234567890 12 123 1234 3.14159 1,000,000",
    "I'll I'LL don't DON'T we've it's 'quoted' they'd",
    "  two  spaces   and\ttabs \t mixed",
    "lines\nand\n\nmore\r\nlines \n  indented\n\n\n",
    "Größe, naïve café, Ångström, señor",
    "Cafe\u{301} a\u{30A} composed?",
    "日本語のテキスト と 中文 한국어",
    "Привет, мир! Ελληνικά ١٢٣ हिन्दी",
    "emoji 🙂👍🏽 and ZWJ 👩‍💻",
    "https://example.org/a_b?c=d&e=%20#f",
    "fn main() { let x = a[0] += 1; } // comment",
    "$100 + 20% <= ~^|x| `code` \"quotes\" (a)",
    "...!!!??? --- *** ___ ### - [ ] item",
    "UPPER lower CamelCase snake_case kebab-case",
    " ",
    "\n",
    "a",
];

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<Added>,
    model: Model,
    post_processor: Option<Json>,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct Model {
    vocab: HashMap<String, u32>,
    merges: Vec<Merge>,
    #[serde(default)]
    byte_fallback: bool,
    ignore_merges: Option<bool>,
    unk_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Text(String),
    Pair(String, String),
}

impl Merge {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Pair(left, right) => format!("{left} {right}"),
        }
    }
}

/// The keys `tokenizer.*` of the model in `folder`, whose tokenizer is `chat`'s.
///
/// # Errors
/// A tokenizer that GGUF has no name for, or that is no BPE.
pub(super) fn keys(folder: &Path, config: &Config, chat: &Chat) -> Result<Vec<(String, Value)>> {
    let path = folder.join("tokenizer.json");
    let file: File = serde_json::from_str(&store::read_text(&path)?).map_err(|e| cannot(&path).caused_by(e))?;
    let (tokens, kinds) = lists(&file, config.vocab);
    let numbers = kinds.iter().map(|kind| i32::from(*kind)).collect();
    let vocabulary = |algorithm| Vocabulary {
        tokens: tokens.clone(),
        kinds: kinds.iter().map(|kind| TokenKind::from_number(i64::from(*kind))).collect(),
        algorithm,
        control_strips_right: config.family.anatomy().control_strips_right && file.model.byte_fallback,
    };
    let mut keys = if file.model.byte_fallback {
        let scores = scores(&file.model, &tokens);
        let fits = |prefix: &bool| {
            let algorithm = Algorithm::SentencePiece { scores: scores.clone(), add_space_prefix: *prefix };
            same(&vocabulary(algorithm), chat)
        };
        let prefix = [true, false].into_iter().find(fits).ok_or_else(|| cannot(&path))?;
        vec![
            ("model", Value::Text("llama".into())),
            ("pre", Value::Text("default".into())),
            ("scores", Value::F32s(scores)),
            ("add_space_prefix", Value::Bool(prefix)),
        ]
    } else {
        let merges: Vec<String> = file.model.merges.iter().map(Merge::text).collect();
        let fits =
            |pre: &&str| same(&vocabulary(Algorithm::Bpe { merges: merges.clone(), pre: pre.to_string() }), chat);
        // The same rule, but a word that is a token is taken as it is, or not.
        let of_llama = if file.model.ignore_merges == Some(true) { "llama-bpe" } else { "dbrx" };
        let known = ["smollm", "gpt-2", "qwen2", of_llama, "default"];
        let pre = known.into_iter().find(fits).ok_or_else(|| cannot(&path))?;
        vec![("model", Value::Text("gpt2".into())), ("pre", Value::Text(pre.into())), ("merges", Value::Texts(merges))]
    };
    keys.push(("tokens", Value::Texts(tokens)));
    keys.push(("token_type", Value::I32s(numbers)));
    keys.push(("add_bos_token", Value::Bool(begins_with_special(file.post_processor.as_ref()))));
    keys.extend(ids(folder, chat, &file, config.vocab)?);
    let mut keys: Vec<_> = keys.into_iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value)).collect();
    if let Some(template) = chat.template() {
        keys.push(("tokenizer.chat_template".to_string(), Value::Text(template.to_string())));
    }
    Ok(keys)
}

fn cannot(path: &Path) -> Error {
    Error::model(format!("{} is a tokenizer that a GGUF file cannot express", path.display()))
        .hint("export with `--format hf`, and convert that folder with llama.cpp's convert_hf_to_gguf.py")
}

/// Texts and numbers of kinds by id, as many as there are embeddings.
fn lists(file: &File, size: usize) -> (Vec<String>, Vec<u8>) {
    let mut tokens: Vec<String> = (0..size).map(|id| format!("[PAD{id}]")).collect();
    let mut kinds = vec![5; size];
    for (token, &id) in &file.model.vocab {
        let id = id as usize;
        // A token without an embedding was added and is never used.
        let (Some(text), Some(kind)) = (tokens.get_mut(id), kinds.get_mut(id)) else { continue };
        text.clone_from(token);
        let byte = file.model.byte_fallback && token.len() == 6 && token.starts_with("<0x") && token.ends_with('>');
        *kind = if byte { 6 } else { 1 };
    }
    for Added { id, content, special } in &file.added_tokens {
        let id = *id as usize;
        let (Some(text), Some(kind)) = (tokens.get_mut(id), kinds.get_mut(id)) else { continue };
        text.clone_from(content);
        let unknown = file.model.byte_fallback && file.model.unk_token.as_ref() == Some(content);
        *kind = if unknown {
            2
        } else if *special {
            3
        } else {
            4
        };
    }
    (tokens, kinds)
}

/// SentencePiece's scores: the earlier two pieces are joined, the higher; single characters below all of them.
fn scores(model: &Model, tokens: &[String]) -> Vec<f32> {
    let mut ranks = HashMap::new();
    for (rank, merge) in model.merges.iter().enumerate() {
        ranks.entry(merge.text().replacen(' ', "", 1)).or_insert(rank);
    }
    let single = |id: usize| model.merges.len() + id;
    tokens.iter().enumerate().map(|(id, token)| -(ranks.get(token).copied().unwrap_or(single(id)) as f32)).collect()
}

/// Whether the lists cut text into the very tokens that the model's own tokenizer does, as inside a conversation.
fn same(vocabulary: &Vocabulary, chat: &Chat) -> bool {
    let Ok(tokenizer) = Tokenizer::from_vocabulary(vocabulary) else { return false };
    let whole = PROBES.concat();
    PROBES.into_iter().chain([whole.as_str()]).all(|text| {
        let ids = tokenizer.encode_plain(text).ok();
        ids.is_some() && ids == chat.answer_ids(text).ok()
    })
}

/// Whether plain text is given a first token, as the model's own post-processor does it.
fn begins_with_special(processor: Option<&Json>) -> bool {
    let Some(processor) = processor else { return false };
    let template = processor.get("single").and_then(Json::as_array).and_then(|parts| parts.first());
    let inner = processor.get("processors").and_then(Json::as_array);
    template.is_some_and(|first| first.get("SpecialToken").is_some())
        || inner.is_some_and(|all| all.iter().any(|one| begins_with_special(Some(one))))
}

/// The tokens with a role.
fn ids(folder: &Path, chat: &Chat, file: &File, size: usize) -> Result<Vec<(&'static str, Value)>> {
    let own = optional_json(&folder.join("tokenizer_config.json"))?;
    let model = optional_json(&folder.join("config.json"))?;
    let by_text = |text: &str| {
        let added = file.added_tokens.iter().find(|token| token.content == text).map(|token| token.id);
        added.or_else(|| file.model.vocab.get(text).copied())
    };
    let id = |role: &str| {
        let text = token_text(own.get(format!("{role}_token")));
        let number = || u32::try_from(model.get(format!("{role}_token_id"))?.as_u64()?).ok();
        text.and_then(|text| by_text(&text)).or_else(number)
    };
    let ends = chat.stop_ids();
    let eos = id("eos").or(ends.first().copied());
    let mut others: Vec<u32> = ends.iter().copied().filter(|end| Some(*end) != eos && (*end as usize) < size).collect();
    // The token that ends an answer comes first, where that is not the end of all text.
    others.sort_by_key(|end| *end != chat.end_of_turn());
    let found = [
        ("bos_token_id", id("bos")),
        ("eos_token_id", eos),
        ("eot_token_id", others.first().copied()),
        ("eom_token_id", others.get(1).copied()),
        ("unknown_token_id", id("unk")),
        ("padding_token_id", id("pad")),
    ];
    Ok(found.into_iter().filter_map(|(key, id)| Some((key, Value::U32(id?)))).collect())
}
