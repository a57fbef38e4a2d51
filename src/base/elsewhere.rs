//! How other programs' folders are looked at: nothing in them is trusted.

use super::BaseName;
use engine::error::{Error, Result};
use engine::files::{Family, architecture, parts};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest manifest or settings file that is read, in bytes.
const LARGEST: u64 = 1 << 20;
/// Entries of one folder that are looked at.
const MOST_ENTRIES: usize = 1000;

/// A model of another program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbour {
    pub name: BaseName,
    pub bytes: u64,
    /// As its file calls it, for the eye.
    pub architecture: String,
    /// `None` where it is none that runs here.
    pub family: Option<Family>,
}

pub(super) fn home() -> Result<PathBuf> {
    dirs::home_dir().ok_or_else(|| Error::missing("this system names no home folder").hint("set HOME"))
}

/// The paths in a folder, sorted; none where it cannot be read.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(MOST_ENTRIES);
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    paths
}

/// A file of another program as text, which is small unless something is wrong.
pub(super) fn read_small(path: &Path) -> Result<String> {
    let fail = |e| Error::io("read", path, e);
    let mut text = String::new();
    let file = File::open(path).map_err(fail)?;
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(fail)?;
    if text.len() as u64 > LARGEST {
        return Err(Error::input(format!("{} has more than {LARGEST} bytes", path.display()))
            .hint("it is not what it is called; look at it"));
    }
    Ok(text)
}

/// A model's file, looked at; nothing where it is no GGUF file, or one that belongs to another (what sees pictures).
pub(super) fn described(name: BaseName, file: &Path) -> Option<Neighbour> {
    const PARTS_OF_OTHERS: [&str; 2] = ["clip", "mmproj"];
    let (called, family) = architecture(file).ok()?;
    if PARTS_OF_OTHERS.contains(&called.as_str()) {
        return None;
    }
    let bytes = parts(file).ok()?.iter().filter_map(|part| part.metadata().ok()).map(|meta| meta.len()).sum();
    let shown = called.chars().filter(|c| !c.is_control()).take(40).collect();
    Some(Neighbour { name, bytes, architecture: shown, family })
}
