//! The program's arguments as typed; those of a command stand beside it.

use super::bases::BasesArgs;
use super::chat::ChatArgs;
use super::compare::CompareArgs;
use super::data::DataArgs;
use super::deploy::DeployArgs;
use super::eval::EvalArgs;
use super::export::ExportArgs;
use super::gaps::GapsArgs;
use super::gate::GateArgs;
use super::guide::GuideArgs;
use super::history::HistoryArgs;
use super::improve::ImproveArgs;
use super::init::InitArgs;
use super::job::JobArgs;
use super::models::ModelsArgs;
use super::pull::PullArgs;
use super::render::RenderArgs;
use super::review::ReviewArgs;
use super::runs::RunsArgs;
use super::serve::ServeArgs;
use super::share::{ReceiveArgs, ShareArgs};
use super::shell::{CompletionsArgs, ManArgs};
use super::suite::SuiteArgs;
use super::suites::{SchemaArgs, ValidateArgs};
use super::train::TrainArgs;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// Is the new version of my fine-tuned model really better than the last one?
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Examples:\n  pmtune init my-assistant          start a workspace that runs at once\n  pmtune train                      train the next version\n  pmtune eval --compare v1 v2       \
                  is v2 better than v1?\n  pmtune eval v2 --failing RUN      ask again what v2 got wrong\n  pmtune review v1 v2               let people score both, blind\n  pmtune gate v2 --against v1       may v2 go on?\n  pmtune history                    every version over time\n  pmtune chat v2                    \
                  talk to a version\n  pmtune serve                      use the versions in other programs\n\nExit codes: 0 fine, 1 error, 2 wrong usage, 3 an import would leave something out,\n100 quality gate failed, 102 quality gate not judged, 130 interrupted."
)]
pub struct Args {
    /// The workspace's folder (default: the nearest folder upward with a pmtune.yaml).
    #[arg(long, global = true, value_name = "FOLDER", env = "PMTUNE_WORKSPACE")]
    pub workspace: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a new workspace that runs at once.
    Init(InitArgs),
    /// Read the guides: how to write examples, train, compare, review.
    Guide(GuideArgs),
    /// Which bases there are, and which suits this computer.
    Bases(BasesArgs),
    /// Get the weights of a base model.
    Pull(PullArgs),
    /// Train the next version on the training data.
    Train(Box<TrainArgs>),
    /// Answer the suites' cases with one version, or with two and compare them.
    Eval(Box<EvalArgs>),
    /// Compare two runs that were made before.
    Compare(CompareArgs),
    /// Let people score answers by the rubric, without knowing which version wrote them.
    Review(Box<ReviewArgs>),
    /// Judge a finished run by the rules in pmtune.yaml; exit with 100 when one fails.
    Gate(Box<GateArgs>),
    /// Write a version as a file for LM Studio, Ollama and others, and prove that it is still the same model.
    Export(ExportArgs),
    /// What fails on dev cases, why, and which examples to write.
    Gaps(GapsArgs),
    /// Go on with the month: find gaps, train, compare, decide, deploy; stop where you are needed.
    Improve(ImproveArgs),
    /// Put a proven file where LM Studio, Ollama or a folder has it.
    Deploy(DeployArgs),
    /// Check pmtune.yaml, every suite and every manifest for mistakes, all reported at once.
    Validate(ValidateArgs),
    /// The test suites: import them from other tools, audit whether they tell good answers from bad.
    Suite(SuiteArgs),
    /// Training data: check, count, split, merge, convert, add to it.
    Data(DataArgs),
    /// Print the JSON Schema of suites or of pmtune.yaml, for editors, or of the gate's decision, for programs.
    Schema(SchemaArgs),
    /// The versions of this workspace: note, promote, archive, restore, verify, tell apart.
    Models(ModelsArgs),
    /// The runs that evaluations made: list them, remove some.
    Runs(RunsArgs),
    /// Pack a version for somebody else, with its data, suites and runs by choice.
    Share(ShareArgs),
    /// Take in what somebody shared.
    Receive(ReceiveArgs),
    /// Hand a training or an evaluation to another engine on other machines, and take back what comes of it.
    Job(JobArgs),
    /// Every run of the versions over time, and which tasks need more data.
    History(HistoryArgs),
    /// Show the exact prompt text and token ids a version would read.
    Render(RenderArgs),
    /// Talk to a version in the terminal.
    Chat(ChatArgs),
    /// Put the versions behind an address on this computer, for other programs.
    Serve(Box<ServeArgs>),
    /// Print the script by which a shell completes this program's arguments.
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for every command.
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::shell::pages;
    use clap::CommandFactory;
    use clap_complete::Shell;

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
        pages(Args::command(), folder.path()).unwrap();
        for name in ["pmtune.1", "pmtune-eval.1", "pmtune-suite-import.1", "pmtune-models-list.1"] {
            let page = std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(page.contains(".TH pmtune"), "{name}: {page}");
        }
    }
}
