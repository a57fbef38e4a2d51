//! Whether a stored run still speaks of today's suites: the same cases, asked and judged alike.

use super::{CONTAMINATED, Plan, Record, Run};
use crate::suite::{Case, Suite};
use crate::words::{count, few};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Names given before "and 7 more".
const NAMES: usize = 5;

/// What is not as it was when the run was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stale {
    /// A part of a sentence for each kind of change; empty where nothing changed.
    pub words: Vec<String>,
    /// The questions are still the same: judging the stored answers again is enough.
    pub judging_only: bool,
}

/// A case of the run as it is today.
struct Today<'a> {
    case: &'a Case,
    /// What the run's version would be asked today, as a hash for each repeat.
    keys: Vec<&'a str>,
}

/// What may have changed about a case, most telling first; whether another question is asked by it; and how to see it.
type Aspect = (&'static str, bool, fn(&Record, &Today<'_>) -> bool);

const ASPECTS: [Aspect; 9] = [
    ("the prompt changed", true, |record, today| record.prompt != today.case.prompt),
    ("the system prompt, choices, reference or sampling changed", true, |record, today| {
        today.keys.first() != Some(&record.answer_key.as_str())
    }),
    // The hash of what judges holds these two as well.
    ("the weight changed", false, |record, today| !contaminated(record) && record.weight != today.case.weight),
    ("`require` changed", false, |record, today| record.require != today.case.require),
    ("the checks, their word lists, threshold or reference changed", false, |record, today| {
        record.judge_hash != today.case.judge_hash
    }),
    ("the half (dev, held-out) changed", false, |record, today| record.split != today.case.split),
    ("the category changed", false, |record, today| record.category != today.case.category),
    ("the cluster changed", false, |record, today| record.cluster != today.case.cluster),
    ("the tags changed", false, |record, today| {
        record.tags.iter().filter(|tag| *tag != CONTAMINATED).ne(today.case.tags.iter())
    }),
];

/// A case that training data gave away when the run was made; that is no edit of the suite.
fn contaminated(record: &Record) -> bool {
    record.tags.iter().any(|tag| tag == CONTAMINATED)
}

/// Holds what a run recorded against `suites` as they are now. The version is taken as recorded.
pub fn stale(run: &Run, suites: &[Suite]) -> Stale {
    let plan = Plan::new(run.manifest.version.clone(), suites).on(run.manifest.engine.clone());
    let mut today: HashMap<&str, Today<'_>> =
        plan.cases.iter().map(|case| (case.id.as_str(), Today { case, keys: Vec::new() })).collect();
    for item in &plan.items {
        if let Some(today) = today.get_mut(plan.cases[item.case].id.as_str()) {
            today.keys.push(&item.answer_key);
        }
    }
    let mut first: HashMap<&str, &Record> = HashMap::new();
    for record in &run.records {
        first.entry(&record.case).or_insert(record);
    }
    let (mut gone, mut repeats) = (Vec::new(), Vec::new());
    let mut changed: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (id, asked) in &run.manifest.cases {
        let Some(now) = today.get(id.as_str()) else {
            gone.push(id.as_str());
            continue;
        };
        let aspect = first.get(id.as_str()).and_then(|record| ASPECTS.iter().position(|(.., seen)| seen(record, now)));
        match aspect {
            Some(aspect) => changed.entry(aspect).or_default().push(id),
            None if now.keys.len() != *asked as usize => repeats.push(id.as_str()),
            None => {}
        }
    }
    let added = added(run, suites);
    let judging_only =
        gone.is_empty() && added.is_empty() && repeats.is_empty() && changed.keys().all(|aspect| !ASPECTS[*aspect].1);
    let of_cases = |what: &str, ids: &[&str]| format!("{what}: {} ({})", count(ids.len(), "case"), few(ids, NAMES));
    let mut words = Vec::new();
    words.extend((!gone.is_empty()).then(|| of_cases("removed from the suites", &gone)));
    words.extend((!added.is_empty()).then(|| of_cases("never asked, in a suite edited since", &added)));
    words.extend(changed.iter().map(|(aspect, ids)| of_cases(ASPECTS[*aspect].0, ids)));
    words.extend((!repeats.is_empty()).then(|| of_cases("`repeat` changed", &repeats)));
    Stale { judging_only, words }
}

/// Cases that a suite of the run has today and the run never asked. Where the file is the very same, they were left out
/// by choice (`--limit`, `--split`).
fn added<'a>(run: &Run, suites: &'a [Suite]) -> Vec<&'a str> {
    let asked: HashSet<&str> = run.manifest.cases.iter().map(|(id, _)| id.as_str()).collect();
    let edited = |suite: &&Suite| run.manifest.suites.iter().any(|s| s.name == suite.name && s.hash != suite.hash);
    let cases = suites.iter().filter(edited).flat_map(|suite| &suite.cases).map(|case| case.id.as_str());
    cases.filter(|id| !asked.contains(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Scripted;
    use crate::run::{Reports, VersionRef, execute};
    use crate::suite::load_str;
    use engine::generate::Sampling;
    use std::ops::ControlFlow;

    const SUITE: &str = "category: c\ncases:\n  - {id: a, prompt: one, tags: [t], checks: [{type: contains, value: x}]}\n  \
                         - {id: b, prompt: two, repeat: 2, checks: [{type: contains, value: x}]}\n";

    fn made(root: &std::path::Path) -> Run {
        let version = VersionRef {
            name: "x-v1".into(),
            base: "0".into(),
            adapter: None,
            system: Some("Be brief.".into()),
            examples: Vec::new(),
            sampling: Sampling::default(),
            template: None,
            thinks: false,
            weights: None,
            routed: None,
        };
        let plan = Plan::new(version, &[load_str("s", SUITE).unwrap()]);
        let mut runs = [Reports::new(root).create(plan).unwrap()];
        execute(&mut runs, &Scripted::new(|_| Ok("x".into())), None, &mut |_| ControlFlow::Continue(())).unwrap();
        let [run] = runs;
        run.close()
    }

    #[test]
    fn nothing_is_stale_as_long_as_nothing_that_decides_is_edited() {
        let root = tempfile::tempdir().unwrap();
        let run = made(root.path());
        for text in [SUITE.to_string(), format!("# a remark\n{SUITE}"), format!("description: words\n{SUITE}")] {
            assert_eq!(stale(&run, &[load_str("s", &text).unwrap()]).words, Vec::<String>::new(), "{text}");
        }
        let other = load_str("other", "category: c\ncases: [{id: z, prompt: new}]\n").unwrap();
        assert!(stale(&run, &[load_str("s", SUITE).unwrap(), other]).words.is_empty(), "another suite is none of its");
    }

    #[test]
    fn every_edit_that_decides_is_named_with_its_case_and_with_what_mends_it() {
        let root = tempfile::tempdir().unwrap();
        let run = made(root.path());
        let edits = [
            ("prompt: one", "prompt: uno", "the prompt changed: 1 case (s/a)", false),
            ("prompt: two", "prompt: two, system: Be long.", "the system prompt, choices", false),
            ("prompt: two", "prompt: two, sampling: {temperature: 1}", "the system prompt, choices", false),
            ("value: x}]}\n  - {id: b", "value: y}]}\n  - {id: b", "the checks, their word lists", true),
            ("prompt: one", "prompt: one, split: held-out", "the half (dev, held-out) changed: 1 case (s/a)", true),
            ("prompt: one", "prompt: one, cluster: k", "the cluster changed", true),
            ("category: c", "category: d", "the category changed: 2 cases (s/a, s/b)", true),
            ("prompt: one", "prompt: one, weight: 2", "the weight changed", true),
            ("tags: [t]", "tags: [t, must-pass]", "the tags changed", true),
            ("repeat: 2", "repeat: 2, require: 1", "`require` changed: 1 case (s/b)", true),
            ("repeat: 2", "repeat: 3", "`repeat` changed: 1 case (s/b)", false),
            ("id: b", "id: c", "removed from the suites: 1 case (s/b)", false),
            (
                "cases:\n",
                "cases:\n  - {id: n, prompt: new}\n",
                "never asked, in a suite edited since: 1 case (s/n)",
                false,
            ),
        ];
        for (from, to, words, judging_only) in edits {
            let text = SUITE.replacen(from, to, 1);
            assert_ne!(text, SUITE);
            let found = stale(&run, &[load_str("s", &text).unwrap()]);
            assert!(found.words.iter().any(|said| said.contains(words)), "{to}: {:?}", found.words);
            assert_eq!(found.judging_only, judging_only, "{to}");
        }
        let none = stale(&run, &[]);
        assert_eq!(none.words, ["removed from the suites: 2 cases (s/a, s/b)"]);
    }
}
