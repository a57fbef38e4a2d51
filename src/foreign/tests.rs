use super::*;
use crate::suite;
use std::path::Path;

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign").join(name)
}

fn imported(name: &str, options: Options) -> Imported {
    let file = fixture(name);
    let root = file.parent().unwrap();
    import(Source { file: &file, name: "made", root }, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn read(imported: &Imported) -> suite::Suite {
    suite::load_str("made", &imported.suite).unwrap_or_else(|error| panic!("{error}\n{}", imported.suite))
}

fn told(imported: &Imported) -> Vec<String> {
    let line = |r: &Remark| {
        format!("{}:{} {} {}: {}", r.file.file_name().unwrap().to_str().unwrap(), r.line, r.fate.name(), r.what, r.why)
    };
    imported.remarks.iter().map(line).collect()
}

/// A promptfoo configuration in a folder of its own.
fn config(text: &str) -> Result<Imported, engine::error::Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("promptfooconfig.yaml");
    std::fs::write(&file, text).unwrap();
    import(
        Source { file: &file, name: "made", root: folder.path() },
        &Options { with_commands: true, ..Options::default() },
    )
}

#[test]
fn a_promptfoo_configuration_becomes_a_suite() {
    let made = imported("support/promptfooconfig.yaml", Options::default());
    let suite = read(&made);
    // Refund × 2 prompts, languages × 2 × 2, the short prompt × 1, three rows × 2; the transformed test is left out.
    assert_eq!((suite.cases.len(), made.cases), (2 + 4 + 1 + 6, 13), "{}", made.suite);
    assert_eq!(suite.description, "Support assistant");
    let refund = &suite.cases[0];
    assert_eq!(refund.id, "made/chat-refund-within-the-window");
    assert_eq!(refund.system.as_deref(), Some("You help customers of Acorn."));
    assert_eq!(refund.prompt, "Can I return my order after 20 days?");
    assert_eq!(refund.threshold, Some(0.6));
    let checks: Vec<(&str, f64, bool)> = refund.checks.iter().map(|c| (c.name.as_str(), c.weight, c.guard)).collect();
    assert_eq!(
        checks,
        [
            ("not-icontains", 1.0, false),
            ("latency", 1.0, false),
            ("contains", 1.0, false),
            ("contains-any", 2.0, false),
            ("word-count", 1.0, false)
        ]
    );
    assert_eq!(suite.cases[1].prompt, "Answer in one sentence: Can I return my order after 20 days?");
    let german =
        suite.cases.iter().find(|case| case.system.as_deref().is_some_and(|s| s.ends_with("German."))).unwrap();
    assert_eq!(german.checks.len(), 3, "the regex with look-around and the code are left out");
    let tracking = suite.cases.iter().find(|case| case.id.ends_with("chat-tracking")).unwrap();
    assert_eq!(tracking.prompt, "Where is my order, please?");
    let sunday = suite.cases.iter().find(|case| case.prompt == "Is the shop open on Sunday?").unwrap();
    assert_eq!(sunday.checks[3].threshold, Some(0.7));
    let json = suite.cases.iter().find(|case| case.prompt.contains("Which plans")).unwrap();
    let turned = json.checks.iter().find(|check| check.name == "not-similar").unwrap();
    assert!((turned.threshold.unwrap() - 0.1).abs() < 1e-9, "0.9 alike is 0.1 unlike");
}

#[test]
fn everything_left_out_is_named_with_its_line() {
    let made = imported("support/promptfooconfig.yaml", Options::default());
    let told = told(&made);
    for wanted in [
        "promptfooconfig.yaml:33 left out llm-rubric: no model decides a verdict here",
        "promptfooconfig.yaml:45 left out javascript: it runs code",
        "promptfooconfig.yaml:57 left out test: `options.transform` changes it by a program",
        "promptfooconfig.yaml:4 changed providers: ",
        "more.csv:2 kept icontains: ",
    ] {
        assert!(told.iter().any(|line| line.starts_with(wanted)), "{wanted}\n{}", told.join("\n"));
    }
    assert!(
        told.iter().any(|line| line.contains("left out regex:") && line.contains("look-around")),
        "{}",
        told.join("\n")
    );
    assert!(made.suite.contains("# left out: llm-rubric (Is polite"), "{}", made.suite);
}

#[test]
fn code_becomes_a_program_only_when_asked_for() {
    let made = imported("support/promptfooconfig.yaml", Options { with_commands: true, ..Options::default() });
    assert_eq!(made.scripts.len(), 1);
    assert_eq!(made.scripts[0].0, Path::new("checks/made/1.mjs"));
    assert!(made.scripts[0].1.contains("return (output.length < 500);"), "{}", made.scripts[0].1);
    let programs = suite::programs(&[read(&made)]);
    assert_eq!(programs, [("node checks/made/1.mjs".to_string(), 4)]);
}

#[test]
fn every_assertion_of_the_table_becomes_what_it_says() {
    for row in TABLE {
        let (value, threshold) = match row.theirs {
            "word-count" => ("'12'", ""),
            "is-json" | "contains-json" => ("{type: object}", ""),
            "finish-reason" => ("stop", ""),
            "latency" => ("''", "\n        threshold: 1500"),
            "python" => ("len(output) > 3", ""),
            _ => ("some text", ""),
        };
        let inner = if row.theirs == "assert-set" { "\n        assert: [{type: contains, value: x}]" } else { "" };
        let set = |line: String| if row.theirs == "assert-set" { String::new() } else { line };
        let text = format!(
            "prompts: [Hello]\ntests:\n  - assert:\n      - type: icontains\n        value: hi\n      - type: {}{}{inner}{threshold}\n",
            row.theirs,
            set(format!("\n        value: {value}")),
        );
        let made = config(&text).unwrap_or_else(|error| panic!("{}: {error}", row.theirs));
        let found = made.remarks.iter().filter(|remark| remark.what == row.theirs).map(|r| r.fate).collect::<Vec<_>>();
        assert_eq!(found.last(), Some(&row.fate), "{}: {:?}", row.theirs, told(&made));
        let suite = read(&made);
        let names: Vec<&str> = suite.cases[0].checks.iter().map(|c| c.name.trim_start_matches("not-")).collect();
        let ours = if row.theirs == "assert-set" { Some("contains") } else { row.ours };
        assert_eq!(names.get(1).copied(), ours, "{}", row.theirs);
    }
}

#[test]
fn thresholds_mean_the_same_here() {
    let made = config(
        "prompts: [Hello]\ntests:\n  - assert:\n      - {type: levenshtein, value: twenty-letters-in-it, threshold: 4}\n      \
         - {type: latency, threshold: 1500}\n      - {type: equals, value: {a: 1}}\n      - {type: rouge-n, value: a b}\n",
    )
    .unwrap();
    for line in ["threshold: 0.8", "max: 1.5", "const:", "threshold: 0.75"] {
        assert!(made.suite.contains(line), "{line}\n{}", made.suite);
    }
}

#[test]
fn scenarios_prefixes_and_missing_variables() {
    let made = config(
        "prompts: ['{{greeting}} {{name}}', 'Ask: {{name}}']\nscenarios:\n  - config:\n      - vars: {name: Ada}\n      - vars: {name: Bob}\n    \
         tests:\n      - {assert: [{type: contains, value: '{{name}}'}]}\n",
    )
    .unwrap();
    let suite = read(&made);
    let prompts: Vec<&str> = suite.cases.iter().map(|case| case.prompt.as_str()).collect();
    assert_eq!(prompts, ["Ada", "Ask: Ada", "Bob", "Ask: Bob"]);
    assert!(told(&made).iter().any(|line| line.contains("changed variable `greeting`")), "{:?}", told(&made));
}

#[test]
fn a_stranger_s_file_reads_nothing_elsewhere() {
    for text in [
        "prompts: [file:///etc/hostname]\n",
        "prompts: [Hello]\ntests: [{vars: {x: 'file:///etc/hostname'}}]\n",
        "prompts: [Hello]\ntests: file:///etc/hostname\n",
    ] {
        let error = config(text).unwrap_err().to_string();
        assert!(error.contains("lies outside the folder"), "{text}: {error}");
    }
    let error = config("prompts: ['exec:./make.sh', 'file://p.py', 'langfuse://x']\n").unwrap_err().to_string();
    assert!(error.contains("made by a program") && error.contains("lies on a server"), "{error}");
    let many: String = (0..7).map(|n| format!("v{n}: [1, 2, 3, 4, 5], ")).collect();
    let error = config(&format!("prompts: [Hello]\ntests: [{{vars: {{{many}}}}}]\n")).unwrap_err().to_string();
    assert!(error.contains("more than 5000 cases"), "{error}");
}

#[test]
fn a_task_of_multiple_choice_becomes_choices() {
    let made = imported("quiz/quiz.yaml", Options { split: Some(suite::Split::HeldOut), ..Options::default() });
    let suite = read(&made);
    assert_eq!(suite.cases.len(), 2, "the one with a choice twice is left out: {:?}", told(&made));
    let first = &suite.cases[0];
    assert_eq!(first.prompt, "Choose the best answer.\n\nQuestion: What does churn measure?\nAnswer:");
    assert_eq!(first.choices, ["New customers", "Page views", "Customers who leave"]);
    assert_eq!(first.reference.as_deref(), Some("Customers who leave"));
    assert_eq!(first.split, suite::Split::HeldOut);
    assert!(suite.cases[1].prompt.contains("What is {{ an MVP }}?"), "{}", suite.cases[1].prompt);
    assert!(
        told(&made).iter().any(|line| line.starts_with("quiz.jsonl:3 left out") && line.contains("twice")),
        "{:?}",
        told(&made)
    );
}

#[test]
fn samples_are_judged_as_their_class_says() {
    let made = imported("quiz/samples.jsonl", Options::default());
    let suite = read(&made);
    assert_eq!(suite.cases.len(), 2);
    assert_eq!(suite.cases[0].system.as_deref(), Some("Answer with one word."));
    assert_eq!(
        (suite.cases[0].checks[0].name.as_str(), suite.cases[1].checks[0].name.as_str()),
        ("starts-with", "regex")
    );
    assert!(made.suite.contains(r"\A\s*(?:Jupiter|the planet Jupiter \(5th\))"), "{}", made.suite);
    assert!(told(&made).iter().any(|line| line.starts_with("samples.jsonl:3 left out sample: it is a conversation")));
    let includes = imported("quiz/samples.jsonl", Options { class: Some(Class::Includes), ..Options::default() });
    assert_eq!(read(&includes).cases[1].checks[0].name, "contains-any");
}

#[test]
fn texts_that_look_like_templates_stay_as_they_are() {
    for text in ["plain", "{{ x }}", "{% endraw %}", "a {% raw %} b {{ c }} {% endraw %}{%", "{# gone? #} {{"] {
        let yaml = format!("cases:\n- id: x\n  prompt: {}\n", serde_json::json!(draft::literal(text)));
        let suite = suite::load_str("s", &yaml).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(suite.cases[0].prompt, text);
    }
}
