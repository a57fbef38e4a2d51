//! Models that other programs have on this computer. They are used where they lie; what they hash to is kept, with the
//! length and the time of the file that it is true of.

use super::elsewhere::{Neighbour, home, read_small};
use super::hashed::{cache, from_path};
use super::{Base, BaseName, lm_studio, ollama};
use engine::error::{Error, Result};
use engine::files::parts;
use engine::store;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

/// Every model that LM Studio and Ollama have here.
pub fn neighbours() -> Vec<Neighbour> {
    let Ok(home) = home() else { return Vec::new() };
    lm_studio::all(&home).into_iter().chain(ollama::all(&home)).collect()
}

/// What a file was when it was hashed.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Link {
    path: PathBuf,
    bytes: u64,
    /// Since 1970.
    modified_nanoseconds: u128,
    sha256: String,
}

/// The base that another program has under this name.
///
/// # Errors
/// It has none; the file is not what its own name says it hashes to.
pub(super) fn base(name: &BaseName) -> Result<Base> {
    let (path, wanted) = match name {
        BaseName::LmStudio(model) => (lm_studio::file(model)?, None),
        BaseName::Ollama(model) => {
            let blob = ollama::blob(model)?;
            (blob.path, Some(blob.sha256))
        }
        other => return Err(Error::usage(format!("{other} is not another program's"))),
    };
    let path = path.canonicalize().map_err(|e| Error::io("open", &path, e))?;
    // Of a model in several files each may change.
    if parts(&path)?.len() > 1 {
        return from_path(&path);
    }
    let meta = path.metadata().map_err(|e| Error::io("read", &path, e))?;
    let since = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let kept = cache("linked")?.join(format!("{}.json", store::hash(name.to_string().as_bytes())));
    let known: Option<Link> = read_small(&kept).ok().and_then(|text| serde_json::from_str(&text).ok());
    let modified_nanoseconds = since.map_or(0, |since| since.as_nanos());
    let same = |link: &Link| {
        (&link.path, link.bytes, link.modified_nanoseconds) == (&path, meta.len(), modified_nanoseconds)
            && wanted.as_ref().is_none_or(|wanted| *wanted == link.sha256)
    };
    if let Some(link) = known.filter(same) {
        return Ok(Base { path, sha256: link.sha256, template: None, thinks: false });
    }
    let sha256 = store::hash_file(&path, |_| ())?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != sha256) {
        return Err(Error::input(format!("{} has the SHA-256 {sha256}, and should have {wanted}", path.display()))
            .hint("it is damaged: pull the model again with Ollama"));
    }
    let link = Link { path: path.clone(), bytes: meta.len(), modified_nanoseconds, sha256: sha256.clone() };
    // Without the note it is hashed again the next time.
    if let (Some(folder), Ok(text)) = (kept.parent(), serde_json::to_vec_pretty(&link)) {
        let _ =
            std::fs::create_dir_all(folder).and_then(|()| store::replace(&kept, &text).map_err(std::io::Error::other));
    }
    Ok(Base { path, sha256, template: None, thinks: false })
}
