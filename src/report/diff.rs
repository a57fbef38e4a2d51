//! What changed between two answers, word by word.

use super::clean;
use similar::{ChangeTag, TextDiff};

/// Above this many bytes in both answers a word diff is slow to make and no help to read.
const MOST_BYTES: usize = 40_000;

/// Words taken out in `<del>`, words put in in `<ins>`; `None` when the answers are equal or too long.
/// The result may stand in a page as it is.
pub fn words(a: &str, b: &str) -> Option<String> {
    if a == b || a.len() + b.len() > MOST_BYTES {
        return None;
    }
    let diff = TextDiff::from_words(a, b);
    let mut out = Writer::default();
    for change in diff.iter_all_changes() {
        out.push(change.tag(), change.value());
    }
    Some(out.finish())
}

/// Collects neighbouring changes, so that a rewritten phrase reads as one phrase out and one in, not word for word.
#[derive(Default)]
struct Writer {
    html: String,
    removed: String,
    added: String,
    /// White space after a change, which belongs to the change if another follows at once.
    space: String,
}

impl Writer {
    fn push(&mut self, tag: ChangeTag, text: &str) {
        let changing = !self.removed.is_empty() || !self.added.is_empty();
        match tag {
            ChangeTag::Equal if changing && text.trim().is_empty() && !text.contains('\n') => self.space.push_str(text),
            ChangeTag::Equal => {
                self.close();
                self.html.push_str(&clean::html(text));
            }
            ChangeTag::Delete => {
                self.spread();
                self.removed.push_str(text);
            }
            ChangeTag::Insert => {
                self.spread();
                self.added.push_str(text);
            }
        }
    }

    fn spread(&mut self) {
        let space = std::mem::take(&mut self.space);
        if !self.removed.is_empty() {
            self.removed.push_str(&space);
        }
        if !self.added.is_empty() {
            self.added.push_str(&space);
        }
    }

    fn close(&mut self) {
        for (tag, text) in [("del", std::mem::take(&mut self.removed)), ("ins", std::mem::take(&mut self.added))] {
            if !text.is_empty() {
                self.html.push_str(&format!("<{tag}>{}</{tag}>", clean::html(&text)));
            }
        }
        self.html.push_str(&clean::html(&std::mem::take(&mut self.space)));
    }

    fn finish(mut self) -> String {
        self.close();
        self.html
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn neighbouring_words_change_together() {
        assert_eq!(
            words("As a user I want speed", "As a manager I want a report").as_deref(),
            Some("As a <del>user</del><ins>manager</ins> I want <del>speed</del><ins>a report</ins>")
        );
        assert_eq!(words("a b c", "x y c").as_deref(), Some("<del>a b</del><ins>x y</ins> c"));
    }

    #[test]
    fn equal_answers_have_no_diff_and_markup_stays_text() {
        assert_eq!(words("same", "same"), None);
        assert_eq!(words("<b>", "<i>").as_deref(), Some("<del>&lt;b&gt;</del><ins>&lt;i&gt;</ins>"));
    }
}
