//! From comrak's tree to a [`Document`].

use super::document::Document;
use super::label::{self, Label};
use super::loose::{self, Mended};
use super::parts::{Bold, CodeBlock, Heading, Item, Line, LineKind, List, Mark, Section, Table};
use super::titles::tidy;
use comrak::arena_tree::NodeEdge;
use comrak::nodes::{ListType, NodeCodeBlock, NodeValue};
use comrak::{Arena, Node, Options, parse_document};

/// Blocks nested deeper than this are read as text, so that a thousand `>` cannot exhaust the stack.
const DEEPEST: usize = 32;

impl Document {
    /// Reads an answer.
    pub fn parse(answer: &str) -> Self {
        let mended = loose::mend(answer);
        let arena = Arena::new();
        let mut options = Options::default();
        options.extension.table = true;
        options.extension.tasklist = true;
        options.extension.strikethrough = true;
        let root = parse_document(&arena, &mended.text, &options);
        let mut walk = Walk { mended: &mended, document: Document::default(), open: Vec::new() };
        walk.blocks(root, None, 0);
        walk.finish()
    }
}

/// A section whose end is not known yet.
struct Open {
    rank: u8,
    /// Index of its title in the document's lines.
    at: usize,
    /// Ends with its list item at the latest.
    limit: Option<usize>,
    /// A plain item that is a title only if something stands beneath it.
    bare: bool,
}

struct Walk<'m> {
    mended: &'m Mended,
    document: Document,
    /// One for each section, in step with `document.sections`.
    open: Vec<Open>,
}

/// The list item that paragraphs and lists now belong to.
struct InItem<'i> {
    item: &'i mut Item,
    depth: u8,
    /// Nothing of the item has been read yet.
    fresh: bool,
    ordered: bool,
}

impl Walk<'_> {
    fn blocks(&mut self, parent: Node<'_>, mut item: Option<&mut InItem<'_>>, depth: usize) {
        for node in parent.children() {
            let item = item.as_deref_mut();
            if depth > DEEPEST {
                self.text(node, item);
                continue;
            }
            let value = node.data().value.clone();
            match value {
                NodeValue::Heading(heading) => self.heading(node, heading.level, heading.setext),
                NodeValue::List(list) => {
                    let found =
                        self.list(node, list.list_type == ListType::Ordered, list.start, item.as_deref(), depth);
                    self.place(found, item);
                }
                NodeValue::Table(_) => self.table(node),
                NodeValue::CodeBlock(code) => self.code(node, &code),
                NodeValue::ThematicBreak => {}
                NodeValue::HtmlBlock(html) => self.literal(node, &html.literal),
                NodeValue::Paragraph => self.text(node, item),
                _ => self.blocks(node, item, depth + 1),
            }
        }
    }

    fn line_of(&self, node: Node<'_>) -> usize {
        self.mended.line(node.data().sourcepos.start.line)
    }

    fn push(&mut self, text: String, line: usize, kind: LineKind) {
        self.document.lines.push(Line { text, line, kind });
    }

    fn literal(&mut self, node: Node<'_>, text: &str) {
        let first = node.data().sourcepos.start.line;
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            self.push(line.trim().to_string(), self.mended.line(first + i), LineKind::Text);
        }
    }

    /// A setext underline under several lines, or under a sentence, is a rule drawn without a blank line before it.
    fn heading(&mut self, node: Node<'_>, level: u8, setext: bool) {
        let lines = self.inline(node);
        let text = lines.iter().map(|(line, _)| line.text()).collect::<Vec<_>>().join(" ");
        if setext && (lines.len() > 1 || text.ends_with(['.', '!']) || label_of(&lines).is_some()) {
            self.paragraph(lines, None);
            return;
        }
        let line = self.line_of(node);
        let section = Label { title: tidy(&text), mark: Mark::Heading(level), lead: String::new() };
        self.section(section, false, 0, line);
        self.document.headings.push(Heading { level, text: text.clone(), line });
        self.push(text, line, LineKind::Heading);
    }

    fn text(&mut self, node: Node<'_>, item: Option<&mut InItem<'_>>) {
        let lines = self.inline(node);
        self.paragraph(lines, item);
    }

    fn paragraph(&mut self, lines: Vec<(label::Line, usize)>, mut item: Option<&mut InItem<'_>>) {
        for (runs, line) in lines {
            let text = runs.text();
            if text.is_empty() {
                continue;
            }
            let found = label::label(&runs);
            let mut kind = LineKind::Text;
            match item.as_deref_mut() {
                Some(InItem { item, depth, fresh, ordered }) => {
                    if std::mem::take(fresh) {
                        kind = LineKind::Item;
                        item.label = found.as_ref().map(|l| l.title.clone());
                        if let Some(label) = found {
                            self.section(label, true, *depth, line);
                        } else if let (Some(label), true, 0) = (label::bare(&text), *ordered, *depth) {
                            self.section(label, true, 0, line);
                            self.open.iter_mut().last().into_iter().for_each(|open| open.bare = true);
                        }
                    }
                    join(&mut item.text, &text);
                }
                None => {
                    if let Some(label) = found {
                        self.section(label, false, 0, line);
                    }
                }
            }
            self.push(text, line, kind);
        }
    }

    fn section(&mut self, label: Label, in_list: bool, depth: u8, line: usize) {
        let rank = match label.mark {
            _ if in_list => 10 + depth,
            Mark::Heading(level) => level,
            Mark::BoldLine => 7,
            Mark::PlainLine | Mark::BoldLead => 8,
            Mark::PlainLead => 9,
        };
        self.open.push(Open { rank, at: self.document.lines.len(), limit: None, bare: false });
        let Label { title, mark, lead } = label;
        self.document.sections.push(Section { title, mark, in_list, line, lead, range: 0..0, own: 0..0 });
    }

    fn list(&mut self, node: Node<'_>, ordered: bool, start: usize, around: Option<&InItem<'_>>, depth: usize) -> List {
        let depth_in_lists = around.map_or(0, |item| item.depth.saturating_add(1).min(100));
        let mut list = List { ordered, start, items: Vec::new(), at: self.document.lines.len() };
        for child in node.children() {
            let checked = match child.data().value {
                NodeValue::TaskItem(task) => Some(task.symbol.is_some()),
                _ => None,
            };
            let mut item =
                Item { text: String::new(), checked, label: None, line: self.line_of(child), nested: Vec::new() };
            let first_section = self.open.len();
            let mut inside = InItem { item: &mut item, depth: depth_in_lists, fresh: true, ordered };
            self.blocks(child, Some(&mut inside), depth + 1);
            let end = self.document.lines.len();
            // An outermost `1. **Problem**` may have its paragraphs unindented below it: it ends at the next title.
            let lone = ordered && depth_in_lists == 0 && item.nested.is_empty();
            for (i, open) in self.open.iter_mut().enumerate().skip(first_section) {
                let is_line = open.bare || self.document.sections.get(i).is_some_and(|s| s.mark == Mark::BoldLine);
                open.limit = open.limit.or((!(lone && is_line)).then_some(end));
            }
            list.items.push(item);
        }
        list
    }

    /// Puts a list where a reader sees it: in the item around it; in the item right above it, when bullets follow an
    /// ordered item without a blank line; joined to the ordered list whose numbers it carries on; else on its own.
    fn place(&mut self, found: List, around: Option<&mut InItem<'_>>) {
        if let Some(InItem { item, .. }) = around {
            item.nested.push(found);
            return;
        }
        if !found.ordered
            && self.follows_an_ordered_item(&found)
            && let Some(item) = self.document.lists.last_mut().and_then(|l| l.items.last_mut())
        {
            item.nested.push(found);
            return;
        }
        match self.carried_on(&found) {
            Some(earlier) => self.carry_on(earlier, found),
            None => self.document.lists.push(found),
        }
    }

    fn follows_an_ordered_item(&self, found: &List) -> bool {
        let Some(last) = self.document.lists.last().filter(|l| l.ordered && l.at < found.at) else {
            return false;
        };
        let line = |at: usize| self.document.lines.get(at);
        let (Some(above), Some(first)) = (found.at.checked_sub(1).and_then(line), line(found.at)) else {
            return false;
        };
        let item_line = last.items.last().map_or(0, |item| item.line);
        above.line + 1 == first.line && above.line >= item_line && !self.titled_between(last.at, found.at)
    }

    /// Index of the ordered list that `found` carries on: `1.`, a paragraph or bullets, then `2.`.
    fn carried_on(&self, found: &List) -> Option<usize> {
        if !found.ordered {
            return None;
        }
        let earlier = self.document.lists.iter().rposition(|l| l.ordered)?;
        let list = self.document.lists.get(earlier)?;
        let next = list.start + list.items.len();
        // `1.` for every item is how some models number.
        let again = list.start == 1 && found.start == 1 && list.items.len() == 1 && found.items.len() == 1;
        ((found.start == next || again) && !self.titled_between(list.at, found.at)).then_some(earlier)
    }

    /// Whether a title outside lists stands between two lines.
    fn titled_between(&self, from: usize, to: usize) -> bool {
        let sections = self.document.sections.iter().zip(&self.open);
        sections.filter(|(s, _)| !s.in_list && s.mark != Mark::PlainLead).any(|(_, o)| (from..to).contains(&o.at))
    }

    fn carry_on(&mut self, earlier: usize, found: List) {
        let between: Vec<List> = self.document.lists.drain(earlier + 1..).collect();
        let Some(list) = self.document.lists.get_mut(earlier) else { return };
        let at = list.at;
        if let Some(last) = list.items.last_mut() {
            let own = self.document.lines.get(at..found.at).unwrap_or_default();
            for line in own.iter().filter(|l| l.line > last.line && l.kind == LineKind::Text) {
                if !last.text.contains(&line.text) {
                    join(&mut last.text, &line.text);
                }
            }
            last.nested.extend(between);
        }
        list.items.extend(found.items);
    }

    fn table(&mut self, node: Node<'_>) {
        let (line, at) = (self.line_of(node), self.document.lines.len());
        let mut rows = Vec::new();
        for row in node.children() {
            let cells: Vec<String> = row
                .children()
                .map(|cell| self.inline(cell).iter().map(|(l, _)| l.text()).collect::<Vec<_>>().join(" "))
                .collect();
            let text = cells.iter().filter(|c| !c.is_empty()).cloned().collect::<Vec<_>>().join(" | ");
            self.push(text, self.line_of(row), LineKind::TableRow);
            rows.push(cells);
        }
        let mut rows = rows.into_iter();
        let columns = rows.next().unwrap_or_default();
        self.document.tables.push(Table { columns, rows: rows.collect(), line, at });
    }

    fn code(&mut self, node: Node<'_>, code: &NodeCodeBlock) {
        if !code.fenced {
            return self.literal(node, &code.literal);
        }
        let line = self.line_of(node);
        let language = code.info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
        for (i, text) in code.literal.lines().enumerate() {
            self.push(text.to_string(), line + 1 + i, LineKind::Code);
        }
        self.document.code_blocks.push(CodeBlock { language, text: code.literal.clone(), line });
    }

    /// The lines of a block's inline content, with their places; notes bold spans on the way.
    fn inline(&mut self, block: Node<'_>) -> Vec<(label::Line, usize)> {
        let first = block.data().sourcepos.start.line;
        let mut lines = vec![label::Line::default()];
        let mut bold = 0usize;
        for edge in block.traverse() {
            let (node, entering) = match edge {
                NodeEdge::Start(node) => (node, true),
                NodeEdge::End(node) => (node, false),
            };
            let data = node.data();
            let text = match &data.value {
                NodeValue::Strong => {
                    bold = if entering { bold + 1 } else { bold.saturating_sub(1) };
                    continue;
                }
                _ if !entering => continue,
                NodeValue::Text(text) => text.as_ref(),
                NodeValue::Code(code) => code.literal.as_str(),
                NodeValue::HtmlInline(html) if is_break(html) => "\n",
                NodeValue::HtmlInline(html) => html.as_str(),
                NodeValue::SoftBreak | NodeValue::LineBreak => "\n",
                _ => continue,
            };
            match lines.last_mut() {
                Some(line) if text != "\n" => line.push(text, bold > 0),
                _ => lines.push(label::Line::default()),
            }
        }
        let lines: Vec<_> = lines.into_iter().enumerate().map(|(i, l)| (l, self.mended.line(first + i))).collect();
        for (line, number) in &lines {
            let spans = line.runs.iter().filter(|run| run.bold && !run.text.trim().is_empty());
            self.document.bold_spans.extend(spans.map(|r| Bold { text: r.text.trim().to_string(), line: *number }));
        }
        lines
    }

    fn finish(mut self) -> Document {
        let end = self.document.lines.len();
        for (i, section) in self.document.sections.iter_mut().enumerate() {
            let Some(open) = self.open.get(i) else { continue };
            let later = self.open.iter().skip(i + 1);
            let next = later.clone().find(|o| o.rank <= open.rank).map_or(end, |o| o.at);
            section.range = open.at + 1..next.min(open.limit.unwrap_or(end)).max(open.at + 1);
            let next = later.map(|o| o.at).next().unwrap_or(end).min(section.range.end);
            section.own = open.at + 1..next.max(open.at + 1);
        }
        let mut bare = self.open.iter().map(|open| open.bare);
        self.document.sections.retain(|section| !bare.next().unwrap_or(false) || !section.own.is_empty());
        self.document
    }
}

fn join(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(more);
}

fn label_of(lines: &[(label::Line, usize)]) -> Option<Label> {
    lines.first().and_then(|(line, _)| label::label(line)).filter(|l| l.mark != Mark::PlainLead)
}

fn is_break(html: &str) -> bool {
    let name: String = html.chars().filter(|c| c.is_ascii_alphabetic()).collect();
    name.eq_ignore_ascii_case("br")
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
