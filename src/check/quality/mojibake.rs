use super::prose::{enumerate, quote};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mojibake {}

impl Judge for Mojibake {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let found = broken(subject.text());
        if found.is_empty() {
            return Verdict::fail("no broken characters");
        }
        let shown: Vec<String> = found.iter().take(3).map(|f| quote(f)).collect();
        Verdict::pass(format!("broken characters: {}", enumerate(&shown)))
    }
}

/// Sequences that arise when UTF-8 is read as Mac Roman.
const MAC_ROMAN: &[&str] =
    &["‚Äô", "‚Äò", "‚Äú", "‚Äù", "‚Äî", "‚Äì", "‚Ä¢", "‚úÖ", "√©", "√®", "√º", "√∂", "√§", "√£", "√ß"];

/// Broken sequences in the text, each once.
pub(crate) fn broken(text: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    if text.contains('\u{FFFD}') {
        found.push("\u{FFFD}".into());
    }
    found.extend(MAC_ROMAN.iter().filter(|m| text.contains(*m)).map(|m| m.to_string()));
    let chars: Vec<char> = text.chars().collect();
    for (at, &lead) in chars.iter().enumerate() {
        let needed = match lead {
            'Â' | 'Ã' | 'Å' => 1,
            'â' => 2,
            // ğ is ð under the Turkish code page.
            'ð' | 'ğ' => 3,
            _ => continue,
        };
        let tail: Vec<char> = chars.iter().skip(at + 1).take(needed).copied().collect();
        if tail.len() == needed && tail.iter().all(|c| is_continuation(*c)) && !genuine(&chars, at, &tail) {
            let sequence: String = std::iter::once(lead).chain(tail).collect();
            if !found.contains(&sequence) {
                found.push(sequence);
            }
        }
    }
    found
}

/// Two-character sequences can be good text: a capital before a closing quotation mark ("MANHÃ”", "ALLTÅ“"). What
/// was œ or Œ inside a word is the only sequence with Å that is taken for broken.
fn genuine(chars: &[char], at: usize, tail: &[char]) -> bool {
    let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied();
    let after = chars.get(at + 1 + tail.len()).copied();
    match chars.get(at) {
        Some('Å') => {
            !(tail == ['“'] && before.is_some_and(char::is_lowercase) && after.is_some_and(char::is_lowercase))
        }
        Some('Ã' | 'Â') => {
            let quotes = ['”', '“', '’', '‘', '»', '«', '›', '‹', '…', '–', '—', '·', '\u{A0}', '™', '®', '°'];
            tail.iter().all(|c| quotes.contains(c))
                && before.is_some_and(char::is_uppercase)
                && !after.is_some_and(char::is_alphabetic)
        }
        _ => false,
    }
}

/// What bytes 0x80–0xBF look like under Windows-1252 or Latin-1.
fn is_continuation(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{BF}') || "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(c)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_fails, assert_passes, judge};
    use super::*;

    #[test]
    fn broken_characters_are_found() {
        let judge: Mojibake = judge("{}");
        for text in [
            "Weâ€™re late",
            "the â€œplanâ€\u{9d}",
            "cafÃ© in SÃ£o Paulo",
            "done âœ… ðŸš€",
            "ğŸ’¡ Pro Tips",
            "5\u{fffd}",
            "10Â\u{a0}000 users Â£5",
            "Weâ€”and they",
            "cÅ“ur",
            "We‚Äôre",
            "na√Øve caf√©",
        ] {
            assert_passes(&judge, text);
        }
    }

    #[test]
    fn genuine_text_in_other_languages_is_left_alone() {
        let judge: Mojibake = judge("{}");
        for text in [
            "L’équipe a livré « l’été » à l’heure ; ça coûte 5 € — déjà payé. Âge, âme, château, cœur, Œuvre.",
            "A ação não está em São Paulo: “AMANHÃ”. MANHÃ. Ângela, Índia, àquele, pôs, três. «MAÇÃ»",
            "Größe über Straße, „schön“ — Ärger, Öl, Übung. „GROẞ“",
            "Årets mål: Åsa gick åt höger. “PÅ”",
            "Ég veð það, öðruvísi. Dağ, değil, ağaç.",
            "日本語のテキスト, Привет, مرحبا, 🚀 ✅ naïve",
            "",
        ] {
            assert_fails(&judge, text, "no broken");
        }
    }
}
