//! Setting versions aside: `models/archive/<name>.zip`, and back again.
//!
//! A version is archived when its pack is there and its folder is not. Every step leaves either the whole folder or a
//! pack that was read back and compared, so a kill loses nothing and the same command finishes the work.

use super::pack;
use super::shelf::{MAKING, REMOVING, Shelf, archived, remove};
use super::{Manifest, manifest_file, primary, verify};
use crate::pack::{Content, Sums};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

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
    undamaged(workspace, name)?;
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

fn undamaged(workspace: &Workspace, name: &str) -> Result<()> {
    let damage = verify::version(workspace, name, &mut Default::default()).damage;
    match damage.is_empty() {
        true => Ok(()),
        false => Err(Error::input(format!("{name} is damaged, and so would its archive be: {}", damage.join("; ")))
            .hint("restore its files first")),
    }
}

/// The files of an undamaged version by their paths in a pack.
///
/// # Errors
/// It is not here, or damaged.
pub fn packed_files(workspace: &Workspace, name: &str) -> Result<BTreeMap<String, Content>> {
    undamaged(workspace, name)?;
    pack::files(&workspace.models().join(name), name)
}

/// A folder in which a version from elsewhere is made ready. Nobody else moves versions meanwhile, and what a kill leaves is
/// cleared away by the next command that does.
pub struct Entrance {
    shelf: Shelf,
    scratch: TempDir,
}

impl Entrance {
    /// # Errors
    /// Another process moves versions.
    pub fn open(workspace: &Workspace) -> Result<Self> {
        let shelf = Shelf::open(workspace)?;
        let scratch = tempfile::Builder::new().prefix(MAKING).tempdir_in(&shelf.folder);
        let scratch = scratch.map_err(|e| Error::io("write to", &shelf.folder, e))?;
        Ok(Self { shelf, scratch })
    }

    pub fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// Gives the folder `made`, a whole version of this name, its place among the versions.
    ///
    /// # Errors
    /// There is such a version, or an archived one; its manifest has faults.
    pub fn admit(&self, name: &str, made: &Path) -> Result<PathBuf> {
        let target = self.shelf.models.join(name);
        if target.exists() || self.shelf.pack(name).exists() {
            return Err(
                Error::input(format!("there is a version {name} already")).hint("give the new one another name")
            );
        }
        Manifest::read(&manifest_file(made))?;
        std::fs::rename(made, &target).map_err(|e| Error::io("write", &target, e))?;
        store::sync_folder(&self.shelf.models);
        Ok(target)
    }
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
    let sums = pack::extract(&pack, name, scratch.path())?;
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
