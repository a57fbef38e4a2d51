//! What each reviewer said of an answer.

use crate::review::{Flag, People, ReviewerKind, Said};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize)]
pub struct SaidView {
    pub reviewer: String,
    pub judge: bool,
    /// `accuracy 4 · format 5 · …`
    pub points: String,
    pub flags: Vec<&'static str>,
    pub comment: String,
}

/// What was said of one version's answers, by case and number of the answer.
#[derive(Default)]
pub struct SaidOf<'a>(BTreeMap<(&'a str, u32), Vec<&'a Said>>);

impl<'a> SaidOf<'a> {
    pub fn new(people: Option<&'a People>) -> Self {
        let mut by_answer: BTreeMap<(&str, u32), Vec<&Said>> = BTreeMap::new();
        for said in people.iter().flat_map(|people| &people.said) {
            by_answer.entry((&said.case, said.repeat)).or_default().push(said);
        }
        Self(by_answer)
    }

    pub fn of(&self, case: &str, repeat: u32) -> Vec<SaidView> {
        self.0.get(&(case, repeat)).into_iter().flatten().map(|said| view(said)).collect()
    }
}

fn view(said: &Said) -> SaidView {
    let points: Vec<String> = said.points.iter().map(|(criterion, points)| format!("{criterion} {points}")).collect();
    SaidView {
        reviewer: reviewer(said),
        judge: said.reviewer.kind == ReviewerKind::Judge,
        points: points.join(" · "),
        flags: flag_words(said.flags.iter().copied()),
        comment: said.comment.clone(),
    }
}

/// The name, and that it is a model where it is one.
pub fn reviewer(said: &Said) -> String {
    match said.reviewer.kind {
        ReviewerKind::Person => said.reviewer.name.clone(),
        ReviewerKind::Judge => format!("{} (judge model, not a person)", said.reviewer.name),
    }
}

pub fn flag_words(flags: impl Iterator<Item = Flag>) -> Vec<&'static str> {
    let word = |flag| match flag {
        Flag::FactualError => "factual error",
        Flag::Unusable => "unusable",
        Flag::Best => "best of the pair",
    };
    flags.map(word).collect()
}
