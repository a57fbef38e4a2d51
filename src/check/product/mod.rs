//! Product checks.
use super::Kind;
pub const KINDS: &[Kind] = &[];
