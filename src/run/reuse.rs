use super::Reports;
use super::files::RESULTS;
use crate::provider::Answer;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Answers of earlier runs, finished or not, by answer key.
#[derive(Debug, Default)]
pub(super) struct Answers {
    by_key: HashMap<String, Answer>,
}

impl Answers {
    /// Looks for these keys in every run, the newest first: of an endpoint's answers, the last one is meant. Reuse only saves
    /// time, so what cannot be read is passed over.
    pub(super) fn find(reports: &Reports, wanted: &HashSet<&str>) -> Self {
        let mut answers = Self::default();
        for folder in reports.run_folders().unwrap_or_default().into_iter().rev() {
            if answers.by_key.len() == wanted.len() {
                break;
            }
            answers.read(&folder.join(RESULTS), wanted);
        }
        answers
    }

    pub(super) fn get(&self, key: &str) -> Option<&Answer> {
        self.by_key.get(key)
    }

    fn read(&mut self, results: &Path, wanted: &HashSet<&str>) {
        /// Only the key, so that lines nobody asks for cost little.
        #[derive(Deserialize)]
        struct Key<'a> {
            #[serde(borrow)]
            answer_key: Cow<'a, str>,
        }
        #[derive(Deserialize)]
        struct Answered {
            answer: Answer,
        }
        let Ok(file) = File::open(results) else { return };
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let key = serde_json::from_slice::<Key>(&line).ok().filter(|key| wanted.contains(&*key.answer_key));
            if let Some(key) = key
                && !self.by_key.contains_key(&*key.answer_key)
                // An error's record has no answer.
                && let Ok(Answered { answer }) = serde_json::from_slice(&line)
            {
                self.by_key.insert(key.answer_key.into_owned(), answer);
            }
            line.clear();
        }
    }
}
