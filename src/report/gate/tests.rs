use super::*;
use crate::gate::{CaseNote, Contender, Judged};
use crate::report::fixture::{Fixture, HOSTILE, at, fixture};
use crate::run::Run;
use crate::suite::Split;
use crate::tally::{self, CaseTally, Standing};
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn judged(rule: &str, status: Status, words: &str, cases: &[&str]) -> Judged {
    let note = |case: &&str| CaseNote { case: case.to_string(), words: "0 of 10 answers pass".to_string() };
    Judged {
        rule: rule.to_string(),
        suite: None,
        status,
        measured: Some(0.25),
        threshold: Some(0.7),
        p: None,
        words: words.to_string(),
        cases: cases.iter().map(note).collect(),
    }
}

fn contender(label: &str) -> Contender {
    Contender { label: label.to_string(), version: format!("PM-General-{label}"), run: format!("run-{label}") }
}

/// Two rules fail, one cannot be judged, one is passed.
fn decision() -> Decision {
    let rate = "25\u{a0}% (14\u{a0}% to 40\u{a0}%) of 40 held-out cases pass; 70\u{a0}% wanted";
    let mut of_suite =
        judged("score", Status::Fail, "0.51 on average over 8 held-out cases; 0.6 wanted", &["domain/choice"]);
    of_suite.suite = Some("domain".to_string());
    Decision {
        format: 1,
        created: at(0),
        passed: false,
        candidate: contender("v2"),
        baseline: Some(contender("v1")),
        half: GateHalf::HeldOut,
        rules: vec![
            judged("pass-rate", Status::Fail, rate, &["format/okr", "domain/north-star", "domain/hostile"]),
            judged(
                "people.tone",
                Status::Unjudged,
                "nobody has scored the held-out cases yet; ask people with `pmtune review`",
                &[],
            ),
            judged("errors", Status::Pass, "each of 40 held-out cases has its answers", &[]),
            of_suite,
        ],
        notes: vec!["format/okr: 0 of 10 answers pass.".to_string()],
        comparison: Some("Too few held-out cases to tell.".to_string()),
    }
}

fn passed() -> Decision {
    let rules = vec![judged("errors", Status::Pass, "each of 40 held-out cases has its answers", &[])];
    Decision { passed: true, rules, notes: Vec::new(), ..decision() }
}

/// Everything that a file could carry from outside: labels, rules' words, case ids.
fn hostile() -> Decision {
    let mut decision = decision();
    decision.candidate.label = HOSTILE.to_string();
    decision.notes = vec![HOSTILE.to_string()];
    for rule in &mut decision.rules {
        rule.words = format!("{HOSTILE}\u{fffe}\r\n::error::mine");
        rule.cases.iter_mut().for_each(|case| case.words = HOSTILE.to_string());
    }
    decision
}

fn places() -> Places {
    let place = CasePlace { file: PathBuf::from("suites/format.yaml"), line: 17 };
    Places { cases: BTreeMap::from([("format/okr".to_string(), place)]), rules: PathBuf::from("pmtune.yaml") }
}

#[test]
fn a_failure_is_told_in_ten_lines_of_eighty_columns() {
    let told = failure(&decision(), "reports/x/gate.md", 80);
    insta::assert_snapshot!("gate_failure", told);
    let mut many = decision();
    let all: Vec<String> = (0..300).map(|i| format!("a-suite-with-a-long-name/case-number-{i}")).collect();
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    many.rules =
        (0..12).map(|i| judged(&format!("criteria.n{i}"), Status::Fail, &"long words ".repeat(30), &names)).collect();
    let mut red = decision();
    red.candidate.label = "\u{1b}[31mv2\u{202e}".to_string();
    for (decision, width) in [(many, 80), (hostile(), 80), (hostile(), 40), (red, 80)] {
        let told = failure(&decision, "reports/x/gate.md", width);
        assert!(told.lines().count() <= 10, "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= width), "{told}");
        assert!(told.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{told:?}");
        assert!(told.ends_with("report: reports/x/gate.md"));
    }
}

#[test]
fn the_table_fits_its_width_and_shows_every_rule() {
    insta::assert_snapshot!("gate_table", table(&decision(), 80, false));
    for width in [40, 60, 80, 120] {
        let shown = table(&hostile(), width, false);
        assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    }
    assert!(table(&passed(), 80, false).starts_with("✓ The gate is passed, 1 rule (v2 against v1, held-out cases)"));
}

#[test]
fn markdown_is_marked_short_and_inert() {
    let text = markdown(&decision()).unwrap();
    insta::assert_snapshot!("gate_markdown", text);
    let text = markdown(&hostile()).unwrap();
    assert!(text.starts_with(MARKER));
    for part in ["<script", "<img", "<details open", "@octocat", "#123", "\u{1b}"] {
        assert!(!text.contains(part), "{part} acts in\n{text}");
    }
}

#[test]
fn annotations_are_one_line_each_and_nothing_gets_out_of_them() {
    let text = annotations(&decision(), &places());
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("::error file=suites/format.yaml,line=17,title=Gate%3A pass-rate::25\u{a0}%25 (14"));
    assert!(lines[0].ends_with(
        "70\u{a0}%25 wanted%0Aformat/okr (0 of 10 answers pass), domain/north-star (0 of 10 answers \
                                pass) and domain/hostile (0 of 10 answers pass)"
    ));
    assert!(lines[1].starts_with("::error file=pmtune.yaml,line=1,title=Gate%3A people.tone::not judged: nobody"));
    assert_eq!(lines[3], "::notice title=Gate::format/okr: 0 of 10 answers pass.");
    assert_eq!(lines.len(), 4);
    let text = annotations(&hostile(), &places());
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.lines().all(|line| line.starts_with("::error file=") || line.starts_with("::notice title=Gate::")));
    assert!(annotations(&passed(), &places()).contains("::notice title=Gate::The gate is passed"));
}

#[test]
fn code_quality_points_at_the_case_and_keeps_its_fingerprint() {
    let read = |decision: &Decision| -> Vec<serde_json::Value> {
        serde_json::from_str(&code_quality(decision, &places()).unwrap()).unwrap()
    };
    let findings = read(&decision());
    assert_eq!(findings.len(), 5, "three cases, a rule without cases, a case of a suite");
    assert_eq!(findings[0]["location"], serde_json::json!({"path": "suites/format.yaml", "lines": {"begin": 17}}));
    assert_eq!(findings[3]["location"]["path"], "pmtune.yaml");
    assert_eq!(findings[3]["severity"], "blocker");
    for finding in &findings {
        for key in ["description", "check_name", "fingerprint", "severity"] {
            assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{key} is required by GitLab");
        }
    }
    let prints = |findings: &[serde_json::Value]| -> Vec<String> {
        findings.iter().map(|f| f["fingerprint"].to_string()).collect()
    };
    let distinct: std::collections::BTreeSet<String> = prints(&findings).into_iter().collect();
    assert_eq!(distinct.len(), 5);
    let mut other = decision();
    other.rules[0].words = "24 % of 40".to_string();
    assert_eq!(prints(&read(&other)), prints(&findings), "the same finding with other figures");
    assert_eq!(read(&passed()).len(), 0);
}

/// What the schema that Jenkins publishes (junit-10.xsd) lets an element carry; the first so many are required.
const JUNIT: [(&str, usize, &[&str]); 7] = [
    ("testsuites", 0, &["name", "time", "tests", "failures", "errors"]),
    ("testsuite", 4, &["name", "tests", "failures", "errors", "skipped", "time", "timestamp"]),
    ("testcase", 1, &["name", "time", "classname"]),
    ("failure", 0, &["type", "message"]),
    ("error", 0, &["type", "message"]),
    ("skipped", 0, &["type", "message"]),
    ("system-out", 0, &[]),
];

/// Every element with its attributes, as another XML reader sees them.
fn elements(xml: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(tag) | Event::Empty(tag) => {
                let attributes = tag.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned();
                    (attribute.key.0.to_string(), value)
                });
                let name = tag.name().0.to_string();
                found.push((name, attributes.collect()));
            }
            _ => {}
        }
    }
}

#[test]
fn junit_keeps_to_the_schema_and_counts_right() {
    let Fixture { b, .. } = fixture();
    let mut b = b;
    b.records[0].weight = 0.0;
    for decision in [decision(), hostile(), passed()] {
        let xml = junit(&decision, &b).unwrap();
        let valid = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(xml.chars().all(valid), "no character that XML 1.0 refuses");
        let elements = elements(&xml);
        for (name, attributes) in &elements {
            let (_, required, known) = JUNIT.iter().find(|(known, ..)| known == name).unwrap();
            assert!(attributes.keys().all(|key| known.contains(&key.as_str())), "{name}: {attributes:?}");
            assert!(known[..*required].iter().all(|key| attributes.contains_key(*key)), "{name}: {attributes:?}");
        }
        let sum = |element: &str, key: &str| -> usize {
            elements.iter().filter(|(name, _)| name == element).map(|(_, a)| a[key].parse::<usize>().unwrap()).sum()
        };
        let count = |element: &str| elements.iter().filter(|(name, _)| name == element).count();
        assert_eq!((sum("testsuites", "tests"), sum("testsuite", "tests")), (count("testcase"), count("testcase")));
        assert_eq!((sum("testsuites", "failures"), sum("testsuite", "failures")), (count("failure"), count("failure")));
        assert_eq!((sum("testsuites", "errors"), sum("testsuite", "errors")), (count("error"), count("error")));
        assert_eq!((count("skipped"), sum("testsuite", "skipped")), (1, 1));
        assert_eq!(count("testcase"), decision.rules.len() + b.manifest.cases.len());
    }
    assert!(b.records.iter().any(|record| record.split == Split::Dev), "cases of both halves are tests");
}

#[test]
fn a_passed_gate_has_no_failed_test_and_must_pass_cases_fail_by_themselves() {
    let Fixture { b, .. } = fixture();
    let tallies = tally::cases(&b);
    let fails = |c: &&CaseTally<'_>| c.counts && matches!(c.standing(), Standing::Fails | Standing::Unanswered);
    let failing: Vec<&str> = tallies.iter().filter(fails).map(|case| case.case).collect();
    assert!(failing.len() > 1, "{failing:?}");
    let xml = junit(&passed(), &b).unwrap();
    let names = |xml: &str, wanted: &str| elements(xml).iter().filter(|(name, _)| name == wanted).count();
    assert_eq!((names(&xml, "failure"), names(&xml, "error")), (0, 0), "{xml}");
    assert_eq!(names(&xml, "system-out"), failing.len(), "what they fail by is told: {xml}");
    let mut decision = decision();
    decision.rules = vec![judged("must-pass", Status::Fail, "1 of 2 cases that must pass does not", &failing[..1])];
    let xml = junit(&decision, &b).unwrap();
    assert_eq!(names(&xml, "failure") + names(&xml, "error"), 2, "the rule and the case: {xml}");
    assert_eq!(names(&xml, "system-out"), failing.len() - 1);
}

#[test]
fn seconds_stand_only_where_an_answer_was_alone() {
    let Fixture { mut b, .. } = fixture();
    let times = |run: &Run| {
        let xml = junit(&passed(), run).unwrap();
        elements(&xml).iter().filter(|(name, a)| name == "testcase" && a.contains_key("time")).count()
    };
    b.manifest.version.template = Some("made many at a time".to_string());
    assert_eq!(times(&b), 0);
    b.manifest.version.template = None;
    assert!(times(&b) > 0);
    b.manifest.finished = Some(b.manifest.started + jiff::SignedDuration::from_secs(90));
    let xml = junit(&passed(), &b).unwrap();
    assert_eq!(elements(&xml)[0].1["time"], "90.000", "by the clock, not the sum over a batch");
}

#[test]
fn the_badge_is_an_accessible_svg() {
    for (decision, title) in [(decision(), "gate: ✗ v2: 3 of 4 rules"), (passed(), "gate: ✓ v2")] {
        let svg = badge(&decision).unwrap();
        let elements = elements(&svg);
        assert_eq!(elements[0].0, "svg");
        assert_eq!((elements[0].1["role"].as_str(), elements[0].1["aria-label"].as_str()), ("img", title));
        assert!(svg.contains(&format!("<title>{title}</title>")), "{svg}");
    }
    let svg = badge(&hostile()).unwrap();
    assert!(elements(&svg).iter().all(|(name, _)| ["svg", "title", "rect", "g", "text"].contains(&name.as_str())));
}
