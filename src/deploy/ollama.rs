//! The program `ollama`.

use engine::error::{Error, Result};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// `ollama create NAME -f Modelfile`, in the Modelfile's folder. Gives whether the program exists.
///
/// # Errors
/// It fails; its last words stand in the error.
pub fn create(name: &str, folder: &Path) -> Result<bool> {
    call(&["create", name, "-f", "Modelfile"], folder)
}

/// `ollama rm NAME`.
///
/// # Errors
/// It fails.
pub fn remove_model(name: &str, folder: &Path) -> Result<bool> {
    call(&["rm", name], folder)
}

fn call(arguments: &[&str], folder: &Path) -> Result<bool> {
    let output = match Command::new("ollama").args(arguments).current_dir(folder).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Error::input("ollama could not be started").caused_by(error)),
    };
    if output.status.success() {
        return Ok(true);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason given");
    let last: String = last.chars().filter(|c| !c.is_control()).take(300).collect();
    Err(Error::input(format!("`ollama {}` failed: {last}", arguments.join(" ")))
        .hint("start Ollama (`ollama serve`), or run the command yourself in that folder to see all it says"))
}
