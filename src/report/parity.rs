//! The proof of an exported file: what was tried, how it came out, and what the file is.

use super::plot::{self, DifferenceRow, Plot};
use super::view::Tone;
use super::{html, markdown};
use crate::compare::{Evidence, Finding, Mean};
use crate::export::{Format, Judged, Opening, Outcome, Parity};
use crate::words;
use engine::error::Result;
use serde::Serialize;

/// A proof, made once and laid out three ways.
#[derive(Debug, Clone, Serialize)]
pub struct ParityReport {
    view: ParityView,
}

#[derive(Debug, Clone, Serialize)]
struct ParityView {
    title: String,
    tone: Tone,
    headline: String,
    steps: Vec<StepView>,
    /// What each file of the version costs, where there are several.
    plots: Vec<Plot>,
    facts: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone, Serialize)]
struct StepView {
    tone: Tone,
    symbol: &'static str,
    name: String,
    words: String,
}

impl ParityReport {
    /// `all`: the proofs of every file of the version, this one among them.
    ///
    /// # Errors
    /// Only when a plot cannot be drawn.
    pub fn new(parity: &Parity, all: &[Parity]) -> Result<Self> {
        let (tone, _) = shown(parity.outcome());
        let steps = parity.steps().into_iter().map(|step| {
            let (tone, symbol) = shown(step.outcome);
            StepView { tone, symbol, name: step.name, words: step.words }
        });
        let view = ParityView {
            title: format!("Is {} still the model that passed?", parity.file),
            tone,
            headline: parity.verdict(),
            steps: steps.collect(),
            plots: plots(all)?,
            facts: facts(parity),
        };
        Ok(Self { view })
    }

    /// One self-contained page.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn html(&self) -> Result<String> {
        html::page("parity.html", self)
    }

    /// For a wiki or a pull request.
    ///
    /// # Errors
    /// Only when a template is broken.
    pub fn markdown(&self) -> Result<String> {
        markdown::page("parity.md", self)
    }
}

/// A mark, a name and words for each step of a proof.
pub fn steps(parity: &Parity) -> Vec<(&'static str, String, String)> {
    parity.steps().into_iter().map(|step| (shown(step.outcome).1, step.name, step.words)).collect()
}

/// What the files of a version cost in each kind of evidence, the largest file first.
fn plots(all: &[Parity]) -> Result<Vec<Plot>> {
    let mut files: Vec<&Parity> = all.iter().collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.bytes));
    let mut plots = Vec::new();
    for (evidence, title) in
        [(Evidence::Likelihood, "Difference in margin, nats a token"), (Evidence::Checks, "Difference in score")]
    {
        let judged = |file: &&Parity| {
            Some((row_name(file), file.here()?.evidence.iter().find(|j| j.evidence == evidence)?.clone()))
        };
        let judged: Vec<(String, Judged)> = files.iter().filter_map(judged).collect();
        if judged.len() < 2 {
            continue;
        }
        let negligible = judged.first().map_or(0.0, |(_, judged)| judged.negligible);
        let row = |(name, judged): &(String, Judged)| DifferenceRow {
            name: name.clone(),
            mean: Mean { mean: judged.difference, interval: judged.interval },
            finding: if judged.outcome == Outcome::Failed { Finding::Regressed } else { Finding::NoDifference },
        };
        let rows: Vec<DifferenceRow> = judged.iter().map(row).collect();
        plots.push(plot::differences(title, &rows, negligible)?);
    }
    Ok(plots)
}

fn row_name(file: &Parity) -> String {
    format!("{}, {}", file.file_type, words::bytes(file.bytes))
}

fn shown(outcome: Outcome) -> (Tone, &'static str) {
    match outcome {
        Outcome::Passed => (Tone::Better, "✓"),
        Outcome::NotShown => (Tone::Unknown, "?"),
        Outcome::Failed => (Tone::Worse, "✗"),
    }
}

fn facts(parity: &Parity) -> Vec<(&'static str, String)> {
    let opening = match parity.opening {
        Opening::None => "none",
        Opening::Template => "in the file's chat template",
        Opening::Instructions => "not in the file; who uses it must set them",
    };
    let file = match parity.kind {
        Format::Gguf => format!("{} (GGUF, {})", parity.file, parity.file_type),
        Format::Hf => format!("{} (Hugging Face folder, {})", parity.file, parity.file_type),
        Format::LoraGguf => format!("{} (adapter alone)", parity.file),
    };
    vec![
        ("file", file),
        ("size", words::bytes(parity.bytes)),
        ("SHA-256", parity.sha256.clone()),
        ("version", parity.version.clone()),
        ("system prompt and worked examples", opening.to_string()),
        ("proven", words::moment(parity.created)),
    ]
}
