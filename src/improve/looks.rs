//! How often held-out cases were looked at to decide something.
//!
//! A test set that decides again and again is fitted to, even when nobody means to (Dwork et al., *The reusable holdout*,
//! Science 349, 2015). So the error that all decisions on the same cases may make together is spent on them one by one, in
//! equal parts set beforehand: a decision claims at 1 − α/K, where K decisions are planned (the spending of Lan and DeMets,
//! Biometrika 70, 1983, in its plainest form, with Bonferroni's bound). The bound is for comparisons that were fixed before
//! the cases were looked at. Here a later version depends on earlier decisions, since it is trained from the one that won;
//! that is a bit for each decision, as long as nobody has read the held-out answers, and the bound does not cover it.

use crate::run::Record;
use crate::suite::{Case, Split};
use engine::error::Result;
use engine::store::{self, Lines};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// One decision on held-out cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    pub at: Timestamp,
    pub month: String,
    /// The runs that were held against each other.
    pub before: String,
    pub after: String,
    /// How sure the claim was that came of it.
    pub confidence: f64,
    pub promoted: bool,
    /// Which cases were looked at ([`fingerprint`]).
    pub cases: BTreeSet<String>,
}

/// The ledger: `improve/looks.jsonl`, one look a line, only ever added to.
#[derive(Debug, Clone)]
pub struct Looks {
    path: PathBuf,
    looks: Vec<Look>,
}

impl Looks {
    /// # Errors
    /// A line cannot be read: what was looked at must not be forgotten.
    pub fn open(path: PathBuf) -> Result<Self> {
        let looks = if path.is_file() { store::read_lines(&path)? } else { Vec::new() };
        Ok(Self { path, looks })
    }

    pub fn all(&self) -> &[Look] {
        &self.looks
    }

    /// How many decisions the most worn of `cases` has borne, one on these two runs left out: it is the same look.
    pub fn borne(&self, cases: &BTreeSet<String>, before: &str, after: &str) -> usize {
        let others = self.looks.iter().filter(|look| (look.before.as_str(), look.after.as_str()) != (before, after));
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for case in others.flat_map(|look| &look.cases).filter(|case| cases.contains(*case)) {
            *times.entry(case).or_default() += 1;
        }
        times.into_values().max().unwrap_or(0)
    }

    /// How many decisions a case has borne.
    pub fn times(&self, case: &str) -> usize {
        self.looks.iter().filter(|look| look.cases.contains(case)).count()
    }

    /// Enters a look, once: a second decision on the same two runs sees nothing new.
    ///
    /// # Errors
    /// The disk refuses, or another pmtune writes it.
    pub fn enter(&mut self, look: Look) -> Result<()> {
        if self.looks.iter().any(|known| (&known.before, &known.after) == (&look.before, &look.after)) {
            return Ok(());
        }
        let mut lines = Lines::open(&self.path)?;
        lines.append(&look)?;
        lines.flush()?;
        self.looks.push(look);
        Ok(())
    }
}

/// What a held-out case is known by: its id, and a hash of what it asks and wants. `None` of a dev case.
pub fn fingerprint(record: &Record) -> Option<String> {
    (record.split == Split::HeldOut).then(|| known_by(&record.case, &record.prompt, record.reference.as_deref()))
}

/// The same of a case that was not asked yet.
pub fn fingerprint_of(case: &Case) -> Option<String> {
    (case.split == Split::HeldOut).then(|| known_by(&case.id, &case.prompt, case.reference.as_deref()))
}

fn known_by(id: &str, prompt: &str, reference: Option<&str>) -> String {
    format!("{id} {}", &store::hash_of(&(prompt, reference))[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(before: &str, after: &str, cases: &[&str]) -> Look {
        Look {
            at: Timestamp::UNIX_EPOCH,
            month: "2026-11".into(),
            before: before.into(),
            after: after.into(),
            confidence: 0.99,
            promoted: false,
            cases: cases.iter().map(|case| case.to_string()).collect(),
        }
    }

    #[test]
    fn a_look_counts_once_for_each_case_that_it_saw() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("looks.jsonl");
        let mut looks = Looks::open(path.clone()).unwrap();
        let cases = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>();
        assert_eq!(looks.borne(&cases(&["a"]), "r1", "r2"), 0);
        looks.enter(look("r1", "r2", &["a", "b"])).unwrap();
        looks.enter(look("r1", "r2", &["a", "b"])).unwrap();
        looks.enter(look("r2", "r3", &["b", "c"])).unwrap();
        let again = Looks::open(path).unwrap();
        assert_eq!(again.all(), looks.all());
        assert_eq!(again.all().len(), 2);
        assert_eq!(again.borne(&cases(&["a", "d"]), "r3", "r4"), 1);
        assert_eq!(again.borne(&cases(&["a", "b"]), "r3", "r4"), 2);
        assert_eq!(again.borne(&cases(&["a", "b"]), "r2", "r3"), 1);
        assert_eq!(again.borne(&cases(&["d"]), "r3", "r4"), 0);
    }

    #[test]
    fn a_ledger_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("looks.jsonl");
        std::fs::write(&path, "{\"at\": 3}\n").unwrap();
        assert!(Looks::open(path).unwrap_err().to_string().contains("looks.jsonl"));
    }
}
