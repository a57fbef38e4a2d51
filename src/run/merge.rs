//! All shards of a run become the run that one machine would have made.

use super::question::{Question, part_hash};
use super::{Manifest, Part, Record, Reports, Run, Shard, VersionRef, engine_words};
use crate::words;
use engine::error::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Names given before "and 7 more".
const NAMES: usize = 8;

/// Joins shards into a new run, which is there in one step. Its records stand in the order of the whole plan, and are held
/// against its hash: what is merged is what was planned, or nothing is. A shard without any case need not be there.
///
/// # Errors
/// A run is no shard or not finished; shards do not belong together, with what differs; one is missing or there twice; a
/// record is missing or was edited; the disk refuses.
pub fn merge(reports: &Reports, shards: &[Run]) -> Result<Run> {
    let parts = parts(shards)?;
    let [(first, part), others @ ..] = parts.as_slice() else {
        return Err(Error::usage("there is no shard to merge").hint("name the runs, or the folder that holds them"));
    };
    let strange = others.iter().filter_map(|(run, other)| {
        let differs = differs((&first.manifest, part), (&run.manifest, other));
        (!differs.is_empty()).then(|| {
            Error::input(format!(
                "run {} is no part of what run {} is a part of: {}",
                run.manifest.id,
                first.manifest.id,
                differs.join("; ")
            ))
            .hint("merge shards that were made with the same command, but for its number")
        })
    });
    if let Some(error) = Error::gather(strange) {
        return Err(error);
    }
    let by_number = by_number(&parts, part)?;
    let records = records(&by_number, part)?;
    let mut lines = Vec::new();
    for record in &records {
        serde_json::to_writer(&mut lines, record).map_err(|e| Error::input(format!("cannot write a record: {e}")))?;
        lines.push(b'\n');
    }
    let (folder, manifest) = reports.take_in(manifest(&by_number, part), &lines)?;
    Ok(Run { folder, manifest, records })
}

/// The runs with what each is a part of.
fn parts(runs: &[Run]) -> Result<Vec<(&Run, &Part)>> {
    let fault = |run: &Run| {
        let id = &run.manifest.id;
        if run.manifest.shard.is_none() {
            return Some(Error::usage(format!("run {id} is no shard")).hint("leave it out; it is whole by itself"));
        }
        run.manifest.finished.is_none().then(|| {
            Error::input(format!("run {id} is not finished"))
                .hint(format!("finish it where it was begun: pmtune eval --resume {}", words::shell(id)))
        })
    };
    match Error::gather(runs.iter().filter_map(fault)) {
        Some(error) => Err(error),
        None => Ok(runs.iter().filter_map(|run| Some((run, run.manifest.shard.as_ref()?))).collect()),
    }
}

/// What differs between two shards besides their number, in words.
fn differs(a: (&Manifest, &Part), b: (&Manifest, &Part)) -> Vec<String> {
    let ((run_a, part_a), (run_b, part_b)) = (a, b);
    let mut words = version_differs(&run_a.version, &run_b.version);
    let suites: BTreeSet<&str> = [(run_a, run_b), (run_b, run_a)]
        .iter()
        .flat_map(|(one, other)| one.suites.iter().filter(|suite| !other.suites.contains(suite)))
        .map(|suite| suite.name.as_str())
        .collect();
    if !suites.is_empty() {
        words.push(format!("other suites ({})", words::few(&suites.into_iter().collect::<Vec<_>>(), NAMES)));
    }
    if part_a.cases != part_b.cases {
        words.push("other cases, or other numbers of repeats".to_string());
    }
    if part_a.shard.of != part_b.shard.of {
        words.push(format!("one of {} shards, not of {}", part_b.shard.of, part_a.shard.of));
    }
    if run_a.engine != run_b.engine {
        words.push(format!("answered by {}, not by {}", engine_words(&run_b.engine), engine_words(&run_a.engine)));
    }
    if run_a.pmtune != run_b.pmtune {
        words.push(format!("made by pmtune {}, not by {}", run_b.pmtune, run_a.pmtune));
    }
    if words.is_empty() && part_a.plan != part_b.plan {
        words.push("other prompts, checks, word lists, or cases that stand in the training data".to_string());
    }
    words
}

fn version_differs(a: &VersionRef, b: &VersionRef) -> Vec<String> {
    if a.name != b.name {
        return vec![format!("it is of {}, not of {}", b.name, a.name)];
    }
    let parts = [
        (a.base != b.base, "another base"),
        (a.adapter != b.adapter, "another adapter"),
        (a.system != b.system, "another system prompt"),
        (a.examples != b.examples, "other worked examples"),
        (a.sampling != b.sampling, "other sampling settings"),
        (a.template != b.template, "another chat template"),
        (a.routed != b.routed, "other routes"),
    ];
    parts.into_iter().filter(|(differs, _)| *differs).map(|(_, words)| words.to_string()).collect()
}

/// Every shard by its number.
///
/// # Errors
/// One is there twice; one that has cases is missing; one holds other cases than its own.
fn by_number<'a>(parts: &[(&'a Run, &'a Part)], whole: &Part) -> Result<BTreeMap<usize, &'a Run>> {
    let of = whole.shard.of;
    let mut found: BTreeMap<usize, Vec<&'a Run>> = BTreeMap::new();
    for (run, part) in parts {
        found.entry(part.shard.number).or_default().push(run);
    }
    let mut faults = Vec::new();
    for (number, runs) in found.iter().filter(|(_, runs)| runs.len() > 1) {
        let ids: Vec<&str> = runs.iter().map(|run| run.manifest.id.as_str()).collect();
        faults.push(
            Error::usage(format!("shard {number} of {of} is there {} times: {}", ids.len(), words::list(&ids)))
                .hint("name one of them"),
        );
    }
    let mut wanted: BTreeMap<usize, Vec<(String, u32)>> = BTreeMap::new();
    for case in &whole.cases {
        let number = (1..=of).find(|&number| Shard { number, of }.holds(&case.0)).unwrap_or(1);
        wanted.entry(number).or_default().push(case.clone());
    }
    let missing: Vec<usize> = wanted.keys().copied().filter(|number| !found.contains_key(number)).collect();
    if let Some(first) = missing.first() {
        let version = parts.first().map_or("VERSION", |(run, _)| run.manifest.version.name.as_str());
        let numbers: Vec<String> = missing.iter().map(usize::to_string).collect();
        faults.push(
            Error::missing(format!(
                "{} {} of {of} {} missing",
                words::noun(missing.len(), "shard"),
                words::list_at_most(&numbers, NAMES),
                words::either(missing.len(), "is", "are")
            ))
            .hint(format!(
                "make it with the flags of the others: pmtune eval {} --shard {first}/{of}",
                words::shell(version)
            )),
        );
    }
    for (run, part) in parts {
        if run.manifest.cases != *wanted.entry(part.shard.number).or_default() {
            faults.push(damaged(run, "holds other cases than its own"));
        }
    }
    match Error::gather(faults) {
        Some(error) => Err(error),
        None => Ok(found.into_iter().filter_map(|(number, runs)| Some((number, *runs.first()?))).collect()),
    }
}

fn damaged(run: &Run, what: &str) -> Error {
    Error::input(format!("run {} ({}) {what}", run.manifest.id, run.folder.display()))
        .hint("it was edited or damaged; bring it over again, or make that shard anew")
}

/// The records of all shards in the order of the whole.
fn records(shards: &BTreeMap<usize, &Run>, whole: &Part) -> Result<Vec<Record>> {
    let mut stored: BTreeMap<(&str, u32), &Record> = BTreeMap::new();
    for run in shards.values() {
        let wanted: usize = run.manifest.cases.iter().map(|(_, repeats)| *repeats as usize).sum();
        if run.records.len() != wanted {
            return Err(damaged(run, &format!("holds {} of {wanted} answers", run.records.len())));
        }
        stored.extend(run.records.iter().map(|record| ((record.case.as_str(), record.repeat), record)));
    }
    let keys = whole.cases.iter().flat_map(|(case, repeats)| (0..*repeats).map(move |n| (case.as_str(), n)));
    let records: Vec<Record> = keys.filter_map(|key| stored.get(&key).map(|record| (*record).clone())).collect();
    if part_hash(records.iter().map(Question::of_record)) != whole.plan {
        let ids: Vec<&str> = shards.values().map(|run| run.manifest.id.as_str()).collect();
        return Err(Error::input(format!(
            "the records of {} are not those that were planned: a case, its checks or its prompt is another",
            words::list_at_most(&ids, NAMES)
        ))
        .hint("a run was edited or damaged; bring the shards over again, or make them anew"));
    }
    Ok(records)
}

/// The whole run's, as if it had begun with the first shard and ended with the last. Its name is yet to be given.
fn manifest(shards: &BTreeMap<usize, &Run>, whole: &Part) -> Manifest {
    let all: Vec<&Manifest> = shards.values().map(|run| &run.manifest).collect();
    let mut notes: Vec<String> = Vec::new();
    for note in all.iter().flat_map(|manifest| &manifest.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    let first = all[0];
    Manifest {
        id: String::new(),
        cases: whole.cases.clone(),
        started: all.iter().map(|manifest| manifest.started).min().unwrap_or(first.started),
        finished: all.iter().filter_map(|manifest| manifest.finished).max(),
        shard: None,
        merged_from: all.iter().map(|manifest| manifest.id.clone()).collect(),
        rescored_from: None,
        notes,
        ..first.clone()
    }
}
