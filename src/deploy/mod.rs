//! An exported file where other programs find it: LM Studio's models folder, Ollama, any folder.
//!
//! [`Target`] is where; [`place`] puts the file there and never overwrites another's; [`Modelfile`] tells Ollama what a GGUF
//! file cannot tell it. [`Deployed`] is the registry's note of it, by which a deployment is undone and seen to be behind.

mod ledger;
mod lm_studio;
mod modelfile;
mod ollama;
mod pieces;
mod place;
mod target;

pub use ledger::{Deployed, add, deployed, remove};
pub use lm_studio::served_as;
pub use modelfile::Modelfile;
pub use ollama::{create, remove_model};
pub use pieces::Pieces;
pub use place::{place, take_back};
pub use target::Target;
