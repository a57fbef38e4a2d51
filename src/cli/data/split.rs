use crate::cli::console::Console;
use crate::cli::out;
use crate::training_data::CategorySides;
use crate::work::data::{Split, split};
use crate::workspace::Workspace;
use comfy_table::{CellAlignment, Table, presets};
use engine::error::Result;
use serde_json::{Value, json};
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
    /// Print the counts, and where each example that is held out stands, as JSON.
    #[arg(long)]
    pub json: bool,
}

pub fn run(workspace: &Workspace, args: &SplitArgs) -> Result<()> {
    let split = split(workspace, &args.paths, &Console::new())?;
    if let Some(folder) = &args.out {
        split.write(folder)?;
    }
    let written = args.out.as_ref().map(|folder| format!("Written: {}", out::path(folder)));
    if args.json {
        written.into_iter().for_each(out::note);
        return out::json(&told(&split));
    }
    counts(&split);
    written.into_iter().for_each(|written| out::line(format!("\n{written}")));
    Ok(())
}

fn told(split: &Split) -> Value {
    let category = |count: &CategorySides| json!({"category": count.category, "training": count.training, "held_out": count.held_out});
    let place = |index: &usize| {
        let place = split.examples[*index].place();
        json!({"file": out::path(&place.file), "line": place.line})
    };
    json!({
        "training": split.sides.training.len(),
        "held_out": split.sides.held_out.len(),
        "categories": split.by_category().iter().map(category).collect::<Vec<_>>(),
        "held_out_examples": split.sides.held_out.iter().map(place).collect::<Vec<_>>(),
    })
}

fn counts(split: &Split) {
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
}
