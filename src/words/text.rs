//! Lists, and texts cut short.

/// `a`, `a and b`, `a, b and c`.
pub fn list<S: AsRef<str>>(items: &[S]) -> String {
    match items {
        [] => String::new(),
        [one] => one.as_ref().to_string(),
        [head @ .., last] => format!("{} and {}", joined(head), last.as_ref()),
    }
}

/// The first `most` items, then `and 7 more`.
pub fn list_at_most<S: AsRef<str>>(items: &[S], most: usize) -> String {
    if items.len() <= most { list(items) } else { few(items, most) }
}

/// The same without a last `and` where all are shown: `a, b, c`, or `a, b and 7 more`.
pub fn few<S: AsRef<str>>(items: &[S], most: usize) -> String {
    match items.len().saturating_sub(most) {
        0 => joined(items),
        rest => format!("{} and {rest} more", joined(&items[..most])),
    }
}

/// Names as they are typed: `` `a`, `b` and `c` ``.
pub fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    list(&names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
}

fn joined<S: AsRef<str>>(items: &[S]) -> String {
    items.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ")
}

/// One line, cut at a word's end near `most` characters, with an ellipsis.
pub fn clip(text: &str, most: usize) -> String {
    let words = text.split([' ', '\n', '\t', '\r']).filter(|word| !word.is_empty());
    let flat = words.collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let cut: String = flat.chars().take(most.saturating_sub(1)).collect();
    let end = cut.rfind(' ').filter(|&end| end > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

/// Two names cut to `most` characters that still tell them apart: where both begin alike for too long, the beginning is
/// what goes.
pub fn clip_apart(a: &str, b: &str, most: usize) -> (String, String) {
    let (short_a, short_b) = (clip(a, most), clip(b, most));
    if short_a != short_b || a == b {
        return (short_a, short_b);
    }
    let alike = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    // A little of what is alike stays, so that none of them is empty.
    let end = |text: &str| {
        let rest: String = text.chars().skip(alike.saturating_sub(most / 4)).collect();
        clip(&format!("…{rest}"), most)
    };
    (end(a), end(b))
}

/// The first `most` characters as they are, with an ellipsis where there were more.
pub fn begin(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_string(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The first characters of a hash, enough to tell two apart; any other text as it is.
pub fn short_hash(hash: &str) -> String {
    let hexadecimal = hash.len() >= 32 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal { hash[..12].to_string() } else { hash.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_in_and() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!((list(&["a"]).as_str(), list::<&str>(&[]).as_str()), ("a", ""));
        assert_eq!(list_at_most(&["a", "b", "c"], 1), "a and 2 more");
        assert_eq!(list_at_most(&["a", "b", "c"], 3), "a, b and c");
        assert_eq!(
            (few(&["a", "b", "c"], 3).as_str(), few(&["a", "b", "c"], 2).as_str()),
            ("a, b, c", "a, b and 1 more")
        );
        assert_eq!(quoted_list(["a", "b"]), "`a` and `b`");
    }

    #[test]
    fn names_that_begin_alike_are_told_apart() {
        assert_eq!(clip_apart("v1", "v2", 16), ("v1".into(), "v2".into()));
        let (a, b) = clip_apart("qwen2.5-instruct@localhost", "qwen2.5-coder@localhost", 16);
        assert_eq!((a.as_str(), b.as_str()), ("qwen2.5-instruc…", "qwen2.5-coder@l…"));
        let (a, b) = clip_apart("a-model-with-a-long-name@one", "a-model-with-a-long-name@two", 16);
        assert_eq!((a.as_str(), b.as_str()), ("…ame@one", "…ame@two"));
        let (a, b) = clip_apart("a-model-with-a-long-name", "a-model-with-a-long-name-2", 16);
        assert_eq!((a.as_str(), b.as_str()), ("…name", "…name-2"));
    }

    #[test]
    fn clipping_ends_at_a_word_and_survives_any_alphabet() {
        assert_eq!(clip("one two three four", 12), "one two…");
        assert_eq!(clip("  one\n two ", 12), "one two");
        assert_eq!(clip("ééééééééé", 4), "ééé…");
        assert_eq!(clip("", 4), "");
        assert_eq!((begin("ééééé", 4).as_str(), begin("éééé", 4).as_str()), ("éééé…", "éééé"));
    }
}
