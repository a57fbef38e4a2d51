use crate::cli::typed::file;
use crate::gate::EXIT_CODE;
use crate::work::gate::GateFiles;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The rules stand under `gate:` in pmtune.yaml; without it, a version must not lose against the one\n\
                        before and must answer every case. A failed gate exits with 100, one that cannot be judged with 102.\n\n\
                        Examples:\n  pmtune gate\n  pmtune gate v2 --against v1\n  \
                        pmtune gate v2 --junit gate.xml --markdown gate.md\n  \
                        pmtune gate --propose\n  \
                        pmtune eval --compare v1 v2 --gate"
)]
pub struct GateArgs {
    /// A finished run, or a version, which means its newest whole run (default: the newest whole run of all).
    #[arg(value_name = "RUN_OR_VERSION")]
    pub run: Option<String>,
    /// The run or version that must not be lost against (default: `gate.against` in pmtune.yaml, else primary).
    #[arg(long, value_name = "RUN_OR_VERSION")]
    pub against: Option<String>,
    /// Judge even where version, suites or checks changed since the runs were made, or differ between them; the decision
    /// says so.
    #[arg(long)]
    pub allow_differences: bool,
    /// Judge nothing; print a `gate:` for pmtune.yaml with thresholds that the version (default: primary) surely reaches.
    #[arg(long, conflicts_with_all = ["against", "junit", "gitlab", "markdown", "badge", "json", "github", "exit_code"])]
    pub propose: bool,
    #[command(flatten)]
    pub outputs: OutputArgs,
}

/// The gate behind an evaluation.
#[derive(Debug, clap::Args)]
pub struct EvalGateArgs {
    /// Then judge the rules of `gate:` in pmtune.yaml, and exit with 100 when one fails.
    #[arg(long, conflicts_with_all = ["resume", "rescore"])]
    pub gate: bool,
    /// The version that must not be lost against; it is evaluated too (default: as for `pmtune gate`).
    #[arg(long, value_name = "VERSION", requires = "gate", conflicts_with = "compare")]
    pub against: Option<String>,
    #[command(flatten)]
    pub outputs: OutputArgs,
}

/// What else is written besides `gate.json` and `gate.md` in the run's folder.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What the gate writes")]
pub struct OutputArgs {
    /// Every rule and case as JUnit XML.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub junit: Option<PathBuf>,
    /// What failed as GitLab's code-quality report.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub gitlab: Option<PathBuf>,
    /// The decision as a comment on a pull request.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub markdown: Option<PathBuf>,
    /// The decision as an SVG badge.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub badge: Option<PathBuf>,
    /// The decision as JSON (its schema: `pmtune schema gate`); of `eval` without --gate, the results.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub json: Option<PathBuf>,
    /// Annotations and step summary of GitHub Actions, also without GITHUB_ACTIONS=true.
    #[arg(long)]
    pub github: bool,
    /// The exit code of a failed gate (default: `gate.exit-code` in pmtune.yaml, else 100).
    #[arg(long, value_name = "N", value_parser = exit_code)]
    pub exit_code: Option<u8>,
}

impl OutputArgs {
    /// Whether any was asked for that only a gate writes.
    pub fn any_but_json(&self) -> bool {
        let files = [&self.junit, &self.gitlab, &self.markdown, &self.badge];
        files.iter().any(|file| file.is_some()) || self.github || self.exit_code.is_some()
    }

    /// Whether GitHub Actions is to be told too: asked for, or run by it.
    pub fn for_github(&self) -> bool {
        self.github || std::env::var("GITHUB_ACTIONS").is_ok_and(|on| on == "true")
    }

    pub fn files(&self) -> GateFiles {
        let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty() && self.for_github());
        GateFiles {
            junit: self.junit.clone(),
            gitlab: self.gitlab.clone(),
            markdown: self.markdown.clone(),
            badge: self.badge.clone(),
            json: self.json.clone(),
            summary: summary.map(PathBuf::from),
        }
    }
}

fn exit_code(text: &str) -> Result<u8, String> {
    text.parse::<u8>().ok().filter(|code| !matches!(code, 0 | 2 | 102 | 130)).ok_or_else(|| EXIT_CODE.to_string())
}
