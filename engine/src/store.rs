//! Files that survive a crash: atomic replace, append-only lines, hashes, locks.

use crate::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Replaces `path` in one step: temporary file beside it, fsync, rename, fsync of the folder. A reader sees the old
/// bytes or the new ones, never a mixture. Creates the folder when it is missing.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    let fail = |e| Error::io("write", path, e);
    // The name of the temporary file, which its error tells, means nothing to anybody.
    let file = tempfile::Builder::new().prefix(".pmtune-").tempfile_in(folder);
    let mut file = file.map_err(|e| fail(e.kind().into()))?;
    file.as_file_mut().write_all(bytes).map_err(fail)?;
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
pub fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(dir) = File::open(folder) {
        let _ = dir.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// A whole file as text; the error of a file that is not UTF-8 says so.
pub fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|e| Error::io("read", path, e))
}

/// A file that a person wrote, as the text they meant: without a byte order mark, every line ended by one line feed, which
/// is how YAML reads too. Any other encoding than UTF-8 is refused by its name.
pub fn read_prose(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
    prose(bytes).map_err(|what| {
        Error::input(format!("{} is not UTF-8 text: {what}", path.display())).hint("save it as plain text in UTF-8")
    })
}

/// The same of a file's bytes; the error says what they are instead.
fn prose(bytes: Vec<u8>) -> Result<String, String> {
    if [[0xff, 0xfe], [0xfe, 0xff]].iter().any(|mark| bytes.starts_with(mark)) {
        return Err("it is UTF-16, which Windows editors call Unicode".to_string());
    }
    if bytes.contains(&0) {
        return Err("it holds bytes of zero, as UTF-16 and files of programs do".to_string());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line} has the byte {:#04x}", error.as_bytes()[at])
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_string() })
}

/// How long appended lines may wait before they are flushed to disk together.
const FLUSH_EVERY: Duration = Duration::from_millis(100);

/// An append-only file of lines, JSON as a rule. One line is one write, so a killed process loses nothing it has written and
/// leaves at most one torn last line, which opening cuts off. Flushes to disk are grouped: only a power failure can
/// lose lines, and only those of the last tenth of a second.
#[derive(Debug)]
pub struct Lines {
    file: File,
    path: PathBuf,
    /// When the oldest line not yet flushed was written.
    waiting_since: Option<Instant>,
}

impl Lines {
    /// Opens for appending, creating the file when missing; cuts off a torn last line.
    /// Takes an exclusive lock: a second writer gets a clear error.
    pub fn open(path: &Path) -> Result<Self> {
        let fail = |e| Error::io("open", path, e);
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(fail)?;
        // Some network file systems know no locks; a missing lock is no reason to refuse work.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(Error::input(format!("{} is being written by another pmtune", path.display()))
                .hint("wait for it to end, or stop it, then run the same command again"));
        }
        let length = complete_length(&mut file).map_err(fail)?;
        if file.metadata().map_err(fail)?.len() != length {
            file.set_len(length).map_err(fail)?;
        }
        Ok(Self { file, path: path.to_path_buf(), waiting_since: None })
    }

    /// Writes one line, and flushes to disk when the oldest unflushed line has waited long enough.
    pub fn append<T: Serialize>(&mut self, value: &T) -> Result<()> {
        let line = serde_json::to_string(value).map_err(|e| Error::input(format!("cannot write a record: {e}")))?;
        self.append_text(&line)
    }

    /// The same for a line of another format than JSON; `line` has no line end.
    pub fn append_text(&mut self, line: &str) -> Result<()> {
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(|e| Error::io("append to", &self.path, e))?;
        self.waiting_since.get_or_insert_with(Instant::now);
        self.flush_when_due()
    }

    /// Flushes when lines have waited for [`FLUSH_EVERY`]; to be called now and then while nothing is appended.
    pub fn flush_when_due(&mut self) -> Result<()> {
        match self.waiting_since {
            Some(since) if since.elapsed() >= FLUSH_EVERY => self.flush(),
            _ => Ok(()),
        }
    }

    /// Flushes every line to disk; to be called before the file is called complete.
    pub fn flush(&mut self) -> Result<()> {
        if self.waiting_since.take().is_some() {
            self.file.sync_data().map_err(|e| Error::io("append to", &self.path, e))?;
        }
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // An early return must not leave lines unflushed; nobody is left to hear of a failure.
        let _ = self.flush();
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
    // Bytes, not text: a line may be torn within a character.
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        reader.read_until(b'\n', &mut line).map_err(|e| Error::io("read", path, e))?;
        if !line.ends_with(b"\n") {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let record = serde_json::from_slice(&line).map_err(|e| {
            Error::input(format!("{}:{number}: not a record: {e}", path.display()))
                .hint("the file was edited or damaged; remove that line or restore the file")
        })?;
        records.push(record);
    }
    Ok(records)
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 as lower-case hex.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file, streamed; `progress` is told the bytes of each chunk.
pub fn hash_file(path: &Path, mut progress: impl FnMut(u64)) -> Result<String> {
    let mut file = File::open(path).map_err(|e| Error::io("read", path, e))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(|e| Error::io("read", path, e))?;
        if n == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..n]);
        progress(n as u64);
    }
}

/// Hash of a value by its JSON form: the same value gives the same hash in every process.
pub fn hash_of<T: Serialize>(value: &T) -> String {
    hash(&serde_json::to_vec(value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_cut_off_and_appending_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        std::fs::write(&path, b"1\n2\n\"torn \xe2\x80").unwrap();
        assert_eq!(read_lines::<u32>(&path).unwrap(), [1, 2]);
        let mut lines = Lines::open(&path).unwrap();
        lines.append(&3).unwrap();
        assert_eq!(read_lines::<u32>(&path).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn a_file_without_a_whole_line_becomes_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        std::fs::write(&path, vec![b'x'; 200_000]).unwrap();
        Lines::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    }

    #[test]
    fn a_second_writer_is_refused_until_the_first_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        let first = Lines::open(&path).unwrap();
        let error = Lines::open(&path).unwrap_err().to_string();
        assert!(error.contains("being written by another pmtune"), "{error}");
        drop(first);
        Lines::open(&path).unwrap();
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines.jsonl");
        std::fs::write(&path, "1\nx\n3\n").unwrap();
        let error = read_lines::<u32>(&path).unwrap_err().to_string();
        assert!(error.contains("lines.jsonl:2: not a record"), "{error}");
    }

    #[test]
    fn replace_leaves_the_new_bytes_and_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file.json");
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
