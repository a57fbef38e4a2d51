//! Two finished runs → comparison → its report.

use super::event::Sink;
use super::extras;
use super::find;
use super::settings::{label, settings};
use crate::compare::{self, Comparison, Outcomes};
use crate::report::{self, Extras};
use crate::review::PeopleCompared;
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Two runs to hold against each other, with what their versions are called.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    pub runs: Outcomes<&'a Run>,
    pub labels: Outcomes<&'a str>,
}

/// A comparison whose report is written.
#[derive(Debug, Clone)]
pub struct Compared {
    pub comparison: Comparison,
    /// What the report shows besides.
    pub extras: Extras<PeopleCompared>,
    /// Holds `comparison.json`, `report.html` and `report.md`.
    pub folder: PathBuf,
}

/// Two finished runs, named by run or version, with the short names of their versions.
pub fn find_pair(workspace: &Workspace, before: &str, after: &str) -> Result<Outcomes<(Run, String)>> {
    let reports = Reports::new(workspace.reports());
    let (a, b) = find::pair(workspace, &reports, before, after)?;
    let (label_a, label_b) = (label(workspace, &a), label(workspace, &b));
    Ok(Outcomes { a: (a, label_a), b: (b, label_b) })
}

/// Compares and writes the comparison's folder. `insist` compares also where suites, checks or sampling differ.
///
/// # Errors
/// The runs do not compare, and nobody insists; the disk refuses.
pub fn compare(workspace: &Workspace, pair: Pair<'_>, insist: bool, sink: &dyn Sink) -> Result<Compared> {
    let Pair { runs: Outcomes { a, b }, labels } = pair;
    let comparison = compare::compare(a, b, labels, settings(workspace)?, insist)?;
    let labels = (comparison.a.label.as_str(), comparison.b.label.as_str());
    let extras = extras::of_pair(workspace, labels, a, b, sink)?;
    let folder = write(workspace, &comparison, a, b, &extras)?;
    Ok(Compared { comparison, extras, folder })
}

/// The newest comparison of these two versions (full names) in this order that the reports hold, with its folder.
pub fn newest_comparison(workspace: &Workspace, before: &str, after: &str) -> Option<(PathBuf, Comparison)> {
    let folders = std::fs::read_dir(workspace.reports()).into_iter().flatten().flatten();
    let comparisons = folders.filter_map(|entry| {
        let text = std::fs::read_to_string(entry.path().join("comparison.json")).ok()?;
        let comparison: Comparison = serde_json::from_str(&text).ok()?;
        let names = (comparison.a.run.version.name.as_str(), comparison.b.run.version.name.as_str());
        (names == (before, after)).then(|| (entry.path(), comparison))
    });
    comparisons.max_by(|(x, a), (y, b)| (a.created, x).cmp(&(b.created, y)))
}

/// `comparison.json`: the comparison, and what people say where anybody rated an answer.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    comparison: &'a Comparison,
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<&'a PeopleCompared>,
}

fn write(
    workspace: &Workspace,
    comparison: &Comparison,
    a: &Run,
    b: &Run,
    extras: &Extras<PeopleCompared>,
) -> Result<PathBuf> {
    let folder = workspace.reports().join(name(&b.folder, &comparison.a.label, &comparison.b.label));
    let json = serde_json::to_vec_pretty(&Written { comparison, people: extras.people.as_ref() })
        .map_err(|e| Error::input(format!("the comparison cannot be written: {e}")))?;
    let html = report::comparison_html(comparison, a, b, extras)?;
    let markdown = report::comparison_markdown(comparison, a, b, extras)?;
    store::replace(&folder.join("report.html"), html.as_bytes())?;
    store::replace(&folder.join("report.md"), markdown.as_bytes())?;
    store::replace(&folder.join("comparison.json"), &json)?;
    Ok(folder)
}

/// The comparison's folder is named after the later run: `2026-11-21-2031-v1-vs-v2`.
fn name(run: &Path, a: &str, b: &str) -> String {
    let id = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stamp: String = id.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let plain = |label: &str| -> String {
        let kept = label.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' });
        kept.take(40).collect()
    };
    format!("{}-{}-vs-{}", stamp.trim_end_matches('-'), plain(a), plain(b))
}
