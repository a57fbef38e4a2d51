//! Checks held to answers that somebody else wrote and labelled good or bad (`tests/labelled/*.yaml`).
//!
//! The items at even places are the development half: checks were mended on them. Nobody read those at odd places while
//! mending; they tell how well a check does on answers it has not seen. Sensitivity is the share of bad answers that fail,
//! specificity the share of good ones that pass. Both must stay where they were, rounded down to 0.05.

use pmtune::check::{self, Check, Subject};
use pmtune::provider::{Answer, Stop};
use pmtune::yaml;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Item {
    prompt: String,
    /// The parameters of the check.
    wants: Map<String, Value>,
    answer: String,
    good: bool,
    /// Why it is good or bad.
    why: String,
}

/// What each half reached, as sensitivity and specificity: the development half, then the other. 0 where a half has no bad
/// or no good answers: some files put them in turn, so that one half has all of a kind.
const REACHED: [(&str, [(f64, f64); 2]); 10] = [
    ("mentions", [(1.0, 1.0), (0.85, 1.0)]),
    ("together", [(1.0, 1.0), (1.0, 1.0)]),
    ("direction", [(1.0, 1.0), (1.0, 1.0)]),
    ("not-echo", [(0.9, 0.0), (0.0, 1.0)]),
    ("json-values", [(1.0, 1.0), (1.0, 1.0)]),
    ("status-update", [(0.0, 0.65), (0.65, 0.0)]),
    ("acceptance-criteria", [(0.0, 0.8), (1.0, 0.0)]),
    ("prd", [(0.0, 0.85), (0.75, 0.0)]),
    ("grounded-numbers", [(0.0, 0.95), (0.75, 0.0)]),
    ("lists-and-sections", [(0.0, 1.0), (0.75, 0.0)]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/labelled")
}

fn items(name: &str) -> Vec<Item> {
    let text = std::fs::read_to_string(folder().join(format!("{name}.yaml"))).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The check that an item is for, as a suite would write it.
fn check(file: &str, wants: &Map<String, Value>) -> Check {
    let mut written = wants.clone();
    let kind = match (written.remove("items"), written.remove("sections")) {
        (Some(items), _) if file == "lists-and-sections" => {
            written.extend([("min".to_string(), items.clone()), ("max".to_string(), items)]);
            "list-items"
        }
        (_, Some(sections)) if file == "lists-and-sections" => {
            written.insert("value".to_string(), sections);
            "sections"
        }
        _ => file,
    };
    written.insert("type".to_string(), json!(kind));
    let node = yaml::parse(&Value::Object(written).to_string(), Path::new(file)).unwrap_or_else(|e| panic!("{e}"));
    check::parse(&node).unwrap_or_else(|e| panic!("{e}"))
}

fn passes(check: &Check, item: &Item) -> (bool, String) {
    let answer = Answer {
        text: item.answer.clone(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 1,
        output_tokens: 1,
        seconds: 0.1,
        reference_nll: None,
        likelihoods: Vec::new(),
    };
    let verdict = check.judge(&Subject { prompt: &item.prompt, reference: None, choices: &[], answer: &answer });
    (verdict.passed(), verdict.reason().to_string())
}

/// Bad answers that failed and good ones that passed, each of how many.
#[derive(Default)]
struct Tally {
    bad: [usize; 2],
    good: [usize; 2],
}

impl Tally {
    /// Sensitivity and specificity; `None` where a half has no such answers.
    fn rates(&self) -> [Option<f64>; 2] {
        [self.bad, self.good].map(|[right, all]| (all > 0).then(|| right as f64 / all as f64))
    }

    fn told(&self) -> String {
        let told = |([right, all], rate): ([usize; 2], Option<f64>)| {
            rate.map_or_else(|| "none".to_string(), |rate| format!("{rate:.2} ({right}/{all})"))
        };
        [self.bad, self.good].into_iter().zip(self.rates()).map(told).collect::<Vec<_>>().join(" | ")
    }
}

#[test]
fn checks_do_as_well_as_they_did_on_labelled_answers() {
    let mut faults = Vec::new();
    println!(
        "| check | sensitivity, development | specificity, development | sensitivity, other | specificity, other |"
    );
    println!("|---|---|---|---|---|");
    for (name, reached) in REACHED {
        let mut halves = [Tally::default(), Tally::default()];
        for (at, item) in items(name).iter().enumerate() {
            let (passed, reason) = passes(&check(name, &item.wants), item);
            let counts = if item.good { &mut halves[at % 2].good } else { &mut halves[at % 2].bad };
            counts[0] += usize::from(passed == item.good);
            counts[1] += 1;
            // Of the other half only counts are told, so that no one mends on it unawares.
            if passed != item.good && at % 2 == 0 {
                let label = if item.good { "good" } else { "bad" };
                eprintln!("{name} {at}, {label} ({}): {reason}", item.why);
            }
        }
        println!("| `{name}` | {} | {} |", halves[0].told(), halves[1].told());
        for ((half, tally), (sensitivity, specificity)) in ["development", "other"].iter().zip(&halves).zip(reached) {
            let [sensitive, specific] = tally.rates();
            if sensitive.is_some_and(|rate| rate < sensitivity) || specific.is_some_and(|rate| rate < specificity) {
                faults.push(format!("{name}, {half} half: {} | was {sensitivity} | {specificity}", tally.told()));
            }
        }
    }
    assert!(faults.is_empty(), "worse than before:\n{}", faults.join("\n"));
}
