//! What changes a version's place or its log.

use crate::cli::console::Console;
use crate::cli::out;
use crate::compare::Finding;
use crate::deploy::deployed;
use crate::registry::{self, Moved};
use crate::report::visible;
use crate::words;
use crate::work;
use crate::work::versions::children;
use crate::workspace::Workspace;
use engine::error::Result;

pub fn note(workspace: &Workspace, version: &str, text: &str) -> Result<()> {
    let name = registry::find(workspace, version)?.name;
    let note = registry::note(workspace, &name, text)?;
    out::paragraph(format!("Noted for {name}: {}", visible(&note.text)));
    Ok(())
}

pub fn promote(workspace: &Workspace, version: &str, because: Option<&str>) -> Result<()> {
    let name = registry::find(workspace, version)?.name;
    if let Some(before) = registry::primary(workspace)?.filter(|before| *before != name) {
        evidence(workspace, &before, &name)?;
    }
    let promotion = registry::promote(workspace, &name, because)?;
    out::paragraph(match (promotion.already, promotion.before) {
        (true, _) => format!("{name} is primary already; nothing was changed."),
        (false, Some(before)) => {
            let before_it = format!("{name} is primary now; before, {} was.", visible(&before));
            match registry::find(workspace, &before) {
                Ok(_) => format!("{before_it} To go back: pmtune models promote {}", words::shell(&visible(&before))),
                Err(_) => format!("{before_it} That is no version here any more."),
            }
        }
        (false, None) => format!("{name} is primary now; no version was before."),
    });
    for entry in deployed(workspace)?.iter().filter(|entry| entry.version != name) {
        out::paragraph(format!(
            "{} still has {}. To follow: pmtune export {name} && pmtune deploy {name} --to {}",
            entry.to,
            visible(&entry.version),
            words::shell(&entry.to.typed())
        ));
    }
    Ok(())
}

/// What the last comparison with the present primary says of the version that takes its place.
fn evidence(workspace: &Workspace, before: &str, name: &str) -> Result<()> {
    let compare = format!("pmtune eval --compare {} {}", words::shell(before), words::shell(name));
    let Some(last) = work::last_comparison(workspace, before, name, &Console::new())? else {
        out::warning(format!(
            "nothing shows that {name} is better: no report compares it with {}. Make one: {compare}",
            visible(before)
        ));
        return Ok(());
    };
    let comparison = &last.comparison;
    let headline = comparison.held_out.headline();
    out::item("Last compared: ", format!("{}: {}", words::day(comparison.created), visible(&headline.words)));
    out::line(format!("Report: {}", out::path(&last.folder.join("report.html"))));
    match headline.finding {
        Finding::Improved => {}
        Finding::Regressed => out::warning(format!("that comparison is against it: {name} is worse than {before}")),
        Finding::NoDifference | Finding::TooFewCases => {
            out::warning(format!("that does not show that {name} is better than {}", visible(before)));
        }
    }
    let differences = comparison.differences.iter().chain(&last.stale);
    for changed in differences {
        out::warning(format!("what was compared is not what is here now: {}; anew: {compare}", visible(changed)));
    }
    Ok(())
}

pub fn archive(workspace: &Workspace, version: &str) -> Result<()> {
    let full = registry::full_name(workspace, version);
    let already = registry::archived(workspace)?.contains(&full);
    let name = if already { full } else { registry::find(workspace, version)?.name };
    let children = children(workspace, &name)?;
    let moved = registry::archive(workspace, &name)?;
    out::paragraph(match already {
        true => format!("{name} is archived already, and its archive is whole: {}.", packed(&moved)),
        false => format!("Archived {name}: {}. Its folder was removed.", packed(&moved)),
    });
    if !children.is_empty() {
        let verb = words::either(children.len(), "was made from it and works", "were made from it and work");
        out::paragraph(format!("{} {verb} as before.", children.join(", ")));
    }
    out::paragraph(format!("Bring it back with: pmtune models restore {}", words::shell(&name)));
    Ok(())
}

pub fn restore(workspace: &Workspace, version: &str) -> Result<()> {
    let name = registry::full_name(workspace, version);
    let moved = registry::restore(workspace, &name)?;
    out::paragraph(format!(
        "Restored {name} into {}, every file as it was. The archive is kept: {}.",
        out::path(&moved.folder),
        packed(&moved)
    ));
    Ok(())
}

/// Where the pack is and what it holds.
fn packed(moved: &Moved) -> String {
    format!("{} ({}, {})", out::path(&moved.pack), words::count(moved.files, "file"), words::bytes(moved.pack_bytes))
}
