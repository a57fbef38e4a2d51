//! `pmtune data import`: own documents as drafts that wait in the inbox.

use crate::cli::out;
use crate::report::{one_line, visible};
use crate::training_data::import::{Columns, Passed, Why};
use crate::training_data::{Kind, kinds};
use crate::words::{self, count, quoted_list};
use crate::work::data::{ImportDocuments, ImportedDrafts, import};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads Markdown, plain text, HTML, DOCX, CSV and XLSX; also exports of Jira, Linear and Notion.\n\
                        A document becomes one draft, a table one for each row. E-mail addresses and phone\n\
                        numbers are replaced; what holds a secret, or a sentence of a suite's case, is left out.\n\
                        Drafts wait in the inbox; nothing is trained on until you approve it: pmtune data inbox.\n\n\
                        Examples:\n  pmtune data import specs/*.md --kind prd --dry-run\n  \
                        pmtune data import jira.csv\n  \
                        pmtune data import ideas.xlsx --title Idea --text Details --context Team\n  \
                        pmtune data import notes.docx --instruction \"Write the minutes of this meeting.\""
)]
pub struct ImportArgs {
    /// Documents and tables.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the documents are, as suites tag it: user-story, prd, status-update, okr, … (default: as the title says).
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<&'static Kind>,
    /// The instruction of all drafts, instead of the one their kind has.
    #[arg(long, value_name = "TEXT")]
    instruction: Option<String>,
    /// The column of a table that holds titles (default: known by its name).
    #[arg(long, value_name = "COLUMN")]
    title: Option<String>,
    /// The column that holds texts; several are joined, each under its name.
    #[arg(long, value_name = "COLUMN")]
    text: Vec<String>,
    /// A column that is told in the request, beside type, priority, labels, component, project and area.
    #[arg(long, value_name = "COLUMN")]
    context: Vec<String>,
    /// Print the drafts whole, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print drafts, and what was passed over, as JSON.
    #[arg(long)]
    json: bool,
}

fn kind(text: &str) -> Result<&'static Kind, String> {
    let known = || quoted_list(kinds().map(|kind| kind.tag));
    kinds().find(|kind| kind.tag == text).ok_or_else(|| format!("the kinds are {}", known()))
}

pub fn run(workspace: &Workspace, args: &ImportArgs) -> Result<()> {
    let options = ImportDocuments {
        files: args.files.clone(),
        kind: args.kind,
        instruction: args.instruction.clone(),
        columns: Columns { title: args.title.clone(), text: args.text.clone(), context: args.context.clone() },
        dry_run: args.dry_run,
    };
    let made = import(workspace, &options)?;
    match args.json {
        true => out::json(&made)?,
        false => tell(&made, args.dry_run),
    }
    let refused = made.passed.iter().any(|passed| passed.why != Why::Known);
    if made.drafts.is_empty() && refused {
        return Err(Error::input("no draft was made").hint("each document above says why"));
    }
    Ok(())
}

fn tell(made: &ImportedDrafts, dry_run: bool) {
    made.notes.iter().for_each(|note| out::warning(visible(note)));
    for waiting in &made.drafts {
        let draft = &waiting.draft;
        let place = one_line(&draft.at);
        match waiting.number {
            Some(number) => out::line(format!("{number:>4}  {}", words::clip(&place, 72))),
            None => out::line(place),
        }
        if dry_run {
            for (name, text) in
                [("Instruction", &draft.instruction), ("Input", &draft.input), ("Output", &draft.output)]
            {
                let lines = visible(text).lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
                out::prose(format!("  {name}:\n{lines}"));
            }
        } else {
            out::line(format!("      {}", words::clip(&one_line(&draft.prompt()), 70)));
        }
        draft.notes.iter().for_each(|note| out::item("      ", one_line(note)));
    }
    made.passed.chunk_by(|a, b| a.why == b.why && a.reason == b.reason).for_each(passed);
    let drafts = count(made.drafts.len(), "draft");
    let left = count(made.passed.len(), "document");
    let left = if made.passed.is_empty() { String::new() } else { format!("; {left} passed over") };
    out::line("");
    match (dry_run, made.drafts.is_empty()) {
        (true, _) => out::paragraph(format!("{drafts} would wait in the inbox{left}. Nothing was written.")),
        (false, true) => out::paragraph(format!("Nothing new{left}.")),
        (false, false) => out::paragraph(format!(
            "{drafts} {} in the inbox{left}. Next: pmtune data inbox show N, then pmtune data inbox approve N or pmtune \
             data inbox reject N.",
            words::either(made.drafts.len(), "waits", "wait")
        )),
    }
}

/// Documents that were passed over for one reason, the first of them by name.
fn passed(alike: &[Passed]) {
    const SHOWN: usize = 5;
    let Some(Passed { reason, remedy, .. }) = alike.first() else { return };
    let places: Vec<String> = alike.iter().map(|passed| one_line(&passed.at)).collect();
    let places = words::list_at_most(&places, SHOWN);
    out::warning(format!("{places}: {}\n  help: {}", visible(reason), visible(remedy)));
}
