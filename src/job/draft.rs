//! A job's folder in the making: there whole or not at all.

use super::OUT;
use super::sheet::{FILE, Sheet};
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub struct Draft {
    target: PathBuf,
    scratch: TempDir,
    sums: BTreeMap<String, String>,
}

impl Draft {
    /// # Errors
    /// There is something of that name; the disk refuses.
    pub fn begin(target: &Path) -> Result<Self> {
        if target.exists() {
            return Err(Error::usage(format!("{} is there already", target.display()))
                .hint("choose another folder with --output, or move it away"));
        }
        let beside = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(beside).map_err(|e| Error::io("create", beside, e))?;
        let scratch = tempfile::Builder::new().prefix(".pmtune-").tempdir_in(beside);
        let scratch = scratch.map_err(|e| Error::io("write to", beside, e))?;
        Ok(Self { target: target.to_path_buf(), scratch, sums: BTreeMap::new() })
    }

    /// Where a file of the job lies for now.
    fn path(&self, path: &str) -> PathBuf {
        self.scratch.path().join("job").join(path)
    }

    pub fn write(&mut self, path: &str, text: &str) -> Result<()> {
        store::replace(&self.path(path), text.as_bytes())?;
        self.sums.insert(path.to_string(), store::hash(text.as_bytes()));
        Ok(())
    }

    /// The same for a script that is started by its name.
    pub fn write_script(&mut self, path: &str, text: &str) -> Result<()> {
        self.write(path, text)?;
        executable(&self.path(path))
    }

    pub fn copy(&mut self, from: &Path, path: &str) -> Result<()> {
        let to = self.path(path);
        let folder = to.parent().unwrap_or(self.scratch.path());
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        std::fs::copy(from, &to).map_err(|e| Error::io("copy", from, e))?;
        self.sums.insert(path.to_string(), store::hash_file(&to, |_| ())?);
        Ok(())
    }

    /// Gives the folder its name, with a sheet that names every file in it.
    pub fn finish(self, sheet: Sheet) -> Result<()> {
        let out = self.path(OUT);
        std::fs::create_dir_all(&out).map_err(|e| Error::io("create", &out, e))?;
        let sheet = Sheet { files: self.sums.clone(), ..sheet };
        store::replace(&self.path(FILE), sheet.text()?.as_bytes())?;
        self.place()
    }

    /// The same for a folder from which nothing comes back.
    pub fn place(self) -> Result<()> {
        let made = self.scratch.path().join("job");
        std::fs::rename(&made, &self.target).map_err(|e| Error::io("write", &self.target, e))?;
        store::sync_folder(self.target.parent().unwrap_or(Path::new(".")));
        Ok(())
    }
}

#[cfg(unix)]
fn executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let everybody = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, everybody).map_err(|e| Error::io("make executable", path, e))
}

/// Elsewhere no file is marked as a program.
#[cfg(not(unix))]
fn executable(_: &Path) -> Result<()> {
    Ok(())
}
