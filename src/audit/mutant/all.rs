use super::request::Request;
use super::{direction, generic, half, numbers, swap, template};
use crate::audit::asks::Asks;
use crate::audit::kind::{Kind, Mutant};
use crate::suite::Case;

/// What a case is set against: the others of its suite that have a reference, in the suite's order.
pub(in crate::audit) struct Others<'a> {
    pub cases: Vec<&'a Case>,
}

/// Every bad text for a case with this reference.
pub(in crate::audit) fn mutants(case: &Case, asks: &Asks, gold: &str, others: &Others<'_>) -> Vec<Mutant> {
    let mut all: Vec<Mutant> =
        case.distractors.iter().map(|d| Mutant::new(Kind::Distractor, d.why.trim(), d.text.as_str())).collect();
    all.push(Mutant::new(Kind::Echo, "as it stands", case.prompt.as_str()));
    all.push(Mutant::new(
        Kind::Echo,
        "behind \"Here is the answer:\"",
        format!("Here is the answer:\n\n{}", case.prompt),
    ));
    all.extend(others.of(case));
    let request = Request::of(case);
    if request.rules_numbers(gold) {
        all.extend(swap::numbers(&request, gold));
        all.extend(numbers::changed(&request, gold));
    }
    all.extend(swap::dates(gold));
    all.extend(swap::names(&request, gold));
    all.extend(direction::reversed(gold));
    if asks.parts() {
        all.extend(half::left_out(gold));
    }
    all.extend(template::emptied(gold));
    all.extend(generic::told(&request, gold));
    let mut seen: Vec<String> = vec![gold.trim().to_string()];
    all.retain(|mutant| {
        let text = mutant.text.trim().to_string();
        let new = !text.is_empty() && !seen.contains(&text);
        seen.push(text);
        new
    });
    all
}

impl Others<'_> {
    /// The reference of the next case that shares a tag, and of the next that shares none; after the last case comes the
    /// first.
    fn of(&self, case: &Case) -> Vec<Mutant> {
        let at = self.cases.iter().position(|other| other.id == case.id).map_or(0, |at| at + 1);
        let (before, after) = self.cases.split_at(at.min(self.cases.len()));
        let others: Vec<&Case> = after.iter().chain(before).copied().filter(|other| other.id != case.id).collect();
        let shares = |other: &&&Case| other.tags.iter().any(|tag| case.tags.contains(tag));
        let same = others.iter().find(shares).map(|other| (Kind::SameTask, other));
        let other = others.iter().find(|other| !shares(other)).map(|other| (Kind::OtherTask, other));
        let found = same.into_iter().chain(other);
        found.filter_map(|(kind, other)| Some(Mutant::new(kind, &other.id, other.reference.as_deref()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;

    const SUITE: &str = r#"
cases:
  - {id: a, tags: [x], prompt: How many of 40 trams in May?, reference: 12 of 40 trams., distractors: [{text: 40 of 12 trams., why: turned round}]}
  - {id: b, tags: [y], prompt: p, reference: B}
  - {id: c, tags: [x, z], prompt: p, reference: C}
  - {id: d, prompt: p, reference: D}
"#;

    #[test]
    fn other_cases_are_of_the_same_task_and_of_another() {
        let suite = suite::load_str("s", SUITE).unwrap();
        let others = Others { cases: suite.cases.iter().collect() };
        let told = |case: usize| -> Vec<(Kind, String)> {
            others.of(&suite.cases[case]).into_iter().map(|m| (m.kind, m.note)).collect()
        };
        assert_eq!(told(0), [(Kind::SameTask, "s/c".into()), (Kind::OtherTask, "s/b".into())]);
        assert_eq!(told(2), [(Kind::SameTask, "s/a".into()), (Kind::OtherTask, "s/d".into())]);
        assert_eq!(told(3), [(Kind::OtherTask, "s/a".into())]);
    }

    #[test]
    fn no_mutant_is_the_reference_and_none_comes_twice() {
        let suite = suite::load_str("s", SUITE).unwrap();
        let others = Others { cases: suite.cases.iter().collect() };
        for case in &suite.cases {
            let gold = case.reference.as_deref().unwrap();
            let all = mutants(case, &Asks::of(None, &case.prompt), gold, &others);
            let mut texts: Vec<&str> = all.iter().map(|m| m.text.as_str()).collect();
            assert!(!texts.contains(&gold) && all.iter().all(|m| !m.kind.is_good()));
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), all.len());
        }
        let first = &suite.cases[0];
        let all = mutants(first, &Asks::of(None, &first.prompt), "12 of 40 trams.", &others);
        assert_eq!(all[0], Mutant::new(Kind::Distractor, "turned round", "40 of 12 trams."));
        assert!(all.iter().any(|m| m.kind == Kind::Numbers));
    }
}
