use super::entries::{Entry, entries, fault};
use super::list::{COUNT, FILES, List, WordFile};
use crate::words;
use crate::yaml;
use engine::error::{Error, Result};
use engine::store;
use regex::Regex;
use std::fmt;
use std::ops::Index;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

/// The folder of a workspace with its own words.
const FOLDER: &str = "words";
/// Bytes of one of its files at most: what a list holds becomes one pattern, and patterns have a limit.
const MOST: usize = 64 * 1024;

/// All word lists, as the program ships them or as a workspace has changed them.
pub struct Lexicon {
    /// By [`List`].
    lists: Vec<Vec<String>>,
    /// What is made of a list once for all texts, by [`List`].
    patterns: [OnceLock<Regex>; COUNT],
}

static SHIPPED: LazyLock<Arc<Lexicon>> = LazyLock::new(|| {
    let terms = |file: &WordFile, name: &str| {
        let (entries, _) = entries(file.text, Path::new(file.name));
        entries.into_iter().filter(|entry| entry.section == name).map(|entry| entry.term).collect()
    };
    let lists = FILES.iter().flat_map(|file| file.sections.iter().map(move |(name, _)| terms(file, name)));
    Arc::new(Lexicon::new(lists.collect()))
});

impl Lexicon {
    fn new(lists: Vec<Vec<String>>) -> Self {
        Self { lists, patterns: [const { OnceLock::new() }; COUNT] }
    }

    /// The lists as the program ships them.
    pub fn shipped() -> Arc<Self> {
        SHIPPED.clone()
    }

    /// The lists with the changes in the folder `words` of this workspace, if it has one.
    ///
    /// Gathers every fault of every file, each with its line.
    pub fn of_workspace(root: &Path) -> Result<Arc<Self>> {
        let folder = root.join(FOLDER);
        if !folder.is_dir() {
            return Ok(Self::shipped());
        }
        let mut changed = Self::new(SHIPPED.lists.clone());
        let faults: Vec<Error> = files(&folder)?.iter().filter_map(|file| changed.apply(file).err()).collect();
        Error::gather(faults).map_or(Ok(Arc::new(changed)), Err)
    }

    /// Makes the changes of one file.
    fn apply(&mut self, path: &Path) -> Result<()> {
        let file = known(path)?;
        let text = store::read_prose(path)?;
        if text.len() > MOST {
            let message = format!("{} has {} bytes; a file of words has {MOST} at most", path.display(), text.len());
            return Err(Error::input(message).hint("keep the words that your documents use"));
        }
        let wrong = |entry: &Entry, message: String| {
            fault(path, entry.line, text.lines().nth(entry.line - 1).unwrap_or_default(), message)
        };
        let (entries, mut faults) = entries(&text, path);
        for entry in entries {
            let Some((_, list)) = file.sections.iter().find(|(name, _)| *name == entry.section) else {
                faults.push(no_section(file, &entry, wrong));
                continue;
            };
            let terms = &mut self.lists[*list as usize];
            let place = terms.iter().position(|term| *term == entry.term);
            match (place, entry.taken_away) {
                (Some(at), true) => drop(terms.remove(at)),
                (None, false) => terms.push(entry.term),
                // There already: a later release may have brought it.
                (Some(_), false) => {}
                (None, true) => {
                    let hint = match yaml::closest(&entry.term, terms.iter().map(String::as_str)) {
                        Some(near) => format!("did you mean `-{near}`? Else remove this line"),
                        None => "remove this line; only terms of the list can be taken away".to_string(),
                    };
                    faults.push(wrong(&entry, format!("`{}` is not in the list", entry.term)).hint(hint));
                }
            }
        }
        faults.sort_by_key(|fault| fault.place.as_ref().map(|place| place.line));
        Error::gather(faults).map_or(Ok(()), Err)
    }

    /// Whether the list has this word; in lower case.
    pub fn has(&self, list: List, word: &str) -> bool {
        self[list].iter().any(|term| term == word)
    }

    /// The pattern that `make` makes of a list, made once. A list has one pattern at most.
    pub(crate) fn pattern(&self, list: List, make: fn(&[String]) -> Regex) -> &Regex {
        self.patterns[list as usize].get_or_init(|| make(&self[list]))
    }

    /// Tells lists that were changed from the shipped ones and from other changes; `None` when none of these was, so that
    /// a check which goes by shipped lists alone is the check it always was.
    pub fn fingerprint(&self, lists: &[List]) -> Option<String> {
        let changed: Vec<(String, &[String])> = lists
            .iter()
            .filter(|&&list| self[list] != SHIPPED[list])
            .map(|&list| (format!("{list:?}"), &self[list]))
            .collect();
        (!changed.is_empty()).then(|| store::hash_of(&serde_json::json!(changed)))
    }

    /// These lists alone, the others empty: what a check that names its lists may rely on.
    #[cfg(test)]
    pub fn only(&self, lists: &[List]) -> Arc<Self> {
        let kept = |(at, terms): (usize, &Vec<String>)| match lists.iter().any(|list| *list as usize == at) {
            true => terms.clone(),
            false => Vec::new(),
        };
        Arc::new(Self::new(self.lists.iter().enumerate().map(kept).collect()))
    }
}

impl fmt::Debug for Lexicon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lexicon").finish_non_exhaustive()
    }
}

impl Index<List> for Lexicon {
    type Output = [String];

    fn index(&self, list: List) -> &[String] {
        &self.lists[list as usize]
    }
}

/// Files of the folder by name, hidden ones left out.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let mut files: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).filter(|p| !hidden(p)).collect();
    files.sort();
    Ok(files)
}

/// The shipped file that this one changes.
fn known(path: &Path) -> Result<&'static WordFile> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let text = path.extension().is_some_and(|end| end == "txt");
    FILES.iter().find(|file| text && file.name == stem).ok_or_else(|| {
        let names = FILES.iter().map(|file| file.name);
        Error::input(format!("{} changes no word list", path.display())).hint(
            match yaml::closest(&stem, names.clone()) {
                Some(near) => format!("did you mean `{near}.txt`?"),
                None => format!("rename or remove it; there are {}, each with `.txt`", words::quoted_list(names)),
            },
        )
    })
}

fn no_section(file: &WordFile, entry: &Entry, wrong: impl Fn(&Entry, String) -> Error) -> Error {
    let names = words::quoted_list(file.sections.iter().map(|(name, _)| *name));
    match (entry.section.as_str(), file.sections) {
        (_, [("", _)]) => {
            wrong(entry, format!("{}.txt has no sections", file.name)).hint("remove the line `[…]` above")
        }
        ("", _) => wrong(entry, "this term belongs to no section".to_string())
            .hint(format!("write `[…]` above it; the sections are {names}")),
        (other, _) => wrong(entry, format!("there is no section `{other}`")).hint(format!("the sections are {names}")),
    }
}
