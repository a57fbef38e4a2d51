//! `pmtune data inbox`: what `pmtune serve --capture` wrote down and `pmtune data import` made of documents, and what
//! becomes of it.

use crate::cli::out;
use crate::report::{one_line, visible};
use crate::training_data::{Entry, Origin, Thumb};
use crate::words;
use crate::work::data::inbox::{self, ApproveOptions};
use crate::workspace::Workspace;
use engine::chat::Role;
use engine::error::Result;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Nothing that waits is trained on, counted or checked until it is approved.\n\n\
                        Examples:\n  pmtune data inbox\n  pmtune data inbox show 3\n  \
                        pmtune data inbox approve 3 5 --into training-data/user-stories/captured.jsonl\n  \
                        pmtune data inbox approve 7 --edit better.md\n  \
                        pmtune data inbox reject 4")]
pub struct InboxArgs {
    #[command(subcommand)]
    command: Option<InboxCommand>,
    /// List as JSON, whole.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum InboxCommand {
    /// Show entries whole.
    Show(Numbers),
    /// Make examples of entries: of the corrected answer where there is one.
    Approve(ApproveArgs),
    /// Remove entries.
    Reject(Numbers),
}

#[derive(Debug, clap::Args)]
struct Numbers {
    /// As the list has them.
    #[arg(required = true, value_name = "N")]
    numbers: Vec<u64>,
}

#[derive(Debug, clap::Args)]
struct ApproveArgs {
    /// As the list has them.
    #[arg(required = true, value_name = "N")]
    numbers: Vec<u64>,
    /// The file the examples go to (default: training-data/captured/<year>-<month>.jsonl).
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// Keep the text of this file, your corrected answer, instead of the entry's.
    #[arg(long, value_name = "FILE")]
    edit: Option<PathBuf>,
    /// Of a conversation of several questions, approve the earlier answers too.
    #[arg(long)]
    whole: bool,
}

pub fn run(workspace: &Workspace, args: &InboxArgs) -> Result<()> {
    match &args.command {
        None if args.json => out::json(&inbox::waiting(workspace)?),
        None => list(workspace),
        Some(InboxCommand::Show(args)) => show(workspace, args),
        Some(InboxCommand::Approve(args)) => approve(workspace, args),
        Some(InboxCommand::Reject(args)) => {
            let removed = inbox::reject(workspace, &args.numbers)?;
            out::line(format!("{} removed", words::count(removed, "entry")));
            Ok(())
        }
    }
}

fn list(workspace: &Workspace) -> Result<()> {
    let waiting = inbox::waiting(workspace)?;
    if waiting.is_empty() {
        out::paragraph(
            "Nothing waits. `pmtune serve --capture` writes down what is asked and answered; `pmtune data import` makes \
             drafts of your own documents.",
        );
        return Ok(());
    }
    for entry in &waiting {
        let lead = format!("{:>4}  {}  ", entry.number, words::moment(entry.at));
        let told = format!("{}{}", one_line(entry.captured.origin.name()), mark(entry));
        out::line(format!("{lead}{told}"));
        out::line(format!("      {}", words::clip(&one_line(entry.captured.question()), 70)));
    }
    out::paragraph("\nNext: pmtune data inbox show N, then pmtune data inbox approve N or pmtune data inbox reject N.");
    Ok(())
}

/// What was said of an entry, in words.
fn mark(entry: &Entry) -> String {
    let captured = &entry.captured;
    let turns = captured.messages.iter().filter(|message| message.role == Role::User).count();
    let marks = [
        match captured.thumb {
            Some(Thumb::Up) => Some("good".to_string()),
            Some(Thumb::Down) => Some("not good".to_string()),
            None => None,
        },
        captured.corrected.as_ref().map(|_| "corrected".to_string()),
        captured.cut.then(|| "cut off".to_string()),
        (turns > 1).then(|| words::count(turns, "question")),
    ];
    marks.into_iter().flatten().map(|mark| format!(" · {mark}")).collect()
}

fn show(workspace: &Workspace, args: &Numbers) -> Result<()> {
    for entry in inbox::named(workspace, &args.numbers)? {
        let captured = &entry.captured;
        let origin = one_line(captured.origin.name());
        out::line(format!("Entry {}, {}, {origin}{}", entry.number, words::moment(entry.at), mark(&entry)));
        captured.notes.iter().for_each(|note| out::prose(format!("  {}", one_line(note))));
        for message in &captured.messages {
            let who = match message.role {
                Role::System => "System",
                Role::User => "Question",
                Role::Assistant => "Earlier answer",
            };
            part(who, &message.content);
        }
        part(if matches!(captured.origin, Origin::Document(_)) { "Text" } else { "Answer" }, &captured.answer);
        captured.corrected.iter().for_each(|text| part("Corrected", text));
        out::line("");
    }
    Ok(())
}

fn part(name: &str, text: &str) {
    out::line(format!("\n{name}:"));
    out::prose(visible(text).lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"));
}

fn approve(workspace: &Workspace, args: &ApproveArgs) -> Result<()> {
    let options = ApproveOptions {
        numbers: args.numbers.clone(),
        into: args.into.clone(),
        edited: args.edit.clone(),
        whole: args.whole,
    };
    for approved in inbox::approve(workspace, &options)? {
        let place = format!("{}:{}", out::path(&approved.place.file), approved.place.line);
        let how = if approved.already { "stands already as" } else { "is now" };
        out::line(format!("entry {} {how} {place}", approved.number));
    }
    Ok(())
}
