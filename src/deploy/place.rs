//! Putting a file into a folder that is not ours.

use engine::error::{Error, Result};
use engine::store;
use std::path::Path;

/// Makes `to` the same file as `from`, by a hard link or, on another disk, a copy that takes its name when it is whole.
/// The same file already there is fine; gives whether anything was done.
///
/// # Errors
/// Another file of that name; a full disk. Nothing is overwritten and nothing left behind.
pub fn place(from: &Path, sha256: &str, to: &Path) -> Result<bool> {
    if to.exists() {
        return match store::hash_file(to, |_| ())? == sha256 {
            true => Ok(false),
            false => Err(Error::input(format!("{} exists already and is another file", to.display()))
                .hint("move it away or remove it, then deploy again; nothing is overwritten")),
        };
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    if std::fs::hard_link(from, to).is_ok() {
        store::sync_folder(folder);
        return Ok(true);
    }
    let fail = |e| Error::io("write", to, e);
    let mut copy = tempfile::Builder::new().prefix(".pmtune-").tempfile_in(folder).map_err(fail)?;
    let mut source = std::fs::File::open(from).map_err(|e| Error::io("read", from, e))?;
    std::io::copy(&mut source, &mut copy).map_err(fail)?;
    copy.as_file().sync_all().map_err(fail)?;
    #[cfg(unix)]
    {
        // Temporary files are private; another program must read this one.
        use std::os::unix::fs::PermissionsExt;
        let _ = copy.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    copy.persist_noclobber(to).map_err(|e| fail(e.error))?;
    store::sync_folder(folder);
    Ok(true)
}

/// Removes what [`place`] put there, and its folder where that is empty then. Gives whether it was there.
///
/// # Errors
/// A file that is not the one that was placed; the file system refuses.
pub fn take_back(placed: &Path, sha256: &str) -> Result<bool> {
    if !placed.exists() {
        return Ok(false);
    }
    if store::hash_file(placed, |_| ())? != sha256 {
        return Err(Error::input(format!("{} is no longer the file that was placed there", placed.display()))
            .hint("look at it, and remove it yourself if nobody needs it"));
    }
    std::fs::remove_file(placed).map_err(|e| Error::io("remove", placed, e))?;
    if let Some(folder) = placed.parent() {
        // Only an empty one goes.
        let _ = std::fs::remove_dir(folder);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_placed_once_and_another_is_never_touched() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("a.gguf"), root.path().join("x/y/a.gguf"));
        std::fs::write(&from, b"model").unwrap();
        let hash = store::hash_file(&from, |_| ()).unwrap();
        assert!(place(&from, &hash, &to).unwrap());
        assert!(!place(&from, &hash, &to).unwrap());
        assert_eq!(std::fs::read(&to).unwrap(), b"model");
        assert!(take_back(&to, &hash).unwrap() && !take_back(&to, &hash).unwrap());
        assert!(!root.path().join("x/y").exists() && from.exists());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(&to, b"somebody's").unwrap();
        assert!(place(&from, &hash, &to).is_err() && take_back(&to, &hash).is_err());
        assert_eq!(std::fs::read(&to).unwrap(), b"somebody's");
    }
}
