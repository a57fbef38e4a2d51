//! The files of a version's folder, by their paths below it.

use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Component, Path};

/// What a training may leave behind when it is killed; no part of a version.
const LEFT_OVER: [&str; 2] = [".lock", "checkpoint.safetensors"];

/// Every file below `folder` in the order of their names, with slashes on every system.
///
/// # Errors
/// A link: what it points to is none of the version's, and may be gone tomorrow.
pub(super) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    below(folder, "", &mut found)?;
    found.retain(|path| !LEFT_OVER.contains(&path.as_str()) && !path.starts_with(".pmtune-"));
    found.sort();
    Ok(found)
}

fn below(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))? {
        let entry = entry.map_err(|e| Error::io("read", folder, e))?;
        let kind = entry.file_type().map_err(|e| Error::io("read", &entry.path(), e))?;
        let name = entry.file_name().into_string().ok().filter(|name| is_plain(name)).ok_or_else(|| {
            Error::input(format!("{} has a name that not every system can keep", entry.path().display()))
                .hint("rename the file")
        })?;
        let path = format!("{prefix}{name}");
        if kind.is_symlink() {
            return Err(Error::input(format!("{} is a link", entry.path().display()))
                .hint("put the file itself in its place; a version owns all its files"));
        } else if kind.is_dir() {
            below(&entry.path(), &format!("{path}/"), found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// A relative path with slashes that stays below its folder on every system.
pub(super) fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && !path.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
        && !path.split('/').any(|part| part.is_empty() || part == "." || part == "..")
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
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

    #[cfg(unix)]
    #[test]
    fn a_link_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("a")).unwrap();
        assert!(files(root.path()).unwrap_err().to_string().contains("is a link"));
    }

    #[test]
    fn only_paths_that_stay_below_are_plain() {
        for good in ["a", "adapter/a.json", "a b/ü.txt", "..a"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "/a", "../a", "a/../b", "a//b", "./a", "a\\b", "c:/a", "a\0b", "a/"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
