//! Bases: frozen weights, large and shared, so they live in the user's cache folder and never in a workspace.
//!
//! A base is named (`smollm2-135m-instruct`), on the hub (`hub:org/repo[:file]`), another program's on this computer
//! (`lmstudio:…`, `ollama:…`; used where it lies), or a path. [`ensure`] gives its files,
//! pulling them first when they are missing. A pulled base is complete or absent: files arrive in a scratch folder, are
//! checked against their pinned size and SHA-256, and the folder is renamed into place in one step. The sentence model
//! ([`SENTENCES`]) is pulled and kept the same way.

mod elsewhere;
mod hashed;
mod home;
mod hub;
mod kept;
mod licence;
mod lm_studio;
mod model;
mod named;
mod neighbour;
mod ollama;
mod progress;
mod pull;
mod transfer;
mod wheel;

pub use elsewhere::Neighbour;
pub use hashed::hash;
pub use home::home;
pub use kept::local;
pub use licence::Licence;
pub use lm_studio::lm_studio_models;
pub use model::{CONVERSATION, EXAMPLE_TOKENS, EXAMPLES, Mix, Model};
pub use named::{DEFAULT, Named, SENTENCES, bases, full_precision};
pub use neighbour::neighbours;
pub use progress::{Progress, Silent};
pub use pull::{ensure, pull};

use engine::chat::LentTemplate;
use engine::error::{Error, Result};
use engine::files::Source;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a person may call a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BaseName {
    /// One this program knows by name, with pinned size and hash.
    Named(String),
    /// `hub:org/repo[:file]`; without a file, the repository's safetensors.
    Hub { repo: String, file: Option<String> },
    /// `lmstudio:publisher/repository/file.gguf`, where LM Studio has it.
    LmStudio(String),
    /// `ollama:name[:tag]`, where Ollama has it.
    Ollama(String),
    /// A `.gguf` file, or a folder with `config.json` and safetensors.
    Path(PathBuf),
}

impl BaseName {
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(rest) = text.strip_prefix("hub:") {
            let (repo, file) = match rest.split_once(':') {
                Some((repo, file)) => (repo, Some(file.to_string())),
                None => (rest, None),
            };
            let plain = |part: &str| {
                !part.is_empty() && part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            };
            let well_formed = repo.split_once('/').is_some_and(|(org, name)| plain(org) && plain(name));
            if !well_formed || file.as_deref().is_some_and(|f| !f.split('/').all(plain)) {
                return Err(Error::usage(format!("`{text}` does not name a model on the hub"))
                    .hint("write hub:organisation/repository, or hub:organisation/repository:file.gguf"));
            }
            return Ok(Self::Hub { repo: repo.to_string(), file });
        }
        if let Some(model) = text.strip_prefix("lmstudio:") {
            return match lm_studio::is_model(model) {
                true => Ok(Self::LmStudio(model.to_string())),
                false => Err(Error::usage(format!("`{text}` does not name a model of LM Studio"))
                    .hint("write lmstudio:publisher/repository/file.gguf; `pmtune bases` lists what is there")),
            };
        }
        if let Some(model) = text.strip_prefix("ollama:") {
            return match ollama::is_model(model) {
                true => Ok(Self::Ollama(model.to_string())),
                false => Err(Error::usage(format!("`{text}` does not name a model of Ollama"))
                    .hint("write ollama:name:tag; `pmtune bases` lists what is there")),
            };
        }
        if named::find(text).is_some() {
            return Ok(Self::Named(text.to_string()));
        }
        let path = Path::new(text);
        if path.extension().is_some_and(|e| e == "gguf") || text.contains(['/', '\\']) || path.is_dir() {
            return Ok(Self::Path(path.to_path_buf()));
        }
        Err(Error::missing(format!("no base is called `{text}`")).hint(format!(
            "known: {}; or give hub:organisation/repository[:file], lmstudio:…, ollama:…, or a path to a .gguf file",
            named::ALL.iter().map(|b| b.name).filter(|name| *name != SENTENCES).collect::<Vec<_>>().join(", ")
        )))
    }

    /// A base as a file of a workspace names it: paths are relative to the workspace's `root`.
    pub fn written(text: &str, root: &Path) -> Result<Self> {
        match Self::parse(text) {
            Ok(Self::Path(path)) => Ok(Self::Path(root.join(path))),
            Err(_) if root.join(text).is_dir() => Ok(Self::Path(root.join(text))),
            other => other,
        }
    }

    /// The folder's name in the cache; `None` for what stays where it is.
    fn cache_name(&self) -> Option<String> {
        match self {
            Self::Named(name) => Some(name.clone()),
            Self::Hub { repo, file } => {
                let name = match file {
                    // Each part of a model names all of it.
                    Some(file) => match engine::files::part_names(file) {
                        Some(parts) => format!("hub--{repo}--{}", parts[0]),
                        None => format!("hub--{repo}--{file}"),
                    },
                    None => format!("hub--{repo}"),
                };
                Some(name.replace('/', "--"))
            }
            Self::LmStudio(_) | Self::Ollama(_) | Self::Path(_) => None,
        }
    }
}

impl std::fmt::Display for BaseName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Hub { repo, file: Some(file) } => write!(f, "hub:{repo}:{file}"),
            Self::Hub { repo, file: None } => write!(f, "hub:{repo}"),
            Self::LmStudio(model) => write!(f, "lmstudio:{model}"),
            Self::Ollama(model) => write!(f, "ollama:{model}"),
            Self::Path(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A base that is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The `.gguf` file or the folder of safetensors: what `files::open` takes.
    pub path: PathBuf,
    /// SHA-256 of the weights (of the list of file hashes, for a folder).
    pub sha256: String,
    /// The template that a version lends it, for a base that brings none.
    pub template: Option<LentTemplate>,
    /// A version lets it think before it answers.
    pub thinks: bool,
}

impl Base {
    /// Bytes of its files on disk.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn bytes(&self) -> Result<u64> {
        hashed::bytes(&self.path)
    }

    /// Reads what is not weights: every size, tokenizer and template.
    ///
    /// # Errors
    /// It cannot be read; it brings a template of its own, its tokenizer lacks what the lent one writes; or it is
    /// to think and cannot.
    pub fn open(&self) -> Result<Source> {
        let source = engine::files::open(&self.path)?;
        let chat = match self.template {
            Some(template) if source.chat.lent_template() != Some(template) => source.chat.lend(template)?,
            _ => source.chat,
        };
        let chat = if self.thinks { chat.thinking()? } else { chat };
        Ok(Source { chat, ..source })
    }
}

/// `base.json` in a pulled base's folder: what lies there and where it came from.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Receipt {
    /// The file to open, relative to the folder; `.` for the folder itself.
    open: String,
    sha256: String,
    bytes: u64,
    source: String,
    /// Of a model in several files those besides the one to open, with their bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    further: Vec<(String, u64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_way_of_naming_a_base() {
        assert_eq!(BaseName::parse(DEFAULT).unwrap(), BaseName::Named(DEFAULT.into()));
        assert_eq!(
            BaseName::parse("hub:org/repo:a.gguf").unwrap(),
            BaseName::Hub { repo: "org/repo".into(), file: Some("a.gguf".into()) }
        );
        assert_eq!(BaseName::parse("hub:org/repo").unwrap(), BaseName::Hub { repo: "org/repo".into(), file: None });
        let part = |no| BaseName::parse(&format!("hub:org/repo:q/m-0000{no}-of-00002.gguf")).unwrap().cache_name();
        assert_eq!(part(1), part(2), "both name the whole model");
        for text in ["lmstudio:org/repo/a b.gguf", "ollama:qwen3:0.6b"] {
            assert_eq!(BaseName::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(BaseName::parse("x/y.gguf").unwrap(), BaseName::Path("x/y.gguf".into()));
    }

    #[test]
    fn a_written_path_starts_at_the_workspace() {
        let root = tempfile::tempdir().unwrap();
        let written = |text: &str| BaseName::written(text, root.path());
        assert_eq!(written("x/y.gguf").unwrap(), BaseName::Path(root.path().join("x/y.gguf")));
        assert_eq!(written(DEFAULT).unwrap(), BaseName::Named(DEFAULT.into()));
        assert!(written("mine").is_err());
        std::fs::create_dir(root.path().join("mine")).unwrap();
        assert_eq!(written("mine").unwrap(), BaseName::Path(root.path().join("mine")));
    }

    #[test]
    fn refuses_names_that_would_leave_the_cache() {
        for bad in ["lmstudio:a/b", "lmstudio:../b/c.gguf", "lmstudio:/b/c.gguf", "ollama:../x", "ollama:"] {
            assert!(BaseName::parse(bad).is_err(), "{bad}");
        }
        for bad in ["hub:org", "hub:../x", "hub:org/..", "hub:org/repo:../../x", "hub:/x", "nonsense"] {
            assert!(BaseName::parse(bad).is_err(), "{bad}");
        }
    }
}
