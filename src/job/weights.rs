//! Where an engine finds the full-precision weights of a base that lies here rounded.

use crate::base::{self, BaseName};
use engine::error::{Error, Result};
use engine::store;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The weights that an engine loads in the base's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Weights {
    /// On the hub.
    Hub { id: String, revision: Option<String> },
    /// In a folder of safetensors on the machine where the job was written.
    Folder { path: String, sha256: String },
}

impl Weights {
    /// Those that a person named (`ORG/NAME[@REVISION]`, or a folder), else those that are known for the base.
    ///
    /// # Errors
    /// None are known; the folder is none of safetensors; the name is none of the hub's.
    pub fn of(base: &BaseName, named: Option<&str>) -> Result<Self> {
        let Some(text) = named else { return known(base) };
        if Path::new(text).is_dir() {
            return folder(Path::new(text));
        }
        let (id, revision) = match text.split_once('@') {
            Some((id, revision)) => (id, Some(revision)),
            None => (text, None),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let revision_fits = revision.is_none_or(|r| !r.is_empty() && r.chars().all(|c| plain(c) || c == '/'));
        match BaseName::parse(&format!("hub:{id}")) {
            Ok(BaseName::Hub { repo, file: None }) if revision_fits => {
                Ok(Self::Hub { id: repo, revision: revision.map(str::to_string) })
            }
            _ => Err(Error::usage(format!("`{text}` is neither a folder nor a model on the hub")).hint(
                "write ORGANISATION/NAME, ORGANISATION/NAME@REVISION, or a folder with config.json and safetensors",
            )),
        }
    }

    /// As an engine's `--model` takes it.
    pub fn model(&self) -> &str {
        match self {
            Self::Hub { id, .. } => id,
            Self::Folder { path, .. } => path,
        }
    }

    /// The hub's branch or commit; engines take `main` where nothing else is said.
    pub fn revision(&self) -> &str {
        match self {
            Self::Hub { revision: Some(revision), .. } => revision,
            _ => "main",
        }
    }
}

fn known(base: &BaseName) -> Result<Weights> {
    match base {
        BaseName::Hub { repo, file: None } => Ok(Weights::Hub { id: repo.clone(), revision: None }),
        BaseName::Path(path) if path.is_dir() => folder(path),
        BaseName::Named(name) => match base::full_precision(name) {
            Some((id, revision)) => Ok(Weights::Hub { id: id.to_string(), revision: revision.map(str::to_string) }),
            None => unknown(base),
        },
        _ => unknown(base),
    }
}

fn unknown(base: &BaseName) -> Result<Weights> {
    Err(Error::usage(format!("nothing is known of full-precision weights for the base {base}")).hint(
        "name them with --hub-base ORGANISATION/NAME@REVISION, or make a folder of them with `pmtune export base \
             --format hf` and name that",
    ))
}

fn folder(path: &Path) -> Result<Weights> {
    let full = path.canonicalize().map_err(|e| Error::io("open", path, e))?;
    let mut files: Vec<_> = std::fs::read_dir(&full)
        .map_err(|e| Error::io("read", &full, e))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| file.extension().is_some_and(|end| end == "safetensors"))
        .collect();
    files.sort();
    if files.is_empty() || !full.join("config.json").is_file() {
        return Err(Error::input(format!("{} holds no config.json with safetensors", path.display()))
            .hint("name the folder that `pmtune export base --format hf` wrote"));
    }
    let hashes: Vec<String> = files.iter().map(|file| store::hash_file(file, |_| ())).collect::<Result<_>>()?;
    let Some(text) = full.to_str() else {
        return Err(Error::usage(format!("{} cannot be written into a file", full.display()))
            .hint("choose a folder whose name is plain text"));
    };
    Ok(Weights::Folder { path: text.to_string(), sha256: store::hash(hashes.concat().as_bytes()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(base: &str, named: Option<&str>) -> Result<Weights> {
        Weights::of(&BaseName::parse(base).unwrap(), named)
    }

    #[test]
    fn the_default_base_has_a_pinned_place_on_the_hub() {
        let weights = of(base::DEFAULT, None).unwrap();
        assert_eq!(weights.model(), "HuggingFaceTB/SmolLM2-135M-Instruct");
        assert_eq!(weights.revision().len(), 40);
        assert_eq!(of("hub:org/repo", None).unwrap().model(), "org/repo");
    }

    #[test]
    fn where_none_are_known_they_must_be_named() {
        for base in ["hub:org/repo:a.gguf", "x/y.gguf"] {
            let said = of(base, None).unwrap_err().to_string();
            assert!(said.contains("--hub-base") && said.contains("--format hf"), "{said}");
            let named = of(base, Some("org/full@0123abc")).unwrap();
            assert_eq!((named.model(), named.revision()), ("org/full", "0123abc"));
        }
        for wrong in ["org", "org/a@", "org/a@x y", "org/a:b.gguf", "../a/b"] {
            assert!(of("x/y.gguf", Some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_folder_is_known_by_its_weights() {
        let root = tempfile::tempdir().unwrap();
        let said = of("x/y.gguf", root.path().to_str()).unwrap_err().to_string();
        assert!(said.contains("config.json"), "{said}");
        std::fs::write(root.path().join("config.json"), "{}").unwrap();
        std::fs::write(root.path().join("model.safetensors"), "a").unwrap();
        let hash = |weights: Weights| match weights {
            Weights::Folder { sha256, .. } => sha256,
            other => panic!("{other:?}"),
        };
        let before = hash(of("x/y.gguf", root.path().to_str()).unwrap());
        std::fs::write(root.path().join("model.safetensors"), "b").unwrap();
        assert_ne!(hash(of("x/y.gguf", root.path().to_str()).unwrap()), before);
    }
}
