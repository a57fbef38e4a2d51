//! A tokenizer built from the plain lists a GGUF file carries.
//!
//! The pre-tokenizers repeat those of the models' own `tokenizer.json`, which llama.cpp's `llama-vocab.cpp` knows by the
//! same names; `default` has only llama.cpp's definition.

use std::collections::HashMap;

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::{NFC, Prepend, Replace, Sequence as Normalizers};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence as PreTokenizers;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{
    AddedToken, DecoderWrapper, NormalizerWrapper, PreTokenizerWrapper, SplitDelimiterBehavior, Tokenizer as Inner,
};

use super::guard::MARK;
use crate::error::{Error, Result};

const SPACE: &str = "▁";
/// Longer pieces are not split into merges; real ones stay below 64 characters.
const LONGEST_PIECE: usize = 256;

/// How text is cut into tokens.
#[derive(Debug, Clone, PartialEq)]
pub enum Algorithm {
    /// Byte-level BPE.
    Bpe {
        /// Pairs with a blank between, the first to be joined first.
        merges: Vec<String>,
        /// The rule that cuts text into words (`tokenizer.ggml.pre`).
        pre: String,
    },
    /// SentencePiece BPE: the pair that forms the highest-scored piece is joined first.
    SentencePiece {
        /// One for each token.
        scores: Vec<f32>,
        /// Whether text begins as if a blank stood before it.
        add_space_prefix: bool,
    },
}

/// What a token is, with the numbers of `tokenizer.ggml.token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A piece of text.
    Normal,
    /// Stands for what the vocabulary lacks.
    Unknown,
    /// Steers the model; never made from what people type.
    Control,
    /// Found whole in text before anything else.
    UserDefined,
    /// One byte, for what no piece covers.
    Byte,
}

impl TokenKind {
    /// Numbers outside the list are taken as normal.
    pub fn from_number(number: i64) -> Self {
        match number {
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            6 => Self::Byte,
            _ => Self::Normal,
        }
    }
}

/// The lists of a vocabulary; a token's place in `tokens` is its id.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    /// Each token's text, by id.
    pub tokens: Vec<String>,
    /// As long as `tokens`, or empty when all are normal.
    pub kinds: Vec<TokenKind>,
    /// How text is cut into them.
    pub algorithm: Algorithm,
    /// Control tokens swallow the white space after them, as in Phi-3's tokenizer.
    pub control_strips_right: bool,
}

impl Vocabulary {
    /// Builds the tokenizer. Errors name what the lists lack or the pre-tokenizer that is not known.
    pub(super) fn build(&self) -> Result<Inner> {
        let mut tokenizer = match &self.algorithm {
            Algorithm::Bpe { merges, pre } => self.byte_level(merges, pre)?,
            Algorithm::SentencePiece { scores, add_space_prefix } => self.sentence_piece(scores, *add_space_prefix)?,
        };
        let mut added = Vec::new();
        for (id, token) in self.tokens.iter().enumerate() {
            let kind = self.kind(id);
            let control = kind == TokenKind::Control || kind == TokenKind::UserDefined && looks_like_control(token);
            // One character alone cannot be told from typed text, see `guard`.
            if control && token.chars().nth(1).is_some() {
                added.push(AddedToken::from(token.clone(), true).normalized(false).rstrip(self.strips(token)));
            } else if kind == TokenKind::UserDefined && !token.is_empty() {
                added.push(AddedToken::from(token.clone(), false).normalized(false));
            }
        }
        tokenizer.add_tokens(added).map_err(|e| unusable(&e.to_string()))?;
        Ok(tokenizer)
    }

    fn kind(&self, id: usize) -> TokenKind {
        self.kinds.get(id).copied().unwrap_or(TokenKind::Normal)
    }

    fn strips(&self, token: &str) -> bool {
        self.control_strips_right && !matches!(token, "<s>" | "<unk>" | "<|endoftext|>")
    }

    fn ids(&self) -> HashMap<&str, u32> {
        self.tokens.iter().enumerate().map(|(id, token)| (token.as_str(), id as u32)).collect()
    }

    fn byte_level(&self, merges: &[String], pre: &str) -> Result<Inner> {
        let rule = words(pre)?;
        let ids = self.ids();
        let mut pairs = Vec::with_capacity(merges.len());
        for (number, merge) in merges.iter().enumerate() {
            let (left, right) = merge.split_once(' ').unwrap_or((merge, ""));
            let joined = format!("{left}{right}");
            // The library would panic on a pair whose result is not a token.
            if [left, right, &joined].iter().any(|part| !ids.contains_key(part)) {
                return Err(unusable(&format!(
                    "merge {number} ({merge:?}) does not join two of its tokens into a third"
                )));
            }
            pairs.push((left.to_string(), right.to_string()));
        }
        let model = BPE::builder()
            .vocab_and_merges(owned(&ids), pairs)
            .ignore_merges(rule.whole_words_first)
            .build()
            .map_err(|e| unusable(&e.to_string()))?;
        let mut tokenizer = Inner::new(model);
        let mut normalizers = vec![unmark()?];
        if rule.composed {
            normalizers.push(NFC.into());
        }
        let normalizer: NormalizerWrapper = Normalizers::new(normalizers).into();
        tokenizer.with_normalizer(Some(normalizer)).map_err(|e| unusable(&e.to_string()))?;
        tokenizer.with_pre_tokenizer(Some(PreTokenizers::new(rule.steps)));
        tokenizer.with_decoder(Some(ByteLevel::default()));
        Ok(tokenizer)
    }

    fn sentence_piece(&self, scores: &[f32], add_space_prefix: bool) -> Result<Inner> {
        if scores.len() != self.tokens.len() {
            return Err(unusable(&format!("{} tokens have {} scores", self.tokens.len(), scores.len())));
        }
        let ids = self.ids();
        let unknown = (0..self.tokens.len()).find(|id| self.kind(*id) == TokenKind::Unknown);
        let mut builder =
            BPE::builder().vocab_and_merges(owned(&ids), self.merges_by_score(&ids, scores)).byte_fallback(true);
        if let Some(token) = unknown.and_then(|id| self.tokens.get(id)) {
            builder = builder.unk_token(token.clone()).fuse_unk(true);
        }
        let mut tokenizer = Inner::new(builder.build().map_err(|e| unusable(&e.to_string()))?);
        let mut normalizers = vec![unmark()?];
        if add_space_prefix {
            normalizers.push(Prepend::new(SPACE.to_string()).into());
        }
        normalizers.push(Replace::new(" ", SPACE).map_err(|e| unusable(&e.to_string()))?.into());
        let normalizer: NormalizerWrapper = Normalizers::new(normalizers).into();
        tokenizer.with_normalizer(Some(normalizer)).map_err(|e| unusable(&e.to_string()))?;
        tokenizer.with_decoder(Some(sentence_piece_decoder(add_space_prefix)?));
        Ok(tokenizer)
    }

    /// Every way to join two pieces into a third, best score first. Ties go to the pair with the longer left piece.
    fn merges_by_score(&self, ids: &HashMap<&str, u32>, scores: &[f32]) -> Vec<(String, String)> {
        let joins = |piece: &str| {
            ids.get(piece)
                .is_some_and(|id| matches!(self.kind(*id as usize), TokenKind::Normal | TokenKind::UserDefined))
        };
        let mut merges: Vec<(f32, &str, &str)> = Vec::new();
        for (token, score) in self.tokens.iter().zip(scores) {
            if token.len() > LONGEST_PIECE || !joins(token) {
                continue;
            }
            for (at, _) in token.char_indices().skip(1) {
                let (left, right) = token.split_at(at);
                if joins(left) && joins(right) {
                    merges.push((*score, left, right));
                }
            }
        }
        merges.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.len().cmp(&a.1.len())));
        merges.into_iter().map(|(_, left, right)| (left.to_string(), right.to_string())).collect()
    }
}

/// Removes the marks of `guard`, once control tokens have been found.
pub(super) fn unmark() -> Result<NormalizerWrapper> {
    Ok(Replace::new(MARK.to_string(), "").map_err(|e| unusable(&e.to_string()))?.into())
}

fn looks_like_control(token: &str) -> bool {
    token.starts_with("<|") && token.ends_with("|>")
}

fn owned(ids: &HashMap<&str, u32>) -> Vocab {
    ids.iter().map(|(token, id)| (token.to_string(), *id)).collect()
}

fn sentence_piece_decoder(add_space_prefix: bool) -> Result<DecoderWrapper> {
    use tokenizers::decoders::byte_fallback::ByteFallback;
    use tokenizers::decoders::fuse::Fuse;
    use tokenizers::decoders::sequence::Sequence;
    use tokenizers::decoders::strip::Strip;
    let spaces = Replace::new(SPACE, " ").map_err(|e| unusable(&e.to_string()))?;
    let mut steps: Vec<DecoderWrapper> = vec![spaces.into(), ByteFallback::new().into(), Fuse::new().into()];
    if add_space_prefix {
        steps.push(Strip::new(' ', 1, 0).into());
    }
    Ok(Sequence::new(steps).into())
}

/// How text is cut into words before merging.
struct Words {
    steps: Vec<PreTokenizerWrapper>,
    /// Unicode is composed first.
    composed: bool,
    /// A word that is a token is taken as it is.
    whole_words_first: bool,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Capitals begin a word of their own, and endings such as `'s` stay with it.
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const KNOWN: &str = "smollm, refact, qwen2, llama-bpe, dbrx, smaug-bpe, gpt-4o, gpt-2, default";

fn words(pre: &str) -> Result<Words> {
    let (patterns, single_digits): (&[&str], bool) = match pre {
        // Granite's is refact.
        "smollm" | "refact" => (&[GPT2], true),
        "qwen2" | "deepseek-r1-qwen" => (&[QWEN2], false),
        // The latter are what OLMo 2 and SmolLM3 have: llama3's rule, but words go through their merges.
        "llama-bpe" | "llama3" | "llama-v3" | "dbrx" | "smaug-bpe" => (&[LLAMA3], false),
        // Phi-4-mini's.
        "gpt-4o" => (&[GPT4O], false),
        "gpt-2" => (&[GPT2], false),
        "default" => (&[r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"], false),
        other => {
            let shown: String = other.chars().take(60).collect();
            let message = format!("the pre-tokenizer {shown:?} is not one pmtune knows ({KNOWN})");
            return Err(Error::model(message)
                .hint("put the model's `tokenizer.json` beside the .gguf file; pmtune then uses that"));
        }
    };
    let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
    if single_digits {
        steps.push(Digits::new(true).into());
    }
    for pattern in patterns {
        let pattern = SplitPattern::Regex((*pattern).to_string());
        let split =
            Split::new(pattern, SplitDelimiterBehavior::Isolated, false).map_err(|e| unusable(&e.to_string()))?;
        steps.push(split.into());
    }
    steps.push(ByteLevel::new(false, true, false).into());
    Ok(Words {
        steps,
        composed: patterns == [QWEN2],
        whole_words_first: patterns == [LLAMA3] && !matches!(pre, "dbrx" | "smaug-bpe"),
    })
}

fn unusable(what: &str) -> Error {
    Error::model(format!("the tokenizer of the model file is unusable: {what}"))
        .hint("put the model's `tokenizer.json` beside the .gguf file, or download the file again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

    /// What Python's `regex` finds with the pattern.
    #[test]
    fn capitals_begin_words_where_the_rule_says_so() {
        let pieces: [&[&str]; 4] = [
            &["Don't", " SHOUT", ":", " Camel", "Case", "URL", " we'll"],
            &["123", "456", "7", " https", "://", "a", ".b", "/c", "//\n\n", " ", " x"],
            &["Ärger", " mit", " Łódź", ",", " 日本語", " and", " नमस्ते", "!", "  "],
            &["i", "Phone's", " HTTPServer'd"],
        ];
        let rule = PreTokenizers::new(words("gpt-4o").unwrap().steps);
        for wanted in pieces {
            let text = wanted.concat();
            let mut cut = PreTokenizedString::from(text.as_str());
            rule.pre_tokenize(&mut cut).unwrap();
            let found: Vec<&str> = cut
                .get_splits(OffsetReferential::Original, OffsetType::Byte)
                .into_iter()
                .map(|(_, (from, to), _)| &text[from..to])
                .collect();
            assert_eq!(found, wanted);
        }
    }

    #[test]
    fn rules_of_one_pattern_differ_in_words_that_are_tokens_and_in_digits() {
        let ids = |pre: &str| {
            let vocabulary = Vocabulary {
                tokens: ["a", "b", "c", "ab", "abc", "1", "2", "12"].map(String::from).to_vec(),
                kinds: Vec::new(),
                algorithm: Algorithm::Bpe { merges: vec!["a b".into(), "1 2".into()], pre: pre.into() },
                control_strips_right: false,
            };
            vocabulary.build().unwrap().encode("abc12", false).unwrap().get_ids().to_vec()
        };
        assert_eq!(ids("llama-bpe"), [4, 7]);
        for pre in ["dbrx", "smaug-bpe"] {
            assert_eq!(ids(pre), [3, 2, 7], "{pre}");
        }
        for pre in ["smollm", "refact"] {
            assert_eq!(ids(pre), [3, 2, 5, 6], "{pre}");
        }
    }
}
