//! The models that Ollama has on this computer: a manifest for each name, whose layers are files named by their SHA-256.

use super::BaseName;
use super::elsewhere::{self, Neighbour, described, entries, read_small};
use engine::error::{Error, Result};
use serde::Deserialize;
use std::path::{Path, PathBuf};

const USUAL_HOST: &str = "registry.ollama.ai";
const USUAL_NAMESPACE: &str = "library";
const WEIGHTS: &str = "application/vnd.ollama.image.model";
const ADAPTER: &str = "application/vnd.ollama.image.adapter";

#[derive(Deserialize)]
struct Manifest {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    /// `sha256:…`.
    digest: String,
    size: u64,
}

/// The weights of a model, as its manifest describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    pub path: PathBuf,
    pub sha256: String,
}

/// Whether a text is `name[:tag]`, perhaps with a namespace and a host before it.
pub(super) fn is_model(text: &str) -> bool {
    let (name, tag) = text.rsplit_once(':').unwrap_or((text, "latest"));
    let plain = |part: &str| {
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !part.is_empty() && !part.starts_with('.') && part.chars().all(fine)
    };
    let parts: Vec<&str> = name.split('/').collect();
    (1..=3).contains(&parts.len()) && parts.iter().all(|part| plain(part)) && plain(tag)
}

/// The folder of models: `OLLAMA_MODELS`, else the user's, else that of Ollama as a service.
fn models(home: &Path) -> PathBuf {
    if let Some(folder) = std::env::var_os("OLLAMA_MODELS").filter(|v| !v.is_empty()) {
        return PathBuf::from(folder);
    }
    let (own, service) = (home.join(".ollama/models"), PathBuf::from("/usr/share/ollama/.ollama/models"));
    if !own.is_dir() && service.is_dir() { service } else { own }
}

/// The weights of a model.
///
/// # Errors
/// Ollama has no such model, or one that is more than a file of weights, or it is damaged.
pub(super) fn blob(model: &str) -> Result<Blob> {
    blob_in(&models(&elsewhere::home()?), model)
}

fn blob_in(models: &Path, model: &str) -> Result<Blob> {
    let (name, tag) = model.rsplit_once(':').unwrap_or((model, "latest"));
    let place = match name.split('/').collect::<Vec<_>>()[..] {
        [name] => [USUAL_HOST, USUAL_NAMESPACE, name, tag].iter().collect::<PathBuf>(),
        [namespace, name] => [USUAL_HOST, namespace, name, tag].iter().collect(),
        _ => [name, tag].iter().collect(),
    };
    let file = models.join("manifests").join(place);
    if !file.is_file() {
        return Err(Error::missing(format!("Ollama has no {model}: there is no {}", file.display()))
            .hint(format!("get it with `ollama pull {model}`; `pmtune bases` lists what is there")));
    }
    read(models, &file)
}

/// What a manifest says of the weights, held against the file there is.
fn read(models: &Path, file: &Path) -> Result<Blob> {
    let damaged = |what: &str| {
        Error::input(format!("{} {what}", file.display())).hint("pull the model again with Ollama, or use another")
    };
    let manifest: Manifest =
        serde_json::from_str(&read_small(file)?).map_err(|e| damaged("is no manifest").caused_by(e))?;
    let of = |kind: &str| manifest.layers.iter().filter(|layer| layer.media_type == kind).collect::<Vec<_>>();
    let [weights] = of(WEIGHTS)[..] else {
        return Err(damaged("does not name one file of weights"));
    };
    if !of(ADAPTER).is_empty() {
        return Err(damaged("lays an adapter over the weights, which pmtune would leave away"));
    }
    let hash = weights.digest.strip_prefix("sha256:").filter(|hash| hash.len() == 64);
    let hash = hash.filter(|hash| hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    let sha256 = hash.ok_or_else(|| damaged("names its weights by something that is no SHA-256"))?.to_string();
    let path = models.join("blobs").join(format!("sha256-{sha256}"));
    match path.metadata() {
        Ok(meta) if meta.is_file() && meta.len() == weights.size => Ok(Blob { path, sha256 }),
        _ => Err(damaged("names weights that are not there whole")),
    }
}

/// Every model there, by name.
pub(super) fn all(home: &Path) -> Vec<Neighbour> {
    all_in(&models(home))
}

fn all_in(models: &Path) -> Vec<Neighbour> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut found = Vec::new();
    for host in entries(&models.join("manifests")) {
        for namespace in entries(&host) {
            for model in entries(&namespace) {
                for tag in entries(&model).into_iter().filter(|tag| tag.is_file()) {
                    let called = match (name(&host).as_str(), name(&namespace).as_str()) {
                        (USUAL_HOST, USUAL_NAMESPACE) => name(&model),
                        (USUAL_HOST, namespace) => format!("{namespace}/{}", name(&model)),
                        (host, namespace) => format!("{host}/{namespace}/{}", name(&model)),
                    };
                    let called = format!("{called}:{}", name(&tag));
                    if is_model(&called)
                        && let Ok(blob) = read(models, &tag)
                    {
                        found.extend(described(BaseName::Ollama(called), &blob.path));
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(root: &Path, place: &str, text: &str) {
        let file = root.join("manifests").join(place);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn manifest(layers: &[(&str, &str, u64)]) -> String {
        let layers: Vec<_> = layers
            .iter()
            .map(|(kind, digest, size)| serde_json::json!({"mediaType": kind, "digest": digest, "size": size}))
            .collect();
        serde_json::json!({"schemaVersion": 2, "layers": layers}).to_string()
    }

    #[test]
    fn names_are_those_that_stay_in_the_folder() {
        for good in ["qwen3", "qwen3:0.6b", "me/mine:v1", "hf.co/org/repo:Q4_K_M"] {
            assert!(is_model(good), "{good}");
        }
        for bad in ["", ":", "a:", "..:x", "../../etc", "a/../b", "a/b/c/d", "a:../x", "a b", "/a", "a//b"] {
            assert!(!is_model(bad), "{bad}");
        }
    }

    #[test]
    fn a_manifest_leads_to_the_file_of_its_hash_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let (blobs, hash) = (root.path().join("blobs"), engine::store::hash(b"weights"));
        std::fs::create_dir_all(&blobs).unwrap();
        std::fs::write(blobs.join(format!("sha256-{hash}")), b"weights").unwrap();
        let digest = format!("sha256:{hash}");
        let usual = "registry.ollama.ai/library/m";
        written(root.path(), &format!("{usual}/latest"), &manifest(&[("x", "y", 1), (WEIGHTS, &digest, 7)]));
        written(root.path(), "hf.co/org/repo/q4", &manifest(&[(WEIGHTS, &digest, 7)]));
        for name in ["m", "m:latest", "library/m", "registry.ollama.ai/library/m", "hf.co/org/repo:q4"] {
            assert_eq!(blob_in(root.path(), name).unwrap().sha256, hash, "{name}");
        }
        let hostile = [
            manifest(&[(WEIGHTS, "sha256:../../../../etc/passwd", 7)]),
            manifest(&[(WEIGHTS, &format!("sha256:{}", "0".repeat(64)), 7)]),
            manifest(&[(WEIGHTS, &digest, 8)]),
            manifest(&[(WEIGHTS, &digest, 7), (WEIGHTS, &digest, 7)]),
            manifest(&[(WEIGHTS, &digest, 7), (ADAPTER, &digest, 7)]),
            manifest(&[]),
            "{".to_string(),
            " ".repeat(2 << 20),
        ];
        for text in hostile {
            written(root.path(), &format!("{usual}/bad"), &text);
            let error = blob_in(root.path(), "m:bad").unwrap_err();
            assert!(error.hint.is_some(), "{error}");
        }
        assert!(blob_in(root.path(), "gone").unwrap_err().to_string().contains("ollama pull gone"));
        assert!(all_in(root.path()).iter().all(|one| one.family.is_none()), "the file holds no model");
    }
}
