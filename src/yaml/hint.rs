//! Hints in plain words.

use crate::words;

/// "did you mean `x`?" when one of `known` is close enough to `word`.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(word, known).map(|name| format!("did you mean `{name}`?"))
}

/// The name nearest to `word`; up to a third of its letters (at least one) may be wrong.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace('_', "-");
    let allowed = (folded.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&folded, &name.to_lowercase().replace('_', "-")), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The remedy for an unknown key nobody can guess.
pub(super) fn known_keys(known: &[&str]) -> String {
    match known {
        [] => "nothing may stand here; remove it".to_string(),
        _ => format!("known here: {}", words::quoted_list(known.iter().copied())),
    }
}

/// What a YAML syntax error means, from the parser's own words and the line it points at.
pub(super) fn syntax(info: &str, line: &str, next: Option<&str>) -> (String, String) {
    let (message, remedy) = match info {
        _ if info.contains("tab") || line.starts_with('\t') => {
            ("a tab where YAML wants spaces", "indent with spaces; most editors can convert tabs")
        }
        _ if info.contains("mapping values are not allowed") => (
            "a colon where no key can stand",
            "put quotes around a text that holds `: `, or check the indentation of this line and the one above",
        ),
        _ if info.contains("simple key expect") => {
            ("a key without its colon", "write `key: value`; a text of several lines starts with `|` after the colon")
        }
        _ if info.contains("recursion limit") => (
            "brackets are nested more than 64 deep",
            "one is probably never closed; put quotes around a text that starts with `[` or `{`",
        ),
        _ if info.contains("quoted scalar") && (info.contains("end of stream") || info.contains("indentation")) => {
            ("a quote that is never closed", "close the quote, or write the text as a block after `|`")
        }
        _ if info.contains("double-quoted") => {
            ("text after the closing quote", "quote the whole value, or write a quote inside double quotes as `\\\"`")
        }
        _ if info.contains("escape") => (
            "an unknown escape after a backslash",
            "use single quotes, in which a backslash is just a backslash ('\\d+')",
        ),
        _ if info.contains("unknown anchor") => ("an alias (`*name`) to an anchor that does not exist", ANCHOR),
        _ if info.contains("alias") || info.contains("anchor") => ("an alias or anchor without a name", ANCHOR),
        _ if info.contains("flow")
            || info.contains("bracket")
            || info.contains("placement of ':'")
            || info.contains("`]'")
            || info.contains("`}'") =>
        {
            ("brackets that do not match", "close every `[` and `{`; put quotes around a text that starts with one")
        }
        _ if info.contains("block mapping") || info.contains("block collection") || info.contains("indent") => (
            "a line that does not fit the indentation around it",
            "start keys of one mapping, and the dashes of one list, in the same column",
        ),
        _ if info.contains("node content") => {
            ("a value is missing", "write a value here; close a bracket that was opened before, or quote it")
        }
        _ if info.contains("unexpected character") || info.contains("cannot start") => (
            "a character that cannot start a value",
            "put quotes around a text that starts with `@`, `` ` ``, `%`, `&`, `*`, `!`, `|` or `>`",
        ),
        _ if info.contains("block scalar") => {
            ("a block of text that is not indented evenly", "indent every line of the block by the same spaces")
        }
        _ => return (format!("this is not YAML: {info}"), general(next)),
    };
    (message.to_string(), remedy.to_string())
}

const ANCHOR: &str = "put quotes around a text that starts with `*` or `&`; else define `&name` before using `*name`";

fn general(next: Option<&str>) -> String {
    let hint = "check indentation, quotes and colons on this line and the one above";
    if next.is_some() { hint.to_string() } else { format!("{hint}; the file ends here") }
}
