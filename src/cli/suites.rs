use super::out;
use crate::report::visible;
use crate::route::{Instructions, Routes};
use crate::suite::{self, Split, Suite};
use crate::work::versions::misnamed;
use crate::workspace::Workspace;
use crate::yaml::Node;
use crate::{gate, registry, settings, words, workspace};
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct ValidateArgs {
    /// Suite files (default: all of the workspace, and the manifests of its versions).
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
    /// `pmtune.yaml`.
    Workspace,
}

/// Everything that a person writes by hand but for training data, which `pmtune data check` looks at: all faults at once.
pub fn validate(root: &Path, args: &ValidateArgs) -> Result<()> {
    let config = workspace::parse(root).and_then(|file| settings::check(&file).and_then(|()| models(root, file)));
    let all = args.files.is_empty();
    let versions = if all { registry::check(root) } else { Ok(0) };
    let files = if all { workspace::suite_files(root) } else { Ok(args.files.clone()) };
    let suites = files.and_then(|files| suite::load(root, &files));
    let ((), (versions, suites)) = both(config, both(versions, suites))?;
    if all {
        out::line(format!("{}: no fault; {}, no fault", workspace::FILE, words::count(versions, "version")));
    }
    for suite in &suites {
        out::line(summary(suite));
    }
    for (call, cases) in suite::programs(&suites) {
        let cases = words::count(cases, "case");
        out::note(format!("a check of {cases} runs a program, only with --allow-commands: {}", visible(&call)));
    }
    for warning in suite::warnings(&suites) {
        out::warning(warning);
    }
    Ok(())
}

/// Whether the models that `pmtune.yaml`, the manifests and the routes name are there.
fn models(root: &Path, file: Node) -> Result<()> {
    let workspace = Workspace::of(root, file.clone())?;
    let mut faults = misnamed(&workspace, &file);
    if Routes::file(&workspace).is_file() {
        let routes = Instructions::read(&workspace).and_then(|asked| Routes::read(&workspace, &asked));
        faults.extend(routes.err());
    }
    Error::gather(faults).map_or(Ok(()), Err)
}

/// Both values, or the faults of both.
fn both<A, B>(a: Result<A>, b: Result<B>) -> Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut error), Err(other)) => {
            error.also.push(other);
            Err(error)
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
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
        SchemaOf::Workspace => settings::schema(),
    };
    let text =
        serde_json::to_string_pretty(&schema).map_err(|e| Error::input(format!("cannot print the schema: {e}")))?;
    out::line(text);
    Ok(())
}
