use engine::error::{Error, Result};
use engine::store;
use std::path::{Path, PathBuf};

/// What a new workspace holds: path and text. Its suites, both versions and the training data are of use as they are: 24
/// held-out cases of the evidence that decides can show a large difference, and the suites pass their own audit.
const STARTER: &[(&str, &str)] = &[
    ("suites/first-look.yaml", include_str!("starter/first.yaml")),
    ("suites/judgement.yaml", include_str!("starter/judgement.yaml")),
    ("training-data/user-stories/basic-features.jsonl", include_str!("starter/basic-features.jsonl")),
    ("training-data/communications/status-updates.jsonl", include_str!("starter/status-updates.jsonl")),
    ("models/PM-General-v1/manifest.yaml", include_str!("starter/v1.yaml")),
    ("models/PM-General-v2/manifest.yaml", include_str!("starter/v2.yaml")),
    (".gitattributes", include_str!("starter/gitattributes")),
    (".gitignore", "/reports/\n/models/*/checkpoint.safetensors\n/models/*/.lock\n/improve/.lock\n"),
    // Last: with it the folder is a workspace, and not before.
    (super::FILE, include_str!("starter/pmtune.yaml")),
];

/// A workspace may begin in a repository that has its own.
const OF_GIT: [&str; 2] = [".gitattributes", ".gitignore"];

const FOLDERS: &[&str] = &["reports"];

/// Writes a new workspace into `folder` (made when missing) and gives the files written. Touches nothing that exists.
pub fn init(folder: &Path) -> Result<Vec<PathBuf>> {
    if folder.join(super::FILE).exists() {
        return Err(Error::input(format!("{} is a workspace already", folder.display()))
            .hint("edit its pmtune.yaml, or choose another folder"));
    }
    let taken: Vec<&str> =
        STARTER.iter().map(|(path, _)| *path).filter(|p| !OF_GIT.contains(p) && folder.join(p).exists()).collect();
    if !taken.is_empty() {
        return Err(Error::input(format!("{} already holds {}", folder.display(), taken.join(", ")))
            .hint("choose an empty folder, or move those files away"));
    }
    for name in FOLDERS {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).map_err(|e| Error::io("create", &path, e))?;
    }
    let mut written = Vec::new();
    for (path, text) in STARTER {
        let path = folder.join(path);
        if !path.exists() {
            store::replace(&path, text.as_bytes())?;
            written.push(path);
        }
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_workspace_opens_and_a_second_init_touches_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new");
        let written = init(&folder).unwrap();
        assert_eq!(written.len(), STARTER.len());
        let workspace = crate::workspace::Workspace::open(&folder).unwrap();
        assert_eq!(workspace.suite_files().unwrap().len(), 2);
        assert_eq!(workspace.config.line, "PM-General");
        std::fs::write(folder.join(super::super::FILE), "line: Mine\n").unwrap();
        assert!(init(&folder).is_err());
        assert_eq!(std::fs::read_to_string(folder.join(super::super::FILE)).unwrap(), "line: Mine\n");
    }

    #[test]
    fn refuses_to_mix_with_files_that_are_there() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("suites")).unwrap();
        std::fs::write(root.path().join("suites/first-look.yaml"), "mine").unwrap();
        assert!(init(root.path()).unwrap_err().to_string().contains("suites/first-look.yaml"));
    }
}
