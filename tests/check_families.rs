//! Checks as suites write them, through the loader: YAML to verdict, schema names, and faults of values.

use pmtune::check::{self, Subject};
use pmtune::provider::{Answer, Stop};
use pmtune::yaml;
use std::collections::BTreeSet;
use std::path::Path;

const ANSWER: &str = "# Launch\n\n**TL;DR:** We launch in April, three weeks late.\n\n**Impact:**\n- Sales waits\n- Support \
                      waits\n\n| Metric | Target |\n|---|---|\n| NPS | 40 |\n\n```json\n{\"weeks\": 3}\n```\n";

/// Checks that pass on `ANSWER`.
const PASSING: &str = r#"
- {type: not-equals, value: Launch}
- {type: contains, value: three weeks}
- {type: icontains, value: LAUNCH}
- {type: contains-all, value: [April, Impact]}
- {type: contains-any, value: [May, April]}
- {type: icontains-all, value: [april, impact], weight: 2}
- {type: icontains-any, value: [may, APRIL]}
- {type: mentions, value: April}
- {type: mentions, values: ['40', 3 weeks, May], any: true}
- {type: together, values: [NPS, '40']}
- {type: not-direction, subject: NPS, to: up}
- {type: starts-with, value: '# Launch'}
- {type: not-ends-with, value: Thanks}
- {type: regex, value: '(?m)^- \w+ waits$'}
- {type: word-count, min: 15, max: 30}
- {type: sentence-count, min: 2, max: 4}
- {type: length, min: 50, max: 300}
- {type: not-refusal}
- {type: language, value: en}
- {type: heading, value: launch, level: 1}
- {type: sections, value: [[Summary, TL;DR], Impact]}
- {type: sections, value: [TL;DR, Risks], threshold: 0.5}
- {type: list-items, min: 2, max: 2, under: Impact, ordered: false}
- {type: table, columns: [metric, target], min-rows: 1}
- {type: bold-labels, value: ['TL;DR', Impact]}
- {type: code-block, value: json}
- {type: is-json}
- {type: is-json, value: {type: object, required: [weeks]}}
- {type: contains-json}
- {type: contains-json, value: {type: object, required: [weeks]}}
- {type: not-contains-json, value: {type: array}}
- {type: json-schema, value: {type: object, properties: {weeks: {maximum: 3}}}, criterion: accuracy}
- {type: json-values, values: {/weeks: 3}}
- {type: is-yaml}
- {type: not-levenshtein, value: Launch}
- {type: rouge-n, value: We launch in April three weeks late, n: 2, threshold: 0.3}
- {type: rouge-l, threshold: 0.4}
- {type: not-bleu, value: Nothing like it at all}
- {type: chrf, threshold: 0.2}
"#;

#[test]
fn every_check_reads_and_judges() {
    let nodes = yaml::parse(PASSING, Path::new("suite.yaml")).unwrap_or_else(|e| panic!("{e}"));
    let answer = Answer {
        text: ANSWER.to_string(),
        thoughts: String::new(),
        stop: Stop::End,
        prompt_tokens: 1,
        output_tokens: 1,
        seconds: 0.1,
        reference_nll: None,
        likelihoods: Vec::new(),
    };
    let reference = Some("We launch in April, three weeks late. Sales and support wait.");
    let subject = Subject { prompt: "Write an update.", reference, choices: &[], answer: &answer };
    for node in nodes.items().unwrap_or_default() {
        let check = check::parse(node).unwrap_or_else(|e| panic!("{e}"));
        let verdict = check.judge(&subject);
        assert!(verdict.passed(), "{}: {verdict:?}", check.name);
    }
}

#[test]
fn wrong_values_are_told_with_their_place() {
    for (yaml, told) in [
        ("- {type: regex, value: '(a'}", "unclosed group"),
        ("- {type: word-count, min: 5, max: 3}", "min (5) is above max (3)"),
        ("- {type: length}", "give min, max or both"),
        ("- {type: language, value: english}", "no known language code"),
        ("- {type: sections, value: []}", "empty list"),
        ("- {type: heading, level: 9}", "levels 1 to 6"),
        ("- {type: json-schema, value: {type: strnig}}", "not a valid JSON Schema"),
        ("- {type: contains, value: ''}", "empty text"),
        ("- {type: rouge-n, n: 0}", "1 to 9"),
        ("- {type: refusal, value: x}", "value"),
    ] {
        let nodes = yaml::parse(yaml, Path::new("suite.yaml")).unwrap_or_else(|e| panic!("{e}"));
        let error = nodes
            .items()
            .and_then(|n| n.first())
            .map(check::parse)
            .and_then(Result::err)
            .unwrap_or_else(|| panic!("{yaml} reads"));
        let text = error.to_string();
        assert!(text.contains(told) && text.contains("suite.yaml:1"), "{yaml}: {text}");
    }
}

#[test]
fn kinds_have_names_and_schemas_of_their_own() {
    let mut generator = schemars::SchemaGenerator::default();
    let kinds: Vec<_> = check::kinds().collect();
    let names: BTreeSet<&str> = kinds.iter().map(|kind| kind.name).collect();
    assert_eq!(names.len(), kinds.len());
    let schemas: BTreeSet<String> =
        kinds.iter().map(|kind| (kind.schema)(&mut generator).to_value().to_string()).collect();
    assert_eq!(schemas.len(), kinds.len(), "each kind refers to a definition of its own");
}
