//! Two runs may be compared when they differ in nothing but the version: the same questions, asked and judged alike.

use super::comparison::Outcomes;
use crate::run::{Record, Run, SamplingChange, VersionRef, engine_words, sampling_changes};
use crate::words::{count, few};
use std::collections::BTreeMap;

/// Names given before "and 7 more".
const NAMES: usize = 5;

/// What differs between the runs besides the version itself, in words; empty when they are comparable. Base, adapter,
/// system prompt and examples are what is compared; so is the chat template when the base is another,
/// or when one of them thinks.
pub(super) fn differences(a: &Run, b: &Run, labels: Outcomes<&str>) -> Vec<String> {
    let (version_a, version_b) = (&a.manifest.version, &b.manifest.version);
    template(version_a, version_b)
        .into_iter()
        .chain(engines(a, b, labels))
        .chain(sampling(version_a, version_b, labels))
        .chain(cases(a, b))
        .collect()
}

fn template(a: &VersionRef, b: &VersionRef) -> Option<String> {
    (a.base == b.base && a.thinks == b.thinks && a.template != b.template)
        .then(|| "the chat templates differ although the base is the same".to_string())
}

/// The same weights answer a little differently on another engine. What stands behind an address is another model anyway.
fn engines(a: &Run, b: &Run, labels: Outcomes<&str>) -> Option<String> {
    let (x, y) = (&a.manifest, &b.manifest);
    let known = x.version.template.is_some() && y.version.template.is_some();
    (known && x.engine != y.engine).then(|| {
        let (x, y) = (engine_words(&x.engine), engine_words(&y.engine));
        format!("the engines differ: {} was answered by {x}, {} by {y}", labels.a, labels.b)
    })
}

/// Of a routed run, that of every version it asks.
fn sampling(a: &VersionRef, b: &VersionRef, labels: Outcomes<&str>) -> Option<String> {
    let pairs = a.members().iter().flat_map(|a| b.members().iter().map(move |b| (&a.sampling, &b.sampling)));
    let changes = pairs.flat_map(|(a, b)| sampling_changes(a, b));
    let mut differing: Vec<String> = Vec::new();
    for SamplingChange { name, a: x, b: y } in changes {
        let words = format!("{name} {x} for {}, {y} for {}", labels.a, labels.b);
        if !differing.contains(&words) {
            differing.push(words);
        }
    }
    (!differing.is_empty()).then(|| format!("the sampling settings differ: {}", differing.join("; ")))
}

type Differs = fn(&Record, &Record) -> bool;

/// What may differ about a case, most telling first.
const ASPECTS: &[(&str, Differs)] = &[
    ("prompts", |a, b| a.prompt != b.prompt),
    ("checks, their versions, word lists, threshold or reference", |a, b| a.judge_hash != b.judge_hash),
    ("halves (dev, held-out)", |a, b| a.split != b.split),
    ("categories", |a, b| a.category != b.category),
    ("clusters", |a, b| a.cluster != b.cluster),
    ("weights", |a, b| a.weight != b.weight),
];

/// Cases of both runs that were not the same case when they ran.
fn cases(a: &Run, b: &Run) -> Vec<String> {
    let (of_a, of_b) = (by_case(a), by_case(b));
    let both: Vec<(&Record, &Record)> =
        of_a.iter().filter_map(|(case, record)| Some((*record, *of_b.get(case)?))).collect();
    ASPECTS
        .iter()
        .filter_map(|(aspect, differs)| {
            let names: Vec<&str> = both.iter().filter(|(x, y)| differs(x, y)).map(|(x, _)| x.case.as_str()).collect();
            (!names.is_empty())
                .then(|| format!("the {aspect} differ for {}: {}", count(names.len(), "case"), few(&names, NAMES)))
        })
        .collect()
}

fn by_case(run: &Run) -> BTreeMap<&str, &Record> {
    run.records.iter().map(|record| (record.case.as_str(), record)).collect()
}
