//! Setting versions aside: `models/archive/<name>.zip`, and back again.
//!
//! A version is archived when its pack is there and its folder is not. Every step leaves either the whole folder or a
//! pack that was read back and compared, so a kill loses nothing and the same command finishes the work.

use super::pack::{self, Sums};
use super::{Manifest, manifest_file, primary, verify};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The folder below `models/` that holds the packs.
pub const ARCHIVE: &str = "archive";
const LOCK: &str = ".lock";
/// A folder that was packed and is about to go.
const REMOVING: &str = ".removing-";
/// A pack or a folder in the making.
const MAKING: &str = ".pmtune-";

/// The archive, held against a second process that moves versions until dropped.
pub(super) struct Shelf {
    models: PathBuf,
    folder: PathBuf,
    _lock: File,
}

/// A version that was packed or unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub pack: PathBuf,
    pub pack_bytes: u64,
    pub folder: PathBuf,
    pub files: usize,
    /// The pack's own.
    pub sha256: String,
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

    fn pack(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.zip"))
    }
}

fn remove(path: &Path) -> Result<()> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    removed.map_err(|e| Error::io("remove", path, e))
}

/// Packs a version's folder, reads the pack back, compares every file, and only then takes the folder away. Of a version
/// that is archived already it only looks whether the pack is whole: so the same command ends what a kill broke off.
///
/// # Errors
/// It is primary or damaged; another process moves versions.
pub fn archive(workspace: &Workspace, name: &str) -> Result<Moved> {
    let shelf = Shelf::open(workspace)?;
    let folder = shelf.models.join(name);
    if primary(workspace)?.as_deref() == Some(name) {
        return Err(Error::input(format!("{name} is primary, the version used in earnest"))
            .hint("promote another version first: pmtune models promote VERSION"));
    }
    if !manifest_file(&folder).is_file() && shelf.pack(name).is_file() {
        let read = pack::check(&shelf.pack(name), name)?;
        return moved(shelf.pack(name), folder, &read);
    }
    let damage = verify::version(workspace, name, &mut Default::default()).damage;
    if !damage.is_empty() {
        return Err(Error::input(format!("{name} is damaged, and so would its archive be: {}", damage.join("; ")))
            .hint("restore its files first"));
    }
    let scratch = tempfile::Builder::new().prefix(MAKING).tempdir_in(&shelf.folder);
    let scratch = scratch.map_err(|e| Error::io("write to", &shelf.folder, e))?;
    let made = scratch.path().join("pack.zip");
    let written = pack::write(&folder, name, &made)?;
    let read = pack::check(&made, name)?;
    if read != written {
        return Err(Error::input(format!("{name} changed while it was packed")).hint("run the same command again"));
    }
    let target = shelf.pack(name);
    std::fs::rename(&made, &target).map_err(|e| Error::io("write", &target, e))?;
    store::sync_folder(&shelf.folder);
    // From here on the pack is the version, and the folder a copy that goes.
    let leaving = shelf.folder.join(format!("{REMOVING}{name}"));
    std::fs::rename(&folder, &leaving).map_err(|e| Error::io("move", &folder, e))?;
    store::sync_folder(&shelf.models);
    remove(&leaving)?;
    moved(target, folder, &read)
}

/// Unpacks an archived version, bit for bit. The pack stays where it is.
///
/// # Errors
/// Its folder is there already; there is no such pack, or it is damaged.
pub fn restore(workspace: &Workspace, name: &str) -> Result<Moved> {
    let shelf = Shelf::open(workspace)?;
    let (pack, target) = (shelf.pack(name), shelf.models.join(name));
    if target.exists() {
        return Err(Error::input(format!("{} is there already", target.display()))
            .hint("nothing was changed; move the folder away first if the archived one is to take its place"));
    }
    if !pack.is_file() {
        return Err(not_archived(workspace, name));
    }
    let scratch = tempfile::Builder::new().prefix(MAKING).tempdir_in(&shelf.folder);
    let scratch = scratch.map_err(|e| Error::io("write to", &shelf.folder, e))?;
    // Under the version's own name, which its manifest is held against.
    let made = scratch.path().join(name);
    std::fs::create_dir(&made).map_err(|e| Error::io("create", &made, e))?;
    let sums = pack::extract(&pack, name, &made)?;
    Manifest::read(&manifest_file(&made))?;
    store::sync_folder(&made);
    std::fs::rename(&made, &target).map_err(|e| Error::io("write", &target, e))?;
    store::sync_folder(&shelf.models);
    moved(pack, target, &sums)
}

fn moved(pack: PathBuf, folder: PathBuf, sums: &Sums) -> Result<Moved> {
    let pack_bytes = pack.metadata().map_err(|e| Error::io("read", &pack, e))?.len();
    Ok(Moved { pack_bytes, folder, files: sums.len(), sha256: pack::hash(&pack)?, pack })
}

fn not_archived(workspace: &Workspace, name: &str) -> Error {
    let names = archived(workspace).unwrap_or_default();
    let known =
        if names.is_empty() { "no version is archived".into() } else { format!("archived: {}", names.join(", ")) };
    Error::missing(format!("there is no archived version {name}")).hint(known)
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
