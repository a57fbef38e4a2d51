//! JSON as servers write it: what harms no answer costs none.

use serde_json::Value;

/// Reads JSON, strictly or, where that fails, with its slips mended: bytes that are no UTF-8, half a surrogate pair, raw
/// control characters and unknown escapes in texts, and numbers that JSON does not know (read as null).
pub(super) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| serde_json::from_str(&mended(text)).map_err(|_| error))
}

/// Text out of bytes, with a byte order mark taken off and what is no UTF-8 replaced.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').to_string()
}

fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '"' {
            rest = string(rest, &mut out);
        } else if c.is_ascii_alphanumeric() || matches!(c, '-' | '+') {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let unknown = word.parse::<f64>().is_ok_and(|number| !number.is_finite());
            out.push_str(if unknown { "null" } else { word });
            rest = after;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Copies a string that begins with its quote; gives what follows.
fn string<'t>(text: &'t str, out: &mut String) -> &'t str {
    out.push('"');
    let mut rest = &text[1..];
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        match c {
            '"' => {
                out.push('"');
                return after;
            }
            '\\' => {
                rest = escape(after, out);
                continue;
            }
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
        rest = after;
    }
    rest
}

/// Copies what follows a backslash.
fn escape<'t>(text: &'t str, out: &mut String) -> &'t str {
    match text.chars().next() {
        Some('u') => match unit(text) {
            Some(high @ 0xd800..=0xdbff) => {
                let low = text[5..].strip_prefix('\\').and_then(unit).filter(|low| (0xdc00..=0xdfff).contains(low));
                let taken = if low.is_some() { 11 } else { 5 };
                let pair = low.map(|low| format!("\\u{high:04x}\\u{low:04x}"));
                out.push_str(pair.as_deref().unwrap_or("\\ufffd"));
                &text[taken..]
            }
            Some(0xdc00..=0xdfff) => {
                out.push_str("\\ufffd");
                &text[5..]
            }
            Some(_) => {
                out.push('\\');
                out.push_str(&text[..5]);
                &text[5..]
            }
            None => {
                out.push_str("\\\\");
                text
            }
        },
        Some(c) if "\"\\/bfnrt".contains(c) => {
            out.push('\\');
            out.push(c);
            &text[1..]
        }
        _ => {
            out.push_str("\\\\");
            text
        }
    }
}

/// The UTF-16 unit of `u` and four hexadecimal digits.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_are_mended_and_the_rest_is_left_alone() {
        for (written, read) in [
            (r#"{"a": "x\ud83d"}"#, "x\u{fffd}"),
            (r#"{"a": "\ude00x\ud83d\ude00\ud83dy"}"#, "\u{fffd}x😀\u{fffd}y"),
            ("{\"a\": \"line\nline\u{1}\"}", "line\nline\u{1}"),
            (r#"{"a": "it\'s \x and \uZZ", "b": [NaN, -Infinity, 1e999]}"#, "it\\'s \\x and \\uZZ"),
        ] {
            let value = parse(written).unwrap_or_else(|e| panic!("{e} in {written}"));
            assert_eq!(value["a"], read);
        }
        assert_eq!(parse(r#"[NaN, -Infinity, 1e999, -1.5, true]"#).unwrap().to_string(), "[null,null,null,-1.5,true]");
        assert_eq!(text(b"\xef\xbb\xbf{\"a\": \"\xff\"}"), "{\"a\": \"\u{fffd}\"}");
        assert!(parse("<html>").is_err() && parse("{\"a\": \"").is_err());
    }

    proptest! {
        #[test]
        fn nothing_panics_and_good_json_stays_as_it_is(text in r#"[\\"u{}:, a-f0-9dD8ENaN\n-]{0,40}"#, value: String) {
            let _ = parse(&text);
            let good = serde_json::to_string(&serde_json::json!({ "k": value, "n": [1, -2.5e3, null, true] })).unwrap();
            let read: Value = serde_json::from_str(&mended(&good)).unwrap();
            prop_assert_eq!(read, serde_json::from_str::<Value>(&good).unwrap());
        }
    }
}
