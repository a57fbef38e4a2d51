//! The files in a run's folder.

use super::{FORMAT, Manifest};
use engine::error::{Error, Result};
use engine::store;
use serde::Deserialize;
use std::path::Path;

/// What was asked of whom; its `finished` time is the commit marker.
pub(super) const MANIFEST: &str = "run.json";
/// One record per answer, append-only.
pub(super) const RESULTS: &str = "results.jsonl";

/// Reads `run.json`, refusing a format newer than ours.
pub(super) fn read_manifest(folder: &Path) -> Result<Manifest> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let path = folder.join(MANIFEST);
    let text = store::read_text(&path)?;
    let fault = |e: serde_json::Error| {
        Error::input(format!("{}:{}:{}: not a run's manifest: {e}", path.display(), e.line(), e.column()))
            .hint("the file was edited or damaged; restore it, or remove the folder")
    };
    let Format { format } = serde_json::from_str(&text).map_err(fault)?;
    if format > FORMAT {
        return Err(Error::input(format!(
            "{} was written by a newer pmtune: it has format {format}, this one knows formats up to {FORMAT}",
            path.display()
        ))
        .hint("install the newer pmtune"));
    }
    serde_json::from_str(&text).map_err(fault)
}

/// Replaces `run.json` in one step.
pub(super) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<()> {
    let path = folder.join(MANIFEST);
    let mut text = serde_json::to_vec_pretty(manifest)
        .map_err(|e| Error::input(format!("cannot write {}: {e}", path.display())))?;
    text.push(b'\n');
    store::replace(&path, &text)
}
