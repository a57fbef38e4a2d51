use crate::pack::Content;
use crate::registry::{self, Manifest};
use crate::review::{ReviewerKind, retold};
use crate::run::Reports;
use crate::suite;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What goes with a version.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The training data it was made of.
    pub data: bool,
    pub suites: Suites,
    /// Runs, by their ids.
    pub runs: Vec<String>,
    pub scores: Scores,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Suites {
    #[default]
    None,
    All,
    Named(Vec<String>),
}

/// What people said of the runs' answers, and of the version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scores {
    /// Neither their points nor the version's change log.
    #[default]
    None,
    /// Points by `person-1`, `person-2`; no comments, no change log: whatever people wrote may name others.
    Unnamed,
    /// As they are.
    Named,
}

/// What would leave.
#[derive(Debug, Default)]
pub struct Gathered {
    pub version: String,
    /// By their paths in the pack.
    pub files: BTreeMap<String, Content>,
    /// What stays behind though it was asked for, and why; in sentences.
    pub left_out: Vec<String>,
}

/// Finds everything that goes with a version (its full name).
///
/// # Errors
/// The version is damaged; there is no such suite or run; a suite reads a file outside `suites/`.
pub fn gather(workspace: &Workspace, name: &str, selection: &Selection) -> Result<Gathered> {
    let mut found =
        Gathered { version: name.to_string(), files: registry::packed_files(workspace, name)?, left_out: Vec::new() };
    if selection.scores != Scores::Named {
        found.files.remove(&format!("{name}/notes.jsonl"));
    }
    if selection.data {
        data(workspace, &registry::find(workspace, name)?, &mut found)?;
    }
    suites(workspace, &selection.suites, &mut found)?;
    runs(workspace, selection, &mut found)?;
    Ok(found)
}

/// What it was trained on, as far as it is still that.
fn data(workspace: &Workspace, manifest: &Manifest, found: &mut Gathered) -> Result<()> {
    let Some(training) = &manifest.training else { return Ok(()) };
    for file in training.files.iter().chain(&training.validation_files) {
        let inside = crate::pack::is_plain(&file.path) && super::Kind::of(&file.path, "").is_some();
        let source = workspace.root.join(&file.path);
        let why = if !inside {
            "lies outside training-data/"
        } else if !source.is_file() {
            "is no longer there"
        } else if store::hash_file(&source, |_| ())? != file.sha256 {
            "is no longer what the version was trained on"
        } else {
            found.files.insert(file.path.clone(), Content::File(source));
            continue;
        };
        let said = format!("{} {why}", file.path);
        if !found.left_out.contains(&said) {
            found.left_out.push(said);
        }
    }
    Ok(())
}

fn suites(workspace: &Workspace, wanted: &Suites, found: &mut Gathered) -> Result<()> {
    let stem = |file: &Path| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let files: Vec<PathBuf> = match wanted {
        Suites::None => return Ok(()),
        Suites::All => workspace.suite_files()?,
        Suites::Named(names) => {
            let all = workspace.suite_files()?;
            let known: Vec<String> = all.iter().map(|file| stem(file)).collect();
            let missing = names.iter().filter(|name| !known.contains(name)).map(|name| {
                Error::missing(format!("there is no suite {name}")).hint(format!("known: {}", known.join(", ")))
            });
            if let Some(error) = Error::gather(missing) {
                return Err(error);
            }
            all.into_iter().filter(|file| names.contains(&stem(file))).collect()
        }
    };
    let root = workspace.root.canonicalize().map_err(|e| Error::io("open", &workspace.root, e))?;
    for file in files {
        let texts = suite::texts_of(&workspace.root, &file)?;
        for source in [file.canonicalize().map_err(|e| Error::io("read", &file, e))?].into_iter().chain(texts) {
            let path = source.strip_prefix(&root).unwrap_or(&source).to_string_lossy().replace('\\', "/");
            if super::Kind::of(&path, "") != Some(super::Kind::Suite) {
                return Err(Error::input(format!("the suite {} reads {path}", stem(&file)))
                    .hint("suites are shared with the files below suites/ alone; move that file there first"));
            }
            found.files.insert(path, Content::File(source));
        }
    }
    Ok(())
}

/// What was asked and answered; reports are made anew where they arrive, since they may show people's names.
fn runs(workspace: &Workspace, selection: &Selection, found: &mut Gathered) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let mut people: Vec<String> = Vec::new();
    for id in &selection.runs {
        let folder = reports.folder_of(id)?;
        if reports.load(id)?.manifest.finished.is_none() {
            return Err(Error::input(format!("run {id} is not finished"))
                .hint(format!("finish it first: pmtune eval --resume {}", crate::words::shell(id))));
        }
        for file in ["run.json", "results.jsonl"] {
            found.files.insert(format!("reports/{id}/{file}"), Content::File(folder.path.join(file)));
        }
        let books = match selection.scores {
            Scores::None => continue,
            Scores::Named => retold(&folder.path, &mut |_| None)?,
            Scores::Unnamed => retold(&folder.path, &mut |reviewer| {
                (reviewer.kind == ReviewerKind::Person).then(|| {
                    let known = people.iter().position(|name| *name == reviewer.name);
                    let at = known.unwrap_or_else(|| {
                        people.push(reviewer.name.clone());
                        people.len() - 1
                    });
                    format!("person-{}", at + 1)
                })
            })?,
        };
        for (file, bytes) in books {
            found.files.insert(format!("reports/{id}/reviews/{file}"), Content::Bytes(bytes));
        }
    }
    Ok(())
}
