use super::{COMMENT, FORMAT, SUMS, is_plain};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use zip::ZipArchive;

/// What a pack may hold; far more than any version does.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 64 << 30;
/// Weights hardly shrink, logs and empty halves of an adapter do; a pack that grows more than this was made to fill a
/// disk.
const MOST_GROWTH: u64 = 100;
/// What any pack may grow to.
const FREE_BYTES: u64 = 64 << 20;
/// The longest list of hashes, and the longest file that is read as text.
const MOST_TEXT_BYTES: u64 = 16 << 20;
pub(super) const CHUNK: usize = 1 << 20;

/// SHA-256 by path in the pack.
pub type Sums = BTreeMap<String, String>;

/// A pack whose list was read; of its files nothing is known before [`check`](Self::check) or
/// [`extract`](Self::extract).
pub struct Pack {
    path: PathBuf,
    zip: ZipArchive<BufReader<File>>,
    sums: Sums,
}

impl Pack {
    /// # Errors
    /// It is no pack, or a newer one; it holds more or less than it lists; a name is no plain one, or two differ by
    /// their capitals alone.
    pub fn open(path: &Path) -> Result<Self> {
        let mut zip = open(path)?;
        let sums = sums(&mut zip).map_err(|what| damaged(path, &what))?;
        if zip.len() != sums.len() + 1 {
            let holds = words::count(zip.len().saturating_sub(1), "file");
            return Err(damaged(path, &format!("it holds {holds}, and {SUMS} lists {}", sums.len())));
        }
        Ok(Self { path: path.to_path_buf(), zip, sums })
    }

    /// What it says it holds.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// One file as text, held against its hash.
    pub fn text(&mut self, path: &str) -> Result<String> {
        let expected = self.sums.get(path).ok_or_else(|| damaged(&self.path, &format!("it has no {path}")))?;
        let text = text(&mut self.zip, path).map_err(|what| damaged(&self.path, &what))?;
        match store::hash(text.as_bytes()) == *expected {
            true => Ok(text),
            false => Err(self.other_hash(path)),
        }
    }

    /// Reads everything and compares every file with its hash.
    pub fn check(mut self) -> Result<Sums> {
        self.walk(&mut |_, content, most| copy(content, std::io::sink(), most))?;
        Ok(self.sums)
    }

    /// Unpacks into the folder `into`, which must be empty; every file was compared with its hash when this returns.
    /// After an error `into` holds rubbish.
    pub fn extract(mut self, into: &Path) -> Result<Sums> {
        self.walk(&mut |path, content, most| {
            let target = into.join(path);
            if let Some(folder) = target.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = File::create_new(&target)?;
            let copied = copy(content, &file, most)?;
            file.sync_all()?;
            Ok(copied)
        })?;
        Ok(self.sums)
    }

    /// That what it holds is not what it should.
    pub fn damaged(&self, what: &str) -> Error {
        damaged(&self.path, what)
    }

    fn other_hash(&self, path: &str) -> Error {
        self.damaged(&format!("{path} has another SHA-256 than {SUMS} says"))
    }

    /// Hands every file to `take`, with its path and the most bytes it may have; `take` gives its hash and size.
    fn walk(&mut self, take: Take<'_>) -> Result<()> {
        let path = self.path.clone();
        let size = path.metadata().map_err(|e| Error::io("read", &path, e))?.len();
        let mut left = size.saturating_mul(MOST_GROWTH).clamp(FREE_BYTES, MOST_BYTES);
        for (name, hash) in self.sums.clone() {
            let mut entry = self.zip.by_name(&name).map_err(|e| damaged(&path, &format!("{name}: {e}")))?;
            if !entry.is_file() || entry.is_symlink() {
                return Err(damaged(&path, &format!("{name} is not a plain file")));
            }
            let most = entry.size().min(left);
            let (found, bytes) = take(&name, &mut entry, most)
                .map_err(|e| damaged(&path, &format!("{name} cannot be unpacked: {e}")))?;
            drop(entry);
            if found != hash {
                return Err(self.other_hash(&name));
            }
            left -= bytes.min(left);
        }
        Ok(())
    }
}

type Take<'a> = &'a mut dyn FnMut(&str, &mut dyn Read, u64) -> std::io::Result<(String, u64)>;

fn open(pack: &Path) -> Result<ZipArchive<BufReader<File>>> {
    let file = File::open(pack).map_err(|e| Error::io("read", pack, e))?;
    let zip =
        ZipArchive::new(BufReader::new(file)).map_err(|e| damaged(pack, &format!("it is no whole ZIP file ({e})")))?;
    let comment = String::from_utf8_lossy(zip.comment()).into_owned();
    let format = comment.strip_prefix(COMMENT).and_then(|format| format.parse::<u32>().ok());
    match format {
        Some(format) if format > FORMAT => {
            Err(Error::input(format!("{} was written by a newer pmtune", pack.display())).hint("update pmtune"))
        }
        Some(_) if zip.len() <= MOST_FILES => Ok(zip),
        Some(_) => Err(damaged(pack, &format!("it holds more than {MOST_FILES} files"))),
        None => Err(damaged(pack, "it is no archive of pmtune's")),
    }
}

/// Reads the list of hashes, each line as `sha256sum` writes it.
fn sums(zip: &mut ZipArchive<BufReader<File>>) -> Result<Sums, String> {
    let text = text(zip, SUMS)?;
    let mut sums = Sums::new();
    let mut seen: HashSet<String> = HashSet::new();
    for line in text.lines() {
        let Some((hash, path)) = line.split_once("  ").filter(|(hash, path)| hash.len() == 64 && is_plain(path)) else {
            return Err(format!("{SUMS} names a file that no folder can hold: {line}"));
        };
        if sums.insert(path.to_string(), hash.to_string()).is_some() {
            return Err(format!("{SUMS} lists {path} twice"));
        }
        // On some systems one would overwrite the other.
        if !seen.insert(path.to_lowercase()) {
            return Err(format!("{SUMS} lists {path} twice, in other capitals"));
        }
    }
    Ok(sums)
}

fn text(zip: &mut ZipArchive<BufReader<File>>, inside: &str) -> Result<String, String> {
    let entry = zip.by_name(inside).map_err(|e| format!("{inside}: {e}"))?;
    let mut text = String::new();
    let read = entry.take(MOST_TEXT_BYTES).read_to_string(&mut text).map_err(|e| format!("{inside}: {e}"))?;
    if read as u64 == MOST_TEXT_BYTES { Err(format!("{inside} is too long")) } else { Ok(text) }
}

/// Copies everything, at most `most` bytes, and gives its hash and size.
pub(super) fn copy(mut from: impl Read, mut to: impl Write, most: u64) -> std::io::Result<(String, u64)> {
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0u8; CHUNK], 0u64);
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return Ok((store::hex(&hasher.finalize()), bytes)),
            Ok(n) => n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        bytes += n as u64;
        if bytes > most {
            return Err(std::io::Error::other("it is longer than it says, or than any version"));
        }
        let part = buffer.get(..n).unwrap_or_default();
        hasher.update(part);
        to.write_all(part)?;
    }
}

fn damaged(pack: &Path, what: &str) -> Error {
    Error::input(format!("the archive {} is damaged: {what}", pack.display()))
        .hint("nothing was unpacked; take the file from a backup, or have it sent again")
}
