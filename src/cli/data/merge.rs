use crate::cli::console::Console;
use crate::cli::out;
use crate::training_data::write_folder;
use crate::words;
use crate::work::data::merge;
use engine::error::Result;
use std::path::PathBuf;

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

pub fn run(args: &MergeArgs) -> Result<()> {
    let folder = &args.out;
    let merged = merge(&args.folders, args.strict, &Console::new())?;
    for near in &merged.near {
        out::line(format!("kept {}, left out {}: nearly the same", near.kept.place, near.dropped.place));
    }
    write_folder(folder, &merged.files)?;
    out::line(format!(
        "{} in {} written to {}; left out {} that were the same and {} that were nearly the same",
        words::count(merged.examples(), "example"),
        words::count(merged.files.len(), "file"),
        out::path(folder),
        merged.exact,
        merged.near.len()
    ));
    Ok(())
}
