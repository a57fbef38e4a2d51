//! Arguments of `pmtune models`.

use clap::Subcommand;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  pmtune models note v2 \"Shorter updates, after Ann's review\"\n  \
                        pmtune models promote v2 --because \"better on held-out cases\"\n  pmtune models diff v1 v2\n  \
                        pmtune models archive v1\n  pmtune models restore v1\n  pmtune models verify\n  pmtune models routes")]
pub struct ModelsArgs {
    #[command(subcommand)]
    pub command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Every version, a line each, with what its newest whole run says; archived ones too.
    List {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// One version, whole, with its notes.
    Show {
        /// Such as v2.
        model: String,
    },
    /// Add a note to a version's change log, or read the log.
    Note {
        /// Such as v2.
        version: String,
        /// What changed and why; without it the log is printed.
        text: Option<String>,
    },
    /// Make a version primary: the one used in earnest. First shows what the last comparison with the present one said.
    Promote {
        /// Such as v2.
        version: String,
        /// Why; it is noted in the logs of both versions.
        #[arg(long, value_name = "TEXT")]
        because: Option<String>,
    },
    /// Set a version aside: pack its folder into one file and remove it.
    Archive {
        /// Such as v1.
        version: String,
    },
    /// Bring an archived version back, bit for bit.
    Restore {
        /// Such as v1.
        version: String,
    },
    /// Work out every hash again and list what is not as it was; exit code 1 where there is damage, or nothing to verify.
    Verify {
        /// Such as v2 (default: every version and every archive).
        version: Option<String>,
        /// Take the version's manifest as it is now for what it should be, then look.
        #[arg(long, requires = "version")]
        accept: bool,
    },
    /// Which version answers which kind of task by models/routes.yaml, and how often the model `auto` finds the right one
    /// for instructions that training holds out.
    Routes {
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
    /// What changed between two versions: data, recipe, prompts, results.
    Diff {
        /// The version before.
        #[arg(value_name = "BEFORE")]
        before: String,
        /// The version after.
        #[arg(value_name = "AFTER")]
        after: String,
        /// Print it as JSON.
        #[arg(long)]
        json: bool,
    },
}
