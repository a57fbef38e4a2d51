//! `pmtune data` as a user meets it. `check` has tests of its own.

use crate::docs::scratch;

use scratch::workspace;
use std::path::Path;

/// Exit code, standard output, standard error.
fn data(folder: &Path, line: &str) -> (i32, String, String) {
    let arguments: Vec<String> = format!("data {line}").split(' ').map(str::to_string).collect();
    let output = scratch::pmtune(folder, &arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn line(instruction: &str, output: &str) -> String {
    serde_json::json!({"instruction": instruction, "input": "", "output": output}).to_string() + "\n"
}

const RUN: &str = "2026-11-20-0900-PM-General-v2";

const LONG: &str = "The harbour ferries miss one departure in nine because crews learn of a change by radio only. Crews \
                    get the change on their phone within a minute, confirm it with one tap, and the pier display \
                    follows. Nadia tests it on two boats from 4 May; the measure is missed departures per week.";

#[test]
fn stats_say_what_to_write_and_draw_a_page() {
    let root = workspace();
    write(root.path(), "more/planning/own.jsonl", &line("Plan", LONG));
    let (code, said, _) = data(root.path(), "stats more --html reports/data.html");
    assert_eq!(code, 0);
    assert!(said.contains("planning") && said.contains("1 of 20: write 19 more"), "{said}");
    assert!(!said.contains("user-stories"), "only what was asked for: {said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
    let page = std::fs::read_to_string(root.path().join("reports/data.html")).unwrap();
    assert!(page.contains("write 19 more") && page.contains("<svg"));
}

#[test]
fn split_writes_nothing_unasked_and_both_sides_when_asked() {
    let root = workspace();
    let examples: String = (0..40).map(|n| line(&format!("Question {n}"), &format!("Answer {n}"))).collect();
    write(root.path(), "more/planning/own.jsonl", &examples);
    let before = std::fs::read_dir(root.path()).unwrap().count();
    let (code, said, _) = data(root.path(), "split more");
    assert_eq!((code, std::fs::read_dir(root.path()).unwrap().count()), (0, before), "{said}");
    let (code, ..) = data(root.path(), "split more --out sides");
    assert_eq!(code, 0);
    let lines = |side: &str| {
        let file = root.path().join("sides").join(side).join("planning/own.jsonl");
        std::fs::read_to_string(file).unwrap().lines().map(str::to_string).collect::<Vec<_>>()
    };
    let (training, held_out) = (lines("training"), lines("held-out"));
    assert_eq!(training.len() + held_out.len(), 40);
    assert!(held_out.len() >= 5 && held_out.iter().all(|line| !training.contains(line)));
    let (code, _, said) = data(root.path(), "split more --out sides");
    assert!(code == 1 && said.contains("holds something already"), "{said}");
}

#[test]
fn merge_names_both_places_and_strict_decides_nothing() {
    let root = workspace();
    let shorter = LONG.replace(" per week", "");
    write(root.path(), "ana/planning/a.jsonl", &(line("Plan it", &shorter) + &line("Plan more", "Same words.")));
    write(root.path(), "ben/planning/b.jsonl", &(line("Plan this", LONG) + &line("Plan more", "Same words.")));
    let (code, _, said) = data(root.path(), "merge ana ben --out both --strict");
    assert!(code == 1 && said.contains("ben/planning/b.jsonl:1 and ana/planning/a.jsonl:1"), "{said}");
    assert!(!root.path().join("both").exists());
    let (code, said, _) = data(root.path(), "merge ana ben --out both");
    assert_eq!(code, 0);
    assert!(said.contains("kept ben/planning/b.jsonl:1, left out ana/planning/a.jsonl:1"), "{said}");
    assert!(said.contains("2 examples in 2 files") && said.contains("left out 1 that were the same"), "{said}");
    let kept = std::fs::read_to_string(root.path().join("both/planning/b.jsonl")).unwrap();
    assert!(kept.contains("per week") && kept.contains("\"source\":\"ben\""), "{kept}");
}

#[test]
fn workspaces_are_merged_with_their_suites() {
    let root = workspace();
    let suite = |prompt: &str| {
        format!("category: c\ncases: [{{id: a, prompt: {prompt}, input: 'file://suites/texts/n.md'}}]\n")
    };
    for (who, prompt) in [("ana", "One"), ("ben", "Two")] {
        write(root.path(), &format!("{who}/pmtune.yaml"), "line: PM\n");
        write(
            root.path(),
            &format!("{who}/training-data/planning/{who}.jsonl"),
            &line(&format!("Plan {prompt}"), "Words."),
        );
        write(root.path(), &format!("{who}/suites/shared.yaml"), "category: c\ncases: [{id: a, prompt: x}]\n");
        write(root.path(), &format!("{who}/suites/own.yaml"), &suite(prompt));
        write(root.path(), &format!("{who}/suites/texts/n.md"), "The same note.\n");
    }
    let (code, said, more) = data(root.path(), "merge ana ben --out both");
    assert_eq!(code, 0, "{more}");
    assert!(said.contains("suites/own-ben.yaml") && said.contains("left out 1 that were the same"), "{said}");
    let read = |path: &str| std::fs::read_to_string(root.path().join("both").join(path)).unwrap();
    assert_eq!((read("suites/own.yaml"), read("suites/own-ben.yaml")), (suite("One"), suite("Two")));
    assert!(read("training-data/planning/ana.jsonl").contains("\"source\":\"ana\""));
    assert_eq!(read("suites/texts/n.md"), "The same note.\n");
    let all = pmtune::workspace::suite_files(&root.path().join("both")).unwrap();
    assert_eq!(pmtune::suite::load(&root.path().join("both"), &all).unwrap().len(), 3);
    // Texts by one name that differ would change what a case asks.
    write(root.path(), "ben/suites/texts/n.md", "Another note.\n");
    let (code, _, said) = data(root.path(), "merge ana ben --out third");
    assert!(code == 1 && said.contains("are not the same") && !root.path().join("third").exists(), "{said}");
    let (code, _, said) = data(root.path(), "merge ana ben/training-data --out third");
    assert!(code == 2 && said.contains("is no workspace"), "{said}");
}

#[test]
fn convert_goes_there_and_back_and_names_bad_lines() {
    let root = workspace();
    let original = line("Plan it", LONG) + &line("Say \"no\"", "Kindly.\n\n- first\n- second");
    write(root.path(), "more/planning/own.jsonl", &original);
    for (format, file) in
        [("chat", "x.jsonl"), ("sharegpt", "y.jsonl"), ("alpaca", "z.json"), ("prompt-completion", "p.jsonl")]
    {
        let (code, _, said) = data(root.path(), &format!("convert more --to {format} --out {file}"));
        assert_eq!(code, 0, "{said}");
        let (_, back, _) = data(root.path(), &format!("convert {file}"));
        assert_eq!(back, original, "{format}");
    }
    let (code, _, said) = data(root.path(), "convert more --out x.jsonl");
    assert!(code == 1 && said.contains("x.jsonl is there already"), "{said}");
    write(root.path(), "bad.csv", "prompt,completion\na,b\nc\nd,\n");
    let (code, out, said) = data(root.path(), "convert bad.csv");
    assert!(code == 1 && out.is_empty() && said.contains("bad.csv:3:1") && said.contains("bad.csv:4:1"), "{said}");
}

#[test]
fn results_go_to_any_place_that_is_named_and_say_where() {
    let root = workspace();
    let outside = tempfile::tempdir().unwrap();
    let commands = ["stats --html", "split --out", "merge colleague/training-data --out", "convert notes.csv --out"];
    for (i, command) in commands.into_iter().enumerate() {
        let place = outside.path().join(i.to_string());
        let (code, out, said) = data(root.path(), &format!("{command} {}", place.display()));
        assert!(code == 0 && place.exists(), "{command}: {said}");
        assert!(out.contains(&*place.to_string_lossy()), "{command}: {out}");
    }
    let (code, ..) = data(root.path(), &format!("add {RUN} retired/roadmap-museum --to ../x"));
    assert_eq!(code, 2, "examples of the workspace stay in it");
}

#[test]
fn add_keeps_good_answers_corrected_ones_and_no_test_case() {
    let root = workspace();
    let (code, _, said) = data(root.path(), &format!("add {RUN} retired/risks-museum --to planning/risks"));
    assert!(code == 1 && said.contains("failed its checks") && said.contains("--edit FILE"), "{said}");
    let add = format!("add {RUN} retired/roadmap-museum --to planning/museum");
    write(root.path(), "suites/retired.yaml", "cases: [{id: roadmap-museum, prompt: Draft a two-quarter roadmap}]\n");
    let (code, _, said) = data(root.path(), &add);
    assert!(code == 1 && said.contains("suites/retired.yaml") && said.contains("retire the case first"), "{said}");
    std::fs::remove_file(root.path().join("suites/retired.yaml")).unwrap();
    let (code, said, _) = data(root.path(), &add);
    assert_eq!(code, 0);
    assert!(said.contains("added museum-01 as training-data/planning/museum.jsonl:1"), "{said}");
    let (code, _, said) = data(root.path(), &add);
    assert!(code == 1 && said.contains("museum.jsonl:1 already answers this question"), "{said}");
    let (code, _, said) = data(root.path(), &format!("add {RUN} retired/roadmap-musem --to planning/museum"));
    assert!(code == 1 && said.contains("did you mean retired/roadmap-museum?"), "{said}");
}

#[test]
fn what_is_not_read_is_named_by_every_command() {
    let root = workspace();
    write(root.path(), "more/risks/good.jsonl", &line("Name the risk", LONG));
    write(root.path(), "more/risks/MORE.JSONL", &line("Name the owner", LONG));
    write(root.path(), "more/risks/examples.json", "[]");
    for command in ["stats more", "split more", "convert more", "merge more --out merged"] {
        let (code, _, said) = data(root.path(), command);
        assert_eq!(code, 0, "{command}: {said}");
        assert!(said.contains("not read: 1 file (more/risks/examples.json)"), "{command}: {said}");
    }
    assert!(data(root.path(), "stats more").1.contains('2'));
    write(root.path(), "none/risks/table.csv", "instruction,output\n");
    for command in ["stats none", "split none", "convert none", "merge none --out other", "check none"] {
        let (code, _, said) = data(root.path(), command);
        assert_eq!(code, 1, "{command}: {said}");
    }
    assert_eq!(data(root.path(), "check more/risks/examples.json").0, 1);
}

#[test]
fn a_conversation_of_several_turns_finds_its_way_into_a_training() {
    let root = workspace();
    let turns = |n: usize| {
        serde_json::json!({"conversations": [
            {"from": "human", "value": format!("Name risk {n}.")}, {"from": "gpt", "value": "Staffing."},
            {"from": "human", "value": "And the mitigation?"}, {"from": "gpt", "value": "Borrow two people."},
        ]})
    };
    let talks: String = (0..20).map(|n| turns(n).to_string() + "\n").collect();
    write(root.path(), "talk.jsonl", &talks);
    let (code, out, said) = data(root.path(), "convert talk.jsonl");
    assert!(code == 0 && said.is_empty() && out.matches("And the mitigation?").count() == 20, "{said}");
    write(root.path(), "talks/planning/risks.jsonl", &out);
    let (code, _, said) = data(root.path(), "split talks --out sides");
    assert_eq!(code, 0, "{said}");
    let kept = std::fs::read_to_string(root.path().join("sides/training/planning/risks.jsonl")).unwrap();
    assert!(kept.lines().all(|line| line.contains("And the mitigation?")), "{kept}");
}

#[test]
fn a_sheet_of_any_spreadsheet_is_converted_and_what_it_holds_besides_is_named() {
    let root = workspace();
    let sheet = "sep=;\r\ninstruction;input;output;owner\r\nName it;;\"one\r\ntwo\";Ana\r\n;;;\r\n  ;;;\r\n";
    write(root.path(), "sheet.csv", sheet);
    let (code, out, said) = data(root.path(), "convert sheet.csv");
    assert_eq!((code, out.as_str()), (0, "{\"instruction\":\"Name it\",\"input\":\"\",\"output\":\"one\\ntwo\"}\n"));
    assert!(said.contains("sheet.csv: passed over") && said.contains("`owner` (1 record)"), "{said}");
    write(root.path(), "mac.csv", &sheet.replace("\r\n", "\r"));
    assert_eq!(data(root.path(), "convert mac.csv").1, out);
    write(root.path(), "survey.csv", "instruction,answer,response\nState it,right,wrong\n");
    let (code, _, said) = data(root.path(), "convert survey.csv");
    assert!(code == 1 && said.contains("`answer` and `response` both give the answer"), "{said}");
}
