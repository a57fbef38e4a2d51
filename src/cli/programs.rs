//! Leave to run programs, for the commands that judge answers.

use clap::builder::FalseyValueParser;

#[derive(Debug, Clone, Copy, clap::Args)]
pub struct ProgramsArgs {
    /// Let checks of type `command` run their programs on this computer.
    #[arg(long, env = "PMTUNE_ALLOW_COMMANDS", value_parser = FalseyValueParser::new())]
    pub allow_commands: bool,
}
