//! Whether anything that leaves gives away a key, a password or a person.

use super::Gathered;
use crate::pack::Content;
use crate::training_data::lint::disclosed;
use engine::error::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// Something that should not leave unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed {
    /// As it lies in the pack, which is as it lies in the workspace.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// What it looks like.
    pub what: String,
}

impl fmt::Display for Disclosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Looks at every line of every text by the rules that training data is checked with.
pub fn audit(gathered: &Gathered) -> Result<Vec<Disclosed>> {
    let mut found = Vec::new();
    for (path, content) in gathered.files.iter().filter(|(path, _)| !is_weights(path)) {
        let fail = |e| Error::io("read", std::path::Path::new(path), e);
        match content {
            Content::File(source) => look(path, File::open(source).map_err(fail)?, &mut found).map_err(fail)?,
            Content::Bytes(bytes) => look(path, bytes.as_slice(), &mut found).map_err(fail)?,
        }
    }
    Ok(found)
}

fn is_weights(path: &str) -> bool {
    [".safetensors", ".gguf"].iter().any(|end| path.ends_with(end))
}

fn look(path: &str, content: impl Read, found: &mut Vec<Disclosed>) -> std::io::Result<()> {
    let mut reader = BufReader::new(content);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let text = String::from_utf8_lossy(&line);
        // In JSON and in quotes of YAML a word may begin right after the letter of `\n`.
        let text = if text.contains('\\') { unescaped(&text) } else { text.into_owned() };
        found.extend(disclosed(&text).into_iter().map(|what| Disclosed { path: path.to_string(), line: number, what }));
    }
    Ok(())
}

fn unescaped(text: &str) -> String {
    ["\\n", "\\r", "\\t"].iter().fold(text.replace("\\\"", "\""), |text, escape| text.replace(escape, " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_people_are_found_with_their_place_also_behind_escapes() {
        let text = "{\"output\": \"fine\"}\n{\"output\": \"Line\\nAKIAABCDEFGHIJKLMNOP\"}\nnotes: ask jo.park@harbourmail.io\n";
        let weights = "AKIAABCDEFGHIJKLMNOP";
        let files = [("training-data/a/b.jsonl", text), ("x-v1/adapter/adapter_model.safetensors", weights)];
        let files = files.map(|(path, text)| (path.to_string(), Content::Bytes(text.into()))).into();
        let gathered = Gathered { files, ..Gathered::default() };
        let said: Vec<String> = audit(&gathered).unwrap().iter().map(Disclosed::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("training-data/a/b.jsonl:2: what looks like an AWS access key"), "{said:?}");
        assert!(said[1].starts_with("training-data/a/b.jsonl:3: an e-mail address: jo.park@"), "{said:?}");
    }
}
