use crate::cli::out;
use crate::registry::{self, Checked};
use crate::report::visible;
use crate::workspace::Workspace;
use engine::error::{Error, Result};

pub fn run(workspace: &Workspace, version: Option<&str>, accept: bool) -> Result<()> {
    if let Some(version) = version.filter(|_| accept) {
        registry::accept(workspace, version)?;
    }
    let found = match version {
        Some(version) => registry::verify(workspace, &registry::full_name(workspace, version))?,
        None => registry::verify_all(workspace)?,
    };
    found.iter().for_each(show);
    let damaged: Vec<&str> = found.iter().filter(|c| !c.damage.is_empty()).map(|c| c.subject.as_str()).collect();
    if damaged.is_empty() {
        if found.is_empty() {
            return Err(Error::missing("there is no version yet, and nothing to verify")
                .hint("make one with `pmtune train`, or open the workspace that holds them"));
        }
        out::line("No damage.");
        return Ok(());
    }
    Err(Error::input(format!("damaged: {}", visible(&damaged.join(", "))))
        .hint("take the files from a backup or an archive (pmtune models restore), or from version control"))
}

fn show(checked: &Checked) {
    let files = match checked.files {
        1 => "1 file as it was".to_string(),
        n => format!("{n} files as they were"),
    };
    let verdict = if checked.damage.is_empty() { "✓" } else { "✗" };
    out::line(format!("{verdict} {}: {files}", visible(&checked.subject)));
    for damage in &checked.damage {
        out::item("  ✗ ", visible(damage));
    }
    for note in &checked.notes {
        out::item("  · ", visible(note));
    }
}
