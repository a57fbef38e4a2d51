//! Modules import only those above them in `src/lib.rs`, and files stay readable.

use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Module names in the order of `lib.rs`.
fn rooms() -> Vec<String> {
    let text = std::fs::read_to_string(source().join("lib.rs")).unwrap();
    let names = text.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';'));
    names.map(str::to_string).collect()
}

/// The crate modules that a file names after `crate::`.
fn imports(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let list = match rest.strip_prefix('{') {
            Some(inside) => inside.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for item in list {
            let name: String = item.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            names.push(name);
        }
    }
    names
}

#[test]
fn modules_import_only_upward() {
    let rooms = rooms();
    assert!(rooms.len() > 10, "lib.rs lists the modules");
    let place = |name: &str| rooms.iter().position(|r| r == name);
    let mut faults = Vec::new();
    for file in rust_files(&source()) {
        let relative = file.strip_prefix(source()).unwrap();
        let first = relative.iter().next().unwrap().to_string_lossy();
        let room = first.strip_suffix(".rs").unwrap_or(&first);
        let Some(here) = place(room) else { continue };
        for name in imports(&std::fs::read_to_string(&file).unwrap()) {
            if place(&name).is_some_and(|there| there > here) {
                faults.push(format!("{}: uses crate::{name}, which stands below {room}", relative.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_room_has_a_line_in_the_readme() {
    let readme = std::fs::read_to_string(source().join("../README.md")).unwrap();
    let missing: Vec<String> = rooms().into_iter().filter(|room| !readme.contains(&format!("| `{room}` |"))).collect();
    assert!(missing.is_empty(), "README's map of the code lacks: {}", missing.join(", "));
}

#[test]
fn files_stay_short_enough_to_read() {
    let long: Vec<String> = rust_files(&source())
        .into_iter()
        .filter_map(|file| {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            (lines > 600).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "look for the seam: {}", long.join(", "));
}

#[test]
fn the_import_reader_sees_lists_and_single_names() {
    assert_eq!(imports("use crate::{error::Result, run};\nlet x = crate::store::hash();"), ["error", "run", "store"]);
    assert!(imports("// use crate::cli;").is_empty());
}
