//! One version becomes the one that is used in earnest.

use super::notes::{NoteKind, append};
use super::shelf::Shelf;
use super::{manifest_file, primary, verify};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;

/// What a promotion did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// The version that was primary before, if any was.
    pub before: Option<String>,
    /// It was primary already, and nothing was written.
    pub already: bool,
}

/// Makes a version primary, in one step, and notes it in both versions' logs.
///
/// # Errors
/// The version is damaged; another process moves versions.
pub fn promote(workspace: &Workspace, name: &str, because: Option<&str>) -> Result<Promotion> {
    let _shelf = Shelf::open(workspace)?;
    let before = primary(workspace)?;
    let damage = verify::version(workspace, name, &mut Default::default()).damage;
    if !damage.is_empty() {
        return Err(Error::input(format!("{name} is damaged and cannot become primary: {}", damage.join("; ")))
            .hint("restore its files; `pmtune models verify` looks again"));
    }
    if before.as_deref() == Some(name) {
        return Ok(Promotion { before, already: true });
    }
    let because = because.map(str::trim).filter(|b| !b.is_empty()).map(|b| format!(": {b}")).unwrap_or_default();
    // Notes first, `primary` last: it alone decides.
    let instead = before.as_deref().map(|before| format!(" instead of {before}")).unwrap_or_default();
    append(workspace, name, NoteKind::Promoted, &format!("became primary{instead}{because}"))?;
    if let Some(before) = before.as_deref().filter(|before| manifest_file(&workspace.models().join(before)).is_file()) {
        append(workspace, before, NoteKind::Replaced, &format!("{name} became primary instead{because}"))?;
    }
    store::replace(&workspace.models().join("primary"), format!("{name}\n").as_bytes())?;
    Ok(Promotion { before, already: false })
}
