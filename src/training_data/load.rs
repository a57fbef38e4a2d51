use super::example::Example;
use super::line::{self, Broken};
use super::read::File;
use engine::error::{self, Error, Result};
use engine::train::Place;
use std::path::{Path, PathBuf};

/// Every `.jsonl` file below these folders, in the order of their names; a path to a file stands for itself.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() { below(path, &mut all)? } else { all.push(path.clone()) }
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|path| seen.insert(path.clone()));
    Ok(all)
}

fn below(folder: &Path, all: &mut Vec<PathBuf>) -> Result<()> {
    let fail = |e| Error::io("read", folder, e);
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).map_err(fail)?.collect::<std::io::Result<Vec<_>>>().map_err(fail)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // A link to a folder may lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&path, all)?;
        } else if path.extension().is_some_and(|e| e == "jsonl") && path.is_file() {
            all.push(path);
        }
    }
    Ok(())
}

/// Loads the examples of folders and files, in the order of [`files`] and their lines. A byte order mark, CRLF and blank
/// lines do no harm.
///
/// Gathers every line that is not an example, with file, line, column and remedy.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Example>> {
    load_lines(paths, |line, place| line::read(line, place).map(|readable| readable.example))
}

/// The same for whatever `read` makes of a line.
pub(super) fn load_lines<T: Send>(
    paths: &[PathBuf],
    read: impl Fn(&[u8], Place) -> Result<T, Vec<Broken>> + Sync,
) -> Result<Vec<T>> {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for path in files(paths)? {
        let file = match File::read(&path) {
            Ok(file) => file,
            Err(error) => {
                faults.push(error);
                continue;
            }
        };
        for (line, read) in file.parse(&read) {
            match read {
                Ok(one) => all.push(one),
                Err(broken) => faults.extend(broken.into_iter().map(|b| fault(&path, line.number, line.bytes, b))),
            }
        }
    }
    Error::gather(faults).map_or(Ok(all), Err)
}

fn fault(file: &Path, line: usize, bytes: &[u8], broken: Broken) -> Error {
    let (snippet, column) = shortened(&String::from_utf8_lossy(bytes), broken.column);
    let shown = Error::input(broken.message).hint(broken.remedy);
    // The caret stands under the shortened line; the message keeps the true column.
    if column == broken.column {
        return shown.at(error::Place { file: file.to_path_buf(), line, column, snippet });
    }
    let message = format!("{} (column {})", shown.message, broken.column);
    Error { message, ..shown }.at(error::Place { file: file.to_path_buf(), line, column, snippet })
}

/// At most 80 characters around `column` (from 1), and where the column now stands.
fn shortened(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 80;
    let length = line.chars().count();
    if length <= WIDTH {
        return (line.to_string(), column);
    }
    let from = column.saturating_sub(1 + WIDTH / 2).min(length - WIDTH);
    let cut: String = line.chars().skip(from).take(WIDTH).collect();
    let (lead, tail) = (if from > 0 { "…" } else { "" }, if from + WIDTH < length { "…" } else { "" });
    (format!("{lead}{cut}{tail}"), column - from + lead.chars().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        root
    }

    const GOOD: &str = r#"{"instruction": "i", "input": "", "output": "o"}"#;

    #[test]
    fn loads_a_folder_in_order_despite_byte_order_mark_crlf_and_blank_lines() {
        let windows = format!("\u{feff}{GOOD}\r\n\r\n{GOOD}\r\n");
        let root = folder(&[
            ("b/two.jsonl", windows.as_bytes()),
            ("a/one.jsonl", GOOD.as_bytes()),
            ("a/notes.txt", b"no example"),
        ]);
        let examples = load(&[root.path().to_path_buf()]).unwrap();
        let places: Vec<_> = examples.iter().map(|e| (e.category(), e.topic(), e.place.line)).collect();
        assert_eq!(places, [("a", "one", 1), ("b", "two", 1), ("b", "two", 3)]);
    }

    #[test]
    fn every_broken_line_is_reported_with_place_reason_and_remedy() {
        let long = format!(r#"{{"instruction": "{}", "input": 7, "output": ""}}"#, "word ".repeat(60));
        let root = folder(&[
            ("a/one.jsonl", format!("{GOOD}\n{{\"instruction\": \"i\"\n").as_bytes()),
            ("b/two.jsonl", format!("{long}\n").as_bytes()),
            ("c/three.jsonl", b"{\"instruction\": \"caf\xe9\", \"input\": \"\", \"output\": \"\"}"),
        ]);
        let error = load(&[root.path().to_path_buf()]).unwrap_err().to_string();
        for part in ["one.jsonl:2:", "EOF", "write line breaks as \\n", "`input` is a number", "(column 321)"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(error.contains("three.jsonl:1:21: the byte 0xE9 is not UTF-8"), "{error}");
        assert!(error.lines().all(|line| line.chars().count() < 200), "{error}");
    }

    #[test]
    fn a_path_that_is_not_there_is_an_error() {
        assert!(load(&[PathBuf::from("nowhere.jsonl")]).unwrap_err().to_string().contains("does not exist"));
    }
}
