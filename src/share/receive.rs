use super::base::base_here;
use super::kind::{Kind, is_name, version};
use crate::pack::{Pack, Sums};
use crate::registry::{self, BaseRecord, Entrance, Manifest, ReceivedFrom};
use crate::run::Reports;
use crate::suite;
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use jiff::Zoned;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// How a pack is taken in.
#[derive(Debug, Clone, Default)]
pub struct ReceiveOptions {
    /// What the version is called here, in full.
    pub name: Option<String>,
    /// What stays out.
    pub without: Vec<Kind>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Received {
    /// The version's full name here.
    pub version: String,
    /// Files that were put in their place, and those that lay there already, byte for byte.
    pub written: Vec<PathBuf>,
    pub same: Vec<PathBuf>,
    /// Runs that came along, by their ids.
    pub runs: Vec<String>,
}

/// Names given before "and 7 more".
const NAMES: usize = 8;

/// Takes in a pack. Everything is unpacked beside the workspace's folders, hashed and read first; then what is new is put
/// in its place, the version last. A kill in between leaves files that the same command then finds to be the same.
///
/// # Errors
/// The pack is damaged, or holds what nobody shares; the version stands on another base; anything here has the same name
/// and is not the same.
pub fn receive(workspace: &Workspace, file: &Path, options: &ReceiveOptions) -> Result<Received> {
    let mut pack = Pack::open(file)?;
    let (there, kinds) = sorted(&pack)?;
    let inside = format!("{there}/manifest.yaml");
    let manifest = Manifest::parse(&pack.text(&inside)?, &file.join(&inside))?;
    let base = base_here(workspace, &manifest)?;
    let here = options.name.clone().unwrap_or_else(|| there.clone());
    if !is_name(&here) {
        return Err(
            Error::usage(format!("no version can be called `{here}`")).hint("choose a name such as PM-General-v3")
        );
    }
    let sha256 = store::hash_file(file, |_| ())?;

    let entrance = Entrance::open(workspace)?;
    let stage = entrance.folder().join("files");
    let sums = pack.extract(&stage)?;
    let wanted = |path: &&String| kinds.get(*path).is_some_and(|kind| !options.without.contains(kind));
    let files: Vec<&String> = sums.keys().filter(wanted).filter(|path| kinds[*path] != Kind::Version).collect();
    let runs = readable(&stage, file, &files)?;
    let (new, same) = apart(workspace, &files, &sums)?;
    let already = taken(workspace, &here, &sha256)?;

    let (mut written, same) = (put(workspace, &stage, &new)?, same.into_iter().map(|path| workspace.root.join(path)));
    if !already {
        let was = (here != there).then_some(there.clone());
        let received = ReceivedFrom { pack: sha256, on: Zoned::now().date(), was };
        let made = stage.join(&here);
        if here != there {
            std::fs::rename(stage.join(&there), &made).map_err(|e| Error::io("move", &stage.join(&there), e))?;
        }
        let base = BaseRecord { name: base, ..manifest.base.clone() };
        Manifest { name: here.clone(), base, received: Some(received), ..manifest }.write(&made)?;
        written.push(entrance.admit(&here, &made)?);
    }
    Ok(Received { version: here, written, same: same.collect(), runs })
}

/// The version's name there, and what each file is of.
fn sorted(pack: &Pack) -> Result<(String, BTreeMap<String, Kind>)> {
    let name = version(pack.sums()).map_err(|what| pack.damaged(&what))?;
    let mut kinds = BTreeMap::new();
    for path in pack.sums().keys() {
        let kind =
            Kind::of(path, &name).ok_or_else(|| pack.damaged(&format!("it holds {path}, which nobody shares")))?;
        kinds.insert(path.clone(), kind);
    }
    Ok((name, kinds))
}

/// Reads what came, so that nothing broken is taken in; gives the runs.
fn readable(stage: &Path, file: &Path, paths: &[&String]) -> Result<Vec<String>> {
    let broken = |error: Error| Error {
        message: format!("what {} holds cannot be used: {}", file.display(), error.message),
        ..error.hint("nothing was received; ask for a pack of whole files")
    };
    let of = |folder: &str, end: &str| -> Vec<&str> {
        let inside = |path: &&&String| path.starts_with(folder) && path.ends_with(end);
        paths.iter().filter(inside).map(|path| path.as_str()).collect()
    };
    let top = |path: &&str| path.matches('/').count() == 1;
    let suites: Vec<PathBuf> =
        ["yaml", "yml"].iter().flat_map(|end| of("suites/", end)).filter(top).map(|path| stage.join(path)).collect();
    suite::load(stage, &suites).map_err(broken)?;
    let data: Vec<PathBuf> = of("training-data/", ".jsonl").iter().map(|path| stage.join(path)).collect();
    if !data.is_empty() {
        crate::training_data::load(&data).map_err(broken)?;
    }
    let reports = Reports::new(stage.join("reports"));
    let mut runs = Vec::new();
    for path in of("reports/", "/run.json") {
        let id = path.trim_start_matches("reports/").trim_end_matches("/run.json");
        let run = reports.load(id).map_err(broken)?;
        if run.manifest.id != id {
            return Err(broken(Error::input(format!("the run {id} says that it is {}", run.manifest.id))));
        }
        runs.push(id.to_string());
    }
    Ok(runs)
}

/// The files that are new here, and those that lie here already, byte for byte.
///
/// # Errors
/// One, naming everything that is here by the same name and is not the same.
fn apart<'a>(workspace: &Workspace, files: &[&'a String], sums: &Sums) -> Result<(Vec<&'a str>, Vec<&'a str>)> {
    let (mut new, mut same, mut other) = (Vec::new(), Vec::new(), Vec::new());
    let stems: BTreeMap<String, PathBuf> = workspace
        .suite_files()
        .unwrap_or_default()
        .into_iter()
        .map(|file| (file.file_stem().unwrap_or_default().to_string_lossy().to_lowercase(), file))
        .collect();
    for path in files {
        let target = workspace.root.join(path);
        let suite =
            path.strip_prefix("suites/").and_then(|file| file.strip_suffix(".yaml").or(file.strip_suffix(".yml")));
        let by_name = suite.and_then(|stem| stems.get(&stem.to_lowercase())).filter(|file| **file != target);
        if by_name.is_some() {
            other.push(path.as_str());
        } else if !target.exists() {
            new.push(path.as_str());
        } else if target.is_file() && store::hash_file(&target, |_| ())? == sums[*path] {
            same.push(path.as_str());
        } else {
            other.push(path.as_str());
        }
    }
    if other.is_empty() {
        return Ok((new, same));
    }
    Err(Error::input(format!(
        "{} {} here by the same name and {} not the same: {}",
        words::count(other.len(), "file"),
        words::either(other.len(), "is", "are"),
        words::either(other.len(), "is", "are"),
        words::few(&other, NAMES)
    ))
    .hint(
        "nothing was received; leave them out with --without-data, --without-suites or --without-runs, or receive the pack \
         in a workspace of its own and merge the examples: pmtune data merge",
    ))
}

/// Whether the version is here already from the very same pack.
///
/// # Errors
/// Another version has its name.
fn taken(workspace: &Workspace, name: &str, pack: &str) -> Result<bool> {
    let folder = workspace.models().join(name);
    let known = folder.exists() || registry::archived(workspace)?.iter().any(|archived| archived == name);
    if !known {
        return Ok(false);
    }
    let manifest = Manifest::read(&folder.join("manifest.yaml"));
    if manifest.is_ok_and(|manifest| manifest.received.is_some_and(|received| received.pack == pack)) {
        return Ok(true);
    }
    Err(Error::input(format!("there is a version {name} here already"))
        .hint(format!("nothing was received; give it another name: --as {}", next(workspace))))
}

fn next(workspace: &Workspace) -> String {
    registry::next(workspace).map_or("NAME".to_string(), |(_, name)| name)
}

/// Puts files in their places without overwriting any; what makes a run of a folder comes last.
fn put(workspace: &Workspace, stage: &Path, paths: &[&str]) -> Result<Vec<PathBuf>> {
    let mut paths = paths.to_vec();
    paths.sort_by_key(|path| path.ends_with("/run.json"));
    let mut written = Vec::new();
    for path in paths {
        let (from, to) = (stage.join(path), workspace.root.join(path));
        let folder = to.parent().unwrap_or(&workspace.root);
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        link(&from, &to).map_err(|e| Error::io("write", &to, e))?;
        store::sync_folder(folder);
        written.push(to);
    }
    Ok(written)
}

/// Puts a file elsewhere in one step, and never over another. Some file systems know no links, and folders may lie on
/// different ones.
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    match std::fs::hard_link(from, to) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => {
            let file =
                tempfile::Builder::new().prefix(".pmtune-").tempfile_in(to.parent().unwrap_or(Path::new(".")))?;
            std::fs::copy(from, file.path())?;
            file.as_file().sync_all()?;
            file.persist_noclobber(to).map_err(|e| e.error)?;
            Ok(())
        }
        linked => linked,
    }
}
