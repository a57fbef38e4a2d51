//! `pmtune completions` and `pmtune man`: what a shell and `man` want to know of the program.

use super::out;
use clap::Command;
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

/// `program` is what clap knows of the whole program.
pub fn completions(mut program: Command, args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "pmtune", &mut script);
    out::text(String::from_utf8_lossy(&script));
    Ok(())
}

/// `program` is what clap knows of the whole program.
pub fn man(program: Command, args: &ManArgs) -> Result<()> {
    match &args.out {
        None => {
            let mut page = Vec::new();
            let rendered = clap_mangen::Man::new(program).render(&mut page);
            rendered.map_err(|e| Error::input(format!("the page cannot be made: {e}")))?;
            out::text(String::from_utf8_lossy(&page));
            Ok(())
        }
        Some(folder) => pages(program, folder),
    }
}

pub(super) fn pages(program: Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    clap_mangen::generate_to(program, folder).map_err(|e| Error::io("write to", folder, e))?;
    out::line(format!("Pages: {}", out::path(folder)));
    Ok(())
}
