use super::out;
use crate::gate;
use crate::suite::{self, Split, Suite};
use crate::words;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct ValidateArgs {
    /// Suite files (default: all of the workspace).
    pub files: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct SchemaArgs {
    /// Of what.
    #[arg(value_enum, default_value_t = SchemaOf::Suite)]
    pub of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaOf {
    /// A suite of cases.
    Suite,
    /// `gate.json`.
    Gate,
}

pub fn validate(workspace: impl Fn() -> Result<Workspace>, args: &ValidateArgs) -> Result<()> {
    let workspace = workspace()?;
    let files: Vec<PathBuf> = if args.files.is_empty() { workspace.suite_files()? } else { args.files.clone() };
    let suites = suite::load(&workspace.root, &files)?;
    for suite in &suites {
        out::line(summary(suite));
    }
    for warning in suite::warnings(&suites) {
        out::warning(warning);
    }
    Ok(())
}

fn summary(suite: &Suite) -> String {
    let held_out = suite.cases.iter().filter(|c| c.split == Split::HeldOut).count();
    let checks: usize = suite.cases.iter().map(|c| c.checks.len()).sum();
    let (cases, checks) = (words::count(suite.cases.len(), "case"), words::count(checks, "check"));
    format!("{}: {cases} ({} dev, {held_out} held-out), {checks}", suite.name, suite.cases.len() - held_out)
}

pub fn schema(of: SchemaOf) -> Result<()> {
    let schema = match of {
        SchemaOf::Suite => suite::schema(),
        SchemaOf::Gate => gate::schema(),
    };
    let text =
        serde_json::to_string_pretty(&schema).map_err(|e| Error::input(format!("cannot print the schema: {e}")))?;
    out::line(text);
    Ok(())
}
