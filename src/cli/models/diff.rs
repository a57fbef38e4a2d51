use super::list::print_notes;
use crate::cli::out;
use crate::registry::{self, Change, Manifest, Note};
use crate::report::visible;
use crate::words;
use crate::work;
use crate::work::versions::manifest;
use crate::workspace::Workspace;
use engine::error::Result;
use serde_json::{Value, json};

/// A longer text is only said to differ.
const LONG: usize = 60;

pub fn run(workspace: &Workspace, before: &str, after: &str) -> Result<()> {
    let (a, b) = (manifest(workspace, before)?, manifest(workspace, after)?);
    out::line(format!("{} → {}", a.name, b.name));
    let diff = registry::diff(&a, &b);
    if diff.sections.is_empty() {
        out::line("\nNothing differs: same base, data, recipe, prompts and results.");
    }
    for section in &diff.sections {
        out::line(format!("\n{}", section.title));
        section.changes.iter().for_each(change);
    }
    for manifest in [&a, &b] {
        told(workspace, manifest)?;
    }
    compared(workspace, &a, &b);
    Ok(())
}

/// The same for programs.
pub fn json(workspace: &Workspace, before: &str, after: &str) -> Result<()> {
    let (a, b) = (manifest(workspace, before)?, manifest(workspace, after)?);
    let compared = work::newest_comparison(workspace, &a.name, &b.name).map(|(folder, comparison)| {
        json!({
            "report": folder.join("report.html"), "created": comparison.created,
            "finding": comparison.held_out.headline().finding, "words": comparison.held_out.headline().words,
        })
    });
    out::json(&json!({
        "before": a.name, "after": b.name, "sections": registry::diff(&a, &b).sections,
        "notes": {"before": noted(workspace, &a)?, "after": noted(workspace, &b)?}, "compared": compared,
    }))
}

/// What was noted when the version was made, and since.
fn noted(workspace: &Workspace, manifest: &Manifest) -> Result<Value> {
    let since = registry::notes(workspace, &manifest.name)?;
    let since: Vec<Value> = since.iter().map(|note| json!({"at": note.at, "text": note.text})).collect();
    Ok(json!({"made": manifest.notes, "since": since}))
}

fn change(change: &Change) {
    let Change { what, before, after } = change;
    let what = visible(what);
    let long = [before, after].into_iter().flatten().any(|text| text.chars().count() > LONG || text.contains('\n'));
    match (before, after) {
        (None, None) => {}
        _ if long => {
            out::item("  ~ ", what);
            for (sign, text) in [("−", before), ("+", after)] {
                for line in text.iter().flat_map(|text| text.lines()) {
                    out::item(&format!("      {sign} "), visible(line));
                }
            }
        }
        (None, Some(after)) => out::item("  + ", format!("{what}: {}", visible(after))),
        (Some(before), None) => out::item("  − ", format!("{what}: {}", visible(before))),
        (Some(before), Some(after)) => {
            out::item("  ~ ", format!("{what}: {} → {}", visible(before), visible(after)));
        }
    }
}

/// What was noted when the version was made, and since.
fn told(workspace: &Workspace, manifest: &Manifest) -> Result<()> {
    let notes: Vec<Note> = registry::notes(workspace, &manifest.name)?;
    if manifest.notes.trim().is_empty() && notes.is_empty() {
        return Ok(());
    }
    out::line(format!("\nNotes on {}", manifest.name));
    if !manifest.notes.trim().is_empty() {
        out::paragraph(visible(&manifest.notes));
    }
    print_notes(&notes);
    Ok(())
}

/// The newest comparison of the two, if the reports hold one.
fn compared(workspace: &Workspace, a: &Manifest, b: &Manifest) {
    out::line("\nCompared");
    match work::newest_comparison(workspace, &a.name, &b.name) {
        Some((folder, comparison)) => {
            for half in [&comparison.held_out, &comparison.dev].into_iter().filter(|half| half.cases() > 0) {
                out::paragraph(visible(&half.headline().words));
            }
            out::line(format!("Report: {}", out::path(&folder.join("report.html"))));
        }
        None => out::paragraph(format!(
            "No report compares the two in this order. Make one with: pmtune eval --compare {} {}",
            words::shell(&a.name),
            words::shell(&b.name)
        )),
    }
}
