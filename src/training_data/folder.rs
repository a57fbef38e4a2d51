use super::Conversation;
use super::convert::{Format, write};
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Writes a new folder of training data, whole or not at all: it is made beside its place and then renamed. `files` are
/// paths below it.
///
/// # Errors
/// The folder holds something already.
pub fn write_folder(folder: &Path, files: &BTreeMap<PathBuf, Vec<Conversation>>) -> Result<()> {
    let bytes =
        |(path, conversations): (&PathBuf, &Vec<Conversation>)| Ok((path.clone(), lines(conversations)?.into_bytes()));
    write_files(folder, &files.iter().map(bytes).collect::<Result<_>>()?)
}

/// The same for files of any sort.
///
/// # Errors
/// The folder holds something already.
pub fn write_files(folder: &Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> Result<()> {
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        return Err(Error::input(format!("{} holds something already", folder.display()))
            .hint("name a new folder, or remove this one first"));
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|e| Error::io("create", parent, e))?;
    let fail = |e| Error::io("write", folder, e);
    let scratch = tempfile::Builder::new().prefix(".pmtune-").tempdir_in(parent).map_err(fail)?;
    for (path, bytes) in files {
        store::replace(&scratch.path().join(path), bytes)?;
    }
    #[cfg(unix)]
    {
        // Temporary folders are private; what we keep gets the permissions any new folder would.
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(0o755)).map_err(fail)?;
    }
    if folder.is_dir() {
        // Some systems do not rename onto a folder, not even an empty one.
        std::fs::remove_dir(folder).map_err(fail)?;
    }
    std::fs::rename(scratch.keep(), folder).map_err(fail)
}

/// Examples as ours; what is more than one question and its answer as chat messages, which lose nothing.
pub fn lines(conversations: &[Conversation]) -> Result<String> {
    let format = |one: &Conversation| if one.is_single() { Format::Examples } else { Format::Chat };
    conversations.iter().map(|one| Ok(write(format(one), std::slice::from_ref(one))?.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::super::testing::example;
    use super::*;

    #[test]
    fn a_folder_comes_whole_and_only_where_nothing_is() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("new");
        let files = BTreeMap::from([
            (PathBuf::from("a/x.jsonl"), vec![example("a/x", "q1", "a1").into(), example("a/x", "q2", "a2").into()]),
            (PathBuf::from("b/y.jsonl"), vec![example("b/y", "q3", "a3").into()]),
        ]);
        write_folder(&folder, &files).unwrap();
        let back = load(std::slice::from_ref(&folder)).unwrap().0;
        assert_eq!(back.iter().map(|e| e.instruction.as_str()).collect::<Vec<_>>(), ["q1", "q2", "q3"]);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1, "no scratch folder stays");
        let said = write_folder(&folder, &files).unwrap_err().to_string();
        assert!(said.contains("holds something already"), "{said}");
    }
}
