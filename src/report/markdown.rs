//! A report as Markdown, short enough for a comment on a pull request.

use super::templates;
use engine::error::Result;
use serde::Serialize;

/// Fills a template with its content.
pub(super) fn page<T: Serialize>(template: &str, content: &T) -> Result<String> {
    templates::render(template, content).map(tidy)
}

/// One empty line at most in a row, and none at either end. Lines inside fences may lose empty ones too, which costs an
/// excerpt nothing.
fn tidy(text: String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = true;
    for line in text.lines() {
        let line = line.trim_end();
        if !(line.is_empty() && empty) {
            out.push_str(line);
            out.push('\n');
        }
        empty = line.is_empty();
    }
    let end = out.trim_end().len();
    out.truncate(end);
    out.push('\n');
    out
}
