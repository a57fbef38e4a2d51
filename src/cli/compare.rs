//! `pmtune compare`, and the last step of `pmtune eval --compare`.

use super::args::CompareArgs;
use super::{find, loss, out, people};
use crate::compare::{self, Comparison, Outcomes, Settings};
use crate::report;
use crate::report::Extras;
use crate::review::PeopleCompared;
use crate::run::{Reports, Run};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde::Serialize;
use std::path::{Path, PathBuf};

pub fn run(workspace: &Workspace, args: &CompareArgs) -> Result<()> {
    let reports = Reports::new(workspace.reports());
    let (a, b) = find::pair(workspace, &reports, &args.before, &args.after)?;
    let (label_a, label_b) = (label(workspace, &a), label(workspace, &b));
    let labels = Outcomes { a: label_a.as_str(), b: label_b.as_str() };
    finish(workspace, &a, &b, labels, args.allow_differences)
}

/// `v2` for a version of the workspace's own line, else the version's name.
pub fn label(workspace: &Workspace, run: &Run) -> String {
    let name = &run.manifest.version.name;
    match name.strip_prefix(&format!("{}-v", workspace.config.line)) {
        Some(number) => format!("v{number}"),
        None => name.clone(),
    }
}

/// How the workspace wants its figures worked out.
pub fn settings(workspace: &Workspace) -> Settings {
    workspace.config.compare.clone()
}

/// Compares, writes the comparison's folder and prints the table.
pub fn finish(workspace: &Workspace, a: &Run, b: &Run, labels: Outcomes<&str>, insist: bool) -> Result<()> {
    let comparison = compare::compare(a, b, labels, settings(workspace), insist)?;
    let trainings = loss::logs(workspace, &[(comparison.a.label.as_str(), a), (comparison.b.label.as_str(), b)]);
    let extras = Extras { trainings, people: people::of_pair(workspace, a, b) };
    let folder = write(workspace, &comparison, a, b, &extras)?;
    out::text(report::table::comparison(&comparison, a, b, extras.people.as_ref(), out::width(), out::colour()));
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
