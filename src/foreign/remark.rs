use crate::yaml::Node;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What became of something that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    Kept,
    /// It is there, and may judge a little differently.
    Changed,
    LeftOut,
}

impl Fate {
    pub fn name(self) -> &'static str {
        match self {
            Fate::Kept => "kept",
            Fate::Changed => "changed",
            Fate::LeftOut => "left out",
        }
    }
}

/// Something of a foreign file, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// As the foreign file calls it: `contains-json`, `options.transform`.
    pub what: String,
    pub fate: Fate,
    /// Why, or as what; empty where it is kept as it was.
    pub why: String,
}

/// Where something stands in a foreign file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub file: PathBuf,
    pub line: usize,
}

impl Place {
    pub fn of(node: &Node) -> Self {
        let place = node.place();
        Self { file: place.file, line: place.line }
    }

    pub fn at(file: &Path, line: usize) -> Self {
        Self { file: file.to_path_buf(), line }
    }
}

/// Everything remarked so far.
#[derive(Debug, Default)]
pub(super) struct Remarks(pub Vec<Remark>);

impl Remarks {
    pub fn kept(&mut self, place: &Place, what: impl Into<String>, as_what: impl Into<String>) {
        self.add(place, what.into(), Fate::Kept, as_what.into());
    }

    pub fn changed(&mut self, place: &Place, what: impl Into<String>, why: impl Into<String>) {
        self.add(place, what.into(), Fate::Changed, why.into());
    }

    pub fn left_out(&mut self, place: &Place, what: impl Into<String>, why: impl Into<String>) {
        self.add(place, what.into(), Fate::LeftOut, why.into());
    }

    /// A thing is told once, however many cases it came into.
    fn add(&mut self, place: &Place, what: String, fate: Fate, why: String) {
        let remark = Remark { file: place.file.clone(), line: place.line, what, fate, why };
        if !self.0.contains(&remark) {
            self.0.push(remark);
        }
    }
}
