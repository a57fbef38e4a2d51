//! UTF-8 that was read as another code page: `â€™` for an apostrophe.

use super::finding::texts;
use super::{Code, Finding};
use crate::check::quality::mojibake::broken;
use crate::check::quality::prose::{enumerate, quote};
use crate::training_data::Example;
use crate::training_data::Severity::Error;

pub(super) const CODES: &[Code] = &[CODE];
pub(super) const CODE: Code =
    Code::new("mojibake", Error, "Characters broken by a wrong encoding, as in â€™ for an apostrophe.");

pub(super) fn find(example: &Example) -> Vec<Finding> {
    let mut found = Vec::new();
    for (key, text) in texts(example).into_iter().filter(|(_, text)| !text.is_ascii()) {
        let mut sequences = broken(text);
        sequences.extend(foreign(text));
        if sequences.is_empty() {
            continue;
        }
        let shown: Vec<String> = sequences.iter().take(3).map(|s| quote(s)).collect();
        let message = format!("`{key}` holds broken characters: {}", enumerate(&shown));
        let mended = mend(text);
        let fixable = broken(&mended).is_empty() && foreign(&mended).is_none();
        let remedy = match fixable {
            true => "restore the characters that were meant",
            false => "type these characters anew; some of their bytes are lost",
        };
        found.push(Finding::new(&CODE, &example.place, message, remedy).fixable(fixable));
    }
    found
}

/// Characters of bytes 0x80–0x9F under Windows-1252; `\u{FFFD}` where the code page has none, which tools then write
/// as the C1 control character of that number.
const WINDOWS: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}', '\u{FFFD}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
];
/// Where Windows-1254 (Turkish) differs from Windows-1252 above 0x9F.
const TURKISH: [(char, u8); 6] = [('Ğ', 0xD0), ('İ', 0xDD), ('Ş', 0xDE), ('ğ', 0xF0), ('ı', 0xFD), ('ş', 0xFE)];
/// Characters of bytes 0x80–0xFF under Mac Roman (Apple's ROMAN.TXT; 0xF0 is the Apple logo, a private character).
const MAC: &str = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u{A0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{F8FF}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

fn windows(c: char) -> Option<u8> {
    let high = |at: usize| u8::try_from(0x80 + at).ok();
    match WINDOWS.iter().position(|&w| w == c && c != '\u{FFFD}') {
        Some(at) => high(at),
        None => TURKISH
            .iter()
            .find(|(t, _)| *t == c)
            .map(|(_, byte)| *byte)
            .or_else(|| u8::try_from(u32::from(c)).ok().filter(|byte| *byte >= 0x80)),
    }
}

fn mac(c: char) -> Option<u8> {
    MAC.chars().position(|m| m == c).and_then(|at| u8::try_from(0x80 + at).ok())
}

/// Turns broken sequences back into what was meant, where their bytes are UTF-8. Good text stays as it is: only runs
/// whose every character is a byte of the code page, and which together are UTF-8, are touched.
pub(super) fn mend(text: &str) -> String {
    let mut text = text.to_string();
    // Text may have been broken twice.
    for _ in 0..2 {
        let faults = broken(&text).len();
        let pages: [fn(char) -> Option<u8>; 2] = [windows, mac];
        // The wrong code page would turn broken text into other broken text.
        if faults == 0 && foreign(&text).is_some() {
            text = unbreak(&text, windows);
            break;
        }
        let better = pages.into_iter().map(|page| unbreak(&text, page)).find(|next| broken(next).len() < faults);
        match better {
            Some(next) => text = next,
            None => break,
        }
    }
    text
}

/// Greek, Cyrillic, Hebrew or Arabic that was broken: the first line that would hold several such letters more if its
/// bytes were read as UTF-8. One letter alone may be chance ("DŽ").
fn foreign(text: &str) -> Option<String> {
    let letters = |text: &str| text.chars().filter(|c| ('\u{370}'..='\u{6FF}').contains(c)).count();
    let mut lines = text.lines().filter(|line| !line.is_ascii());
    lines.find(|line| letters(&unbreak(line, windows)) >= letters(line) + 3).map(str::to_string)
}

/// Replaces each longest stretch of non-ASCII characters that is UTF-8 under the code page.
fn unbreak(text: &str, page: fn(char) -> Option<u8>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<(char, u8)> = Vec::new();
    for c in text.chars() {
        match page(c) {
            Some(byte) => run.push((c, byte)),
            None => {
                flush(&mut run, &mut out);
                out.push(c);
            }
        }
    }
    flush(&mut run, &mut out);
    out
}

fn flush(run: &mut Vec<(char, u8)>, out: &mut String) {
    let mut at = 0;
    while let Some(&(c, lead)) = run.get(at) {
        let length = match lead {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
        let bytes: Vec<u8> = run.iter().skip(at).take(length).map(|(_, byte)| *byte).collect();
        match std::str::from_utf8(&bytes) {
            Ok(meant) if length > 1 => {
                out.push_str(meant);
                at += length;
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    run.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_comes_back() {
        for (broken_text, meant) in [
            ("Weâ€™re late â€” cafÃ©", "We’re late — café"),
            ("ğŸš€ Next ğŸ’¡ Tips âœ…", "🚀 Next 💡 Tips ✅"),
            ("â\u{80}\u{9c}planâ\u{80}\u{9d}", "“plan”"),
            ("We‚Äôre na√Øve", "We’re naïve"),
            ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚ there", "привет there"),
            ("WeÃ¢â‚¬â„¢re", "We’re"),
        ] {
            assert_eq!(mend(broken_text), meant);
        }
    }

    #[test]
    fn good_text_stays() {
        for text in ["“MANHÃ”", "déjà vu, Größe, 5 €", "naïve café — 10 °C", "日本語"] {
            assert_eq!(mend(text), text);
        }
        // A byte was lost: nothing is guessed.
        assert_eq!(mend("ğŸ¯ Overview"), "ğŸ¯ Overview");
    }
}
