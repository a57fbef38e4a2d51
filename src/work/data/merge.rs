//! Several people's folders, or their whole workspaces, joined into one.

use crate::suite;
use crate::training_data::{self, Merged, Part, lines, load, near_duplicates};
use crate::work::event::{Event, Sink};
use crate::workspace::FILE;
use engine::error::{Error, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What several people have, joined.
#[derive(Debug, Default)]
pub struct Joined {
    pub examples: Merged,
    /// Where workspaces were joined.
    pub suites: Option<suite::Merged>,
}

impl Joined {
    /// Every file by its path below the new folder.
    ///
    /// # Errors
    /// A suite cannot be read any more.
    pub fn files(&self) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let below = if self.suites.is_some() { Path::new("training-data") } else { Path::new("") };
        let examples = self.examples.files.iter();
        let mut files: BTreeMap<PathBuf, Vec<u8>> =
            examples.map(|(path, all)| Ok((below.join(path), lines(all)?.into_bytes()))).collect::<Result<_>>()?;
        for (path, source) in self.suites.iter().flat_map(|suites| &suites.files) {
            files.insert(path.clone(), std::fs::read(source).map_err(|e| Error::io("read", source, e))?);
        }
        Ok(files)
    }
}

/// Joins what people have: folders of examples, or workspaces with their examples and suites. `strict` as in [`examples`].
///
/// # Errors
/// Those of [`examples`] and [`suite::merge`]; some are workspaces, and some are not.
pub fn merge(folders: &[PathBuf], strict: bool, sink: &dyn Sink) -> Result<Joined> {
    let (workspaces, others): (Vec<_>, Vec<_>) = folders.iter().partition(|folder| folder.join(FILE).is_file());
    let (Some(_), Some(other)) = (workspaces.first(), others.first()) else {
        if workspaces.is_empty() {
            return Ok(Joined { examples: examples(folders, strict, sink)?, suites: None });
        }
        let data: Vec<PathBuf> =
            workspaces.iter().map(|root| root.join("training-data")).filter(|data| data.is_dir()).collect();
        let people: Vec<(String, PathBuf)> = workspaces.iter().map(|root| (name(root, &[]), (*root).clone())).collect();
        return Ok(Joined { examples: examples(&data, strict, sink)?, suites: Some(suite::merge(&people)?) });
    };
    Err(Error::usage(format!("{} is no workspace, and others are", other.display()))
        .hint("name workspaces alone, or the folders of examples in them"))
}

/// Joins folders of examples, the one that counts most first. `strict` refuses near-duplicates instead of keeping the
/// longer of each pair.
///
/// # Errors
/// A folder that is none; broken lines, all at once; near-duplicates where they are refused.
fn examples(folders: &[PathBuf], strict: bool, sink: &dyn Sink) -> Result<Merged> {
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
