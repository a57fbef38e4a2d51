use super::{Gaps, Lost, Material, Plan, Remedy, Symptom, plan};
use crate::check::Criterion;
use crate::compare::Settings;
use crate::compare::tests::{Case, case, runs};
use crate::report::GapsReport;
use crate::review::{Flag, Rating, Reviewer, ReviewerKind};
use crate::run::{Outcome, Run};
use crate::suite::Split;
use crate::tally::Trial;
use crate::training_data::{Contradiction, Example, Known, kind_of};
use std::collections::BTreeMap;

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

fn find(run: &Run) -> Gaps {
    super::find(run, None, &BTreeMap::new(), &Settings::default())
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
    let gaps = find(&run());
    assert_eq!(gaps.cases, 14);
    let shares: Vec<(&str, f64, usize)> =
        gaps.tasks.iter().map(|task| (task.name.as_str(), task.share, task.passed.passed)).collect();
    assert_eq!(shares, [("prd", 0.5, 2), ("story", 0.5, 0), ("okr", 0.0, 4)]);
    assert!((gaps.lost - 8.0 / 14.0).abs() < 1e-12);
    let Lost { passed, interval, share, .. } =
        gaps.checks.iter().map(|failing| &failing.lost).find(|lost| lost.name == "contains").unwrap();
    assert_eq!((*passed, *share), (Trial { passed: 6, of: 14 }, 1.0));
    assert!(interval.low < 6.0 / 14.0 && 6.0 / 14.0 < interval.high);
}

#[test]
fn the_plan_asks_for_what_is_lost_and_says_what_is_likeliest_to_help() {
    let gaps = find(&run());
    let made = planned(&gaps, 12, None, &[]);
    let items: Vec<(&str, usize, Remedy)> =
        made.items.iter().map(|item| (item.task.as_str(), item.count, item.remedy)).collect();
    assert_eq!(items, [("prd", 12, Remedy::MoreExamples)]);
    assert_eq!(made.beyond[0].task, "story", "ninety examples teach it and none of four cases passes");
    assert_eq!(made.examples(), 12);
    assert_eq!(planned(&gaps, 5, None, &[]).items.len(), 1, "fewer than three each teach nothing");
    assert_eq!(planned(&gaps, 1, None, &[]).examples(), 1);
    assert_eq!(planned(&gaps, 12, None, &[]), made);
}

#[test]
fn a_promise_is_of_a_check_that_says_one_thing() {
    let gaps = find(&run());
    let promise = planned(&gaps, 12, None, &[]).promise().map(str::to_string);
    assert_eq!(promise.as_deref(), Some("contains"));
    assert_eq!(Symptom::of("regex"), None);
}

#[test]
fn an_example_contradicts_only_where_the_version_fails_the_same_check() {
    let gaps = find(&run());
    let item = |check: &str| planned(&gaps, 12, Some((0, check)), &[]).items[0].clone();
    let of_failing = item("contains");
    assert_eq!((of_failing.remedy, of_failing.contradicting.len()), (Remedy::BetterExamples, 1));
    assert!(of_failing.because.contains("1 of 1 example fails a check"), "{}", of_failing.because);
    let of_passing = item("word-count");
    assert_eq!((of_passing.remedy, of_passing.contradicting.len()), (Remedy::MoreExamples, 0));
}

#[test]
fn a_situation_of_an_example_is_not_offered() {
    let gaps = find(&run());
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
        super::symptom::CHECKS.iter().flat_map(|(_, names)| *names).filter(|name| !there(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} of {known:?}");
}

#[test]
fn general_sense_is_counted_apart() {
    let mut general = run();
    for record in general.records.iter_mut().filter(|record| record.case.starts_with("s/okr")) {
        record.category = "forgetting".into();
    }
    let gaps = find(&general);
    assert_eq!(gaps.forgetting.as_ref().map(|found| found.passed), Some(Trial { passed: 4, of: 4 }));
    assert!(gaps.cases == 10 && gaps.tasks.iter().all(|task| task.name != "okr"));
}

#[test]
fn nothing_of_a_held_out_case_shows() {
    let gaps = find(&run());
    let made = planned(&gaps, 12, None, &[]);
    let all = format!("{}{:?}{:?}", GapsReport::new(&gaps, &made).unwrap().html().unwrap(), gaps, made);
    assert!(all.contains("prd") && !all.contains("secret"), "{all}");
    let mut without = run();
    without.records.retain(|record| record.split == Split::Dev);
    assert_eq!(find(&without), gaps);
}

fn said(case: &str, points: u8, flags: &[Flag]) -> Rating {
    let points = Criterion::ALL.into_iter().map(|criterion| (criterion, points)).collect();
    let (flags, at) = (flags.iter().copied().collect(), jiff::Timestamp::UNIX_EPOCH);
    let (comment, answer) = (String::new(), String::new());
    Rating { case: case.into(), repeat: 0, answer, points, comment, flags, beside: None, done: true, reason: None, at }
}

#[test]
fn what_people_miss_is_planned_for_even_where_every_check_passes() {
    let run = run();
    let ratings = vec![said("s/okr-0", 1, &[Flag::FactualError]), said("s/okr-1", 2, &[]), said("s/prd-0", 5, &[])];
    let by = BTreeMap::from([(Reviewer { kind: ReviewerKind::Person, name: "Ada".into() }, ratings)]);
    let gaps = super::find(&run, None, &by, &Settings::default());
    let people = gaps.people.as_ref().unwrap();
    assert_eq!((people.people, people.answers, people.factual_errors), (1, 3, 1));
    let low: Vec<(&str, &str, f64)> =
        people.cases.iter().map(|low| (low.case.as_str(), low.task.as_str(), low.points)).collect();
    assert_eq!(low, [("s/okr-0", "okr", 1.0), ("s/okr-1", "okr", 2.0)]);
    assert_eq!(people.cases[0].flags.len(), 1);
    // A case at 1 lacks three quarters, one at 2 a half.
    assert!((people.lacking("okr") - 1.25).abs() < 1e-9 && people.lacking("prd") == 0.0);
    let made = planned(&gaps, 12, None, &[]);
    let okr = made.items.iter().find(|item| item.task == "okr").unwrap();
    assert!(okr.checks.is_empty() && okr.include[0].starts_with("what people missed in accuracy"), "{okr:?}");
    let page = GapsReport::new(&gaps, &made).unwrap().terminal(80, false);
    assert!(page.contains("s/okr-0 (okr): 1.0 of 5") && page.lines().all(|line| line.chars().count() <= 80), "{page}");
}

#[test]
fn what_was_forgotten_is_told_beside_the_base() {
    let mut version = run();
    for record in version.records.iter_mut().filter(|record| record.case.starts_with("s/prd")) {
        record.category = "forgetting".into();
    }
    let mut base = version.clone();
    base.manifest.id = "base-run".into();
    for record in base.records.iter_mut().filter(|record| record.case.starts_with("s/prd")) {
        let Outcome::Judged { score, passed, .. } = &mut record.outcome else { panic!() };
        (*score, *passed) = (1.0, true);
    }
    let beside = |base: &Run| {
        let gaps = super::find(&version, Some(base), &BTreeMap::new(), &Settings::default());
        gaps.forgetting.unwrap().beside.unwrap()
    };
    let found = beside(&base);
    assert_eq!((found.cases, found.lost, found.gained, found.forgets), (6, 4, 0, false), "4 of 6 may be chance");
    assert_eq!(beside(&version).p, 1.0);
}

#[test]
fn a_choice_is_a_matter_of_the_base_and_a_manner_one_of_the_prompt() {
    let rename = |run: &mut Run, task: &str, check: &str| {
        for record in run.records.iter_mut().filter(|record| record.case.starts_with(&format!("s/{task}"))) {
            let Outcome::Judged { verdicts, .. } = &mut record.outcome else { panic!() };
            verdicts.iter_mut().for_each(|judged| judged.check = check.into());
        }
    };
    let mut choices = run();
    rename(&mut choices, "prd", "choice");
    let made = planned(&find(&choices), 12, None, &[]);
    // Both tasks are beyond examples here, so examples are asked for all the same.
    let prd = made.items.iter().find(|item| item.task == "prd").unwrap();
    assert!(prd.remedy == Remedy::LargerBase && prd.because.contains("right choice"), "{}", prd.because);
    assert!(made.prompt.is_none() && made.promise() == Some("contains") && made.beyond.is_empty());

    let mut cut = run();
    for (i, record) in cut.records.iter_mut().filter(|record| record.split == Split::Dev).enumerate() {
        record.tags = vec![format!("task-{}", i % 4)];
    }
    ["prd", "okr", "story"].iter().for_each(|task| rename(&mut cut, task, "not-truncated"));
    let prompt = planned(&find(&cut), 12, None, &[]).prompt.unwrap();
    assert!(prompt.starts_with("not-truncated fails in 8 cases over 4 tasks"), "{prompt}");
}

#[test]
fn answers_are_too_short_or_too_long_by_their_references() {
    assert_eq!(Symptom::of("word-count").unwrap().directed(3, 1), Symptom::TooShort);
    assert_eq!(Symptom::of("word-count").unwrap().directed(0, 1), Symptom::TooLong);
    assert_eq!(Symptom::of("word-count").unwrap().directed(1, 1), Symptom::Length);
    assert_eq!(Symptom::of("table").unwrap().directed(3, 0), Symptom::WrongStructure);
}
