use super::args::SplitArgs;
use super::{below, examples};
use crate::cli::out;
use crate::training_data::{by_category, split, write_folder};
use crate::workspace::Workspace;
use comfy_table::{CellAlignment, Table, presets};
use engine::error::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub fn run(workspace: &Workspace, args: &SplitArgs) -> Result<()> {
    let folder = args.out.as_deref().map(|folder| workspace.inside(folder)).transpose()?;
    let examples = examples(workspace, &args.paths)?;
    let sides = split(&examples);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["category", "training", "held out"]);
    let counts = by_category(&examples, &sides);
    for count in &counts {
        table.add_row([count.category.clone(), count.training.to_string(), count.held_out.to_string()]);
    }
    table.add_row(["all".to_string(), sides.training.len().to_string(), sides.held_out.len().to_string()]);
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
    if let Some(folder) = folder {
        let mut files: BTreeMap<PathBuf, Vec<_>> = BTreeMap::new();
        for (side, indices) in [("training", &sides.training), ("held-out", &sides.held_out)] {
            for example in indices.iter().map(|index| &examples[*index]) {
                files.entry(Path::new(side).join(below(example))).or_default().push(example.clone());
            }
        }
        write_folder(&folder, &files)?;
        out::line(format!("\nWritten: {}", out::path(&folder)));
    }
    Ok(())
}
