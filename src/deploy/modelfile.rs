//! What Ollama must be told beside the file (<https://docs.ollama.com/modelfile>): it takes neither templates in Jinja nor
//! sampling from a GGUF file.

use super::pieces::Pieces;
use engine::chat::{Message, Role};
use engine::generate::Sampling;
use std::fmt::Write;

/// A Modelfile in parts.
#[derive(Debug, Clone)]
pub struct Modelfile<'a> {
    pub version: &'a str,
    /// Beside the Modelfile.
    pub file: &'a str,
    /// `None` where the template does not come apart; Ollama then guesses.
    pub pieces: Option<&'a Pieces>,
    pub system: Option<&'a str>,
    pub examples: &'a [Message],
    pub sampling: &'a Sampling,
    pub context: usize,
    pub stops: &'a [String],
}

impl Modelfile<'_> {
    pub fn text(&self) -> String {
        let mut out = format!("# Written by pmtune for {}.\nFROM ./{}\n", self.version, self.file);
        if let Some(pieces) = self.pieces {
            let _ = writeln!(out, "TEMPLATE \"\"\"{}\"\"\"", template(pieces));
        }
        let default = self.pieces.and_then(|pieces| pieces.default_system.as_deref());
        if let Some(system) = self.system.filter(|text| !text.is_empty()).or(default) {
            let _ = writeln!(out, "SYSTEM {}", quoted(system));
        }
        for message in self.examples {
            let role = match message.role {
                Role::System => "system",
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            let _ = writeln!(out, "MESSAGE {role} {}", quoted(&message.content));
        }
        let sampling = self.sampling;
        let mut set = |name: &str, value: String| {
            let _ = writeln!(out, "PARAMETER {name} {value}");
        };
        set("num_ctx", self.context.to_string());
        set("num_predict", sampling.max_tokens.to_string());
        set("temperature", sampling.temperature.to_string());
        set("seed", sampling.seed.to_string());
        set("top_k", sampling.top_k.unwrap_or(0).to_string());
        set("top_p", sampling.top_p.unwrap_or(1.0).to_string());
        set("min_p", sampling.min_p.unwrap_or(0.0).to_string());
        set("repeat_penalty", sampling.repetition_penalty.to_string());
        set("repeat_last_n", "-1".to_string());
        for stop in self.stops.iter().chain(&sampling.stop) {
            set("stop", quoted(stop));
        }
        out
    }
}

/// The pieces as a template of Go's `text/template`.
fn template(pieces: &Pieces) -> String {
    let text = |text: &str| match text.contains("{{") || text.contains("\"\"\"") {
        // Go reads a quoted text as JSON does.
        true => format!("{{{{ {} }}}}", serde_json::Value::from(text)),
        false => text.to_string(),
    };
    let [before_system, after_system] = pieces.system.each_ref().map(|piece| text(piece));
    let [before_answer, after_answer] = pieces.assistant.each_ref().map(|piece| text(piece));
    format!(
        "{{{{ range .Messages }}}}{{{{ if eq .Role \"system\" }}}}{before_system}{{{{ .Content }}}}{after_system}\
         {{{{ else if eq .Role \"user\" }}}}{}{{{{ .Content }}}}\
         {{{{ else if eq .Role \"assistant\" }}}}{before_answer}{{{{ .Content }}}}{after_answer}{{{{ end }}}}{{{{ end }}}}{before_answer}",
        text(&pieces.user)
    )
}

/// A text of many lines as a Modelfile writes it; three quotes in a row cannot be written, and become single ones.
fn quoted(text: &str) -> String {
    format!("\"\"\"{}\"\"\"", text.replace("\"\"\"", "'''"))
}
