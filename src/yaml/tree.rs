use super::hint;
use super::node::{At, Key, Node, Source, Value};
use super::scalar::{Scalar, Style};
use engine::error::{Error, Result};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Far above any file a person writes; keeps a stray binary or a hostile file from filling the memory.
const MAX_BYTES: usize = 32 << 20;
/// Deepest nesting; everything that walks the tree by recursion relies on it.
const MAX_DEPTH: usize = 64;
/// Most values that aliases may add, so that ten lines of anchors cannot grow into millions of values.
const MAX_ALIASED: usize = 1 << 20;

/// Parses one YAML document; `file` is only for messages. An empty document is a null.
///
/// Gathers all duplicate keys; stops at the first error of syntax, because what follows one cannot be trusted.
pub fn parse(text: &str, file: &Path) -> Result<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_BYTES {
        let mib = MAX_BYTES >> 20;
        return Err(Error::input(format!("{} is larger than {mib} MiB", file.display()))
            .hint("split it into several files; long texts can stand in files of their own (`file://…`)"));
    }
    let text = if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let lines = text.split('\n').map(str::to_string).collect();
    let source = Arc::new(Source { file: file.to_path_buf(), lines });
    printable(&text, &source)?;
    Builder::new(source).build(&text)
}

/// Refuses what YAML refuses (5.1): the parser would take a NUL for the end of the file.
fn printable(text: &str, source: &Source) -> Result<()> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\u{85}' | ' '..='\u{7e}' | '\u{a0}'..);
    if text.chars().all(allowed) {
        return Ok(());
    }
    for (number, line) in text.split('\n').enumerate() {
        if let Some((column, c)) = line.chars().enumerate().find(|(_, c)| !allowed(*c)) {
            let place = source.place(At { line: number + 1, column: column + 1 });
            return Err(Error::input(format!("a control character (U+{:04X}) stands here", u32::from(c)))
                .at(place)
                .hint("save the file as UTF-8 text; write such a character as an escape in double quotes"));
        }
    }
    Ok(())
}

/// A list or mapping whose end has not come yet.
struct Open {
    at: At,
    anchor: usize,
    items: Items,
    /// Values in it so far, itself included.
    size: usize,
    /// Levels below it.
    height: usize,
}

enum Items {
    List(Vec<Node>),
    Map { entries: Vec<(Key, Node)>, key: Option<Key>, seen: HashMap<String, At>, merges: Vec<Node> },
}

#[derive(Clone)]
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

struct Builder {
    source: Arc<Source>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    aliased: usize,
    root: Option<Node>,
    documents: usize,
    faults: Vec<Error>,
}

fn at(mark: Marker) -> At {
    At { line: mark.line().max(1), column: mark.col() + 1 }
}

impl Builder {
    fn new(source: Arc<Source>) -> Self {
        Self {
            source,
            stack: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            root: None,
            documents: 0,
            faults: Vec::new(),
        }
    }

    fn build(mut self, text: &str) -> Result<Node> {
        for event in Parser::new_from_str(text) {
            let step = match event {
                Ok((event, span)) => self.event(event, span),
                Err(error) => Err(self.syntax(*error.marker(), error.info())),
            };
            if let Err(fault) = step {
                self.faults.push(fault);
                break;
            }
        }
        match Error::gather(self.faults) {
            Some(error) => Err(error),
            None => Ok(self.root.unwrap_or_else(|| null(&self.source, At { line: 1, column: 1 }))),
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<()> {
        let at = at(span.start);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self
                        .fault(at, "a second document starts here")
                        .hint("remove the line `---`; one file holds one document"));
                }
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = self.style(style, tag.as_deref(), at)?;
                let scalar = Scalar { text: text.into_owned(), style };
                let node = self.node(at, Value::Scalar(Arc::new(scalar)));
                self.add(Anchored { node, size: 1, height: 0 }, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.open(at, anchor, Items::List(Vec::new()), tag.as_deref()),
            Event::MappingStart(anchor, tag) => {
                let items = Items::Map { entries: Vec::new(), key: None, seen: HashMap::new(), merges: Vec::new() };
                self.open(at, anchor, items, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(at, anchor),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn style(&self, style: ScalarStyle, tag: Option<&Tag>, at: At) -> Result<Style> {
        match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(Style::Quoted),
            Some(tag) if tag.is_yaml_core_schema() => Ok(Style::Rendered),
            Some(tag) => Err(self.unknown_tag(at, tag)),
            None if style == ScalarStyle::Plain => Ok(Style::Plain),
            None => Ok(Style::Quoted),
        }
    }

    fn unknown_tag(&self, at: At, tag: &Tag) -> Error {
        self.fault(at, format!("the tag `{tag}` means nothing here"))
            .hint("put quotes around a text that starts with `!`")
    }

    fn open(&mut self, at: At, anchor: usize, items: Items, tag: Option<&Tag>) -> Result<()> {
        if let Some(tag) = tag.filter(|tag| !tag.is_yaml_core_schema()) {
            return Err(self.unknown_tag(at, tag));
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(self.too_deep(at));
        }
        self.stack.push(Open { at, anchor, items, size: 1, height: 0 });
        Ok(())
    }

    fn too_deep(&self, at: At) -> Error {
        self.fault(at, format!("lists and mappings are nested more than {MAX_DEPTH} deep"))
            .hint("a bracket is probably never closed; put quotes around a text that starts with `[` or `{`")
    }

    fn close(&mut self) -> Result<()> {
        let Some(Open { at, anchor, items, size, height }) = self.stack.pop() else { return Ok(()) };
        let value = match items {
            Items::List(items) => Value::List(Arc::new(items)),
            Items::Map { mut entries, mut seen, merges, .. } => {
                for (key, node) in merges.iter().flat_map(|node| node.entries()) {
                    if !seen.contains_key(&key.text) {
                        seen.insert(key.text.clone(), key.at);
                        entries.push((key.clone(), node.clone()));
                    }
                }
                Value::Map(Arc::new(entries))
            }
        };
        let node = self.node(at, value);
        self.add(Anchored { node, size, height }, anchor)
    }

    fn alias(&mut self, at: At, anchor: usize) -> Result<()> {
        let Some(anchored) = self.anchors.get(&anchor).cloned() else {
            return Err(self
                .fault(at, "an alias stands inside the value it names")
                .hint("a value cannot contain itself; write it out"));
        };
        self.aliased += anchored.size;
        if self.aliased > MAX_ALIASED {
            return Err(self
                .fault(at, "the aliases of this file add up to more than a million values")
                .hint("write the values out, or split the file"));
        }
        if self.stack.len() + anchored.height > MAX_DEPTH {
            return Err(self.too_deep(at));
        }
        self.add(anchored, 0)
    }

    /// Adds a finished value to what is open, or makes it the root.
    fn add(&mut self, value: Anchored, anchor: usize) -> Result<()> {
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        let Anchored { node, size, height } = value;
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        open.size += size;
        open.height = open.height.max(height + 1);
        match &mut open.items {
            Items::List(items) => items.push(node),
            Items::Map { key: None, .. } => return self.add_key(node),
            Items::Map { entries, key: slot @ Some(_), seen, merges } => {
                let Some(key) = slot.take() else { return Ok(()) };
                if key.text == "<<" {
                    return merge(merges, node).map_err(|at| {
                        self.fault(at, "`<<` takes over the keys of a mapping, and this is none")
                            .hint("write `<<: *name`, where `&name` stands at a mapping")
                    });
                }
                match seen.get(&key.text).copied() {
                    Some(first) => {
                        let fault = self
                            .fault(key.at, format!("the key `{}` stands here for the second time", key.text))
                            .hint(format!("it stands on line {} already; remove one of the two", first.line));
                        self.faults.push(fault);
                    }
                    None => {
                        seen.insert(key.text.clone(), key.at);
                        entries.push((key, node));
                    }
                }
            }
        }
        Ok(())
    }

    fn add_key(&mut self, node: Node) -> Result<()> {
        let Value::Scalar(scalar) = &node.value else {
            return Err(self
                .fault(node.at, "a list or mapping cannot be a key")
                .hint("put quotes around a text that starts with `{` or `[`, templates such as \"{{ name }}\" too"));
        };
        let new = Key { text: scalar.text.clone(), source: self.source.clone(), at: node.at };
        if let Some(Open { items: Items::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(new);
        }
        Ok(())
    }

    fn node(&self, at: At, value: Value) -> Node {
        Node { source: self.source.clone(), at, value }
    }

    fn fault(&self, at: At, message: impl Into<String>) -> Error {
        Error::input(message).at(self.source.place(at))
    }

    fn syntax(&self, mark: Marker, info: &str) -> Error {
        let last = self.source.lines.iter().rposition(|l| !l.trim().is_empty()).unwrap_or(0);
        let mut at = at(mark);
        if at.line > last + 1 {
            // Past the end: point behind the last thing written.
            let column = self.source.lines.get(last).map_or(1, |l| l.trim_end().chars().count() + 1);
            at = At { line: last + 1, column };
        }
        if info.contains("simple key expect") {
            at = self.without_colon(at);
        }
        let line = self.source.lines.get(at.line - 1).map_or("", String::as_str);
        let next = self.source.lines.get(at.line..=last).and_then(|rest| rest.first()).map(String::as_str);
        let (message, remedy) = hint::syntax(info, line, next);
        self.fault(at, message).hint(remedy)
    }
}

impl Builder {
    /// The parser misses a key's colon only at the next key; the key itself stands on the last written line before.
    fn without_colon(&self, at: At) -> At {
        let before = self.source.lines.get(..at.line - 1).unwrap_or_default();
        let found = before.iter().rposition(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
        match found {
            Some(index) if at.column <= 1 + indent(self.source.lines.get(at.line - 1)) => {
                At { line: index + 1, column: 1 + indent(self.source.lines.get(index)) }
            }
            _ => at,
        }
    }
}

fn indent(line: Option<&String>) -> usize {
    line.map_or(0, |line| line.chars().take_while(|c| *c == ' ').count())
}

fn null(source: &Arc<Source>, at: At) -> Node {
    let scalar = Scalar { text: String::new(), style: Style::Plain };
    Node { source: source.clone(), at, value: Value::Scalar(Arc::new(scalar)) }
}

/// Takes the mapping, or list of mappings, of a `<<` key; else gives the place of what is none.
fn merge(merges: &mut Vec<Node>, node: Node) -> std::result::Result<(), At> {
    match &node.value {
        Value::Map(_) => merges.push(node),
        Value::List(items) => {
            for item in items.iter() {
                if !item.is_map() {
                    return Err(item.at);
                }
                merges.push(item.clone());
            }
        }
        Value::Scalar(_) => return Err(node.at),
    }
    Ok(())
}
