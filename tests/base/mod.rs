//! The bases and the sentence model for tests on real models, pulled like any user's when they are not on this computer yet.

use pmtune::base::{BaseName, DEFAULT, SENTENCES, Silent, ensure};
use std::path::PathBuf;

pub fn default_base() -> PathBuf {
    let name = BaseName::parse(DEFAULT).unwrap();
    ensure(&name, &Silent).unwrap_or_else(|e| panic!("the tests on the real model need the base\n{e}")).path
}

/// The folder of the sentence model, pulled likewise.
pub fn sentence_model() -> PathBuf {
    let name = BaseName::Named(SENTENCES.into());
    ensure(&name, &Silent).unwrap_or_else(|e| panic!("the tests on the sentence model need it\n{e}")).path
}

/// The second base that tests run on; `None`, with a word, where it cannot be had.
pub fn gemma() -> Option<PathBuf> {
    let name = BaseName::Named("gemma3-270m".into());
    ensure(&name, &Silent).map(|base| base.path).map_err(|e| eprintln!("left out, for want of {name}: {e}")).ok()
}
