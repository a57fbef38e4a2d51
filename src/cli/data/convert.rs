use crate::cli::console::Console;
use crate::cli::out;
use crate::training_data::convert::Format;
use crate::words;
use crate::work::data::convert;
use engine::error::{Error, Result};
use engine::store;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads pmtune examples, chat messages, ShareGPT, Alpaca, prompt and completion (JSON lines or a\n\
                        JSON list), and CSV with named columns; the file itself shows which it is. What nothing\n\
                        reads is named.\n\n\
                        Examples:\n  pmtune data convert notes.csv --out training-data/planning/roadmaps.jsonl\n  \
                        pmtune data convert training-data --to chat > chat.jsonl"
)]
pub struct ConvertArgs {
    /// Files, or folders of training data.
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
    /// pmtune's own: instruction, input, output; messages where there are several turns.
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

pub fn run(args: &ConvertArgs) -> Result<()> {
    if let Some(file) = args.out.as_deref().filter(|file| file.exists()) {
        return Err(Error::input(format!("{} is there already", out::path(file)))
            .hint("name a new file, or remove this one first"));
    }
    let converted = convert(&args.files, args.to.into(), &Console::new())?;
    match &args.out {
        None => out::text(converted.text),
        Some(file) => {
            store::replace(file, converted.text.as_bytes())?;
            let examples = words::count(converted.examples, "example");
            out::line(format!("{examples} written to {}", out::path(file)));
        }
    }
    Ok(())
}
