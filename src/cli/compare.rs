//! `pmtune compare`, and the last step of `pmtune eval --compare`.

use super::args::CompareArgs;
use super::{find, loss, out, people};
use crate::compare::{self, Comparison, Outcomes, Settings};
use crate::registry;
use crate::report::{Extras, Report};
use crate::review::PeopleCompared;
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde::Serialize;
use std::path::Path;

pub fn run(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let (a, b) = find::pair(workspace, &reports, &args.before, &args.after)?;
    finish(workspace, &a, &b, args.allow_differences)
}

/// How the workspace wants its figures worked out.
pub fn settings(workspace: &Workspace) -> Settings {
    let settings = &workspace.config.compare;
    Settings {
        confidence: settings.confidence,
        resamples: settings.resamples,
        seed: settings.seed,
        negligible: settings.negligible,
    }
}

/// Compares, writes the comparison's folder and prints the table.
pub fn finish(workspace: &Workspace, a: &Run, b: &Run, insist: bool) -> Result<()> {
    let names = (&a.manifest.version.name, &b.manifest.version.name);
    let (label_a, label_b) = registry::labels(&workspace.config.line, names.0, names.1);
    let labels = Outcomes { a: label_a.as_str(), b: label_b.as_str() };
    let comparison = compare::compare(a, b, labels, settings(workspace), insist)?;
    let trainings = loss::logs(workspace, &[(comparison.a.label.as_str(), a), (comparison.b.label.as_str(), b)]);
    let extras = Extras { trainings, people: people::of_pair(workspace, a, b) };
    let report = Report::of_comparison(&comparison, a, b, &extras)?;
    let folder = workspace.reports().join(name(&b.folder, &comparison.a.label, &comparison.b.label));
    write(&folder, &comparison, extras.people.as_ref(), &report)?;
    out::text(report.terminal(out::width(), out::colour()));
    out::line(format!("\nReport: {}", out::path(&folder.join("report.html"))));
    Ok(())
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
fn name(run: &Path, a: &str, b: &str) -> String {
    let id = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stamp: String = id.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
    let plain = |label: &str| -> String {
        let kept = label.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' });
        kept.take(40).collect()
    };
    format!("{}-{}-vs-{}", stamp.trim_end_matches('-'), plain(a), plain(b))
}
