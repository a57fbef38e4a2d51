use crate::foreign::files::Files;
use crate::foreign::options::{Options, Source};
use crate::yaml::Node;
use std::path::PathBuf;

/// Reads one configuration.
pub(in crate::foreign) struct Reader<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) files: &'a Files,
    pub(super) options: &'a Options,
    pub(super) root: Node,
    pub(super) scripts: Vec<(PathBuf, String)>,
}

impl<'a> Reader<'a> {
    pub fn new(source: &'a Source<'a>, files: &'a Files, options: &'a Options, root: &Node) -> Self {
        Self { source, files, options, root: root.clone(), scripts: Vec::new() }
    }

    /// Scripts that checks run, by their paths from the workspace's root.
    pub fn into_scripts(self) -> Vec<(PathBuf, String)> {
        self.scripts
    }
}
