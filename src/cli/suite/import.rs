use crate::cli::out;
use crate::cli::typed::Half;
use crate::foreign::{Class, Fate, Options, PARTIAL, Remark};
use crate::report::visible;
use crate::words;
use crate::work::{ImportOptions, ImportedSuite, import_suite};
use crate::workspace::Workspace;
use engine::error::{Error, Kind, Result};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Reads promptfoo's promptfooconfig.yaml, tasks of lm-evaluation-harness with `output_type:\n\
                  multiple_choice` over JSON lines on this computer, and OpenAI evals samples. Tells of\n\
                  everything whether it was kept, changed or left out, and why. Where something would be\n\
                  left out, nothing is written and the exit code is 3, but for --allow-partial.\n\n\
                  Examples:\n  pmtune suite import promptfooconfig.yaml\n  \
                  pmtune suite import promptfooconfig.yaml --allow-partial --name support\n  \
                  pmtune suite import samples.jsonl --class includes --split held-out")]
pub struct ImportArgs {
    /// What to import; a suite is made of each file.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The suite's name (default: after the file, or the folder of a promptfooconfig.yaml).
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Write the suite also where something is left out.
    #[arg(long)]
    pub allow_partial: bool,
    /// Carry JavaScript and Python over, as programs that `--allow-commands` runs.
    #[arg(long)]
    pub with_commands: bool,
    /// The half all its cases belong to (default: dev).
    #[arg(long)]
    pub split: Option<Half>,
    /// How OpenAI evals samples are judged; they do not say so themselves.
    #[arg(long, value_name = "CLASS")]
    pub class: Option<ClassName>,
    /// Print what became of everything as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ClassName {
    /// The answer begins with an ideal.
    Match,
    /// The answer has an ideal in it.
    Includes,
    /// The answer has an ideal in it, in any case.
    FuzzyMatch,
}

impl From<ClassName> for Class {
    fn from(name: ClassName) -> Self {
        match name {
            ClassName::Match => Class::Match,
            ClassName::Includes => Class::Includes,
            ClassName::FuzzyMatch => Class::FuzzyMatch,
        }
    }
}

pub fn run(workspace: &Workspace, args: &ImportArgs) -> Result<()> {
    if args.name.is_some() && args.files.len() > 1 {
        return Err(Error::usage("one name was given for several files").hint("import them one by one"));
    }
    let mut made = Vec::new();
    for file in &args.files {
        let read = Options {
            split: args.split.map(Into::into),
            class: args.class.map(Into::into),
            with_commands: args.with_commands,
        };
        let (file, name) = (file.clone(), args.name.clone());
        made.push(import_suite(workspace, &ImportOptions { file, name, allow_partial: args.allow_partial, read })?);
    }
    match args.json {
        true => json(&made)?,
        false => made.iter().for_each(show),
    }
    judge(&made)
}

/// # Errors
/// Of kind `Refused` where a suite was not written because something would be left out.
fn judge(made: &[ImportedSuite]) -> Result<()> {
    let short: Vec<&str> =
        made.iter().filter(|suite| suite.written.is_empty()).map(|suite| suite.name.as_str()).collect();
    if short.is_empty() {
        return Ok(());
    }
    let message =
        format!("not everything can be carried over, so nothing was written for {}", words::quoted_list(short));
    Err(Error::new(Kind::Refused(PARTIAL), message).hint("add --allow-partial to leave out what is listed above"))
}

fn show(suite: &ImportedSuite) {
    let imported = &suite.imported;
    for fate in [Fate::LeftOut, Fate::Changed, Fate::Kept] {
        let told = grouped(&imported.remarks, fate);
        if told.is_empty() {
            continue;
        }
        out::line(format!("{}:", fate.name()));
        for line in told {
            out::item("  ", line);
        }
    }
    let cases = words::count(imported.cases, "case");
    out::line(format!("\n{}: {cases} for suite `{}`", imported.format, suite.name));
    for path in &suite.written {
        out::line(format!("Wrote {}", out::path(path)));
    }
    if !suite.written.is_empty() && !imported.scripts.is_empty() {
        out::warning("the suite runs programs: read them; `pmtune eval` runs them only with --allow-commands");
    }
}

/// What met the same fate for the same reason, on one line with its places.
fn grouped(remarks: &[Remark], fate: Fate) -> Vec<String> {
    let mut groups: Vec<(&Remark, Vec<String>)> = Vec::new();
    for remark in remarks.iter().filter(|remark| remark.fate == fate) {
        let place = format!("{}:{}", out::path(&remark.file), remark.line);
        match groups.iter_mut().find(|(first, _)| first.what == remark.what && first.why == remark.why) {
            Some((_, places)) => places.push(place),
            None => groups.push((remark, vec![place])),
        }
    }
    let line = |(first, places): &(&Remark, Vec<String>)| {
        let why = if first.why.is_empty() { String::new() } else { format!(": {}", first.why) };
        visible(&format!("{}{why} ({})", first.what, words::few(places, 4)))
    };
    groups.iter().map(line).collect()
}

fn json(made: &[ImportedSuite]) -> Result<()> {
    let suites: Vec<serde_json::Value> = made
        .iter()
        .map(|suite| {
            serde_json::json!({
                "suite": suite.name, "from": suite.imported.format, "cases": suite.imported.cases,
                "written": suite.written, "remarks": suite.imported.remarks,
            })
        })
        .collect();
    out::json(&serde_json::json!({ "suites": suites }))
}
