use super::document::{FILE_KEYS, Header, named_by};
use super::read_case::CaseReader;
use super::texts::Texts;
use super::{Case, Suite};
use crate::check::{self, Lexicon};
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use engine::store;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads suites, in the order of `files`. `root` is the workspace: `file://` texts and word lists are looked for in it,
/// and a suite's `path` is told from it.
///
/// Gathers every fault of every file, in the order of the files and their lines.
pub fn load(root: &Path, files: &[PathBuf]) -> Result<Vec<Suite>> {
    load_among(&check::kinds().collect::<Vec<_>>(), root, files)
}

pub(super) fn load_among(kinds: &[&'static check::Kind], root: &Path, files: &[PathBuf]) -> Result<Vec<Suite>> {
    // The suites are read even where the lists have faults, so that all are told at once.
    let (lexicon, faulty) = match Lexicon::of_workspace(root) {
        Ok(lexicon) => (lexicon, None),
        Err(error) => (Lexicon::shipped(), Some(error)),
    };
    let some = read_each(kinds, &lexicon, root, files);
    let faults = faulty.into_iter().chain(some.broken.into_iter().map(|broken| broken.error));
    Error::gather(faults).map_or(Ok(some.suites), Err)
}

/// Suites, and the files that are none.
#[derive(Debug, Default)]
pub struct Readable {
    pub suites: Vec<Suite>,
    pub broken: Vec<Broken>,
}

/// A suite's file with mistakes.
#[derive(Debug)]
pub struct Broken {
    pub file: PathBuf,
    /// All of its mistakes.
    pub error: Error,
}

impl Broken {
    /// The suite's name, as far as the file names one.
    pub fn name(&self) -> &str {
        self.file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default()
    }

    /// How many mistakes it has.
    pub fn faults(&self) -> usize {
        1 + self.error.also.len()
    }
}

/// Loads what can be read, for those who can do without the rest and say so.
///
/// # Errors
/// Faults of the workspace's word lists, by which every suite judges.
pub fn load_some(root: &Path, files: &[PathBuf]) -> Result<Readable> {
    let lexicon = Lexicon::of_workspace(root)?;
    Ok(read_each(&check::kinds().collect::<Vec<_>>(), &lexicon, root, files))
}

fn read_each(kinds: &[&'static check::Kind], lexicon: &Arc<Lexicon>, root: &Path, files: &[PathBuf]) -> Readable {
    let mut texts = Texts::new(root);
    let mut some = Readable::default();
    let mut names: HashMap<String, &Path> = HashMap::new();
    for file in files {
        let loaded = name_of(file).and_then(|name| {
            if let Some(first) = names.insert(name.clone(), file) {
                let message = format!("two suites are named `{name}`: {} and {}", first.display(), file.display());
                return Err(Error::input(message).hint("rename one of the files; a suite is named after its file"));
            }
            let source = Source { name, file, path: below(root, file) };
            read(kinds, lexicon, &mut texts, source, &store::read_text(file)?)
        });
        match loaded {
            Ok(suite) => some.suites.push(suite),
            Err(error) => some.broken.push(Broken { file: file.clone(), error }),
        }
    }
    some
}

/// The files that a suite takes texts from by `file://`, as their real paths, in order.
///
/// # Errors
/// The suite's mistakes.
pub fn texts_of(root: &Path, file: &Path) -> Result<Vec<PathBuf>> {
    let mut texts = Texts::new(root);
    let source = Source { name: name_of(file)?, file, path: below(root, file) };
    let kinds = check::kinds().collect::<Vec<_>>();
    read(&kinds, &Lexicon::of_workspace(root)?, &mut texts, source, &store::read_text(file)?)?;
    let mut files = texts.into_files();
    files.sort();
    Ok(files)
}

/// Loads one suite from text, as if it stood in `<name>.yaml` in the current folder.
pub fn load_str(name: &str, text: &str) -> Result<Suite> {
    load_str_among(&check::kinds().collect::<Vec<_>>(), name, text)
}

pub(super) fn load_str_among(kinds: &[&'static check::Kind], name: &str, text: &str) -> Result<Suite> {
    let file = PathBuf::from(format!("{name}.yaml"));
    let source = Source { name: name.to_string(), file: &file, path: file.clone() };
    read(kinds, &Lexicon::shipped(), &mut Texts::new(Path::new(".")), source, text)
}

/// Where a suite comes from.
struct Source<'a> {
    name: String,
    /// As the user named it, for messages.
    file: &'a Path,
    /// From the workspace's root.
    path: PathBuf,
}

fn name_of(file: &Path) -> Result<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if !stem.is_empty() && stem.chars().all(named_by) {
        return Ok(stem.to_string());
    }
    Err(Error::input(format!("{} cannot name a suite", file.display()))
        .hint("rename the file, using lower-case letters, digits, `-`, `_` and `.`, such as `format-consistency.yaml`"))
}

/// The file's path from the root, with forward slashes; as it is when it lies elsewhere.
fn below(root: &Path, file: &Path) -> PathBuf {
    let real = || Some((root.canonicalize().ok()?, file.canonicalize().ok()?));
    let path = match file.strip_prefix(root) {
        Ok(path) => path.to_path_buf(),
        Err(_) => real().and_then(|(r, f)| Some(f.strip_prefix(r).ok()?.to_path_buf())).unwrap_or(file.to_path_buf()),
    };
    PathBuf::from(path.to_string_lossy().replace('\\', "/"))
}

fn read(
    kinds: &[&'static check::Kind],
    lexicon: &Arc<Lexicon>,
    texts: &mut Texts,
    source: Source<'_>,
    text: &str,
) -> Result<Suite> {
    let Source { name, file, path } = source;
    let node = yaml::parse(text, file)?;
    if node.is_null() {
        return Err(node.fault("this suite is empty").hint(SKELETON));
    }
    let mut faults = Vec::new();
    let header = yaml::read::<Header>(&node, &FILE_KEYS).unwrap_or_else(|error| {
        faults.push(error);
        Header::default()
    });
    let category = header.category.filter(|c| !c.trim().is_empty()).unwrap_or_else(|| name.clone());
    let defaults = defaults(&node, &mut faults);
    let mut reader =
        CaseReader { kinds, lexicon, texts, suite: &name, category: &category, defaults, remarks: Vec::new() };
    let cases = if node.is_map() { cases(&node, &mut reader, &mut faults) } else { Vec::new() };
    let remarks = reader.remarks;
    match Error::gather(in_order(faults)) {
        Some(error) => Err(error),
        None => Ok(Suite {
            name,
            path,
            description: header.description.trim().to_string(),
            category,
            cases,
            hash: store::hash(text.as_bytes()),
            remarks,
        }),
    }
}

const SKELETON: &str = "begin with `cases:`, and under it `- id: first`, `prompt: …` and `checks:`";

/// The suite's `defaults`, where they are a mapping.
fn defaults<'a>(node: &'a Node, faults: &mut Vec<Error>) -> Option<&'a Node> {
    let defaults = node.get("defaults").filter(|d| !d.is_null())?;
    if !defaults.is_map() {
        let remedy = "keys of a case stand under it, such as `system`, `checks` and `split`";
        faults.push(defaults.fault("`defaults` is not a mapping").hint(remedy));
        return None;
    }
    if let Some((key, _)) = defaults.entry("id") {
        let fault = Error::input("`defaults` has an `id`").at(key.place());
        faults.push(fault.hint("every case has an id of its own; remove it here"));
    }
    Some(defaults)
}

fn cases(node: &Node, reader: &mut CaseReader<'_>, faults: &mut Vec<Error>) -> Vec<Case> {
    let list = match (node.entry("cases"), node.entry("tests")) {
        (Some(_), Some((key, _))) => {
            let fault = Error::input("both `cases` and `tests` are here").at(key.place());
            faults.push(fault.hint("they mean the same; put all cases under `cases`"));
            return Vec::new();
        }
        (Some((_, list)), None) | (None, Some((_, list))) => list,
        (None, None) => {
            faults.push(node.fault("this suite has no `cases`").hint(SKELETON));
            return Vec::new();
        }
    };
    let items = match list.items() {
        Some([]) => {
            faults.push(list.fault("this suite has no cases").hint(SKELETON));
            return Vec::new();
        }
        Some(items) => items,
        None => {
            let fault = list.fault(if list.is_null() { "this suite has no cases" } else { "`cases` is not a list" });
            faults.push(fault.hint(SKELETON));
            return Vec::new();
        }
    };
    let mut first: HashMap<&str, usize> = HashMap::new();
    for node in items.iter().filter_map(|case| case.get("id")) {
        let Some(id) = node.as_str() else { continue };
        let line = node.place().line;
        if let Some(first) = first.insert(id, line) {
            let fault = node.fault(format!("the id `{id}` is taken by the case on line {first}"));
            faults.push(fault.hint("give each case of a suite an id of its own"));
        }
    }
    items.iter().filter_map(|case| reader.read(case).map_err(|error| faults.push(error)).ok()).collect()
}

/// By line, each once: what is wrong in `defaults` is met with every case.
fn in_order(faults: Vec<Error>) -> Vec<Error> {
    let mut all: Vec<Error> = faults.into_iter().flat_map(Error::flatten).collect();
    all.sort_by_key(|fault| fault.place.as_ref().map(|place| (place.line, place.column)));
    all.dedup_by(|a, b| a.place == b.place && a.message == b.message);
    all
}
