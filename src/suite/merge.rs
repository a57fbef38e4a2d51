//! Several people's suites side by side.

use super::load::texts_of;
use crate::workspace::suite_files;
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What each file of the merged suites is taken from.
#[derive(Debug, Default)]
pub struct Merged {
    /// By its path below a workspace.
    pub files: BTreeMap<PathBuf, PathBuf>,
    /// Suites that several people have, byte for byte.
    pub same: usize,
    /// Suites whose name somebody before has for another one: their path there, and here.
    pub renamed: Vec<(PathBuf, PathBuf)>,
}

/// Joins the suites of workspaces, each with its person's name. The same file counts once; of two suites by one name the
/// later one gets its person's name behind its own, so that no case is lost and none changes its meaning.
///
/// # Errors
/// Suites with mistakes; two people have different texts by one name; a text lies outside `suites/`.
pub fn merge(parts: &[(String, PathBuf)]) -> Result<Merged> {
    let (mut merged, mut faults) = (Merged::default(), Vec::new());
    for (person, root) in parts {
        // A workspace may have no suite.
        for file in suite_files(root).unwrap_or_default() {
            match texts_of(root, &file) {
                Ok(texts) => faults.extend(take(&mut merged, person, root, &file, &texts).err()),
                Err(error) => faults.push(error),
            }
        }
    }
    Error::gather(faults).map_or(Ok(merged), Err)
}

fn take(merged: &mut Merged, person: &str, root: &Path, file: &Path, texts: &[PathBuf]) -> Result<()> {
    let real = root.canonicalize().map_err(|e| Error::io("open", root, e))?;
    for text in texts {
        let path = text.strip_prefix(&real).unwrap_or(text).to_path_buf();
        if !path.starts_with("suites") {
            return Err(Error::input(format!("{} reads {}", file.display(), path.display()))
                .hint("suites are merged with the files below suites/ alone; move that file there first"));
        }
        match merged.files.get(&path) {
            Some(known) if !alike(known, text)? => {
                return Err(Error::input(format!("{} and {} are not the same", known.display(), text.display()))
                    .hint("give one of them another name, and its suites the new name"));
            }
            Some(_) => {}
            None => _ = merged.files.insert(path, text.clone()),
        }
    }
    let name = file.file_name().map(PathBuf::from).unwrap_or_default();
    let stem = name.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let path = Path::new("suites").join(&name);
    let by_stem = merged.files.iter().find(|(known, _)| top(known) && known.file_stem() == name.file_stem());
    let Some((_, known)) = by_stem else {
        merged.files.insert(path, file.to_path_buf());
        return Ok(());
    };
    if alike(known, file)? {
        merged.same += 1;
        return Ok(());
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let person: String = person.chars().map(plain).collect();
    let free = (1u32..).map(|n| match n {
        1 => format!("suites/{stem}-{person}.yaml"),
        n => format!("suites/{stem}-{person}-{n}.yaml"),
    });
    let to = free.map(PathBuf::from).find(|to| !merged.files.contains_key(to)).unwrap_or_default();
    merged.renamed.push((file.to_path_buf(), to.clone()));
    merged.files.insert(to, file.to_path_buf());
    Ok(())
}

/// A suite's own file, and not a text of one.
fn top(path: &Path) -> bool {
    path.components().count() == 2 && path.extension().is_some_and(|end| end == "yaml" || end == "yml")
}

fn alike(a: &Path, b: &Path) -> Result<bool> {
    Ok(store::hash_file(a, |_| ())? == store::hash_file(b, |_| ())?)
}
