//! `pmtune gaps`: what fails, why, and what to write.

use super::console::Console;
use super::device::DeviceArgs;
use super::programs::ProgramsArgs;
use super::{interrupt, out};
use crate::gaps::markdown;
use crate::improve::ImproveSettings;
use crate::report::visible;
use crate::words;
use crate::work::{Found, GapsOptions, find_gaps};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;
use std::path::PathBuf;

/// Rows of each list on the screen.
const MOST: usize = 6;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Looks at dev cases alone: who writes examples for what failed on held-out cases trains on the exam.\n\
                        Dev cases that the version has not answered yet are asked first.\n\n\
                        Examples:\n  pmtune gaps\n  pmtune gaps v3 --examples 15\n  pmtune gaps v3 --markdown gaps.md\n  \
                        pmtune gaps v3 --json"
)]
pub struct GapsArgs {
    /// The version: v2, a full name, base (default: primary).
    #[arg(value_name = "VERSION", default_value = "primary")]
    version: String,
    /// How many examples to plan (default: `improve.examples` of pmtune.yaml, else 12).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=100))]
    examples: Option<u8>,
    /// Also write it to this Markdown file.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Print counts and plan as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    device: DeviceArgs,
    #[command(flatten)]
    programs: ProgramsArgs,
}

pub fn run(workspace: &Workspace, args: &GapsArgs) -> Result<()> {
    interrupt::listen();
    let settings: ImproveSettings = workspace.section()?.unwrap_or_default();
    let options = GapsOptions {
        version: args.version.clone(),
        examples: args.examples.map_or(settings.examples, usize::from),
        device: args.device.choice(),
        allow_commands: args.programs.allow_commands,
    };
    let found = find_gaps(workspace, &options, &Console::new())?;
    if let Some(file) = &args.markdown {
        store::replace(file, markdown(&found.gaps, &found.plan).as_bytes())?;
    }
    match args.json {
        true => out::json(&serde_json::json!({ "format": 1, "gaps": found.gaps, "plan": found.plan })),
        false => {
            show(&found);
            if let Some(file) = &args.markdown {
                out::paragraph(format!("Written: {}", out::path(file)));
            }
            Ok(())
        }
    }
}

fn show(found: &Found) {
    let (gaps, plan) = (&found.gaps, &found.plan);
    out::paragraph(format!(
        "{} loses {} of the score on {}. Held-out cases have no part in this.",
        gaps.version,
        words::percent(gaps.lost),
        words::count(gaps.cases, "dev case")
    ));
    out::line("\nWhere the score is lost:");
    for task in gaps.tasks.iter().take(MOST) {
        out::item(
            &format!("  {:>4}  ", words::percent(task.share)),
            format!("{}: {} of {} pass", visible(&task.name), task.passed.passed, task.passed.of),
        );
    }
    if let Some(trial) = gaps.forgetting {
        let said = format!("Against forgetting: {} of {} dev cases of general sense pass.", trial.passed, trial.of);
        out::line("");
        out::paragraph(said);
    }
    out::line("\nWhat fails most:");
    for failing in gaps.checks.iter().take(MOST) {
        let symptom = failing.symptom.map_or(String::new(), |symptom| format!(": {}", symptom.name()));
        let range = words::percent_range(failing.interval.low, failing.interval.high);
        let trial = failing.trial;
        out::item("  - ", format!("{} passes {} of {} ({range} %){symptom}", failing.check, trial.passed, trial.of));
    }
    out::line("\nWhat to write:");
    for (number, item) in plan.items.iter().enumerate() {
        let with = if item.include.is_empty() { String::new() } else { format!(", with {}", item.include.join("; ")) };
        out::item(
            &format!("  {}. ", number + 1),
            format!("{} for {}{with}", words::count(item.count, "example"), visible(&item.task)),
        );
        out::item("       ", format!("about {}", item.situations.join(", or ")));
        item.advice().into_iter().for_each(|advice| out::item("       ", visible(&advice)));
    }
    if plan.items.is_empty() {
        out::line("  Nothing: no dev case loses score by a check.");
    }
    out::line("\nAll of it as a loop that goes on when you have written: pmtune improve");
}
