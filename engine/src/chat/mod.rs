//! Messages, the chat template and the tokenizer: from a conversation to the exact token ids a model reads.
//!
//! A [`Chat`] belongs to one model. [`Tokenizer`] comes from a `tokenizer.json` or from a [`Vocabulary`], the plain lists
//! a GGUF file carries; the template is Jinja, run by minijinja with the settings `transformers` uses. What people type
//! can never become a control token: `guard` marks look-alikes before the template runs and the tokenizer drops the
//! marks after control tokens were found. The exact bytes of every id are laid out as a trie where answers are held to a
//! grammar.

mod conversation;
mod guard;
mod json;
mod lent;
mod message;
mod opening;
mod spelling;
mod streaming;
mod template;
pub mod thinking;
mod tokenizer;
mod trie;
mod vocabulary;

pub use conversation::{Chat, Settings};
pub use lent::LentTemplate;
pub use message::{Message, Role};
pub use streaming::Streaming;
pub use tokenizer::Tokenizer;
pub use vocabulary::{Algorithm, TokenKind, Vocabulary};
