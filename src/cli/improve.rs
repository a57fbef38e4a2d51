//! `pmtune improve`: the monthly loop.

use super::console::Console;
use super::device::DeviceArgs;
use super::programs::ProgramsArgs;
use super::{interrupt, out};
use crate::improve::{Round, Step};
use crate::work::improve::{ImproveOptions, Improved, Stop, improve};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};

/// The exit code where a person is to do something first.
const PERSON: u8 = 3;

#[derive(Debug, clap::Args)]
#[command(after_help = "Steps, each done once for what it is done from:\n  \
                        collect   the inbox is empty, or you say --yes\n  \
                        measure   the version in use answers the dev cases\n  \
                        gaps      what fails becomes a plan of examples\n  \
                        write     you write them\n  \
                        check     the linter finds no error\n  \
                        train     the next version, from the one in use\n  \
                        evaluate  both answer every case\n  \
                        review    you score answers, if pmtune.yaml says `improve: {review: true}`\n  \
                        decide    better somewhere and worse nowhere beyond chance\n  \
                        export    a file for other programs, proven\n  \
                        deploy    it becomes primary, and goes to `improve: {deploy-to: …}`\n\n\
                        Run it again after a kill, a pause, or when you did your part: it goes on. Exit code 3 where you\n\
                        are to do something first.\n\n\
                        Examples:\n  pmtune improve\n  pmtune improve --dry-run\n  pmtune improve --tries 3\n  pmtune improve --round polish\n  \
                        pmtune improve --month 2026-11 --yes")]
pub struct ImproveArgs {
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not stop where you may do something and need not.
    #[arg(long, short)]
    yes: bool,
    /// Train so often from different seeds, and take the lowest validation loss; counts until the month has trained.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
    tries: u8,
    /// The recipe of the month (default: `improve.examples` examples, trained from the version in use).
    #[arg(long, value_enum, value_name = "ROUND")]
    round: Option<Round>,
    /// The month, as 2026-11 (default: the one that is not finished, else this one).
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    programs: ProgramsArgs,
}

pub fn run(workspace: &Workspace, args: &ImproveArgs) -> Result<()> {
    interrupt::listen();
    let options = ImproveOptions {
        month: args.month.clone(),
        dry_run: args.dry_run,
        yes: args.yes,
        tries: usize::from(args.tries),
        round: args.round,
        device: args.device.choice(),
        allow_commands: args.programs.allow_commands,
    };
    let improved = improve(workspace, &options, &Console::new())?;
    show(&improved)
}

fn show(improved: &Improved) -> Result<()> {
    let month = &improved.month;
    if let Stop::Shown(steps) = &improved.stop {
        if steps.is_empty() {
            out::paragraph(format!("{} is over: nothing is to be done.", month.month));
        }
        steps.iter().for_each(|(step, why)| out::item(&format!("{:<10}", step.name()), why));
        return Ok(());
    }
    out::line("");
    for (name, done) in Step::ALL.iter().filter_map(|step| Some((step.name(), month.steps.get(step)?))) {
        out::item(&format!("✓ {name:<10}"), &done.said);
    }
    out::line("");
    out::paragraph(format!("The month to read: {}", out::path(&improved.folder.join("README.md"))));
    match &improved.stop {
        Stop::Person { step, what, next } => {
            let message = format!("{}: {}", step.name(), what.trim_end_matches('.'));
            Err(Error::new(Kind::Refused(PERSON), message).hint(format!("then: {next}")))
        }
        _ => {
            out::paragraph(format!("{} is over. In another month `pmtune improve` begins that one.", month.month));
            Ok(())
        }
    }
}
