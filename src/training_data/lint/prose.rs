//! Texts without their code, for rules about prose.

use crate::check::quality::prose::pattern;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

static CODE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)```.*?(?:```|\z)|~~~.*?(?:~~~|\z)|`[^`\n]+`"));

/// The text with code blocks and code spans taken out.
pub(super) fn without_code(text: &str) -> Cow<'_, str> {
    if text.contains(['`', '~']) { CODE.replace_all(text, " ") } else { Cow::Borrowed(text) }
}
