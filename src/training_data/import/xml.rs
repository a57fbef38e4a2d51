//! XML as a small tree. Documents that define entities are refused, so none can grow while it is read.

use super::package::damaged;
use engine::error::{Error, Result};
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Deeper trees are refused: what walks over a tree calls itself.
const DEEPEST: usize = 256;

/// An element; names are without their namespace's prefix.
#[derive(Debug, Default)]
pub(super) struct Node {
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Child>,
}

#[derive(Debug)]
pub(super) enum Child {
    Node(Node),
    Text(String),
}

impl Node {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().filter_map(|child| match child {
            Child::Node(node) => Some(node),
            Child::Text(_) => None,
        })
    }

    pub fn child(&self, name: &str) -> Option<&Node> {
        self.nodes().find(|node| node.name == name)
    }

    /// The value of a child such as `<w:pStyle w:val="Heading1"/>`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.child(name)?.attribute("val")
    }

    /// How many elements of that name there are below this one.
    pub fn count(&self, name: &str) -> usize {
        self.nodes().map(|node| usize::from(node.name == name) + node.count(name)).sum()
    }

    /// All text in it.
    pub fn text(&self) -> String {
        let parts = self.children.iter().map(|child| match child {
            Child::Node(node) => node.text(),
            Child::Text(text) => text.clone(),
        });
        parts.collect()
    }
}

/// The outermost element.
///
/// # Errors
/// It is no XML, defines entities, or is nested too deeply.
pub(super) fn parse(text: &str) -> Result<Node> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Node::default()];
    loop {
        let event = reader.read_event().map_err(|e| damaged(&e.to_string()))?;
        match event {
            Event::Start(tag) if open.len() > DEEPEST => {
                let name = tag.local_name().as_ref().to_string();
                return Err(Error::input(format!("`{name}` stands {DEEPEST} elements deep"))
                    .hint("save the document's text alone"));
            }
            Event::Start(tag) => open.push(node(&tag)?),
            Event::Empty(tag) => add(&mut open, Child::Node(node(&tag)?)),
            Event::End(_) => {
                let closed = open.pop().unwrap_or_default();
                if open.is_empty() {
                    return Err(damaged("an element is closed that was never opened"));
                }
                add(&mut open, Child::Node(closed));
            }
            Event::Text(text) => add_text(&mut open, &text.xml10_content()),
            Event::CData(text) => add_text(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => add_text(&mut open, &resolved(&reference)?.to_string()),
            Event::DocType(_) => {
                return Err(Error::input("it defines entities of its own (a DTD), which no office program writes")
                    .hint("save it again with an office program"));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let (Some(root), true) = (open.pop(), open.is_empty()) else { return Err(damaged("an element is never closed")) };
    let first = root.children.into_iter().find_map(|child| match child {
        Child::Node(node) => Some(node),
        Child::Text(_) => None,
    });
    first.ok_or_else(|| damaged("it holds no element"))
}

fn node(tag: &BytesStart<'_>) -> Result<Node> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|e| damaged(&e.to_string()))?;
        let value =
            attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| damaged(&e.to_string()))?.into_owned();
        attributes.push((attribute.key.local_name().as_ref().to_string(), value));
    }
    Ok(Node { name: tag.local_name().as_ref().to_string(), attributes, children: Vec::new() })
}

fn resolved(reference: &BytesRef<'_>) -> Result<char> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| damaged(&e.to_string()))? {
        return Ok(c);
    }
    match reference.xml10_content().as_ref() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(damaged(&format!("it names an entity `{other}` that XML does not have"))),
    }
}

fn add(open: &mut [Node], child: Child) {
    if let Some(node) = open.last_mut() {
        node.children.push(child);
    }
}

/// Texts that follow each other become one.
fn add_text(open: &mut [Node], text: &str) {
    let Some(node) = open.last_mut() else { return };
    match node.children.last_mut() {
        Some(Child::Text(before)) => before.push_str(text),
        _ => node.children.push(Child::Text(text.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_read_and_bombs_are_not() {
        let root = parse("<w:a x:k='1 &lt; 2'><b>one &amp; t&#119;o</b><b/><!-- no --></w:a>").unwrap();
        assert_eq!((root.name.as_str(), root.attribute("k"), root.count("b")), ("a", Some("1 < 2"), 2));
        assert_eq!(root.text(), "one & two");
        let deep = "<a>".repeat(DEEPEST + 1);
        let bomb = "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>";
        for (text, part) in [
            ("", "holds no element"),
            ("<a>", "never closed"),
            ("<a></b>", "damaged"),
            ("</a>", "damaged"),
            ("<a>&x;</a>", "an entity `x`"),
            (bomb, "a DTD"),
            (&deep, "elements deep"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
