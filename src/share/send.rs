use super::{Gathered, Kind};
use crate::pack::{self, Pack};
use engine::error::{Error, Result};
use engine::store;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A pack that was written.
#[derive(Debug, Clone)]
pub struct Sent {
    pub file: PathBuf,
    pub bytes: u64,
    /// The pack's own.
    pub sha256: String,
    /// How many files of each kind it holds.
    pub files: Vec<(Kind, usize)>,
}

/// Packs what was gathered into `target`, which is whole or not there at all.
///
/// # Errors
/// There is such a file already; the disk refuses; a file changed meanwhile.
pub fn send(gathered: &Gathered, target: &Path) -> Result<Sent> {
    let taken = || {
        Error::usage(format!("{} is there already", target.display()))
            .hint("choose another name with --output, or move it away")
    };
    if target.exists() {
        return Err(taken());
    }
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let scratch = tempfile::Builder::new().prefix(".pmtune-").tempdir_in(folder);
    let scratch = scratch.map_err(|e| Error::io("write to", folder, e))?;
    let made = scratch.path().join("pack.zip");
    let written = pack::write(&made, &gathered.files)?;
    if Pack::open(&made)?.check()? != written {
        return Err(Error::input("a file changed while it was packed").hint("run the same command again"));
    }
    let (bytes, sha256) =
        (made.metadata().map_err(|e| Error::io("read", &made, e))?.len(), store::hash_file(&made, |_| ())?);
    // A link and not a rename: nothing that came there meanwhile is overwritten.
    match std::fs::hard_link(&made, target) {
        Ok(()) => {}
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Err(taken()),
        // Some file systems know no links.
        Err(_) => std::fs::rename(&made, target).map_err(|e| Error::io("write", target, e))?,
    }
    store::sync_folder(folder);
    let count =
        |kind: Kind| gathered.files.keys().filter(|path| Kind::of(path, &gathered.version) == Some(kind)).count();
    let files = Kind::ALL.map(|kind| (kind, count(kind))).into_iter().filter(|(_, count)| *count > 0).collect();
    Ok(Sent { file: target.to_path_buf(), bytes, sha256, files })
}
