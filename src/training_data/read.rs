//! Files as bytes, cut into lines.

use super::line::Broken;
use engine::error::{Error, Result};
use engine::train::Place;
use rayon::prelude::*;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A file of training data, as it lies on disk.
pub(super) struct File {
    pub path: Arc<Path>,
    pub bytes: Vec<u8>,
}

/// A line that is not blank, without its line end and byte order mark.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub number: usize,
    pub bytes: &'a [u8],
}

impl File {
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
        Ok(Self { path: Arc::from(path), bytes })
    }

    /// Lines that hold something; LF or CRLF ends them.
    pub fn lines(&self) -> Vec<Line<'_>> {
        let text = self.bytes.strip_prefix(BOM).unwrap_or(&self.bytes);
        let lines = text.split(|&b| b == b'\n').enumerate();
        let lines = lines.map(|(at, bytes)| Line { number: at + 1, bytes: bytes.strip_suffix(b"\r").unwrap_or(bytes) });
        lines.filter(|line| !line.bytes.trim_ascii().is_empty()).collect()
    }

    /// Every line as `read` takes it, in order and in parallel.
    pub fn parse<T: Send>(
        &self,
        read: &(impl Fn(&[u8], Place) -> Result<T, Vec<Broken>> + Sync),
    ) -> Vec<(Line<'_>, Result<T, Vec<Broken>>)> {
        let place = |line: &Line<'_>| Place { file: self.path.clone(), line: line.number };
        self.lines().into_par_iter().map(|line| (line, read(line.bytes, place(&line)))).collect()
    }
}

/// The first bytes of a file, where it can be read.
pub(super) fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(path).ok()?.take(4096).read_to_end(&mut head).ok()?;
    Some(head.strip_prefix(BOM).map_or(head.clone(), <[u8]>::to_vec))
}
