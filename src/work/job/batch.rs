//! A job's batch, and all that was answered of it.

use crate::job::{OUT, vllm};
use crate::provider::Replies;
use engine::error::{Error, Result};
use engine::store;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// The lines of a job's batch by their ids, and all that was answered of them.
pub(super) fn read(folder: &Path) -> Result<(Vec<(String, String)>, Replies)> {
    #[derive(Deserialize)]
    struct Line {
        custom_id: String,
    }
    let path = folder.join(vllm::BATCH);
    let text = store::read_text(&path)?;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let read: Line = serde_json::from_str(line)
            .map_err(|e| Error::input(format!("{}:{}: {e}", path.display(), at + 1)).hint("write the job again"))?;
        lines.push((read.custom_id, line.to_string()));
    }
    let asked = lines.iter().map(|(id, _)| id.clone()).collect();
    let mut replies = Replies::default();
    for file in outputs(folder)? {
        replies.read(&file, &asked)?;
    }
    Ok((lines, replies))
}

/// What the engine wrote, in the order of the names.
fn outputs(folder: &Path) -> Result<Vec<PathBuf>> {
    let out = folder.join(OUT);
    let entries = match std::fs::read_dir(&out) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io("read", &out, e)),
    };
    let plain = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "jsonl") && path.symlink_metadata().is_ok_and(|meta| meta.is_file())
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(plain).collect();
    files.sort();
    Ok(files)
}
