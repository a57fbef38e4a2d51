//! Runs made by hand.

use crate::check::{Criterion, Verdict};
use crate::provider::{Answer, Stop};
use crate::run::{Judged, Manifest, Outcome, Record, Run, SuiteRef, VersionRef};
use crate::suite::Split;
use engine::generate::Sampling;
use jiff::Timestamp;
use std::path::PathBuf;

/// One case and its answers: the score of each, `None` for one that could not be had. An answer passes at 1.
#[derive(Debug, Clone)]
pub struct Made {
    pub id: String,
    pub split: Split,
    pub answers: Vec<Option<f64>>,
    pub tags: Vec<String>,
    pub require: Option<f64>,
    pub weight: f64,
}

pub fn made(id: impl Into<String>, answers: &[f64]) -> Made {
    Made {
        id: id.into(),
        split: Split::HeldOut,
        answers: answers.iter().copied().map(Some).collect(),
        tags: Vec::new(),
        require: None,
        weight: 1.0,
    }
}

/// `n` held-out cases of the suite `s`, with one answer each, their scores taken in turn.
pub fn cases(n: usize, scores: &[f64]) -> Vec<Made> {
    scores.iter().cycle().take(n).enumerate().map(|(i, score)| made(format!("s/{i:03}"), &[*score])).collect()
}

pub fn run(version: &str, cases: &[Made]) -> Run {
    let at = Timestamp::from_second(1_780_000_000).unwrap();
    let mut suites: Vec<&str> = cases.iter().filter_map(|case| Some(case.id.split_once('/')?.0)).collect();
    suites.dedup();
    let suite = |name: &str| SuiteRef {
        name: name.to_string(),
        category: name.to_string(),
        description: String::new(),
        hash: "h".to_string(),
    };
    let manifest = Manifest {
        format: 1,
        id: format!("2026-11-22-0100-{version}"),
        version: VersionRef {
            name: version.to_string(),
            base: "0".to_string(),
            adapter: Some(version.to_string()),
            system: None,
            examples: Vec::new(),
            sampling: Sampling::default(),
            template: None,
            thinks: false,
            weights: None,
            routed: None,
        },
        suites: suites.into_iter().map(suite).collect(),
        cases: cases.iter().map(|case| (case.id.clone(), case.answers.len() as u32)).collect(),
        started: at,
        finished: Some(at),
        pmtune: "0".to_string(),
        engine: None,
        shard: None,
        merged_from: Vec::new(),
        rescored_from: None,
        stopped: None,
        notes: Vec::new(),
    };
    let records = cases.iter().flat_map(|case| {
        case.answers.iter().enumerate().map(|(repeat, score)| record(version, case, repeat as u32, *score, at))
    });
    Run { folder: PathBuf::new(), records: records.collect(), manifest }
}

fn record(version: &str, case: &Made, repeat: u32, score: Option<f64>, at: Timestamp) -> Record {
    Record {
        case: case.id.clone(),
        repeat,
        category: "c".to_string(),
        split: case.split,
        weight: case.weight,
        cluster: None,
        tags: case.tags.clone(),
        require: case.require,
        prompt: format!("question {}", case.id),
        reference: None,
        answer_key: "k".to_string(),
        judge_hash: "j".to_string(),
        version: None,
        outcome: match score {
            Some(score) => outcome(version, repeat, score),
            None => Outcome::Error { message: "the endpoint hung up".to_string() },
        },
        at,
    }
}

fn outcome(version: &str, repeat: u32, score: f64) -> Outcome {
    let verdict = Verdict::graded(score, 1.0, "as asked");
    Outcome::Judged {
        answer: Answer {
            text: format!("{version} {repeat} {score}"),
            thoughts: String::new(),
            stop: Stop::End,
            prompt_tokens: 1,
            output_tokens: 1,
            seconds: 1.0 + score,
            reference_nll: None,
            likelihoods: Vec::new(),
        },
        score,
        passed: score >= 1.0,
        verdicts: vec![Judged {
            check: "exact".to_string(),
            criterion: Criterion::Accuracy,
            weight: 1.0,
            guard: None,
            verdict,
        }],
        reused: false,
    }
}
