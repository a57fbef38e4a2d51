//! What changed between two versions: base, data, recipe, prompts, and how the training went.

use super::{BaseRecord, Manifest, Trained};
use crate::words;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Sections with at least one change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    pub title: &'static str,
    pub changes: Vec<Change>,
}

/// One thing that differs. A side without it is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What `b` has otherwise than `a`.
pub fn diff(a: &Manifest, b: &Manifest) -> Diff {
    let (trained_a, trained_b) = (a.training.as_ref(), b.training.as_ref());
    let all = [
        ("Made from", made_from(a, b)),
        ("Training data", data(trained_a, trained_b)),
        ("Recipe", fields(recipe(trained_a), recipe(trained_b))),
        ("Prompt and sampling", prompts(a, b)),
        ("Training", results(trained_a, trained_b)),
    ];
    let sections = all.into_iter().map(|(title, changes)| Section { title, changes });
    Diff { sections: sections.filter(|section| !section.changes.is_empty()).collect() }
}

fn change(what: &str, before: Option<String>, after: Option<String>) -> Option<Change> {
    (before != after).then(|| Change { what: what.to_string(), before, after })
}

fn made_from(a: &Manifest, b: &Manifest) -> Vec<Change> {
    let weights = |base: &BaseRecord| base.sha256.as_deref().map(words::short_hash);
    let adapter = |m: &Manifest| {
        let hash = m.recorded_adapter_hash().map(|hash| words::short_hash(&hash));
        m.adapter.as_ref().map(|_| hash.unwrap_or_else(|| "an adapter without a hash".into()))
    };
    let line = |m: &Manifest| m.parent.clone();
    let thinking = |m: &Manifest| m.thinking.then(|| "on".to_string());
    let template = |m: &Manifest| m.template.map(|template| template.name().to_string());
    [
        change("base", Some(a.base.name.clone()), Some(b.base.name.clone())),
        change("base weights", weights(&a.base), weights(&b.base)),
        change("parent", line(a), line(b)),
        change("adapter", adapter(a), adapter(b)),
        change("template", template(a), template(b)),
        change("thinking", thinking(a), thinking(b)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Files of examples that were added, left out or edited.
fn data(a: Option<&Trained>, b: Option<&Trained>) -> Vec<Change> {
    let (a, b) = (files(a), files(b));
    let paths: BTreeSet<&str> = a.keys().chain(b.keys()).copied().collect();
    let told = |file: &(usize, usize, &str)| match file {
        (examples, 0, _) => words::count(*examples, "example"),
        (examples, held_out, _) => {
            format!("{}, {held_out} for validation", words::count(examples + held_out, "example"))
        }
    };
    let changed = |path: &str| {
        let (before, after) = (a.get(path), b.get(path));
        if before == after {
            return None;
        }
        let edited = before.zip(after).is_some_and(|(x, y)| x.2 != y.2);
        let after_words = after.map(|file| format!("{}{}", told(file), if edited { ", edited" } else { "" }));
        Some(Change { what: path.to_string(), before: before.map(told), after: after_words })
    };
    paths.into_iter().filter_map(changed).collect()
}

/// Examples trained on, examples for validation and hash of each file.
fn files(trained: Option<&Trained>) -> BTreeMap<&str, (usize, usize, &str)> {
    let mut found: BTreeMap<&str, (usize, usize, &str)> = BTreeMap::new();
    let Some(trained) = trained else { return found };
    for file in &trained.files {
        found.entry(&file.path).or_insert((0, 0, &file.sha256)).0 += file.examples;
    }
    for file in &trained.validation_files {
        found.entry(&file.path).or_insert((0, 0, &file.sha256)).1 += file.examples;
    }
    found
}

fn recipe(trained: Option<&Trained>) -> Option<Value> {
    serde_json::to_value(&trained?.recipe).ok()
}

/// The keys of two objects whose values differ.
fn fields(a: Option<Value>, b: Option<Value>) -> Vec<Change> {
    let empty = serde_json::Map::new();
    let a = a.as_ref().and_then(Value::as_object).unwrap_or(&empty);
    let b = b.as_ref().and_then(Value::as_object).unwrap_or(&empty);
    let keys: Vec<&String> = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).collect();
    keys.into_iter().filter_map(|key| change(key, a.get(key).map(plain), b.get(key).map(plain))).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "all".into(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn prompts(a: &Manifest, b: &Manifest) -> Vec<Change> {
    let examples = |m: &Manifest| (!m.examples.is_empty()).then(|| words::count(m.examples.len(), "example"));
    let mut changes: Vec<Change> = [
        change("system prompt", a.system.clone(), b.system.clone()),
        change("worked examples", examples(a), examples(b)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if examples(a) == examples(b) && a.examples != b.examples {
        let same = words::count(a.examples.len(), "example");
        changes.push(Change {
            what: "worked examples".into(),
            before: Some(same),
            after: Some("as many others".into()),
        });
    }
    changes.extend(fields(serde_json::to_value(&a.sampling).ok(), serde_json::to_value(&b.sampling).ok()));
    changes
}

fn results(a: Option<&Trained>, b: Option<&Trained>) -> Vec<Change> {
    let figures = |t: &Trained| {
        let loss = |x: Option<f64>| x.map(|x| format!("{x:.3}"));
        [
            ("examples trained on", Some(t.examples.to_string())),
            ("validation examples", Some(t.validation.to_string())),
            ("steps", Some(t.steps.to_string())),
            ("best epoch", t.best_epoch.map(|e| e.to_string())),
            ("loss on training examples", loss(t.training_loss)),
            ("loss on validation examples", loss(t.validation_loss)),
            ("minutes", t.seconds.map(|seconds| format!("{:.1}", seconds / 60.0))),
            ("pmtune", Some(t.pmtune.clone())),
        ]
    };
    let (a, b) = (a.map(figures), b.map(figures));
    let names = a.iter().chain(&b).next().map(|all| all.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let at = |side: &Option<[(&str, Option<String>); 8]>, i: usize| side.as_ref().and_then(|all| all.get(i)?.1.clone());
    let names = names.unwrap_or_default().into_iter().enumerate();
    names.filter_map(|(i, name)| change(name, at(&a, i), at(&b, i))).collect()
}
