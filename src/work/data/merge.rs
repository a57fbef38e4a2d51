use super::args::MergeArgs;
use crate::cli::out;
use crate::training_data::{Merged, Part, load, merge, near_duplicates, write_folder};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::Path;

pub fn run(workspace: &Workspace, args: &MergeArgs) -> Result<()> {
    let folder = workspace.inside(&args.out)?;
    let mut parts: Vec<Part> = Vec::with_capacity(args.folders.len());
    for path in &args.folders {
        if !path.is_dir() {
            return Err(Error::missing(format!("{} is no folder", path.display()))
                .hint("merge joins folders of <category>/<topic>.jsonl"));
        }
        let name = name(path, &parts);
        parts.push(Part { name, folder: path.clone(), examples: load(std::slice::from_ref(path))? });
    }
    let merged = merge(parts, near_duplicates);
    if args.strict && !merged.near.is_empty() {
        return Err(refused(&merged));
    }
    for near in &merged.near {
        out::line(format!("kept {}, left out {}: nearly the same", near.kept.place, near.dropped.place));
    }
    write_folder(&folder, &merged.files)?;
    out::line(format!(
        "{} examples in {} files written to {}; left out {} that were the same and {} that were nearly the same",
        merged.examples(),
        merged.files.len(),
        out::path(&folder),
        merged.exact,
        merged.near.len()
    ));
    Ok(())
}

/// What `source` calls a part: its folder's name, or the folder above where that is just `training-data` or taken.
fn name(path: &Path, parts: &[Part]) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let names: Vec<String> =
        full.ancestors().filter_map(|p| p.file_name()).map(|n| n.to_string_lossy().into_owned()).take(3).collect();
    let free = |name: &&String| *name != "training-data" && !parts.iter().any(|part| part.name == **name);
    names.iter().find(free).cloned().unwrap_or_else(|| path.display().to_string())
}

fn refused(merged: &Merged) -> Error {
    let pairs = merged.near.iter().map(|near| {
        Error::input(format!("{} and {} say nearly the same", near.kept.place, near.dropped.place))
            .hint("remove or rewrite one of them, or merge without --strict to keep the longer")
    });
    Error::gather(pairs).unwrap_or_else(|| Error::input("nothing was merged"))
}
