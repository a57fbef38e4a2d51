//! Arguments of `pmtune data` as typed, those of `check` apart.

use crate::training_data::Topic;
use crate::training_data::convert::Format;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct StatsArgs {
    /// Folders or files (default: the workspace's training-data).
    pub paths: Vec<PathBuf>,
    /// Write the same as a page to open in a browser.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "One example in ten is held out, five at least. Its question alone decides, so an example never\n\
                        moves when others are added. Nothing is written without --out."
)]
pub struct SplitArgs {
    /// Folders or files (default: the workspace's training-data).
    pub paths: Vec<PathBuf>,
    /// Write both sides into this new folder, as training/ and held-out/.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  pmtune data merge training-data ../ana/training-data --out merged")]
pub struct MergeArgs {
    /// The folders to join, the one that counts most first.
    #[arg(required = true, value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// The new folder.
    #[arg(long, value_name = "FOLDER")]
    pub out: PathBuf,
    /// Refuse near-duplicates instead of keeping the longer of each pair.
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads pmtune examples, chat messages, ShareGPT, Alpaca, prompt and completion (JSON lines or a\n\
                        JSON list), and CSV with named columns; the file itself shows which it is.\n\n\
                        Examples:\n  pmtune data convert notes.csv --out training-data/planning/roadmaps.jsonl\n  \
                        pmtune data convert training-data --to chat > chat.jsonl"
)]
pub struct ConvertArgs {
    /// Files, or folders of pmtune examples.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to write.
    #[arg(long, value_name = "FORMAT", default_value = "examples")]
    pub to: To,
    /// The new file (default: standard output).
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum To {
    /// pmtune's own: instruction, input, output.
    Examples,
    /// A list of messages with role and content.
    Chat,
    /// A list of conversations with from and value.
    Sharegpt,
    /// One JSON list of instruction, input, output.
    Alpaca,
    /// Prompt and completion.
    PromptCompletion,
}

impl From<To> for Format {
    fn from(to: To) -> Self {
        match to {
            To::Examples => Self::Examples,
            To::Chat => Self::Chat,
            To::Sharegpt => Self::ShareGpt,
            To::Alpaca => Self::Alpaca,
            To::PromptCompletion => Self::PromptCompletion,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A case that still stands in a suite is refused: a model trained on it could no longer be tested\n\
                        with it. Remove the case from its suite first."
)]
pub struct AddArgs {
    /// The run that holds the answer.
    pub run: String,
    /// The case, as <suite>/<id>.
    pub case: String,
    /// Where the example goes.
    #[arg(long, value_name = "CATEGORY/TOPIC")]
    pub to: Topic,
    /// Keep the text of this file, your corrected answer, instead of the model's.
    #[arg(long, value_name = "FILE")]
    pub edit: Option<PathBuf>,
}
