//! Whether versions are still what they were: every hash that was written down is worked out again.

use super::manifest::{deciding, sealed};
use super::shelf::{ARCHIVE, pack_file, packs};
use super::{Manifest, base_name, manifest_file, notes, pack, primary};
use crate::base;
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use engine::train::LossLog;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What was found about a version or an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// `PM-General-v2`, `archive/PM-General-v1.zip`, `primary`.
    pub subject: String,
    /// Files whose hash was compared.
    pub files: usize,
    /// What is not as it was.
    pub damage: Vec<String>,
    /// What could not be compared, or may change without harm.
    pub notes: Vec<String>,
}

/// Hashes of bases by their path, so that versions over one base hash it once.
pub(super) type Bases = BTreeMap<PathBuf, String>;

/// Everything: each version, each archive, and `primary`.
pub fn verify_all(workspace: &Workspace) -> Result<Vec<Checked>> {
    let mut bases = Bases::new();
    let mut found: Vec<Checked> = names(workspace)?.iter().map(|name| version(workspace, name, &mut bases)).collect();
    found.extend(packs(workspace)?.iter().map(|name| archived(workspace, name)));
    found.extend(chosen(workspace)?);
    Ok(found)
}

/// One version, and its archive where there is one.
///
/// # Errors
/// There is neither.
pub fn verify(workspace: &Workspace, name: &str) -> Result<Vec<Checked>> {
    let mut found = Vec::new();
    if manifest_file(&workspace.models().join(name)).is_file() {
        found.push(version(workspace, name, &mut Bases::new()));
    }
    if pack_file(workspace, name).is_file() {
        found.push(archived(workspace, name));
    }
    match found.is_empty() {
        true => Err(super::find(workspace, name).err().unwrap_or_else(|| Error::missing(format!("no {name}")))),
        false => Ok(found),
    }
}

/// Folders with a manifest, whether it can be read or not.
fn names(workspace: &Workspace) -> Result<Vec<String>> {
    let models = workspace.models();
    if !models.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(&models).map_err(|e| Error::io("read", &models, e))?.flatten();
    let entries = entries.filter(|entry| manifest_file(&entry.path()).is_file());
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn chosen(workspace: &Workspace) -> Result<Option<Checked>> {
    let Some(name) = primary(workspace)? else { return Ok(None) };
    let mut found = Checked { subject: "primary".into(), files: 1, ..Default::default() };
    if !manifest_file(&workspace.models().join(&name)).is_file() {
        found.damage.push(format!("it names {name}, which is no version here"));
    }
    Ok(Some(found))
}

/// One version's folder.
pub(super) fn version(workspace: &Workspace, name: &str, bases: &mut Bases) -> Checked {
    let mut found = Checked { subject: name.to_string(), ..Default::default() };
    match Manifest::read(&manifest_file(&workspace.models().join(name))) {
        Ok(manifest) => {
            found.files += 1;
            own_digest(workspace, &manifest, &mut found);
            own_files(workspace, &manifest, &mut found);
            weights(workspace, &manifest, bases, &mut found);
            data(workspace, &manifest, &mut found);
        }
        Err(error) => found.damage.push(error.message),
    }
    found
}

/// Whether the manifest says what it said when it was written.
fn own_digest(workspace: &Workspace, manifest: &Manifest, found: &mut Checked) {
    let file = manifest_file(&workspace.models().join(&manifest.name));
    let Some(digest) = &manifest.digest else {
        return found.notes.push("its manifest has no digest, so whether it was edited is not known".into());
    };
    match store::read_text(&file).and_then(|text| deciding(&text, &file)) {
        Ok(now) if now == *digest => {}
        Ok(_) => found.damage.push(format!(
            "manifest.yaml was edited since it was written; if that is meant: pmtune models verify {} --accept",
            words::shell(&manifest.name)
        )),
        Err(error) => found.damage.push(error.message),
    }
}

/// Takes a version's manifest as it is now for what it should be. Nothing else in the file is touched, and no other file.
///
/// # Errors
/// No such version; a manifest to which no line can be added.
pub fn accept(workspace: &Workspace, name: &str) -> Result<()> {
    let file = manifest_file(&workspace.models().join(super::find(workspace, name)?.name));
    store::replace(&file, sealed(&store::read_text(&file)?, &file)?.as_bytes())
}

/// Adapter, loss log and notes.
fn own_files(workspace: &Workspace, manifest: &Manifest, found: &mut Checked) {
    let folder = workspace.models().join(&manifest.name);
    for (path, expected) in &manifest.files {
        match hash(folder.join(path)) {
            Ok(None) => found.damage.push(format!("{path} is gone")),
            Ok(Some(actual)) if actual != *expected => found.damage.push(format!("{path} is not what it was")),
            Ok(Some(_)) => found.files += 1,
            Err(error) => found.damage.push(error.message),
        }
    }
    if let Some(adapter) = manifest.adapter.as_deref() {
        if !folder.join(adapter).join("adapter_model.safetensors").is_file() {
            found.damage.push(format!("the adapter's weights are gone from {adapter}"));
        } else if manifest.recorded_adapter_hash().is_none() {
            found.notes.push("its manifest has no hash of the adapter, so that was not compared".into());
        }
    }
    let log = folder.join("loss.csv");
    if log.is_file()
        && !manifest.files.contains_key("loss.csv")
        && let Err(error) = LossLog::read(&log)
    {
        found.damage.push(format!("loss.csv: {}", error.message));
    }
    if let Err(error) = notes(workspace, &manifest.name) {
        found.damage.push(error.message);
    }
}

/// The base, if it is on this computer.
fn weights(workspace: &Workspace, manifest: &Manifest, bases: &mut Bases, found: &mut Checked) {
    let name = &manifest.base.name;
    let local = base_name(workspace, name, false).and_then(|name| base::local(&name));
    let base = match local {
        Ok(Some(base)) => base,
        Ok(None) => {
            return found.notes.push(format!("the base {name} is not on this computer, so it was not compared"));
        }
        Err(error) => return found.notes.push(format!("the base {name} could not be read: {}", error.message)),
    };
    let Some(expected) = &manifest.base.sha256 else {
        return found.notes.push(format!("its manifest has no hash of the base {name}"));
    };
    let actual = match bases.get(&base.path) {
        Some(known) => known.clone(),
        None => match base::hash(&base) {
            Ok(actual) => bases.entry(base.path.clone()).or_insert(actual).clone(),
            Err(error) => return found.damage.push(error.message),
        },
    };
    if actual == *expected {
        found.files += 1;
    } else if base.sha256 == *expected {
        found.damage.push(format!("the base {name} is damaged: run `pmtune pull {}`", words::shell(name)));
    } else {
        found.damage.push(format!("the base {name} on this computer is another one than it was made on"));
    }
}

/// Training data goes on changing; what a version saw of it is written down.
fn data(workspace: &Workspace, manifest: &Manifest, found: &mut Checked) {
    let Some(training) = &manifest.training else { return };
    let files = training.files.iter().chain(&training.validation_files);
    let files: BTreeMap<&str, &str> = files.map(|file| (file.path.as_str(), file.sha256.as_str())).collect();
    let (mut changed, mut gone) = (Vec::new(), Vec::new());
    for (path, expected) in files {
        match hash(workspace.root.join(path)) {
            Ok(Some(actual)) if actual == expected => found.files += 1,
            Ok(Some(_)) => changed.push(path),
            Ok(None) | Err(_) => gone.push(path),
        }
    }
    for (what, paths) in [("changed since the training", changed), ("no longer there", gone)] {
        if !paths.is_empty() {
            found.notes.push(format!("training data {what}: {}", paths.join(", ")));
        }
    }
}

/// `None` where there is no file.
fn hash(path: PathBuf) -> Result<Option<String>> {
    if path.is_file() { store::hash_file(&path, |_| ()).map(Some) } else { Ok(None) }
}

fn archived(workspace: &Workspace, name: &str) -> Checked {
    let mut found = Checked { subject: format!("{}/{name}.zip", ARCHIVE), ..Default::default() };
    match pack::check(&pack_file(workspace, name), name) {
        Ok(sums) => found.files = sums.len(),
        Err(error) => found.damage.push(error.message),
    }
    found
}
