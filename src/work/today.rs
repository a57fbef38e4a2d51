//! The workspace as it stands when something is decided, to hold stored runs against it: a run is evidence about the
//! suites and the version it was made with, and about no others.

use super::event::{Event, Sink};
use super::versions;
use crate::base;
use crate::registry::{self, base_name};
use crate::route::{FILE, Instructions, Routes};
use crate::run::{Extent, Manifest, Run, SamplingChange, Stale, VersionRef, sampling_changes, stale};
use crate::suite::{self, Suite};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::generate::Sampling;
use engine::store;

/// Suites, versions and settings as they are now.
pub struct Today<'a> {
    workspace: &'a Workspace,
    suites: Vec<Suite>,
}

impl<'a> Today<'a> {
    pub fn read(workspace: &'a Workspace) -> Result<Self> {
        Ok(Self { workspace, suites: suite::load(&workspace.root, &workspace.suite_files()?)? })
    }

    /// To decide on stored runs. Who insists can do so without readable suites, and hears that nothing was held against
    /// them.
    pub fn to_decide(workspace: &'a Workspace, insist: bool, sink: &dyn Sink) -> Result<Self> {
        if insist { Ok(Self::read_leniently(workspace, sink)) } else { Self::read(workspace) }
    }

    /// Without suites where they cannot be read; the sink hears why.
    pub fn read_leniently(workspace: &'a Workspace, sink: &dyn Sink) -> Self {
        Self::read(workspace).unwrap_or_else(|error| {
            let words = format!("runs are taken whatever they asked, because the suites cannot be read: {error}");
            sink.tell(Event::Warning(words));
            Self { workspace, suites: Vec::new() }
        })
    }

    pub fn extent(&self, run: &Manifest) -> Extent {
        Extent::of(run, &self.suites)
    }

    /// What is set otherwise in the run than the workspace and the version's manifest say today, such as `longest answer
    /// in tokens 1, not 320`; nothing where all is alike.
    pub fn set_otherwise(&self, run: &Manifest) -> Option<String> {
        let changes = run.version.members().iter().flat_map(|version| {
            let workspace = self.workspace.config.sampling.over(Sampling::default());
            let now = match versions::manifest(self.workspace, &version.name) {
                Ok(manifest) => manifest.sampling.over(workspace),
                Err(_) => workspace,
            };
            sampling_changes(&version.sampling, &now)
        });
        let mut words: Vec<String> = Vec::new();
        for SamplingChange { name, a, b } in changes {
            let said = format!("{name} {a}, not {b}");
            if !words.contains(&said) {
                words.push(said);
            }
        }
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Refuses runs that no longer speak of today's version, suites and checks; `insist` gives in words what is not as it
    /// was instead.
    ///
    /// # Errors
    /// One, naming everything that changed, and the commands that mend it.
    pub fn vouch(&self, runs: &[(&str, &Run)], insist: bool) -> Result<Vec<String>> {
        let (mut words, mut commands, mut asked) = (Vec::new(), Vec::new(), Vec::new());
        for (label, run) in runs {
            let version = self.version_changes(&run.manifest.version);
            // Without suites there is nothing to hold the run against.
            let suites = if self.suites.is_empty() { Stale::default() } else { stale(run, &self.suites) };
            if version.is_empty() && suites.words.is_empty() {
                continue;
            }
            let changes = [version.as_slice(), suites.words.as_slice()].concat().join("; ");
            words.push(format!("{label} (run {}): {changes}", run.manifest.id));
            if version.is_empty() && suites.judging_only {
                commands.push(format!("pmtune eval --rescore {}", words::shell(&run.manifest.id)));
            } else {
                asked.push(words::shell(label));
            }
        }
        if words.is_empty() || insist {
            return Ok(words.into_iter().map(|words| format!("changed since it was made: {words}")).collect());
        }
        commands.extend(match asked.as_slice() {
            [] => None,
            [one] => Some(format!("pmtune eval {one}")),
            several => Some(format!("pmtune eval --compare {}", several.join(" "))),
        });
        Err(Error::input(format!(
            "the workspace is no longer the one that was evaluated; changed since:\n  - {}",
            words.join("\n  - ")
        ))
        .hint(format!(
            "first: {} (answers that are still valid are reused); --allow-differences goes on all the same and says so",
            commands.join(", then ")
        )))
    }

    /// What is not known of a version that no longer lies here, as a sentence.
    pub fn unknown(&self, label: &str, run: &Run) -> Option<String> {
        let version = &run.manifest.version;
        let registered = version.template.is_none()
            || version.routed.is_some()
            || version.name == "base"
            || versions::manifest(self.workspace, &version.name).is_ok();
        (!registered).then(|| {
            format!("{label} is no version of this workspace, so whether it is still what was evaluated is not known.")
        })
    }

    /// What of the version is not as it was.
    fn version_changes(&self, then: &VersionRef) -> Vec<String> {
        let Some(routed) = &then.routed else { return self.own_changes(then) };
        let mut words = Vec::new();
        let file = Routes::file(self.workspace);
        let same = |text: String| store::hash(text.as_bytes()) == routed.routes;
        if !store::read_text(&file).is_ok_and(same) {
            words.push(format!("models/{FILE} changed"));
        }
        if !Instructions::read(self.workspace).is_ok_and(|now| now.hash() == routed.instructions) {
            words.push("the training instructions, by which the version of a case is chosen, changed".to_string());
        }
        for version in &routed.versions {
            let changes = self.own_changes(version);
            words.extend(changes.into_iter().map(|change| format!("{}: {change}", version.name)));
        }
        words
    }

    fn own_changes(&self, then: &VersionRef) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |changed: bool, what: &str| words.extend(changed.then(|| what.to_string()));
        if let Ok(now) = versions::manifest(self.workspace, &then.name) {
            say(now.system != then.system, "the version's system prompt changed");
            say(now.messages() != then.examples, "the version's examples changed");
            say(now.base.sha256.as_ref().is_some_and(|sha| *sha != then.base), "the version's base is another");
            let folder = self.workspace.models().join(&now.name);
            let adapter = match now.adapter.as_deref().map(|adapter| folder.join(adapter)) {
                None => None,
                Some(adapter) if adapter.is_dir() => Some(registry::adapter_hash(&adapter).unwrap_or_default()),
                // Archived: its manifest says what it is.
                Some(_) => now.recorded_adapter_hash().or_else(|| then.adapter.clone()),
            };
            say(adapter != then.adapter, "the version's adapter changed");
        } else if then.name == "base" {
            let local =
                base_name(self.workspace, &self.workspace.config.base, false).and_then(|name| base::local(&name));
            let other = local.is_ok_and(|base| base.is_some_and(|base| base.sha256 != then.base));
            say(other, "`base` in pmtune.yaml is another");
        }
        words
    }
}
