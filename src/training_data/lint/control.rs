//! Characters that nobody sees: control characters, zero-width spaces, soft hyphens, direction marks.

use super::finding::texts;
use super::{Code, Finding};
use crate::check::quality::mojibake::broken;
use crate::training_data::Example;
use crate::training_data::Severity::Error;

pub(super) const CODES: &[Code] = &[CODE];
pub(super) const CODE: Code =
    Code::new("control-character", Error, "An invisible character in a text, which the model would learn to write.");

fn is_stray(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Joiners (U+200C, U+200D) are part of many scripts and emoji.
        '\u{AD}' | '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}' => true,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    }
}

/// Without stray characters; a separator of lines becomes a line break.
pub(super) fn mend(text: &str) -> String {
    if !text.contains(is_stray) {
        return text.to_string();
    }
    text.replace("\r\n", "\n").replace(['\u{2028}', '\u{2029}', '\r'], "\n").replace(is_stray, "")
}

pub(super) fn find(example: &Example) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in texts(example) {
        // What bytes of a broken encoding leave behind is told by `mojibake`.
        let Some(first) = text.chars().find(|&c| is_stray(c)) else { continue };
        if matches!(first, '\u{80}'..='\u{9F}' | '\u{AD}') && !broken(text).is_empty() {
            continue;
        }
        let count = text.chars().filter(|&c| is_stray(c)).count();
        let more = if count > 1 { format!(", the first of {count} such characters") } else { String::new() };
        let message = format!("`{key}` holds {}{more}", name(first));
        found.push(Finding::new(&CODE, &example.place, message, "remove it").fixable(true));
    }
    found
}

fn name(c: char) -> String {
    let known = match c {
        '\r' => "a carriage return",
        '\u{AD}' => "a soft hyphen",
        '\u{200B}' => "a zero-width space",
        '\u{FEFF}' => "a byte order mark",
        '\u{2028}' | '\u{2029}' => "a line separator",
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => "a direction mark",
        _ => "a control character",
    };
    format!("{known} (U+{:04X})", u32::from(c))
}
