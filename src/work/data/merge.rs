//! Several people's folders joined into one.

use crate::training_data::{self, Merged, Part, load, near_duplicates};
use crate::work::event::{Event, Sink};
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

/// Joins folders of examples, the one that counts most first. `strict` refuses near-duplicates instead of keeping the
/// longer of each pair.
///
/// # Errors
/// A folder that is none; broken lines, all at once; near-duplicates where they are refused.
pub fn merge(folders: &[PathBuf], strict: bool, sink: &dyn Sink) -> Result<Merged> {
    let mut parts: Vec<Part> = Vec::with_capacity(folders.len());
    for path in folders {
        if !path.is_dir() {
            return Err(Error::missing(format!("{} is no folder", path.display()))
                .hint("merge joins folders of <category>/<topic>.jsonl"));
        }
        let name = name(path, &parts);
        let (examples, unread) = load(std::slice::from_ref(path))?;
        if examples.is_empty() {
            return Err(Error::missing(format!("{} holds no example", path.display()))
                .hint("merge joins folders of <category>/<topic>.jsonl; leave this one out, or name another"));
        }
        unread.into_iter().for_each(|text| sink.tell(Event::Warning(text)));
        parts.push(Part { name, folder: path.clone(), examples });
    }
    let merged = training_data::merge(parts, near_duplicates);
    if strict && !merged.near.is_empty() { Err(refused(&merged)) } else { Ok(merged) }
}

/// What `source` calls a part: its folder's name, or the folder above where that is just `training-data` or taken.
fn name(path: &Path, parts: &[Part]) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let names: Vec<String> =
        full.ancestors().filter_map(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned()).take(3).collect();
    let free = |name: &&String| *name != "training-data" && !parts.iter().any(|part| part.name == **name);
    names.iter().find(free).cloned().unwrap_or_else(|| path.display().to_string())
}

fn refused(merged: &Merged) -> Error {
    let pairs = merged.near.iter().map(|near| {
        Error::input(format!("{} and {} say nearly the same", near.kept.place, near.dropped.place))
            .hint("remove or rewrite one of them, or merge without --strict to keep the longer")
    });
    Error::gather(pairs).unwrap_or_else(|| Error::input("nothing was merged"))
}
