//! DOCX (ECMA-376, WordprocessingML) as Markdown.

use super::document::{Lost, Opened};
use super::markdown;
use super::package::{Package, damaged};
use super::styles::{Shape, Styles};
use super::xml::{self, Child, Node};
use engine::error::Result;

/// A document of Word, LibreOffice or Google Docs.
///
/// # Errors
/// It is damaged, too large, or no DOCX.
pub(super) fn document(name: &str, bytes: &[u8]) -> Result<Opened> {
    let mut package = Package::open(bytes)?;
    let mut part = |name: &str| package.text(name)?.map(|text| xml::parse(&text)).transpose();
    let root = part("word/document.xml")?.ok_or_else(|| damaged("it holds no word/document.xml"))?;
    let styles = Styles::new(part("word/styles.xml")?.as_ref(), part("word/numbering.xml")?.as_ref());
    let mut lost = Lost::default();
    for (prefix, noun) in [("word/header", "page header"), ("word/footer", "page footer")] {
        let names: Vec<String> = package.names().into_iter().filter(|name| name.starts_with(prefix)).collect();
        for name in names.iter().filter(|name| name.ends_with(".xml")) {
            let text = package.text(name)?.map(|text| xml::parse(&text)).transpose()?;
            lost.add(noun, usize::from(text.is_some_and(|node| !node.text().trim().is_empty())));
        }
    }
    let mut walker = Walker { styles: &styles, lost, blocks: Vec::new(), title: None };
    root.nodes().filter(|node| node.name == "body").for_each(|body| walker.blocks(body));
    let Walker { mut lost, blocks, title, .. } = walker;
    let mut text = String::new();
    for (at, block) in blocks.iter().enumerate() {
        let together = block.is_item && at > 0 && blocks.get(at - 1).is_some_and(|before| before.is_item);
        text.push_str(if at == 0 { "" } else { if together { "\n" } else { "\n\n" } });
        text.push_str(&block.text);
    }
    let text = markdown::clean(&text, &mut lost);
    let heading = text.lines().find_map(|line| line.strip_prefix("# ")).map(str::to_string);
    Ok(markdown::one(name, title.or(heading), text, lost, None))
}

struct Walker<'s> {
    styles: &'s Styles,
    lost: Lost,
    blocks: Vec<Block>,
    title: Option<String>,
}

struct Block {
    is_item: bool,
    text: String,
}

/// Text in one manner of writing.
struct Run {
    is_bold: bool,
    is_italic: bool,
    text: String,
}

/// What only stands around others: content controls, accepted insertions, tags.
fn inside(node: &Node) -> Option<&Node> {
    match node.name.as_str() {
        "sdt" => node.child("sdtContent"),
        "ins" | "moveTo" | "smartTag" | "customXml" | "hyperlink" | "fldSimple" | "bdo" | "dir" => Some(node),
        "AlternateContent" => node.child("Choice"),
        _ => None,
    }
}

impl Walker<'_> {
    fn blocks(&mut self, parent: &Node) {
        for node in parent.nodes() {
            match node.name.as_str() {
                "p" => self.paragraph(node),
                "tbl" => self.table(node),
                "altChunk" => self.lost.add("embedded document", 1),
                _ => {
                    self.passed_by(node);
                    inside(node).into_iter().for_each(|node| self.blocks(node));
                }
            }
        }
    }

    fn paragraph(&mut self, node: &Node) {
        let mut runs = Vec::new();
        self.runs(node, &mut runs);
        let shape = self.styles.shape(node.child("pPr"));
        let bare: String = runs.iter().map(|run| run.text.as_str()).collect();
        let line = || bare.split_whitespace().collect::<Vec<_>>().join(" ");
        if bare.trim().is_empty() {
            return;
        }
        let text = match shape {
            Shape::Contents => return self.lost.add("line of contents", 1),
            Shape::Title => {
                self.title.get_or_insert_with(line);
                format!("# {}", line())
            }
            Shape::Heading(level) => format!("{} {}", "#".repeat(level.min(6)), line()),
            Shape::Item { depth, is_numbered } => {
                let mark = if is_numbered { "1." } else { "-" };
                format!("{}{mark} {}", "   ".repeat(depth), written(&runs).replace('\n', " ").trim())
            }
            Shape::Quote => format!("> {}", written(&runs).trim().replace('\n', "\n> ")),
            Shape::Text => written(&runs).trim().to_string(),
        };
        self.blocks.push(Block { is_item: matches!(shape, Shape::Item { .. }), text });
    }

    /// The texts of a paragraph, those that are written alike as one.
    fn runs(&mut self, parent: &Node, runs: &mut Vec<Run>) {
        for node in parent.nodes() {
            self.passed_by(node);
            if node.name == "r" {
                self.run(node, runs);
            } else if let Some(node) = inside(node) {
                self.runs(node, runs);
            }
        }
    }

    fn run(&mut self, node: &Node, runs: &mut Vec<Run>) {
        let properties = node.child("rPr");
        let is = |name: &str| {
            let found = properties.and_then(|properties| properties.child(name));
            found.is_some_and(|found| !matches!(found.attribute("val"), Some("0" | "false" | "off" | "none")))
        };
        let mut text = String::new();
        for part in node.nodes() {
            match part.name.as_str() {
                "t" => text.extend(part.children.iter().filter_map(|child| match child {
                    Child::Text(text) => Some(text.as_str()),
                    Child::Node(_) => None,
                })),
                "tab" | "ptab" => text.push(' '),
                "br" if part.attribute("type").is_none_or(|kind| kind == "textWrapping") => text.push('\n'),
                "cr" => text.push('\n'),
                "noBreakHyphen" => text.push('-'),
                "sym" => self.lost.add("symbol", 1),
                "AlternateContent" => {
                    part.child("Choice").into_iter().flat_map(Node::nodes).for_each(|node| self.passed_by(node));
                }
                _ => self.passed_by(part),
            }
        }
        if is("vanish") {
            return self.lost.add("hidden text", usize::from(!text.trim().is_empty()));
        }
        let (is_bold, is_italic) = (is("b"), is("i"));
        match runs.last_mut() {
            Some(last) if (last.is_bold, last.is_italic) == (is_bold, is_italic) => last.text.push_str(&text),
            _ => runs.push(Run { is_bold, is_italic, text }),
        }
    }

    /// Counts an element that a text cannot show.
    fn passed_by(&mut self, node: &Node) {
        let noun = match node.name.as_str() {
            "drawing" | "pict" if node.count("txbxContent") > 0 => "text box",
            "drawing" if node.count("chart") > 0 => "chart",
            "drawing" | "pict" => "image",
            "object" => "embedded object",
            "oMath" | "oMathPara" => "formula",
            "footnoteReference" | "endnoteReference" => "footnote",
            "commentReference" => "comment",
            "del" | "moveFrom" => "tracked deletion",
            "ins" | "moveTo" => "mark of insertion",
            _ => return,
        };
        self.lost.add(noun, 1);
    }

    fn table(&mut self, table: &Node) {
        let mut rows: Vec<Vec<String>> = Vec::new();
        self.rows(table, &mut rows);
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        let mut lines = Vec::new();
        for (at, row) in rows.iter_mut().enumerate() {
            row.resize(width, String::new());
            lines.push(format!("| {} |", row.join(" | ")));
            if at == 0 {
                lines.push(format!("|{}", " --- |".repeat(width)));
            }
        }
        if rows.iter().flatten().any(|cell| !cell.is_empty()) {
            self.blocks.push(Block { is_item: false, text: lines.join("\n") });
        }
    }

    fn rows(&mut self, parent: &Node, rows: &mut Vec<Vec<String>>) {
        for node in parent.nodes() {
            if node.name == "tr" {
                let mut cells = Vec::new();
                self.cells(node, &mut cells);
                rows.push(cells);
            } else if let Some(node) = inside(node) {
                self.rows(node, rows);
            }
        }
    }

    fn cells(&mut self, row: &Node, cells: &mut Vec<String>) {
        /// As many columns as Word allows.
        const MOST_COLUMNS: usize = 63;
        for node in row.nodes() {
            if node.name == "tc" {
                let properties = node.child("tcPr");
                let span = properties.and_then(|p| p.value("gridSpan")).and_then(|span| span.parse::<usize>().ok());
                // What stands in a cell is a line of a Markdown table.
                let outer = std::mem::take(&mut self.blocks);
                self.blocks(node);
                let inner = std::mem::replace(&mut self.blocks, outer);
                let text = inner.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join(" ");
                cells.push(text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|"));
                let more = span.unwrap_or(1).clamp(1, MOST_COLUMNS) - 1;
                cells.extend(std::iter::repeat_n(String::new(), more));
            } else if let Some(node) = inside(node) {
                self.cells(node, cells);
            }
        }
    }
}

/// Runs as Markdown; the marks stand close to the words.
fn written(runs: &[Run]) -> String {
    let mut out = String::new();
    for run in runs {
        let core = run.text.trim();
        let mark = match (run.is_bold, run.is_italic) {
            _ if core.is_empty() => "",
            (true, true) => "***",
            (true, false) => "**",
            (false, true) => "*",
            (false, false) => "",
        };
        let start = run.text.len() - run.text.trim_start().len();
        let (before, after) = match core.is_empty() {
            true => (run.text.as_str(), ""),
            false => (&run.text[..start], &run.text[start + core.len()..]),
        };
        out.push_str(&format!("{before}{mark}{core}{mark}{after}"));
    }
    out
}
