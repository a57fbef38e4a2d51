use super::Document;
use crate::check::text::wording::{listing, quote, text_fault};
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;

/// The `code-block` check; only fenced blocks count.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CodeBlockCheck {
    /// Language written after the opening fence, in any case; without it any code block will do.
    #[serde(default)]
    value: Option<String>,
}

impl Judge for CodeBlockCheck {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let document = Document::parse(subject.text());
        let blocks = document.code_blocks();
        if blocks.is_empty() {
            return Verdict::fail("no code block");
        }
        let Some(wanted) = &self.value else {
            return Verdict::pass("a code block is there");
        };
        if blocks.iter().any(|block| block.language == wanted.trim().to_lowercase()) {
            return Verdict::pass(format!("a code block in {wanted} is there"));
        }
        let found: Vec<String> = blocks
            .iter()
            .map(|b| if b.language.is_empty() { "one without a language".to_string() } else { quote(&b.language) })
            .collect();
        Verdict::fail(format!("no code block in {wanted}; found: {}", listing(&found)))
    }

    fn faults(&self) -> Option<String> {
        self.value.as_deref().and_then(text_fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::text::testing::{check, judge, sorts};

    #[test]
    fn fenced_blocks_by_language() {
        sorts(&check::<CodeBlockCheck>("{}"), &["```\nx\n```", "~~~js\nx\n~~~"], &["`x`", "    x", ""]);
        let sql = check::<CodeBlockCheck>("value: SQL");
        sorts(&sql, &["Run:\n```sql\nselect 1\n```"], &["```js\nx\n```"]);
        assert_eq!(judge(&sql, "```\nx\n```").reason(), "no code block in SQL; found: one without a language");
    }
}
