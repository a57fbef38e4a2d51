//! What lies on this computer: pulled bases with their receipts, and files of the user's own.

use super::{Base, BaseName, Receipt, home};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// The base if it is already on disk; pulls nothing.
pub fn local(name: &BaseName) -> Result<Option<Base>> {
    let folder = match (name, name.cache_name()) {
        (BaseName::Path(path), _) => return from_path(path).map(Some),
        (_, Some(folder)) => cache(&folder)?,
        (_, None) => return Ok(None),
    };
    let Some(receipt) = receipt(name, &folder)? else { return Ok(None) };
    let path = if receipt.open == "." { folder } else { folder.join(&receipt.open) };
    let as_long = |path: &Path, bytes: u64| path.metadata().is_ok_and(|m| m.len() == bytes);
    let further = receipt.further.iter().all(|(name, bytes)| as_long(&path.with_file_name(name), *bytes));
    let intact = path.is_dir() || (as_long(&path, receipt.bytes) && further);
    Ok(intact.then_some(Base { path, sha256: receipt.sha256, template: None }))
}

/// What the folder of a pulled base says of itself, if there is one.
pub(super) fn receipt(name: &BaseName, folder: &Path) -> Result<Option<Receipt>> {
    let file = folder.join("base.json");
    if !file.is_file() {
        return Ok(None);
    }
    let receipt = serde_json::from_str(&store::read_text(&file)?).map_err(|e| {
        Error::input(format!("{} is damaged: {e}", file.display()))
            .hint(format!("remove its folder and run `pmtune pull {}`", words::shell(&name.to_string())))
    })?;
    Ok(Some(receipt))
}

/// The base's hash, worked out again from its files.
pub fn hash(base: &Base) -> Result<String> {
    from_path(&base.path).map(|base| base.sha256)
}

pub(super) fn cache(folder: &str) -> Result<PathBuf> {
    Ok(home()?.join("bases").join(folder))
}

fn from_path(path: &Path) -> Result<Base> {
    let path = path.canonicalize().map_err(|e| Error::io("open", path, e))?;
    // What cannot be opened is said where it is opened.
    let parts = engine::files::parts(&path).unwrap_or_default();
    let sha256 = match parts.len() {
        _ if path.is_dir() => hash_folder(&path)?,
        0 | 1 => store::hash_file(&path, |_| ())?,
        _ => hash_list(&parts)?,
    };
    Ok(Base { path, sha256, template: None })
}

/// Hash of a folder of safetensors: over the names and hashes of its JSON and safetensors files.
pub(super) fn hash_folder(folder: &Path) -> Result<String> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.file_name().is_some_and(|n| n != "base.json"))
        .filter(|p| matches!(p.extension().and_then(|e| e.to_str()), Some("safetensors" | "json" | "jinja")))
        .collect();
    files.sort();
    hash_list(&files)
}

pub(super) fn hash_list(files: &[PathBuf]) -> Result<String> {
    let mut list = String::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        list += &format!("{name} {}\n", store::hash_file(file, |_| ())?);
    }
    Ok(store::hash(list.as_bytes()))
}
