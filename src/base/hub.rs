//! The Hugging Face hub: what a repository holds, by what the hub itself says of its files.

use engine::error::{Error, Result};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};

const USUAL: &str = "https://huggingface.co";
/// A page of a list of files, in bytes; real ones have a thousand files and some hundred bytes for each.
const LARGEST_PAGE: u64 = 4 << 20;
const MOST_PAGES: usize = 20;
/// No base that runs here has as many bytes.
const LARGEST_FILE: u64 = 1 << 38;

/// A hub, and who asks.
pub(super) struct Hub {
    /// `https://huggingface.co`, without a slash at the end.
    endpoint: String,
    token: Option<String>,
    agent: Agent,
}

/// A file as the hub describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HubFile {
    /// Within the repository.
    pub path: String,
    pub bytes: u64,
    /// Of its content; the hub keeps it of large files alone.
    pub sha256: Option<String>,
}

/// Why the hub gave nothing.
pub(super) struct Failure {
    pub error: Error,
    /// It may give it a moment later.
    pub passing: bool,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

/// A repository at a revision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repo<'a> {
    pub name: &'a str,
    pub revision: &'a str,
}

impl<'a> Repo<'a> {
    /// As it is now.
    pub fn newest(name: &'a str) -> Self {
        Self { name, revision: "main" }
    }
}

/// An entry of `/api/models/…/tree/…`; what else stands there is of no use here.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: String,
    path: String,
    size: u64,
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    /// SHA-256 of the content.
    oid: String,
    size: u64,
}

impl Hub {
    /// The one that `HF_ENDPOINT` names, asked with the token in `HF_TOKEN` or with the one that Hugging Face's own programs
    /// have kept.
    pub fn from_environment() -> Self {
        let set = |name: &str| std::env::var(name).ok().map(|v| v.trim().to_string()).filter(|v| !v.is_empty());
        let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| USUAL.to_string());
        let token = set("HF_TOKEN").or_else(|| {
            let home =
                set("HF_HOME").map(PathBuf::from).or_else(|| Some(dirs::home_dir()?.join(".cache/huggingface")))?;
            let kept = std::fs::read_to_string(home.join("token")).ok()?;
            Some(kept.trim().to_string()).filter(|token| !token.is_empty())
        });
        let agent = Agent::config_builder()
            .user_agent(concat!("pmtune/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_recv_response(Some(Duration::from_secs(60)))
            // What stands still is broken off, and gone on with.
            .timeout_per_read(Some(Duration::from_secs(60)))
            // Files lie elsewhere, where the token is nobody's business.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost)
            .max_redirects(5)
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self { endpoint: endpoint.trim_end_matches('/').to_string(), token, agent }
    }

    /// The files of a folder of the repository, `""` for its topmost.
    pub fn files(&self, repo: Repo<'_>, folder: &str) -> Result<Vec<HubFile>> {
        let Repo { name, revision } = repo;
        let slash = if folder.is_empty() { "" } else { "/" };
        let mut url = format!("{}/api/models/{name}/tree/{revision}{slash}{folder}", self.endpoint);
        let mut files = Vec::new();
        for _ in 0..MOST_PAGES {
            let mut response = self.get(repo, &url, &[])?;
            let next = next_page(&response).filter(|next| next.starts_with(&format!("{}/", self.endpoint)));
            let body = response.body_mut().with_config().limit(LARGEST_PAGE).read_to_string();
            let body = body.map_err(|e| broken(repo, "its list of files cannot be read").caused_by(e))?;
            let entries: Vec<Entry> = serde_json::from_str(&body)
                .map_err(|e| broken(repo, "its list of files is not one that pmtune reads").caused_by(e))?;
            for entry in entries.into_iter().filter(|entry| entry.kind == "file") {
                files.push(described(repo, entry)?);
            }
            match next {
                Some(next) => url = next,
                None => return Ok(files),
            }
        }
        Ok(files)
    }

    /// One file of the repository.
    pub fn file(&self, repo: Repo<'_>, path: &str) -> Result<HubFile> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let files = self.files(repo, folder)?;
        let found = files.iter().find(|file| file.path == path).cloned();
        found.ok_or_else(|| {
            let ggufs: Vec<&str> = files.iter().map(|f| f.path.as_str()).filter(|p| p.ends_with(".gguf")).collect();
            let hint = match ggufs.is_empty() {
                true => "check the name on the hub's page of it".to_string(),
                false => format!("it has {}", crate::words::list_at_most(&ggufs, 12)),
            };
            Error::missing(format!("hub:{} has no file {path}", repo.name)).hint(hint)
        })
    }

    /// A file's content from byte `from` on.
    pub fn content(&self, repo: Repo<'_>, path: &str, from: u64) -> Result<Response<Body>, Failure> {
        let url = format!("{}/{}/resolve/{}/{path}", self.endpoint, repo.name, repo.revision);
        let range = format!("bytes={from}-");
        let headers: &[(&str, &str)] = if from > 0 { &[("Range", &range)] } else { &[] };
        self.get(repo, &url, headers)
    }

    /// Any answer that is not a refusal.
    fn get(&self, repo: Repo<'_>, url: &str, headers: &[(&str, &str)]) -> Result<Response<Body>, Failure> {
        // Packed on the way, a file could not be gone on with in the middle.
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let response = request.call().map_err(|e| Failure {
            error: Error::network(format!("hub:{} cannot be reached ({e})", repo.name))
                .hint("check the connection; HF_ENDPOINT names another hub"),
            passing: true,
        })?;
        match response.status() {
            status if status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE => Ok(response),
            status => Err(Failure { error: self.refused(repo.name, status), passing: status.is_server_error() }),
        }
    }

    fn refused(&self, repo: &str, status: StatusCode) -> Error {
        let endpoint = &self.endpoint;
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let who = match self.token {
                    Some(_) => "the token in HF_TOKEN may not have it",
                    None => "it does not know who asks",
                };
                Error::network(format!("the hub does not give out hub:{repo} ({status}): {who}")).hint(format!(
                    "check the name; if it is right, open {endpoint}/{repo} in a browser, sign in and accept its terms, then \
                     put a token from {endpoint}/settings/tokens into HF_TOKEN and run the same command again"
                ))
            }
            StatusCode::NOT_FOUND => Error::network(format!("there is no hub:{repo} with this file ({status})"))
                .hint("check the name; a private model needs a token in HF_TOKEN"),
            StatusCode::TOO_MANY_REQUESTS => Error::network(format!("the hub asks for patience ({status})"))
                .hint("run the same command again in some minutes; with a token in HF_TOKEN it allows more"),
            _ => Error::network(format!("hub:{repo} cannot be downloaded ({status})"))
                .hint("try again later; https://status.huggingface.co says how the hub is"),
        }
    }
}

/// The address behind `rel="next"` of a `Link` header.
fn next_page(response: &Response<Body>) -> Option<String> {
    let link = response.headers().get("link")?.to_str().ok()?;
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    Some(next.split_once('<')?.1.split_once('>')?.0.to_string())
}

fn described(repo: Repo<'_>, entry: Entry) -> Result<HubFile> {
    let (bytes, sha256) = match entry.lfs {
        Some(lfs) => (lfs.size, Some(lfs.oid.to_lowercase())),
        None => (entry.size, None),
    };
    let is_hash = |text: &String| text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if sha256.as_ref().is_some_and(|sha256| !is_hash(sha256)) || bytes > LARGEST_FILE {
        return Err(broken(repo, "what it says of its files cannot be"));
    }
    Ok(HubFile { path: entry.path, bytes, sha256 })
}

fn broken(repo: Repo<'_>, what: &str) -> Error {
    Error::network(format!("hub:{}: {what}", repo.name)).hint("check HF_ENDPOINT, and try again later")
}

/// Of a repository's files those that make a model: configuration, tokenizer, template and safetensors.
///
/// # Errors
/// They make none.
pub(super) fn model_files(repo: &str, files: Vec<HubFile>) -> Result<Vec<HubFile>> {
    const NAMED: [&str; 5] =
        ["config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"];
    let plain =
        |name: &str| !name.starts_with('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let wanted = |name: &str| plain(name) && (NAMED.contains(&name) || name.contains(".safetensors"));
    let found: Vec<HubFile> = files.into_iter().filter(|file| wanted(&file.path)).collect();
    if found.iter().any(|f| f.path.ends_with(".safetensors")) && found.iter().any(|f| f.path == "config.json") {
        return Ok(found);
    }
    Err(Error::missing(format!("hub:{repo} holds no config.json with safetensors"))
        .hint(format!("if it holds GGUF files, name one: hub:{repo}:FILE.gguf")))
}
