use crate::cli::console::Console;
use crate::cli::out;
use crate::training_data::write_files;
use crate::words;
use crate::work::data::merge;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Where workspaces are named, their suites are joined as well. The same suite counts\n\
                        once; of two by one name the later one is kept under its person's name.\n\n\
                        Examples:\n  pmtune data merge training-data ../ana/training-data --out merged\n  \
                        pmtune data merge . ../ana ../ben --out merged")]
pub struct MergeArgs {
    /// The folders to join, or the workspaces, the one that counts most first.
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
    let joined = merge(&args.folders, args.strict, &Console::new())?;
    let merged = &joined.examples;
    for near in &merged.near {
        out::line(format!("kept {}, left out {}: nearly the same", near.kept.place, near.dropped.place));
    }
    write_files(folder, &joined.files()?)?;
    out::line(format!(
        "{} in {} written to {}; left out {} that were the same and {} that were nearly the same",
        words::count(merged.examples(), "example"),
        words::count(merged.files.len(), "file"),
        out::path(folder),
        merged.exact,
        merged.near.len()
    ));
    if let Some(suites) = &joined.suites {
        for (from, to) in &suites.renamed {
            out::line(format!("kept {} as {}: another suite has its name", out::path(from), out::path(to)));
        }
        let held = words::count(suites.files.len(), "file");
        out::line(format!("suites: {held}; left out {} that were the same", suites.same));
    }
    Ok(())
}
