//! An evaluation for machines that run pmtune themselves.

use crate::job::Draft;
use crate::job::shards::{Cluster, Shards, write};
use crate::registry;
use crate::run::Shard;
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

/// What is asked of so many machines.
#[derive(Debug, Clone)]
pub struct ShardsOptions {
    /// As a person names it.
    pub version: String,
    pub cluster: Cluster,
    /// How many machines.
    pub of: usize,
    /// Further flags of `pmtune eval`, each a word.
    pub flags: Vec<String>,
    pub output: PathBuf,
}

/// Writes the file by which the cluster starts its shards, and gives its place.
///
/// # Errors
/// There is no such version; so many machines nobody has; the folder is there already.
pub fn write_shards(workspace: &Workspace, options: &ShardsOptions) -> Result<PathBuf> {
    if options.version != registry::AUTO {
        registry::resolve(workspace, &options.version)?;
    }
    let of: Shard = format!("1/{}", options.of).parse()?;
    let mut draft = Draft::begin(&options.output)?;
    let shards = Shards { version: &options.version, of: of.of, flags: &options.flags };
    let file = write(&mut draft, options.cluster, &shards)?;
    draft.place()?;
    Ok(options.output.join(file))
}
