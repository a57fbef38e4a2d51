//! The files of a version's folder, by their paths below it.

use crate::pack::below;
use engine::error::Result;
use engine::store;
use std::collections::BTreeMap;
use std::path::Path;

/// What a training may leave behind when it is killed; no part of a version.
const LEFT_OVER: [&str; 2] = [".lock", "checkpoint.safetensors"];

/// Every file of the version in `folder` in the order of their names, with slashes on every system.
///
/// # Errors
/// A link: what it points to is none of the version's, and may be gone tomorrow.
pub(super) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = below(folder)?;
    found.retain(|path| !LEFT_OVER.contains(&path.as_str()) && !path.starts_with(".pmtune-"));
    Ok(found)
}

/// SHA-256 of what training wrote: the adapter's files and the loss log. They stand in the manifest, so that damage is
/// found later.
pub fn written_hashes(folder: &Path) -> Result<BTreeMap<String, String>> {
    let written = |path: &String| path.as_str() == "loss.csv" || path.starts_with("adapter/");
    let hash = |path: String| {
        let hash = store::hash_file(&folder.join(&path), |_| ())?;
        Ok((path, hash))
    };
    files(folder)?.into_iter().filter(written).map(hash).collect()
}

/// Hash over the adapter's configuration and weights, by which runs tell adapters apart.
pub fn adapter_hash(folder: &Path) -> Result<String> {
    let files = engine::files::adapter_files(folder)?;
    let hashes: Vec<String> = files.iter().map(|file| store::hash_file(file, |_| ())).collect::<Result<_>>()?;
    Ok(store::hash(hashes.concat().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_in_order_without_what_a_killed_training_left() {
        let root = tempfile::tempdir().unwrap();
        for path in ["manifest.yaml", ".lock", "checkpoint.safetensors", "adapter/b.json", "adapter/a.json"] {
            store::replace(&root.path().join(path), b"x").unwrap();
        }
        assert_eq!(files(root.path()).unwrap(), ["adapter/a.json", "adapter/b.json", "manifest.yaml"]);
    }
}
