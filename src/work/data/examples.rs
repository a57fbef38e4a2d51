use crate::training_data::{Conversation, conversations};
use crate::work::event::{Event, Sink};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::PathBuf;

/// What stands in these paths, or in the workspace's training data; what is passed over there is told.
pub fn examples(workspace: &Workspace, paths: &[PathBuf], sink: &dyn Sink) -> Result<Vec<Conversation>> {
    let own = [workspace.training_data()];
    let loaded = conversations(if paths.is_empty() { &own } else { paths })?;
    loaded.passed_over.into_iter().for_each(|text| sink.tell(Event::Warning(text)));
    Ok(loaded.conversations)
}

/// Nothing read is no success.
pub fn no_example() -> Error {
    Error::missing("there is no example yet")
        .hint("write some into training-data/<category>/<topic>.jsonl; docs/creating-training-data.md shows how")
}
