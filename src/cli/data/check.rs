//! `pmtune data check`: the linter of training data.

use crate::base::{self, BaseName};
use crate::cli::args::{DataCheckArgs, FindingFormat};
use crate::cli::{findings, out, progress};
use crate::suite::{self, Suite};
use crate::training_data::lint::{self, Finding, Options};
use crate::workspace::{Severity, Workspace};
use engine::error::{Error, Kind, Result};
use engine::files;
use std::path::PathBuf;

pub fn run(workspace: impl Fn() -> Result<Workspace>, args: &DataCheckArgs) -> Result<()> {
    let workspace = match workspace() {
        // Files named one by one need no workspace; without one there are no suites that they could leak.
        Err(error) if error.kind == Kind::Missing && !args.paths.is_empty() => None,
        workspace => Some(workspace?),
    };
    let paths = match &workspace {
        Some(workspace) if args.paths.is_empty() => vec![PathBuf::from(out::path(&workspace.training_data()))],
        _ => args.paths.clone(),
    };
    let settings = workspace.as_ref().map(|w| w.config.data.clone()).unwrap_or_default();
    let suites = workspace.as_ref().map_or(Ok(Vec::new()), suites)?;
    if args.fix {
        for fixed in lint::fix(&paths, &settings)? {
            let lines = if fixed.lines == 1 { "line" } else { "lines" };
            out::note(format!("mended {} {lines} of {}", fixed.lines, fixed.file.display()));
        }
    }
    let count = workspace.as_ref().and_then(token_count);
    let options = Options { settings: &settings, suites: &suites, count_tokens: count.as_deref() };
    let bar = progress::Lines::new();
    let linted = lint::lint(&paths, &options, &|step| bar.step(step))?;
    drop(bar);
    match args.format {
        FindingFormat::Text => out::text(findings::text(&linted, out::colour())),
        FindingFormat::Json => out::line(findings::json(&linted)?),
        FindingFormat::Sarif => out::line(findings::sarif(&linted)?),
        FindingFormat::Github => out::text(findings::github(&linted)),
    }
    verdict(&linted.findings, args.fail_on.map_or(settings.fail_on, Severity::from))
}

fn suites(workspace: &Workspace) -> Result<Vec<Suite>> {
    match workspace.suite_files() {
        Ok(files) => suite::load(&workspace.root, &files),
        // A workspace may have training data before it has suites.
        Err(error) => {
            out::note(format!("leakage is not looked for: {}", error.message));
            Ok(Vec::new())
        }
    }
}

type TokenCount = dyn Fn(&str) -> usize + Sync;

/// Counts in the base's own tokens where the base is on disk already; checking data is no reason to download it.
fn token_count(workspace: &Workspace) -> Option<Box<TokenCount>> {
    let name = match BaseName::parse(&workspace.config.base).ok()? {
        BaseName::Path(path) => BaseName::Path(workspace.root.join(path)),
        name => name,
    };
    let chat = files::open(&base::local(&name).ok()??.path).ok()?.chat;
    Some(Box::new(move |text: &str| chat.answer_ids(text).map_or(0, |ids| ids.len())))
}

/// An error of kind [`Kind::Gate`] where a finding is as grave as `fail_on`.
fn verdict(found: &[Finding], fail_on: Severity) -> Result<()> {
    let grave = found.iter().filter(|finding| finding.severity >= fail_on).count();
    if fail_on == Severity::Off || grave == 0 {
        return Ok(());
    }
    let findings = if grave == 1 { "finding" } else { "findings" };
    let or_graver = if fail_on == Severity::Error { "" } else { " or graver" };
    let message = format!("the training data has {grave} {findings} of severity {}{or_graver}", fail_on.name());
    Err(Error::new(Kind::Refused(crate::gate::FAILED), message)
        .hint("mend them, or set another `severity` for their code under `data:` in pmtune.yaml"))
}
