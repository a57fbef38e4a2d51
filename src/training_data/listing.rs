//! Which files a folder of training data holds: those that are read, and the others, which nobody shall believe read.

use super::inbox;
use super::read::head;
use crate::words::count;
use engine::error::{Error, Result};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Files below some paths.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Those that are read, in the order of their names.
    pub files: Vec<PathBuf>,
    /// Those that are not, hidden ones aside.
    pub unread: Vec<Unread>,
}

/// A file that is not read, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    pub path: PathBuf,
    pub remedy: &'static str,
}

const CONVERT: &str = "make examples of it: pmtune data convert FILE --out training-data/<category>/<topic>.jsonl";
const SAVE_AS_CSV: &str = "save it as \"CSV UTF-8\", then `pmtune data convert` makes examples of it";
const UNPACK: &str = "unpack it; packed files are not read";
const MOVE: &str = "only .jsonl files are training data: move it elsewhere, or write what it says as examples";
const LINK: &str = "links to folders are not followed; name that folder as well";

/// Every `.jsonl` file below these folders, in the order of their names; a path to a file stands for itself.
///
/// # Errors
/// A folder that cannot be read; a file that is named and of a kind that `pmtune data convert` has to read first.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(listing(paths)?.files)
}

/// The same, with what lies there besides.
pub(super) fn listing(paths: &[PathBuf]) -> Result<Listing> {
    let (listing, named) = everything(paths)?;
    let foreign = named.iter().filter_map(|path| {
        let remedy = way_in(path).filter(|_| !is_lines(path))?;
        Some(Error::input(format!("{} is not JSON lines", path.display())).hint(remedy))
    });
    Error::gather(foreign.collect::<Vec<_>>()).map_or(Ok(listing), Err)
}

/// The files that `pmtune data convert` reads: folders as [`files`] has them, and named files of any kind.
pub fn any_files(paths: &[PathBuf]) -> Result<(Vec<PathBuf>, Option<String>)> {
    let (listing, _) = everything(paths)?;
    let sentence = listing.sentence();
    Ok((listing.files, sentence))
}

/// The listing, and which of its files were named.
fn everything(paths: &[PathBuf]) -> Result<(Listing, Vec<PathBuf>)> {
    let (mut listing, mut named) = (Listing::default(), Vec::new());
    for path in paths {
        if inbox::leads_in(path) {
            return Err(Error::input(format!("{} waits for approval and is no training data yet", path.display()))
                .hint("`pmtune data inbox` shows what waits, `pmtune data inbox approve` makes examples of it"));
        }
        if path.is_dir() {
            below(path, &mut listing)?;
        } else {
            listing.files.push(path.clone());
            named.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    listing.files.retain(|path| seen.insert(path.clone()));
    Ok((listing, named))
}

fn below(folder: &Path, listing: &mut Listing) -> Result<()> {
    let fail = |e| Error::io("read", folder, e);
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).map_err(fail)?.collect::<std::io::Result<Vec<_>>>().map_err(fail)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Hidden: the inbox, whose answers nobody has approved, folders of git, what Macs put beside each file.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // A link to a folder may lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&path, listing)?;
        } else if extension(&path) == "jsonl" && path.is_file() {
            listing.files.push(path);
        } else {
            let remedy = if path.is_dir() { LINK } else { way_in(&path).unwrap_or(MOVE) };
            listing.unread.push(Unread { path, remedy });
        }
    }
    Ok(())
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

/// How a file of another kind becomes training data, where there is a way.
fn way_in(path: &Path) -> Option<&'static str> {
    match extension(path).as_str() {
        "json" | "ndjson" | "jsonlines" | "csv" | "tsv" => Some(CONVERT),
        "xlsx" | "xls" | "xlsm" | "ods" | "numbers" | "parquet" | "arrow" => Some(SAVE_AS_CSV),
        "gz" | "zip" | "bz2" | "xz" | "zst" | "7z" | "tar" => Some(UNPACK),
        _ => None,
    }
}

/// Whether a named file holds objects line by line, whatever it is called.
fn is_lines(path: &Path) -> bool {
    let json = matches!(extension(path).as_str(), "json" | "ndjson" | "jsonlines");
    // A file that cannot be read is told as such by whoever reads it.
    json && head(path).is_none_or(|head| head.trim_ascii_start().first() != Some(&b'['))
}

impl Listing {
    /// The files that are not read, in a sentence for the user.
    pub fn sentence(&self) -> Option<String> {
        const MOST: usize = 5;
        let first = self.unread.first()?;
        let shown = self.unread.iter().take(MOST).map(|unread| unread.path.display().to_string());
        let more = self.unread.len().saturating_sub(MOST);
        let more = (more > 0).then(|| format!("{more} more"));
        let names: Vec<String> = shown.chain(more).collect();
        let convertible = self.unread.iter().find(|unread| unread.remedy == CONVERT);
        let remedy = convertible.unwrap_or(first).remedy;
        Some(format!("not read: {} ({}); {remedy}", count(self.unread.len(), "file"), names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read_or_named_with_its_way_in() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a/x.jsonl", "a/MORE.JSONL", "a/list.json", "a/t.CSV", "b/s.xlsx", "b/notes.md", "b/.DS_Store"] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "[]").unwrap();
        }
        let found = listing(&[root.path().to_path_buf()]).unwrap();
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(found.files.iter().map(|path| name(path)).collect::<Vec<_>>(), ["MORE.JSONL", "x.jsonl"]);
        let unread: Vec<_> = found.unread.iter().map(|unread| (name(&unread.path), unread.remedy)).collect();
        let wanted = [("list.json", CONVERT), ("t.CSV", CONVERT), ("notes.md", MOVE), ("s.xlsx", SAVE_AS_CSV)];
        assert_eq!(unread, wanted.map(|(name, remedy)| (name.to_string(), remedy)));
        let said = found.sentence().unwrap();
        assert!(said.starts_with("not read: 4 files (") && said.contains("pmtune data convert"), "{said}");
        assert_eq!(listing(&[]).unwrap().sentence(), None);
    }

    #[test]
    fn hidden_files_and_folders_are_never_read_and_the_inbox_not_even_by_name() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a/x.jsonl", "a/._x.jsonl", "a/.old/x.jsonl", ".inbox/2026-11.jsonl", ".git/x.jsonl"] {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}").unwrap();
        }
        let found = listing(&[root.path().to_path_buf()]).unwrap();
        assert_eq!((found.files, found.unread), (vec![root.path().join("a/x.jsonl")], vec![]));
        for named in [".inbox", ".inbox/2026-11.jsonl", "a/../.inbox"] {
            let path = [root.path().join(named)];
            for refused in [listing(&path).err(), any_files(&path).err()] {
                let said = refused.unwrap().to_string();
                assert!(said.contains("waits for approval") && said.contains("pmtune data inbox"), "{named}: {said}");
            }
        }
    }

    #[test]
    fn a_named_table_or_list_is_refused_with_its_way_in() {
        let root = tempfile::tempdir().unwrap();
        let refused = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::write(&path, text).unwrap();
            listing(&[path]).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(refused("a.csv", "instruction,output\n").contains("pmtune data convert"));
        assert!(refused("a.xlsx", "PK").contains("CSV UTF-8"));
        assert!(refused("a.json", " \n[{}]").contains("not JSON lines"));
        assert_eq!(refused("b.json", "{}\n{}\n"), "");
        assert_eq!(refused("b.txt", "{}\n"), "");
    }
}
