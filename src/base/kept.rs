//! What lies on this computer: pulled bases with their receipts, other programs' models, and files of the user's own.

use super::hashed::{cache, from_path};
use super::{Base, BaseName, Receipt, neighbour};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use std::path::Path;

/// The base if it is already on disk; pulls nothing.
pub fn local(name: &BaseName) -> Result<Option<Base>> {
    let folder = match (name, name.cache_name()) {
        (BaseName::Path(path), _) => return from_path(path).map(Some),
        (BaseName::LmStudio(_) | BaseName::Ollama(_), _) => return neighbour::base(name).map(Some),
        (_, Some(folder)) => cache(&folder)?,
        (_, None) => return Ok(None),
    };
    let Some(receipt) = receipt(name, &folder)? else { return Ok(None) };
    let path = if receipt.open == "." { folder } else { folder.join(&receipt.open) };
    let as_long = |path: &Path, bytes: u64| path.metadata().is_ok_and(|m| m.len() == bytes);
    let further = receipt.further.iter().all(|(name, bytes)| as_long(&path.with_file_name(name), *bytes));
    let intact = path.is_dir() || (as_long(&path, receipt.bytes) && further);
    Ok(intact.then_some(Base { path, sha256: receipt.sha256, template: None, thinks: false }))
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
