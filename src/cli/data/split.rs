use crate::cli::console::Console;
use crate::cli::out;
use crate::work::data::split;
use crate::workspace::Workspace;
use comfy_table::{CellAlignment, Table, presets};
use engine::error::Result;
use std::path::PathBuf;

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

pub fn run(workspace: &Workspace, args: &SplitArgs) -> Result<()> {
    let split = split(workspace, &args.paths, &Console::new())?;
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["category", "training", "held out"]);
    let counts = split.by_category();
    for count in &counts {
        table.add_row([count.category.clone(), count.training.to_string(), count.held_out.to_string()]);
    }
    let (training, held_out) = (split.sides.training.len(), split.sides.held_out.len());
    table.add_row(["all".to_string(), training.to_string(), held_out.to_string()]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    out::line(table.trim_fmt());
    let without: Vec<&str> = counts.iter().filter(|c| c.held_out == 0).map(|c| c.category.as_str()).collect();
    if !without.is_empty() {
        out::note(format!(
            "Nothing is held out of {}: chance decides by example, and few fall in a small category.",
            without.join(", ")
        ));
    }
    if let Some(folder) = &args.out {
        split.write(folder)?;
        out::line(format!("\nWritten: {}", out::path(folder)));
    }
    Ok(())
}
