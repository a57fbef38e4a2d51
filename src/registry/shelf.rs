//! The folder of archived versions: what lies there, and the lock over everything that moves versions.

use super::{Manifest, manifest_file, pack};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The folder below `models/` that holds the packs.
pub const ARCHIVE: &str = "archive";
const LOCK: &str = ".lock";
/// A folder that was packed and is about to go.
pub(super) const REMOVING: &str = ".removing-";
/// A pack or a folder in the making.
pub(super) const MAKING: &str = ".pmtune-";

/// The archive, held against a second process that moves versions until dropped.
pub(super) struct Shelf {
    pub models: PathBuf,
    pub folder: PathBuf,
    _lock: File,
}

impl Shelf {
    /// Takes the lock and clears away what a killed command left.
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let models = workspace.models();
        let folder = models.join(ARCHIVE);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(|e| Error::io("write", &path, e))?;
        // Some file systems know no locks; a missing lock is no reason to refuse work.
        if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
            return Err(Error::input("another pmtune is archiving, restoring or promoting a version")
                .hint("wait for it to end, then run the same command again"));
        }
        let shelf = Self { models, folder, _lock: lock };
        shelf.tidy()?;
        Ok(shelf)
    }

    fn tidy(&self) -> Result<()> {
        for entry in std::fs::read_dir(&self.folder).map_err(|e| Error::io("read", &self.folder, e))?.flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if let Some(version) = name.strip_prefix(REMOVING) {
                let home = self.models.join(version);
                if !self.pack(version).is_file() && !home.exists() {
                    // Somebody took the pack away: this is the last copy.
                    std::fs::rename(&path, &home).map_err(|e| Error::io("move", &path, e))?;
                } else {
                    remove(&path)?;
                }
            } else if name.starts_with(MAKING) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// Where the pack of a version lies, or would.
    pub fn pack(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.zip"))
    }
}

pub(super) fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    removed.map_err(|e| Error::io("remove", path, e))
}

/// The names of the archived versions: those with a pack and without a folder.
pub fn archived(workspace: &Workspace) -> Result<Vec<String>> {
    Ok(packs(workspace)?.into_iter().filter(|name| !manifest_file(&workspace.models().join(name)).is_file()).collect())
}

/// The names of all packs, those of restored versions too.
pub(super) fn packs(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.models().join(ARCHIVE);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(&folder).map_err(|e| Error::io("read", &folder, e))?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".zip")?.to_string()))
        .filter(|name| !name.is_empty() && !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

/// Where the pack of a version lies, or would.
pub(super) fn pack_file(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.models().join(ARCHIVE).join(format!("{name}.zip"))
}

/// The manifest of an archived version, read from its pack.
pub fn archived_manifest(workspace: &Workspace, name: &str) -> Result<Manifest> {
    pack::manifest(&pack_file(workspace, name), name)
}
