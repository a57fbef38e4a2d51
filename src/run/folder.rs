//! A run's folder as a thing on disk: its size, and its end.

use super::files::{MANIFEST, RESULTS};
use engine::error::{Error, Result};
use engine::store::Lines;
use std::path::{Path, PathBuf};

/// The folder of a stored run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    pub id: String,
    pub path: PathBuf,
}

impl RunFolder {
    /// Of everything in it.
    pub fn bytes(&self) -> u64 {
        bytes_below(&self.path)
    }

    /// Removes the folder, its manifest first: what a kill leaves behind is no run any more.
    ///
    /// # Errors
    /// Another process writes the run; the disk refuses.
    pub fn remove(self) -> Result<()> {
        let results = self.path.join(RESULTS);
        // Held until the end, so that nobody goes on with a run that is half gone.
        let lock = results.is_file().then(|| Lines::open(&results)).transpose()?;
        let manifest = self.path.join(MANIFEST);
        std::fs::remove_file(&manifest).map_err(|e| Error::io("remove", &manifest, e))?;
        drop(lock);
        std::fs::remove_dir_all(&self.path).map_err(|e| Error::io("remove", &self.path, e))
    }
}

/// Links are not followed.
fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => bytes_below(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    });
    bytes.sum()
}
