//! Messages, the chat template and the tokenizer: from a conversation to the exact token ids a model reads.

mod message;
mod tokenizer;

pub use message::{Message, Role};
pub use tokenizer::{Chat, Streaming};
