use super::draft::Draft;
use super::files::{Files, text};
use super::options::{Options, Source};
use super::remark::Remark;
use super::{lm_eval, openai_evals, promptfoo, write};
use crate::suite::Split;
use crate::words;
use crate::yaml::{self, Node};
use engine::error::{Error, Result};
use std::path::{Path, PathBuf};

/// A suite made of a foreign file. Nothing is written yet.
#[derive(Debug, Clone)]
pub struct Imported {
    /// What the file was.
    pub format: &'static str,
    pub cases: usize,
    /// The suite's text.
    pub suite: String,
    /// Scripts that its checks run, by their paths from the workspace's root.
    pub scripts: Vec<(PathBuf, String)>,
    /// What became of everything that was read, in the order it was met.
    pub remarks: Vec<Remark>,
}

/// Makes a suite of a foreign file.
///
/// # Errors
/// It cannot be read, is of no known format, or nothing of it can be carried over.
pub fn import(source: Source<'_>, options: &Options) -> Result<Imported> {
    let files = Files::of(source.file, source.root);
    let text = text(source.file)?;
    let mut draft = Draft::default();
    let mut scripts = Vec::new();
    let (format, description) = match opened(source.file, &text)? {
        Foreign::Samples => {
            openai_evals::read(&source, &text, options, &mut draft)?;
            ("OpenAI evals samples", String::new())
        }
        Foreign::Task(node) => ("lm-evaluation-harness task", lm_eval::read(&node, &files, &mut draft)?),
        Foreign::Promptfoo(node) => {
            let mut reader = promptfoo::Reader::new(&source, &files, options, &node);
            let description = reader.read(&mut draft)?;
            scripts = reader.into_scripts();
            ("promptfoo configuration", description)
        }
    };
    if draft.cases.is_empty() {
        let reasons: Vec<String> =
            draft.remarks.0.iter().map(|r| format!("line {}: {}: {}", r.line, r.what, r.why)).collect();
        let message = format!("nothing of {} can be carried over: {}", source.file.display(), words::few(&reasons, 5));
        return Err(Error::input(message).hint("docs/coming-from-promptfoo.md says what can"));
    }
    if let Some(split) = options.split {
        let split = if split == Split::HeldOut { "held-out" } else { "dev" };
        draft.cases.iter_mut().for_each(|case| case.set("split", split));
    }
    let named = source.file.file_name().unwrap_or_default().to_string_lossy();
    let head = vec![format!("Made of {named} ({format}) by `pmtune suite import`.")];
    let description = if description.is_empty() { format!("Imported from {named}.") } else { description };
    let suite = write::suite(&head, &description, &draft.cases);
    Ok(Imported { format, cases: draft.cases.len(), suite, scripts, remarks: draft.remarks.0 })
}

enum Foreign {
    Promptfoo(Node),
    Task(Node),
    Samples,
}

/// What a file is, by what stands in it.
fn opened(file: &Path, text: &str) -> Result<Foreign> {
    let unknown = |what: &str| {
        Error::input(format!("{}: {what}", file.display())).hint(
            "what can be imported: a promptfooconfig.yaml, a YAML task of lm-evaluation-harness with `output_type: \
             multiple_choice`, OpenAI evals samples as JSON lines",
        )
    };
    let ending = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "jsonl" if openai_evals::is(text) => return Ok(Foreign::Samples),
        "jsonl" => return Err(unknown("its first line is no JSON object with `input`")),
        "js" | "cjs" | "mjs" | "ts" | "py" => {
            return Err(unknown("this is a program, and running it is no part of reading it"));
        }
        _ => {}
    }
    let node = yaml::parse(text, file)?;
    let has = |keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    if has(&["doc_to_text", "doc_to_choice", "output_type"]) {
        Ok(Foreign::Task(node))
    } else if has(&["prompts", "tests", "scenarios", "defaultTest"]) {
        Ok(Foreign::Promptfoo(node))
    } else {
        Err(unknown("it is none of the formats that can be imported"))
    }
}
