//! A version in one file: a [`pack`](crate::pack) with the version's files below its name.

use super::{Manifest, tree};
use crate::pack::{self, Content, Pack, Sums, is_plain};
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::Path;

/// The version's files by their paths in a pack.
pub(super) fn files(folder: &Path, name: &str) -> Result<BTreeMap<String, Content>> {
    let of = |path: String| (format!("{name}/{path}"), Content::File(folder.join(path)));
    Ok(tree::files(folder)?.into_iter().map(of).collect())
}

/// Packs the version in `folder` under `name` into `target`.
pub(super) fn write(folder: &Path, name: &str, target: &Path) -> Result<Sums> {
    pack::write(target, &files(folder, name)?)
}

/// Reads the whole pack and compares every file with its hash.
pub(super) fn check(pack: &Path, name: &str) -> Result<Sums> {
    open(pack, name)?.check()
}

/// Unpacks the version's folder into the folder `into`.
pub(super) fn extract(pack: &Path, name: &str, into: &Path) -> Result<Sums> {
    open(pack, name)?.extract(into)
}

/// The manifest that is packed.
pub(super) fn manifest(pack: &Path, name: &str) -> Result<Manifest> {
    let inside = format!("{name}/manifest.yaml");
    let text = open(pack, name)?.text(&inside)?;
    Manifest::parse(&text, &pack.join(inside))
}

/// A pack of this version and of nothing else.
fn open(path: &Path, name: &str) -> Result<Pack> {
    if !is_plain(name) || name.contains('/') {
        return Err(Error::usage(format!("`{name}` is not a version's name")));
    }
    let pack = Pack::open(path)?;
    let own = format!("{name}/");
    if let Some(strange) = pack.sums().keys().find(|path| !path.starts_with(&own)) {
        return Err(pack.damaged(&format!("it holds a file that is none of {name}'s: {strange}")));
    }
    match pack.sums().contains_key(&format!("{name}/manifest.yaml")) {
        true => Ok(pack),
        false => Err(pack.damaged("it holds no manifest")),
    }
}

/// SHA-256 of the pack itself, by which two can be told apart.
pub(super) fn hash(pack: &Path) -> Result<String> {
    store::hash_file(pack, |_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "name: x-v1\ncreated: 2026-11-21\nbase: {name: smollm2-135m-instruct}\n";

    #[test]
    fn an_archive_is_of_one_version_and_has_its_manifest() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.zip");
        let made = |paths: &[&str]| {
            let content = |path: &&str| (path.to_string(), Content::Bytes(MANIFEST.into()));
            pack::write(&path, &paths.iter().map(content).collect()).unwrap();
        };
        made(&["x-v1/manifest.yaml"]);
        assert_eq!(manifest(&path, "x-v1").unwrap().name, "x-v1");
        for (paths, words) in [
            (&["x-v1/a"][..], "no manifest"),
            (&["x-v1/manifest.yaml", "evil"], "none of x-v1's"),
            (&["x-v1/manifest.yaml", "x-v2/manifest.yaml"], "none of x-v1's"),
            (&["x-v2/manifest.yaml"], "none of x-v1's"),
        ] {
            made(paths);
            for said in [check(&path, "x-v1").map(drop), extract(&path, "x-v1", &root.path().join("out")).map(drop)] {
                assert!(said.unwrap_err().to_string().contains(words), "{paths:?}");
            }
        }
        assert!(check(&path, "../x").is_err());
    }
}
