//! Cases that a page brings along packed.
//!
//! The first cases of a report stand in the page itself, so that who has no script reads them. The rest of a large one
//! lies in the page as compressed blocks: the script knows of each case what filters and orders need, and unpacks a
//! block when one of its cases is to be shown. The page stays one file that needs nothing else.

use super::html::base64;
use super::templates;
use super::view::CaseView;
use engine::error::{Error, Result};
use flate2::{Compression, GzBuilder};
use minijinja::Value;
use serde::Serialize;
use serde_json::json;
use std::io::Write;

/// Cases that stand in the page itself.
pub const HERE: usize = 100;

/// Cases in a block: enough for the compressor to know the form of a case by heart, few enough to unpack at once.
const BLOCK: usize = 250;

/// The cases after the first [`HERE`].
#[derive(Debug, Default, Serialize)]
pub struct Packed {
    /// How many.
    pub cases: usize,
    /// JSON: for each block a list, of each case its anchor, status, half, category, change and score.
    pub index: Value,
    /// Each a JSON list of the HTML of its cases, gzip, base 64.
    pub blocks: Vec<Value>,
}

#[derive(Serialize)]
struct One<'a> {
    case: &'a CaseView,
}

pub fn pack(cases: &[CaseView]) -> Result<Packed> {
    let rest = cases.get(HERE..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(Packed::default());
    }
    let views: Vec<One<'_>> = rest.iter().map(|case| One { case }).collect();
    let pages = templates::render_each("case.html", &views)?;
    let row = |case: &CaseView| json!([case.anchor, case.status, case.half, case.category, case.change, case.score]);
    let index: Vec<Vec<serde_json::Value>> = rest.chunks(BLOCK).map(|block| block.iter().map(row).collect()).collect();
    Ok(Packed {
        cases: rest.len(),
        index: Value::from_safe_string(templates::json(&json!(index))),
        blocks: pages.chunks(BLOCK).map(block).collect::<Result<_>>()?,
    })
}

/// The same cases give the same bytes: the header of gzip holds neither name nor time.
fn block(cases: &[String]) -> Result<Value> {
    let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let packed = packer.write_all(json!(cases).to_string().as_bytes()).and_then(|()| packer.finish());
    let packed = packed.map_err(|e| Error::input("the cases of the page could not be packed").caused_by(e))?;
    Ok(Value::from_safe_string(base64(&packed)))
}
