//! `pmtune gaps`: what fails, why, and what to write.

use super::console::Console;
use super::device::DeviceArgs;
use super::programs::ProgramsArgs;
use super::{interrupt, out};
use crate::improve::ImproveSettings;
use crate::work::{GapsOptions, find_gaps};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Looks at dev cases alone: who writes examples for what failed on held-out cases trains on the exam.\n\
                        Dev cases that the version has not answered yet are asked first.\n\n\
                        Examples:\n  pmtune gaps\n  pmtune gaps v3 --examples 15\n  pmtune gaps v3 --html gaps.html\n  \
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
    /// Also write it to this page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
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
        store::replace(file, found.report.markdown()?.as_bytes())?;
    }
    if let Some(file) = &args.html {
        store::replace(file, found.report.html()?.as_bytes())?;
    }
    if args.json {
        return out::json(&serde_json::json!({ "format": 1, "gaps": found.gaps, "plan": found.plan }));
    }
    out::text(found.report.terminal(out::width(), out::colour()));
    for file in [&args.markdown, &args.html].into_iter().flatten() {
        out::paragraph(format!("Written: {}", out::path(file)));
    }
    Ok(())
}
