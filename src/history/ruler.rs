//! What a group of cases was measured with, and in words what changed about it between two runs.

use crate::run::{CONTAMINATED, Manifest, Run, engine_words};
use crate::suite::Split;
use crate::words;
use engine::store;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Names given before "and 7 more".
const NAMES: usize = 5;

/// All that decides what a case's value means.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Print {
    /// Hash of the prompt.
    prompt: String,
    /// `None` where people judged, for whom checks mean nothing.
    judge: Option<String>,
    pub split: Split,
    pub category: String,
    weight: f64,
    contaminated: bool,
}

/// Every case of a run by its id.
pub(super) type Cases = BTreeMap<String, Print>;

pub(super) fn cases(run: &Run) -> Cases {
    let print = |record: &crate::run::Record| Print {
        prompt: store::hash(record.prompt.as_bytes()),
        judge: Some(record.judge_hash.clone()),
        split: record.split,
        category: record.category.clone(),
        weight: record.weight,
        contaminated: record.tags.iter().any(|tag| tag == CONTAMINATED),
    };
    run.records.iter().map(|record| (record.case.clone(), print(record))).collect()
}

/// The ruler of one group of cases in one run.
#[derive(Debug, Clone)]
pub(super) struct Ruler<'a> {
    pub manifest: &'a Manifest,
    /// All cases of the run, also those outside the group: a case may have moved.
    all: &'a Cases,
    /// The group's.
    members: Cases,
    /// Who judged, where people did.
    reviewers: BTreeSet<&'a str>,
}

impl<'a> Ruler<'a> {
    pub fn new(manifest: &'a Manifest, all: &'a Cases, member: impl Fn(&Print) -> bool) -> Self {
        let members = all.iter().filter(|(_, print)| member(print)).map(|(id, print)| (id.clone(), print.clone()));
        Self { manifest, all, members: members.collect(), reviewers: BTreeSet::new() }
    }

    /// The ruler of people: the cases they rated, and who they are.
    pub fn of_people(self, rated: &BTreeSet<&str>, reviewers: BTreeSet<&'a str>) -> Self {
        let judged = self.members.into_iter().filter(|(id, _)| rated.contains(id.as_str()));
        let members = judged.map(|(id, print)| (id, Print { judge: None, ..print })).collect();
        Self { members, reviewers, ..self }
    }

    pub fn same(&self, other: &Self) -> bool {
        self.members == other.members
            && self.manifest.version.sampling == other.manifest.version.sampling
            && self.reviewers == other.reviewers
            && !self.other_template(other)
            && self.manifest.engine == other.manifest.engine
    }

    /// The template belongs to the base, so another base may have another one.
    fn other_template(&self, other: &Self) -> bool {
        let (a, b) = (&self.manifest.version, &other.manifest.version);
        a.base == b.base && a.template != b.template
    }

    /// Whether this run asked only some of the cases that `other` asked, by choice (`--limit`, `--suite`): those it
    /// left out stand in the very same suite files, or in suites that come back: `returning` are those which some
    /// earlier and some later run has.
    pub fn part_of(&self, other: &Self, returning: &BTreeSet<&str>) -> bool {
        let same = |(id, print): (&String, &Print)| other.members.get(id) == Some(print);
        if self.members.len() >= other.members.len()
            || self.reviewers != other.reviewers
            || self.manifest.version.sampling != other.manifest.version.sampling
            || self.manifest.engine != other.manifest.engine
            || !self.members.iter().all(same)
        {
            return false;
        }
        let hash = |manifest: &'a Manifest, name: &str| {
            manifest.suites.iter().find(|suite| suite.name == name).map(|suite| suite.hash.as_str())
        };
        other.members.keys().filter(|id| !self.members.contains_key(*id)).all(|id| {
            let suite = suite_of(id);
            // Asked, and yet no longer of the group: it moved.
            if self.all.contains_key(id) {
                return false;
            }
            match (hash(self.manifest, suite), hash(other.manifest, suite)) {
                (Some(mine), Some(theirs)) => mine == theirs,
                (None, Some(_)) => returning.contains(suite),
                _ => false,
            }
        })
    }

    /// What is different now, in words; empty when nothing is.
    pub fn change_since(&self, before: &Self) -> String {
        let mut words = Vec::new();
        words.extend(self.cases_changed(before));
        words.extend(sampling(&before.manifest.version.sampling, &self.manifest.version.sampling));
        if self.other_template(before) {
            words.push("the chat template changed".to_string());
        }
        if self.manifest.engine != before.manifest.engine {
            let [now, then] = [self, before].map(|ruler| engine_words(&ruler.manifest.engine));
            words.push(format!("answered by {now} instead of {then}"));
        }
        if self.reviewers != before.reviewers {
            let names = |who: &BTreeSet<&str>| who.iter().copied().collect::<Vec<_>>().join(", ");
            words.push(format!("judged by {} instead of {}", names(&self.reviewers), names(&before.reviewers)));
        }
        words.join("; ")
    }

    fn cases_changed(&self, before: &Self) -> Vec<String> {
        let mut changes: BTreeMap<Aspect, Vec<&str>> = BTreeMap::new();
        let ids: BTreeSet<&String> = self.members.keys().chain(before.members.keys()).collect();
        for id in ids {
            if let Some(aspect) = self.aspect(before, id) {
                changes.entry(aspect).or_default().push(id);
            }
        }
        changes.iter().map(|(aspect, ids)| aspect.words(ids)).collect()
    }

    /// The most telling thing that changed about a case.
    fn aspect(&self, before: &Self, id: &str) -> Option<Aspect> {
        let (was, is) = match (before.members.get(id), self.members.get(id)) {
            (Some(was), Some(is)) => (was, is),
            // In the group once only: new, gone, or moved here or away.
            (was, is) => {
                let moved = before.all.get(id).zip(self.all.get(id));
                return Some(match moved {
                    Some((was, is)) if was.split != is.split => Aspect::Half,
                    Some((was, is)) if was.category != is.category => Aspect::Category,
                    Some(_) if is.is_some() => Aspect::Rated,
                    Some(_) => Aspect::Unrated,
                    None if was.is_none() => Aspect::Added,
                    None => Aspect::Removed,
                });
            }
        };
        let differs = [
            (was.contaminated != is.contaminated, if is.contaminated { Aspect::SetApart } else { Aspect::NotApart }),
            (was.prompt != is.prompt, Aspect::Prompt),
            (was.judge != is.judge, Aspect::Checks),
            (was.category != is.category, Aspect::Category),
            (was.weight != is.weight, Aspect::Weight),
        ];
        differs.into_iter().find(|(differs, _)| *differs).map(|(_, aspect)| aspect)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Aspect {
    Added,
    Removed,
    Half,
    Category,
    Prompt,
    Checks,
    SetApart,
    NotApart,
    Weight,
    Rated,
    Unrated,
}

impl Aspect {
    fn words(self, ids: &[&str]) -> String {
        let (count, list) = (words::count(ids.len(), "case"), |ids| words::few(ids, NAMES));
        match self {
            Self::Added => format!("{count} added to {}", suites(ids)),
            Self::Removed => format!("{count} of {} removed or not asked", suites(ids)),
            Self::Half => format!("{count} moved between dev and held-out: {}", list(ids)),
            Self::Category => format!("{count} moved to another category: {}", list(ids)),
            Self::Prompt => format!("prompts changed for {count}: {}", list(ids)),
            Self::Checks => format!("checks changed for {count}: {}", list(ids)),
            Self::SetApart => format!("{count} set apart because the training data gives them away: {}", list(ids)),
            Self::NotApart => format!("{count} no longer set apart: {}", list(ids)),
            Self::Weight => format!("weights changed for {count}: {}", list(ids)),
            Self::Rated => format!("people judged {count} more"),
            Self::Unrated => format!("people did not judge {count}"),
        }
    }
}

fn suites(ids: &[&str]) -> String {
    let names: BTreeSet<&str> = ids.iter().map(|id| suite_of(id)).collect();
    words::few(&names.into_iter().collect::<Vec<_>>(), NAMES)
}

/// `format-consistency` of `format-consistency/story`.
pub(super) fn suite_of(id: &str) -> &str {
    id.split_once('/').map_or(id, |(suite, _)| suite)
}

/// "sampling changed: temperature 0.0 → 0.7".
fn sampling(before: &engine::generate::Sampling, after: &engine::generate::Sampling) -> Option<String> {
    // A whole schema is too long for a line, and that answers may be anything is not written down.
    let json = (before.json != after.json).then(|| format!("json {} → {}", before.json, after.json));
    let fields = |sampling| serde_json::to_value(sampling).ok();
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (fields(before), fields(after)) else {
        return None;
    };
    let plain = |value: Option<&Value>| value.filter(|v| !v.is_null()).map_or("off".to_string(), Value::to_string);
    let differing: Vec<String> = after
        .iter()
        .filter(|(key, value)| *key != "json" && before.get(*key) != Some(value))
        .map(|(key, value)| format!("{} {} → {}", key.replace('_', " "), plain(before.get(key)), plain(Some(value))))
        .chain(json)
        .collect();
    (!differing.is_empty()).then(|| format!("sampling changed: {}", differing.join(", ")))
}
