//! Prompts: texts, files, chat messages.

use super::reader::Reader;
use super::vars::is_program;
use crate::foreign::draft::Draft;
use crate::foreign::question::{Asked, of_messages};
use crate::foreign::remark::Place;
use crate::yaml::{self, Node};
use serde_json::Value;
use std::path::Path;

/// A question that is asked with every test.
#[derive(Debug, Clone)]
pub(super) struct Prompt {
    /// By which tests choose it.
    pub label: String,
    pub asked: Asked,
}

/// Endings of files that hold prompts.
const ENDINGS: [&str; 7] = [".txt", ".md", ".j2", ".json", ".yaml", ".yml", ".csv"];

impl Reader<'_> {
    /// Every prompt that a case can ask; the others are remarked.
    pub(super) fn prompts(&self, draft: &mut Draft) -> Vec<Prompt> {
        let Some(node) = self.root.get("prompts").filter(|node| !node.is_null()) else {
            let asked = Asked { system: None, prompt: "{{ prompt }}".into() };
            return vec![Prompt { label: "prompt".into(), asked }];
        };
        let single = [node.clone()];
        let nodes = node.items().unwrap_or(&single);
        let mut prompts = Vec::new();
        for node in nodes {
            match self.prompt(node) {
                Ok(found) => {
                    draft.remarks.kept(&Place::of(node), "prompt", "");
                    prompts.extend(found);
                }
                Err(why) => draft.remarks.left_out(&Place::of(node), "prompt", why),
            }
        }
        prompts
    }

    /// The prompts of one entry: a file may hold several.
    fn prompt(&self, node: &Node) -> Result<Vec<Prompt>, String> {
        let (text, label) = if node.is_map() {
            if let Some((key, _)) =
                node.entries().iter().find(|(key, _)| !["id", "label", "raw", "display"].contains(&key.text.as_str()))
            {
                return Err(format!("its key `{}` has no counterpart here", key.text));
            }
            let of = |key: &str| node.get(key).and_then(Node::as_str);
            (of("raw").or(of("id")), of("label").or(of("id")))
        } else {
            (node.as_str(), None)
        };
        let text = text.ok_or("it is no text")?;
        let named = text.strip_prefix("file://");
        if text.starts_with("exec:") || is_program(text) && !text.contains(char::is_whitespace) {
            return Err("it is made by a program".into());
        }
        if text.contains("://") && named.is_none() && !text.contains(char::is_whitespace) {
            return Err("it lies on a server".into());
        }
        let is_file = named.is_some() || !text.contains(['\n', '{']) && ENDINGS.iter().any(|end| text.ends_with(end));
        if !is_file {
            let asked = asked(text)?;
            return Ok(vec![Prompt { label: label.unwrap_or(text).to_string(), asked }]);
        }
        let mut prompts = Vec::new();
        for path in self.files.matching(&node.place().file, named.unwrap_or(text))? {
            let content = crate::foreign::files::text(&path).map_err(|error| error.message)?;
            prompts.extend(of_file(&path, &content, label)?);
        }
        Ok(prompts)
    }
}

fn of_file(path: &Path, content: &str, label: Option<&str>) -> Result<Vec<Prompt>, String> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let one = |asked| vec![Prompt { label: label.unwrap_or(&name).to_string(), asked }];
    match ending.as_str() {
        "csv" => Err("prompts in a table are not read; write them as texts or files".into()),
        "yaml" | "yml" => {
            let node = yaml::parse(content, path).map_err(|error| error.message)?;
            match node.to_json() {
                Value::Array(messages) => of_messages(&messages).map(one),
                _ => Err("it holds no chat messages".into()),
            }
        }
        "json" => asked(content).map(one),
        _ => {
            let parts: Vec<&str> = content.split("\n---\n").map(str::trim).filter(|part| !part.is_empty()).collect();
            let label = |at: usize| match (parts.len(), label) {
                (1, label) => label.unwrap_or(&name).to_string(),
                (_, label) => format!("{}:{}", label.unwrap_or(&name), at + 1),
            };
            parts.iter().enumerate().map(|(at, part)| Ok(Prompt { label: label(at), asked: asked(part)? })).collect()
        }
    }
}

/// A text as a question: chat messages where it is a JSON list of them.
fn asked(text: &str) -> Result<Asked, String> {
    if text.trim_start().starts_with('[')
        && let Ok(Value::Array(messages)) = serde_json::from_str::<Value>(text)
    {
        return of_messages(&messages);
    }
    match text.trim().is_empty() {
        true => Err("it is empty".into()),
        false => Ok(Asked { system: None, prompt: text.trim().to_string() }),
    }
}
