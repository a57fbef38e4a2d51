//! Files by their paths below a folder.

use engine::error::{Error, Result};
use std::path::{Component, Path};

/// Every file below `folder` in the order of their names, with slashes on every system.
///
/// # Errors
/// A link: what it points to is none of the folder's, and may be gone tomorrow.
pub fn below(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    walk(folder, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))? {
        let entry = entry.map_err(|e| Error::io("read", folder, e))?;
        let kind = entry.file_type().map_err(|e| Error::io("read", &entry.path(), e))?;
        let name = entry.file_name().into_string().ok().filter(|name| is_plain(name)).ok_or_else(|| {
            Error::input(format!("{} has a name that not every system can keep", entry.path().display()))
                .hint("rename the file")
        })?;
        let path = format!("{prefix}{name}");
        if kind.is_symlink() {
            return Err(Error::input(format!("{} is a link", entry.path().display()))
                .hint("put the file itself in its place; a pack holds files, not where they are"));
        } else if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

/// A relative path with slashes that stays below its folder on every system.
pub fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && !path.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
        && !path.split('/').any(|part| part.is_empty() || part == "." || part == "..")
        && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_link_is_refused() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("a")).unwrap();
        assert!(below(root.path()).unwrap_err().to_string().contains("is a link"));
    }

    #[test]
    fn only_paths_that_stay_below_are_plain() {
        for good in ["a", "adapter/a.json", "a b/ü.txt", "..a"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "/a", "../a", "a/../b", "a//b", "./a", "a\\b", "c:/a", "a\0b", "a/"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
