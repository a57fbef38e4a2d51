use super::wording::{range_fault, within};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WordCount {
    /// Fewest words.
    #[serde(default)]
    min: Option<usize>,
    /// Most words.
    #[serde(default)]
    max: Option<usize>,
}

impl Judge for WordCount {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let count = words(&Document::parse(subject.text()).plain_text());
        within(count, self.min, self.max, "word", "")
    }

    fn faults(&self) -> Option<String> {
        range_fault(self.min, self.max)
    }
}

/// Words as a person counts them: what stands between spaces or dashes and has a letter or digit (`don't`, `10,000`,
/// `end-to-end` are one each). Where a script writes no spaces, Unicode's word boundaries decide.
fn words(text: &str) -> usize {
    let tokens = text.split(|c: char| c.is_whitespace() || matches!(c, '—' | '–'));
    tokens
        .map(|token| match token.chars().any(is_unspaced) {
            true => token.unicode_words().count(),
            false => usize::from(token.chars().any(char::is_alphanumeric)),
        })
        .sum()
}

/// Han, kana, Thai, Lao, Khmer and Myanmar letters.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge};

    #[test]
    fn counts_as_a_person_does() {
        assert_eq!(words("Don't ship — 10,000 end-to-end tests failed!"), 6);
        assert_eq!(words("• - * | 👍"), 0);
        assert_eq!(words("早上好"), 3);
    }

    #[test]
    fn markdown_is_not_words() {
        let three = check::<WordCount>("{min: 3, max: 3}");
        for text in [
            "## One *two* three",
            "1. One\n2. **two three**",
            "| One | two |\n|---|---|\n| three | |",
            "[One two](https://a.b/c) three",
        ] {
            assert!(judge(&three, text).passed(), "{text}: {:?}", judge(&three, text));
        }
        assert_eq!(judge(&three, "One").reason(), "1 word; wanted: exactly 3");
    }
}
