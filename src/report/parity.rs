//! The proof of an exported file: what was tried, how it came out, and what the file is.

use super::view::Tone;
use super::{html, markdown};
use crate::export::{Format, Opening, Outcome, Parity};
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
    pub fn new(parity: &Parity) -> Self {
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
            facts: facts(parity),
        };
        Self { view }
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

    /// A mark, a name and words for each step.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        self.view.steps.iter().map(|step| (step.symbol, step.name.as_str(), step.words.as_str()))
    }
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
