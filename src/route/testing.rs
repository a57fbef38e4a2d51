//! A sentence model of counted words, and instructions for the tests of this room.

use super::instructions::{Instruction, Instructions};
use crate::training_data::Meanings;
use engine::error::Result;

/// Texts as counts of their words of four letters and more.
pub struct Toy;

impl Meanings for Toy {
    fn vectors(&self, texts: &[&str], _told: &dyn Fn(usize, usize)) -> Result<Vec<Vec<f32>>> {
        let vector = |text: &&str| {
            let mut vector = vec![0.0f32; 97];
            for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3) {
                vector[word.bytes().fold(7usize, |sum, byte| sum * 31 + usize::from(byte)) % 97] += 1.0;
            }
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-6);
            vector.iter().map(|x| x / length).collect()
        };
        Ok(texts.iter().map(vector).collect())
    }
}

/// All of them for training, each on a line of its task's file.
pub fn instructions(examples: &[(&str, &str)]) -> Instructions {
    let mut tasks: Vec<String> = examples.iter().map(|(task, _)| (*task).to_string()).collect();
    tasks.sort();
    tasks.dedup();
    let instruction = |(at, (task, text)): (usize, &(&str, &str))| {
        let line = 1 + examples[..at].iter().filter(|(other, _)| other == task).count();
        let number = tasks.binary_search(&(*task).to_string()).unwrap();
        Instruction { task: number, place: format!("{task}.jsonl:{line}"), text: (*text).to_string() }
    };
    let training = examples.iter().enumerate().map(instruction).collect();
    Instructions { tasks, training, held_out: Vec::new(), passed_over: Vec::new() }
}
