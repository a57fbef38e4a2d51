//! The Hugging Face hub, through its own client.

use super::progress::Progress;
use engine::error::{Error, Result};
use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use hf_hub::{Repo, RepoType};
use std::path::{Path, PathBuf};

/// Downloads one file below `scratch` and gives its path there.
pub(super) fn download(
    repo: &str,
    revision: Option<&str>,
    file: &str,
    scratch: &Path,
    progress: &dyn Progress,
) -> Result<PathBuf> {
    let api = api(Some(scratch.join("hub")))?;
    let repo_at = match revision {
        Some(revision) => Repo::with_revision(repo.into(), RepoType::Model, revision.into()),
        None => Repo::model(repo.into()),
    };
    let meter = Meter { progress, done: 0, total: None };
    let link = api.repo(repo_at).download_with_progress(file, meter).map_err(|e| explain(repo, e))?;
    // The client leaves a link to a blob; the blob is what we keep.
    link.canonicalize().map_err(|e| Error::io("read", &link, e))
}

/// The files of a repository that make a model: configuration, tokenizer, template and safetensors.
pub(super) fn model_files(repo: &str) -> Result<Vec<String>> {
    let info = api(None)?.repo(Repo::model(repo.into())).info().map_err(|e| explain(repo, e))?;
    let wanted = |name: &str| {
        let plain = !name.contains(['/', '\\']) && !name.starts_with('.');
        let named =
            ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"].contains(&name);
        plain && (named || name == "chat_template.jinja" || name.contains(".safetensors"))
    };
    let files: Vec<String> = info.siblings.into_iter().map(|s| s.rfilename).filter(|name| wanted(name)).collect();
    if files.iter().any(|f| f.ends_with(".safetensors")) && files.iter().any(|f| f == "config.json") {
        return Ok(files);
    }
    Err(Error::missing(format!("hub:{repo} holds no config.json with safetensors"))
        .hint(format!("if it holds GGUF files, name one: hub:{repo}:FILE.gguf")))
}

fn api(cache: Option<PathBuf>) -> Result<Api> {
    let mut builder = ApiBuilder::from_env().with_progress(false).with_retries(1);
    if let Some(cache) = cache {
        builder = builder.with_cache_dir(cache);
    }
    builder.build().map_err(|e| Error::network(format!("the hub's client cannot start: {e}")))
}

fn explain(repo: &str, error: ApiError) -> Error {
    Error::network(format!("hub:{repo} cannot be downloaded ({error})"))
        .hint("check the name and the connection; a private model needs a token in HF_TOKEN")
}

struct Meter<'a> {
    progress: &'a dyn Progress,
    done: u64,
    total: Option<u64>,
}

impl hf_hub::api::Progress for Meter<'_> {
    fn init(&mut self, size: usize, _file: &str) {
        self.total = Some(size as u64);
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.progress.bytes(self.done, self.total);
    }

    fn finish(&mut self) {}
}
