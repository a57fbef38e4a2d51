use super::out;
use crate::words;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// The folder of the new workspace (default: here).
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// What a beginner does, in order.
const NEXT: &str = "  pmtune eval --compare v1 v2   # ask both versions, and which is better
  pmtune suite audit            # do the tests tell good answers from bad?
  pmtune data check             # look at the examples for faults
  pmtune train --dry-run        # what training on them would take
  pmtune guide                  # the guides, of which each can be read here";

pub fn run(args: &InitArgs) -> Result<()> {
    let written = crate::workspace::init(&args.folder)?;
    for file in &written {
        out::line(format!("wrote {}", file.display()));
    }
    let here = args.folder.as_os_str() == ".";
    let enter = if here { String::new() } else { format!("  cd {}\n", words::shell(&args.folder.to_string_lossy())) };
    out::line(format!(
        "\nThe workspace is ready: two versions, two suites, examples to train on. Next:\n\n{enter}{NEXT}"
    ));
    Ok(())
}
