//! GGUF files, version 3, written front to back: every size is known before the first byte.

use candle_core::quantized::GgmlDType;
use sha2::{Digest, Sha256};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

use super::value::text;
use crate::error::{Error, Result};
use crate::store;

/// How far a file is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Bytes written so far.
    pub done_bytes: u64,
    /// Bytes of the whole file.
    pub total_bytes: u64,
    /// The tensor that was just worked on.
    pub tensor: &'a str,
}

/// Hears how far a file is; an error stops the work and leaves nothing behind.
pub(super) type Listener<'a> = dyn FnMut(Progress<'_>) -> Result<()> + 'a;

/// A file that is whole and in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Of its content, in hexadecimal.
    pub sha256: String,
}

/// What is said of a tensor before its bytes.
pub(super) struct Described<'a> {
    pub name: &'a str,
    /// Slowest dimension first.
    pub shape: &'a [usize],
    pub dtype: GgmlDType,
}

impl Described<'_> {
    pub fn bytes(&self) -> u64 {
        let values: usize = self.shape.iter().product();
        (values / self.dtype.block_size() * self.dtype.type_size()) as u64
    }
}

/// The header with its padding: `keys` are names and encoded values.
pub(super) fn header(keys: &[(String, Vec<u8>)], tensors: &[Described<'_>], alignment: u64) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend((keys.len() as u64).to_le_bytes());
    for (key, value) in keys {
        out.extend(text(key));
        out.extend(value);
    }
    let mut offset = 0u64;
    for tensor in tensors {
        out.extend(text(tensor.name));
        out.extend((tensor.shape.len() as u32).to_le_bytes());
        tensor.shape.iter().rev().for_each(|size| out.extend((*size as u64).to_le_bytes()));
        out.extend(number(tensor.dtype).to_le_bytes());
        out.extend(offset.to_le_bytes());
        offset += tensor.bytes().next_multiple_of(alignment);
    }
    out.resize(out.len().next_multiple_of(alignment as usize), 0);
    out
}

/// A type's number in the file.
fn number(dtype: GgmlDType) -> u32 {
    match dtype {
        GgmlDType::F32 => 0,
        GgmlDType::F16 => 1,
        GgmlDType::Q4_0 => 2,
        GgmlDType::Q4_1 => 3,
        GgmlDType::Q5_0 => 6,
        GgmlDType::Q5_1 => 7,
        GgmlDType::Q8_0 => 8,
        GgmlDType::Q8_1 => 9,
        GgmlDType::Q2K => 10,
        GgmlDType::Q3K => 11,
        GgmlDType::Q4K => 12,
        GgmlDType::Q5K => 13,
        GgmlDType::Q6K => 14,
        GgmlDType::Q8K => 15,
        GgmlDType::BF16 => 30,
    }
}

/// A file on its way: written beside its place, hashed, and renamed when it is whole.
pub(super) struct Sink {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
    hash: Sha256,
    done: u64,
}

impl Sink {
    /// # Errors
    /// There is a file of this name already.
    pub fn new(path: &Path) -> Result<Self> {
        if path.exists() {
            return Err(exists(path));
        }
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        // The name of the temporary file, which its error tells, means nothing to anybody.
        let file = tempfile::Builder::new().prefix(".pmtune-").tempfile_in(folder);
        let file = file.map_err(|e| Error::io("write", path, e.kind().into()))?;
        Ok(Self { path: path.to_path_buf(), file: BufWriter::new(file), hash: Sha256::new(), done: 0 })
    }

    pub fn done(&self) -> u64 {
        self.done
    }

    pub fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| Error::io("write", &self.path, e))?;
        self.hash.update(bytes);
        self.done += bytes.len() as u64;
        Ok(())
    }

    /// Zeros up to the next multiple.
    pub fn pad(&mut self, alignment: u64) -> Result<()> {
        let missing = self.done.next_multiple_of(alignment) - self.done;
        self.put(&vec![0; missing as usize])
    }

    /// Flushes to disk and gives the file its name.
    pub fn finish(self) -> Result<Written> {
        let Self { path, file, hash, done } = self;
        let fail = |e| Error::io("write", &path, e);
        let file = file.into_inner().map_err(|e| fail(e.into_error()))?;
        file.as_file().sync_all().map_err(fail)?;
        #[cfg(unix)]
        {
            // Temporary files are private; what we keep gets the permissions any new file would.
            use std::os::unix::fs::PermissionsExt;
            let _ = file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644));
        }
        file.persist_noclobber(&path).map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => exists(&path),
            _ => fail(e.error),
        })?;
        store::sync_folder(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")));
        let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Written { path, bytes: done, sha256 })
    }
}

fn exists(path: &Path) -> Error {
    Error::input(format!("{} exists already", path.display()))
        .hint("choose another name, or remove the file first; exports never overwrite")
}
