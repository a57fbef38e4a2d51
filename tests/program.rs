//! The program as a user runs it, cut off from whatever surrounds the tests.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// `pmtune` in the folder `root`, which is its home as well.
pub fn command(root: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pmtune"));
    command.current_dir(root).env("PMTUNE_HOME", root.join("home")).stdin(Stdio::null()).args(args);
    for variable in ["PMTUNE_WORKSPACE", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "OPENAI_API_KEY"] {
        command.env_remove(variable);
    }
    command
}

/// Standard output and standard error as running text, whatever lines it was broken into.
pub fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Copies a file, or a folder with all that is in it; nothing where `from` is neither.
pub fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        std::fs::copy(from, to).unwrap();
    } else if from.is_dir() {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    }
}
