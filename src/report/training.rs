//! How a version was trained, as far as its report tells.

use super::plot::{self, Plot, Scale};
use engine::error::Result;
use engine::train::{Curve, Entry, course};
use serde::Serialize;

/// The loss log of a version.
#[derive(Debug, Clone)]
pub struct Training {
    /// As the version is called in the report.
    pub label: String,
    pub entries: Vec<Entry>,
}

/// The same in words.
#[derive(Debug, Clone, Serialize)]
pub struct TrainingWords {
    pub label: String,
    pub words: String,
}

/// One drawing for each training, all on one scale.
pub fn plots(trainings: &[Training]) -> Result<Vec<Plot>> {
    let scale = Scale::of(trainings.iter().map(|training| training.entries.as_slice()));
    trainings.iter().map(|t| plot::loss(&format!("Loss while {} was trained", t.label), &t.entries, scale)).collect()
}

pub fn words(trainings: &[Training]) -> Vec<TrainingWords> {
    let told = |t: &Training| Some(TrainingWords { label: t.label.clone(), words: course(&Curve::of(&t.entries))? });
    trainings.iter().filter_map(told).collect()
}
