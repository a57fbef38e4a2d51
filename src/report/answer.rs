//! An answer's Markdown as inert HTML.
//!
//! Structure is shown (headings, lists, tables, code); nothing acts. Raw HTML appears as the text it is, links as their
//! words with the address as a tooltip, images as their alternative text, so opening a report fetches nothing and a
//! click leads nowhere a model chose.

use super::clean;
use comrak::nodes::NodeValue;
use comrak::{Arena, Options, create_formatter, parse_document};
use std::fmt::Write;

create_formatter!(Inert, {
    NodeValue::HtmlBlock(ref block) => |context, entering| {
        if entering {
            writeln!(context, "<pre class=\"raw\"><code>{}</code></pre>", clean::html(&block.literal))?;
        }
    },
    NodeValue::HtmlInline(ref literal) => |context, entering| {
        if entering {
            write!(context, "<code class=\"raw\">{}</code>", clean::html(literal))?;
        }
    },
    NodeValue::Link(ref link) => |context, entering| {
        if entering {
            write!(context, "<span class=\"link\" title=\"{}\">", clean::html(&link.url))?;
        } else {
            context.write_str("</span>")?;
        }
    },
    NodeValue::Image(ref image) => |context, entering| {
        if entering {
            write!(context, "<span class=\"link\" title=\"{}\">image: ", clean::html(&image.url))?;
        } else {
            context.write_str("</span>")?;
        }
    },
    // An answer's headings would tear the page's own outline.
    NodeValue::Heading(ref heading) => |context, entering| {
        if entering {
            write!(context, "<p class=\"heading h{}\">", heading.level)?;
        } else {
            context.write_str("</p>\n")?;
        }
    },
    NodeValue::CodeBlock(ref block) => |context, entering| {
        if entering {
            writeln!(context, "<pre><code>{}</code></pre>", clean::html(&block.literal))?;
        }
    },
});

const SCROLL: &str = "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>";

/// Renders an answer; the result may stand in a page as it is.
pub fn render(markdown: &str) -> String {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    let arena = Arena::new();
    let text = clean::visible(markdown);
    let root = parse_document(&arena, &text, &options);
    let mut html = String::new();
    match Inert::format_document(root, &options, &mut html) {
        Ok(()) => reachable(&html),
        // Writing to a String does not fail; should the formatter ever refuse, the plain text is still the answer.
        Err(_) => format!("<pre>{}</pre>", clean::html(&text)),
    }
}

/// Only the formatter writes these tags: everything that is the answer's own is escaped. A wide table is moved sideways,
/// by keys too; a head without a word heads nothing.
fn reachable(html: &str) -> String {
    let mut html = html.replace("<table>", SCROLL).replace("</table>", "</table></div>");
    for side in ["", " align=\"left\"", " align=\"center\"", " align=\"right\""] {
        html = html.replace(&format!("<th{side}></th>"), &format!("<td{side}></td>"));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_is_kept() {
        let html = render("# Title\n\n- **a**\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a = '<b>';\n```\n");
        assert!(html.contains("<p class=\"heading h1\">Title</p>"), "{html}");
        assert!(html.contains("<li><strong>a</strong></li>"), "{html}");
        assert!(html.contains("<td>1</td>"), "{html}");
        assert!(html.contains("tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>"), "{html}");
        let nameless = render("| | y |\n|---|:-:|\n| 1 | 2 |\n\n| a | |\n|---|--:|\n| 1 | 2 |\n");
        assert!(nameless.contains("<td></td>") && nameless.contains("<td align=\"right\"></td>"), "{nameless}");
        assert!(!nameless.contains("></th>"), "{nameless}");
        assert_eq!((html.matches("<div").count(), html.matches("</table></div>").count()), (1, 1), "{html}");
        assert!(html.contains("<pre><code>let a = &#39;&lt;b&gt;&#39;;"), "{html}");
    }

    #[test]
    fn nothing_acts() {
        let html = render(
            "<script>alert(1)</script>\n\ntext <img src=x onerror=alert(1)> [go](javascript:alert(1)) \
             ![pic](http://evil/x.png) <http://evil> [q](http://a\"onclick=x)",
        );
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<a "), "{html}");
        assert!(!html.contains("href"), "{html}");
        assert!(html.contains("image: pic"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }
}
