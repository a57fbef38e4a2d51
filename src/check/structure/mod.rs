//! Structure: headings, sections, lists, tables, labels, code, JSON and YAML.
//!
//! [`Document`] reads an answer's Markdown once, from comrak's syntax tree, and knows how loosely small models write
//! it. Every check of this family, and the product checks, ask it instead of searching the raw text.

mod document;
mod label;
mod loose;
mod walk;

pub use document::{Bold, CodeBlock, Document, Heading, Item, Line, LineKind, List, Mark, Section, Table};
