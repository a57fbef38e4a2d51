//! The shipped suites, proven: by the audit, by answers of people who never saw the checks, and by what a fair suite holds.

use pmtune::audit::{self, Standing, Wanted};
use pmtune::check::Subject;
use pmtune::provider::{Answer, Likelihood, Stop};
use pmtune::suite::{self, Case, Split, Suite};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Answers to one request by somebody who saw neither the case's checks nor its reference.
#[derive(Deserialize)]
struct Outside {
    case: String,
    good: String,
    bad: String,
    /// What is wrong with the bad one.
    why: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn suites() -> Vec<Suite> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(root().join("suites")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    suite::load(&root(), &files).unwrap_or_else(|e| panic!("{e}"))
}

fn cases(suites: &[Suite]) -> impl Iterator<Item = &Case> {
    suites.iter().flat_map(|suite| &suite.cases)
}

fn written(text: &str) -> Answer {
    Answer {
        text: text.to_string(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 60,
        output_tokens: text.split_whitespace().count() * 4 / 3,
        seconds: 1.0,
        reference_nll: None,
        likelihoods: Vec::new(),
    }
}

/// Whether the answer passes, and what each check said.
fn judge(case: &Case, answer: &Answer) -> (bool, String) {
    let subject =
        Subject { prompt: &case.prompt, reference: case.reference.as_deref(), choices: &case.choices, answer };
    let verdicts: Vec<_> = case.checks.iter().map(|check| check.judge(&subject)).collect();
    let said: Vec<String> = case
        .checks
        .iter()
        .zip(&verdicts)
        .map(|(check, v)| format!("    {} {}: {}", if v.passed() { "+" } else { "-" }, check.name, v.reason()))
        .collect();
    (suite::score(case, &verdicts).is_some_and(|(_, passed)| passed), said.join("\n"))
}

/// `docs/log.md` has the counts. What they may not fall below was set when they were first counted.
#[test]
fn answers_from_outside_are_told_apart() {
    let suites = suites();
    let file = root().join("tests/answers/outside.yaml");
    let outside: Vec<Outside> = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (mut judged, mut good, mut bad) = (0, 0, 0);
    for pair in &outside {
        let case = cases(&suites).find(|case| case.id == pair.case).unwrap_or_else(|| panic!("{} is gone", pair.case));
        if case.only_weighed() {
            continue;
        }
        judged += 1;
        let (passed, said) = judge(case, &written(&pair.good));
        good += usize::from(passed);
        if !passed {
            println!("{}: the good answer fails\n{said}", pair.case);
        }
        let (passed, said) = judge(case, &written(&pair.bad));
        bad += usize::from(!passed);
        if passed {
            println!("{}: the bad answer passes, although {}\n{said}", pair.case, pair.why);
        }
    }
    println!("of {judged} requests, {good} good answers pass and {bad} bad ones fail");
    assert!(judged >= LEAST.0 && good * 100 >= judged * LEAST.1 && bad * 100 >= judged * LEAST.2);
}

/// Requests judged by checks, and how many good answers in a hundred pass and bad ones fail.
const LEAST: (usize, usize, usize) = (25, 85, 90);

#[test]
fn the_audit_passes() {
    let audit = audit::audit(&suites(), &[], Wanted::default(), 0.95);
    let failing = audit::failing(&audit);
    assert!(failing.is_empty(), "{failing:?}");
    for suite in &audit.suites {
        let bare: Vec<&str> =
            suite.cases.iter().filter(|c| c.standing == Standing::NoReference).map(|c| c.case.as_str()).collect();
        assert!(bare.is_empty(), "{}: {bare:?}", suite.name);
    }
}

#[test]
fn only_the_right_choice_passes() {
    let suites = suites();
    let cases: Vec<&Case> = cases(&suites).filter(|c| !c.choices.is_empty()).collect();
    assert!(cases.len() >= 40, "{} multiple-choice cases", cases.len());
    for case in cases {
        for picked in &case.choices {
            let score = |text: &String| Likelihood {
                text: text.clone(),
                log_prob: if text == picked { -4.0 } else { -20.0 },
                tokens: 4,
                unasked: Some(-20.0),
            };
            let likelihoods = case.choices.iter().map(score).collect();
            let (passed, said) = judge(case, &Answer { stop: Stop::Scored, likelihoods, ..written(picked) });
            assert_eq!(passed, Some(picked) == case.reference.as_ref(), "{} {picked}\n{said}", case.id);
        }
    }
}

/// Nothing but the question tells which choice is right.
#[test]
fn choices_are_alike_in_length_and_the_right_one_stands_anywhere() {
    let suites = suites();
    let (mut places, mut longest, mut all) = ([0; 4], 0, 0);
    for case in cases(&suites).filter(|c| !c.choices.is_empty()) {
        let right = case.reference.as_ref().unwrap();
        let length = |text: &String| text.chars().count();
        let (least, most) =
            (case.choices.iter().map(length).min().unwrap(), case.choices.iter().map(length).max().unwrap());
        assert!(most as f64 <= 1.15 * least as f64, "{}: {least} to {most} characters", case.id);
        places[case.choices.iter().position(|choice| choice == right).unwrap()] += 1;
        longest += usize::from(case.choices.iter().all(|choice| choice == right || length(choice) < length(right)));
        all += 1;
    }
    assert!(places.iter().all(|count| *count * 8 >= all), "{places:?}");
    assert!(longest * 3 <= all, "the right one is the longest in {longest} of {all}");
}

#[test]
fn there_are_enough_cases_and_each_has_an_answer_to_hold_others_against() {
    let suites = suites();
    let count = |split| cases(&suites).filter(|case| case.split == split).count();
    assert!(count(Split::HeldOut) >= 120 && count(Split::Dev) >= 60);
    for suite in &suites {
        let held_out = suite.cases.iter().filter(|case| case.split == Split::HeldOut).count();
        assert!(held_out >= 27 && suite.cases.len() - held_out >= 13, "{}", suite.name);
    }
    for case in cases(&suites).filter(|case| case.choices.is_empty()) {
        assert!(case.reference.is_some() && case.distractors.len() >= 2, "{}", case.id);
    }
    assert!(suite::warnings(&suites).is_empty(), "{:?}", suite::warnings(&suites));
}

/// A held-out request that is a dev request with other nouns shows nothing that dev did not.
#[test]
fn no_request_is_put_alike_in_both_halves() {
    let suites = suites();
    let words = |case: &Case| -> BTreeSet<String> {
        let asked = case.prompt.split("\n\n").next().unwrap_or_default().to_lowercase();
        asked.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(String::from).collect()
    };
    let of = |split| cases(&suites).filter(move |case| case.split == split).map(|case| (case.id.as_str(), words(case)));
    let dev: Vec<_> = of(Split::Dev).collect();
    for (held_out, theirs) in of(Split::HeldOut) {
        for (dev, ours) in &dev {
            let shared = ours.intersection(&theirs).count() as f64 / ours.union(&theirs).count() as f64;
            assert!(shared < 0.6, "{dev} and {held_out} share {:.0} % of their words", 100.0 * shared);
        }
    }
}

#[test]
fn the_founding_guides_four_prompts_are_among_the_cases() {
    let suites = suites();
    let prompts: Vec<&str> = suites.iter().flat_map(|s| &s.cases).map(|c| c.prompt.as_str()).collect();
    for prompt in [
        "Write a user story for password reset functionality",
        "Explain the difference between OKRs and KPIs",
        "We're 2 weeks behind schedule. Write a stakeholder update.",
        "Suggest 5 ways to improve user onboarding for a SaaS product",
    ] {
        assert!(prompts.contains(&prompt), "{prompt}");
    }
}

#[test]
fn the_published_schema_is_the_programs_and_the_suites_name_it() {
    let published = std::fs::read_to_string(root().join("docs/suite.schema.json")).unwrap();
    let published: serde_json::Value = serde_json::from_str(&published).unwrap();
    assert_eq!(published, suite::schema(), "run `pmtune schema > docs/suite.schema.json`");
    for suite in suites() {
        let text = std::fs::read_to_string(root().join("suites").join(format!("{}.yaml", suite.name))).unwrap();
        assert!(text.starts_with("# yaml-language-server: $schema=../docs/suite.schema.json\n"), "{}", suite.name);
        assert!(Path::new(&suite.path).starts_with("suites"));
    }
}
