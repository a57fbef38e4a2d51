//! `pmtune completions` and `pmtune man`: what a shell and `man` want to know of the program.

use super::args::Args;
use super::out;
use clap::CommandFactory;
use clap_complete::Shell;
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune completions bash > ~/.local/share/bash-completion/completions/pmtune\n  \
                        pmtune completions zsh > \"${fpath[1]}/_pmtune\"\n  \
                        pmtune completions fish > ~/.config/fish/completions/pmtune.fish\n  \
                        pmtune completions powershell >> $PROFILE")]
pub struct CompletionsArgs {
    /// For which shell.
    pub shell: Shell,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune man | man -l -\n  pmtune man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write a page for the program and for each of its commands into this folder, instead of printing the first.
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "pmtune", &mut script);
    out::text(String::from_utf8_lossy(&script));
    Ok(())
}

pub fn man(args: &ManArgs) -> Result<()> {
    match &args.out {
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
            rendered.map_err(|e| Error::input(format!("the page cannot be made: {e}")))?;
            out::text(String::from_utf8_lossy(&page));
            Ok(())
        }
        Some(folder) => pages(folder),
    }
}

fn pages(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    clap_mangen::generate_to(Args::command(), folder).map_err(|e| Error::io("write to", folder, e))?;
    out::line(format!("Pages: {}", out::path(folder)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_gets_a_script_that_knows_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "pmtune", &mut script);
            let script = String::from_utf8(script).unwrap();
            for word in ["rescore", "import", "allow-partial", "completions"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }

    #[test]
    fn there_is_a_page_for_every_command() {
        let folder = tempfile::tempdir().unwrap();
        pages(folder.path()).unwrap();
        for name in ["pmtune.1", "pmtune-eval.1", "pmtune-suite-import.1", "pmtune-models-list.1"] {
            let page = std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(page.contains(".TH pmtune"), "{name}: {page}");
        }
    }
}
