//! What must hold of any comparison, whatever the runs.

use super::tests::{Case, LABELS, Reply, case, compared, quick, runs};
use super::*;
use crate::suite::Split;
use proptest::prelude::*;

fn replies() -> impl Strategy<Value = Vec<Reply>> {
    let score = prop_oneof![Just(0.0), Just(1.0 / 3.0), Just(0.5), Just(0.75), Just(1.0)];
    prop::collection::vec(prop::option::weighted(0.9, score), 0..4)
}

fn any_cases() -> impl Strategy<Value = Vec<Case>> {
    let one = (any::<bool>(), 0..3usize, prop::option::weighted(0.3, 0..4usize), 0..3u8, replies(), replies());
    prop::collection::vec(one, 0..30).prop_map(|all| {
        let cases = all.into_iter().enumerate().map(|(i, (dev, category, cluster, weight, a, b))| Case {
            name: format!("s/{i:02}"),
            split: if dev { Split::Dev } else { Split::HeldOut },
            category: format!("category {category}"),
            cluster: cluster.map(|c| format!("source {c}")),
            weight: f64::from(weight),
            a,
            b,
        });
        // One case that both runs have, so that there is something to compare.
        cases.chain([case("s/common", Split::HeldOut, 0.5, 1.0)]).collect()
    })
}

fn groups(c: &Comparison) -> Vec<&Group> {
    [&c.held_out, &c.dev].into_iter().flat_map(|half| half.categories.iter().chain([&half.overall])).collect()
}

fn tests_of(c: &Comparison) -> Vec<&ScoreTest> {
    let halves = [&c.held_out, &c.dev];
    let others = halves.into_iter().flat_map(|h| h.criteria.iter().map(|(_, t)| t).chain(&h.reference_nll));
    groups(c).into_iter().map(|g| &g.score).chain(others).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn exchanging_the_versions_mirrors_every_result(cases in any_cases()) {
        let (a, b) = runs(&cases);
        let forth = compare(&a, &b, LABELS, quick(), false).unwrap();
        let back = compare(&b, &a, LABELS, quick(), false).unwrap();
        for (x, y) in tests_of(&forth).into_iter().zip(tests_of(&back)) {
            prop_assert_eq!((&x.a, &x.b), (&y.b, &y.a));
            prop_assert_eq!(x.difference.mean, -y.difference.mean);
            prop_assert_eq!(x.difference.interval.low, -y.difference.interval.high);
            prop_assert_eq!(x.difference.interval.high, -y.difference.interval.low);
            prop_assert_eq!((x.p, x.p_corrected, x.exact), (y.p, y.p_corrected, y.exact));
        }
        for (x, y) in groups(&forth).into_iter().zip(groups(&back)) {
            prop_assert_eq!((x.pass.only_a, x.pass.only_b, x.pass.p), (y.pass.only_b, y.pass.only_a, y.pass.p));
            prop_assert_eq!((&x.rate.a, &x.rate.b), (&y.rate.b, &y.rate.a));
            prop_assert_eq!(&x.power, &y.power);
            let mirrored = match y.finding {
                Finding::Improved => Finding::Regressed,
                Finding::Regressed => Finding::Improved,
                same => same,
            };
            prop_assert_eq!(x.finding, mirrored);
        }
        prop_assert_eq!(forth.flips.len(), back.flips.len());
        for flip in &forth.flips {
            prop_assert!(back.flips.iter().any(|f| f.case == flip.case && f.improved != flip.improved));
        }
    }

    #[test]
    fn every_number_is_one_and_lies_where_it_must(cases in any_cases()) {
        let c = compared(&cases);
        for test in tests_of(&c) {
            prop_assert!(test.p > 0.0 && test.p <= test.p_corrected && test.p_corrected <= 1.0);
            for mean in [test.a, test.b, test.difference] {
                prop_assert!(mean.interval.low <= mean.mean && mean.mean <= mean.interval.high, "{:?}", mean);
                prop_assert!(mean.interval.high - mean.interval.low > 1e-3, "{:?} of {} cases", mean, test.cases);
            }
        }
        for group in groups(&c) {
            for rate in [&group.rate.a, &group.rate.b] {
                prop_assert!(rate.interval.low <= rate.rate && rate.rate <= rate.interval.high);
            }
            prop_assert!(group.pass.p > 0.0 && group.pass.p_corrected <= 1.0);
            prop_assert!(!group.words.is_empty());
        }
        // A NaN would be written as null, which a number cannot be read from.
        let text = serde_json::to_string(&c).unwrap();
        prop_assert!(serde_json::from_str::<Comparison>(&text).is_ok());
        prop_assert!(!text.contains("NaN") && !text.contains("inf "));
    }

    #[test]
    fn the_order_of_cases_changes_no_number_and_repetition_no_byte(cases in any_cases(), at in 0..30usize) {
        let (a, b) = runs(&cases);
        let mut turned = cases.clone();
        turned.rotate_left(at % cases.len());
        turned.reverse();
        let (one, other) = (compared(&cases), compared(&turned));
        prop_assert_eq!((&one.held_out, &one.dev), (&other.held_out, &other.dev));
        let again = compare(&a, &b, LABELS, quick(), false).unwrap();
        prop_assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&again).unwrap());
    }
}
