use crate::cli::out;
use engine::error::{Error, Result};
use std::io::{BufRead, IsTerminal};

/// The name given, else the one this computer knows, else what is typed.
pub fn reviewer(given: Option<&str>) -> Result<String> {
    if let Some(name) = given {
        return Ok(name.trim().to_string());
    }
    let known = ["USER", "USERNAME"].into_iter().filter_map(|variable| std::env::var(variable).ok());
    if let Some(name) = known.map(|name| name.trim().to_string()).find(|name| !name.is_empty()) {
        return Ok(name);
    }
    let unknown = || Error::usage("it is not known who reviews").hint("say who you are: --reviewer NAME");
    if !std::io::stdin().is_terminal() {
        return Err(unknown());
    }
    out::text("Your name: ");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|_| unknown())?;
    let name = line.trim();
    if name.is_empty() { Err(unknown()) } else { Ok(name.to_string()) }
}
