//! Jira's wiki markup as Markdown (Atlassian, "Text formatting notation").

use super::document::Lost;
use crate::check::quality::prose::pattern;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Macros that stand around several lines.
static MACRO: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{(?:code|noformat|quote|panel|expand|info|note|warning|tip)(?::[^{}\n]*)?\}"));
static HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*h([1-6])\.\s+(.*)$"));
static LIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*([*#]+|-)\s+(.*)$"));
static RULE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*-{4,}\s*$"));
static MONO: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{\{(.+?)\}\}"));
static IMAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"!(?:https?://[^\s!|]+|[^\s!|][^!|\n]*\.[A-Za-z]{2,5})(?:\|[^!\n]*)?!"));
static ATTACHMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\^[^\]\n]+\]"));
static MENTION: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[~[^\]\n]+\]"));
static NAMED_LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^|\[\]\n]+)\|[^\]\n]+\]"));
static BARE_LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[((?:https?|mailto):[^|\]\n]+)\]"));
static COLOUR: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{(?:color|anchor)(?::[^{}\n]*)?\}"));
static BOLD: LazyLock<Regex> = LazyLock::new(|| pattern(r"(^|[\s(>|:])\*([^\s*](?:[^*\n]*[^\s*])?)\*($|[\s.,;:!?)|])"));
static ITALIC: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(^|[\s(>|:*])_([^\s_](?:[^_\n]*[^\s_])?)_($|[\s.,;:!?)|*])"));
static INSERTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(^|[\s(])\+([^\s+](?:[^+\n]*[^\s+])?)\+($|[\s.,;:!?)])"));
static BREAK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\\\(?:\s+|$)"));
static ESCAPED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\([*_{}\[\]+\-!|#])"));

/// What the line before was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Blank,
    Text,
    Heading,
    Item,
    Row,
}

/// The Markdown of a text; what it has no place for is counted.
pub(super) fn markdown(text: &str, lost: &mut Lost) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = macros_apart(&text);
    let mut writer = Writer { out: String::new(), before: Line::Blank, quoted: false };
    let mut code: Option<&str> = None;
    for line in text.lines() {
        let name = macro_name(line);
        match (code, name) {
            (Some(open), Some((name, _))) if open == name => {
                writer.out.push_str("```\n");
                (writer.before, code) = (Line::Heading, None);
            }
            (Some(_), _) => writer.out = std::mem::take(&mut writer.out) + line + "\n",
            (None, Some((name @ ("code" | "noformat"), rest))) => {
                writer.apart();
                let language = rest.split('|').next().filter(|word| !word.contains('=')).unwrap_or_default();
                writer.out.push_str(&format!("```{language}\n"));
                code = Some(name);
            }
            (None, Some(("quote", _))) => {
                let open = !writer.quoted;
                writer.quoted = false;
                writer.apart();
                writer.quoted = open;
            }
            (None, Some((_, rest))) => {
                writer.apart();
                let title = rest.split('|').find_map(|part| part.strip_prefix("title="));
                title.into_iter().for_each(|title| writer.line(&format!("**{title}**"), Line::Heading));
            }
            (None, None) => writer.markup(line, lost),
        }
    }
    if code.is_some() {
        writer.out.push_str("```\n");
    }
    writer.out.trim().to_string()
}

/// The text with each of these macros on a line of its own.
fn macros_apart(text: &str) -> String {
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for found in MACRO.find_iter(text) {
        let (before, after) = (&text[..found.start()], &text[found.end()..]);
        // `{{code}}` is a word, and `\{code}` says what it says.
        if before.ends_with(['{', '\\']) || after.starts_with('}') {
            continue;
        }
        out.push_str(&text[from..found.start()]);
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(found.as_str());
        out.push('\n');
        let rest = after.trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix('\n').unwrap_or(rest);
        from = text.len() - rest.len();
    }
    out + &text[from..]
}

/// The macro that a line consists of, and what stands behind its colon.
fn macro_name(line: &str) -> Option<(&str, &str)> {
    let inside = line.trim().strip_prefix('{')?.strip_suffix('}')?;
    let (name, rest) = inside.split_once(':').unwrap_or((inside, ""));
    let known = ["code", "noformat", "quote", "panel", "expand", "info", "note", "warning", "tip"];
    known.contains(&name).then_some((name, rest))
}

struct Writer {
    out: String,
    before: Line,
    quoted: bool,
}

impl Writer {
    fn line(&mut self, line: &str, is: Line) {
        // Markdown knows headings, lists and tables by the empty line before them.
        let parted = match (self.before, is) {
            (Line::Blank, _) | (_, Line::Blank) => false,
            (Line::Heading, _) | (_, Line::Heading) => true,
            (before, is) => before != is && (is != Line::Text || before == Line::Row),
        };
        if parted {
            self.apart();
        }
        if self.quoted && is != Line::Blank {
            self.out.push_str("> ");
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
        self.before = is;
    }

    fn apart(&mut self) {
        if self.before != Line::Blank {
            self.out.push_str(if self.quoted { ">\n" } else { "\n" });
            self.before = Line::Blank;
        }
    }

    fn markup(&mut self, line: &str, lost: &mut Lost) {
        if line.trim().is_empty() {
            // One is enough, but it ends a table or list.
            self.apart();
        } else if let Some(found) = HEADING.captures(line) {
            let marks = "#".repeat(found[1].parse().unwrap_or(1));
            self.line(&format!("{marks} {}", inline(&found[2], lost).replace("**", "")), Line::Heading);
        } else if RULE.is_match(line) {
            self.apart();
            self.line("---", Line::Heading);
        } else if let Some(found) = LIST.captures(line) {
            let marks = &found[1];
            let indent: String = marks.chars().rev().skip(1).map(|c| if c == '#' { "   " } else { "  " }).collect();
            let mark = if marks.ends_with('#') { "1." } else { "-" };
            self.line(&format!("{indent}{mark} {}", inline(&found[2], lost).replace('\n', " ")), Line::Item);
        } else if let Some(quote) = line.trim_start().strip_prefix("bq. ") {
            self.apart();
            self.line(&format!("> {}", inline(quote, lost).replace('\n', " ")), Line::Text);
            self.apart();
        } else if line.trim_start().starts_with('|') {
            self.row(&inline(line.trim(), lost).replace('\n', " "));
        } else {
            for line in inline(line, lost).lines() {
                self.line(line, Line::Text);
            }
        }
    }

    fn row(&mut self, row: &str) {
        let inside = row.trim_matches('|').replace("||", "|");
        let cells: Vec<&str> = inside.split('|').map(str::trim).collect();
        let is_first = self.before != Line::Row;
        self.line(&format!("| {} |", cells.join(" | ")), Line::Row);
        if is_first {
            self.line(&format!("|{}", " --- |".repeat(cells.len())), Line::Row);
        }
    }
}

/// Marks inside of a line.
fn inline(text: &str, lost: &mut Lost) -> String {
    let (mut out, mut from) = (String::new(), 0);
    for found in MONO.captures_iter(text) {
        let (Some(whole), Some(inside)) = (found.get(0), found.get(1)) else { continue };
        out.push_str(&marks(&text[from..whole.start()], lost));
        out.push_str(&format!("`{}`", inside.as_str().trim()));
        from = whole.end();
    }
    out + &marks(&text[from..], lost)
}

fn marks(text: &str, lost: &mut Lost) -> String {
    let mut count = |text: &str, what: &Regex, noun: &'static str, instead: &str| {
        lost.add(noun, what.find_iter(text).count());
        what.replace_all(text, instead).into_owned()
    };
    let text = count(text, &IMAGE, "image", "");
    let text = count(&text, &ATTACHMENT, "attachment", "");
    let text = count(&text, &MENTION, "mention", "a colleague");
    let text = count(&text, &NAMED_LINK, "link target", "$1");
    let text = BARE_LINK.replace_all(&text, "$1");
    let text = COLOUR.replace_all(&text, "");
    // Twice, since two that follow each other share the blank between them.
    let both = |text: &str, what: &Regex, mark: &str| {
        let set = |found: &Captures<'_>| format!("{}{mark}{}{mark}{}", &found[1], &found[2], &found[3]);
        let once = what.replace_all(text, set);
        what.replace_all(&once, set).into_owned()
    };
    let text = both(&text, &ITALIC, "\u{1}");
    let text = both(&text, &BOLD, "**");
    let text = both(&text, &INSERTED, "").replace('\u{1}', "*");
    let text = BREAK.replace_all(&text, "\n");
    ESCAPED.replace_all(&text, "$1").into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let mut lost = Lost::default();
        (markdown(text, &mut lost), lost.sentence().unwrap_or_default())
    }

    #[test]
    fn wiki_markup_becomes_markdown() {
        let wiki = "h2. Why\r\nCrews learn *too late* of _a change_; see [the plan|https://x.example] and [~nadia].\n* one\n** two {{code}}\n# first\n\
                    ||Pier||Late||\n|North|*3*|\n!shot.png|thumbnail!\n{code:java}\nint *x* = 1;\n{code}\n{quote}Said *Ben*.{quote}\n\
                    {panel:title=Rule}Never {color:red}late{color}.{panel}\n----\nA\\\\ B, 2 * 3 * 4, snake_case_name";
        let wanted = "## Why\n\nCrews learn **too late** of *a change*; see the plan and a colleague.\n\n- one\n  - two `code`\n1. first\n\n\
                      | Pier | Late |\n| --- | --- |\n| North | **3** |\n\n```java\nint *x* = 1;\n```\n\n> Said **Ben**.\n\n\
                      **Rule**\n\nNever late.\n\n---\n\nA\nB, 2 * 3 * 4, snake_case_name";
        let (text, lost) = read(wiki);
        assert_eq!(text, wanted);
        assert_eq!(lost, "left out: 1 image, 1 link target and 1 mention");
    }

    #[test]
    fn marks_that_are_none_stay() {
        assert_eq!(read("*a* *b*, _c_ _d_").0, "**a** **b**, *c* *d*");
        for text in
            ["a*b*c", "5 * 3", "file_name_x", "Hi! All is well!", "{\"a\": 1}", "{{}}", "x {unknown} y", "+1 234"]
        {
            assert_eq!(read(text), (text.to_string(), String::new()));
        }
        assert_eq!(read("{code}\nnever closed").0, "```\nnever closed\n```");
    }
}
