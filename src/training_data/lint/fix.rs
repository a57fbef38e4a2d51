//! Mends that cannot change what a text says: byte order mark, CRLF, blanks at line ends, invisible characters, and
//! broken characters whose bytes are all there.

use super::{control, encoding, mojibake, space};
use crate::training_data::files;
use crate::training_data::line::{TEXTS, strings};
use crate::training_data::read::{BOM, File};
use crate::training_data::{DataSettings, Severity};
use engine::error::{Error, Result};
use engine::store;
use std::path::PathBuf;

/// A file that was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    pub file: PathBuf,
    /// How many of its lines are other bytes now.
    pub lines: usize,
}

/// Mends every file in one step each; what `settings` switch off stays. Nothing else of a line changes, so that the
/// difference shows the mends alone.
pub fn fix(paths: &[PathBuf], settings: &DataSettings) -> Result<Vec<Fixed>> {
    let mut fixed = Vec::new();
    for path in files(paths)? {
        let file = File::read(&path)?;
        if encoding::is_wide(&file.bytes) {
            continue;
        }
        let (bytes, lines) = mend(&file.bytes, settings);
        if bytes != file.bytes {
            // What a link points to is mended; the link stays.
            let target = path.canonicalize().map_err(|e| Error::io("open", &path, e))?;
            store::replace(&target, &bytes)?;
            fixed.push(Fixed { file: path, lines });
        }
    }
    Ok(fixed)
}

/// The mended bytes, and how many lines changed.
fn mend(bytes: &[u8], settings: &DataSettings) -> (Vec<u8>, usize) {
    let wanted = |code: &str| settings.severity.get(code) != Some(&Severity::Off);
    let mut changed = 0;
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for (at, line) in bytes.split(|&b| b == b'\n').enumerate() {
        let mut new = line;
        let mark = if at == 0 { new.strip_prefix(BOM) } else { None };
        if wanted("bom") {
            new = mark.unwrap_or(new);
        }
        if wanted("crlf") {
            new = new.strip_suffix(b"\r").unwrap_or(new);
        }
        let new = mend_line(new, &wanted).unwrap_or_else(|| new.to_vec());
        changed += usize::from(new != line);
        lines.push(new);
    }
    (lines.join(&b'\n'), changed)
}

/// The line with its texts mended; `None` where there is nothing to mend, or the line is no example.
fn mend_line(line: &[u8], wanted: &dyn Fn(&str) -> bool) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(line).ok()?;
    serde_json::from_str::<serde_json::Value>(text).ok()?.as_object()?;
    let mut out = String::with_capacity(text.len());
    let (mut from, mut key) = (0, String::new());
    for span in strings(text) {
        let raw = text.get(span.range.clone())?;
        let value: String = serde_json::from_str(raw).ok()?;
        if span.is_key {
            key = value;
            continue;
        }
        let mended = if TEXTS.contains(&key.as_str()) { mend_text(&value, wanted) } else { value.clone() };
        if mended != value {
            out.push_str(text.get(from..span.range.start)?);
            out.push_str(&serde_json::to_string(&mended).ok()?);
            from = span.range.end;
        }
    }
    (from > 0).then(|| (out + text.get(from..).unwrap_or_default()).into_bytes())
}

/// A text with all that can be mended mended.
pub fn mend_all(text: &str) -> String {
    mend_text(text, &|_| true)
}

fn mend_text(text: &str, wanted: &dyn Fn(&str) -> bool) -> String {
    // Broken characters first: their bytes may look like control characters.
    type Mend = fn(&str) -> String;
    let mends: [(&str, Mend); 3] =
        [(mojibake::CODE.name, mojibake::mend), (control::CODE.name, control::mend), (space::CODE.name, space::mend)];
    mends.iter().filter(|(code, _)| wanted(code)).fold(text.to_string(), |text, (_, mend)| mend(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mends_what_is_safe_and_leaves_every_other_byte() {
        let before = "\u{feff}{\"instruction\" : \"Weâ€™re\", \"input\": \"caf\\u00e9\",\"output\": \"a \\n\\u0007b\\r\\nc \\n\", \"tags\":[\"x \"]}\r\n\r\nnot json \r\n{\"instruction\":\"ok\",\"input\":\"\",\"output\":\"ğŸ¯ lost\"}";
        let after = "{\"instruction\" : \"We’re\", \"input\": \"caf\\u00e9\",\"output\": \"a\\nb\\nc\", \"tags\":[\"x \"]}\n\nnot json \n{\"instruction\":\"ok\",\"input\":\"\",\"output\":\"ğŸ¯ lost\"}";
        let (mended, lines) = mend(before.as_bytes(), &DataSettings::default());
        assert_eq!(String::from_utf8(mended.clone()).unwrap(), after);
        assert_eq!(lines, 3);
        assert_eq!(mend(&mended, &DataSettings::default()), (mended, 0));
    }

    #[test]
    fn what_is_switched_off_stays() {
        let mut settings = DataSettings::default();
        settings.severity.insert("crlf".into(), Severity::Off);
        settings.severity.insert("trailing-space".into(), Severity::Off);
        let line = "{\"instruction\": \"a \", \"input\": \"\", \"output\": \"\\u200bb\"}\r\n";
        let wanted = "{\"instruction\": \"a \", \"input\": \"\", \"output\": \"b\"}\r\n";
        assert_eq!(mend(line.as_bytes(), &settings).0, wanted.as_bytes());
    }
}
