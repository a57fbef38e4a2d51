//! Does the new version take the place of the one in use?

use crate::compare::{Comparison, Finding, Half, Mean, Mover, MoverKind, ScoreTest};
use crate::words;
use serde::{Deserialize, Serialize};

/// What a training is to make better: a line of the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promised {
    pub kind: MoverKind,
    pub name: String,
}

/// What is decided on.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// At the confidence that this look may claim with.
    pub comparison: &'a Comparison,
    pub promised: Option<&'a Promised>,
    /// How often the most worn held-out case had decided something before, and how often it may.
    pub borne: usize,
    pub may_bear: usize,
    /// People's points on held-out cases, where they scored both.
    pub people: Option<&'a ScoreTest>,
}

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub promote: bool,
    /// How sure each claim is after spreading the error over all decisions that these cases may bear.
    pub confidence: f64,
    /// Which decision of these cases it is, of how many.
    pub look: usize,
    pub may_bear: usize,
    pub better: Vec<String>,
    pub worse: Vec<String>,
    /// Whether the promise was kept: tested for itself.
    pub promise: Option<bool>,
    /// Mean score of what was written to held-out cases, before and after, each with its interval.
    #[serde(default)]
    pub score: Option<[Mean; 2]>,
    /// People's points on held-out cases, before and after.
    #[serde(default)]
    pub people: Option<[Mean; 2]>,
    /// The comparison's own words on the held-out cases.
    pub found: String,
    /// Why, in a sentence.
    pub why: String,
}

/// The new version is taken where it is better somewhere and worse nowhere, each by a test that is corrected for all that
/// was looked at; what was promised beforehand is tested for itself. Cases that have decided as often as they may decide
/// nothing any more.
pub fn decide(measured: &Measured<'_>) -> Decision {
    let Measured { comparison, promised, borne, may_bear, people } = *measured;
    let half = &comparison.held_out;
    let headline = half.headline();
    let named = |better: bool| half.movers.iter().filter(move |mover| mover.better == better).map(mover_words);
    let whole = |finding: Finding| (headline.finding == finding).then(|| "the whole of the held-out cases".to_string());
    let said = people.and_then(|test| test.direction(&comparison.settings));
    let of_people = |wanted: bool| (said == Some(wanted)).then(|| "people's scores".to_string());
    let promise = promised.map(|promised| kept(half, promised, comparison.settings.confidence));
    let by_promise = promised
        .filter(|_| promise == Some(true))
        .map(|promised| format!("{} {}, as promised", promised.kind.name(), promised.name));
    let mut better: Vec<String> =
        whole(Finding::Improved).into_iter().chain(by_promise).chain(named(true)).chain(of_people(true)).collect();
    better.dedup();
    let worse: Vec<String> =
        whole(Finding::Regressed).into_iter().chain(named(false)).chain(of_people(false)).collect();
    let worn = borne >= may_bear;
    let promote = !worn && !better.is_empty() && worse.is_empty();
    let (new, old) = (&comparison.b.label, &comparison.a.label);
    let why = if worn {
        format!(
            "these held-out cases have decided {} and may decide no more: retire them (`pmtune suite rotate`) and write fresh ones",
            words::count(borne, "time")
        )
    } else if promote {
        format!("{new} is better in {}, and worse nowhere beyond chance", words::list(&refs(&better)))
    } else if worse.is_empty() {
        format!("{new} is not shown to be better than {old} anywhere, so {old} stays")
    } else {
        format!("{new} is worse in {}, so {old} stays", words::list(&refs(&worse)))
    };
    Decision {
        promote,
        confidence: comparison.settings.confidence,
        look: borne + 1,
        may_bear,
        better,
        worse,
        promise,
        score: (half.overall.cases > 0).then_some([half.overall.score.a, half.overall.score.b]),
        people: people.map(|test| [test.a, test.b]),
        found: headline.words.clone(),
        why,
    }
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn mover_words(mover: &Mover) -> String {
    format!("{} {}", mover.kind.name(), mover.name)
}

/// Whether what was promised got better by its own test, uncorrected: it was named before anybody looked.
fn kept(half: &Half, promised: &Promised, confidence: f64) -> bool {
    let scored = |p: f64, difference: f64| p <= 1.0 - confidence + 1e-12 && difference > 0.0;
    let group = |groups: &[crate::compare::Group]| {
        let found = groups.iter().find(|group| group.name == promised.name);
        found.is_some_and(|group| scored(group.score.p, group.score.difference.mean))
    };
    match promised.kind {
        MoverKind::Category => group(&half.categories),
        MoverKind::Knowledge => half.likelihood.as_ref().is_some_and(|likelihood| group(&likelihood.categories)),
        MoverKind::Criterion => half
            .criteria
            .iter()
            .any(|(criterion, test)| criterion.name() == promised.name && scored(test.p, test.difference.mean)),
        MoverKind::Check => {
            half.checks.get(&promised.name).is_some_and(|test| scored(test.p, test.only_b as f64 - test.only_a as f64))
        }
        MoverKind::Evidence => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::compare;
    use crate::compare::tests::{Case, LABELS, case, quick, runs};
    use crate::suite::Split;

    /// A comparison in which so many of 40 held-out cases turn from fail to pass, and so many the other way.
    fn comparison(gains: usize, losses: usize) -> Comparison {
        let cases: Vec<Case> = (0..40)
            .map(|i| {
                let (before, after) =
                    if i < gains { (0.0, 1.0) } else { (f64::from(u8::from(i < gains + losses)), 0.0) };
                case(format!("s/{i:02}"), Split::HeldOut, before, after)
            })
            .collect();
        let (a, b) = runs(&cases);
        let mut comparison = compare(&a, &b, LABELS, quick(), false).unwrap();
        // The made-up answers have a second check that fails wherever the first passes.
        comparison.held_out.movers.retain(|mover| mover.name != "latency");
        comparison
    }

    fn decided(comparison: &Comparison, borne: usize, people: Option<&Comparison>) -> Decision {
        let people = people.map(|points| &points.held_out.overall.score);
        decide(&Measured { comparison, promised: None, borne, may_bear: 6, people })
    }

    #[test]
    fn better_and_nowhere_worse_is_taken_and_anything_else_is_not() {
        let gain = decided(&comparison(20, 0), 0, None);
        assert!(gain.promote && gain.why.contains("v2 is better in the whole of the held-out cases"), "{gain:?}");
        let none = decided(&comparison(1, 0), 0, None);
        assert!(!none.promote && none.why.contains("not shown to be better than v1 anywhere"), "{none:?}");
        let loss = decided(&comparison(0, 20), 0, None);
        assert!(!loss.promote && loss.why.contains("v2 is worse in"), "{loss:?}");
        let disliked = decided(&comparison(20, 0), 0, Some(&comparison(0, 20)));
        assert!(!disliked.promote && disliked.worse == ["people's scores"], "{disliked:?}");
        let liked = decided(&comparison(1, 0), 0, Some(&comparison(20, 0)));
        assert!(
            liked.promote && liked.people.unwrap()[1].mean == 0.5 && liked.score.unwrap()[1].mean == 0.025,
            "{liked:?}"
        );
        assert!(decided(&comparison(20, 0), 0, Some(&comparison(1, 0))).promote);
    }

    #[test]
    fn cases_that_have_decided_often_enough_decide_nothing_more() {
        let last = decided(&comparison(20, 0), 5, None);
        assert!(last.promote && (last.look, last.may_bear) == (6, 6));
        let worn = decided(&comparison(20, 0), 6, None);
        assert!(!worn.promote && worn.why.contains("have decided 6 times"), "{worn:?}");
    }

    #[test]
    fn a_promise_is_tested_for_itself() {
        let whole = comparison(20, 0);
        let check = whole.held_out.checks.keys().next().unwrap().clone();
        let promised = |name: &str| Promised { kind: MoverKind::Check, name: name.to_string() };
        let of = |comparison: &Comparison, promised: &Promised| {
            decide(&Measured { comparison, promised: Some(promised), borne: 0, may_bear: 6, people: None }).promise
        };
        assert_eq!(of(&whole, &promised(&check)), Some(true));
        assert_eq!(of(&comparison(1, 0), &promised(&check)), Some(false));
        assert_eq!(of(&whole, &promised("no such check")), Some(false));
    }
}
