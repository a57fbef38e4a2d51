//! What each reviewer said of an answer, shown where the answer stands.

use super::case::{AnswerView, CaseView};
use super::people::{flag_words, reviewer};
use crate::review::{People, ReviewerKind, Said};
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

/// Puts what was said of one version under its answers: `side` is its place among a case's sides.
pub fn put_said(cases: &mut [CaseView], side: usize, people: Option<&People>) {
    let Some(people) = people else { return };
    let mut by_answer: BTreeMap<(&str, u32), Vec<&Said>> = BTreeMap::new();
    for said in &people.said {
        by_answer.entry((&said.case, said.repeat)).or_default().push(said);
    }
    for case in cases {
        let answers: &mut [AnswerView] = match case.sides.get_mut(side) {
            Some(side) => &mut side.answers,
            None => continue,
        };
        for answer in answers {
            let found = by_answer.get(&(case.id.as_str(), answer.number));
            answer.said = found.into_iter().flatten().map(|said| view(said)).collect();
        }
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
