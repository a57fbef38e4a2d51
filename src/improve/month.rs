//! `improve/<yyyy-mm>/month.json`: how far a month is, and from what.

use super::decide::{Decision, Promised};
use super::round::Round;
use super::step::Step;
use engine::error::{Error, Result};
use engine::store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The file format this program writes.
const FORMAT: u32 = 1;

/// One month. Its steps' results stand in fields of their own, each written by one step and read by later ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Month {
    pub format: u32,
    /// `2026-11`.
    pub month: String,
    /// The version that was in use when it began, or `base`.
    pub before: String,
    /// The recipe, where one was named.
    #[serde(default)]
    pub round: Option<Round>,
    #[serde(default)]
    pub steps: BTreeMap<Step, Done>,
    /// The run over the dev cases that the plan rests on.
    #[serde(default)]
    pub measured: Option<String>,
    /// What the training is to make better, said before it began.
    #[serde(default)]
    pub promised: Option<Promised>,
    /// Examples that the plan asks for.
    #[serde(default)]
    pub wanted: usize,
    /// Examples that were there when the plan was made, by hash: others are new.
    #[serde(default)]
    pub known: BTreeSet<String>,
    /// How many were added by the time that training began.
    #[serde(default)]
    pub added: usize,
    /// Trainings of this month, in order, the one that is under way last.
    #[serde(default)]
    pub candidates: Vec<Candidate>,
    /// The one of the lowest validation loss.
    #[serde(default)]
    pub candidate: Option<String>,
    /// The runs of both versions over all cases.
    #[serde(default)]
    pub runs: Option<[String; 2]>,
    #[serde(default)]
    pub decision: Option<Decision>,
    /// The folder of the proven file.
    #[serde(default)]
    pub exported: Option<String>,
}

/// A step that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// Hash of all that it was done from.
    pub inputs: String,
    pub at: Timestamp,
    /// What came of it, in a sentence.
    pub said: String,
}

/// A training of the month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub name: String,
    /// Hash of what it is trained on and from.
    pub inputs: String,
    /// `None` while it is under way.
    pub validation_loss: Option<f64>,
}

impl Month {
    pub fn new(month: &str, before: &str) -> Self {
        Self {
            format: FORMAT,
            month: month.to_string(),
            before: before.to_string(),
            round: None,
            steps: BTreeMap::new(),
            measured: None,
            promised: None,
            wanted: 0,
            known: BTreeSet::new(),
            added: 0,
            candidates: Vec::new(),
            candidate: None,
            runs: None,
            decision: None,
            exported: None,
        }
    }

    /// The month in `folder`, if it has begun.
    ///
    /// # Errors
    /// The file was written by a newer pmtune, or was edited into something else.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("month.json");
        if !path.is_file() {
            return Ok(None);
        }
        let text = store::read_text(&path)?;
        let month: Self = serde_json::from_str(&text).map_err(|e| {
            Error::input(format!("{} is not as pmtune wrote it: {e}", path.display()))
                .hint("restore it from version control, or remove its folder to begin the month anew")
        })?;
        if month.format > FORMAT {
            return Err(Error::input(format!("{} was written by a newer pmtune", path.display()))
                .hint("use that pmtune to go on with this month"));
        }
        Ok(Some(month))
    }

    /// The validation loss of the version that was chosen.
    pub fn loss(&self) -> Option<f64> {
        let chosen = self.candidates.iter().find(|candidate| Some(&candidate.name) == self.candidate.as_ref());
        chosen.and_then(|candidate| candidate.validation_loss)
    }

    /// The version in use when it was over; `None` before.
    pub fn after(&self) -> Option<&str> {
        let ended = self.steps.contains_key(&Step::Deploy);
        let taken = self.candidate.as_deref().filter(|_| self.exported.is_some());
        ended.then(|| taken.unwrap_or(&self.before))
    }

    /// # Errors
    /// The disk refuses.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let json =
            serde_json::to_vec_pretty(self).map_err(|e| Error::input(format!("the month cannot be written: {e}")))?;
        store::replace(&folder.join("month.json"), &json)
    }

    /// Whether `step` was done from exactly these inputs.
    pub fn is_done(&self, step: Step, inputs: &str) -> bool {
        self.steps.get(&step).is_some_and(|done| done.inputs == inputs)
    }

    /// Enters a step as done. What came after it rests on something else now, unless it finds its inputs as they were.
    pub fn finish(&mut self, step: Step, inputs: String, at: Timestamp, said: String) {
        self.steps.insert(step, Done { inputs, at, said });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_it_was_written_and_nonsense_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Month::read(folder.path()).unwrap(), None);
        let mut month = Month::new("2026-11", "PM-v3");
        month.finish(Step::Gaps, "abc".into(), Timestamp::UNIX_EPOCH, "12 examples are planned".into());
        month.write(folder.path()).unwrap();
        assert_eq!(Month::read(folder.path()).unwrap().as_ref(), Some(&month));
        assert!(month.is_done(Step::Gaps, "abc") && !month.is_done(Step::Gaps, "abd"));
        let text = std::fs::read_to_string(folder.path().join("month.json")).unwrap();
        for (from, to) in [("\"before\"", "\"befor\""), ("\"format\": 1", "\"format\": 2"), ("\"gaps\"", "\"gasp\"")] {
            std::fs::write(folder.path().join("month.json"), text.replace(from, to)).unwrap();
            assert!(Month::read(folder.path()).unwrap_err().to_string().contains("month.json"), "{to}");
        }
    }
}
