use super::files::{RESULTS, read_manifest, write_manifest};
use super::{FORMAT, Item, Manifest, Plan, Record, Run, Stopped, Why, engine_words, judge, plan};
use engine::error::{Error, Result};
use engine::store::{self, Lines};
use jiff::Timestamp;
use std::collections::HashSet;
use std::path::PathBuf;

/// Of a model behind an address.
pub(super) const UNSEEN: &str = "nobody here can see whether the model behind the address was still the same";

/// A run locked for writing: its plan, and what is recorded of it.
#[derive(Debug)]
pub struct OpenRun {
    pub folder: PathBuf,
    pub manifest: Manifest,
    pub plan: Plan,
    /// As read at the start and appended since; may hold errors that a later record supersedes.
    records: Vec<Record>,
    lines: Lines,
    /// The cases asked so far, where asking may stop before all were.
    asked: Option<HashSet<String>>,
}

impl OpenRun {
    /// Writes the manifest of a new run into `folder`, which must exist and be empty.
    pub(super) fn create(folder: PathBuf, id: String, plan: Plan, rescored_from: Option<String>) -> Result<Self> {
        let manifest = Manifest {
            format: FORMAT,
            id,
            version: plan.version.clone(),
            suites: plan.suites.clone(),
            cases: plan.case_list(),
            started: Timestamp::now(),
            finished: None,
            pmtune: env!("CARGO_PKG_VERSION").to_string(),
            engine: plan.engine.clone(),
            shard: plan.part.clone(),
            merged_from: Vec::new(),
            rescored_from,
            stopped: None,
            notes: Vec::new(),
        };
        write_manifest(&folder, &manifest)?;
        let lines = Lines::open(&folder.join(RESULTS))?;
        Ok(Self { folder, manifest, plan, records: Vec::new(), lines, asked: None })
    }

    /// Opens a stored run to go on with it. The lock is taken before anything is read, so nobody else appends between.
    ///
    /// # Errors
    /// Another process writes it; or `plan` is not what the run began with.
    pub(super) fn resume(folder: PathBuf, plan: Plan) -> Result<Self> {
        let manifest = read_manifest(&folder)?;
        let lines = Lines::open(&folder.join(RESULTS))?;
        let records = store::read_lines(&folder.join(RESULTS))?;
        if let Some(reason) = differs(&manifest, &records, &plan) {
            return Err(Error::input(format!("run {} cannot be continued: {reason}", manifest.id))
                .hint("start a new run; answers that are still valid are reused"));
        }
        let mut run = Self { folder, manifest, plan, records, lines, asked: None };
        let answered = run.records.iter().any(|record| record.outcome.answer().is_some());
        if run.plan.version.template.is_none() && answered {
            run.note(&format!("it was broken off and continued; {UNSEEN}"))?;
        }
        Ok(run)
    }

    /// Indices of the plan's items still to be answered.
    pub fn remaining(&self) -> Vec<usize> {
        let mut items = plan::remaining(&self.plan, &self.records);
        items.retain(|&item| self.is_asked(&self.plan.items[item]));
        items
    }

    /// How many answers are asked for.
    pub fn wanted(&self) -> usize {
        self.plan.items.iter().filter(|item| self.is_asked(item)).count()
    }

    fn is_asked(&self, item: &Item) -> bool {
        self.asked.as_ref().is_none_or(|cases| cases.contains(&self.plan.cases[item.case].id))
    }

    /// Asks these cases alone for now. Such a run is finished by [`stop`](Self::stop) and by nothing else.
    pub fn ask(&mut self, cases: HashSet<String>) {
        self.asked = Some(cases);
    }

    /// Ends the run with the cases asked so far.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn stop(&mut self, why: Why) -> Result<()> {
        let of = self.manifest.cases.len();
        if let Some(asked) = self.asked.take() {
            self.manifest.cases.retain(|(case, _)| asked.contains(case));
        }
        self.manifest.stopped = Some(Stopped { of, why });
        self.finish()
    }

    /// The run so far, as a reader sees it.
    pub fn so_far(&self) -> Run {
        let records = plan::settle(&self.manifest.cases, self.records.clone());
        Run { folder: self.folder.clone(), manifest: self.manifest.clone(), records }
    }

    /// Appends the record of one item.
    pub(super) fn record(&mut self, item: usize, outcome: super::Outcome) -> Result<&Record> {
        let item: &Item = &self.plan.items[item];
        let record = judge::record(&self.plan, item, outcome);
        self.lines.append(&record)?;
        self.records.push(record);
        Ok(&self.records[self.records.len() - 1])
    }

    /// Keeps what is worth knowing of the answers, once.
    pub(super) fn note(&mut self, note: &str) -> Result<()> {
        if self.manifest.notes.iter().any(|kept| kept == note) {
            return Ok(());
        }
        self.manifest.notes.push(note.to_string());
        write_manifest(&self.folder, &self.manifest)
    }

    pub(super) fn flush_when_due(&mut self) -> Result<()> {
        self.lines.flush_when_due()
    }

    pub(super) fn flush(&mut self) -> Result<()> {
        self.lines.flush()
    }

    /// Sets the commit marker, after every record is on disk; not where more may be asked.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.lines.flush()?;
        if self.asked.is_some() {
            return Ok(());
        }
        self.manifest.finished = Some(Timestamp::now());
        write_manifest(&self.folder, &self.manifest)
    }

    /// Lets go of the lock and hands over the run as a reader sees it.
    pub fn close(self) -> Run {
        let records = plan::settle(&self.manifest.cases, self.records);
        Run { folder: self.folder, manifest: self.manifest, records }
    }
}

/// Why a stored run is not the one that `plan` would make, in words for the user; `None` when it is.
pub(super) fn differs(manifest: &Manifest, records: &[Record], plan: &Plan) -> Option<String> {
    if manifest.version != plan.version {
        return Some(format!("{} has changed since, or another version was asked for", manifest.version.name));
    }
    if manifest.engine != plan.engine {
        let (then, now) = (engine_words(&manifest.engine), engine_words(&plan.engine));
        return Some(format!("it was begun on {then}, not on {now}"));
    }
    if manifest.shard.as_ref().map(|part| part.shard) != plan.part.as_ref().map(|part| part.shard) {
        return Some(
            manifest
                .shard
                .as_ref()
                .map_or("it is no shard".to_string(), |part| format!("it is {}", part.shard.words())),
        );
    }
    if manifest.cases != plan.case_list() {
        return Some("it was made of other cases, or of other numbers of repeats".to_string());
    }
    if manifest.suites != plan.suites {
        let changed = |suite: &&super::SuiteRef| !plan.suites.contains(suite);
        let names: Vec<&str> = manifest.suites.iter().filter(changed).map(|suite| suite.name.as_str()).collect();
        return Some(format!("edited since it began: {}", names.join(", ")));
    }
    if manifest.shard != plan.part {
        return Some("prompts, checks, sampling or the training data have changed since it began".to_string());
    }
    let planned: HashSet<(&str, u32, &str, &str)> = plan
        .items
        .iter()
        .map(|item| (&plan.cases[item.case], item))
        .map(|(case, item)| (case.id.as_str(), item.repeat, item.answer_key.as_str(), case.judge_hash.as_str()))
        .collect();
    let strange = records.iter().find(|record| {
        let key = (record.case.as_str(), record.repeat, record.answer_key.as_str(), record.judge_hash.as_str());
        !planned.contains(&key)
    })?;
    Some(format!("the prompt, checks or sampling of {} have changed since it began", strange.case))
}
