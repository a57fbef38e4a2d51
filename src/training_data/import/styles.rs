//! What the styles and lists of a DOCX mean.

use super::xml::Node;
use std::collections::HashMap;

/// What a paragraph is by its style and its own properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Title,
    /// From 1.
    Heading(usize),
    /// A line of a list, so deep from 0.
    Item {
        depth: usize,
        is_numbered: bool,
    },
    Quote,
    /// A line of the table of contents.
    Contents,
}

#[derive(Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
    /// By list and level, whether it is numbered.
    levels: HashMap<(String, usize), bool>,
}

#[derive(Debug)]
struct Style {
    shape: Option<Shape>,
    list: Option<(String, usize)>,
    parent: Option<String>,
}

/// Styles that build on each other further than this go round in a circle.
const MOST_PARENTS: usize = 16;
const DEEPEST_LIST: usize = 8;

impl Styles {
    /// From the parts `word/styles.xml` and `word/numbering.xml`.
    pub fn new(styles: Option<&Node>, numbering: Option<&Node>) -> Self {
        let styles = styles.into_iter().flat_map(Node::nodes).filter(|node| node.name == "style");
        let styles = styles.filter_map(|node| Some((node.attribute("styleId")?.to_string(), Style::new(node))));
        Self { styles: styles.collect(), levels: numbering.map(levels).unwrap_or_default() }
    }

    /// What the paragraph with these properties (`w:pPr`) is.
    pub fn shape(&self, properties: Option<&Node>) -> Shape {
        let mut list = properties.and_then(list);
        let mut shape = properties.and_then(outline);
        let mut style = properties.and_then(|properties| properties.value("pStyle"));
        for _ in 0..MOST_PARENTS {
            let Some(found) = style.and_then(|style| self.styles.get(style)) else { break };
            shape = shape.or(found.shape);
            list = list.or_else(|| found.list.clone());
            style = found.parent.as_deref();
        }
        match (shape, list) {
            (Some(shape), _) => shape,
            // The list 0 is none: it takes a paragraph out of its style's list.
            (None, Some((number, depth))) if number != "0" => {
                let is_numbered = self.levels.get(&(number, depth)).copied().unwrap_or_default();
                Shape::Item { depth: depth.min(DEEPEST_LIST), is_numbered }
            }
            _ => Shape::Text,
        }
    }
}

impl Style {
    fn new(node: &Node) -> Self {
        // Word keeps these names in English, whatever language it speaks.
        let name = node.value("name").unwrap_or_default().to_lowercase();
        let heading = || name.strip_prefix("heading ")?.parse().ok().filter(|level| (1..=9).contains(level));
        let properties = node.child("pPr");
        let shape = match name.as_str() {
            "title" => Some(Shape::Title),
            "quote" | "intense quote" => Some(Shape::Quote),
            name if name.starts_with("toc ") => Some(Shape::Contents),
            _ => heading().map(Shape::Heading).or_else(|| properties.and_then(outline)),
        };
        Self { shape, list: properties.and_then(list), parent: node.value("basedOn").map(str::to_string) }
    }
}

/// The level of a heading that a paragraph claims by itself; 9 is none.
fn outline(properties: &Node) -> Option<Shape> {
    let level: usize = properties.value("outlineLvl")?.parse().ok()?;
    (level < 9).then_some(Shape::Heading(level + 1))
}

fn list(properties: &Node) -> Option<(String, usize)> {
    let numbering = properties.child("numPr")?;
    let depth = numbering.value("ilvl").and_then(|level| level.parse().ok()).unwrap_or_default();
    Some((numbering.value("numId")?.to_string(), depth))
}

fn levels(numbering: &Node) -> HashMap<(String, usize), bool> {
    let named = |name: &'static str| numbering.nodes().filter(move |node| node.name == name);
    let drafts: HashMap<&str, &Node> =
        named("abstractNum").filter_map(|node| Some((node.attribute("abstractNumId")?, node))).collect();
    let mut levels = HashMap::new();
    for list in named("num") {
        let Some(number) = list.attribute("numId") else { continue };
        let draft = list.value("abstractNumId").and_then(|id| drafts.get(id));
        for level in draft.into_iter().flat_map(|draft| draft.nodes()).filter(|node| node.name == "lvl") {
            let depth = level.attribute("ilvl").and_then(|depth| depth.parse().ok()).unwrap_or_default();
            let is_numbered = !matches!(level.value("numFmt"), None | Some("bullet" | "none"));
            levels.insert((number.to_string(), depth), is_numbered);
        }
    }
    levels
}
