use engine::error::{Error, Result};
use std::path::PathBuf;

/// Where bases are kept: `PMTUNE_HOME`, else `pmtune` in the platform's cache folder.
pub fn home() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("PMTUNE_HOME").filter(|v| !v.is_empty()) {
        return Ok(PathBuf::from(folder));
    }
    dirs::cache_dir().map(|folder| folder.join("pmtune")).ok_or_else(|| {
        Error::missing("this system names no cache folder").hint("set PMTUNE_HOME to a folder where bases may be kept")
    })
}
