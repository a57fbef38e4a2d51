//! Other tools' training files, read and written.

use crate::training_data::convert::{Format, Imported, read, write};
use crate::training_data::files;
use crate::words;
use crate::work::event::{Event, Sink};
use engine::error::{Error, Result};
use std::path::PathBuf;

/// Files put into one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    pub examples: usize,
    pub text: String,
}

/// Reads files, and folders of our own examples, and puts all of them into one format.
///
/// # Errors
/// Everything that cannot be read, at once.
pub fn convert(paths: &[PathBuf], to: Format, sink: &dyn Sink) -> Result<Conversion> {
    let (mut all, mut faults) = (Imported::default(), Vec::new());
    for path in files(paths)? {
        let bytes = std::fs::read(&path).map_err(|e| Error::io("read", &path, e));
        match bytes.and_then(|bytes| read(&path, &bytes)) {
            Ok(imported) => {
                all.examples.extend(imported.examples);
                let new = imported.systems.into_iter().filter(|system| !all.systems.contains(system));
                all.systems.extend(new.collect::<Vec<_>>());
            }
            Err(error) => faults.push(error),
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    if !all.systems.is_empty() {
        sink.tell(Event::Warning(format!(
            "{} {} left out: a system prompt belongs to a version, in models/<Name-vN>/manifest.yaml",
            words::count(all.systems.len(), "system prompt"),
            words::either(all.systems.len(), "is", "are")
        )));
    }
    Ok(Conversion { examples: all.examples.len(), text: write(to, &all.examples)? })
}
