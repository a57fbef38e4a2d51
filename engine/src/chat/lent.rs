//! Templates for bases that bring none, a few by name.
//!
//! An answer ends with the end of all text, whatever ends a question: a base that was never taught to talk has not seen
//! the tokens of turns. In its head their rows are as good as those of a hundred unused tokens, and an adapter of the layers
//! hardly makes it write one of them. The end of all text is what every base has learned to write.

use super::Tokenizer;
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

const CHATML: &str = "{% for message in messages %}{% set end = eos_token if message['role'] == 'assistant' and eos_token else '<|im_end|>' %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + end + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// A system message goes before the first user message, as Gemma was taught.
const GEMMA: &str = "{{ bos_token }}{% set opening = '' %}{% if messages[0]['role'] == 'system' %}{% set opening = messages[0]['content'] + '\\n\\n' %}{% set messages = messages[1:] %}{% endif %}{% for message in messages %}{% set who = 'model' if message['role'] == 'assistant' else message['role'] %}{% set end = eos_token if who == 'model' and eos_token else '<end_of_turn>' %}{{ '<start_of_turn>' + who + '\\n' + (opening if loop.first else '') + message['content'] + end + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}";

const LLAMA3: &str = "{{ bos_token }}{% for message in messages %}{% set end = eos_token if message['role'] == 'assistant' and eos_token else '<|eot_id|>' %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] + end }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}";

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

    /// The control tokens that it writes, the one that ends a question last.
    fn tokens(self) -> &'static [&'static str] {
        match self {
            Self::Chatml => &["<|im_start|>", "<|im_end|>"],
            Self::Gemma => &["<start_of_turn>", "<end_of_turn>"],
            Self::Llama3 => &["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
            Self::Alpaca => &[],
        }
    }

    /// The token that ends an answer, where `tokenizer` has all that the template writes.
    pub(super) fn end(self, tokenizer: &Tokenizer, eos_token: &str) -> Option<u32> {
        let has = |token: &&str| tokenizer.control().iter().any(|control| control == token);
        let end = Some(eos_token).filter(has).or(self.tokens().last().copied())?;
        if self.tokens().iter().all(has) { tokenizer.id(end) } else { None }
    }

    /// The one that a tokenizer was evidently made for.
    pub(super) fn evident(tokenizer: &Tokenizer) -> Option<Self> {
        // Any tokenizer would do for one without tokens of its own, so it has to be asked for.
        Self::ALL.into_iter().find(|template| template.end(tokenizer, "").is_some())
    }
}
