//! What the training data asks for, by task.

use crate::training_data::{self, Conversation, Example, instruction_to_read, split};
use crate::workspace::Workspace;
use engine::error::Result;
use engine::store;
use std::path::Path;

/// The instructions of a workspace's training data. Those that training holds out are kept apart: how well they find
/// their task is told, and nothing is compared with them.
#[derive(Debug, Clone)]
pub struct Instructions {
    /// `folder/file`, in their order.
    pub(super) tasks: Vec<String>,
    pub(super) training: Vec<Instruction>,
    pub(super) held_out: Vec<Instruction>,
    /// Files and keys that were passed over, each in a sentence for the user.
    pub passed_over: Vec<String>,
}

/// One of them.
#[derive(Debug, Clone)]
pub(super) struct Instruction {
    /// Which of the tasks.
    pub task: usize,
    /// `training-data/user-stories/basic-features.jsonl:12`.
    pub place: String,
    /// As the sentence model reads it.
    pub text: String,
}

impl Instructions {
    /// Reads the workspace's training data; of conversations, their first questions.
    ///
    /// # Errors
    /// Gathers every line that cannot be trained on. No line at all is an error too.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let loaded = training_data::conversations(&[workspace.training_data()])?;
        let examples: Vec<&Example> = loaded.conversations.iter().map(Conversation::first).collect();
        Ok(Self { passed_over: loaded.passed_over, ..Self::of(&examples, &workspace.root) })
    }

    pub(super) fn of(examples: &[&Example], root: &Path) -> Self {
        let mut tasks: Vec<String> = examples.iter().map(|example| task(example)).collect();
        tasks.sort();
        tasks.dedup();
        let sides = split(examples);
        let instruction = |at: &usize| {
            let example = examples[*at];
            let file = example.place.file.strip_prefix(root).unwrap_or(&example.place.file);
            Instruction {
                task: tasks.binary_search(&task(example)).unwrap_or_default(),
                place: format!("{}:{}", file.display(), example.place.line),
                text: instruction_to_read(&example.prompt()),
            }
        };
        let (training, held_out) =
            (sides.training.iter().map(instruction).collect(), sides.held_out.iter().map(instruction).collect());
        Self { training, held_out, tasks, passed_over: Vec::new() }
    }

    /// What a route may name: folders, and files in them.
    pub(super) fn names(&self) -> Vec<&str> {
        let folders = self.tasks.iter().filter_map(|task| task.split_once('/')).map(|(folder, _)| folder);
        let mut names: Vec<&str> = folders.chain(self.tasks.iter().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How many that are compared with belong to a task, and how many were held out.
    pub fn count(&self, task: &str) -> (usize, usize) {
        let within = |name: &str| name == task || name.split_once('/').is_some_and(|(folder, _)| folder == task);
        let of = |side: &[Instruction]| side.iter().filter(|one| within(&self.tasks[one.task])).count();
        (of(&self.training), of(&self.held_out))
    }

    /// Hash of all that a decision depends on besides the routes.
    pub fn hash(&self) -> String {
        let texts: Vec<(&str, &str)> =
            self.training.iter().map(|one| (self.tasks[one.task].as_str(), one.text.as_str())).collect();
        store::hash_of(&texts)
    }
}

fn task(example: &Example) -> String {
    format!("{}/{}", example.category(), example.topic())
}
