//! The same example twice, the same id twice, and one prompt answered in two formats.

use super::outline::Outline;
use super::{Code, Finding};
use crate::training_data::Severity::{Error, Note};
use crate::training_data::words::{Map, run, words};
use crate::training_data::{Example, Place};
use rayon::prelude::*;
use std::collections::HashMap;

pub(super) const CODES: &[Code] = &[DUPLICATE, DUPLICATE_ID, CONTRADICTION, SAME_PROMPT];

const DUPLICATE: Code = Code::new("duplicate", Error, "The same example twice; the model would weigh it double.");
const DUPLICATE_ID: Code = Code::new("duplicate-id", Error, "Two examples have the same id.");
const CONTRADICTION: Code =
    Code::new("contradiction", Error, "One prompt, two formats; the model cannot learn which to use.");
const SAME_PROMPT: Code = Code::new("same-prompt", Note, "One prompt has several answers of the same format.");

/// Findings, and whether each example repeats an earlier one word for word.
pub(super) fn find(examples: &[Example], outlines: &[Outline]) -> (Vec<Finding>, Vec<bool>) {
    let mut found = Vec::new();
    let mut repeats = vec![false; examples.len()];
    let hashes: Vec<(u64, u64)> =
        examples.par_iter().map(|e| (run(&words(&e.prompt())), run(&words(&e.output)))).collect();
    let mut whole: HashMap<(u64, u64), &Place> = HashMap::new();
    let mut prompts: Map<u64, usize> = Map::default();
    for (at, (example, &(prompt, output))) in examples.iter().zip(&hashes).enumerate() {
        let place = &example.place;
        if let Some(first) = whole.get(&(prompt, output)) {
            let message = format!("says word for word what {first} says");
            found.push(Finding::new(&DUPLICATE, place, message, "remove one of the two"));
            repeats[at] = true;
            continue;
        }
        whole.insert((prompt, output), place);
        match prompts.get(&prompt) {
            None => {
                prompts.insert(prompt, at);
            }
            Some(&first) => found.push(two_answers(examples, outlines, first, at)),
        }
    }
    found.extend(ids(examples, &repeats));
    (found, repeats)
}

fn two_answers(examples: &[Example], outlines: &[Outline], first: usize, at: usize) -> Finding {
    let (earlier, place) = (&examples[first].place, &examples[at].place);
    match outlines[at].differs_from(&outlines[first]) {
        Some(difference) => {
            let message = format!("answers the prompt of {earlier} in another format: {difference}");
            Finding::new(
                &CONTRADICTION,
                place,
                message,
                "give both the same format, or say in the prompt which is wanted",
            )
        }
        None => {
            let message = format!("has the same prompt as {earlier}");
            Finding::new(&SAME_PROMPT, place, message, "vary the prompt, or keep the better answer")
        }
    }
}

fn ids(examples: &[Example], repeats: &[bool]) -> Vec<Finding> {
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    let mut found = Vec::new();
    for (example, _) in examples.iter().zip(repeats).filter(|(_, repeats)| !**repeats) {
        let Some(id) = example.id.as_deref() else { continue };
        match seen.get(id) {
            None => {
                seen.insert(id, &example.place);
            }
            Some(first) => {
                let message = format!("has the id `{id}` of {first}");
                found.push(Finding::new(&DUPLICATE_ID, &example.place, message, "give it an id of its own"));
            }
        }
    }
    found
}
