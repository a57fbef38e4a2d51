use engine::error::Result;
use schemars::{Schema, SchemaGenerator};

use crate::yaml::Node;

/// A section of `pmtune.yaml`, which belongs to the room that goes by it: that room knows its keys, bounds and defaults.
pub trait Section: Sized {
    /// The key it stands under.
    const KEY: &'static str;

    /// Reads it; `node` is what stands under the key.
    ///
    /// # Errors
    /// Gathers every fault, each with its place.
    fn read(node: &Node) -> Result<Self>;

    /// What may stand there.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}
