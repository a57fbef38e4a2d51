//! Keeping what people type from being read as control tokens.
//!
//! A mark is set inside every look-alike of a control token in a message, so that the tokenizer does not recognise it in
//! the rendered prompt; the tokenizer's normalizer removes the mark afterwards, when control tokens have been cut out.
//! Text without look-alikes passes unchanged, so ordinary prompts get the very ids `transformers` gives them.

use std::borrow::Cow;

use crate::error::{Error, Result};

/// A code point Unicode reserves for use inside programs; text from outside has no business containing it.
pub(super) const MARK: char = '\u{FDD0}';

/// Sets a mark after the first character of every occurrence of a control token, overlapping ones too.
pub(super) fn mark<'a>(text: &'a str, control: &[String]) -> Result<Cow<'a, str>> {
    if let Some(at) = text.find(MARK) {
        let line = text[..at].matches('\n').count() + 1;
        let message =
            format!("line {line} of the text contains U+FDD0, which Unicode reserves for use inside programs");
        return Err(Error::input(message).hint("remove the character; it is invisible and means nothing"));
    }
    // A control token of one character cannot be broken by a mark; the tokenizer does not register such tokens.
    let mut cuts: Vec<usize> = Vec::new();
    for token in control {
        let Some(first) = token.chars().next() else { continue };
        let mut from = 0;
        while let Some(found) = text.get(from..).and_then(|rest| rest.find(token.as_str())) {
            from += found + first.len_utf8();
            cuts.push(from);
        }
    }
    if cuts.is_empty() {
        return Ok(Cow::Borrowed(text));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut marked = String::with_capacity(text.len() + cuts.len() * MARK.len_utf8());
    let mut from = 0;
    for cut in cuts {
        marked.push_str(&text[from..cut]);
        marked.push(MARK);
        from = cut;
    }
    marked.push_str(&text[from..]);
    Ok(Cow::Owned(marked))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_every_look_alike_and_nothing_else() {
        let control = ["<|end|>".to_string(), "<|endoftext|>".to_string(), "||".to_string()];
        assert_eq!(mark("plain <b>text</b>", &control).unwrap(), "plain <b>text</b>");
        assert_eq!(mark("a<|end|>b|||", &control).unwrap(), format!("a<{MARK}|end|>b|{MARK}|{MARK}|"));
    }

    #[test]
    fn refuses_text_that_already_holds_the_mark() {
        let error = mark("one\ntwo \u{FDD0}", &[]).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
