//! Templates for bases that bring none, a few by name.

use super::Tokenizer;
use super::template::CHATML;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A template that is lent to a base without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LentTemplate {
    /// `<|im_start|>user`, as Qwen and SmolLM2 have it.
    Chatml,
    /// `<start_of_turn>user`, as Gemma has it.
    Gemma,
    /// `<|start_header_id|>user<|end_header_id|>`, as Llama 3 has it.
    Llama3,
    /// `### Instruction:` in plain words, for tokenizers without tokens for turns.
    Alpaca,
}

/// A system message goes before the first user message, as Gemma was taught.
const GEMMA: &str = "{{ bos_token }}{% set opening = '' %}{% if messages[0]['role'] == 'system' %}{% set opening = messages[0]['content'] + '\\n\\n' %}{% set messages = messages[1:] %}{% endif %}{% for message in messages %}{% set who = 'model' if message['role'] == 'assistant' else message['role'] %}{{ '<start_of_turn>' + who + '\\n' + (opening if loop.first else '') + message['content'] + '<end_of_turn>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}";

const LLAMA3: &str = "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

const ALPACA: &str = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}{% elif message['role'] == 'user' %}{{ '### Instruction:\\n' + message['content'] + '\\n\\n' }}{% else %}{{ '### Response:\\n' + message['content'] + eos_token + '\\n\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}";

impl LentTemplate {
    /// All, those first that say most plainly that a model was made for them.
    pub const ALL: [Self; 4] = [Self::Chatml, Self::Gemma, Self::Llama3, Self::Alpaca];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chatml => "chatml",
            Self::Gemma => "gemma",
            Self::Llama3 => "llama3",
            Self::Alpaca => "alpaca",
        }
    }

    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Chatml => CHATML,
            Self::Gemma => GEMMA,
            Self::Llama3 => LLAMA3,
            Self::Alpaca => ALPACA,
        }
    }

    /// The control tokens that it writes, the one that ends a turn last. Without any, turns end with the end of all text.
    fn tokens(self) -> &'static [&'static str] {
        match self {
            Self::Chatml => &["<|im_start|>", "<|im_end|>"],
            Self::Gemma => &["<start_of_turn>", "<end_of_turn>"],
            Self::Llama3 => &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
            Self::Alpaca => &[],
        }
    }

    /// The token that ends a turn, where `tokenizer` has all that the template writes.
    pub(super) fn end(self, tokenizer: &Tokenizer, eos_token: &str) -> Option<u32> {
        let has = |token: &&str| tokenizer.control().iter().any(|control| control == token);
        let end = self.tokens().last().copied().unwrap_or(eos_token);
        if !self.tokens().iter().all(has) || !has(&end) {
            return None;
        }
        tokenizer.id(end)
    }

    /// The one that a tokenizer was evidently made for.
    pub(super) fn evident(tokenizer: &Tokenizer) -> Option<Self> {
        // Any tokenizer would do for one without tokens of its own, so it has to be asked for.
        Self::ALL.into_iter().find(|template| template.end(tokenizer, "").is_some())
    }
}
