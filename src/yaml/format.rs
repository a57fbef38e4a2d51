use super::Node;
use engine::error::Result;

/// Refuses a file whose `format` is above `newest`, the newest that this program understands: what else stands in it
/// cannot be judged.
pub fn refuse_newer(file: &Node, newest: u32) -> Result<()> {
    let Some(node) = file.get("format") else { return Ok(()) };
    match super::read::<u32>(node, &[]) {
        Ok(format) if format > newest => {
            let what = format!("format {format} is newer than this pmtune understands ({newest})");
            Err(node.fault(what).hint("update pmtune"))
        }
        // What is no number is told with the other faults.
        _ => Ok(()),
    }
}
