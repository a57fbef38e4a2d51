//! Structure: headings, sections, lists, tables, labels, code, JSON and YAML.
//!
//! [`Document`] reads an answer's Markdown once, from comrak's syntax tree, and knows how loosely small models write
//! it. Every check of this family, and the product checks, ask it instead of searching the raw text.

mod bold_labels;
mod code_block;
mod document;
mod heading;
mod json;
mod json_values;
mod label;
mod list_items;
mod loose;
mod parts;
mod payload;
mod sections;
mod table;
mod titles;
mod walk;
mod yaml;

pub use document::Document;
pub use parts::{Bold, CodeBlock, Heading, Item, Line, LineKind, List, Mark, Section, Table};

use super::Criterion::{Accuracy, Completeness, Format};
use super::Kind;

pub const KINDS: &[Kind] = &[
    Kind::new::<heading::HeadingCheck>("heading", Format, 1, "The answer has headings, or a certain heading."),
    Kind::new::<sections::Sections>("sections", Completeness, 2, "The answer has each of these sections, in order."),
    Kind::new::<list_items::ListItems>("list-items", Format, 2, "The answer's lists have this many items."),
    Kind::new::<table::TableCheck>("table", Format, 1, "The answer has a table, with these columns and rows."),
    Kind::new::<bold_labels::BoldLabels>("bold-labels", Format, 1, "The answer has each of these labels in bold."),
    Kind::new::<code_block::CodeBlockCheck>("code-block", Format, 1, "The answer has a fenced code block."),
    Kind::new::<json::IsJson>("is-json", Format, 1, "The answer is JSON, bare or in its only code block."),
    Kind::new::<json::ContainsJson>("contains-json", Format, 1, "A JSON object or list stands in the answer."),
    Kind::new::<json::JsonSchemaCheck>("json-schema", Format, 1, "The answer is JSON that fits a JSON Schema."),
    Kind::new::<json_values::JsonValues>("json-values", Accuracy, 1, "The answer is JSON with these values."),
    Kind::new::<yaml::IsYaml>("is-yaml", Format, 1, "The answer is a YAML mapping or list."),
];
