use std::path::Path;

/// A path as short as it can be: relative to where the user stands, if it lies below.
pub fn short_path(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|d| d.canonicalize()).unwrap_or_default();
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    full.strip_prefix(&here).unwrap_or(path).display().to_string()
}
