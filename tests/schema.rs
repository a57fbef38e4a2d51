//! The JSON Schemas of suites, over every check there is, and of `pmtune.yaml`.

use pmtune::{check, settings, suite, workspace, yaml};
use std::path::Path;

#[test]
fn the_schema_agrees_with_the_loader_on_every_check() {
    let schema = suite::schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(check::kinds().count() > 40);
    for kind in check::kinds() {
        // Without keys of its own, with a key nobody knows, and turned round: what the one takes, the other takes.
        for check in [
            format!("type: {}", kind.name),
            format!("type: not-{}, weight: 0", kind.name),
            format!("type: {}, vlaue: 1", kind.name),
        ] {
            let text = format!("cases: [{{id: a, prompt: p, checks: [{{{check}}}]}}]");
            let json = yaml::parse(&text, Path::new("s.yaml")).unwrap().to_json();
            let (fits, loads) = (validator.validate(&json), suite::load_str("s", &text));
            if let Err(refusal) = &fits {
                assert!(loads.is_err(), "{check}: only the schema refuses: {refusal}");
            } else if check.contains("vlaue") {
                panic!("{check}: the schema takes an unknown key");
            }
        }
    }
}

/// The sections by themselves; each is tried below a `line:`.
const GOOD: [&str; 24] = [
    "endpoint: {concurrency: 256, leave-out: [seed, top-p]}",
    "",
    "format: 1",
    "base: hub:org/repo:a.gguf",
    "base: models/mine.gguf",
    "sampling:",
    "sampling: {temperature: 0, top-k: 1, top-p: 1, min-p: 0, repetition-penalty: 0.5, seed: 3, stop: [x, 1], max-tokens: 1}",
    "sampling: {json: {type: object, properties: {a_b: {type: [string, 'null']}, n: {const: 1}}, required: [a_b]}}",
    "compare: {negligible: 0, confidence: 0.5, resamples: 1000, seed: 0}",
    "compare: ~",
    "data: {fail-on: off, severity: {crlf: note}, max-tokens: 1, outdated-terms: {a_b: c, d: 1}}",
    "train: {preset: balanced, system: x, data: [a], validation: [b]}",
    "train: {rank: 1, alpha: 0.1, dropout: 0, targets: [q_proj], rslora: true, learning-rate: 1, schedule: linear}",
    "train: {warmup: 1, epochs: 1, batch-size: 1, context-length: 1, too-long: skip, weight-decay: 0, clip: 9, patience: 1}",
    "train: {seed: ~, epochs: ~}",
    "review: {reviewers: [ann, 7], overlap: 1}",
    "gate:",
    "gate: {half: dev, against: v1, no-regression: true, pass-rate: 1, score: 0, must-pass: [a]}",
    "gate: {no-regression: {level: 0.5, margin: 0}, criteria: {tone: 1}, people: {accuracy: 5}, latency: {p50: 0.1}}",
    "gate: {each-case: 0.1, flaky: 0, contaminated: 0, errors: 0, detectable: 1, exit-code: 255}",
    "gate: {no-regression: ~, criteria: ~, latency:}",
    "gate: {suites: {a_b: {pass-rate: 0.5, no-regression: false}, c: {}}}",
    "gate: {no-regression: {}}",
    "gate: {no-regression: false}",
];

const BAD: [&str; 65] = [
    "endpoint: {concurrency: 0}",
    "endpoint: {leave-out: [sed]}",
    "lines: x",
    "format: 2",
    "format: one",
    "sampling: {temperature: -1}",
    "sampling: {temperature: 101}",
    "sampling: {top-k: 0}",
    "sampling: {top-p: 0}",
    "sampling: {top-p: 1.1}",
    "sampling: {min-p: 2}",
    "sampling: {repetition-penalty: 0}",
    "sampling: {max-tokens: 0}",
    "sampling: {max-tokens: 1.5}",
    "sampling: {stop: x}",
    "sampling: {seed: -1}",
    "sampling: {json: object}",
    "sampling: {json: [{type: object}]}",
    "sampling: {temprature: 1}",
    "compare: {negligible: 1}",
    "compare: {negligible: .nan}",
    "compare: {negligible: ~}",
    "compare: {confidence: 1}",
    "compare: {confidence: 0.4}",
    "compare: {resamples: 999}",
    "compare: {resamples: 1000001}",
    "compare: {level: 1}",
    "compare: 3",
    "data: {fail-on: fatal}",
    "data: {severity: {crfl: off}}",
    "data: {severity: {crlf: loud}}",
    "data: {severity: [crlf]}",
    "data: {max-tokens: 0}",
    "data: {outdated-terms: [a]}",
    "data: {x: 1}",
    "train: {preset: document}",
    "train: {data: a}",
    "train: {rank: 0}",
    "train: {targets: [' ']}",
    "train: {dropout: 1}",
    "train: {learning-rate: 0}",
    "train: {schedule: exponential}",
    "train: {weight-decay: 1}",
    "train: {clip: .inf}",
    "train: {rang: 1}",
    "review: {overlap: 30}",
    "review: {reviewers: ann}",
    "review: {reviewer: [ann]}",
    "gate: {pass-rate: 70}",
    "gate: {score: -0.1}",
    "gate: {each-case: 0}",
    "gate: {detectable: 0}",
    "gate: {exit-code: 2}",
    "gate: {exit-code: 130}",
    "gate: {exit-code: 0}",
    "gate: {exit-code: 256}",
    "gate: {half: both}",
    "gate: {no-regression: often}",
    "gate: {no-regression: {level: 0}}",
    "gate: {no-regression: {margin: 1}}",
    "gate: {criteria: {tone: 4}}",
    "gate: {people: {tone: 0.8}}",
    "gate: {latency: {p95: 0}}",
    "gate: {suites: {a: {half: dev}}}",
    "gate: {suites: {a: {pass-rate: 2}}}",
];

#[test]
fn the_schema_of_the_workspace_agrees_with_its_reader() {
    let schema = settings::schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let agree = |text: &str| {
        let file = yaml::parse(text, Path::new("pmtune.yaml")).unwrap();
        let json = file.to_json();
        let (reads, fits) = (settings::check(&file).map_err(|e| e.to_string()), validator.validate(&json));
        assert_eq!(reads.is_ok(), fits.is_ok(), "{text}\nreader: {reads:?}\nschema: {fits:?}");
        reads.is_ok()
    };
    assert!(GOOD.iter().all(|more| agree(&format!("line: x\n{more}\n"))));
    assert!(!BAD.iter().any(|more| agree(&format!("line: x\n{more}\n"))));
    assert!(
        !["", "base: models/mine.gguf", "line: a/b", "line: ''", "line: ~", "- line"].iter().any(|text| agree(text))
    );
}

#[test]
fn the_workspaces_that_ship_fit_the_schema() {
    let validator = jsonschema::draft202012::new(&settings::schema()).unwrap();
    let root = tempfile::tempdir().unwrap();
    workspace::init(root.path()).unwrap();
    for folder in [Path::new(env!("CARGO_MANIFEST_DIR")), root.path()] {
        let file = workspace::parse(folder).unwrap();
        settings::check(&file).unwrap();
        validator.validate(&file.to_json()).unwrap();
        settings::open(folder).unwrap();
    }
}

#[test]
fn both_spellings_of_a_key_are_read_but_not_both_at_once() {
    let check = |text: &str| settings::check(&yaml::parse(text, Path::new("pmtune.yaml")).unwrap());
    check("line: x\nsampling: {max_tokens: 9}\ngate: {pass_rate: 0.5, no_regression: true}\ntrain: {held_out: [a]}\n")
        .unwrap();
    let said = check("line: x\nsampling: {max_tokens: 9, max-tokens: 9}\n").unwrap_err().to_string();
    assert!(said.contains("pmtune.yaml:2:27: `max-tokens` is given twice"), "{said}");
    assert!(check("line: x\ngate: {pass_rate: 70}\n").unwrap_err().to_string().contains("80 % as 0.8"));
}
