//! Held-out cases that have decided often enough → out of their suites, into `suites/retired/`.

use crate::improve::{ImproveSettings, Looks, fingerprint_of};
use crate::suite::{self, Case, Split, Suite, part};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Which cases are retired.
#[derive(Debug, Clone, Default)]
pub struct RotateOptions {
    /// Held-out cases by their full ids, whether they are worn or not; all worn ones where none is named.
    pub cases: Vec<String>,
    /// Write nothing.
    pub dry_run: bool,
}

/// What became of one suite.
#[derive(Debug, Clone, Serialize)]
pub struct Rotated {
    pub suite: String,
    /// Cases that were retired.
    pub retired: Vec<String>,
    /// Held-out cases that stay.
    pub held_out: usize,
    /// Where the retired ones are kept. Nothing reads it; the cases may become training material.
    pub kept: PathBuf,
}

/// Retires cases, suite by suite: first they are kept in the other file, then taken out of the suite. After a kill between
/// both the same call goes on.
///
/// # Errors
/// A case that was named is not there or not held-out; a suite's cases cannot be cut out, or would not be read as before.
pub fn rotate(workspace: &Workspace, options: &RotateOptions) -> Result<Vec<Rotated>> {
    let files = workspace.suite_files()?;
    let suites = suite::load(&workspace.root, &files)?;
    let held_out = || suites.iter().flat_map(|suite| &suite.cases).filter(|case| case.split == Split::HeldOut);
    for name in &options.cases {
        if !held_out().any(|case| case.id == *name) {
            return Err(Error::missing(format!("no suite has a held-out case `{name}`"))
                .hint("name it as <suite>/<id>; `pmtune eval --split held-out --dry-run` lists them"));
        }
    }
    let looks = Looks::open(workspace.root.join("improve").join("looks.jsonl"))?;
    let settings: ImproveSettings = workspace.section()?.unwrap_or_default();
    let worn = |case: &Case| fingerprint_of(case).is_some_and(|known| looks.times(&known) >= settings.looks);
    let goes = |case: &Case| match options.cases.is_empty() {
        true => worn(case),
        false => options.cases.contains(&case.id),
    };
    // All of them before any is written, so that a suite that cannot be cut leaves the others whole.
    let mut cuts = Vec::new();
    for (suite, file) in suites.iter().zip(&files) {
        let going: Vec<&Case> = suite.cases.iter().filter(|case| goes(case)).collect();
        if !going.is_empty() {
            cuts.push(Cut::of(workspace, suite, file.clone(), &going)?);
        }
    }
    if !options.dry_run {
        cuts.iter().try_for_each(Cut::make)?;
    }
    Ok(cuts.into_iter().map(|cut| cut.rotated).collect())
}

/// A suite that is to be cut in two.
struct Cut {
    file: PathBuf,
    left: Option<String>,
    taken: String,
    rotated: Rotated,
}

impl Cut {
    fn of(workspace: &Workspace, suite: &Suite, file: PathBuf, going: &[&Case]) -> Result<Self> {
        let text = store::read_text(&file)?;
        let short = |case: &Case| case.id[suite.name.len() + 1..].to_string();
        let names: BTreeSet<String> = going.iter().map(|case| short(case)).collect();
        let kept = workspace.root.join("suites").join("retired").join(file.file_name().unwrap_or_default());
        // What a call that was killed has kept already is not kept twice.
        let before = match kept.is_file() {
            true => Some((store::read_text(&kept)?, load_one(workspace, &kept)?)),
            false => None,
        };
        let there = |id: &str| before.iter().flat_map(|(_, suite)| &suite.cases).any(|case| case.id == id);
        let fresh: BTreeSet<&str> =
            names.iter().map(String::as_str).filter(|name| !there(&format!("{}/{name}", suite.name))).collect();
        let all = part(&text, &file, &names.iter().map(String::as_str).collect())?;
        let new = part(&text, &file, &fresh)?;
        let taken = match (&before, fresh.is_empty()) {
            (None, _) => new.taken,
            (Some((old, _)), true) => old.clone(),
            (Some((old, _)), false) => format!("{}\n{}", old.trim_end(), new.cases),
        };
        let stays: Vec<&Case> = suite.cases.iter().filter(|case| !names.contains(&short(case))).collect();
        let left = (!stays.is_empty()).then_some(all.left);
        if let Some(left) = &left {
            same(workspace, &file, left, &stays)?;
        }
        let was_there = before.iter().flat_map(|(_, suite)| &suite.cases);
        let kept_now = going.iter().copied().filter(|case| fresh.contains(short(case).as_str()));
        same(workspace, &kept, &taken, &was_there.chain(kept_now).collect::<Vec<_>>())?;
        let rotated = Rotated {
            suite: suite.name.clone(),
            retired: going.iter().map(|case| case.id.clone()).collect(),
            held_out: stays.iter().filter(|case| case.split == Split::HeldOut).count(),
            kept: kept.clone(),
        };
        Ok(Self { file, left, taken, rotated })
    }

    fn make(&self) -> Result<()> {
        let kept = &self.rotated.kept;
        let folder = kept.parent().unwrap_or(kept);
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        store::replace(kept, self.taken.as_bytes())?;
        match &self.left {
            Some(left) => store::replace(&self.file, left.as_bytes()),
            None => std::fs::remove_file(&self.file).map_err(|e| Error::io("remove", &self.file, e)),
        }
    }
}

fn load_one(workspace: &Workspace, file: &std::path::Path) -> Result<Suite> {
    let mut suites = suite::load(&workspace.root, &[file.to_path_buf()])?;
    suites.pop().ok_or_else(|| Error::input(format!("{} is no suite", file.display())))
}

/// Holds a text against the cases that it must say, in any order.
fn same(workspace: &Workspace, file: &std::path::Path, text: &str, wanted: &[&Case]) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|e| Error::io("create", &std::env::temp_dir(), e))?;
    let trial = folder.path().join(file.file_name().unwrap_or_default());
    store::replace(&trial, text.as_bytes())?;
    let read = load_one(workspace, &trial).ok();
    let said = |cases: &[&Case]| -> BTreeSet<(String, String, String)> {
        cases.iter().map(|case| (case.id.clone(), case.judge_hash.clone(), case.prompt.clone())).collect()
    };
    let there = read.as_ref().map(|suite| said(&suite.cases.iter().collect::<Vec<_>>()));
    match there == Some(said(wanted)) {
        true => Ok(()),
        false => Err(Error::input(format!("{} cannot be cut without changing what its cases say", file.display()))
            .hint("move the cases by hand into a file below suites/retired/, which nothing reads")),
    }
}
