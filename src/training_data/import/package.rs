//! The parts of a DOCX or XLSX file, which is a ZIP archive; never more of it in memory than is allowed.

use engine::error::{Error, Result};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// How much all parts may take unpacked.
const MOST_UNPACKED_BYTES: u64 = 256 << 20;
/// How much one part may take that is read here.
const MOST_PART_BYTES: u64 = 16 << 20;
const MOST_PARTS: usize = 10_000;
/// How files begin that a password protects, and those of Office 97.
const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0];
const AGAIN: &str = "save it again with the program that made it";

pub(super) struct Package<'b>(ZipArchive<Cursor<&'b [u8]>>);

impl<'b> Package<'b> {
    /// Opens an archive all of whose parts can be unpacked within bounds.
    ///
    /// # Errors
    /// It is none, is damaged, or is larger unpacked than allowed.
    pub fn open(bytes: &'b [u8]) -> Result<Self> {
        if bytes.starts_with(COMPOUND) {
            return Err(Error::input("it is protected by a password, or in the format of Office 97")
                .hint("save it without a password as DOCX or XLSX"));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e.to_string()))?;
        let mut package = Self(archive);
        if package.0.len() > MOST_PARTS {
            return Err(Error::input(format!("it has more than {MOST_PARTS} parts")).hint(AGAIN));
        }
        // What a part says of its size may be a lie: it is unpacked to nowhere.
        let mut left = MOST_UNPACKED_BYTES;
        for at in 0..package.0.len() {
            let part = package.0.by_index(at).map_err(|e| damaged(&e.to_string()))?;
            let name = part.name().map(|name| name.into_owned()).unwrap_or_default();
            let taken = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
            let taken = taken.map_err(|e| damaged(&format!("{} cannot be unpacked: {e}", shown(&name))))?;
            left = left.checked_sub(taken).ok_or_else(|| {
                Error::input(format!("unpacked it takes more than {MOST_UNPACKED_BYTES} bytes"))
                    .hint("split it, or save its text alone")
            })?;
        }
        Ok(package)
    }

    /// Names of the parts; one that is no text belongs to none that is read.
    pub fn names(&self) -> Vec<String> {
        self.0.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect()
    }

    /// The text of a part, if there is such a part.
    ///
    /// # Errors
    /// It is too large, or not UTF-8.
    pub fn text(&mut self, name: &str) -> Result<Option<String>> {
        let Ok(part) = self.0.by_name(name) else { return Ok(None) };
        let mut bytes = Vec::new();
        part.take(MOST_PART_BYTES + 1).read_to_end(&mut bytes).map_err(|e| damaged(&e.to_string()))?;
        if bytes.len() as u64 > MOST_PART_BYTES {
            return Err(Error::input(format!("{} takes more than {MOST_PART_BYTES} bytes", shown(name)))
                .hint("split the document"));
        }
        let text = String::from_utf8(bytes).map_err(|_| damaged(&format!("{} is not UTF-8", shown(name))))?;
        Ok(Some(text.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(text)))
    }
}

fn shown(name: &str) -> String {
    crate::words::begin(&name.replace(char::is_control, "\u{fffd}"), 60)
}

pub(super) fn damaged(how: &str) -> Error {
    Error::input(format!("it is damaged, or no file of its kind: {}", shown(how))).hint(AGAIN)
}
