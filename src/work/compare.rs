//! Two finished runs → comparison → its report.

use super::event::Sink;
use super::extras;
use super::find::Finder;
use super::settings::{labels, settings};
use super::today::Today;
use super::worth;
use crate::compare::{self, Comparison, Outcomes};
use crate::report::Report;
use crate::review::PeopleCompared;
use crate::run::{Reports, Run};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A comparison whose report is written.
#[derive(Debug, Clone)]
pub struct Compared {
    pub comparison: Comparison,
    pub report: Report,
    /// Holds `comparison.json`, `report.html` and `report.md`.
    pub folder: PathBuf,
}

/// Compares two stored runs, each named by run or version. `insist` compares also where they are no longer evidence about
/// the workspace as it is; the report then says what changed.
///
/// # Errors
/// No such runs; the version, the suites or the checks changed since; the runs do not compare.
pub fn compare_stored(
    workspace: &Workspace,
    before: &str,
    after: &str,
    insist: bool,
    sink: &dyn Sink,
) -> Result<Compared> {
    let (reports, today) = (Reports::new(workspace.reports()), Today::to_decide(workspace, insist, sink)?);
    let (a, b) = Finder { workspace, reports: &reports, today: &today, insist, sink }.pair(before, after)?;
    let runs = Outcomes { a: &a, b: &b };
    compared(workspace, runs, insist, Remarks::of(workspace, runs, &today, insist)?, sink)
}

/// What is known of the runs besides what stands in them.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    differences: Vec<String>,
    warnings: Vec<String>,
}

impl Remarks {
    /// # Errors
    /// The version, the suites or the checks changed since, and nobody insists.
    pub(super) fn of(workspace: &Workspace, runs: Outcomes<&Run>, today: &Today<'_>, insist: bool) -> Result<Self> {
        let called = labels(workspace, runs.a, runs.b);
        let pair = [(called.a.as_str(), runs.a), (called.b.as_str(), runs.b)];
        Ok(Self {
            differences: today.vouch(&pair, insist)?,
            warnings: pair.iter().filter_map(|(label, run)| today.unknown(label, run)).collect(),
        })
    }
}

/// Compares two runs that were just made and writes the comparison's folder. `insist` compares also where suites, checks
/// or sampling differ.
///
/// # Errors
/// The runs do not compare, and nobody insists; no case was answered by both; the disk refuses.
pub fn compare(workspace: &Workspace, runs: Outcomes<&Run>, insist: bool, sink: &dyn Sink) -> Result<Compared> {
    compared(workspace, runs, insist, Remarks::default(), sink)
}

pub(super) fn compared(
    workspace: &Workspace,
    runs: Outcomes<&Run>,
    insist: bool,
    remarks: Remarks,
    sink: &dyn Sink,
) -> Result<Compared> {
    let Outcomes { a, b } = runs;
    let Outcomes { a: label_a, b: label_b } = labels(workspace, a, b);
    let called = Outcomes { a: label_a.as_str(), b: label_b.as_str() };
    for (label, run) in [(&label_a, a), (&label_b, b)] {
        run.manifest.refuse_shard()?;
        if !run.is_answered() {
            return Err(Error::input(format!("no case was answered by {label} in run {}", run.manifest.id))
                .hint(format!("ask again: pmtune eval --resume {}", words::shell(&run.manifest.id))));
        }
    }
    let mut comparison = compare::compare(a, b, called, settings(workspace)?, insist)?;
    comparison.differences.extend(remarks.differences);
    comparison.warnings.extend(remarks.warnings);
    if let Some(words) = worth::of_routing(workspace, runs, &comparison)? {
        comparison.held_out.conclude(&words);
    }
    let extras = extras::of_pair(workspace, (&label_a, &label_b), a, b, sink)?;
    let report = Report::of_comparison(&comparison, a, b, &extras)?;
    let folder = workspace.reports().join(name(&b.folder, &label_a, &label_b));
    write(&folder, &comparison, extras.people.as_ref(), &report)?;
    Ok(Compared { comparison, report, folder })
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

fn write(folder: &Path, comparison: &Comparison, people: Option<&PeopleCompared>, report: &Report) -> Result<()> {
    let json = serde_json::to_vec_pretty(&Written { comparison, people })
        .map_err(|e| Error::input(format!("the comparison cannot be written: {e}")))?;
    store::replace(&folder.join("report.html"), report.html()?.as_bytes())?;
    store::replace(&folder.join("report.md"), report.markdown()?.as_bytes())?;
    store::replace(&folder.join("comparison.json"), &json)
}

/// The comparison's folder is named after the later run: `2026-11-21-2031-v1-vs-v2`.
pub(super) fn name(run: &Path, a: &str, b: &str) -> String {
    let id = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stamp: String = id.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let plain = |label: &str| -> String {
        let kept = label.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' });
        kept.take(40).collect()
    };
    format!("{}-{}-vs-{}", stamp.trim_end_matches('-'), plain(a), plain(b))
}
