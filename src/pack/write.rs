use super::read::{CHUNK, Sums, copy};
use super::{COMMENT, FORMAT, SUMS};
use engine::error::{Error, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Where the bytes of a packed file come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    File(PathBuf),
    Bytes(Vec<u8>),
}

/// Packs files, by their paths in the pack, into `target`, which is on disk when this returns; gives the hashes of what was
/// read.
pub fn write(target: &Path, files: &BTreeMap<String, Content>) -> Result<Sums> {
    let fail = |e: ZipError| Error::io("write", target, e.into());
    let file = File::create(target).map_err(|e| Error::io("write", target, e))?;
    let mut zip = ZipWriter::new(BufWriter::with_capacity(CHUNK, file));
    zip.set_comment(format!("{COMMENT}{FORMAT}")).map_err(fail)?;
    let sums = match entries(&mut zip, files, target) {
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

fn entries(zip: &mut ZipWriter<BufWriter<File>>, files: &BTreeMap<String, Content>, target: &Path) -> Result<Sums> {
    let fail = |e: ZipError| Error::io("write", target, e.into());
    let mut sums = Sums::new();
    for (path, content) in files {
        let hash = match content {
            Content::File(source) => {
                let bytes = source.metadata().map_err(|e| Error::io("read", source, e))?.len();
                zip.start_file(path, options(bytes)).map_err(fail)?;
                let input = File::open(source).map_err(|e| Error::io("read", source, e))?;
                copy(input, &mut *zip, u64::MAX).map_err(|e| Error::io("pack", source, e))?.0
            }
            Content::Bytes(bytes) => {
                zip.start_file(path, options(bytes.len() as u64)).map_err(fail)?;
                copy(bytes.as_slice(), &mut *zip, u64::MAX).map_err(|e| Error::io("write", target, e))?.0
            }
        };
        sums.insert(path.clone(), hash);
    }
    let text: String = sums.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect();
    zip.start_file(SUMS, options(text.len() as u64)).map_err(fail)?;
    zip.write_all(text.as_bytes()).map_err(|e| Error::io("write", target, e))?;
    Ok(sums)
}

pub(super) fn options(bytes: u64) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .large_file(bytes >= 0xfff0_0000)
}
