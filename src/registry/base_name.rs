use crate::base::BaseName;
use crate::workspace::Workspace;
use engine::error::Result;

/// A base path written in a file is relative to the workspace, one typed on the command line to where the user stands.
pub fn base_name(workspace: &Workspace, text: &str, typed: bool) -> Result<BaseName> {
    if typed { BaseName::parse(text) } else { BaseName::written(text, &workspace.root) }
}
