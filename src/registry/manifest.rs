use super::Trained;
use crate::pack::is_plain;
use crate::yaml::{self, Node};
use engine::chat::{LentTemplate, Message, Role};
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
    /// The chat template, of those that are lent to bases that bring none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<LentTemplate>,
    /// Let the base think before it answers, where its chat template has a switch for that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub thinking: bool,
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
    /// Where it came from, if it was made in another workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<ReceivedFrom>,
    /// The job that it was trained in, if another engine than this program did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<FromJob>,
    /// How the adapter was trained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Trained>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// What [`deciding`] gave when it was written, so that an edit is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The pack that a version came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReceivedFrom {
    /// SHA-256 of the pack.
    pub pack: String,
    pub on: jiff::civil::Date,
    /// What it was called there, if it has another name here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// The job in which another engine trained a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FromJob {
    /// SHA-256 of the job's manifest.
    pub manifest: String,
    /// `trl 1.16.0`.
    pub engine: String,
    pub on: jiff::civil::Date,
    /// SHA-256 of `adapter_model.safetensors` as it came back.
    pub adapter: String,
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

impl FewShot {
    pub fn messages(&self) -> [Message; 2] {
        [Message::new(Role::User, &self.user), Message::new(Role::Assistant, &self.assistant)]
    }
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
    ///
    /// # Errors
    /// Gathers every fault, each with its place.
    pub fn parse(text: &str, file: &Path) -> Result<Self> {
        let node = yaml::parse(text, file)?;
        yaml::refuse_newer(&node, Self::FORMAT)?;
        let sampling = node.get("sampling").map(|at| yaml::outside::<SamplingOptions>(at, "sampling"));
        let own = [name_fault(&node, file), adapter_fault(&node)].into_iter().flatten().chain(file_faults(&node));
        yaml::with_faults(yaml::read(&node, &[]), own.chain(sampling.into_iter().flatten()))
    }

    /// Writes the manifest into its version's folder; with it the folder is a version, and not before.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_yaml::to_string(self)
            .map_err(|e| Error::input(format!("cannot write the manifest of {}: {e}", self.name)))?;
        let file = super::manifest_file(folder);
        store::replace(&file, sealed(&text, &file)?.as_bytes())
    }

    /// Few-shot examples as messages.
    pub fn messages(&self) -> Vec<Message> {
        self.examples.iter().flat_map(FewShot::messages).collect()
    }
}

/// SHA-256 over everything that a manifest's text says but for `notes` and `digest`. It is of the text and not of
/// [`Manifest`], so that a later program with more keys finds the same.
pub(super) fn deciding(text: &str, file: &Path) -> Result<String> {
    let said: Result<BTreeMap<String, serde_json::Value>, _> = serde_yaml::from_str(text);
    let mut said = said.map_err(|e| Error::input(format!("{} is no manifest: {e}", file.display())))?;
    said.retain(|key, _| key != "notes" && key != "digest");
    Ok(store::hash_of(&said))
}

/// A manifest's text with its digest as the last line; nothing else is touched.
///
/// # Errors
/// A text to which no line can be added.
pub(super) fn sealed(text: &str, file: &Path) -> Result<String> {
    let mut sealed: String = text.split_inclusive('\n').filter(|line| !line.starts_with("digest:")).collect();
    if !sealed.ends_with('\n') {
        sealed.push('\n');
    }
    let digest = deciding(text, file)?;
    sealed.push_str(&format!("digest: {digest}\n"));
    match Manifest::parse(&sealed, file) {
        Ok(manifest) if manifest.digest.as_ref() == Some(&digest) && deciding(&sealed, file)? == digest => Ok(sealed),
        _ => Err(Error::input(format!("no line can be added to {}", file.display()))
            .hint("write one key a line, beginning at the first column")),
    }
}

fn name_fault(manifest: &Node, file: &Path) -> Option<Error> {
    let folder = file.parent().and_then(|p| p.file_name()).unwrap_or_default().to_string_lossy();
    let at = manifest.get("name")?;
    let fault = || at.fault(format!("the name differs from its folder `{folder}`")).hint("give both the same name");
    at.as_str().filter(|name| *name != folder).map(|_| fault())
}

fn adapter_fault(manifest: &Node) -> Option<Error> {
    let at = manifest.get("adapter")?;
    let fault = || at.fault("`adapter` leaves the version's folder").hint("name a folder beside the manifest");
    at.as_str().filter(|path| !stays_inside(path)).map(|_| fault())
}

fn file_faults(manifest: &Node) -> impl Iterator<Item = Error> {
    let files = manifest.get("files").map(Node::entries).unwrap_or_default();
    files.iter().filter(|(path, _)| !is_plain(&path.text)).map(|(path, _)| {
        Error::input(format!("`files` names {:?}", path.text)).at(path.place()).hint("name files beside the manifest")
    })
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
    fn refuses_a_wrong_folder_a_newer_format_and_a_climbing_adapter() {
        assert!(read("PM-General-v3", GOOD).unwrap_err().to_string().contains("differs from its folder"));
        let newer = read("PM-General-v2", &format!("{GOOD}format: 9\n"));
        assert!(newer.unwrap_err().to_string().contains("newer"));
        let climbing = read("PM-General-v2", &format!("{GOOD}adapter: ../../secret\n"));
        assert!(climbing.unwrap_err().to_string().contains("leaves"));
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        let text = "name: PM-General-v2\ncreated: soon\nbase: {nam: x}\nadapter: ../up\nfiles: {../up: a}\n\
                    sampling: {max_tokens: 0, max-tokens: 9}\n";
        let said = read("PM-General-v3", text).unwrap_err().to_string();
        for part in [
            ":1:7: the name differs from its folder `PM-General-v3`",
            ":2:10: ",
            "did you mean `name`",
            ":4:10: `adapter` leaves",
            ":5:9: `files` names",
            ":6:24: `sampling.max_tokens` is `0`",
            ":6:27: `max-tokens` is given twice",
        ] {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
    }

    #[test]
    fn writes_what_it_reads_with_keys_in_kebab_case() {
        let manifest = read("PM-General-v2", &format!("{GOOD}sampling: {{max_tokens: 9, top_k: 3}}\n")).unwrap();
        let text = serde_yaml::to_string(&manifest).unwrap();
        assert!(text.contains("max-tokens: 9") && text.contains("top-k: 3"), "{text}");
        let again = read("PM-General-v2", &serde_yaml::to_string(&manifest).unwrap()).unwrap();
        assert_eq!(manifest, again);
    }
}
