//! The shipped suites, held to answers that people wrote: the good one passes its case, the bad one fails it.

use pmtune::check::Subject;
use pmtune::provider::{Answer, Likelihood, Stop};
use pmtune::suite::{self, Case, Split, Suite};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Pair {
    good: String,
    bad: String,
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

fn written(text: &str) -> Answer {
    Answer {
        text: text.to_string(),
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
    let (_, passed) = suite::score(case, &verdicts).expect("a check that counts");
    (passed, said.join("\n"))
}

fn answers(suite: &Suite) -> BTreeMap<String, Pair> {
    let file = root().join("tests/answers").join(format!("{}.yaml", suite.name));
    serde_yaml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap()
}

#[test]
fn good_answers_pass_and_bad_answers_fail() {
    let mut faults = Vec::new();
    for suite in suites() {
        let mut answers = answers(&suite);
        for case in suite.cases.iter().filter(|c| c.choices.is_empty()) {
            let id = case.id.rsplit('/').next().unwrap();
            let Some(pair) = answers.remove(id) else {
                faults.push(format!("{}: no answers are written", case.id));
                continue;
            };
            let (passed, said) = judge(case, &written(&pair.good));
            if !passed {
                faults.push(format!("{}: the good answer fails\n{said}", case.id));
            }
            let (passed, said) = judge(case, &written(&pair.bad));
            if passed {
                faults.push(format!("{}: the bad answer passes\n{said}", case.id));
            }
        }
        faults.extend(answers.keys().map(|id| format!("{}/{id}: answers without a case", suite.name)));
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn only_the_right_choice_passes() {
    let suites = suites();
    let cases: Vec<&Case> = suites.iter().flat_map(|s| &s.cases).filter(|c| !c.choices.is_empty()).collect();
    assert!(cases.len() >= 15, "{} multiple-choice cases", cases.len());
    for case in cases {
        for picked in &case.choices {
            let score = |text: &String| Likelihood {
                text: text.clone(),
                log_prob: if text == picked { -1.0 } else { -5.0 } * text.len() as f64,
                tokens: 4,
                unasked: None,
            };
            let answer =
                Answer { stop: Stop::Scored, likelihoods: case.choices.iter().map(score).collect(), ..written(picked) };
            let (passed, said) = judge(case, &answer);
            assert_eq!(passed, Some(picked) == case.reference.as_ref(), "{} {picked}\n{said}", case.id);
        }
    }
}

#[test]
fn every_suite_has_enough_cases_in_two_equal_halves() {
    let suites = suites();
    assert_eq!(suites.len(), 4);
    for suite in &suites {
        let held_out = suite.cases.iter().filter(|c| c.split == Split::HeldOut).count();
        assert!(suite.cases.len() >= 15, "{}", suite.name);
        assert_eq!(held_out * 2, suite.cases.len(), "{}", suite.name);
    }
    assert!(suite::warnings(&suites).is_empty(), "{:?}", suite::warnings(&suites));
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
