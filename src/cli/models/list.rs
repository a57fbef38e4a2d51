//! What is read about versions.

use crate::cli::console::Console;
use crate::cli::out;
use crate::deploy::{Deployed, deployed};
use crate::registry::{self, Manifest, Note};
use crate::report::visible;
use crate::suite::Split;
use crate::words;
use crate::work::versions::lineage;
use crate::work::{self, LastRun, Standing};
use crate::workspace::Workspace;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use engine::error::{Error, Result};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const HEADER: [&str; 8] = ["version", "created", "passed", "margin", "parent", "base", "adapter", "notes"];

/// From this many columns on everything stands in the list; below, `models show` has the rest.
const WIDE: usize = 120;

pub fn list(workspace: &Workspace) -> Result<()> {
    let versions = Versions::read(workspace)?;
    if versions.rows.is_empty() {
        out::line("No versions yet; `base` is the untrained base.");
        return Ok(());
    }
    // What is left stays readable; `models show` has the rest.
    let columns: &[usize] = match out::width() {
        ..50 => &[0, 2],
        50..70 => &[0, 2, 3],
        70..WIDE => &[0, 1, 2, 3, 7],
        _ => &[0, 1, 2, 3, 4, 5, 6, 7],
    };
    let shown = |cells: [String; 8]| columns.iter().filter_map(move |i| cells.get(*i).cloned()).collect::<Vec<_>>();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(out::width() as u16).set_header(shown(HEADER.map(str::to_string)));
    for row in &versions.rows {
        table.add_row(shown(versions.cells(row)));
    }
    for (at, column) in columns.iter().enumerate() {
        // A figure broken in two is no figure.
        if let (2 | 3, Some(column)) = (column, table.column_mut(at)) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    out::line(table.trim_fmt());
    versions.legend();
    for Deployed { version, to, place, .. } in deployed(workspace)? {
        let place = place.display().to_string();
        out::item("· ", format!("{} is deployed to {to}: {}", visible(&version), visible(&place)));
    }
    Ok(())
}

/// The same for programs.
pub fn json(workspace: &Workspace) -> Result<()> {
    let (versions, all) = (Versions::read(workspace)?, deployed(workspace)?);
    let version = |row: &Row| match &row.manifest {
        Some(manifest) => json!({
            "name": row.name, "primary": versions.is_primary(&row.name), "archived": row.archived,
            "damaged": false, "created": manifest.created.to_string(), "parent": manifest.parent,
            "base": manifest.base.name, "adapter": manifest.adapter.is_some(), "notes": manifest.notes,
            "newest_run": newest_run(&row.standing),
            "deployed": all.iter().filter(|one| one.version == row.name).map(|one| json!({
                "to": one.to.to_string(), "place": one.place, "at": one.at.to_string(),
            })).collect::<Vec<_>>(),
        }),
        None => json!({"name": row.name, "archived": true, "damaged": true}),
    };
    out::json(&json!({ "versions": versions.rows.iter().map(version).collect::<Vec<_>>() }))
}

fn newest_run(standing: &Standing) -> Value {
    let Standing::Known(run) = standing else { return Value::Null };
    let LastRun { run, half, passed, margin, stale } = run;
    json!({
        "run": run, "half": half, "passed": passed.passed, "cases": passed.cases,
        "rate": (passed.cases > 0).then_some(passed.rate),
        "interval": (passed.cases > 0).then_some(passed.interval),
        "margin": margin.map(|(margin, _)| margin), "margin_cases": margin.map_or(0, |(_, cases)| cases), "stale": stale,
    })
}

/// The versions here and the archived ones.
struct Versions {
    rows: Vec<Row>,
    archived: Vec<String>,
    primary: Option<String>,
}

struct Row {
    name: String,
    /// `None` where its archive is damaged.
    manifest: Option<Manifest>,
    archived: bool,
    standing: Standing,
}

impl Versions {
    fn read(workspace: &Workspace) -> Result<Self> {
        let archived = registry::archived(workspace)?;
        let here =
            registry::list(workspace)?.into_iter().map(|manifest| (manifest.name.clone(), Some(manifest), false));
        let aside = archived.iter().map(|name| (name.clone(), registry::archived_manifest(workspace, name).ok(), true));
        let all: Vec<(String, Option<Manifest>, bool)> = here.chain(aside).collect();
        let names: Vec<String> = all.iter().map(|(name, ..)| name.clone()).collect();
        let standings = work::standings(workspace, &names, &Console::new())?;
        let rows = all.into_iter().zip(standings);
        Ok(Self {
            rows: rows
                .map(|((name, manifest, archived), standing)| Row { name, manifest, archived, standing })
                .collect(),
            primary: registry::primary(workspace)?,
            archived,
        })
    }

    fn is_primary(&self, name: &str) -> bool {
        self.primary.as_deref() == Some(name)
    }

    fn cells(&self, row: &Row) -> [String; 8] {
        let Some(manifest) = &row.manifest else { return damaged(&row.name) };
        let mark = match (row.archived, self.is_primary(&row.name)) {
            (true, _) => " (archived)",
            (_, true) => " (primary)",
            _ => "",
        };
        let (passed, margin) = figures(&row.standing);
        [
            format!("{}{mark}", manifest.name),
            manifest.created.to_string(),
            passed,
            margin,
            manifest.parent.as_ref().map_or_else(|| "–".into(), |parent| called(parent, &self.archived)),
            visible(&manifest.base.name),
            if manifest.adapter.is_some() { "LoRA" } else { "–" }.into(),
            visible(summary(&manifest.notes)),
        ]
    }

    /// What the figures and their marks mean, and what is to be done about those that are missing.
    fn legend(&self) {
        let known: Vec<&LastRun> = self.rows.iter().filter_map(Row::known).collect();
        if let Some(first) = known.first() {
            let half = if known.iter().all(|run| run.half == Split::HeldOut) { "held-out " } else { "" };
            let margin = match known.iter().any(|run| run.margin.is_some()) {
                true => "; margin: nats a token by which references are preferred to bad answers",
                false => "",
            };
            out::line("");
            let dev = if known.iter().any(|run| run.half != first.half) { "; d: of dev cases" } else { "" };
            out::paragraph(format!("passed: {half}cases of the newest whole run that pass by checks{dev}{margin}"));
        }
        let names = |wanted: fn(&Row) -> bool| -> Vec<String> {
            self.rows.iter().filter(|row| wanted(row)).map(|row| words::shell(&visible(&row.name))).collect()
        };
        let stale = names(|row| row.known().is_some_and(|run| run.stale));
        if let Some(name) = stale.first() {
            out::paragraph(format!(
                "*: the version, suites or checks changed since that run; anew: pmtune eval {name}"
            ));
        }
        let missing = names(|row| row.known().is_none() && !row.archived);
        if let Some(name) = missing.first() {
            out::paragraph(format!("–: no run of every case is known; make one: pmtune eval {name}"));
        }
    }
}

impl Row {
    fn known(&self) -> Option<&LastRun> {
        match &self.standing {
            Standing::Known(run) => Some(run),
            Standing::NotAsked | Standing::InPart => None,
        }
    }
}

/// `57 % of 30*` and `+0.31 of 12`.
fn figures(standing: &Standing) -> (String, String) {
    let none = || "–".to_string();
    let run = match standing {
        Standing::Known(run) => run,
        Standing::NotAsked => return (none(), none()),
        Standing::InPart => return ("in part".to_string(), none()),
    };
    let half = if run.half == Split::Dev { " d" } else { "" };
    let mark = if run.stale { "*" } else { "" };
    let passed = match run.passed.cases {
        0 => none(),
        cases => format!("{} of {cases}{half}{mark}", words::percent(run.passed.rate)),
    };
    let margin = run.margin.map(|(margin, cases)| format!("{} of {cases}{half}{mark}", words::signed(margin)));
    (passed, margin.unwrap_or_else(none))
}

fn damaged(name: &str) -> [String; 8] {
    let notes = "its archive is damaged; see: pmtune models verify".to_string();
    let unknown = || "?".to_string();
    let name = format!("{} (archived)", visible(name));
    [name, unknown(), unknown(), unknown(), unknown(), unknown(), unknown(), notes]
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
