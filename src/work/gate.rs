//! Where a decision is written.

use super::args::OutputArgs;
use super::out;
use crate::gate::Decision;
use crate::report::gate::{Places, annotations, badge, code_quality, junit, markdown};
use crate::run::Run;
use crate::suite;
use crate::workspace::{FILE, Workspace};
use engine::error::{Error, Result};
use engine::store;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `gate.json` and `gate.md` into the run's folder and whatever else was asked for; gives the path of `gate.md`.
/// Files named by flags may lie anywhere: a CI system collects them from its own folders.
pub fn write(workspace: &Workspace, decision: &Decision, run: &Run, args: &OutputArgs) -> Result<PathBuf> {
    let json = json(decision)?;
    let text = markdown(decision)?;
    let report = run.folder.join("gate.md");
    store::replace(&report, text.as_bytes())?;
    // Last: what reads it may take the other for granted.
    store::replace(&run.folder.join("gate.json"), json.as_bytes())?;
    let places = places(workspace);
    let put = |file: &Option<PathBuf>, content: &dyn Fn() -> Result<String>| match file {
        Some(file) => store::replace(file, content()?.as_bytes()),
        None => Ok(()),
    };
    put(&args.json, &|| Ok(json.clone()))?;
    put(&args.markdown, &|| Ok(text.clone()))?;
    put(&args.junit, &|| junit(decision, run))?;
    put(&args.gitlab, &|| code_quality(decision, &places))?;
    put(&args.badge, &|| badge(decision))?;
    if args.github || std::env::var("GITHUB_ACTIONS").is_ok_and(|on| on == "true") {
        out::text(annotations(decision, &places));
        if let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) {
            append(Path::new(&file), &text)?;
        }
    }
    Ok(report)
}

fn json(decision: &Decision) -> Result<String> {
    serde_json::to_string_pretty(decision)
        .map(|text| text + "\n")
        .map_err(|e| Error::input(format!("the decision cannot be written: {e}")))
}

/// The step summary belongs to all of a step's commands.
fn append(file: &Path, text: &str) -> Result<()> {
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened
        .and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()))
        .map_err(|e| Error::io("append to", file, e))
}

/// Where cases and rules stand, told from where the user stands: in CI that is the repository's root.
fn places(workspace: &Workspace) -> Places {
    let mut cases = suite::places(&workspace.suite_files().unwrap_or_default());
    for place in cases.values_mut() {
        place.file = PathBuf::from(out::path(&place.file));
    }
    Places { cases, rules: PathBuf::from(out::path(&workspace.root.join(FILE))) }
}
