//! The linter against planted faults: every one is found, and nothing else is.

use pmtune::check::Lexicon;
use pmtune::suite::{self, Suite};
use pmtune::training_data::lint::{self, Finding, Options};
use pmtune::training_data::{DataSettings, Severity, files, leaks, load};
use pmtune::workspace::Workspace;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn lint(path: &Path, settings: &DataSettings, suites: &[Suite]) -> Vec<Finding> {
    let options = Options {
        settings,
        lexicon: &Lexicon::shipped(),
        suites,
        count_tokens: None,
        meanings: None,
        against_suites: false,
    };
    lint::lint(&[path.to_path_buf()], &options, &|_| ()).unwrap().findings
}

/// Sorts that take more than one file of KPIs: a second file, one of another kind, the sentence model, suites to be held against.
const PLANTED_ELSEWHERE: [&str; 6] =
    ["not-read", "kind-drift", "paraphrase", "ungrounded", "ungrounded-owner", "fails-check"];

fn codes(found: &[Finding]) -> BTreeSet<(usize, String)> {
    found.iter().map(|f| (f.line, f.code.to_string())).collect()
}

#[test]
fn every_fault_of_the_planted_file_is_found_and_nothing_else() {
    let folder = root().join("tests/data/lint");
    let workspace = Workspace::open(&folder).unwrap();
    let suites = suite::load(&folder, &workspace.suite_files().unwrap()).unwrap();
    let wanted: BTreeSet<(usize, String)> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    let data = folder.join("kpi-definitions.jsonl");
    let mut settings: DataSettings = workspace.section().unwrap().unwrap_or_default();
    settings.severity.insert("ungrounded".into(), Severity::Off);
    let found = lint(&data, &settings, &suites);
    assert_eq!(codes(&found), wanted);
    let kinds: BTreeSet<&str> = wanted.iter().map(|(_, code)| code.as_str()).collect();
    let all: BTreeSet<&str> =
        lint::codes().iter().map(|code| code.name).filter(|code| !PLANTED_ELSEWHERE.contains(code)).collect();
    assert_eq!(kinds, all, "every sort of finding is planted");
    assert!(found.iter().all(|f| !f.message.is_empty() && !f.remedy.is_empty()));
}

#[test]
fn mending_removes_the_safe_findings_and_adds_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("kpi-definitions.jsonl");
    std::fs::copy(root().join("tests/data/lint/kpi-definitions.jsonl"), &data).unwrap();
    let settings = DataSettings::default();
    let before = lint(&data, &settings, &[]);
    let fixed = lint::fix(&[folder.path().to_path_buf()], &settings).unwrap();
    assert_eq!(fixed.len(), 1);
    let after = lint(&data, &settings, &[]);
    let kept: Vec<Finding> = before.into_iter().filter(|f| !f.fixable).collect();
    assert_eq!(codes(&after), codes(&kept));
    assert!(lint::fix(&[folder.path().to_path_buf()], &settings).unwrap().is_empty());
}

#[test]
fn severities_are_the_workspaces() {
    let data = root().join("tests/data/lint/kpi-definitions.jsonl");
    let mut settings = DataSettings::default();
    settings.severity.insert("crlf".into(), Severity::Off);
    settings.severity.insert("filler".into(), Severity::Error);
    let found = lint(&data, &settings, &[]);
    assert!(found.iter().all(|f| f.code != "crlf"));
    assert!(found.iter().any(|f| f.code == "filler" && f.severity == Severity::Error));
}

/// Files of the data that ships, where they are there.
fn shipped() -> Vec<PathBuf> {
    let paths = [root().join("training-data"), root().join("examples/dataset.jsonl")];
    files(&paths.into_iter().filter(|path| path.exists()).collect::<Vec<_>>()).unwrap()
}

fn own_suites() -> Vec<Suite> {
    let workspace = Workspace::open(&root()).unwrap();
    suite::load(&workspace.root, &workspace.suite_files().unwrap()).unwrap()
}

#[test]
fn the_shipped_data_has_no_finding() {
    let (files, suites) = (shipped(), own_suites());
    let settings = DataSettings::default();
    let options = Options {
        settings: &settings,
        lexicon: &Lexicon::shipped(),
        suites: &suites,
        count_tokens: None,
        meanings: None,
        against_suites: false,
    };
    let linted = lint::lint(&files, &options, &|_| ()).unwrap();
    // Notes are hints. Two sorts of warnings are younger than the data, which is mended as it grows.
    let young = ["kind-drift", "ungrounded-owner"];
    let grave = linted.findings.iter().filter(|f| f.severity > Severity::Note && !young.contains(&f.code));
    let shown: Vec<String> =
        grave.map(|f| format!("{}:{}: {}: {}", f.file.display(), f.line, f.code, f.message)).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert_eq!(leaks(&load(&files).unwrap().0, &suites), []);
}

type Plant = fn(&mut Vec<Value>, usize, usize);

fn append(examples: &mut [Value], at: usize, text: &str) {
    examples[at]["output"] = json!(format!("{} {text}", examples[at]["output"].as_str().unwrap()));
}

/// A copy of an example at the end of the file, under an id of its own.
fn copy(examples: &mut Vec<Value>, at: usize) -> &mut Value {
    let mut copy = examples[at].clone();
    copy["id"] = json!("copy");
    examples.push(copy);
    examples.last_mut().unwrap()
}

/// Each sort of fault with what plants it; the third argument chooses among variants.
const PLANTS: &[(&str, Plant)] = &[
    ("mojibake", |e, at, v| append(e, at, ["Weâ€™re on time.", "Meet in the cafÃ©.", "âœ… Done."][v])),
    ("control-character", |e, at, v| append(e, at, ["a\u{200b}b", "bell\u{7}", "\u{202e}right to left"][v])),
    ("trailing-space", |e, at, v| append(e, at, ["end ", "end\t", "end\n"][v])),
    ("placeholder", |e, at, v| append(e, at, ["Ask [Your name].", "Date: TBD.", "It grew by XX%."][v])),
    ("filler", |e, at, v| {
        append(e, at, ["In today's fast-paced world it counts.", "This is a game-changer.", "I hope this helps!"][v])
    }),
    ("outdated-term", |e, at, v| append(e, at, ["See the turnip index.", "TURNIP INDEX", "(turnip index)"][v])),
    ("secret", |e, at, v| {
        append(e, at, ["AKIAIOSFODNN7EXAMPLE", "password: h4nGl1der-Str33t", "postgres://app:pw9@db/main"][v])
    }),
    ("personal-data", |e, at, v| {
        append(e, at, ["Mail o.lind@fjordkraft-boats.se.", "Call +46 70 174 06 335.", "Call (415) 732-9910."][v])
    }),
    ("mixed-quotes", |e, at, _| append(e, at, "He said “so” and she \"thus\".")),
    ("too-long", |e, at, _| {
        append(e, at, &(0..2000).map(|n| format!("n{n}")).collect::<Vec<_>>().join(" "));
    }),
    ("too-short", |e, at, v| e[at]["output"] = json!(["Yes.", "See the plan.", "Nothing to report this week."][v])),
    ("empty", |e, at, v| e[at][["output", "instruction", "output"][v]] = json!(["", "  ", "\n"][v].trim())),
    ("missing-key", |e, at, v| {
        let example = e[at].as_object_mut().unwrap();
        let gone = example.shift_remove(["instruction", "input", "output"][v]).unwrap();
        // An input may be left out, but not be misspelt.
        if v == 1 {
            example.insert("inptu".into(), gone);
        }
    }),
    ("wrong-type", |e, at, v| e[at][["input", "output", "tags"][v]] = [json!(7), json!(null), json!("one")][v].clone()),
    ("unknown-key", |e, at, v| e[at][["score", "inputs", "Output"][v]] = json!(1)),
    ("duplicate", |e, at, _| {
        copy(e, at);
    }),
    ("near-duplicate", |e, at, _| {
        let copy = copy(e, at);
        copy["instruction"] = json!("Do it once more.");
        copy["output"] = json!(copy["output"].as_str().unwrap().replacen(" the ", " that ", 1));
    }),
    ("duplicate-id", |e, at, _| e[at]["id"] = e[(at + 1) % e.len()]["id"].clone()),
    ("contradiction", |e, at, v| {
        let answers = [
            "We will meet on Monday, talk it all through and write down who does what until the spring.",
            "Plain answer: nobody needs this, so we stop the work today and tell everyone who waits for it.",
            "~ no ~ we had better ask the people on the night shift what they think of it before we begin",
        ];
        // A twin that is plain prose itself is contradicted by a list.
        let marked = |line: &str| line.starts_with(|first: char| !first.is_alphabetic());
        let plain = !e[at]["output"].as_str().unwrap().lines().filter(|line| !line.is_empty()).any(marked);
        let list = "- Meet on Monday\n- Talk it all through\n- Write down who does what until the spring";
        copy(e, at)["output"] = json!(if plain { list } else { answers[v] });
    }),
    ("leak", |e, at, v| {
        let inputs = [
            "Plan how a lighthouse museum sells audio guides to school groups that come by ferry in the rain",
            "Background: a lighthouse museum sells audio guides to school groups that come by ferry in the rain. Soon.",
            "Plan: lighthouse museum, sells audio guides, school groups come by ferry, rain",
        ];
        e[at]["input"] = json!(inputs[v]);
        if v != 1 {
            e[at]["instruction"] = json!("");
            e[at]["instruction"] = json!("Please");
        }
    }),
];

fn written(examples: &[Value]) -> Vec<u8> {
    examples.iter().flat_map(|e| format!("{e}\n").into_bytes()).collect()
}

/// Faults of the bytes rather than of an example.
fn plant_bytes(code: &str, clean: &[Value], at: usize) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = clean.iter().map(|e| e.to_string().into_bytes()).collect();
    let end = |line: &mut Vec<u8>, text: &str| drop(line.splice(line.len() - 1.., text.bytes()));
    match code {
        "bom" => drop(lines[0].splice(0..0, "\u{feff}".bytes())),
        "crlf" => lines[at].push(b'\r'),
        "not-json" => end(&mut lines[at], ""),
        "duplicate-key" => end(&mut lines[at], ",\"output\":\"again\"}"),
        _ => end(&mut lines[at], ",\"place\":\"caf\u{fffd}\"}"),
    }
    if code == "not-utf8" {
        let mark = "\u{fffd}".as_bytes();
        if let Some(from) = lines[at].windows(3).position(|w| w == mark) {
            lines[at].splice(from..from + 3, [0xE9]);
        }
    }
    lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
}

/// One fault at a time, of each sort, in a copy of each shipped file.
#[test]
fn each_sort_of_fault_is_found_in_every_shipped_file() {
    let suite = "category: x\ncases:\n  - id: ferry\n    prompt: Plan how a lighthouse museum sells audio guides to \
                 school groups that come by ferry in the rain\n";
    let suites = [suite::load_str("held", suite).unwrap()];
    let terms = BTreeMap::from([("turnip index".to_string(), "harvest rate".to_string())]);
    let mut settings = DataSettings { outdated_terms: terms, ..DataSettings::default() };
    for code in ["ungrounded", "ungrounded-owner"] {
        settings.severity.insert(code.into(), Severity::Off);
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut planted, mut faults) = (0usize, Vec::new());
    for (number, file) in shipped().iter().enumerate() {
        let text = std::fs::read_to_string(file).unwrap();
        let clean: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let path = folder.path().join(file.file_name().unwrap());
        let bytes = ["bom", "crlf", "not-json", "duplicate-key", "not-utf8"];
        let kinds = PLANTS.iter().map(|(code, plant)| (*code, Some(plant))).chain(bytes.map(|code| (code, None)));
        for (kind, (code, plant)) in kinds.enumerate() {
            // A single line has no other to share its id with.
            if code == "duplicate-id" && clean.len() == 1 {
                continue;
            }
            let (at, variant) = ((number * 7 + kind * 3) % clean.len(), (number + kind) % 3);
            let mut line = at + 1;
            match plant {
                Some(plant) => {
                    let mut examples = clean.clone();
                    plant(&mut examples, at, variant);
                    if examples.len() > clean.len() {
                        line = examples.len();
                    } else if code == "duplicate-id" {
                        line = line.max((at + 1) % clean.len() + 1);
                    }
                    std::fs::write(&path, written(&examples)).unwrap();
                }
                None => {
                    line = if code == "bom" { 1 } else { line };
                    std::fs::write(&path, plant_bytes(code, &clean, at)).unwrap();
                }
            }
            let mut found = codes(&lint(&path, &settings, &suites));
            planted += 1;
            if !found.remove(&(line, code.to_string())) {
                faults.push(format!("{}:{line}: {code} (variant {variant}) was missed", file.display()));
            }
            // An answer in another format than its twin leaves the file's format, too; and one copy more of the format
            // can be what makes it the file's.
            let shifts = ["contradiction", "near-duplicate"].contains(&code);
            found.retain(|(_, other)| !(shifts && other == "format-drift"));
            faults.extend(found.into_iter().map(|(l, o)| format!("{}: {code} planted, {o}:{l} found", file.display())));
        }
    }
    println!("{planted} faults planted, {} missed or wrongly found", faults.len());
    assert!(faults.is_empty(), "{} of {planted}:\n{}", faults.len(), faults.join("\n"));
}

/// The table of codes in the docs is the one in the code; `PMTUNE_WRITE_DOCS=1` writes it anew.
#[test]
fn the_docs_list_every_code() {
    let path = root().join("docs/file-formats.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (start, end) = ("<!-- findings:start -->\n", "<!-- findings:end -->");
    let from = text.find(start).unwrap() + start.len();
    let to = text.find(end).unwrap();
    let fixable = ["bom", "crlf", "trailing-space", "control-character", "mojibake"];
    let rows = lint::codes().into_iter().map(|code| {
        let star = if fixable.contains(&code.name) { " \\*" } else { "" };
        format!("| `{}`{star} | {} | {} |\n", code.name, code.severity.name(), code.about)
    });
    let table = format!("| code | severity | what it means |\n|---|---|---|\n{}", rows.collect::<String>());
    if std::env::var_os("PMTUNE_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{}{table}{}", &text[..from], &text[to..])).unwrap();
        return;
    }
    assert_eq!(&text[from..to], table, "run this test once with PMTUNE_WRITE_DOCS=1");
}
