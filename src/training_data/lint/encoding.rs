//! How a file's bytes are written: UTF-8 without a byte order mark, LF at line ends.

use super::{Code, Finding};
use crate::training_data::Place;
use crate::training_data::Severity::{Error, Warning};
use crate::training_data::read::{BOM, File};

pub(super) const CODES: &[Code] = &[NOT_UTF8, BYTE_ORDER_MARK, CRLF];

const NOT_UTF8: Code = Code::new("not-utf8", Error, "The file is in another encoding than UTF-8.");
const BYTE_ORDER_MARK: Code =
    Code::new("bom", Warning, "The file begins with a byte order mark, which many JSONL readers choke on.");
const CRLF: Code = Code::new("crlf", Warning, "Lines end in CR LF; tools that compare or hash lines then disagree.");

/// Whether the bytes are UTF-16 or UTF-32, by their byte order mark or their many zeros.
pub(super) fn is_wide(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(1000)).unwrap_or_default();
    let zeros = head.iter().filter(|&&b| b == 0).count();
    head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) || zeros * 4 > head.len()
}

pub(super) fn find(file: &File) -> Vec<Finding> {
    let at = |line| Place { file: file.path.clone(), line };
    if is_wide(&file.bytes) {
        let message = "the file is UTF-16 or UTF-32";
        return vec![Finding::new(&NOT_UTF8, &at(1), message, "save it as UTF-8 (without a byte order mark)")];
    }
    let mut found = Vec::new();
    if file.bytes.starts_with(BOM) {
        let message = "the file begins with a byte order mark (U+FEFF)";
        found.push(Finding::new(&BYTE_ORDER_MARK, &at(1), message, "save it as UTF-8 without a mark").fixable(true));
    }
    let mut ends = file.bytes.split(|&b| b == b'\n').enumerate().filter(|(_, line)| line.ends_with(b"\r"));
    if let Some((first, _)) = ends.next() {
        let message = match ends.count() {
            0 => "a line ends in CR LF".to_string(),
            more => format!("{} lines end in CR LF; this is the first", more + 1),
        };
        found.push(Finding::new(&CRLF, &at(first + 1), message, "save the file with LF line ends").fixable(true));
    }
    found
}
