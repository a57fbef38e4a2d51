use crate::cli::out;
use crate::training_data::Topic;
use crate::work::data::{AddOptions, add};
use crate::workspace::Workspace;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A case that still stands in a suite is refused: a model trained on it could no longer be tested\n\
                        with it. Remove the case from its suite first."
)]
pub struct AddArgs {
    /// The run that holds the answer.
    pub run: String,
    /// The case, as <suite>/<id>.
    pub case: String,
    /// Where the example goes.
    #[arg(long, value_name = "CATEGORY/TOPIC")]
    pub to: Topic,
    /// Keep the text of this file, your corrected answer, instead of the model's.
    #[arg(long, value_name = "FILE")]
    pub edit: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, args: &AddArgs) -> Result<()> {
    let (run, case) = (args.run.clone(), args.case.clone());
    let added = add(workspace, &AddOptions { run, case, to: args.to.clone(), edited: args.edit.clone() })?;
    let id = added.id.unwrap_or_default();
    out::line(format!("added {id} as {}:{}", out::path(&added.place.file), added.place.line));
    Ok(())
}
