use crate::cli::console::Console;
use crate::cli::{interrupt, out};
use crate::pad;
use crate::report::visible;
use crate::words;
use crate::work::data::{Brief, Sketch, WriteOptions, Writing};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::io::{BufRead, IsTerminal, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Shows one brief of the plan at a time and takes instruction, input and output, with what the\n\
                  linter says while you write. Examples go to training-data/written/<task>.jsonl. A draft\n\
                  of a model is kept only when you changed it or say that you stand for it.\n\n\
                  Examples:\n  pmtune data write\n  pmtune data write --draft v3\n  \
                  pmtune data write --draft openai:http://127.0.0.1:1234/v1#qwen3-4b\n  \
                  pmtune gaps --json > plan.json && pmtune data write --plan plan.json\n  \
                  pmtune data write --editor      in $VISUAL or $EDITOR instead of a page"
)]
pub struct WriteArgs {
    /// The plan (default: that of the newest month of `pmtune improve`).
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Who drafts outputs when you ask for one: a version or an endpoint.
    #[arg(long, value_name = "MODEL")]
    draft: Option<String>,
    /// Write in $VISUAL or $EDITOR.
    #[arg(long)]
    editor: bool,
    /// The port of the page (default: a free one).
    #[arg(long, value_name = "PORT", conflicts_with = "editor")]
    port: Option<u16>,
}

pub fn run(workspace: &Workspace, args: &WriteArgs) -> Result<()> {
    let options = WriteOptions { plan: args.plan.clone(), draft: args.draft.clone() };
    let writing = Writing::open(workspace, &options, &Console::new())?;
    let plan = out::path(&writing.plan_file);
    let briefs = match args.editor {
        true => in_editor(writing)?,
        false => {
            interrupt::listen();
            pad::serve(writing, args.port, &interrupt::asked, &mut |address| {
                out::line(format!("Open this address in a browser on this computer; it works once:\n\n  {address}\n"));
                out::paragraph("Every example is kept at once. Ctrl-C here, or \"Stop for now\" on the page, ends it.");
            })?
        }
    };
    finish(&plan, &briefs);
    Ok(())
}

fn finish(plan: &str, briefs: &[Brief]) {
    let wanted: usize = briefs.iter().map(|brief| brief.item.count).sum();
    let written: usize = briefs.iter().map(|brief| brief.written.min(brief.item.count)).sum();
    let next = match written >= wanted {
        true => "Next: pmtune improve",
        false => "The same command goes on; `pmtune improve --yes` takes fewer.",
    };
    out::paragraph(format!("{written} of {} of {plan} are written. {next}", words::count(wanted, "example")));
}

/// No document has lines like these.
const HEADS: [&str; 3] = ["=== Instruction ===", "=== Input ===", "=== Output ==="];

/// One file for each example, until the plan is written or the person stops.
fn in_editor(mut writing: Writing) -> Result<Vec<Brief>> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|text| !text.is_empty()));
    let editor = editor.ok_or_else(|| {
        Error::usage("neither $VISUAL nor $EDITOR names an editor").hint("set one, or leave --editor out for a page")
    })?;
    if !std::io::stdin().is_terminal() {
        return Err(Error::usage("--editor needs a terminal").hint("leave it out for a page"));
    }
    loop {
        let briefs = writing.briefs()?;
        let Some(item) = briefs.iter().position(|brief| brief.written < brief.item.count) else { return Ok(briefs) };
        let (mut text, brief) = (form(&briefs[item]), &briefs[item]);
        loop {
            text = edited(&editor, &text)?;
            let Some(sketch) = parse(item, &text) else {
                out::warning("the three headings must stay as they are; the file was not read");
                if choice("[e]dit again, [q]uit? ")? != "e" {
                    return Ok(briefs);
                }
                continue;
            };
            if sketch.instruction.is_empty() && sketch.output.is_empty() {
                return Ok(briefs);
            }
            for remark in writing.judge(&sketch)? {
                let mark = if remark.grave { "✗ " } else { "- " };
                out::item(mark, visible(&format!("{} ({})", remark.text, remark.remedy)));
            }
            match choice("[k]eep it, [e]dit again, [q]uit? ")?.as_str() {
                "k" => match writing.keep(&sketch, true) {
                    Ok(place) => {
                        out::line(format!("Kept for {}: {place}", visible(&brief.item.task)));
                        break;
                    }
                    Err(error) => out::error(&error),
                },
                "e" => {}
                _ => return Ok(briefs),
            }
        }
    }
}

/// The first letter of an answer; `q` at the end of the input.
fn choice(question: &str) -> Result<String> {
    out::text(question);
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    let bytes = read.map_err(|e| Error::input(format!("cannot read what you typed: {e}")))?;
    let first: String = line.trim().to_lowercase().chars().take(1).collect();
    Ok(if bytes == 0 { "q".to_string() } else { first })
}

/// A file to fill in: the brief as a comment, then the three parts.
fn form(brief: &Brief) -> String {
    let mut lines = vec![
        format!("<!-- {} of {} for {}", brief.written + 1, brief.item.count, brief.item.task),
        String::new(),
        "Each one with:".to_string(),
    ];
    lines.extend(brief.item.include.iter().map(|text| format!("- {text}")));
    lines.push("For instance about:".to_string());
    lines.extend(brief.item.situations.iter().map(|text| format!("- {text}")));
    lines.push("Write below the headings. Leave all empty to stop. -->".to_string());
    let text = lines.join("\n").replace("-->\n", "\n");
    let parts: Vec<String> = HEADS.iter().map(|head| format!("{head}\n\n")).collect();
    format!("{text}\n\n{}", parts.concat())
}

fn parse(item: usize, text: &str) -> Option<Sketch> {
    let text = text.replace("\r\n", "\n");
    let mut rest = format!("\n{text}");
    let mut parts = Vec::new();
    for head in HEADS.iter().rev() {
        let (before, part) = rest.rsplit_once(&format!("\n{head}\n"))?;
        parts.push(part.trim().to_string());
        rest = before.to_string();
    }
    let [output, input, instruction]: [String; 3] = parts.try_into().ok()?;
    Some(Sketch { item, instruction, input, output })
}

/// What the editor leaves of `text`.
fn edited(editor: &str, text: &str) -> Result<String> {
    let file = tempfile::Builder::new().prefix("example-").suffix(".md").tempfile();
    let file = file.map_err(|e| Error::io("create", Path::new("a file to edit"), e))?;
    std::fs::write(file.path(), text).map_err(|e| Error::io("write", file.path(), e))?;
    // As git does: the variable may hold arguments.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let ended = Command::new(program).args(words).arg(file.path()).status().map_err(|e| {
        Error::new(Kind::Missing, format!("the editor `{editor}` does not start: {e}")).hint("set $VISUAL or $EDITOR")
    })?;
    if !ended.success() {
        return Err(Error::input(format!("the editor `{editor}` ended with an error; nothing was kept")));
    }
    engine::store::read_prose(file.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_the_headings_is_read_and_the_brief_is_not() {
        let text = "<!-- 1 of 2 -->\n\n=== Instruction ===\n\nSum it.\n=== Input ===\n\n3 and 4\n\n=== Output ===\n\n\
                    # Input\n\nIt is 7.\n";
        let sketch = parse(1, text).unwrap();
        assert_eq!((sketch.item, sketch.instruction.as_str(), sketch.input.as_str()), (1, "Sum it.", "3 and 4"));
        assert_eq!(sketch.output, "# Input\n\nIt is 7.");
        assert_eq!(parse(0, &text.replace('\n', "\r\n")).unwrap().output, "# Input\n\nIt is 7.");
        assert!(parse(0, "=== Instruction ===\n\nSum it.\n").is_none());
    }
}
