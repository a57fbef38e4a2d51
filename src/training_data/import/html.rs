//! HTML pages as documents.

use super::document::{Lost, Opened};
use super::markdown;
use crate::check::quality::prose::pattern;
use crate::table::Decoded;
use engine::error::{Error, Result};
use htmd::HtmlToMarkdown;
use htmd::options::{BrStyle, BulletListMarker, HrStyle, Options};
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use regex::Regex;
use std::cell::RefCell;
use std::sync::LazyLock;

/// How many elements may be open at once. What makes Markdown of a page calls itself for each, and its parser looks
/// through all of them for each new one.
const DEEPEST: usize = 256;
/// Elements without a content.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that the next of their like closes.
const CLOSED_BY_NEXT: &[&str] = &["p", "li", "dd", "dt"];
/// What a text cannot show, as it is counted.
const UNSHOWN: &[(&str, &str)] = &[
    ("img", "image"),
    ("svg", "image"),
    ("canvas", "image"),
    ("math", "formula"),
    ("video", "video"),
    ("audio", "sound"),
    ("iframe", "embedded page"),
    ("object", "embedded object"),
    ("embed", "embedded object"),
    ("input", "form field"),
    ("select", "form field"),
    ("textarea", "form field"),
];
/// What is no text of the page, and what it cannot show.
const SKIPPED: &[&str] = &[
    "head", "script", "style", "noscript", "template", "img", "svg", "canvas", "math", "video", "audio", "iframe",
    "object", "embed", "input", "select", "textarea",
];

/// htmd puts a backslash before what could be read as markup.
static ESCAPED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\\([\\`*_{}\[\]()<>#+\-.!~|=])"));
static BOLD_HEADING: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^(#{1,6} )\*\*([^*\n]+)\*\*$"));

/// A page.
///
/// # Errors
/// It is nested too deeply.
pub(super) fn document(name: &str, decoded: &Decoded) -> Result<Opened> {
    let mut seen = look_through(&decoded.text);
    if seen.deepest > DEEPEST {
        return Err(Error::input(format!("more than {DEEPEST} elements are open at once"))
            .hint("close its tags, or save the page's text alone"));
    }
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        br_style: BrStyle::Backslash,
        hr_style: HrStyle::Dashes,
        ..Options::default()
    };
    let converter = HtmlToMarkdown::builder().options(options).skip_tags(SKIPPED.to_vec()).build();
    let text = converter.convert(&decoded.text).map_err(|e| Error::input(format!("it cannot be read: {e}")))?;
    // Breaks of lines are breaks of lines, in a text that people read.
    let text = markdown::clean(&text.replace("\\\n", "\n"), &mut seen.lost);
    let text = BOLD_HEADING.replace_all(&text, "$1$2");
    let text = ESCAPED.replace_all(&text, "$1").into_owned();
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).map(str::to_string);
    let title = Some(seen.title.trim().to_string()).filter(|title| !title.is_empty());
    Ok(markdown::one(name, heading.or(title), text, seen.lost, decoded.guess.clone()))
}

/// What the tags of a page tell before it is read.
#[derive(Debug, Default)]
struct Seen {
    open: Vec<String>,
    deepest: usize,
    /// Inside of SVG or MathML, where HTML's rules of what closes what do not hold.
    foreign: bool,
    in_title: bool,
    title: String,
    lost: Lost,
}

fn look_through(text: &str) -> Seen {
    let tokenizer = Tokenizer::new(Look(RefCell::default()), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(text));
    _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.take()
}

struct Look(RefCell<Seen>);

impl TokenSink for Look {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut seen = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => return seen.start(&tag),
            Token::TagToken(tag) => seen.end(&tag.name),
            Token::CharacterTokens(text) if seen.in_title => seen.title.push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Seen {
    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if let Some((_, noun)) = UNSHOWN.iter().find(|(unshown, _)| *unshown == name) {
            self.lost.add(noun, 1);
        }
        self.foreign |= matches!(name, "svg" | "math");
        let closes = if self.foreign { tag.self_closing } else { VOID.contains(&name) };
        if !closes && !CLOSED_BY_NEXT.contains(&name) && self.open.len() <= DEEPEST {
            self.open.push(name.to_string());
            self.deepest = self.deepest.max(self.open.len());
        }
        self.in_title = name == "title" && self.title.is_empty() && !self.foreign;
        match name {
            "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
            "style" | "iframe" | "noembed" | "noframes" | "noscript" | "xmp" => {
                TokenSinkResult::RawData(RawKind::Rawtext)
            }
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "plaintext" => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }

    /// Only the element itself counts as closed: those inside of it may be opened again.
    fn end(&mut self, name: &str) {
        self.in_title = false;
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.open.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Opened> {
        document("a.html", &Decoded { text: text.into(), guess: None })
    }

    #[test]
    fn a_page_becomes_markdown_without_scripts_and_backslashes() {
        let page = "<title>Kiosk &amp; pier</title><style>b{}</style><script>'<b><b><b>'</script><h2><b>Why</b></h2>\
                    <p>A <b>late</b> ferry costs 1.5 * the fare_rate.<br>Says <a href='https://x.example'>Nadia</a>.\
                    <img src=a.png alt='x'><ul><li>One<li>Two</ul><table><tr><th>a<th>b<tr><td>1<td>2</table><svg><path/></svg>";
        let document = read(page).unwrap().documents.remove(0);
        assert_eq!(document.title, "Kiosk & pier");
        assert!(
            document.text.starts_with(
                "## Why\n\nA **late** ferry costs 1.5 * the fare_rate.\nSays Nadia.\n\n- One\n- Two\n\n| a"
            ),
            "{}",
            document.text
        );
        assert_eq!(document.lost.sentence().unwrap(), "left out: 2 images and 1 link target");
    }

    #[test]
    fn deep_pages_are_refused_however_they_hide_it() {
        let deep = 100_000;
        let hidden =
            ["<div>", "<b><div></b>", "<svg><td>", "<b></i>", "<b a=\"></b>\">", "<svg><input>", "<a href='>'>"];
        for tags in hidden {
            let said = read(&tags.repeat(deep)).unwrap_err().to_string();
            assert!(said.contains("open at once"), "{tags}: {said}");
        }
        let fine = format!("{}x{}", "<div>".repeat(200), "</div>".repeat(200));
        assert_eq!(read(&fine).unwrap().documents[0].text, "x");
        read(&"<p>a<li>b<br>".repeat(20_000)).unwrap();
    }
}
