use crate::cli::out;
use crate::compare::Comparison;
use crate::registry::{self, Change, Manifest, Note};
use crate::report::visible;
use crate::workspace::Workspace;
use engine::error::Result;

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

/// Of a version here, or of an archived one.
fn manifest(workspace: &Workspace, text: &str) -> Result<Manifest> {
    let name = registry::full_name(workspace, text);
    if registry::archived(workspace)?.contains(&name) {
        return registry::archived_manifest(workspace, &name);
    }
    registry::find(workspace, text)
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
    super::list::print_notes(&notes);
    Ok(())
}

/// The newest comparison of the two, if the reports hold one.
fn compared(workspace: &Workspace, a: &Manifest, b: &Manifest) {
    let folders = std::fs::read_dir(workspace.reports()).into_iter().flatten().flatten();
    let comparisons = folders.filter_map(|entry| {
        let path = entry.path().join("comparison.json");
        let comparison: Comparison = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        let names = (comparison.a.run.version.name.as_str(), comparison.b.run.version.name.as_str());
        (names == (a.name.as_str(), b.name.as_str())).then_some((comparison.created, entry.path(), comparison))
    });
    out::line("\nCompared");
    match comparisons.max_by(|x, y| (x.0, &x.1).cmp(&(y.0, &y.1))) {
        Some((_, folder, comparison)) => {
            for half in [&comparison.held_out, &comparison.dev].into_iter().filter(|half| half.overall.cases > 0) {
                out::paragraph(visible(&half.overall.words));
            }
            out::line(format!("Report: {}", out::path(&folder.join("report.html"))));
        }
        None => out::paragraph(format!(
            "No report compares the two in this order. Make one with: pmtune eval --compare {} {}",
            a.name, b.name
        )),
    }
}
