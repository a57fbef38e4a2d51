use super::{Remedy, Symptom, find, markdown, plan};
use crate::compare::tests::{Case, case, runs};
use crate::run::Run;
use crate::suite::Split;
use crate::tally::Trial;

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

fn taught(task: &str) -> Option<usize> {
    match task {
        "prd" => Some(12),
        "story" => Some(90),
        _ => None,
    }
}

#[test]
fn score_is_lost_where_dev_cases_fail() {
    let gaps = find(&run(), 0.95, &taught);
    assert_eq!(gaps.cases, 14);
    let shares: Vec<(&str, f64, usize)> =
        gaps.tasks.iter().map(|task| (task.name.as_str(), task.share, task.passed.passed)).collect();
    assert_eq!(shares, [("prd", 0.5, 2), ("story", 0.5, 0), ("okr", 0.0, 4)]);
    assert!((gaps.lost - 8.0 / 14.0).abs() < 1e-12);
    let failing = &gaps.checks[0];
    assert_eq!((failing.trial.of - failing.trial.passed, failing.trial.of), (8, 14));
    assert!(failing.interval.low < 6.0 / 14.0 && 6.0 / 14.0 < failing.interval.high);
}

#[test]
fn the_plan_asks_for_what_is_lost_and_says_what_is_likeliest_to_help() {
    let gaps = find(&run(), 0.95, &taught);
    let made = plan(&gaps, 12, 7, &|_| 0);
    let items: Vec<(&str, usize, Remedy)> =
        made.items.iter().map(|item| (item.task.as_str(), item.count, item.remedy)).collect();
    assert_eq!(items, [("prd", 6, Remedy::MoreExamples), ("story", 6, Remedy::LargerBase)]);
    assert_eq!(plan(&gaps, 5, 7, &|_| 0).items.len(), 1, "fewer than three each teach nothing");
    assert_eq!(made.examples(), 12);
    assert_eq!(made.promise(), Symptom::of(&gaps.checks[0].check).map(|_| gaps.checks[0].check.as_str()));
    assert_eq!(plan(&gaps, 12, 7, &|_| 0), made);
    assert_eq!(plan(&gaps, 12, 7, &|task| usize::from(task == "prd")).items[0].remedy, Remedy::BetterExamples);
    assert_eq!(plan(&gaps, 1, 7, &|_| 0).examples(), 1);
}

#[test]
fn general_sense_is_counted_apart() {
    let mut general = run();
    for record in general.records.iter_mut().filter(|record| record.case.starts_with("s/okr")) {
        record.category = "forgetting".into();
    }
    let gaps = find(&general, 0.95, &taught);
    assert_eq!(gaps.forgetting, Some(Trial { passed: 4, of: 4 }));
    assert!(gaps.cases == 10 && gaps.tasks.iter().all(|task| task.name != "okr"));
}

#[test]
fn nothing_of_a_held_out_case_shows() {
    let gaps = find(&run(), 0.95, &taught);
    let made = plan(&gaps, 12, 7, &|_| 0);
    let all = format!("{}{:?}{:?}", markdown(&gaps, &made), gaps, made);
    assert!(all.contains("prd") && !all.contains("secret"), "{all}");
    let mut without = run();
    without.records.retain(|record| record.split == Split::Dev);
    assert_eq!(find(&without, 0.95, &taught), gaps);
}
