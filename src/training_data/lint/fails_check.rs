//! Examples that would fail what the suites ask of their kind (`pmtune data check --against suites`).
//!
//! A case's tags say which kind of document it asks for; its checks, which of them such a document has to pass. Only
//! checks that mean the same without the case's own facts are taken, each with its defaults.

use super::options::Options;
use super::{Code, Finding};
use crate::check::{Check, Lexicon, Subject, Verdict, kinds, parse_among};
use crate::provider::{Answer, Stop};
use crate::suite::Suite;
use crate::training_data::Example;
use crate::training_data::Severity::Warning;
use crate::training_data::kind::{Kind, kind_of};
use crate::yaml;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code = Code::new(
    "fails-check",
    Warning,
    "The answer fails a check that suites use for its kind; looked for with `--against suites` only.",
);

/// Checks that need no facts of a case, and what stands for those that do.
const TAKEN: &[(&str, &str)] = &[
    ("user-story", "user-story"),
    ("acceptance-criteria", "acceptance-criteria"),
    ("okr", "okr"),
    ("prd", "prd"),
    ("status-update", "status-update"),
    ("metric", "metric"),
    ("prioritised-list", "prioritised-list"),
    ("grounded-numbers", "grounded-numbers"),
    ("is-json", "is-json"),
    ("json-schema", "is-json"),
    ("table", "table"),
];

/// A check of this name with its defaults.
pub(super) fn with_defaults(name: &str, lexicon: &Arc<Lexicon>) -> Option<Check> {
    let node = yaml::parse(&format!("{{type: {name}}}"), Path::new("data check")).ok()?;
    parse_among(&kinds().collect::<Vec<_>>(), lexicon, &node).ok()
}

/// What a check says of an example's output, as of an answer to its prompt.
pub(super) fn judged(check: &Check, prompt: &str, output: &str) -> Verdict {
    let answer = Answer {
        text: output.to_string(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 0,
        output_tokens: 0,
        seconds: 0.0,
        reference_nll: None,
        likelihoods: Vec::new(),
    };
    check.judge(&Subject { prompt, reference: None, choices: &[], answer: &answer })
}

/// For each tag of a case, the checks that its cases use.
fn checks(suites: &[Suite], lexicon: &Arc<Lexicon>) -> BTreeMap<String, Vec<Check>> {
    let mut names: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for case in suites.iter().flat_map(|suite| &suite.cases) {
        let used = case.checks.iter().filter(|check| !check.negated && check.weight > 0.0);
        let taken = used.filter_map(|used| TAKEN.iter().find(|(name, _)| *name == used.name));
        let taken: Vec<&str> = taken.map(|(_, stands_for)| *stands_for).collect();
        for tag in &case.tags {
            names.entry(tag.clone()).or_default().extend(taken.iter().copied());
        }
    }
    let parsed = |names: BTreeSet<&str>| names.into_iter().filter_map(|name| with_defaults(name, lexicon)).collect();
    names.into_iter().map(|(tag, names)| (tag, parsed(names))).collect()
}

/// An example that fails what is asked of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Which of the examples.
    pub example: usize,
    pub kind: &'static Kind,
    pub check: String,
    pub reason: String,
}

/// Every example that fails a check which these suites use for its kind, in the order of the examples.
pub fn contradictions(examples: &[Example], suites: &[Suite], lexicon: &Arc<Lexicon>) -> Vec<Contradiction> {
    let checks = checks(suites, lexicon);
    let found = examples.par_iter().enumerate().flat_map_iter(|(at, example)| {
        let of_kind = kind_of(example).and_then(|kind| Some((kind, checks.get(kind.tag)?)));
        let prompt = example.prompt();
        let (kind, checks) = of_kind.map_or((None, &[][..]), |(kind, checks)| (Some(kind), checks.as_slice()));
        checks.iter().filter_map(move |check| match judged(check, &prompt, &example.output) {
            Verdict::Fail { reason, .. } => {
                Some(Contradiction { example: at, kind: kind?, check: check.name.clone(), reason })
            }
            _ => None,
        })
    });
    found.collect()
}

pub(super) fn find(examples: &[Example], options: &Options<'_>) -> Vec<Finding> {
    let finding = |found: Contradiction| {
        let message = format!("this {} fails the check `{}`: {}", found.kind.name, found.check, found.reason);
        let remedy = "mend it as the check says; the model learns the answers that it is shown";
        Finding::new(&CODE, &examples[found.example].place, message, remedy)
    };
    contradictions(examples, options.suites, options.lexicon).into_iter().map(finding).collect()
}
