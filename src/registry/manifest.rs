use super::Trained;
use engine::chat::{Message, Role};
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use engine::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// `models/<Name-vN>/manifest.yaml`: a base, perhaps an adapter, and prompt settings, under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    #[serde(default = "newest")]
    pub format: u32,
    /// Equal to the folder's name: `PM-General-v2`.
    pub name: String,
    pub created: jiff::civil::Date,
    /// The version this one was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    pub base: BaseRecord,
    /// The folder of the LoRA adapter, relative to the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// SHA-256 of what training wrote, by path relative to the manifest, so that damage is found.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
    /// The system prompt; without one the base's own stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Worked examples shown before every question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<FewShot>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub sampling: SamplingOptions,
    /// Hash of the training data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// How the adapter was trained, if it was trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Trained>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// The base as it was when the version was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseRecord {
    /// `smollm2-135m-instruct`, `hub:org/repo[:file]`, or a path relative to the workspace.
    pub name: String,
    /// SHA-256 of the weights. A version refuses to run on other weights than these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// One worked example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FewShot {
    pub user: String,
    pub assistant: String,
}

fn newest() -> u32 {
    Manifest::FORMAT
}

fn is_default(options: &SamplingOptions) -> bool {
    *options == SamplingOptions::default()
}

impl Manifest {
    /// Hash over the adapter's configuration and weights as [`adapter_hash`](super::adapter_hash) gives it, from what
    /// stands here alone; `None` where it is not written down.
    pub fn recorded_adapter_hash(&self) -> Option<String> {
        let folder = self.adapter.as_deref()?.trim_start_matches("./").trim_end_matches('/');
        let hash = |file: &str| self.files.get(&format!("{folder}/{file}")).cloned();
        let hashes = [hash("adapter_config.json")?, hash("adapter_model.safetensors")?];
        Some(store::hash(hashes.concat().as_bytes()))
    }

    /// The newest manifest this program understands.
    pub const FORMAT: u32 = 1;

    pub fn read(file: &Path) -> Result<Self> {
        Self::parse(&engine::store::read_text(file)?, file)
    }

    /// A manifest's text; `file` says which version's it is.
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        let manifest: Self = crate::yaml::read(&crate::yaml::parse(text, file)?, &[])?;
        let wrong = |what: String, hint: &str| Err(Error::input(format!("{}: {what}", file.display())).hint(hint));
        if manifest.format > Self::FORMAT {
            let what = format!("format {} is newer than this pmtune understands ({})", manifest.format, Self::FORMAT);
            return wrong(what, "update pmtune");
        }
        let folder = file.parent().and_then(|p| p.file_name()).unwrap_or_default().to_string_lossy();
        if manifest.name != folder {
            let what = format!("`name: {}` differs from its folder `{folder}`", manifest.name);
            return wrong(what, "give both the same name");
        }
        if manifest.adapter.as_deref().is_some_and(|a| !stays_inside(a)) {
            return wrong("`adapter` leaves the version's folder".into(), "name a folder beside the manifest");
        }
        if let Some(path) = manifest.files.keys().find(|path| !super::tree::is_plain(path)) {
            return wrong(format!("`files` names {path:?}"), "name files beside the manifest");
        }
        Ok(manifest)
    }

    /// Writes the manifest into its version's folder; with it the folder is a version, and not before.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_yaml::to_string(self)
            .map_err(|e| Error::input(format!("cannot write the manifest of {}: {e}", self.name)))?;
        store::replace(&super::manifest_file(folder), text.as_bytes())
    }

    /// Few-shot examples as messages.
    pub fn messages(&self) -> Vec<Message> {
        let turns = |e: &FewShot| [Message::new(Role::User, &e.user), Message::new(Role::Assistant, &e.assistant)];
        self.examples.iter().flat_map(turns).collect()
    }

    /// `PM-General` of `PM-General-v2`.
    pub fn line(&self) -> &str {
        self.name.rsplit_once("-v").map_or(self.name.as_str(), |(line, _)| line)
    }

    /// 2 of `PM-General-v2`; 0 for a name without a number.
    pub fn number(&self) -> u64 {
        self.name.rsplit_once("-v").and_then(|(_, n)| n.parse().ok()).unwrap_or(0)
    }
}

/// A relative path that never climbs.
fn stays_inside(path: &str) -> bool {
    Path::new(path).components().all(|c| matches!(c, std::path::Component::Normal(_) | std::path::Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &str, text: &str) -> Result<Manifest> {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(folder).join("manifest.yaml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        Manifest::read(&file)
    }

    const GOOD: &str = "name: PM-General-v2\ncreated: 2026-11-21\nparent: PM-General-v1\nbase: {name: x}\n";

    #[test]
    fn reads_name_line_and_number() {
        let manifest = read("PM-General-v2", GOOD).unwrap();
        assert_eq!((manifest.line(), manifest.number()), ("PM-General", 2));
    }

    #[test]
    fn refuses_a_wrong_folder_a_newer_format_and_a_climbing_adapter() {
        assert!(read("PM-General-v3", GOOD).unwrap_err().to_string().contains("differs from its folder"));
        let newer = read("PM-General-v2", &format!("{GOOD}format: 9\n"));
        assert!(newer.unwrap_err().to_string().contains("newer"));
        let climbing = read("PM-General-v2", &format!("{GOOD}adapter: ../../secret\n"));
        assert!(climbing.unwrap_err().to_string().contains("leaves"));
    }

    #[test]
    fn writes_what_it_reads() {
        let manifest = read("PM-General-v2", GOOD).unwrap();
        let again = read("PM-General-v2", &serde_yaml::to_string(&manifest).unwrap()).unwrap();
        assert_eq!(manifest, again);
    }
}
