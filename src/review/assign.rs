//! Who reads what: the answers of one run, or pairs of two, dealt to the reviewers.
//!
//! Everything that looks like chance is a hash of the runs' ids and the names, so the same call always makes the same
//! sheet, on every computer, and a reviewer goes on where they left.

use super::rating::answer_hash;
use super::{Item, Key, Origin, Reviewer, ReviewerKind, Sheet, Text, book, sheet};
use crate::provider::Stop;
use crate::run::{Record, Run};
use crate::suite::Split;
use engine::error::{Error, Result};
use engine::store;
use std::collections::BTreeMap;

/// What a sheet is made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    pub reviewer: String,
    /// Everybody who reviews these runs; empty when each of them reads everything.
    pub roster: Vec<String>,
    /// The share of the cases that everybody on the roster reads, from 0 to 1; the others go to one person each.
    pub overlap: f64,
    /// Only one half of the cases.
    pub split: Option<Split>,
    /// Only so many cases, the same ones for everybody, spread over the categories.
    pub limit: Option<usize>,
}

impl Assignment {
    /// Everything, to one reviewer.
    pub fn all(reviewer: &str) -> Self {
        Self { reviewer: reviewer.to_string(), roster: Vec::new(), overlap: 1.0, split: None, limit: None }
    }
}

/// The reviewer's sheet and the key to it. With one run every item has one answer; with two it has both runs' answers to
/// the case in random position, or only one where both wrote the same text: a rating holds for the text, so one reading
/// serves both.
///
/// # Errors
/// Not one or two different runs; nothing to read; a share outside 0 to 1; a reviewer who is not on the roster.
pub fn assign(runs: &[&Run], options: &Assignment) -> Result<(Sheet, Key)> {
    let runs = in_order(runs)?;
    let ids: Vec<String> = runs.iter().map(|run| run.manifest.id.clone()).collect();
    let dice = Dice { seed: store::hash_of(&ids) };
    let mut pool = pool(&runs, options.split);
    if let Some(limit) = options.limit {
        pool = dice.spread(pool, "limit").into_iter().take(limit).collect();
    }
    if pool.is_empty() {
        return Err(Error::input(format!("there is no answer to review in {}", ids.join(" and "))).hint(
            "reviewed are written answers (no multiple choice) to cases that count, in both runs where two are given",
        ));
    }
    let mut mine = deal(pool, options, &dice)?;
    mine.sort_by_cached_key(|found| dice.throw(&["order", &options.reviewer, found.case]));
    let mut origins = BTreeMap::new();
    let items = mine.into_iter().enumerate().map(|(index, found)| {
        let swapped = dice.throw(&["position", &options.reviewer, found.case]).as_bytes().first() > Some(&b'7');
        found.item(index + 1, swapped, &mut origins)
    });
    let sheet = Sheet::new(&options.reviewer, items.collect());
    let key =
        Key { format: sheet::FORMAT, id: sheet.id.clone(), reviewer: options.reviewer.clone(), runs: ids, origins };
    Ok((sheet, key))
}

/// One run or two, by their ids, so that it does not matter which was named first.
fn in_order<'a>(runs: &[&'a Run]) -> Result<Vec<&'a Run>> {
    let mut runs = runs.to_vec();
    runs.sort_by(|a, b| a.manifest.id.cmp(&b.manifest.id));
    match runs.as_slice() {
        [_] => Ok(runs),
        [a, b] if a.manifest.id != b.manifest.id => Ok(runs),
        [_, _] => Err(Error::usage("both names mean the same run").hint("name two runs to review pairs of answers")),
        _ => Err(Error::usage(format!("{} runs cannot be reviewed together", runs.len())).hint("name one run or two")),
    }
}

/// One answer that a person can judge.
struct Answer<'a> {
    /// Index into the key's runs.
    run: usize,
    record: &'a Record,
    text: &'a str,
    hash: String,
}

/// A case with its answers, one for each run.
struct Found<'a> {
    case: &'a str,
    category: &'a str,
    answers: Vec<Answer<'a>>,
}

impl Found<'_> {
    fn item(mut self, number: usize, swapped: bool, origins: &mut BTreeMap<String, Origin>) -> Item {
        self.answers.dedup_by(|a, b| a.hash == b.hash);
        if swapped {
            self.answers.reverse();
        }
        let (prompt, reference) =
            self.answers.first().map(|a| (a.record.prompt.clone(), a.record.reference.clone())).unwrap_or_default();
        let answers = self.answers.into_iter().zip(["a", "b"]).map(|(answer, position)| {
            let id = format!("{number}{position}");
            let (case, repeat) = (answer.record.case.clone(), answer.record.repeat);
            origins.insert(id.clone(), Origin { run: answer.run, case, repeat, answer: answer.hash });
            Text { id, text: answer.text.to_string() }
        });
        Item { number, category: self.category.to_string(), prompt, reference, answers: answers.collect() }
    }
}

/// The cases that every run wrote a first answer to, in the order of the first run's.
fn pool<'a>(runs: &[&'a Run], split: Option<Split>) -> Vec<Found<'a>> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let counts = |record: &Record| record.weight.is_finite() && record.weight > 0.0;
    let mut others: Vec<BTreeMap<&str, Answer>> = others
        .iter()
        .enumerate()
        .map(|(index, run)| run.records.iter().filter_map(|r| Some((r.case.as_str(), answer(index + 1, r)?))).collect())
        .collect();
    let mut pool = Vec::new();
    for record in first.records.iter().filter(|r| counts(r) && split.is_none_or(|split| r.split == split)) {
        let Some(own) = answer(0, record) else { continue };
        let mut answers = vec![own];
        // Answers to another question under the same name are no pair.
        let same = |a: &Answer| a.record.prompt == record.prompt && counts(a.record);
        answers.extend(others.iter_mut().filter_map(|run| run.remove(record.case.as_str()).filter(|a| same(a))));
        if answers.len() == runs.len() {
            pool.push(Found { case: &record.case, category: &record.category, answers });
        }
    }
    pool
}

/// The record's answer, if it is the first one to its case and was written.
fn answer(run: usize, record: &Record) -> Option<Answer<'_>> {
    let answer = record.outcome.answer().filter(|answer| record.repeat == 0 && answer.stop != Stop::Scored)?;
    Some(Answer { run, record, text: &answer.text, hash: answer_hash(record)? })
}

/// The reviewer's part of the pool: what everybody reads, and every n-th of the rest.
fn deal<'a>(pool: Vec<Found<'a>>, options: &Assignment, dice: &Dice) -> Result<Vec<Found<'a>>> {
    if !(0.0..=1.0).contains(&options.overlap) {
        return Err(Error::usage(format!("an overlap of {} cannot be", options.overlap)).hint("give 0% to 100%"));
    }
    let mut roster: Vec<&str> = options.roster.iter().map(|name| name.trim()).collect();
    roster.sort_unstable();
    roster.dedup();
    if roster.is_empty() {
        return Ok(pool);
    }
    let mut files: BTreeMap<String, &str> = BTreeMap::new();
    for name in &roster {
        let file = book::slug(&Reviewer { name: name.to_string(), kind: ReviewerKind::Person })?;
        if let Some(other) = files.insert(file, name) {
            return Err(Error::usage(format!("the reviewers {other} and {name} cannot be told apart"))
                .hint("capitals and signs do not tell two names apart; write one of them otherwise"));
        }
    }
    let Some(place) = roster.iter().position(|name| *name == options.reviewer) else {
        let error = Error::usage(format!("{} is not among the reviewers", options.reviewer));
        return Err(
            error.hint(format!("give --reviewer one of {}, or add the name to the reviewers", roster.join(", ")))
        );
    };
    let shared = (options.overlap * pool.len() as f64).round() as usize;
    let mut spread = dice.spread(pool, "shared");
    let mut rest = spread.split_off(shared.min(spread.len()));
    // Dealt in turns, category after category, so that nobody has more than one above another, in a category and over all.
    rest.sort_by_cached_key(|found| (found.category, dice.throw(&["deal", found.case])));
    let dealt = rest.into_iter().skip(place).step_by(roster.len());
    spread.extend(dealt);
    if spread.is_empty() {
        return Err(Error::input(format!("nothing is left for {} to read", options.reviewer))
            .hint("there are more reviewers than answers; raise --overlap or name fewer reviewers"));
    }
    Ok(spread)
}

/// Chance that always falls the same way.
struct Dice {
    seed: String,
}

impl Dice {
    fn throw(&self, of: &[&str]) -> String {
        store::hash_of(&(&self.seed, of))
    }

    /// In an order of which every beginning holds each category by its share.
    fn spread<'a>(&self, pool: Vec<Found<'a>>, purpose: &str) -> Vec<Found<'a>> {
        let mut thrown: Vec<(String, Found)> =
            pool.into_iter().map(|found| (self.throw(&[purpose, found.case]), found)).collect();
        thrown.sort_by(|a, b| a.0.cmp(&b.0));
        let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
        for (_, found) in &thrown {
            *sizes.entry(found.category).or_default() += 1.0;
        }
        let mut seen: BTreeMap<&str, f64> = BTreeMap::new();
        let mut placed: Vec<(f64, Found)> = Vec::with_capacity(thrown.len());
        for (_, found) in thrown {
            let before = seen.entry(found.category).or_default();
            let size = sizes.get(found.category).copied().unwrap_or(1.0);
            placed.push(((*before + 0.5) / size, found));
            *before += 1.0;
        }
        // Stable: of equal places the one that was thrown lower comes first.
        placed.sort_by(|a, b| a.0.total_cmp(&b.0));
        placed.into_iter().map(|(_, found)| found).collect()
    }
}

#[cfg(test)]
mod tests;
