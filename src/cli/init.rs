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

pub fn run(args: &InitArgs) -> Result<()> {
    let written = crate::workspace::init(&args.folder)?;
    for file in &written {
        out::line(format!("wrote {}", file.display()));
    }
    let here = args.folder.as_os_str() == ".";
    let enter = if here { String::new() } else { format!("  cd {}\n", words::shell(&args.folder.to_string_lossy())) };
    out::line(format!(
        "\nThe workspace is ready. Two versions and a first suite are in it:\n{enter}  pmtune eval --compare v1 v2"
    ));
    Ok(())
}
