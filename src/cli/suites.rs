use super::args::{SchemaOf, ValidateArgs};
use super::out;
use crate::suite::{self, Split, Suite};
use crate::{gate, registry, settings, workspace};
use engine::error::{Error, Result};
use std::path::Path;

/// Everything that a person writes by hand but for training data, which `pmtune data check` looks at: all faults at once.
pub fn validate(root: &Path, args: &ValidateArgs) -> Result<()> {
    let config = workspace::parse(root).and_then(|file| settings::check(&file));
    let all = args.files.is_empty();
    let manifests = if all { registry::check(root) } else { Ok(0) };
    let files = if all { workspace::suite_files(root) } else { Ok(args.files.clone()) };
    let suites = files.and_then(|files| suite::load(root, &files));
    let (suites, manifests) = all_of(config, all_of(suites, manifests)).map(|((), both)| both)?;
    for suite in &suites {
        out::line(summary(suite));
    }
    if all {
        out::line(format!("{}: no fault; versions: {manifests}, no fault", workspace::FILE));
    }
    for warning in suite::warnings(&suites) {
        out::warning(warning);
    }
    Ok(())
}

/// Both values, or every fault of either.
fn all_of<A, B>(a: Result<A>, b: Result<B>) -> Result<(A, B)> {
    match (a, b) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        (Err(mut error), Err(other)) => {
            error.also.push(other);
            Err(error)
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

fn summary(suite: &Suite) -> String {
    let held_out = suite.cases.iter().filter(|c| c.split == Split::HeldOut).count();
    let checks: usize = suite.cases.iter().map(|c| c.checks.len()).sum();
    let cases = suite.cases.len();
    format!("{}: {cases} cases ({} dev, {held_out} held-out), {checks} checks", suite.name, cases - held_out)
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
