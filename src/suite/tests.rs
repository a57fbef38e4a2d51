use super::load::{load_among, load_str_among};
use super::schema::schema_among;
use super::*;
use crate::check::sample;
use engine::error::{Error, Result};
use engine::generate::Json;
use insta::assert_snapshot;
use proptest::prelude::*;
use std::fs;
use std::path::PathBuf;

fn suite(text: &str) -> Result<Suite> {
    load_str_among(&sample::kinds(), "pm", text)
}

fn faults(text: &str) -> String {
    suite(text).map_or_else(|e| e.to_string(), |suite| format!("no fault: {suite:?}"))
}

fn only(text: &str) -> Case {
    let mut suite = suite(text).unwrap();
    assert_eq!(suite.cases.len(), 1);
    suite.cases.remove(0)
}

const FULL: &str = r#"# yaml-language-server: $schema=../docs/suite.schema.json
description: Everything a suite can say.
category: Formats
defaults:
  system: You write for {{ audience }}.
  vars: {audience: engineers, team: Payments}
  tags: [pm]
  split: held-out
  sampling: {temperature: 0.5, max-tokens: 64}
  checks:
    - {type: word-count, max: 200}
cases:
  - id: story
    prompt: Write a user story for {{ team }}.
    input: |
      Notes of {{ team }}

    vars: {team: Search}
    reference: As a {{ team }} user
    threshold: 0.75
    weight: 2
    tags: [story]
    repeat: 3
    cluster: notes
    sampling: {temperature: 0}
    checks:
      - {type: contains, value: "{{ team }}", weight: 2}
      - {type: not-contains, value: 42}
  - id: choice
    split: dev
    system:
    prompt: Which one?
    choices: [DAU, "{{ team }}", 7]
    reference: Payments
"#;

#[test]
fn reads_everything_a_suite_can_say() {
    let suite = suite(FULL).unwrap();
    assert_eq!((suite.name.as_str(), suite.category.as_str()), ("pm", "Formats"));
    assert_eq!(suite.description, "Everything a suite can say.");
    let [story, choice] = suite.cases.as_slice() else { panic!("two cases") };

    assert_eq!(story.id, "pm/story");
    assert_eq!(story.prompt, "Write a user story for Search.\n\nNotes of Search");
    assert_eq!(story.system.as_deref(), Some("You write for engineers."));
    assert_eq!(story.reference.as_deref(), Some("As a Search user"));
    assert_eq!((story.threshold, story.weight, story.repeat), (Some(0.75), 2.0, 3));
    assert_eq!(story.tags, ["pm", "story"]);
    assert_eq!((story.cluster.as_deref(), story.split), (Some("notes"), Split::HeldOut));
    assert_eq!((story.sampling.temperature, story.sampling.max_tokens), (Some(0.0), Some(64)));
    let checks: Vec<_> = story.checks.iter().map(|c| (c.name.as_str(), c.weight)).collect();
    assert_eq!(checks, [("word-count", 1.0), ("contains", 2.0), ("not-contains", 1.0)]);
    assert!(format!("{:?}", story.checks[1].judge).contains("Search"), "templates in checks");

    assert_eq!(choice.system, None, "an empty key takes the default away");
    assert_eq!((choice.split, choice.choices.len()), (Split::Dev, 3));
    assert_eq!(choice.choices, ["DAU", "Payments", "7"]);
    let checks: Vec<_> = choice.checks.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(checks, ["word-count", "choice"], "a multiple-choice case is judged by its choice");
}

#[test]
fn promptfoo_names_are_taken() {
    let case = only("tests:\n  - id: a\n    prompt: p\n    assert:\n      - {type: contains, value: x}\n");
    assert_eq!(case.checks.len(), 1);
    assert_eq!((case.category.as_str(), case.split, case.repeat, case.weight), ("pm", Split::Dev, 1, 1.0));
}

#[test]
fn a_broken_suite_tells_all_its_faults() {
    assert_snapshot!(faults(
        r#"descripton: Typo in a key
defaults:
  id: same
  weight: -1
  checks:
    - {type: word-cont, max: 3}
cases:
  - prompt: Draft a PRD for the export feature, please.
  - id: PRD Export
    prompt: "{{ taem }} and {{ team }}"
    vars: {team: Search}
    threshold: 80
  - id: twice
    prompt: One
    checks:
      - {type: contains, vale: x}
      - {type: contains, value: "{% if %}"}
  - id: twice
    repeat: 0
    weight: heavy
    split: heldout
  - id: choice
    prompt: Which?
    choices: [DAU, DAU]
    reference: MAU
  - id: sampling
    prompt: p
    sampling: {temperature: -1, max-tokens: 3}
    input: file://missing.md
  - just a text
"#
    ));
}

#[test]
fn suites_without_cases() {
    let broken = [
        "",
        "# nothing\n",
        "- a\n",
        "description: x\n",
        "cases: []\n",
        "cases:\n",
        "cases: {id: x}\n",
        "cases: [{id: a, prompt: p}]\ntests: [{id: b, prompt: p}]\n",
        "defaults: 3\ncases: [{id: a, prompt: ' '}]\n",
    ];
    let report: Vec<String> = broken.iter().map(|text| format!("{text:?}\n{}\n", faults(text))).collect();
    assert_snapshot!(report.join("\n"));
}

/// A workspace with these files; the suites among them are loaded.
fn workspace(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Vec<Suite>>) {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let suites: Vec<PathBuf> =
        files.iter().filter(|(name, _)| name.ends_with(".yaml")).map(|(name, _)| root.path().join(name)).collect();
    let loaded = load_among(&sample::kinds(), root.path(), &suites);
    (root, loaded)
}

#[test]
fn files_stand_in_for_texts() {
    let (_root, loaded) = workspace(&[
        ("data/notes.md", "Notes for {{ team }}\n\n"),
        ("data/raw.md", "not a {{ template }}\n"),
        (
            "suites/s.yaml",
            "cases:\n  - id: a\n    prompt: file://data/{{ name }}.md\n    vars: {team: Search, name: notes, raw: 'file://data/raw.md'}\n    input: '{{ raw }}'\n",
        ),
    ]);
    let suites = loaded.unwrap();
    assert_eq!(suites[0].cases[0].prompt, "Notes for Search\n\nnot a {{ template }}");
    assert_eq!(suites[0].path, PathBuf::from("suites/s.yaml"));
}

#[test]
fn what_is_written_is_what_the_model_reads() {
    let prompt = |vars: &str, template: &str| {
        only(&format!("cases:\n  - id: a\n    prompt: \"{template}\"\n    vars: {{{vars}}}\n")).prompt
    };
    let written = [
        "1.10",
        "0042",
        "1e3",
        "0x1F",
        "5.0",
        "20260401",
        "12345678901234567890123",
        "2026-04-01",
        "+7",
        "-0",
        ".5",
        "1_000",
        "0o17",
        "yes",
        "no",
        "on",
        "true",
        "True",
        "FALSE",
        "~",
        "null",
        "Null",
        ".inf",
        ".nan",
        "1.",
        "12:30",
        "0.1e-7",
        "é",
    ];
    for text in written {
        assert_eq!(prompt(&format!("v: {text}"), "[{{ v }}]"), format!("[{text}]"));
        assert_eq!(prompt(&format!("v: {text}"), "[{{ v ~ '' }}] {{ 'a' ~ v }}"), format!("[{text}] a{text}"));
        assert_eq!(
            prompt(&format!("v: [{text}]"), "[{{ v | join(', ') }}] {% for x in v %}{{ x }}{% endfor %}"),
            format!("[{text}] {text}")
        );
        assert_eq!(prompt(&format!("v: {{w: {text}}}"), "{{ v.w }} {{ v['w'] }}"), format!("{text} {text}"));
    }
    // Beside how it prints, it is the number, the truth value or nothing that it means, and equals its text.
    assert_eq!(
        prompt("n: 0042, r: 1.10", "{{ n + 1 }} {{ n == 42 }} {{ n == '0042' }} {{ r == '1.10' }} {{ r < 2 }}"),
        "43 True True True True"
    );
    assert_eq!(
        prompt("a: false, b: ~, c: 0, d: no", "{% for x in [a, b, c, d] %}{{ 'y' if x else 'n' }}{% endfor %}"),
        "nnny"
    );
    assert_eq!(prompt("n: 0042, r: 1.10, f: true", "{{ [n, r, f] | tojson }}"), "[\"0042\", 1.10, true]");
}

#[test]
fn nothing_in_a_document_is_a_template() {
    let document = "a {# b #} {{ c }} {% d %} {{ team";
    let (_root, loaded) = workspace(&[
        ("data/doc.md", document),
        (
            "suites/s.yaml",
            "defaults: {checks: [{type: contains, value: x}]}\ncases:\n  - {id: a, prompt: '{{ v }}|{{ w }}', vars: {v: 'file://data/doc.md', w: 'x {# y #} {{ z }}'}}\n  - {id: b, prompt: 'p {{ team }} {# kept #}', vars: {team: T}, input: 'file://data/doc.md', reference: 'file://data/doc.md'}\n  - {id: c, prompt: '{#only#} {#', split: held-out}\n",
        ),
    ]);
    let suites = loaded.unwrap();
    let [a, b, c] = suites[0].cases.as_slice() else { panic!("three cases") };
    assert_eq!(a.prompt, format!("{document}|x {{# y #}} {{{{ z }}}}"));
    assert_eq!(b.prompt, format!("p T {{# kept #}}\n\n{document}"));
    assert_eq!(b.reference.as_deref(), Some(document));
    assert_eq!(c.prompt, "{#only#} {#");
    let warned: Vec<String> = warnings(&suites).into_iter().filter(|w| w.contains("as it stands")).collect();
    assert_eq!(warned.len(), 2, "{warned:?}");
    assert!(warned[0].contains("case `b`") && warned[0].contains("`input` holds `{{ team`"), "{warned:?}");
}

#[test]
fn files_of_other_editors_are_read_as_their_text() {
    let suite = "cases:\n  - {id: a, prompt: 'file://p.md', input: 'file://i.md', vars: {v: 'file://v.md'}, reference: '{{ v }}'}\n";
    let (_root, loaded) = workspace(&[
        ("p.md", "\u{feff}# Brief\r\nline {{ v }}\rend\r\n"),
        ("i.md", "\u{feff}one\r\n\r\ntwo\r\n"),
        ("v.md", "\u{feff}a\r\nb\r\n"),
        ("s.yaml", suite),
    ]);
    let case = &loaded.unwrap()[0].cases[0];
    assert_eq!(case.prompt, "# Brief\nline a\nb\nend\n\none\n\ntwo");
    assert_eq!(case.reference.as_deref(), Some("a\nb"));
    let broken: [(&[u8], &str); 4] = [
        (b"\xff\xfea\0b\0", "UTF-16"),
        (b"\xfe\xff\0a\0b", "UTF-16"),
        (b"a\0b\0", "UTF-16"),
        (b"one\ntwo \xe4\n", "line 2 has the byte 0xe4"),
    ];
    for (bytes, wanted) in broken {
        let (root, _) = workspace(&[("s.yaml", "cases:\n  - {id: a, prompt: 'file://p.md'}\n")]);
        fs::write(root.path().join("p.md"), bytes).unwrap();
        let said = load(root.path(), &[root.path().join("s.yaml")]).unwrap_err().to_string();
        assert!(said.contains(wanted) && said.contains("s.yaml:2:") && said.contains("p.md"), "{said}");
    }
}

#[test]
fn checks_that_are_written_differently_have_other_hashes() {
    let hash = |value: &str| {
        only(&format!("cases:\n  - {{id: a, prompt: p, checks: [{{type: contains, value: {value}}}]}}\n")).judge_hash
    };
    assert_ne!(hash("1.10"), hash("1.1"));
    assert_ne!(hash("0042"), hash("42"));
    assert_eq!(hash("x"), hash("'x'"));
}

#[test]
fn files_outside_the_workspace_are_refused() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.md");
    fs::write(&secret, "secret").unwrap();
    let root = tempfile::tempdir().unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&secret, root.path().join("link.md")).unwrap();
    let up = format!("../{}/secret.md", outside.path().file_name().unwrap().to_str().unwrap());
    let path = root.path().join("s.yaml");
    for name in [up.as_str(), secret.to_str().unwrap(), "link.md"] {
        fs::write(&path, format!("cases:\n  - {{id: a, prompt: 'file://{name}'}}\n")).unwrap();
        let error = load_among(&sample::kinds(), root.path(), std::slice::from_ref(&path)).unwrap_err();
        assert!(error.message.contains("outside the workspace"), "{name}: {error}");
        assert_eq!(error.place.map(|p| (p.line, p.column)), Some((2, 21)));
    }
}

#[test]
fn all_suites_are_read_before_any_fault_is_told() {
    let (_root, loaded) = workspace(&[
        ("suites/b.yaml", "cases:\n  - {id: B, prompt: p}\n  - {id: C, prompt: p}\n"),
        ("suites/a.yaml", "cases: [\n"),
        ("suites/more/b.yaml", "cases: []\n"),
        ("suites/Über.yaml", "cases: []\n"),
    ]);
    let messages: Vec<String> = loaded.unwrap_err().flatten().into_iter().map(|e| e.message).collect();
    assert_eq!(messages.len(), 5, "{messages:#?}");
    assert_eq!(&messages[..2], ["`B` cannot be an id", "`C` cannot be an id"]);
    assert!(messages[2].contains("a value is missing"), "{messages:#?}");
    assert!(messages[3].starts_with("two suites are named `b`"), "{messages:#?}");
    assert!(messages[4].ends_with("cannot name a suite"), "{messages:#?}");
}

#[test]
fn a_missing_suite_is_one_fault() {
    let root = tempfile::tempdir().unwrap();
    let error = load_among(&sample::kinds(), root.path(), &[root.path().join("none.yaml")]).unwrap_err();
    assert!(error.to_string().contains("none.yaml"));
}

#[test]
fn templates_cannot_run_away() {
    let case = |prompt: &str| faults(&format!("cases:\n  - id: a\n    prompt: \"{prompt}\"\n"));
    assert!(
        case("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}")
            .contains("come to an end")
    );
    assert!(
        case("{% set x = 'xxxxxxxxxx' * 100000 %}{% for a in range(100) %}{{ x }}{% endfor %}")
            .contains("grows too large")
    );
    assert!(case("{% set x = 'xxxxxxxxxx' * 100000 %}{% for a in range(5) %}{{ x }}{% endfor %}").contains("4 MiB"));
    assert!(case("{{ 'x'|indent(2000000000) }}").contains("grows too large"));
    assert!(case("{% include '/etc/passwd' %}").contains("not supported"));
    assert!(case("{{ x").contains("template is wrong"));
}

#[test]
fn a_case_may_require_a_share_of_its_answers() {
    let require = |value: &str| load_str("s", &format!("cases:\n  - {{id: a, prompt: p, require: {value}}}\n"));
    assert_eq!(require("0.8").unwrap().cases[0].require, Some(0.8));
    assert_eq!(only("cases:\n  - {id: a, prompt: p}\n").require, None);
    for wrong in ["0", "1.5", "-1", "80"] {
        let said = require(wrong).unwrap_err().to_string();
        assert!(said.contains("s.yaml:2:") && said.contains("8 of 10"), "{said}");
    }
}

#[test]
fn judge_hash_follows_the_word_lists_that_the_checks_go_by() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("s.yaml");
    let case = |id: &str, check: &str| format!("  - {{id: {id}, prompt: p, checks: [{{type: {check}}}]}}\n");
    let cases = [case("a", "hedging"), case("b", "not-hedging"), case("c", "placeholders")].concat();
    fs::write(&file, format!("cases:\n{cases}")).unwrap();
    let hashes = || -> Vec<String> {
        let suites = load(root.path(), std::slice::from_ref(&file)).unwrap();
        suites[0].cases.iter().map(|case| case.judge_hash.clone()).collect()
    };
    let shipped = hashes();
    fs::create_dir(root.path().join("words")).unwrap();
    fs::write(root.path().join("words/hedging.txt"), "touch wood\n").unwrap();
    let ours = hashes();
    assert!(ours[0] != shipped[0] && ours[1] != shipped[1] && ours[2] == shipped[2]);
    fs::write(root.path().join("words/hedging.txt"), "# nothing\n").unwrap();
    assert_eq!(hashes(), shipped);
    fs::write(root.path().join("words/hedging.txt"), "- no such words\n").unwrap();
    fs::write(&file, "cases: 3\n").unwrap();
    let faults = load(root.path(), &[file]).unwrap_err().flatten();
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn judge_hash_follows_what_decides_the_verdict() {
    let hash = |text: &str| only(&format!("cases:\n  - {text}\n")).judge_hash;
    let base = "{id: a, prompt: p, checks: [{type: contains, value: x, weight: 2}]}";
    let same = [
        "{id: a, prompt: other, tags: [t], repeat: 3, checks: [{type: contains, value: x, weight: 2}]}",
        "{id: a, prompt: p, checks: [{weight: 2, value: x, type: contains}]}",
        "{id: a, prompt: p, vars: {v: x}, checks: [{type: contains, value: '{{ v }}', weight: 2}]}",
    ];
    let other = [
        "{id: a, prompt: p, checks: [{type: contains, value: y, weight: 2}]}",
        "{id: a, prompt: p, checks: [{type: not-contains, value: x, weight: 2}]}",
        "{id: a, prompt: p, checks: [{type: contains, value: x}]}",
        "{id: a, prompt: p, checks: [{type: contains, value: x, weight: 2, threshold: 0.5}]}",
        "{id: a, prompt: p, checks: [{type: contains, value: x, weight: 2, criterion: tone}]}",
        "{id: a, prompt: p, threshold: 0.5, checks: [{type: contains, value: x, weight: 2}]}",
        "{id: a, prompt: p, reference: r, checks: [{type: contains, value: x, weight: 2}]}",
        "{id: a, prompt: p, weight: 3, checks: [{type: contains, value: x, weight: 2}]}",
        "{id: a, prompt: p, require: 1, checks: [{type: contains, value: x, weight: 2}]}",
        "{id: a, prompt: p, require: 0.5, checks: [{type: contains, value: x, weight: 2}]}",
        "{id: a, prompt: p}",
    ];
    for text in same {
        assert_eq!(hash(text), hash(base), "{text}");
    }
    let mut seen: Vec<String> = other.iter().map(|text| hash(text)).chain([hash(base)]).collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), other.len() + 1);
}

#[test]
fn warns_of_what_is_probably_not_meant() {
    let a = suite(
        "cases:\n  - {id: a, prompt: 'Same  prompt'}\n  - {id: b, prompt: q, threshold: 0, checks: [{type: contains, value: x}]}\n",
    );
    let b = load_str_among(
        &sample::kinds(),
        "held",
        "defaults: {split: held-out}\ncases:\n  - {id: a, prompt: same prompt, checks: [{type: contains, value: x, threshold: 0}]}\n  - {id: b, prompt: r, checks: [{type: contains, value: x, weight: 0}]}\n",
    );
    assert_snapshot!(warnings(&[a.unwrap(), b.unwrap()]).join("\n"));
    let balanced = "defaults: {checks: [{type: contains, value: x}]}\ncases:\n  - {id: a, prompt: p}\n  - {id: b, prompt: q, split: held-out}\n";
    assert_eq!(warnings(&[suite(balanced).unwrap()]), Vec::<String>::new());
}

#[test]
fn schema_agrees_with_the_loader() {
    let schema = schema_among(&sample::kinds());
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let agree = |text: &str| {
        let json = crate::yaml::parse(text, "s.yaml".as_ref()).unwrap().to_json();
        let (loads, fits) = (suite(text).map(drop).map_err(|e: Error| e.to_string()), validator.validate(&json));
        assert_eq!(loads.is_ok(), fits.is_ok(), "{text}\nloader: {loads:?}\nschema: {fits:?}");
        loads.is_ok()
    };
    let case = |more: &str| format!("cases:\n  - {{id: a, prompt: p{more}}}\n");
    let good = [
        "",
        ", weight: 0",
        ", repeat: 1000",
        ", split: held-out",
        ", checks: [{type: not-contains, value: 42}]",
        ", checks: [{type: word-count, min: 1, criterion: tone, threshold: 1}]",
        ", tags: [a, 1]",
        ", vars: {a_1: [1, 2]}",
        ", sampling: {temperature: 0.2}",
        ", checks:",
        ", assert: []",
        ", system: ~",
    ];
    let bad = [
        ", weight: -1",
        ", repeat: 1001",
        ", split: test",
        ", checks: [{type: contans, value: x}]",
        ", checks: [{type: contains}]",
        ", checks: [{type: word-count, value: x}]",
        ", checks: [{value: x}]",
        ", tags: a",
        ", vars: {a-b: 1}",
        ", sampling: {temprature: 1}",
        ", threshold: 2",
        ", checks: [{type: choice, threshold: 3}]",
        ", checks: [{type: choice}], assert: [{type: choice}]",
        ", idd: 3",
        ", checks: [{type: word-count, min: -1}]",
    ];
    assert!(agree(FULL));
    assert!(good.iter().all(|more| agree(&case(more))));
    assert!(!bad.iter().any(|more| agree(&case(more))));
    let whole = [
        "cases: []",
        "description: x",
        "cases: [{prompt: p}]",
        "cases: [{id: A b, prompt: p}]",
        "case: []",
        "cases: [{id: a, prompt: p}]\ntests: [{id: b, prompt: p}]",
        "defaults: {id: x}\ncases: [{id: a, prompt: p}]",
    ];
    assert!(!whole.iter().any(|text| agree(text)));
}

#[test]
fn json_stands_in_a_suite_or_a_case_and_a_schema_that_cannot_be_kept_is_told_with_its_place() {
    let case = |json: &str| format!("cases:\n  - id: a\n    prompt: p\n    sampling:\n      json: {json}\n");
    let suite = |text: &str| suite(text).unwrap();
    let schema = "{type: object, properties: {due_on: {type: string, format: date}}, required: [due_on]}";
    let Some(Json::Schema(read)) = only(&case(schema)).sampling.json else { panic!("a schema") };
    assert_eq!(read["required"], serde_json::json!(["due_on"]), "keys stay as they are written");
    let text = "defaults: {sampling: {json: {type: array}, max-tokens: 9}}\ncases:\n  \
                - {id: a, prompt: p}\n  - {id: b, prompt: p, sampling: {json: false}}\n  \
                - {id: c, prompt: p, sampling: {json: true}}\n";
    let shapes: Vec<_> = suite(text).cases.iter().map(|case| case.sampling.json.clone().unwrap().to_string()).collect();
    assert!(shapes[0].starts_with("schema "), "{shapes:?}");
    assert_eq!(shapes[1..], ["off", "any object"]);
    for (json, place, what) in [
        ("{type: objekt}", "pm.yaml:5:13", "`#/type`"),
        ("{properties: {n: {minimum: low}}}", "pm.yaml:5:13", "`#/properties/n/minimum`"),
        ("{uniqueItems: true}", "pm.yaml:5:13", "take it out"),
        ("objects", "pm.yaml:5:13", "neither true nor false"),
    ] {
        let said = faults(&case(json));
        assert!(said.contains(place) && said.contains(what), "{json}: {said}");
    }
}

#[test]
fn schema_describes_checks_to_editors() {
    let schema = schema_among(&sample::kinds());
    let check = &schema["$defs"]["check"]["anyOf"][0];
    assert_eq!(check["properties"]["type"]["enum"], serde_json::json!(["contains", "not-contains"]));
    assert_eq!(check["description"], "The answer contains the text.");
    assert_eq!(check["properties"]["value"]["description"], "The text to find.");
    assert!(check["properties"]["criterion"].is_object());
}

#[test]
fn many_cases_load() {
    let mut text = String::from("defaults: {checks: [{type: word-count, max: 9}]}\ncases:\n");
    for i in 0..2000 {
        text += &format!(
            "  - {{id: c{i}, prompt: 'p {{{{ x }}}}', vars: {{x: {i}}}, checks: [{{type: contains, value: x}}]}}\n"
        );
    }
    let suite = suite(&text).unwrap();
    assert_eq!((suite.cases.len(), suite.cases[1999].prompt.as_str()), (2000, "p 1999"));
}

proptest! {
    #[test]
    fn nothing_panics(pieces in prop::collection::vec(prop::sample::select(vec![
        "cases:\n", "defaults:\n", "  - id: a\n", "    prompt: ", "    checks:\n", "      - type: contains\n", "        value: ",
        "x\n", "{{ x }}\n", "'{{ x }}'\n", "'{% if'\n", "[a, a]\n", "    choices: ", "    reference: ", "    vars: ", "{x: 1}\n", "~\n",
        "    sampling: ", "  weight: ", "-1\n", "file://..\n", "file:///etc/passwd\n", "    repeat: ", "99999999999\n", "é\n",
    ]), 0..24)) {
        if let Err(error) = suite(&pieces.concat()) {
            prop_assert!(error.flatten().iter().all(|e| e.place.is_some() && !e.message.is_empty()));
        }
    }
}
