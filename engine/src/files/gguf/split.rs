//! Models in several files: `NAME-00001-of-00003.gguf` and so on, as llama.cpp's `gguf-split` writes them.

use std::path::{Path, PathBuf};

use super::header::Header;
use crate::error::{Error, Result};

/// What a file says of the parts it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Split {
    /// From 0.
    pub no: usize,
    /// Parts of the whole model.
    pub count: usize,
    /// Tensors of the whole model.
    pub tensors: Option<usize>,
}

impl Split {
    /// `None` for a file that is a whole model.
    pub fn of(header: &Header, path: &Path) -> Result<Option<Self>> {
        let size = |key: &str| -> Result<Option<usize>> {
            if !header.contains(key) {
                return Ok(None);
            }
            let size = header.integer(key).and_then(|n| usize::try_from(n).ok());
            size.map(Some).ok_or_else(|| damaged(path, &format!("`{key}` is not a count")))
        };
        let Some(count) = size("split.count")?.filter(|count| *count > 1) else { return Ok(None) };
        match size("split.no")? {
            Some(no) if no < count => Ok(Some(Self { no, count, tensors: size("split.tensors.count")? })),
            Some(no) => Err(damaged(path, &format!("it calls itself part {} of {count}", no + 1))),
            None => Err(damaged(path, &format!("it is a part of {count}, but does not say which (`split.no`)"))),
        }
    }

    /// The paths of all parts, in order, beside the one at `path`.
    ///
    /// # Errors
    /// The file is not named as parts are, so that the others cannot be found; or some are not there.
    pub fn paths(self, path: &Path) -> Result<Vec<PathBuf>> {
        let Self { no, count, .. } = self;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ending = |no: usize| format!("-{:05}-of-{count:05}.gguf", no + 1);
        let is_part = format!("{} is part {} of {count} of a model", path.display(), no + 1);
        let Some(stem) = file.strip_suffix(&ending(no)) else {
            return Err(Error::model(format!("{is_part}, but its name does not end in {}", ending(no))).hint(
                "give all parts the names they were published under, in one folder; or join them with llama.cpp's \
                 `llama-gguf-split --merge`",
            ));
        };
        let paths: Vec<PathBuf> = (0..count).map(|no| path.with_file_name(format!("{stem}{}", ending(no)))).collect();
        let missing: Vec<String> = paths.iter().filter(|path| !path.exists()).map(|path| name_of(path)).collect();
        if missing.is_empty() {
            return Ok(paths);
        }
        let shown = missing.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        let more = if missing.len() > 5 { format!(" and {} more", missing.len() - 5) } else { String::new() };
        Err(Error::model(format!("{is_part}; not in its folder: {shown}{more}"))
            .hint("download the missing parts into the same folder and name any one of them"))
    }
}

/// The names of all parts, in order, where `name` is that of one: `NAME-00002-of-00003.gguf`. `None` for any other name.
pub fn part_names(name: &str) -> Option<Vec<String>> {
    let numbered = name.strip_suffix(".gguf")?;
    let (rest, count) = numbered.rsplit_once("-of-")?;
    let (stem, no) = rest.rsplit_once('-')?;
    let number = |digits: &str| {
        let plain = digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<usize>().ok()).flatten()
    };
    let (no, count) = (number(no)?, number(count)?);
    let usable = !stem.is_empty() && (1..=count).contains(&no) && count > 1;
    usable.then(|| (1..=count).map(|no| format!("{stem}-{no:05}-of-{count:05}.gguf")).collect())
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

pub(super) fn damaged(path: &Path, what: &str) -> Error {
    Error::model(format!("{} is not a usable part of a model: {what}", path.display()))
        .hint("download all parts again, from one place")
}

#[cfg(test)]
mod tests {
    use super::part_names;

    #[test]
    fn one_parts_name_tells_all_of_them() {
        let all = ["a/m-q4-00001-of-00003.gguf", "a/m-q4-00002-of-00003.gguf", "a/m-q4-00003-of-00003.gguf"];
        assert_eq!(part_names(all[1]).unwrap(), all);
        for other in [
            "m.gguf",
            "m-00001-of-00001.gguf",
            "m-00000-of-00002.gguf",
            "m-00003-of-00002.gguf",
            "m-1-of-2.gguf",
            "-00001-of-00002.gguf",
            "m-00001-of-00002.safetensors",
            "m-+0001-of-00002.gguf",
        ] {
            assert_eq!(part_names(other), None, "{other}");
        }
    }
}
