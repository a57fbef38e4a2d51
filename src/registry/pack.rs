//! A version in one file: a ZIP with its files below its name, and `SHA256SUMS`, which `sha256sum -c` reads too.
//!
//! The same files give the same bytes: entries stand in order and carry no times. Reading trusts nothing: every name
//! must stay below the version's, sizes are limited, and every byte is hashed before it counts.

use super::{Manifest, tree};
use crate::words;
use engine::error::{Error, Result};
use engine::store;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const SUMS: &str = "SHA256SUMS";
const COMMENT: &str = "pmtune archive, format ";
const FORMAT: u32 = 1;
/// What a pack may hold; far more than any version does.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 64 << 30;
/// Weights hardly shrink, logs and empty halves of an adapter do; a pack that grows more than this was made to fill a
/// disk.
const MOST_GROWTH: u64 = 100;
/// What any pack may grow to.
const FREE_BYTES: u64 = 64 << 20;
const MOST_SUMS_BYTES: u64 = 16 << 20;
const CHUNK: usize = 1 << 20;

/// SHA-256 by path below the version's folder.
pub type Sums = BTreeMap<String, String>;

/// Packs the version in `folder` under `name` into `target`, which is on disk when this returns, and gives the hashes
/// of what was read.
pub(super) fn write(folder: &Path, name: &str, target: &Path) -> Result<Sums> {
    let fail = |e: ZipError| Error::io("write", target, e.into());
    let file = File::create(target).map_err(|e| Error::io("write", target, e))?;
    let mut zip = ZipWriter::new(BufWriter::with_capacity(CHUNK, file));
    zip.set_comment(format!("{COMMENT}{FORMAT}")).map_err(fail)?;
    let sums = match entries(&mut zip, folder, name, target) {
        Ok(sums) => sums,
        Err(error) => {
            // Dropped half-way, it would try to end its file, and print that it could not.
            std::mem::forget(zip);
            return Err(error);
        }
    };
    let io = |e| Error::io("write", target, e);
    let file = zip.finish().map_err(fail)?.into_inner().map_err(|e| io(e.into_error()))?;
    file.sync_all().map_err(io)?;
    Ok(sums)
}

fn entries(zip: &mut ZipWriter<BufWriter<File>>, folder: &Path, name: &str, target: &Path) -> Result<Sums> {
    let fail = |e: ZipError| Error::io("write", target, e.into());
    let mut sums = Sums::new();
    for path in tree::files(folder)? {
        let source = folder.join(&path);
        let bytes = source.metadata().map_err(|e| Error::io("read", &source, e))?.len();
        zip.start_file(format!("{name}/{path}"), options(bytes)).map_err(fail)?;
        let input = File::open(&source).map_err(|e| Error::io("read", &source, e))?;
        let (hash, _) = copy(input, &mut *zip, u64::MAX).map_err(|e| Error::io("pack", &source, e))?;
        sums.insert(path, hash);
    }
    let text: String = sums.iter().map(|(path, hash)| format!("{hash}  {name}/{path}\n")).collect();
    zip.start_file(SUMS, options(text.len() as u64)).map_err(fail)?;
    zip.write_all(text.as_bytes()).map_err(|e| Error::io("write", target, e))?;
    Ok(sums)
}

fn options(bytes: u64) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes >= 0xfff0_0000)
}

/// Reads the whole pack and compares every file with its hash.
///
/// # Errors
/// It cannot be read, a file is damaged, missing or not listed, or a name leaves the version's folder.
pub(super) fn check(pack: &Path, name: &str) -> Result<Sums> {
    walk(pack, name, &mut |_, content, most| copy(content, std::io::sink(), most))
}

/// Unpacks into the folder `into`, which must be empty; every file was compared with its hash when this returns. After
/// an error `into` holds rubbish.
pub(super) fn extract(pack: &Path, name: &str, into: &Path) -> Result<Sums> {
    walk(pack, name, &mut |path, content, most| {
        let target = into.join(path);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = File::create_new(&target)?;
        let copied = copy(content, &file, most)?;
        file.sync_all()?;
        Ok(copied)
    })
}

/// The manifest that is packed.
pub(super) fn manifest(pack: &Path, name: &str) -> Result<Manifest> {
    let mut zip = open(pack, name)?;
    let inside = format!("{name}/manifest.yaml");
    let text = text(&mut zip, &inside).map_err(|e| damaged(pack, &e))?;
    Manifest::parse(&text, &pack.join(inside))
}

type Take<'a> = &'a mut dyn FnMut(&str, &mut dyn Read, u64) -> std::io::Result<(String, u64)>;

/// Hands every file to `take`, with its path and the most bytes it may have; `take` gives its hash and size.
fn walk(pack: &Path, name: &str, take: Take<'_>) -> Result<Sums> {
    let mut zip = open(pack, name)?;
    let expected = sums(&mut zip, name).map_err(|what| damaged(pack, &what))?;
    if zip.len() != expected.len() + 1 {
        return Err(damaged(
            pack,
            &format!("it holds {}, and {SUMS} lists {}", words::count(zip.len() - 1, "file"), expected.len()),
        ));
    }
    let size = pack.metadata().map_err(|e| Error::io("read", pack, e))?.len();
    let mut left = size.saturating_mul(MOST_GROWTH).clamp(FREE_BYTES, MOST_BYTES);
    for (path, hash) in &expected {
        let mut entry = zip.by_name(&format!("{name}/{path}")).map_err(|e| damaged(pack, &format!("{path}: {e}")))?;
        if !entry.is_file() || entry.is_symlink() {
            return Err(damaged(pack, &format!("{path} is not a plain file")));
        }
        let most = entry.size().min(left);
        let (found, bytes) =
            take(path, &mut entry, most).map_err(|e| damaged(pack, &format!("{path} cannot be unpacked: {e}")))?;
        if found != *hash {
            return Err(damaged(pack, &format!("{path} has another SHA-256 than {SUMS} says")));
        }
        left -= bytes.min(left);
    }
    Ok(expected)
}

fn open(pack: &Path, name: &str) -> Result<ZipArchive<BufReader<File>>> {
    if !tree::is_plain(name) || name.contains('/') {
        return Err(Error::usage(format!("`{name}` is not a version's name")));
    }
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
fn sums(zip: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Sums, String> {
    let text = text(zip, SUMS)?;
    let mut sums = Sums::new();
    for line in text.lines() {
        let parsed = line.split_once("  ").filter(|(hash, _)| hash.len() == 64);
        let path = parsed.and_then(|(_, path)| path.strip_prefix(name)?.strip_prefix('/'));
        let (Some((hash, _)), Some(path)) = (parsed, path.filter(|path| tree::is_plain(path))) else {
            return Err(format!("{SUMS} names a file that is none of {name}'s: {line}"));
        };
        if sums.insert(path.to_string(), hash.to_string()).is_some() {
            return Err(format!("{SUMS} lists {path} twice"));
        }
    }
    match sums.contains_key("manifest.yaml") {
        true => Ok(sums),
        false => Err("it holds no manifest".to_string()),
    }
}

fn text(zip: &mut ZipArchive<BufReader<File>>, inside: &str) -> Result<String, String> {
    let entry = zip.by_name(inside).map_err(|e| format!("{inside}: {e}"))?;
    let mut text = String::new();
    let read = entry.take(MOST_SUMS_BYTES).read_to_string(&mut text).map_err(|e| format!("{inside}: {e}"))?;
    if read as u64 == MOST_SUMS_BYTES { Err(format!("{inside} is too long")) } else { Ok(text) }
}

/// Copies everything, at most `most` bytes, and gives its hash and size.
fn copy(mut from: impl Read, mut to: impl Write, most: u64) -> std::io::Result<(String, u64)> {
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
        .hint("nothing was unpacked; take the file from a backup")
}

/// SHA-256 of the pack itself, by which two can be told apart.
pub(super) fn hash(pack: &Path) -> Result<String> {
    store::hash_file(pack, |_| ())
}

#[cfg(test)]
mod tests;
