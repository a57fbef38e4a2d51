use super::wording::{range_fault, within};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use unicode_segmentation::UnicodeSegmentation;

/// Counts characters as a reader does (grapheme clusters: 👩‍💻 is one), spaces around the answer aside.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Length {
    /// Fewest characters.
    #[serde(default)]
    min: Option<usize>,
    /// Most characters.
    #[serde(default)]
    max: Option<usize>,
}

impl Judge for Length {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let count = subject.text().trim().graphemes(true).count();
        within(count, self.min, self.max, "character", "")
    }

    fn faults(&self) -> Option<String> {
        range_fault(self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, sorts};

    #[test]
    fn counts_what_a_reader_sees() {
        sorts(&check::<Length>("{min: 2, max: 3}"), &["ab ", "👩‍💻é!"], &["a", "abcd", ""]);
        assert!(check::<Length>("{}").faults().is_some() && check::<Length>("{min: 3, max: 2}").faults().is_some());
    }
}
