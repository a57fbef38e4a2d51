use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 32 << 20;

/// Files that a foreign suite may name: those of its own folder and of the workspace. It may be a stranger's, and must not
/// carry what lies elsewhere on this computer into a suite.
pub(super) struct Files {
    roots: Vec<PathBuf>,
}

impl Files {
    pub fn of(file: &Path, workspace: &Path) -> Self {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { roots: [folder, workspace].iter().filter_map(|root| root.canonicalize().ok()).collect() }
    }

    /// The file that `name` means beside `from`.
    ///
    /// # Errors
    /// In words: it is not there, or it lies elsewhere.
    pub fn find(&self, from: &Path, name: &str) -> Result<PathBuf, String> {
        let beside = from.parent().unwrap_or(Path::new("")).join(name);
        let real = beside.canonicalize().map_err(|_| format!("there is no file `{name}`"))?;
        match self.roots.iter().any(|root| real.starts_with(root)) {
            true => Ok(beside),
            false => Err(format!("`{name}` lies outside the folder of this file and outside the workspace")),
        }
    }

    /// Its text.
    pub fn read(&self, from: &Path, name: &str) -> Result<(PathBuf, String), String> {
        let path = self.find(from, name)?;
        let text = text(&path).map_err(|error| error.message)?;
        Ok((path, text))
    }

    /// Files that a name with a `*` in its last part means, in the order of their names; the one named, without.
    pub fn matching(&self, from: &Path, name: &str) -> Result<Vec<PathBuf>, String> {
        let (folder, pattern) = name.rsplit_once('/').unwrap_or((".", name));
        let Some((start, end)) = pattern.split_once('*') else { return Ok(vec![self.find(from, name)?]) };
        if folder.contains('*') || end.contains('*') {
            return Err(format!("`{name}` has stars in several places; name the files"));
        }
        let folder = self.find(from, folder)?;
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("`{name}` cannot be looked for: {error}"))?;
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end) && path.is_file()
        };
        let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(fits).collect();
        found.sort();
        if found.is_empty() { Err(format!("no file is named like `{name}`")) } else { Ok(found) }
    }
}

/// A file as text: without a byte order mark, its lines ended by line feeds alone.
pub(super) fn text(path: &Path) -> Result<String> {
    let size = std::fs::metadata(path).map_err(|e| Error::io("read", path, e))?.len();
    if size > MOST_BYTES {
        let message = format!("{} is larger than {} MiB", path.display(), MOST_BYTES >> 20);
        return Err(Error::input(message).hint("take a part of it"));
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Error::input(format!("{} is not UTF-8 text", path.display())).hint("save it as plain text in UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n"))
}
