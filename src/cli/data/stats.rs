use crate::cli::console::Console;
use crate::cli::out;
use crate::report;
use crate::work::data::dataset;
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct StatsArgs {
    /// Folders or files (default: the workspace's training-data).
    pub paths: Vec<PathBuf>,
    /// Write the same as a page to open in a browser.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print the counts as JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn run(workspace: &Workspace, args: &StatsArgs) -> Result<()> {
    let stats = dataset(workspace, &args.paths, &Console::new())?;
    match args.json {
        true => out::json(&stats)?,
        false => out::text(report::dataset_text(&stats)),
    }
    if let Some(file) = &args.html {
        store::replace(file, report::dataset_html(&stats)?.as_bytes())?;
        let said = format!("\nPage: {}", out::path(file));
        if args.json { out::note(said) } else { out::line(said) }
    }
    Ok(())
}
