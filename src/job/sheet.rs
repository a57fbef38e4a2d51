//! `manifest.json` of a job: all that is needed to take its result back, and the hash of every file that was sent along.

use super::{Steps, Weights};
use crate::pack::is_plain;
use crate::registry::{DataFile, FewShot};
use crate::run::{Engine, VersionRef};
use crate::words;
use engine::chat::LentTemplate;
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use engine::store;
use engine::train::Recipe;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

pub(super) const FILE: &str = "manifest.json";

/// The file format that this program writes.
const FORMAT: u32 = 1;

/// A million cases by name take less.
const MOST_BYTES: u64 = 256 << 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    pub format: u32,
    pub pmtune: String,
    pub created: Timestamp,
    /// What is to do it: `trl 1.16.0` in `bfloat16`.
    pub engine: Engine,
    pub base: BaseThere,
    pub task: Task,
    /// SHA-256 of every other file of the folder as it was sent.
    pub files: BTreeMap<String, String>,
}

/// The base here, and what stands for it there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseThere {
    /// As a version's manifest names it.
    pub name: String,
    /// Of the weights that lie here, on which a result is measured.
    pub sha256: String,
    /// The chat template that it is lent, if it brings none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<LentTemplate>,
    pub weights: Weights,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Task {
    Train { versions: Vec<Pupil> },
    Eval(Box<Questions>),
}

/// A version that is trained there: what its manifest here will say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pupil {
    pub name: String,
    pub system: Option<String>,
    pub examples: Vec<FewShot>,
    pub sampling: SamplingOptions,
    pub recipe: Recipe,
    /// Its batch, divided among cards.
    pub steps: Steps,
    /// The last parts of the names of the layers that get an adapter; never empty.
    pub targets: Vec<String>,
    /// Hash of every token that `pmtune train` would train on or hold out.
    pub data: String,
    pub files: Vec<DataFile>,
    pub validation_files: Vec<DataFile>,
    /// Examples on both sides, and those that were left out as too long.
    pub training: usize,
    pub validation: usize,
    pub left_out: usize,
    /// Lines that are trained on: one for every answer of an example.
    pub lines: usize,
    /// Tokens of one epoch.
    pub tokens: usize,
    /// Steps of all epochs.
    pub total_steps: usize,
}

/// An evaluation that is answered there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    pub versions: Vec<Answerer>,
    /// Every case in order, with how many answers each gets.
    pub cases: Vec<(String, u32)>,
    /// Cases that only likelihoods could answer.
    pub left_out: Vec<String>,
    /// Laid over what the versions say.
    pub sampling: SamplingOptions,
    /// Lines of the batch.
    pub lines: usize,
}

/// One version that is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answerer {
    /// As it is named to be asked again: `v2`, `base`.
    pub called: String,
    pub version: VersionRef,
    /// Questions that the version answers otherwise than its base here; so must they there.
    pub probes: Vec<Probe>,
}

/// One question to the version and to its base, by the ids of their lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    pub version: String,
    pub base: String,
}

impl Sheet {
    /// A sheet without its files, which [`Draft`](super::Draft) names.
    pub fn new(engine: Engine, base: BaseThere, task: Task) -> Self {
        Self {
            format: FORMAT,
            pmtune: env!("CARGO_PKG_VERSION").to_string(),
            created: Timestamp::now(),
            engine,
            base,
            task,
            files: BTreeMap::new(),
        }
    }

    pub(super) fn text(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        Ok(text.map_err(|e| Error::input(format!("the job's manifest cannot be written: {e}")))? + "\n")
    }

    /// Reads the sheet of a folder and holds every file that was sent against it; gives the sheet's own hash too.
    ///
    /// # Errors
    /// It is no job, a newer pmtune's, or its files are not those that were sent; every one is named.
    pub fn open(folder: &Path) -> Result<(Self, String)> {
        let path = folder.join(FILE);
        if !path.is_file() {
            return Err(Error::missing(format!("{} is no job: it has no {FILE}", folder.display()))
                .hint("name the folder that `pmtune job train` or `pmtune job eval` wrote"));
        }
        let file = std::fs::File::open(&path).map_err(|e| Error::io("open", &path, e))?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|e| Error::io("read", &path, e))?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(Error::input(format!("{} is larger than {}", path.display(), words::bytes(MOST_BYTES)))
                .hint("no job has so large a manifest; get the folder again"));
        }
        let sheet = read(&bytes, &path)?;
        sheet.check(folder)?;
        Ok((sheet, store::hash(&bytes)))
    }

    /// Whether every file is as it was sent.
    fn check(&self, folder: &Path) -> Result<()> {
        let fault = |(path, sum): (&String, &String)| {
            let what = if !is_plain(path) {
                Some("leads out of the job's folder")
            } else {
                match folder.join(path).symlink_metadata() {
                    Err(_) => Some("is missing"),
                    Ok(meta) if !meta.is_file() => Some("is no plain file"),
                    Ok(_) => match store::hash_file(&folder.join(path), |_| ()) {
                        Ok(found) if found == *sum => None,
                        Ok(_) => Some("is not what was sent"),
                        Err(_) => Some("cannot be read"),
                    },
                }
            };
            what.map(|what| {
                Error::input(format!("{} {what}", folder.join(path).display()))
                    .hint("bring the folder back as it was sent, with what the engine wrote in out/")
            })
        };
        match Error::gather(self.files.iter().filter_map(fault)) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

fn read(bytes: &[u8], path: &Path) -> Result<Sheet> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let fault = |e: serde_json::Error| {
        Error::input(format!("{}:{}:{}: not a job's manifest: {e}", path.display(), e.line(), e.column()))
            .hint("the file was edited or damaged; write the job again")
    };
    let Format { format } = serde_json::from_slice(bytes).map_err(fault)?;
    if format > FORMAT {
        return Err(Error::input(format!(
            "{} was written by a newer pmtune: it has format {format}, this one knows formats up to {FORMAT}",
            path.display()
        ))
        .hint("install the newer pmtune"));
    }
    let sheet: Sheet = serde_json::from_slice(bytes).map_err(fault)?;
    // It is kept in runs and versions, and shown.
    let named = |text: &str| !text.is_empty() && text.len() <= 80 && !text.chars().any(char::is_control);
    if named(&sheet.engine.name) && sheet.engine.dtype.as_deref().is_none_or(named) {
        return Ok(sheet);
    }
    Err(Error::input(format!("{} names no engine", path.display())).hint("write the job again"))
}
