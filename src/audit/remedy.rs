//! What is wrong with a case, and the way to mend it, a line for each kind of miss.

use super::audited::{CaseAudit, Standing, Trial};
use super::kind::Kind;
use crate::words;
use serde::{Deserialize, Serialize};

/// Something to mend in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    pub case: String,
    /// What happened, with the checks that said what.
    pub found: String,
    /// What to do about it.
    pub remedy: String,
}

/// What to mend in a case, the gravest first: one for each kind of text that was judged wrongly.
pub fn mends(case: &CaseAudit) -> Vec<Mend> {
    let mend = |found: String, remedy: &str| Mend { case: case.case.clone(), found, remedy: remedy.to_string() };
    match case.standing {
        Standing::NoReference => {
            return vec![mend("it has no reference".into(), "add `reference`, the answer a person would give")];
        }
        Standing::NoChecks => {
            return vec![mend("no check has a say".into(), "add a check with a weight above 0, or distractors")];
        }
        Standing::Weighed | Standing::Sound => return Vec::new(),
        Standing::Broken | Standing::Leaky | Standing::Strict => {}
    }
    // What fails with the reference says nothing of its own while the reference fails.
    let broken = case.standing == Standing::Broken;
    let kinds = Kind::ALL.into_iter().filter(|kind| !broken || *kind == Kind::Reference || !kind.is_good());
    let of = |kind| -> Vec<&Trial> { case.trials.iter().filter(|t| t.kind == kind && t.is_wrong()).collect() };
    let found = kinds.map(|kind| (kind, of(kind))).filter(|(_, wrong)| !wrong.is_empty());
    found.map(|(kind, wrong)| mend(told(kind, &wrong), remedy(kind))).collect()
}

fn told(kind: Kind, wrong: &[&Trial]) -> String {
    let notes: Vec<String> = wrong.iter().map(|t| t.note.clone()).filter(|note| !note.is_empty()).collect();
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    if !kind.is_good() {
        return format!("{} passes{notes}", words_of(kind));
    }
    let mut by: Vec<String> = Vec::new();
    for said in wrong.iter().flat_map(|trial| trial.failed_by()) {
        let told = format!("`{}`: {}", said.check, words::clip(&said.reason, 100));
        if !by.contains(&told) {
            by.push(told);
        }
    }
    let by = if by.is_empty() { "as no check has a say".to_string() } else { format!("on {}", words::few(&by, 3)) };
    match kind {
        Kind::Reference => format!("the reference fails {by}"),
        kind => format!("the reference with {} fails{notes} {by}", kind.name()),
    }
}

fn words_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Distractor => "a distractor",
        Kind::Echo => "the prompt itself",
        Kind::SameTask => "the answer to a like case",
        Kind::OtherTask => "the answer to another task",
        Kind::SwappedNumbers => "the reference with two numbers swapped",
        Kind::SwappedDates => "the reference with two dates swapped",
        Kind::SwappedNames => "the reference with two names swapped",
        Kind::Direction => "the opposite of the reference",
        Kind::Numbers => "the reference with other numbers",
        Kind::Half => "half of the reference",
        Kind::Template => "the empty form",
        Kind::Generic => "text without facts",
        good => good.name(),
    }
}

fn remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Reference => "mend the check or the reference",
        Kind::Bullets | Kind::Labels | Kind::Titles | Kind::Table => {
            "loosen the check, or say in the prompt which layout is wanted"
        }
        Kind::Dates | Kind::Percents | Kind::Thousands => {
            "let the check take either spelling: `mentions` does, `contains` does not"
        }
        Kind::Json => "judge the JSON with `json-schema`, not its text",
        Kind::LineEnds => "let the check end at a line without regard to how it ends",
        Kind::Distractor => "add a check for what is wrong with it",
        Kind::Echo => "add `not-echo`",
        Kind::SameTask | Kind::OtherTask => "add `mentions` with facts that only this case has",
        Kind::SwappedNumbers | Kind::SwappedDates | Kind::SwappedNames => {
            "add `together` for facts that belong together"
        }
        Kind::Direction => "add `together` with the word that tells the direction",
        Kind::Numbers => "add `mentions` with the numbers",
        Kind::Half => "ask for each part: `sections`, `list-items` with `min`, or `mentions`",
        Kind::Template => "add `mentions`, or `not-placeholders`",
        Kind::Generic => "add `mentions` with the facts that must be there",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::audited;
    use super::*;

    fn said(yaml: &str) -> Vec<String> {
        mends(&audited(yaml))
            .into_iter()
            .map(|mend| format!("{}: {}: {}", mend.case, mend.found, mend.remedy))
            .collect()
    }

    #[test]
    fn each_miss_has_its_remedy() {
        let leaky = "{id: a, prompt: 'Tell Ines of 40 trams', reference: 12 of 40 trams., distractors: [{text: No trams., why: there are some}], checks: [{type: icontains, value: tram}]}";
        assert_eq!(
            said(leaky),
            [
                "s/a: a distractor passes (there are some): add a check for what is wrong with it",
                "s/a: the prompt itself passes (as it stands; behind \"Here is the answer:\"): add `not-echo`",
                "s/a: the reference with other numbers passes (12 → 16): add `mentions` with the numbers",
            ]
        );
        let strict =
            "{id: a, prompt: Say it, reference: 'On 5 April.', checks: [{type: equals, value: 'On 5 April.'}]}";
        let strict = said(strict);
        assert_eq!(strict.len(), 1, "{strict:?}");
        assert!(strict[0].starts_with("s/a: the reference with dates written otherwise fails (5 April ↔ April 5; "));
        assert!(strict[0].contains("on `equals`: ") && strict[0].contains("`mentions` does"));
        let broken = "{id: a, prompt: Say it, reference: 'On 5 April.', checks: [{type: contains, value: May}]}";
        assert_eq!(said(broken).len(), 1);
        assert!(said("{id: a, prompt: p, checks: [{type: contains, value: x}]}")[0].contains("no reference"));
    }
}
