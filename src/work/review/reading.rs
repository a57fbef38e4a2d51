use crate::review::{Assignment, Key, Rating, ReviewSettings, Reviewer, ReviewerKind, Session, Sheet, assign, gather};
use crate::run::{Reports, Run};
use crate::suite::Split;
use crate::work::event::Sink;
use crate::work::extras::write_run_report;
use crate::work::find::Finder;
use crate::work::today::Today;
use crate::workspace::Workspace;
use engine::error::Result;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be read, and by whom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadingOptions {
    /// One run or two, each named by run or version; with two their answers are read side by side.
    pub runs: Vec<String>,
    /// Everybody who reviews; the workspace's names where none is given.
    pub reviewers: Vec<String>,
    /// The share of the cases that all of them read, from 0 to 1; the workspace's where none is given.
    pub overlap: Option<f64>,
    /// Only one half of the cases.
    pub split: Option<Split>,
    /// Only so many cases, spread over the categories.
    pub limit: Option<usize>,
}

/// Runs that are to be read, and how their answers are dealt out.
#[derive(Debug)]
pub struct Reading {
    pub runs: Vec<Run>,
    /// Everybody who reviews; empty where whoever comes reads everything.
    pub roster: Vec<String>,
    pub(super) reports: Reports,
    pub(super) split: Option<Split>,
    pub(super) limit: Option<usize>,
    overlap: f64,
}

/// How much a reviewer has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub reviewer: Reviewer,
    /// Answers that were dealt to them, and those of these that they rated.
    pub of: usize,
    pub done: usize,
    /// When they last rated one.
    pub last: Option<Timestamp>,
}

impl Reading {
    /// Finds the finished runs that are meant. People may read a run of a few cases too.
    pub fn open(workspace: &Workspace, options: &ReadingOptions, sink: &dyn Sink) -> Result<Self> {
        let reports = Reports::new(workspace.reports());
        let today = Today::read_leniently(workspace, sink);
        let finder = Finder { workspace, reports: &reports, today: &today, insist: true, sink };
        let runs = match options.runs.as_slice() {
            [before, after] => finder.pair(before, after).map(|(a, b)| vec![a, b])?,
            names => names.iter().map(|name| finder.run(name, None)).collect::<Result<_>>()?,
        };
        let settings = workspace.section::<ReviewSettings>()?.unwrap_or_default();
        let named = if options.reviewers.is_empty() { &settings.reviewers } else { &options.reviewers };
        Ok(Self {
            runs,
            roster: distinct(named),
            reports,
            split: options.split,
            limit: options.limit,
            overlap: options.overlap.unwrap_or(settings.overlap),
        })
    }

    /// What one reviewer is to read, and the key to it.
    pub(super) fn sheet(&self, reviewer: &str) -> Result<(Sheet, Key)> {
        self.deal(reviewer, self.roster.clone())
    }

    fn deal(&self, reviewer: &str, roster: Vec<String>) -> Result<(Sheet, Key)> {
        let options = Assignment {
            reviewer: reviewer.to_string(),
            roster,
            overlap: self.overlap,
            split: self.split,
            limit: self.limit,
        };
        assign(&self.runs.iter().collect::<Vec<_>>(), &options)
    }

    /// A person at work on their sheet.
    ///
    /// # Errors
    /// They are not on the roster; nothing is to be read; they are at work in another process.
    pub fn session(&self, reviewer: String) -> Result<Session> {
        let (sheet, key) = self.sheet(&reviewer)?;
        Session::open(&self.reports, sheet, key, &Reviewer { name: reviewer, kind: ReviewerKind::Person })
    }

    /// Who has read how much: everybody on the roster, and whoever rated an answer; judge models too.
    pub fn standings(&self) -> Result<Vec<Standing>> {
        let mut said: BTreeMap<Reviewer, Vec<Rating>> = BTreeMap::new();
        for run in &self.runs {
            for (reviewer, ratings) in gather(&self.reports, run)? {
                said.entry(reviewer).or_default().extend(ratings);
            }
        }
        for name in &self.roster {
            said.entry(Reviewer { name: name.clone(), kind: ReviewerKind::Person }).or_default();
        }
        said.into_iter().map(|(reviewer, ratings)| self.standing(reviewer, &ratings)).collect()
    }

    fn standing(&self, reviewer: Reviewer, ratings: &[Rating]) -> Result<Standing> {
        // Who is not on the roster was dealt nothing and may have read anything.
        let listed = self.roster.contains(&reviewer.name) && reviewer.kind == ReviewerKind::Person;
        let roster = if listed { self.roster.clone() } else { Vec::new() };
        let (_, key) = self.deal(&reviewer.name, roster)?;
        let assigned: BTreeSet<&str> = key.origins.values().map(|origin| origin.answer.as_str()).collect();
        let rated: Vec<&Rating> = ratings.iter().filter(|rating| assigned.contains(rating.answer.as_str())).collect();
        let done: BTreeSet<&str> = rated.iter().map(|rating| rating.answer.as_str()).collect();
        Ok(Standing {
            of: assigned.len(),
            done: done.len(),
            last: rated.iter().map(|rating| rating.at).max(),
            reviewer,
        })
    }
}

/// Writes the runs' reports anew, with what people say of them now.
pub fn refresh(workspace: &Workspace, runs: &[Run], sink: &dyn Sink) -> Result<()> {
    runs.iter().try_for_each(|run| write_run_report(workspace, run, sink).map(drop))
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = names.iter().map(|name| name.trim().to_string());
    names.filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}
