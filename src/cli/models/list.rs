//! What is read about versions.

use crate::cli::out;
use crate::registry::{self, Manifest, Note};
use crate::report::visible;
use crate::words;
use crate::work::versions::lineage;
use crate::workspace::Workspace;
use comfy_table::{ContentArrangement, Table, presets};
use engine::error::{Error, Result};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const HEADER: [&str; 6] = ["version", "created", "parent", "base", "adapter", "notes"];

pub fn list(workspace: &Workspace) -> Result<()> {
    let manifests = registry::list(workspace)?;
    let archived = registry::archived(workspace)?;
    let primary = registry::primary(workspace)?;
    if manifests.is_empty() && archived.is_empty() {
        out::line("No versions yet; `base` is the untrained base.");
        return Ok(());
    }
    let mark = |name: &str| if primary.as_deref() == Some(name) { " (primary)" } else { "" };
    let here = manifests.iter().map(|manifest| row(manifest, mark(&manifest.name), &archived));
    let aside = archived.iter().map(|name| match registry::archived_manifest(workspace, name) {
        Ok(manifest) => row(&manifest, " (archived)", &archived),
        Err(_) => damaged(name),
    });
    // What is left stays readable; `models show` has the rest.
    let columns: &[usize] = match out::width() {
        ..50 => &[0, 5],
        50..70 => &[0, 1, 5],
        _ => &[0, 1, 2, 3, 4, 5],
    };
    let shown = |cells: [String; 6]| columns.iter().filter_map(move |i| cells.get(*i).cloned()).collect::<Vec<_>>();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16).set_header(shown(HEADER.map(str::to_string)));
    here.chain(aside).for_each(|cells| _ = table.add_row(shown(cells)));
    out::line(table.trim_fmt());
    Ok(())
}

/// The same for programs.
pub fn json(workspace: &Workspace) -> Result<()> {
    let archived = registry::archived(workspace)?;
    let primary = registry::primary(workspace)?;
    let version = |manifest: &Manifest, aside: bool| {
        json!({
            "name": manifest.name, "primary": primary.as_deref() == Some(manifest.name.as_str()), "archived": aside,
            "damaged": false, "created": manifest.created.to_string(), "parent": manifest.parent,
            "base": manifest.base.name, "adapter": manifest.adapter.is_some(), "notes": manifest.notes,
        })
    };
    let mut versions: Vec<Value> = registry::list(workspace)?.iter().map(|manifest| version(manifest, false)).collect();
    versions.extend(archived.iter().map(|name| match registry::archived_manifest(workspace, name) {
        Ok(manifest) => version(&manifest, true),
        Err(_) => json!({"name": name, "archived": true, "damaged": true}),
    }));
    out::json(&json!({ "versions": versions }))
}

fn row(manifest: &Manifest, mark: &str, archived: &[String]) -> [String; 6] {
    [
        format!("{}{mark}", manifest.name),
        manifest.created.to_string(),
        manifest.parent.as_ref().map_or_else(|| "–".into(), |parent| called(parent, archived)),
        visible(&manifest.base.name),
        if manifest.adapter.is_some() { "LoRA" } else { "–" }.into(),
        visible(summary(&manifest.notes)),
    ]
}

fn damaged(name: &str) -> [String; 6] {
    let notes = "its archive is damaged; see: pmtune models verify".to_string();
    let unknown = || "?".to_string();
    [format!("{} (archived)", visible(name)), unknown(), unknown(), unknown(), unknown(), notes]
}

/// A version's name, with a word where it is archived.
fn called(name: &str, archived: &[String]) -> String {
    let mark = if archived.iter().any(|other| other == name) { " (archived)" } else { "" };
    format!("{}{mark}", visible(name))
}

/// The first sentence of the notes; a training writes a whole paragraph there.
fn summary(notes: &str) -> &str {
    let line = notes.lines().next().unwrap_or_default();
    line.find(". ").map_or(line, |end| &line[..=end])
}

/// A version's change log.
pub fn notes(workspace: &Workspace, version: &str) -> Result<()> {
    let name = registry::find(workspace, version)?.name;
    let notes = registry::notes(workspace, &name)?;
    if notes.is_empty() {
        out::paragraph(format!(
            "Nothing is noted for {name} yet. Add a note with: pmtune models note {} \"…\"",
            words::shell(&name)
        ));
    }
    print_notes(&notes);
    Ok(())
}

/// Oldest first, a line each.
pub fn print_notes(notes: &[Note]) {
    for note in notes {
        let at = note.at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M");
        out::item(&format!("{at}  "), visible(&note.text));
    }
}

pub fn show(workspace: &Workspace, model: &str) -> Result<()> {
    let version = registry::resolve(workspace, model)?;
    let manifests = registry::list(workspace)?;
    let manifest = manifests.iter().find(|m| m.name == version.name).ok_or_else(|| {
        Error::missing(format!("`{model}` is no registered version, so there is nothing to show"))
            .hint("`pmtune models list` shows the registered ones")
    })?;
    let text = serde_yaml::to_string(manifest).map_err(|e| Error::input(format!("cannot print {model}: {e}")))?;
    let archived = registry::archived(workspace)?;
    let names: Vec<String> = lineage(workspace, manifest).iter().map(|name| called(name, &archived)).collect();
    out::line(format!("# {}\n{}", names.join(" → "), visible(text.trim_end())));
    let notes = registry::notes(workspace, &manifest.name)?;
    if !notes.is_empty() {
        out::line("\n# Notes");
        print_notes(&notes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_shows_the_first_sentence_of_the_notes() {
        assert_eq!(
            summary("v1.2 was trained on 9 examples (2 s). The loss fell."),
            "v1.2 was trained on 9 examples (2 s)."
        );
        assert_eq!(summary("Shorter prompts\nand more"), "Shorter prompts");
        assert_eq!(summary(""), "");
    }
}
