//! Other tools' training files, read and written.

use super::examples::no_example;
use crate::training_data::any_files;
use crate::training_data::convert::{Format, read, write};
use crate::work::event::{Event, Sink};
use engine::error::{Error, Result};
use std::path::PathBuf;

/// Files put into one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// Records, each an example or a conversation.
    pub examples: usize,
    pub text: String,
}

/// Reads files, and folders of training data, and puts all of them into one format. What is passed over is told.
///
/// # Errors
/// Everything that cannot be read, at once; there is nothing to read.
pub fn convert(paths: &[PathBuf], to: Format, sink: &dyn Sink) -> Result<Conversion> {
    let (files, unread) = any_files(paths)?;
    unread.into_iter().for_each(|text| sink.tell(Event::Warning(text)));
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for path in files {
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e));
        match bytes.and_then(|bytes| read(&path, &bytes)) {
            Ok(imported) => {
                imported.notes.into_iter().for_each(|text| sink.tell(Event::Warning(text)));
                all.extend(imported.conversations);
            }
            Err(error) => faults.push(error),
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    if all.is_empty() {
        return Err(no_example());
    }
    let written = write(to, &all)?;
    written.left_out.into_iter().for_each(|text| sink.tell(Event::Warning(text)));
    Ok(Conversion { examples: all.len(), text: written.text })
}
