//! Several finished runs against one → a comparison for each → one table of all.

use super::compare::{Compared, Remarks, compared, name};
use super::event::Sink;
use super::find::Finder;
use super::today::Today;
use crate::compare::{Outcomes, Several, Versus, several};
use crate::registry;
use crate::report::SeveralReport;
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// A table of versions whose reports are written.
#[derive(Debug, Clone)]
pub struct ComparedAll {
    pub several: Several,
    /// Each version's own comparison with the first, in the order in which they were named.
    pub each: Vec<Compared>,
    pub report: SeveralReport,
    /// Holds `comparisons.json`, `report.html` and `report.md`.
    pub folder: PathBuf,
}

/// Compares stored runs, each named by run or version, with the first of them. `insist` as in
/// [`compare_stored`](super::compare_stored).
///
/// # Errors
/// No such runs, or the same one twice; a version, the suites or the checks changed since; runs do not compare.
pub fn compare_several_stored(
    workspace: &Workspace,
    names: &[String],
    insist: bool,
    sink: &dyn Sink,
) -> Result<ComparedAll> {
    let (reports, today) = (Reports::new(workspace.reports()), Today::to_decide(workspace, insist, sink)?);
    let finder = Finder { workspace, reports: &reports, today: &today, insist, sink };
    let [before, others @ ..] = names else { return Err(too_few()) };
    let first = finder.run(before, None)?;
    let others = others.iter().map(|other| finder.beside(other, &first)).collect::<Result<Vec<Run>>>()?;
    let runs: Vec<&Run> = [&first].into_iter().chain(&others).collect();
    // All that changed is told at once, and not one pair after another.
    let labels = labels(workspace, &runs);
    let named: Vec<(&str, &Run)> = labels.iter().map(String::as_str).zip(runs.iter().copied()).collect();
    today.vouch(&named, insist)?;
    all(workspace, &runs, insist, Some(&today), sink)
}

/// Compares runs that were just made with the first of them.
///
/// # Errors
/// As [`compare`](super::compare).
pub fn compare_several(workspace: &Workspace, runs: &[&Run], insist: bool, sink: &dyn Sink) -> Result<ComparedAll> {
    all(workspace, runs, insist, None, sink)
}

fn all(
    workspace: &Workspace,
    runs: &[&Run],
    insist: bool,
    today: Option<&Today<'_>>,
    sink: &dyn Sink,
) -> Result<ComparedAll> {
    if let Some((at, run)) = runs.iter().enumerate().find(|(at, run)| earlier(&runs[..*at], run)) {
        let with = if runs[0].manifest.id == run.manifest.id { "compared with itself" } else { "compared twice" };
        return Err(Error::usage(format!("run {} would be {with}", run.manifest.id))
            .hint(format!("leave out the name at place {}", at + 1)));
    }
    let [a, others @ ..] = runs else { return Err(too_few()) };
    let labels = labels(workspace, runs);
    let each = others.iter().map(|b| {
        let pair = Outcomes { a: *a, b: *b };
        let remarks = today.map(|today| Remarks::of(workspace, pair, today, insist)).transpose()?;
        compared(workspace, pair, insist, remarks.unwrap_or_default(), sink)
    });
    let each = each.collect::<Result<Vec<Compared>>>()?;
    let versus = each.iter().zip(others).zip(&labels[1..]);
    let versus = versus.map(|((one, b), label)| Versus { comparison: &one.comparison, label, a, b });
    let several = several(&versus.collect::<Vec<_>>()).ok_or_else(too_few)?;
    let links: Vec<String> = each.iter().map(|one| link(&one.folder)).collect();
    let report = SeveralReport::new(&several, &links);
    let newest = others.iter().max_by_key(|run| &run.manifest.id).unwrap_or(a);
    let folder = workspace.reports().join(name(&newest.folder, &labels[0], &labels[1..].join("-")));
    write(&folder, &several, &report)?;
    Ok(ComparedAll { several, each, report, folder })
}

fn earlier(runs: &[&Run], run: &Run) -> bool {
    runs.iter().any(|other| other.manifest.id == run.manifest.id)
}

fn too_few() -> Error {
    Error::usage("a comparison takes two versions or more")
}

/// What the versions are called, each told apart from all others: in full where short forms are alike, and with the run
/// where one version has several.
fn labels(workspace: &Workspace, runs: &[&Run]) -> Vec<String> {
    let full = |run: &Run| run.manifest.version.name.clone();
    let short = |run: &Run| registry::label(&workspace.config.line, &run.manifest.version.name);
    let with_run = |run: &Run| format!("{} ({})", short(run), run.manifest.id);
    let told_apart = |call: &dyn Fn(&Run) -> String, run: &Run| {
        runs.iter().filter(|other| other.manifest.id != run.manifest.id).all(|other| call(other) != call(run))
    };
    let label = |run: &&Run| match (told_apart(&short, run), told_apart(&full, run)) {
        (true, _) => short(run),
        (_, true) => full(run),
        _ => with_run(run),
    };
    runs.iter().map(label).collect()
}

/// From one folder of the reports to the page in another.
fn link(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    format!("../{name}/report.html")
}

fn write(folder: &Path, several: &Several, report: &SeveralReport) -> Result<()> {
    let json = serde_json::to_vec_pretty(several)
        .map_err(|e| Error::input(format!("the comparisons cannot be written: {e}")))?;
    store::replace(&folder.join("report.html"), report.html()?.as_bytes())?;
    store::replace(&folder.join("report.md"), report.markdown()?.as_bytes())?;
    store::replace(&folder.join("comparisons.json"), &json)
}
