use super::{Gaps, Material, Plan, Remedy, Symptom, find, markdown, plan};
use crate::compare::tests::{Case, case, runs};
use crate::run::Run;
use crate::suite::Split;
use crate::tally::Trial;
use crate::training_data::{Contradiction, Example, Known, kind_of};

/// Six PRDs of which two pass, four OKRs that pass, four stories that fail, all of them dev; and held-out cases that fail.
fn run() -> Run {
    let some = |task: &str, split, count: usize, passing: usize| -> Vec<Case> {
        (0..count).map(|i| case(format!("s/{task}-{i}"), split, f64::from(u8::from(i < passing)), 0.0)).collect()
    };
    let cases = [
        some("prd", Split::Dev, 6, 2),
        some("okr", Split::Dev, 4, 4),
        some("story", Split::Dev, 4, 0),
        some("secret", Split::HeldOut, 9, 0),
    ];
    let (mut run, _) = runs(&cases.concat());
    for record in &mut run.records {
        let task = record.case.trim_start_matches("s/").split('-').next().unwrap().to_string();
        record.prompt = format!("Prompt of {}", record.case);
        record.tags = vec!["must-pass".to_string(), task];
    }
    run
}

/// A PRD, and ninety user stories.
fn examples() -> Vec<Example> {
    let example = |instruction: &str, number: usize| -> Example {
        let place = crate::training_data::Place { line: number, ..Default::default() };
        let text = serde_json::json!({"instruction": instruction, "input": "", "output": "Done."}).to_string();
        Example { place, ..serde_json::from_str(&text).unwrap() }
    };
    let stories = (2..92).map(|number| example("Write a user story", number));
    std::iter::once(example("Write a PRD", 1)).chain(stories).collect()
}

/// The plan of so many examples; the example of this number fails this check.
fn planned(gaps: &Gaps, wanted: usize, contradicting: Option<(usize, &str)>, known: &[Example]) -> Plan {
    let examples = examples();
    let kinds: Vec<Option<&str>> = examples
        .iter()
        .map(|example| kind_of(example).map(|kind| if kind.tag == "user-story" { "story" } else { kind.tag }))
        .collect();
    let contradicting: Vec<Contradiction> = contradicting
        .iter()
        .map(|(example, check)| {
            let kind = kind_of(&examples[*example]).unwrap();
            Contradiction { example: *example, kind, check: check.to_string(), reason: String::new() }
        })
        .collect();
    let known = Known::new(&[], known);
    let material = Material { examples: &examples, kinds: &kinds, contradicting: &contradicting, known: &known };
    plan(gaps, wanted, "PM-v1 2026-11", &material)
}

#[test]
fn score_is_lost_where_dev_cases_fail() {
    let gaps = find(&run(), 0.95);
    assert_eq!(gaps.cases, 14);
    let shares: Vec<(&str, f64, usize)> =
        gaps.tasks.iter().map(|task| (task.name.as_str(), task.share, task.passed.passed)).collect();
    assert_eq!(shares, [("prd", 0.5, 2), ("story", 0.5, 0), ("okr", 0.0, 4)]);
    assert!((gaps.lost - 8.0 / 14.0).abs() < 1e-12);
    let failing = gaps.checks.iter().find(|failing| failing.check == "contains").unwrap();
    assert_eq!((failing.trial.of - failing.trial.passed, failing.trial.of), (8, 14));
    assert!(failing.interval.low < 6.0 / 14.0 && 6.0 / 14.0 < failing.interval.high);
}

#[test]
fn the_plan_asks_for_what_is_lost_and_says_what_is_likeliest_to_help() {
    let gaps = find(&run(), 0.95);
    let made = planned(&gaps, 12, None, &[]);
    let items: Vec<(&str, usize, Remedy)> =
        made.items.iter().map(|item| (item.task.as_str(), item.count, item.remedy)).collect();
    assert_eq!(items, [("prd", 6, Remedy::MoreExamples), ("story", 6, Remedy::LargerBase)]);
    assert_eq!(made.examples(), 12);
    assert_eq!(planned(&gaps, 5, None, &[]).items.len(), 1, "fewer than three each teach nothing");
    assert_eq!(planned(&gaps, 1, None, &[]).examples(), 1);
    assert_eq!(planned(&gaps, 12, None, &[]), made);
}

#[test]
fn a_promise_is_of_a_check_that_says_one_thing() {
    let gaps = find(&run(), 0.95);
    let promise = planned(&gaps, 12, None, &[]).promise().map(str::to_string);
    assert_eq!(promise.as_deref(), Some("contains"));
    assert_eq!(Symptom::of("regex"), None);
}

#[test]
fn an_example_contradicts_only_where_the_version_fails_the_same_check() {
    let gaps = find(&run(), 0.95);
    let item = |check: &str| planned(&gaps, 12, Some((0, check)), &[]).items[0].clone();
    let of_failing = item("contains");
    assert_eq!((of_failing.remedy, of_failing.contradicting.len()), (Remedy::BetterExamples, 1));
    assert!(of_failing.advice().unwrap().contains("1 of 1 example fails a check"), "{:?}", of_failing.advice());
    let of_passing = item("word-count");
    assert_eq!((of_passing.remedy, of_passing.contradicting.len()), (Remedy::MoreExamples, 0));
}

#[test]
fn a_situation_of_an_example_is_not_offered() {
    let gaps = find(&run(), 0.95);
    let situations = |known: &[Example]| -> Vec<String> {
        planned(&gaps, 12, None, known).items.iter().flat_map(|item| item.situations.clone()).collect()
    };
    let first = situations(&[]).remove(0);
    let taken = Example { output: format!("It is for {first}."), ..examples().remove(0) };
    assert!(!situations(&[taken]).contains(&first));
}

/// A name that no check has would map nothing, and nobody would see it.
#[test]
fn symptoms_are_of_checks_that_there_are() {
    let known: Vec<&str> = crate::check::kinds().map(|kind| kind.name).collect();
    let there =
        |name: &&str| known.contains(name) || name.strip_prefix("not-").is_some_and(|bare| known.contains(&bare));
    let unknown: Vec<_> =
        super::find::CHECKS.iter().flat_map(|(_, names)| *names).filter(|name| !there(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} of {known:?}");
}

#[test]
fn general_sense_is_counted_apart() {
    let mut general = run();
    for record in general.records.iter_mut().filter(|record| record.case.starts_with("s/okr")) {
        record.category = "forgetting".into();
    }
    let gaps = find(&general, 0.95);
    assert_eq!(gaps.forgetting, Some(Trial { passed: 4, of: 4 }));
    assert!(gaps.cases == 10 && gaps.tasks.iter().all(|task| task.name != "okr"));
}

#[test]
fn nothing_of_a_held_out_case_shows() {
    let gaps = find(&run(), 0.95);
    let made = planned(&gaps, 12, None, &[]);
    let all = format!("{}{:?}{:?}", markdown(&gaps, &made), gaps, made);
    assert!(all.contains("prd") && !all.contains("secret"), "{all}");
    let mut without = run();
    without.records.retain(|record| record.split == Split::Dev);
    assert_eq!(find(&without, 0.95), gaps);
}
