//! The default base for tests on the real model, pulled like any user's when it is not on this computer yet.

use pmtune::base::{BaseName, DEFAULT, Silent, ensure};
use std::path::PathBuf;

pub fn default_base() -> PathBuf {
    let name = BaseName::parse(DEFAULT).unwrap();
    ensure(&name, &Silent).unwrap_or_else(|e| panic!("the tests on the real model need the base\n{e}")).path
}
