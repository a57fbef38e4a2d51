//! Markdown and plain text as documents, and what every reader's Markdown is cleaned of.

use super::document::{Document, Lost, Opened, Passed, Why};
use crate::check::quality::prose::pattern;
use crate::table::Decoded;
use crate::training_data::lint::mend_all;
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// The most characters of a text's first line that can be its title.
const LONGEST_TITLE: usize = 100;

static IMAGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])|!\[\[[^\]\n]+\]\]"));
static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\[\]\n]+)\](?:\([^)\n]*\)|\[[^\]\n]*\])"));
static DEFINITION: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^ {0,3}\[[^\]^\n][^\]\n]*\]:[ \t]*\S+.*\n?"));
static FOOTNOTE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^ {0,3}\[\^[^\]\n]+\]:.*\n?(?:(?: {2,}|\t).*\n?)*"));
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[\^[^\]\n]+\]"));
static COMMENT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?s)<!--.*?(?:-->|\z)"));
static EMPTY_LINES: LazyLock<Regex> = LazyLock::new(|| pattern(r"\n{3,}"));
static HEADING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?m)^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*[ \t]*$|^(\S.*)\n=+[ \t]*$"));
/// What Notion puts behind the name of a page.
static PAGE_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"[ _-][0-9a-f]{32}$"));

/// A Markdown file.
pub(super) fn document(name: &str, decoded: &Decoded) -> Opened {
    let mut lost = Lost::default();
    let (front, body) = front_matter(&decoded.text);
    let told =
        front.lines().filter_map(|line| line.split_once(':')).filter(|(key, _)| !key.starts_with([' ', '-', '#']));
    let mut title = None;
    for (key, value) in told {
        match key.trim().eq_ignore_ascii_case("title") {
            true => title = Some(value.trim().trim_matches(['"', '\'']).to_string()),
            false => lost.add("front matter key", 1),
        }
    }
    let text = clean(body, &mut lost);
    let title = title.filter(|title| !title.is_empty()).or_else(|| heading(&text));
    one(name, title, text, lost, decoded.guess.clone())
}

/// A text without markup. Its first line is its title where it stands alone.
pub(super) fn plain(name: &str, decoded: &Decoded) -> Opened {
    let text = mend_all(decoded.text.trim());
    let mut lines = text.lines();
    let first = lines.next().map(str::trim).filter(|line| line.chars().count() <= LONGEST_TITLE);
    let title = first.filter(|_| lines.next().is_some_and(|next| next.trim().is_empty()));
    let title = title.map(str::to_string);
    one(name, title, text, Lost::default(), decoded.guess.clone())
}

/// A file that is one document; without a title it is called as its file is.
pub(super) fn one(name: &str, title: Option<String>, text: String, lost: Lost, note: Option<String>) -> Opened {
    let at = name.to_string();
    let notes = note.into_iter().collect();
    if text.trim().is_empty() {
        let left = lost.sentence().map(|left| format!("; {left}")).unwrap_or_default();
        let passed = Passed::new(&at, Why::Unfit, format!("it has no text{left}"), "write it, or leave the file away");
        return Opened { passed: vec![passed], notes, ..Opened::default() };
    }
    let title = title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" "));
    let title = title.filter(|title| !title.is_empty()).unwrap_or_else(|| title_of(name));
    let document = Document { at, is_row: false, title, context: Vec::new(), text, lost };
    Opened { documents: vec![document], notes, ..Opened::default() }
}

/// A title out of a file's name: `Search on the kiosk` of `search-on-the-kiosk.md`.
fn title_of(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words = PAGE_ID.replace(stem, "").replace(['-', '_'], " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// What stands between `---` at the very beginning, and the rest.
fn front_matter(text: &str) -> (&str, &str) {
    let parted = text.strip_prefix("---\n").and_then(|rest| {
        let end = rest.find("\n---\n")?;
        Some((rest.get(..end)?, rest.get(end + 5..)?))
    });
    parted.unwrap_or(("", text))
}

/// The first heading, without its marks.
fn heading(text: &str) -> Option<String> {
    let (code, prose): (Vec<_>, Vec<_>) = parts(text).into_iter().partition(|(is_code, _)| *is_code);
    drop(code);
    let captures = prose.iter().find_map(|(_, part)| HEADING.captures(part))?;
    let found = captures.get(1).or(captures.get(2))?.as_str();
    Some(found.replace(['*', '`'], "").trim().to_string())
}

/// Without what text alone cannot carry: images, targets of links, footnotes, comments. Code stays as it is.
pub(super) fn clean(text: &str, lost: &mut Lost) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for (is_code, part) in parts(text) {
        if is_code {
            cleaned.push_str(part);
            continue;
        }
        let mut cut = |text: String, what: &Regex, noun: &'static str| -> String {
            let found = what.find_iter(&text).count();
            lost.add(noun, found);
            if found == 0 { text } else { what.replace_all(&text, "").into_owned() }
        };
        let part = cut(part.to_string(), &COMMENT, "comment");
        let part = cut(part, &IMAGE, "image");
        let part = cut(part, &FOOTNOTE, "footnote");
        let part = cut(part, &DEFINITION, "link target");
        let targets = LINK.captures_iter(&part).filter(|link| !link[0].ends_with(']')).count();
        lost.add("link target", targets);
        let part = LINK.replace_all(&part, |link: &Captures<'_>| link[1].to_string());
        cleaned.push_str(&REFERENCE.replace_all(&part, ""));
    }
    let mended = mend_all(cleaned.trim_matches('\n'));
    EMPTY_LINES.replace_all(mended.trim(), "\n\n").into_owned()
}

/// The text in parts, of which those in fences of code are marked.
fn parts(text: &str) -> Vec<(bool, &str)> {
    let (mut parts, mut from, mut at) = (Vec::new(), 0, 0);
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let mark = ["```", "~~~"].into_iter().find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => {
                parts.push((false, &text[from..at]));
                (fence, from) = (Some(mark), at);
            }
            (Some(open), Some(mark)) if open == mark => {
                parts.push((true, &text[from..end]));
                (fence, from) = (None, end);
            }
            _ => {}
        }
        at = end;
    }
    parts.push((fence.is_some(), &text[from..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Document {
        document("search-on-the-kiosk.md", &Decoded { text: text.into(), guess: None }).documents.remove(0)
    }

    #[test]
    fn what_text_cannot_carry_is_counted_and_code_stays() {
        let text = "---\ntitle: \"Kiosk search\"\nauthor: Nadia\ntags:\n  - a\n---\n# Search\n\n![shot](a.png)\nSee [the plan](https://x.example/a) \
                    and [more][1].[^n]\n<!-- ask\nlegal -->\n\n\n\n```\n![kept](a.png) <!-- kept -->\n```\n\n[1]: https://x.example\n[^n]: A note\n    in two lines\n";
        let read = read(text);
        assert_eq!(read.title, "Kiosk search");
        assert_eq!(read.text, "# Search\n\nSee the plan and more.\n\n```\n![kept](a.png) <!-- kept -->\n```");
        let said = read.lost.sentence().unwrap();
        assert_eq!(said, "left out: 1 comment, 1 footnote, 2 front matter keys, 1 image and 2 link targets");
    }

    #[test]
    fn a_title_is_the_first_heading_else_the_name_of_the_file() {
        assert_eq!(read("```\n# no\n```\n\n## **Pier** display #\n\nx").title, "Pier display");
        assert_eq!(read("Pier display\n====\n\nx").title, "Pier display");
        assert_eq!(read("Only text.").title, "Search on the kiosk");
        assert_eq!(title_of("Weekly 0123456789abcdef0123456789abcdef.md"), "Weekly");
        let plain = |text: &str| plain("a.txt", &Decoded { text: text.into(), guess: None }).documents.remove(0).title;
        assert_eq!((plain("Pier display\n\nIt is late."), plain("It is\nlate.")), ("Pier display".into(), "A".into()));
    }

    #[test]
    fn a_file_without_text_is_passed_over() {
        let opened = document("a.md", &Decoded { text: "![x](a.png)\n".into(), guess: None });
        assert_eq!(opened.documents, []);
        assert!(opened.passed[0].reason.contains("it has no text; left out: 1 image"), "{:?}", opened.passed);
    }
}
