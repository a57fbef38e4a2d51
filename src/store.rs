//! Files that survive a crash: atomic replace, append-only JSON lines, hashes, locks.

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Replaces `path` in one step: temporary file beside it, fsync, rename, fsync of the folder. A reader sees the old
/// bytes or the new ones, never a mixture. Creates the folder when it is missing.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let fail = |e| Error::io("write", path, e);
    let mut file = tempfile::Builder::new().prefix(".pmtune-").tempfile_in(folder).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    #[cfg(unix)]
    {
        // Temporary files are private; what we keep gets the permissions any new file would.
        use std::os::unix::fs::PermissionsExt;
        let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
    }
    file.persist(path).map_err(|e| fail(e.error))?;
    sync_folder(folder);
    Ok(())
}

/// Makes a rename durable where the platform allows a folder to be synced.
fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(dir) = File::open(folder) {
        let _ = dir.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))
}

/// An append-only file of JSON lines. One line is one write followed by a flush to disk, so a kill leaves at most one
/// torn last line, which opening cuts off.
#[derive(Debug)]
pub struct Lines {
    file: File,
    path: PathBuf,
}

impl Lines {
    /// Opens for appending, creating the file when missing; cuts off a torn last line.
    /// Takes an exclusive lock: a second writer gets a clear error.
    pub fn open(path: &Path) -> Result<Self> {
        let fail = |e| Error::io("open", path, e);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fail)?;
        if file.try_lock().is_err() {
            return Err(Error::input(format!("{} is being written by another pmtune", path.display()))
                .hint("wait for it to end, or stop it, then run the same command again"));
        }
        let length = complete_length(&mut file).map_err(fail)?;
        file.set_len(length).map_err(fail)?;
        Ok(Self { file, path: path.to_path_buf() })
    }

    pub fn append<T: Serialize>(&mut self, value: &T) -> Result<()> {
        let mut line = serde_json::to_vec(value).map_err(|e| Error::input(format!("cannot write a record: {e}")))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|e| Error::io("append to", &self.path, e))?;
        self.file.sync_data().map_err(|e| Error::io("append to", &self.path, e))
    }
}

/// The length up to and including the last newline.
fn complete_length(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut buffer = vec![0u8; 64 * 1024];
    while end > 0 {
        let start = end.saturating_sub(buffer.len() as u64);
        let chunk = &mut buffer[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(chunk)?;
        if let Some(i) = chunk.iter().rposition(|&b| b == b'\n') {
            return Ok(start + i as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// Reads JSON lines; a torn last line (no newline) is left out, a broken line before it is an error with its place.
pub fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let mut reader = BufReader::new(file);
    let mut records = Vec::new();
    let mut line = String::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_line(&mut line).map_err(|e| Error::io("read", path, e))?;
        if read == 0 || !line.ends_with('\n') {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        let record = serde_json::from_str(&line).map_err(|e| {
            Error::input(format!("{}:{number}: not a record: {e}", path.display()))
                .hint("the file was edited or damaged; remove that line or restore the file")
        })?;
        records.push(record);
    }
    Ok(records)
}

/// SHA-256 as lower-case hex.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 of a file, streamed; `progress` is told the bytes of each chunk.
pub fn hash_file(path: &Path, mut progress: impl FnMut(u64)) -> Result<String> {
    let mut file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(|e| Error::io("read", path, e))?;
        if n == 0 {
            return Ok(hex::encode(hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
        progress(n as u64);
    }
}

/// Hash of a value by its JSON form: the same value gives the same hash in every process.
pub fn hash_of<T: Serialize>(value: &T) -> String {
    hash(&serde_json::to_vec(value).unwrap_or_default())
}
