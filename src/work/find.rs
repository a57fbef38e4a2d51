//! Which stored runs are meant by the names of runs and versions.
//!
//! A run's id or path means that run, whatever it is. A version means its newest whole run: finished, every case of
//! today's suites asked, under the settings of the workspace. A run made with `--limit 1` or `--max-tokens 9` never stands
//! for its version, and a shard not even for itself.

use super::event::{Event, Sink};
use super::today::Today;
use crate::gate::GateSettings;
use crate::registry::{self, AUTO};
use crate::route::Routes;
use crate::run::{Manifest, Reports, Run, Why};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::collections::BTreeSet;

/// Runs named before "and 7 more".
const NAMES: usize = 3;

/// Finds stored runs.
pub struct Finder<'a> {
    pub workspace: &'a Workspace,
    pub reports: &'a Reports,
    pub today: &'a Today<'a>,
    /// Take a version's newest run where it has no whole one.
    pub insist: bool,
    /// Hears which run was taken where newer ones were passed over.
    pub sink: &'a dyn Sink,
}

/// A finished run with why it does not stand for its version.
struct Passed {
    id: String,
    why: String,
}

impl Finder<'_> {
    /// The finished run that `named` means. Of a version, a run over the same cases as `like`, which was named itself,
    /// comes before others.
    pub fn run(&self, named: &str, like: Option<&Run>) -> Result<Run> {
        let missing = match self.reports.load(named) {
            Ok(run) if run.manifest.finished.is_some() => {
                run.manifest.refuse_shard()?;
                return Ok(run);
            }
            Ok(run) => {
                let id = words::shell(&run.manifest.id);
                return Err(Error::input(format!("run {} is not finished", run.manifest.id))
                    .hint(format!("finish it first: pmtune eval --resume {id}")));
            }
            Err(error) if error.kind == Kind::Missing => error,
            Err(error) => return Err(error),
        };
        let version = match by_label(self.reports, named)? {
            Some(labelled) => Some(labelled),
            None => full_name(self.workspace, named)?,
        };
        let of_version = |run: &Manifest| Some(&run.version.name) == version.as_ref();
        let alike = |run: &Manifest| {
            like.is_some_and(|like| {
                let sampling = &like.manifest.version.sampling;
                of_version(run) && run.cases == like.manifest.cases && run.version.sampling == *sampling
            })
        };
        if let Some(run) = newest(self.reports, alike)? {
            return Ok(run);
        }
        self.standing_for(named, of_version)?.ok_or_else(|| self.nothing_of(named, missing))
    }

    /// Two finished runs to hold against each other.
    pub fn pair(&self, before: &str, after: &str) -> Result<(Run, Run)> {
        let after = self.run(after, None)?;
        Ok((self.beside(before, &after)?, after))
    }

    /// The finished run that `named` means, to be held against `run`.
    pub fn beside(&self, named: &str, run: &Run) -> Result<Run> {
        self.run(named, self.apart(run))
    }

    /// The run named, or the newest whole run of the version named, or of all.
    pub fn candidate(&self, named: Option<&str>) -> Result<Run> {
        match named {
            Some(named) => self.run(named, None),
            None => self.standing_for("any version", |_| true)?.ok_or_else(|| {
                Error::missing("there is no finished run to judge").hint("make one: pmtune eval --compare v1 v2 --gate")
            }),
        }
    }

    /// The run to compare `candidate` with.
    pub fn baseline(&self, named: &str, candidate: &Run) -> Result<Run> {
        let run = self.beside(named, candidate)?;
        if run.manifest.id == candidate.manifest.id {
            return Err(Error::usage(format!("{} would be compared with itself", run.manifest.id))
                .hint("name another run or version with --against"));
        }
        Ok(run)
    }

    /// A run that is not whole, to which another one is to be like.
    fn apart<'r>(&self, run: &'r Run) -> Option<&'r Run> {
        self.why_not(&run.manifest).is_some().then_some(run)
    }

    /// The newest whole runs of the version that `newest` is one of, itself first; `most` at most. Those that are no
    /// longer evidence about the workspace are left out.
    pub fn whole_of(&self, newest: Run, most: usize) -> Result<Vec<Run>> {
        let (id, name) = (newest.manifest.id.clone(), newest.manifest.version.name.clone());
        let mut runs = vec![newest];
        for manifest in self.reports.list()?.runs.iter().rev() {
            let alike = manifest.is_evidence() && manifest.version.name == name && manifest.id != id;
            if runs.len() < most && alike && self.why_not(manifest).is_none() {
                let run = self.reports.load(&manifest.id)?;
                let stands = run.is_answered() && self.today.vouch(&[(&name, &run)], false).is_ok();
                runs.extend(stands.then_some(run));
            }
        }
        Ok(runs)
    }

    /// Why a run cannot stand for its version.
    fn why_not(&self, run: &Manifest) -> Option<String> {
        let extent = self.today.extent(run);
        let asked = (!extent.is_whole()).then(|| extent.words());
        let early = run.stopped.is_some_and(|stopped| stopped.why != Why::Asked);
        let early = (early && asked.is_some()).then(|| "stopped early by --until-settled".to_string());
        let words: Vec<String> = early.into_iter().chain(asked).chain(self.today.set_otherwise(run)).collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The newest whole run of those `wanted`; without one, the largest that asked whole suites or halves
    /// of them; `None` where no finished
    /// run is wanted. `who` is what they are runs of.
    fn standing_for(&self, who: &str, wanted: impl Fn(&Manifest) -> bool) -> Result<Option<Run>> {
        let runs = self.reports.list()?.runs;
        let mut passed: Vec<Passed> = Vec::new();
        // The largest run of whole parts, with how many newer ones there are.
        let mut largest: Option<(usize, Run, usize)> = None;
        for manifest in runs.iter().rev().filter(|run| run.is_evidence() && wanted(run)) {
            let extent = self.today.extent(manifest);
            let mut why = self.why_not(manifest);
            if why.is_none() || (extent.whole_parts && self.today.set_otherwise(manifest).is_none()) {
                let run = self.reports.load(&manifest.id)?;
                if !run.is_answered() {
                    why = Some("no case was answered".to_string());
                } else if why.is_none() {
                    self.told(who, &run, &passed);
                    return Ok(Some(run));
                } else if extent.asked > largest.as_ref().map_or(0, |(asked, ..)| *asked) {
                    largest = Some((extent.asked, run, passed.len()));
                }
            }
            passed.push(Passed { id: manifest.id.clone(), why: why.unwrap_or_default() });
        }
        if let Some((_, run, newer)) = largest {
            let extent = self.today.extent(&run.manifest).words();
            self.sink.tell(Event::Warning(format!("{who}: no run asked every case; the largest {extent}")));
            self.told(who, &run, &passed[..newer]);
            return Ok(Some(run));
        }
        let Some(newest) = passed.first() else { return Ok(None) };
        if self.insist {
            self.sink.tell(Event::Warning(format!("{who}: {} is no whole run: {}", newest.id, newest.why)));
            return self.reports.load(&newest.id).map(Some);
        }
        let version = runs.iter().find(|run| run.id == newest.id).map_or(who, |run| run.version.name.as_str());
        let (again, id) = (words::shell(version), words::shell(&newest.id));
        Err(Error::input(format!(
            "no run of {who} asked every case under the workspace's settings; the newest, {}: {}",
            newest.id, newest.why
        ))
        .hint(format!("make one: pmtune eval {again}; to take the newest as it is, name it: {id}")))
    }

    /// Says which run was taken, where newer ones were passed over.
    fn told(&self, who: &str, run: &Run, passed: &[Passed]) {
        if !passed.is_empty() {
            let over: Vec<String> = passed.iter().map(|run| format!("{} ({})", run.id, run.why)).collect();
            let id = &run.manifest.id;
            let over = words::few(&over, NAMES);
            self.sink.tell(Event::Note(format!("{who}: run {id} is taken; newer ones are passed over: {over}")));
        }
    }

    /// Why there is no run: nobody evaluated the version, or there is no such version either. `missing` is what the
    /// reports said.
    fn nothing_of(&self, named: &str, missing: Error) -> Error {
        if missing.hint.as_ref().is_some_and(|hint| hint.starts_with("did you mean")) {
            return missing;
        }
        let nothing = format!("there is no finished run of {named}");
        let known = match named {
            AUTO => Routes::file(self.workspace).is_file().then_some(()).ok_or_else(Routes::missing),
            named => registry::resolve(self.workspace, named).map(|_| ()),
        };
        match known {
            Ok(()) => Error::missing(nothing).hint(format!("evaluate it first: pmtune eval {}", words::shell(named))),
            Err(unknown) => Error { message: format!("{nothing}: {}", unknown.message), ..unknown },
        }
    }
}

/// The model behind an address that runs know under this label.
///
/// # Errors
/// The label was given to several.
fn by_label(reports: &Reports, named: &str) -> Result<Option<String>> {
    let runs = reports.list()?.runs;
    let names = runs.iter().map(|run| run.version.name.as_str());
    let called = names.filter(|name| registry::labelled(name).is_some_and(|(label, _)| label == named));
    let all: BTreeSet<&str> = called.collect();
    match all.len() {
        0 | 1 => Ok(all.first().map(|name| (*name).to_string())),
        _ => {
            let all: Vec<&str> = all.into_iter().collect();
            Err(Error::usage(format!("`{named}` was the label of {}", all.join(" and ")))
                .hint("name one of them in full"))
        }
    }
}

/// The newest finished run that is `wanted`.
fn newest(reports: &Reports, wanted: impl Fn(&Manifest) -> bool) -> Result<Option<Run>> {
    let runs = reports.list()?.runs;
    let found = runs.iter().rev().find(|run| run.is_evidence() && wanted(run));
    found.map(|run| reports.load(&run.id)).transpose()
}

/// The full name of a version; nothing for `primary` when no version is.
fn full_name(workspace: &Workspace, name: &str) -> Result<Option<String>> {
    match name {
        "primary" => registry::primary(workspace),
        name => Ok(Some(registry::full_name(workspace, name))),
    }
}

/// The version that `candidate` (a version's full name) must not lose against, where no flag says it: the one that
/// `gate.against` names, else the primary one.
pub fn against(workspace: &Workspace, candidate: &str) -> Result<Option<String>> {
    let named = workspace.section::<GateSettings>()?.and_then(|gate| gate.against);
    let other = |name: &String| full_name(workspace, name).is_ok_and(|full| full.as_deref() != Some(candidate));
    match named.filter(other) {
        Some(named) => Ok(Some(named)),
        None => Ok(registry::primary(workspace)?.filter(|primary| primary != candidate)),
    }
}
