use super::args::StatsArgs;
use super::examples;
use crate::cli::out;
use crate::report;
use crate::training_data::{RECOMMENDED, Recommended, stats};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;

pub fn run(workspace: &Workspace, args: &StatsArgs) -> Result<()> {
    let html = args.html.as_deref().map(|file| workspace.inside(file)).transpose()?;
    let examples = examples(workspace, &args.paths)?;
    // Of a part of the data nobody expects the categories that are not in it.
    let whole = args.paths.is_empty();
    let present = |r: &&Recommended| whole || examples.iter().any(|example| example.category() == r.category);
    let recommended: Vec<Recommended> = RECOMMENDED.iter().filter(present).copied().collect();
    let stats = stats(&examples, &recommended);
    out::text(report::dataset_text(&stats));
    if let Some(file) = html {
        store::replace(&file, report::dataset_html(&stats)?.as_bytes())?;
        out::line(format!("\nPage: {}", out::path(&file)));
    }
    Ok(())
}
