//! `pmtune data import` as a user meets it, on documents that other programs wrote (`data/documents/make.py`).

use crate::docs::scratch;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Exit code, standard output, standard error.
fn pmtune(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string()).collect();
    let output = scratch::pmtune(folder, &arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn shipped(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/documents");
    folder.join(name).to_str().unwrap().to_string()
}

/// What an import of a shipped document says it would do.
fn dry(root: &Path, name: &str, more: &[&str]) -> Value {
    let file = shipped(name);
    let (code, said, error) = pmtune(root, &[&["data", "import", &file, "--dry-run", "--json"], more].concat());
    assert_eq!(code, 0, "{error}");
    serde_json::from_str(&said).unwrap()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn inbox(root: &Path) -> Vec<Value> {
    let (_, said, _) = pmtune(root, &["data", "inbox", "--json"]);
    let value: Value = serde_json::from_str(&said).unwrap();
    value["items"].as_array().unwrap().clone()
}

fn notes(value: &Value) -> String {
    value["notes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_docx_becomes_markdown_and_what_is_left_out_is_counted() {
    let root = scratch::workspace();
    let made = dry(root.path(), "prd.docx", &[]);
    let draft = &made["drafts"][0];
    assert_eq!(text(draft, "instruction"), "Write a PRD.");
    assert_eq!(text(draft, "input"), "Title: PRD: Delay notices on the pier display");
    let wanted = "# PRD: Delay notices on the pier display\n\n# Problem\n\nCrews learn of a change **too late** and by *radio* only. \
                  Ask alex@example.com or +44 20 7946 0000.\n\nThe display follows within a minute\n\n## Goals\n\n\
                  - One tap confirms a change\n- The pier sees it\n1. Pilot on two boats\n1. All nine piers\n\n\
                  | Measure | Now | Goal |\n| --- | --- | --- |\n| Missed departures | 1 in 9 | 1 in 50 |\n| Both | x |  |\n\n\
                  > Rollout starts on 4 May.";
    assert_eq!(text(draft, "output"), wanted);
    let said = notes(draft);
    assert!(said.contains("replaced by stand-ins: 1 e-mail address and 1 phone number"), "{said}");
    let lost = "left out: 1 comment, 1 footnote, 1 hidden text, 1 image, 1 mark of insertion, 1 page header and 1 tracked deletion";
    assert!(said.contains(lost), "{said}");
    assert_eq!(inbox(root.path()), [] as [Value; 0], "a dry run writes nothing");
}

#[test]
fn a_workbook_gives_a_draft_for_each_row_of_the_sheets_that_are_known() {
    let root = scratch::workspace();
    let made = dry(root.path(), "ideas.xlsx", &["--kind", "user-story", "--context", "Due"]);
    let drafts = made["drafts"].as_array().unwrap();
    let at: Vec<&str> = drafts.iter().map(|draft| text(draft, "document")).collect();
    assert_eq!(at, ["ideas.xlsx:Ideas:3", "ideas.xlsx:Ideas:4", "ideas.xlsx:Ideas:7"]);
    let inputs: Vec<&str> = drafts.iter().map(|draft| text(draft, "input")).collect();
    assert_eq!(inputs[0], "Title: Mute a pier\nArea: Alerts\nDue: 2026-05-04");
    assert_eq!(inputs[1], "Title: Late list\nArea: Alerts\nDue: 2026-05-04", "the area is merged with the cell above");
    assert_eq!(inputs[2], "Title: Evening summary\nArea: Reports\nDue: 2026-06-01 17:30");
    assert!(text(&drafts[0], "output").starts_with("As a crew member"));
    let passed = &made["passed"][0];
    assert_eq!((text(passed, "document"), text(passed, "reason")), ("ideas.xlsx:Ideas:6", "the row has no text"));
    let said = notes(&made);
    for part in ["1 row above the header left out", "`Effort` (3 records), `Owner` (3 records)", "known: sheet `Lists`"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn exports_of_jira_linear_and_notion_and_tables_of_excel_are_known_by_their_columns() {
    let root = scratch::workspace();
    let made = dry(root.path(), "jira.csv", &[]);
    let drafts = made["drafts"].as_array().unwrap();
    assert_eq!(drafts.len(), 2, "{made}");
    assert_eq!(text(&drafts[0], "instruction"), "Write a user story.");
    let input =
        "Title: Confirm a change with one tap\nType: Story\nPriority: High\nLabels: pier, crew\nComponent: Display";
    assert_eq!((text(&drafts[0], "input"), text(&drafts[0], "document")), (input, "jira.csv:2"));
    let wanted = "## Problem\n\nCrews learn of a change **too late**, see the plan and ask a colleague.\n\n### Acceptance criteria\n\n\
                  - One tap confirms the change\n  - also without a signal\n1. The pier display follows within `60` seconds\n\n\
                  ```json\n{\"pier\": \"*north*\"}\n```\n\n| Pier | Late |\n| --- | --- |\n| North | 3 |";
    assert_eq!(text(&drafts[0], "output"), wanted);
    assert!(notes(&drafts[0]).contains("left out: 1 image, 1 link target and 1 mention"), "{}", notes(&drafts[0]));
    assert_eq!(text(&drafts[1], "instruction"), "Write the description of \"The clock is late\".");
    let passed: Vec<_> =
        made["passed"].as_array().unwrap().iter().map(|p| (text(p, "why"), text(p, "document"))).collect();
    assert!(passed.contains(&("refused", "jira.csv:16")) && passed.contains(&("unfit", "jira.csv:18")), "{passed:?}");
    assert!(!made.to_string().contains("q8Zt41LmP0vXw92K"), "a secret is not repeated");
    let said = notes(&made);
    assert!(said.contains("`Issue key` (4 records)") && said.contains("`Comment` (2 records)"), "{said}");

    let linear = &dry(root.path(), "linear.csv", &[])["drafts"][0];
    assert_eq!(text(linear, "input"), "Priority: Urgent\nLabels: Bug, Crew\nProject: Crew app");
    assert!(text(linear, "output").starts_with("## Why\n\nBoats lose the signal.\n\n- [ ] Keep the tap"));
    let notion = &dry(root.path(), "notion.csv", &["--kind", "status-update"])["drafts"][0];
    assert_eq!(text(notion, "input"), "Title: Weekly update, week 20\nLabels: update");
    let made = dry(root.path(), "excel.csv", &["--context", "priorität"]);
    let excel = &made["drafts"][1];
    assert_eq!(text(excel, "instruction"), "Write the description of \"Größe der Anzeige\".");
    assert_eq!(text(excel, "output"), "Die Anzeige ist zu klein; man liest sie \"kaum\" aus 20 Metern.");
    assert!(notes(&made).contains("read as Windows-1252"), "{}", notes(&made));
}

#[test]
fn pages_and_notes_are_cleaned_of_what_text_cannot_carry() {
    let root = scratch::workspace();
    let page = &dry(root.path(), "status.html", &[])["drafts"][0];
    assert_eq!(text(page, "instruction"), "Write a status update.");
    let output = text(page, "output");
    assert!(
        output.contains("**two more** than planned. See the board.") && output.contains("- No missed departure & no"),
        "{output}"
    );
    assert!(!output.contains("never") && !output.contains("color"), "{output}");
    assert!(notes(page).contains("left out: 1 form field, 1 image and 1 link target"), "{}", notes(page));
    let release = &dry(root.path(), "release.md", &[])["drafts"][0];
    assert_eq!((text(release, "instruction"), text(release, "input")), ("Write the document \"Crew app 2.4\".", ""));
    assert_eq!(
        text(release, "output"),
        "# Release notes: crew app 2.4\n\n- Confirm a change with one tap, also without a signal.\n- The pier display follows within a minute."
    );
    assert!(
        notes(release).contains("left out: 1 comment, 1 footnote, 1 front matter key and 1 image"),
        "{}",
        notes(release)
    );
}

#[test]
fn drafts_wait_are_approved_as_they_are_and_never_come_twice() {
    let root = scratch::workspace();
    let files = [shipped("linear.csv"), shipped("prd.docx")];
    let import: Vec<&str> = ["data", "import"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let (code, said, error) = pmtune(root.path(), &import);
    assert_eq!(code, 0, "{error}");
    assert!(said.contains("   1  linear.csv:2") && said.contains("2 drafts wait in the inbox"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let (code, said, error) = pmtune(root.path(), &import);
    assert!(code == 0 && said.contains("Nothing new; 2 documents passed over"), "{said}");
    assert!(error.contains("linear.csv:2: entry 1 of the inbox has the same text"), "{error}");
    let waiting = inbox(root.path());
    assert_eq!((waiting.len(), text(&waiting[1], "document")), (2, "prd.docx"));
    let (_, list, _) = pmtune(root.path(), &["data", "inbox"]);
    assert!(list.contains("linear.csv:2") && list.contains("prd.docx"), "{list}");
    let (_, shown, _) = pmtune(root.path(), &["data", "inbox", "show", "2"]);
    assert!(shown.contains("left out: 1 comment") && shown.contains("Text:\n  # PRD: Delay"), "{shown}");
    let into = "training-data/imported/own.jsonl";
    let (code, _, error) = pmtune(root.path(), &["data", "inbox", "approve", "1", "2", "--into", into]);
    assert_eq!(code, 0, "{error}");
    let lines = std::fs::read_to_string(root.path().join(into)).unwrap();
    let examples: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let made = [dry(root.path(), "linear.csv", &[]), dry(root.path(), "prd.docx", &[])];
    assert!(made.iter().all(|made| made["drafts"] == Value::Array(vec![])), "they are examples now");
    assert_eq!(text(&examples[0], "instruction"), "Write the description of \"Offline tap\".");
    assert_eq!(text(&examples[0], "input"), "Priority: Urgent\nLabels: Bug, Crew\nProject: Crew app");
    assert!(text(&examples[1], "output").ends_with("> Rollout starts on 4 May."));
    assert!(
        text(&examples[1], "source").starts_with("imported ")
            && text(&examples[1], "source").ends_with("from prd.docx")
    );
    // Neither personal data nor stand-ins are found by the checker.
    let (_, said, error) = pmtune(root.path(), &["data", "check", into, "--json"]);
    let all = said + &error;
    assert!(!all.contains("personal-data") && !all.contains("\"placeholder\""), "{all}");
}

#[test]
fn what_a_suite_tests_is_refused_and_a_held_out_case_is_not_named() {
    let root = scratch::workspace();
    let suite = "cases:\n  - id: clock\n    split: dev\n    prompt: Sum up. The clock of the north pier is late after a restart.\n  - id: tap\n    \
                 split: held-out\n    prompt: Write about it. Boats that lose their signal keep the tap for later.\n";
    std::fs::write(root.path().join("suites/piers.yaml"), suite).unwrap();
    let write = |name: &str, text: &str| -> PathBuf {
        let path = root.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    write("a.md", "# Clock\n\nWe saw it. The clock of the north pier is late, after a restart!\n");
    write("b.md", "# Tap\n\nSince June. Boats that lose their signal keep the tap for later.\n");
    write("c.md", "# Fine\n\nThe clock of the south pier is late, and nobody knows since when it has been.\n");
    let (code, said, error) = pmtune(root.path(), &["data", "import", "a.md", "b.md", "c.md"]);
    assert_eq!(code, 0, "{error}");
    assert!(said.contains("1 draft waits in the inbox; 2 documents passed over"), "{said}");
    assert!(error.contains("a.md: a sentence of it stands in the case piers/clock of suites/piers.yaml"), "{error}");
    assert!(error.contains("b.md: ") && error.contains("a held-out case of suites/piers.yaml"), "{error}");
    assert!(!error.contains("piers/tap") && !error.contains("lose their signal"), "{error}");
}

#[test]
fn what_cannot_be_read_is_an_error_with_a_remedy_and_nothing_is_written() {
    let root = scratch::workspace();
    let write = |name: &str, bytes: &[u8]| std::fs::write(root.path().join(name), bytes).unwrap();
    write("empty.md", b"");
    write("old.doc", b"\xD0\xCF\x11\xE0");
    write("locked.docx", b"\xD0\xCF\x11\xE0\xA1\xB1");
    write("a.csv", b"Idea,Prose\nFirst,Two\n");
    write("picture.md", b"![a](a.png)\n");
    std::fs::create_dir(root.path().join("specs")).unwrap();
    let cases = [
        ("empty.md".to_string(), "empty.md is empty: it has 0 bytes"),
        ("specs".into(), "specs is a folder"),
        ("gone.md".into(), "gone.md is not there"),
        ("old.doc".into(), "save it as DOCX"),
        ("locked.docx".into(), "protected by a password"),
        ("a.csv".into(), "a.csv:1: no column is known to hold the title; the columns are `Idea`, `Prose`"),
        ("a.csv --title Idee".into(), "no column is called `Idee`"),
        ("a.csv --title Idea".into(), "--title COLUMN --text COLUMN"),
        ("picture.md".into(), "it has no text; left out: 1 image"),
        ("picture.md --title a".into(), "only tables have columns"),
        ("a.csv --kind novel".into(), "the kinds are `json`"),
        (shipped("cut.docx"), "is damaged"),
        (shipped("bomb.docx"), "a DTD"),
        (shipped("nul.csv"), "nul.csv:2: this is not text"),
    ];
    for (line, part) in cases {
        let arguments: Vec<&str> = ["data", "import"].into_iter().chain(line.split(' ')).collect();
        let (code, _, error) = pmtune(root.path(), &arguments);
        assert!(code != 0 && error.contains(part) && error.contains("help"), "{line}: {code} {error}");
    }
    // One file that cannot be read keeps all others from being written.
    let (code, _, error) = pmtune(root.path(), &["data", "import", &shipped("release.md"), "empty.md", "specs"]);
    assert!(code == 1 && error.contains("empty.md is empty") && error.contains("specs is a folder"), "{error}");
    assert_eq!(inbox(root.path()), [] as [Value; 0]);
    let (code, said, error) = pmtune(root.path(), &["data", "import", &shipped("odd.csv")]);
    assert!(code == 0 && said.contains("1 draft waits"), "{said}{error}");
    assert!(error.contains("odd.csv:3: this row has 3 fields, the header has 2"), "{error}");
    let (code, ..) =
        pmtune(root.path(), &["data", "import", "a.csv", "--title", "Idea", "--text", "Prose", "--text", "Idea"]);
    assert_eq!(code, 0);
    assert_eq!(text(&inbox(root.path())[1], "answer"), "Two\n\n## Idea\n\nFirst");
}
