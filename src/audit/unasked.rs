//! Whether a case can be solved without its question: by what a text costs whatever is asked, or by its length.

use super::rate::Rate;
use crate::provider::{Answer, Likelihood, Task};
use crate::suite::{Case, Suite};
use serde::{Deserialize, Serialize};

/// What one version makes of the cases in which texts are weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unasked {
    /// As its run would name it.
    pub version: String,
    /// The right text is preferred, the question told.
    pub asked: Rate,
    /// The same without the question.
    pub unasked: Rate,
    /// The right text is the longest, or the shortest.
    pub longest: Rate,
    pub shortest: Rate,
    /// What guessing would reach, 0 to 1.
    pub chance: f64,
    pub cases: Vec<UnaskedCase>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnaskedCase {
    pub case: String,
    /// How many texts are weighed.
    pub of: usize,
    /// Whether the right one is preferred: with the question, and without.
    pub asked: Solved,
    pub unasked: Solved,
    pub longest: bool,
    pub shortest: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Solved {
    Yes,
    No,
    /// The provider gives no such likelihood.
    Unknown,
}

/// The question of a case in which texts are weighed, nothing being written: of the choices, or of a reference and its
/// distractors.
pub fn questions(suites: &[Suite]) -> Vec<(&Case, Task)> {
    let task = |case: &Case| {
        if !case.choices.is_empty() {
            return Some(Task::Choose { choices: case.choices.clone() });
        }
        let texts: Vec<String> = case.weighed().into_iter().map(String::from).collect();
        (case.reference.is_some() && texts.len() >= 2).then_some(Task::Weigh { texts })
    };
    suites.iter().flat_map(|suite| &suite.cases).filter_map(|case| Some((case, task(case)?))).collect()
}

impl Unasked {
    /// What came of these questions.
    pub fn of(version: &str, answers: &[(&Case, &Answer)], confidence: f64) -> Self {
        let cases: Vec<UnaskedCase> = answers.iter().filter_map(|(case, answer)| told(case, answer)).collect();
        let rate = |right: &dyn Fn(&UnaskedCase) -> Option<bool>| {
            let known: Vec<bool> = cases.iter().filter_map(right).collect();
            Rate::new(known.iter().filter(|right| **right).count(), known.len(), confidence)
        };
        let chances: f64 = cases.iter().map(|case| 1.0 / case.of as f64).sum();
        Self {
            version: version.to_string(),
            asked: rate(&|case| case.asked.known()),
            unasked: rate(&|case| case.unasked.known()),
            longest: rate(&|case| Some(case.longest)),
            shortest: rate(&|case| Some(case.shortest)),
            chance: if cases.is_empty() { 0.0 } else { chances / cases.len() as f64 },
            cases,
        }
    }

    /// The cases that need no question.
    pub fn empty(&self) -> Vec<&str> {
        self.cases.iter().filter(|case| case.unasked == Solved::Yes).map(|case| case.case.as_str()).collect()
    }
}

impl Solved {
    fn of(known: Option<bool>) -> Self {
        known.map_or(Solved::Unknown, |solved| if solved { Solved::Yes } else { Solved::No })
    }

    fn known(self) -> Option<bool> {
        (self != Solved::Unknown).then_some(self == Solved::Yes)
    }
}

fn told(case: &Case, answer: &Answer) -> Option<UnaskedCase> {
    let right = case.reference.as_deref()?;
    let place = answer.likelihoods.iter().position(|weighed| weighed.text == right)?;
    let lengths: Vec<f64> = answer.likelihoods.iter().map(|weighed| weighed.text.chars().count() as f64).collect();
    let negative: Vec<f64> = lengths.iter().map(|length| -length).collect();
    let asked: Vec<f64> = answer.likelihoods.iter().map(Likelihood::rank).collect();
    let per_token = |weighed: &Likelihood| Some(weighed.unasked? / weighed.tokens.max(1) as f64);
    let unasked: Option<Vec<f64>> = answer.likelihoods.iter().map(per_token).collect();
    Some(UnaskedCase {
        case: case.id.clone(),
        of: lengths.len(),
        asked: Solved::of(Some(leads(&asked, place))),
        unasked: Solved::of(unasked.map(|unasked| leads(&unasked, place))),
        longest: leads(&lengths, place),
        shortest: leads(&negative, place),
    })
}

/// Whether this one is above all others.
fn leads(values: &[f64], place: usize) -> bool {
    values.iter().enumerate().all(|(at, value)| at == place || values[place] > *value)
}

#[cfg(test)]
mod tests {
    use super::super::testing::suite;
    use super::*;
    use crate::provider::Stop;

    fn answer(texts: &[(&str, f64, Option<f64>)]) -> Answer {
        let weighed = |(text, log_prob, unasked): &(&str, f64, Option<f64>)| Likelihood {
            text: (*text).to_string(),
            log_prob: *log_prob,
            tokens: 2,
            unasked: *unasked,
        };
        Answer {
            text: String::new(),
            thoughts: String::new(),
            stop: Stop::Scored,
            prompt_tokens: 1,
            output_tokens: 0,
            seconds: 0.0,
            reference_nll: None,
            likelihoods: texts.iter().map(weighed).collect(),
        }
    }

    #[test]
    fn a_case_is_solved_with_without_and_by_length() {
        let suite = suite(&[
            "{id: a, prompt: p, reference: right, choices: [right, no, nay]}",
            "{id: b, prompt: p, reference: ok, distractors: [{text: wrong, why: w}]}",
            "{id: c, prompt: p, reference: r, checks: [{type: contains, value: r}]}",
        ]);
        let suites = [suite];
        let asked = questions(&suites);
        assert!(
            matches!(&asked[..], [(_, Task::Choose { choices }), (_, Task::Weigh { texts })] if choices.len() == 3 && texts[0] == "ok")
        );
        let a = answer(&[("right", -2.0, Some(-6.0)), ("no", -3.0, Some(-3.5)), ("nay", -9.0, Some(-9.0))]);
        let b = answer(&[("ok", -4.0, Some(-4.0)), ("wrong", -4.0, Some(-5.0))]);
        let told = Unasked::of("x-v1", &[(asked[0].0, &a), (asked[1].0, &b)], 0.95);
        assert_eq!((told.cases[0].asked, told.cases[0].unasked), (Solved::Yes, Solved::No));
        assert!(told.cases[0].longest && !told.cases[0].shortest && told.cases[1].shortest);
        assert_eq!((told.cases[1].asked, told.cases[1].unasked), (Solved::No, Solved::Yes), "its gain is 0");
        assert_eq!(told.empty(), ["s/b"]);
        assert!((told.chance - 5.0 / 12.0).abs() < 1e-12);
        assert_eq!((told.asked.right, told.unasked.right, told.longest.of), (1, 1, 2));
    }

    #[test]
    fn without_likelihoods_nothing_is_claimed() {
        let suites = [suite(&["{id: a, prompt: p, reference: right, choices: [right, no]}"])];
        let asked = questions(&suites);
        let endpoint = answer(&[("right", -2.0, None), ("no", -3.0, None)]);
        let told = Unasked::of("e", &[(asked[0].0, &endpoint)], 0.95);
        assert_eq!((told.cases[0].unasked, told.unasked.of, told.unasked.rate), (Solved::Unknown, 0, None));
        assert!(Unasked::of("e", &[(asked[0].0, &answer(&[]))], 0.95).cases.is_empty());
    }
}
