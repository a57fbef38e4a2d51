//! What the weights in a file or a folder hash to.

use super::{Base, home};
use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// The base's hash, worked out again from its files.
pub fn hash(base: &Base) -> Result<String> {
    from_path(&base.path).map(|base| base.sha256)
}

pub(super) fn cache(folder: &str) -> Result<PathBuf> {
    Ok(home()?.join("bases").join(folder))
}

pub(super) fn from_path(path: &Path) -> Result<Base> {
    let path = path.canonicalize().map_err(|e| Error::io("open", path, e))?;
    // What cannot be opened is said where it is opened.
    let parts = engine::files::parts(&path).unwrap_or_default();
    let sha256 = match parts.len() {
        _ if path.is_dir() => hash_folder(&path)?,
        0 | 1 => store::hash_file(&path, |_| ())?,
        _ => hash_list(&parts)?,
    };
    Ok(Base { path, sha256, template: None, thinks: false })
}

/// Bytes of the file, of all the model's parts, or of a folder's files.
pub(super) fn bytes(path: &Path) -> Result<u64> {
    let files = if path.is_dir() { of_folder(path)? } else { engine::files::parts(path)? };
    files.iter().map(|file| Ok(file.metadata().map_err(|e| Error::io("read", file, e))?.len())).sum()
}

/// Hash of a folder of safetensors: over the names and hashes of its JSON and safetensors files.
pub(super) fn hash_folder(folder: &Path) -> Result<String> {
    hash_list(&of_folder(folder)?)
}

fn of_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.file_name().is_some_and(|n| n != "base.json"))
        .filter(|p| matches!(p.extension().and_then(|e| e.to_str()), Some("safetensors" | "json" | "jinja")))
        .collect();
    files.sort();
    Ok(files)
}

pub(super) fn hash_list(files: &[PathBuf]) -> Result<String> {
    let mut list = String::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        list += &format!("{name} {}\n", store::hash_file(file, |_| ())?);
    }
    Ok(store::hash(list.as_bytes()))
}
