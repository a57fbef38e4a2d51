//! `pmtune data check`: the linter of training data.

use super::findings;
use crate::cli::console::Console;
use crate::cli::out;
use crate::training_data::Severity;
use crate::work::data::{self, CheckOptions};
use crate::workspace::Workspace;
use engine::error::{Kind, Result};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Severities, the limit in tokens and outdated terms are set under `data:` in pmtune.yaml.\n\
                        Exit codes: 0 fine, 100 a finding is as grave as --fail-on, 1 no example was found.\n\n\
                        Examples:\n  pmtune data check\n  pmtune data check --fix\n  \
                        pmtune data check --against suites\n  \
                        pmtune data check training-data/prds --fail-on warning\n  \
                        pmtune data check --format sarif > findings.sarif")]
pub struct CheckArgs {
    /// Folders or JSONL files (default: the workspace's training-data/).
    pub paths: Vec<PathBuf>,
    /// First mend what is safe: byte order marks, CRLF, blanks at line ends, invisible and broken characters.
    #[arg(long)]
    pub fix: bool,
    /// Hold each example against the checks that the suites use for its kind, too.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub against: Option<Against>,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = FindingFormat::Text)]
    pub format: FindingFormat,
    /// The same as --format json.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
    /// Exit with 100 when a finding is this grave or graver (default: `data.fail-on` in pmtune.yaml, else error).
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FindingFormat {
    /// For people, grouped by file.
    Text,
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Against {
    /// The workspace's suites.
    Suites,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum FailOn {
    Off,
    Note,
    Warning,
    Error,
}

impl From<FailOn> for Severity {
    fn from(severity: FailOn) -> Self {
        match severity {
            FailOn::Off => Severity::Off,
            FailOn::Note => Severity::Note,
            FailOn::Warning => Severity::Warning,
            FailOn::Error => Severity::Error,
        }
    }
}

pub fn run(workspace: impl Fn() -> Result<Workspace>, args: &CheckArgs) -> Result<()> {
    let workspace = match workspace() {
        Err(error) if error.kind == Kind::Missing && !args.paths.is_empty() => None,
        workspace => Some(workspace?),
    };
    let against_suites = args.against == Some(Against::Suites);
    let options = CheckOptions { paths: args.paths.clone(), fix: args.fix, against_suites };
    let linted = data::check(workspace.as_ref(), &options, &Console::new())?;
    match if args.json { FindingFormat::Json } else { args.format } {
        FindingFormat::Text => out::text(findings::text(&linted, out::colour())),
        FindingFormat::Json => out::json(&findings::json(&linted))?,
        FindingFormat::Sarif => out::line(findings::sarif(&linted)?),
        FindingFormat::Github => out::text(findings::github(&linted)),
    }
    data::verdict(workspace.as_ref(), &linted, args.fail_on.map(Severity::from))
}
