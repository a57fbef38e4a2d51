use engine::train::Place;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One line of training data: what is asked, and the answer that the model should learn to give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub instruction: String,
    /// Context of the request; may be empty.
    pub input: String,
    pub output: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it comes from, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Where it stands; not part of the file.
    #[serde(skip)]
    pub place: Place,
}

impl Example {
    /// The user's message: the instruction, then the input after a blank line, as suites join prompt and input.
    pub fn prompt(&self) -> String {
        match self.input.trim() {
            "" => self.instruction.clone(),
            _ => format!("{}\n\n{}", self.instruction, self.input),
        }
    }

    /// The folder's name: `user-stories` for `training-data/user-stories/basic-features.jsonl`.
    pub fn category(&self) -> &str {
        self.place.file.parent().and_then(Path::file_name).and_then(|n| n.to_str()).unwrap_or_default()
    }

    /// The file's name without `.jsonl`.
    pub fn topic(&self) -> &str {
        self.place.file.file_stem().and_then(|n| n.to_str()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_and_file_name_category_and_topic() {
        let example = Example {
            id: None,
            instruction: "Write a story".into(),
            input: " ".into(),
            output: "x".into(),
            tags: vec![],
            source: None,
            place: Place {
                file: std::sync::Arc::from(Path::new("training-data/user-stories/basic-features.jsonl")),
                line: 3,
            },
        };
        assert_eq!((example.category(), example.topic()), ("user-stories", "basic-features"));
        assert_eq!(example.prompt(), "Write a story");
        assert_eq!(example.place.to_string(), "training-data/user-stories/basic-features.jsonl:3");
        let line = serde_json::to_string(&example).unwrap();
        assert_eq!(line, r#"{"instruction":"Write a story","input":" ","output":"x"}"#);
    }
}
