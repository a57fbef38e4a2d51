use super::*;
use crate::review::testing::{record, run, told};
use crate::run::Outcome;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A run with so many cases in each category.
fn made(id: &str, version: &str, sizes: &[usize]) -> Run {
    let cases = sizes.iter().enumerate().flat_map(|(category, size)| {
        (0..*size)
            .map(move |n| told(&format!("s{category}/c{n}"), &format!("category {category}"), &format!("{id} {n}")))
    });
    run(id, version, &cases.collect::<Vec<_>>())
}

fn options(reviewer: &str, roster: &[&str], overlap: f64) -> Assignment {
    let roster = roster.iter().map(|name| name.to_string()).collect();
    Assignment { roster, overlap, ..Assignment::all(reviewer) }
}

/// The cases of a sheet by category, in its order.
fn cases(sheet: &Sheet, key: &Key) -> Vec<(String, String)> {
    let case = |answer: &Text| key.origins[&answer.id].case.clone();
    sheet.items.iter().map(|item| (item.category.clone(), case(&item.answers[0]))).collect()
}

#[test]
fn only_first_written_answers_that_count_are_read() {
    let mut all = made("one", "v1", &[3]);
    all.records[1].repeat = 1;
    all.records.push(record(&crate::review::testing::Told { weight: 0.0, ..told("s/weightless", "x", "t") }));
    all.records.push(record(&crate::review::testing::Told { stop: Stop::Scored, ..told("s/choice", "x", "t") }));
    let mut broken = record(&told("s/error", "x", "t"));
    broken.outcome = Outcome::Error { message: "too long".into() };
    all.records.push(broken);
    let (sheet, key) = assign(&[&all], &Assignment::all("ann")).unwrap();
    let read: BTreeSet<String> = cases(&sheet, &key).into_iter().map(|(_, case)| case).collect();
    assert_eq!(read, BTreeSet::from(["s0/c0".to_string(), "s0/c2".to_string()]));
}

#[test]
fn pairs_are_of_cases_that_both_answered_and_equal_texts_are_read_once() {
    let (mut a, mut b) = (made("one", "v1", &[5]), made("two", "v2", &[5]));
    a.records.remove(0);
    b.records[1].prompt = "Another question".into();
    b.records[2].outcome = a.records[1].outcome.clone();
    let (sheet, key) = assign(&[&a, &b], &Assignment::all("ann")).unwrap();
    let answers: BTreeMap<String, usize> =
        sheet.items.iter().map(|item| (key.origins[&item.answers[0].id].case.clone(), item.answers.len())).collect();
    let expected = [("s0/c2", 1), ("s0/c3", 2), ("s0/c4", 2)].map(|(case, n)| (case.to_string(), n));
    assert_eq!(answers, BTreeMap::from(expected));
    for (_, answer) in sheet.answers() {
        let origin = &key.origins[&answer.id];
        let run = [&a, &b][origin.run];
        let record = run.records.iter().find(|r| r.case == origin.case).unwrap();
        assert_eq!(answer_hash(record).as_ref(), Some(&origin.answer), "the key leads to what was shown");
    }
}

#[test]
fn names_that_lead_to_one_file_are_not_dealt_to() {
    let run = made("one", "v1", &[5]);
    let error = assign(&[&run], &options("ann", &["ann", "ben", "Ben!"], 0.5)).unwrap_err().to_string();
    assert!(error.contains("Ben! and ben cannot be told apart"), "{error}");
    assert!(assign(&[&run], &options("ann", &["ann", "ann ", "ben"], 0.5)).is_ok());
}

#[test]
fn the_order_of_the_runs_changes_nothing_and_every_reviewer_has_their_own() {
    let (a, b) = (made("one", "v1", &[8, 8]), made("two", "v2", &[8, 8]));
    let sheet = |runs: &[&Run], name: &str| assign(runs, &Assignment::all(name)).unwrap();
    assert_eq!(sheet(&[&a, &b], "ann"), sheet(&[&b, &a], "ann"));
    let (ann, ann_key) = sheet(&[&a, &b], "ann");
    let (ben, ben_key) = sheet(&[&a, &b], "ben");
    assert_ne!(cases(&ann, &ann_key), cases(&ben, &ben_key));
    let first = |key: &Key| key.origins.iter().filter(|(id, o)| id.ends_with('a') && o.run == 0).count();
    for key in [&ann_key, &ben_key] {
        assert!((3..=13).contains(&first(key)), "{} of 16 pairs show the first run first", first(key));
    }
}

#[test]
fn refusals_say_what_to_do() {
    let (a, b) = (made("one", "v1", &[2]), made("two", "v2", &[2]));
    let refused = |runs: &[&Run], options: &Assignment| assign(runs, options).unwrap_err().to_string();
    assert!(refused(&[&a, &a], &Assignment::all("ann")).contains("the same run"));
    assert!(refused(&[], &Assignment::all("ann")).contains("name one run or two"));
    assert!(refused(&[&a, &b, &b], &Assignment::all("ann")).contains("name one run or two"));
    let nothing = Assignment { split: Some(Split::Dev), ..Assignment::all("ann") };
    assert!(refused(&[&a], &nothing).contains("no answer to review in one"));
    assert!(refused(&[&a], &options("dan", &["ann", "ben"], 0.3)).contains("--reviewer one of ann, ben"));
    assert!(refused(&[&a], &options("ann", &["ann", "ben"], f64::NAN)).contains("0% to 100%"));
    let many = ["a", "b", "c", "d", "e"];
    let refused = many.iter().filter(|name| assign(&[&a], &options(name, &many, 0.0)).is_err()).count();
    assert_eq!(refused, 3, "two cases for five people");
}

#[test]
fn a_limit_keeps_every_category_and_a_larger_one_adds_to_it() {
    let all = made("one", "v1", &[12, 6, 6]);
    let limited = |limit| {
        let (sheet, key) = assign(&[&all], &Assignment { limit: Some(limit), ..Assignment::all("ann") }).unwrap();
        cases(&sheet, &key).into_iter().collect::<BTreeSet<_>>()
    };
    let (four, eight) = (limited(4), limited(8));
    assert_eq!((four.len(), eight.len()), (4, 8));
    assert!(four.is_subset(&eight));
    assert_eq!(four.iter().map(|(category, _)| category).collect::<BTreeSet<_>>().len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_is_read_the_overlap_by_all_and_the_rest_evenly(
        sizes in prop::collection::vec(1usize..14, 1..5),
        people in 2usize..6,
        overlap in 0.0..=1.0f64,
        paired in any::<bool>(),
    ) {
        let names: Vec<String> = (0..people).map(|n| format!("person {n}")).collect();
        let roster: Vec<&str> = names.iter().map(String::as_str).collect();
        let (a, b) = (made("one", "v1", &sizes), made("two", "v2", &sizes));
        let runs = if paired { vec![&a, &b] } else { vec![&a] };
        let total: usize = sizes.iter().sum();
        let shared = (overlap * total as f64).round() as usize;
        prop_assume!(shared > 0 || total >= people);
        let mut readers: BTreeMap<(String, String), usize> = BTreeMap::new();
        let mut loads: Vec<BTreeMap<String, usize>> = Vec::new();
        for name in &roster {
            let made = assign(&runs, &options(name, &roster, overlap)).unwrap();
            prop_assert_eq!(&made, &assign(&runs, &options(name, &roster, overlap)).unwrap());
            let mut load = BTreeMap::new();
            for case in cases(&made.0, &made.1) {
                *load.entry(case.0.clone()).or_default() += 1;
                *readers.entry(case).or_default() += 1;
            }
            loads.push(load);
        }
        prop_assert_eq!(readers.len(), total, "every case is read");
        prop_assert_eq!(readers.values().filter(|n| **n == people).count(), shared);
        prop_assert!(readers.values().all(|n| *n == 1 || *n == people));
        let balanced = |counts: Vec<usize>| counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1;
        prop_assert!(balanced(loads.iter().map(|load| load.values().sum()).collect()));
        for category in 0..sizes.len() {
            let of = |load: &BTreeMap<String, usize>| load.get(&format!("category {category}")).copied().unwrap_or(0);
            prop_assert!(balanced(loads.iter().map(of).collect()));
        }
        // Spread over the categories: each has its share of what everybody reads, to within one.
        for (category, size) in sizes.iter().enumerate() {
            let name = format!("category {category}");
            let both = readers.iter().filter(|((c, _), n)| **c == name && **n == people).count();
            prop_assert!((both as f64 - shared as f64 * *size as f64 / total as f64).abs() <= 1.5);
        }
    }

    #[test]
    fn a_sheet_says_nothing_of_runs_or_versions(size in 1usize..9, name in "[a-z]{3,8}") {
        let secrets = ["run-4711-secret", "run-4712-secret", "Zebra-v8", "Zebra-v9"];
        let cases = |mark: &str| (0..size).map(|n| told(&format!("s/{n}"), "x", &format!("{mark} {n}"))).collect::<Vec<_>>();
        let (a, b) = (run(secrets[0], secrets[2], &cases("red")), run(secrets[1], secrets[3], &cases("blue")));
        let (sheet, key) = assign(&[&a, &b], &Assignment::all(&name)).unwrap();
        let text = serde_json::to_string(&sheet).unwrap();
        prop_assert!(secrets.iter().all(|secret| !text.contains(secret)));
        prop_assert!(key.origins.values().all(|origin| !text.contains(&origin.answer)));
        prop_assert_eq!(sheet.items.iter().map(|i| i.number).collect::<Vec<_>>(), (1..=size).collect::<Vec<_>>());
    }
}
