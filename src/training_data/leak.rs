use super::words::{Map, run, runs, shingles, words};
use super::{Example, Place};
use crate::suite::Suite;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A training example that gives a suite's case away: a version trained on it has seen the question, or the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    pub example: Place,
    /// The case's id, with its suite: `format-consistency/okr-activation`.
    pub case: String,
    pub overlap: Overlap,
    /// The shared words, shortened.
    pub excerpt: String,
}

/// How an example and a case are alike. One pair is told once, by the first of these that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Overlap {
    /// The same prompt, word for word.
    SamePrompt,
    /// Thirteen words in a row of the case's prompt or reference stand in the example. Thirteen as in the
    /// contamination study of GPT-3 (Brown et al. 2020, appendix C).
    SharedRun,
    /// The prompts differ in a few words only.
    NearPrompt,
    /// The example's output is nearly the case's reference.
    NearReference,
}

/// Words in a row that two texts do not share by chance.
const RUN: usize = 13;
/// Share of three-word runs from which two texts are nearly the same.
const NEAR: f64 = 0.6;
/// Share of the words that carry meaning from which two prompts ask the same, and how many such words it takes.
const NEAR_WORDS: f64 = 0.8;
const FEWEST_WORDS: usize = 4;

/// Words so common in prompts that sharing them means nothing.
const COMMON: &str = "a an the and or of for to in on at by with from into as is are be was were it its this that these \
                      those we our us i my me you your they their them he she his her not no do does did can could \
                      should would will have has had what which who how when where why so if then than but also all \
                      each every any some one two three more most new please write give create make";

/// Every pair of a training example and a case that it gives away, in the order of the examples.
pub fn leaks(examples: &[Example], suites: &[Suite]) -> Vec<Leak> {
    let index = Index::new(suites);
    examples.par_iter().flat_map_iter(|example| index.leaks(example)).collect()
}

/// The cases of all suites, as numbers; a case goes by its place in `ids`.
struct Index<'a> {
    ids: Vec<&'a str>,
    common: HashSet<u64>,
    /// Whole prompts.
    prompts: Map<u64, Vec<usize>>,
    /// Runs of [`RUN`] words of prompts and references.
    runs: Map<u64, Vec<usize>>,
    prompt_runs: Sets,
    prompt_words: Sets,
    reference_runs: Sets,
}

impl<'a> Index<'a> {
    fn new(suites: &'a [Suite]) -> Self {
        let mut index = Self {
            ids: Vec::new(),
            common: words(COMMON).into_iter().collect(),
            prompts: Map::default(),
            runs: Map::default(),
            prompt_runs: Sets::default(),
            prompt_words: Sets::default(),
            reference_runs: Sets::default(),
        };
        for case in suites.iter().flat_map(|suite| &suite.cases) {
            let prompt = words(&case.prompt);
            let reference = words(case.reference.as_deref().unwrap_or_default());
            let at = index.ids.len();
            index.ids.push(&case.id);
            index.prompts.entry(run(&prompt)).or_default().push(at);
            for run in runs(&prompt, RUN).chain(runs(&reference, RUN)) {
                let holders = index.runs.entry(run).or_default();
                if holders.last() != Some(&at) {
                    holders.push(at);
                }
            }
            let meaning = meaning(&prompt, &index.common);
            index.prompt_runs.add(shingles(&prompt, 3));
            index.prompt_words.add(if meaning.len() >= FEWEST_WORDS { meaning } else { Vec::new() });
            // A reference of a few words ("True") is shared by chance.
            index.reference_runs.add(if reference.len() >= RUN { shingles(&reference, 3) } else { Vec::new() });
        }
        index
    }

    fn leaks(&self, example: &Example) -> Vec<Leak> {
        let prompt_text = example.prompt();
        let (prompt, output) = (words(&prompt_text), words(&example.output));
        // The first way in which a case overlaps is the one that is told.
        let mut found: BTreeMap<usize, (Overlap, String)> = BTreeMap::new();
        if !prompt.is_empty() {
            let same = self.prompts.get(&run(&prompt)).into_iter().flatten();
            found.extend(same.map(|case| (*case, (Overlap::SamePrompt, first_words(&prompt_text, 0)))));
        }
        for (case, excerpt) in self.shared_runs(&[(&prompt_text, &prompt), (&example.output, &output)]) {
            found.entry(case).or_insert((Overlap::SharedRun, excerpt));
        }
        let mut note = |cases: Vec<usize>, overlap, text: &str| {
            for case in cases {
                found.entry(case).or_insert_with(|| (overlap, first_words(text, 0)));
            }
        };
        note(self.prompt_runs.alike(&shingles(&prompt, 3), NEAR), Overlap::NearPrompt, &prompt_text);
        note(self.prompt_words.alike(&meaning(&prompt, &self.common), NEAR_WORDS), Overlap::NearPrompt, &prompt_text);
        note(self.reference_runs.alike(&shingles(&output, 3), NEAR), Overlap::NearReference, &example.output);
        let leaks = found.into_iter().filter_map(|(case, (overlap, excerpt))| {
            let case = self.ids.get(case)?.to_string();
            Some(Leak { example: example.place.clone(), case, overlap, excerpt })
        });
        leaks.collect()
    }

    /// For each case that shares a run with one of the texts, the words of the first such run.
    fn shared_runs(&self, texts: &[(&str, &[u64])]) -> HashMap<usize, String> {
        let mut shared = HashMap::new();
        for (text, words) in texts {
            for (at, run) in runs(words, RUN).enumerate() {
                for case in self.runs.get(&run).into_iter().flatten() {
                    shared.entry(*case).or_insert_with(|| first_words(text, at));
                }
            }
        }
        shared
    }
}

/// The words that say what a prompt is about, each once, sorted.
fn meaning(words: &[u64], common: &HashSet<u64>) -> Vec<u32> {
    let mut kept: Vec<u32> = words.iter().filter(|w| !common.contains(w)).map(|w| *w as u32).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// One set for each case, looked up by its members, so that only cases with something in common cost time.
#[derive(Debug, Default)]
struct Sets {
    sizes: Vec<usize>,
    holders: Map<u32, Vec<usize>>,
}

impl Sets {
    fn add(&mut self, set: Vec<u32>) {
        for member in &set {
            self.holders.entry(*member).or_default().push(self.sizes.len());
        }
        self.sizes.push(set.len());
    }

    /// For each case, how many members it shares with this set.
    fn shared(&self, set: &[u32]) -> Vec<usize> {
        let mut shared = vec![0usize; self.sizes.len()];
        for case in set.iter().filter_map(|member| self.holders.get(member)).flatten() {
            shared[*case] += 1;
        }
        shared
    }

    fn most_shared(&self, set: &[u32]) -> usize {
        self.shared(set).into_iter().max().unwrap_or_default()
    }

    /// The cases whose set has a Jaccard similarity of `limit` or more with this one.
    fn alike(&self, set: &[u32], limit: f64) -> Vec<usize> {
        let shared = self.shared(set);
        let near = |(size, shared): (&usize, &usize)| {
            *shared > 0 && *shared as f64 >= limit * (set.len() + size - shared) as f64
        };
        let cases = self.sizes.iter().zip(&shared).enumerate();
        cases.filter(|(_, pair)| near(*pair)).map(|(case, _)| case).collect()
    }
}

/// What suites and examples are about already, for telling whether a new situation is one of theirs.
#[derive(Debug)]
pub struct Known {
    common: HashSet<u64>,
    texts: Sets,
}

/// The share of a short text's words that one text must have for the two to be about the same thing.
const SAME_SUBJECT: f64 = 0.6;

impl Known {
    pub fn new(suites: &[Suite], examples: &[Example]) -> Self {
        let mut known = Self { common: words(COMMON).into_iter().collect(), texts: Sets::default() };
        for case in suites.iter().flat_map(|suite| &suite.cases) {
            let reference = case.reference.as_deref().unwrap_or_default();
            known.texts.add(meaning(&words(&format!("{}\n{reference}", case.prompt)), &known.common));
        }
        for example in examples {
            let text = format!("{}\n{}", example.prompt(), example.output);
            known.texts.add(meaning(&words(&text), &known.common));
        }
        known
    }

    /// Whether most words of this text that carry meaning stand together in one of the cases or examples: the same words
    /// that [`leaks`] goes by, but as a share of the short text, since what it is held against is much longer.
    pub fn is_near(&self, text: &str) -> bool {
        let meaning = meaning(&words(text), &self.common);
        !meaning.is_empty() && self.texts.most_shared(&meaning) as f64 >= SAME_SUBJECT * meaning.len() as f64
    }
}

/// Thirteen words of a text from the `from`-th on.
fn first_words(text: &str, from: usize) -> String {
    let mut words =
        text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').filter(|w| !w.is_empty()).skip(from);
    let shown: Vec<&str> = words.by_ref().take(RUN).collect();
    let more = if words.next().is_some() { " …" } else { "" };
    format!("{}{more}", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::sync::Arc;

    fn suite() -> Suite {
        let text = "category: x\ncases:\n  - id: okr\n    prompt: Create one quarterly objective with key results for \
                    the activation of a mobile banking app\n  - id: story\n    prompt: Write a user story for password \
                    reset functionality\n  - id: gold\n    prompt: Explain churn\n    reference: Churn is the share of \
                    customers who leave in a month, counted against those who were there when the month began\n  - id: \
                    choice\n    prompt: Is it so?\n    reference: 'yes'\n";
        crate::suite::load_str("s", text).unwrap()
    }

    fn example(line: usize, instruction: &str, input: &str, output: &str) -> Example {
        let place = Place { file: Arc::from(Path::new("a.jsonl")), line };
        let (instruction, input, output) = (instruction.into(), input.into(), output.into());
        Example { id: None, instruction, input, output, tags: vec![], source: None, place }
    }

    fn found(examples: &[Example]) -> Vec<(usize, String, Overlap)> {
        let found = leaks(examples, &[suite()]);
        found.into_iter().map(|leak| (leak.example.line, leak.case, leak.overlap)).collect()
    }

    #[test]
    fn each_way_of_giving_a_case_away_is_named() {
        let examples = [
            example(1, "Write a user story", "for **password reset** functionality", "As a user …"),
            example(
                2,
                "Write an objective",
                "We need: one quarterly objective with key results for the activation of a mobile banking app.",
                "o",
            ),
            example(3, "Please write the user story for functionality of a password reset", "", "o"),
            example(
                4,
                "What is churn?",
                "",
                "Churn is the share of customers who leave in one month counted against those who were there when the month began",
            ),
            example(5, "Explain", "", "Say it: churn is the share of customers who leave in a month, counted thus."),
        ];
        let id = |case: &str| format!("s/{case}");
        assert_eq!(
            found(&examples),
            [
                (1, id("story"), Overlap::SamePrompt),
                (2, id("okr"), Overlap::SharedRun),
                (3, id("story"), Overlap::NearPrompt),
                (4, id("gold"), Overlap::NearReference),
            ]
        );
        let leak = leaks(&examples[1..2], &[suite()]).remove(0);
        assert_eq!(leak.excerpt, "one quarterly objective with key results for the activation of a mobile banking …");
    }

    #[test]
    fn a_situation_is_near_what_holds_most_of_its_words_together() {
        let known =
            Known::new(&[suite()], &[example(1, "Write a note", "The ferry's kiosk sells bicycle tickets.", "Done.")]);
        assert!(known.is_near("mobile banking app: activation"));
        assert!(known.is_near("ferry line: a kiosk for bicycle tickets"));
        assert!(!known.is_near("ferry line: cabins with an activation code"), "its words stand in two texts");
        assert!(!known.is_near("greenhouse: humidity alarms"));
        assert!(!known.is_near("the and of"), "nothing is said");
    }

    #[test]
    fn other_topics_in_the_same_form_are_no_leak() {
        let examples = [
            example(1, "Write a user story for avatar upload functionality", "", "o"),
            example(
                2,
                "Create one quarterly objective with key results for the retention of a garden planner",
                "",
                "o",
            ),
            example(3, "Is that so?", "", "yes"),
            example(4, "Explain churn to a new colleague with an example from your product", "", "Customers leave."),
        ];
        assert_eq!(found(&examples), []);
        assert_eq!(leaks(&examples, &[]), []);
    }
}
