//! The folder of a version in the making. It becomes a version when its manifest is written, which comes last.

use crate::registry;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

const CHECKPOINT: &str = "checkpoint.safetensors";
const LOCK: &str = ".lock";

/// The folder, held against a second training until dropped.
pub struct Place {
    pub folder: PathBuf,
    _lock: File,
}

impl Place {
    /// Takes the folder of `name`.
    ///
    /// # Errors
    /// The name is a version's already, or another training holds it.
    pub fn claim(workspace: &Workspace, name: &str) -> Result<Self> {
        let folder = workspace.models().join(name);
        std::fs::create_dir_all(&folder).map_err(|e| Error::io("create", &folder, e))?;
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(|e| Error::io("write", &path, e))?;
        hold(&lock, name)?;
        let place = Self { folder, _lock: lock };
        free(workspace, name)?;
        Ok(place)
    }

    pub fn checkpoint(&self) -> PathBuf {
        self.folder.join(CHECKPOINT)
    }

    pub fn log(&self) -> PathBuf {
        self.folder.join("loss.csv")
    }

    pub fn plot(&self) -> PathBuf {
        self.folder.join("loss.svg")
    }

    /// Takes away what only an unfinished training needs.
    pub fn finish(self) -> Result<()> {
        remove(&self.checkpoint())
    }
}

/// Locks the file until it is closed.
fn hold(lock: &File, name: &str) -> Result<()> {
    // Some file systems know no locks; a missing lock is no reason to refuse work.
    if let Err(std::fs::TryLockError::WouldBlock) = lock.try_lock() {
        return Err(Error::input(format!("{name} is being trained by another pmtune"))
            .hint("wait for it to end, or train another version with --name"));
    }
    Ok(())
}

/// Refuses a name whose training runs at this moment.
pub fn idle(workspace: &Workspace, name: &str) -> Result<()> {
    match File::open(workspace.models().join(name).join(LOCK)) {
        Ok(lock) => hold(&lock, name),
        Err(_) => Ok(()),
    }
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path, error)),
        _ => Ok(()),
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What a kill leaves of these is no harm, only untidy. A folder with anything else in it stays.
        let _ = std::fs::remove_file(self.folder.join(LOCK));
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Refuses a name that is a version's.
pub fn free(workspace: &Workspace, name: &str) -> Result<()> {
    if workspace.models().join(name).join("manifest.yaml").is_file() {
        return Err(Error::input(format!("{name} is a version already, and versions never change"))
            .hint("leave --name away to train the next one"));
    }
    if registry::archived(workspace)?.iter().any(|archived| archived == name) || name == registry::ARCHIVE {
        return Err(Error::input(format!("the name {name} is taken: it is archived, or the archive itself"))
            .hint("leave --name away to train the next one"));
    }
    Ok(())
}

/// The checkpoint of the unfinished training `text`, or of the only one there is when `text` is empty.
pub fn unfinished(workspace: &Workspace, text: &str) -> Result<(String, PathBuf)> {
    let names = all_unfinished(&workspace.models());
    let listed = match names.as_slice() {
        [] => "nothing is unfinished here; start a training with `pmtune train`".to_string(),
        names => format!("unfinished here: {}", names.join(", ")),
    };
    let wanted = registry::full_name(workspace, text);
    let name = match (text, names.as_slice()) {
        ("", [one]) => one.clone(),
        ("", []) => return Err(Error::missing("there is no training to resume").hint(listed)),
        ("", _) => {
            return Err(Error::usage("several trainings are unfinished").hint(format!("{listed}; name one")));
        }
        _ if names.contains(&wanted) => wanted,
        _ => return Err(Error::missing(format!("no training of {wanted} is unfinished")).hint(listed)),
    };
    let path = workspace.models().join(&name).join(CHECKPOINT);
    Ok((name, path))
}

/// Folders with a checkpoint and no manifest. Where a training was killed just after its manifest was written, its
/// checkpoint has no use any more and goes.
fn all_unfinished(models: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for folder in std::fs::read_dir(models).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let checkpoint = folder.join(CHECKPOINT);
        if folder.join("manifest.yaml").is_file() {
            let _ = remove(&checkpoint);
        } else if checkpoint.is_file() {
            names.extend(folder.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    names
}
