//! What each step is done from, as one hash. Results of earlier steps are among the inputs of later ones, so a change
//! makes what rests on it stale, and nothing else.

use super::Course;
use crate::improve::Step;
use crate::registry;
use crate::training_data::{self, Conversation, Inbox};
use engine::error::Result;
use engine::store;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

impl Course<'_> {
    pub(super) fn inputs(&self, step: Step) -> Result<String> {
        let month = &self.month;
        Ok(match step {
            Step::Collect => {
                let waiting = Inbox::below(&self.workspace.training_data()).waiting()?;
                hash(&waiting.iter().map(|entry| entry.number).collect::<Vec<_>>())
            }
            Step::Measure => hash(&(self.version(&month.before)?, self.suites()?)),
            Step::Gaps => hash(&(&month.measured, self.asked_for())),
            Step::Write => hash(&(&month.known, month.wanted)),
            Step::Check => hash(&(self.data()?, self.suites()?)),
            Step::Train => self.training()?,
            Step::Evaluate => hash(&(self.version(&month.before)?, self.candidate()?, self.suites()?)),
            Step::Review | Step::Decide => hash(&(&month.runs, self.settings.looks)),
            Step::Export => hash(&(&month.candidate, self.promoted())),
            Step::Deploy => hash(&(&month.candidate, self.promoted(), &month.exported, &self.settings.deploy_to)),
        })
    }

    /// What a training of this month is made from.
    pub(super) fn training(&self) -> Result<String> {
        let section = crate::work::train::TrainSection::of(self.workspace)?;
        let numbers = format!("{:?} {:?}", section.material, section.numbers);
        let made_from = (self.version(&self.month.before)?, self.data()?, numbers);
        // A month without a round is what it was before there were rounds.
        Ok(self.month.round.map_or_else(|| hash(&made_from), |round| hash(&(&made_from, round))))
    }

    pub(super) fn promoted(&self) -> bool {
        self.month.decision.as_ref().is_some_and(|decision| decision.promote)
    }

    fn candidate(&self) -> Result<Option<String>> {
        self.month.candidate.as_deref().map(|name| self.version(name)).transpose()
    }

    /// What a version is, as its manifest says: prompt, sampling and the hashes of its files.
    fn version(&self, name: &str) -> Result<String> {
        if name == "base" {
            return Ok(hash(&(&self.workspace.config.base, name)));
        }
        registry::find(self.workspace, name)?;
        let file = self.workspace.models().join(name).join("manifest.yaml");
        store::hash_file(&file, |_| ())
    }

    fn suites(&self) -> Result<Vec<String>> {
        self.workspace.suite_files()?.iter().map(|file| store::hash_file(file, |_| ())).collect()
    }

    fn data(&self) -> Result<Vec<(String, String)>> {
        let files = training_data::files(&[self.workspace.training_data()])?;
        let of = |file: PathBuf| {
            let inside = file.strip_prefix(&self.workspace.root).unwrap_or(&file).display().to_string();
            Ok((inside.replace('\\', "/"), store::hash_file(&file, |_| ())?))
        };
        files.into_iter().map(of).collect()
    }

    /// Every example that there is, by a hash of what it asks and answers.
    pub(super) fn examples(&self) -> Result<BTreeSet<String>> {
        let all = training_data::conversations(&[self.workspace.training_data()])?.conversations;
        let said = |one: &Conversation| one.exchanges().map(|e| (e.prompt(), e.output.clone())).collect::<Vec<_>>();
        Ok(all.iter().map(|one| hash(&said(one))[..16].to_string()).collect())
    }
}

pub(super) fn hash<T: Serialize>(value: &T) -> String {
    store::hash_of(value)
}
