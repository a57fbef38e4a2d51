use super::*;
use crate::training_data::testing::example;
use crate::training_data::{Conversation, Example};
use proptest::prelude::*;
use std::path::Path;

fn firsts(imported: &Imported) -> Vec<&Example> {
    imported.conversations.iter().map(Conversation::first).collect()
}

fn texts(imported: &Imported) -> Vec<(&str, &str, &str)> {
    firsts(imported).into_iter().map(|e| (e.instruction.as_str(), e.input.as_str(), e.output.as_str())).collect()
}

fn faults(file: &str, text: &str) -> String {
    read(Path::new(file), text.as_bytes()).unwrap_err().to_string()
}

const ALL: [Format; 5] = [Format::Examples, Format::Chat, Format::ShareGpt, Format::Alpaca, Format::PromptCompletion];

fn name(format: Format) -> &'static str {
    if format == Format::Alpaca { "a.json" } else { "a.jsonl" }
}

proptest! {
    #[test]
    fn every_format_comes_back_as_it_went(
        rows in prop::collection::vec(("[ -~é“\u{1F600}]{0,30}[a-z]", "([ -~\u{7}\\n]{0,40}[a-z])?", "[ -~\\n\"\\\\]{0,60}[a-z]", any::<bool>()), 1..6)
    ) {
        let examples: Vec<Example> = rows.into_iter().enumerate().map(|(n, (instruction, input, output, full))| {
            let mut example = example("a/b", &instruction, &output);
            example.input = input;
            if full {
                example.id = Some(format!("b-{n}"));
                example.tags = vec!["retail".into(), "round-1".into()];
                example.source = Some("Ana's notes".into());
            }
            example
        }).collect();
        for format in ALL {
            let all: Vec<Conversation> = examples.iter().cloned().map(Conversation::from).collect();
            let text = write(format, &all).unwrap().text;
            let back = read(Path::new(name(format)), text.as_bytes()).unwrap();
            for (before, after) in examples.iter().zip(firsts(&back)) {
                prop_assert_eq!(&before.prompt(), &after.prompt());
                prop_assert_eq!((&before.id, &before.tags, &before.source), (&after.id, &after.tags, &after.source));
                prop_assert_eq!(&before.output, &after.output);
            }
            prop_assert_eq!(write(format, &back.conversations).unwrap().text, text);
        }
    }
}

#[test]
fn instruction_and_input_are_parted_again_at_the_first_blank_line() {
    let mut asked = example("a/b", "Write a story", "As a user");
    asked.input = "An app.\n\nFor birds.".into();
    for format in ALL {
        let text = write(format, &[asked.clone().into()]).unwrap().text;
        let back = read(Path::new(name(format)), text.as_bytes()).unwrap();
        assert_eq!(texts(&back), [("Write a story", "An app.\n\nFor birds.", "As a user")], "{format:?}");
    }
}

#[test]
fn a_list_of_records_and_lines_of_records_are_both_read_with_their_lines() {
    let list = "\n[\n  {\"instruction\": \"a, [b]\", \"output\": \"\\\"]\"},\n  {\n \"instruction\": \"c\",\n \"input\": \"\", \"output\": \"d\"}\n]\n";
    let imported = read(Path::new("x.json"), list.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("a, [b]", "", "\"]"), ("c", "", "d")]);
    assert_eq!(firsts(&imported).iter().map(|e| e.place.line).collect::<Vec<_>>(), [3, 4]);
    let lines =
        "\u{feff}{\"prompt\": \"p\\n\\nq\", \"completion\": \"c\"}\r\n\r\n{\"prompt\": \"r\", \"completion\": \"s\"}";
    let imported = read(Path::new("x.jsonl"), lines.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("p", "q", "c"), ("r", "", "s")]);
    assert_eq!(firsts(&imported)[1].place.to_string(), "x.jsonl:3");
}

#[test]
fn turns_and_system_prompts_go_where_there_is_a_place_for_them() {
    let talk = r#"{"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "q1\n\nx"}, {"from": "gpt", "value": "a1"}, {"from": "human", "value": "q2"}, {"from": "gpt", "value": "a2"}], "id": "7"}"#;
    let all = read(Path::new("x.jsonl"), talk.as_bytes()).unwrap().conversations;
    for format in [Format::Chat, Format::ShareGpt, Format::Alpaca] {
        let written = write(format, &all).unwrap();
        assert_eq!(written.left_out, None);
        let back = read(Path::new(name(format)), written.text.as_bytes()).unwrap().conversations;
        let lesson = |one: &Conversation| (one.lesson().messages(), one.first().id.clone());
        assert_eq!(
            back.iter().map(lesson).collect::<Vec<_>>(),
            all.iter().map(lesson).collect::<Vec<_>>(),
            "{format:?}"
        );
    }
    let ours = write(Format::Examples, &all).unwrap();
    assert!(ours.text.starts_with(r#"{"messages":[{"role":"user""#) && !ours.text.contains("system"), "{}", ours.text);
    assert!(ours.left_out.unwrap().starts_with("1 system prompt of 1 record left out"));
    let said = write(Format::PromptCompletion, &all).unwrap_err().to_string();
    assert!(said.contains("x.jsonl:1: several turns") && said.contains("--to chat"), "{said}");
}

#[test]
fn what_of_a_file_nothing_reads_is_named() {
    let notes = |file: &str, text: &str| read(Path::new(file), text.as_bytes()).unwrap().notes;
    let csv = "instruction,output,Owner,\nq,a,Ana,x\nq2,a2,,\n";
    let said = notes("x.csv", csv);
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("x.csv: passed over") && said[0].contains("`Owner` (1 record)"), "{said:?}");
    assert!(said[0].contains("`column 4, without a name` (1 record)"), "{said:?}");
    let said = notes("x.json", r#"[{"instruction": "q", "context": "c", "response": "a", "category": "x"}]"#);
    assert!(said[0].ends_with("`category` (1 record)"), "{said:?}");
    let old = read(Path::new("x.csv"), b"instruction,output\nCaf\xe9,a\n").unwrap();
    assert_eq!(texts(&old), [("Café", "", "a")]);
    assert!(old.notes[0].contains("Windows-1252"), "{:?}", old.notes);
}

#[test]
fn two_columns_or_keys_for_one_thing_are_refused_by_name() {
    let both = |header: &str| faults("x.csv", &format!("{header}\na,b,c,d\n"));
    assert!(
        both("instruction,input,answer,response").contains("the columns `answer` and `response` both give the answer")
    );
    assert!(both("instruction,question,input,output").contains("`instruction` and `question`"));
    assert!(both("instruction,output,Output,x").contains("`Output` stands there twice"));
    let said = faults("x.jsonl", r#"{"instruction": "i", "output": "a", "output": "b"}"#);
    assert!(said.contains("x.jsonl:1:37: the key `output` stands there twice"), "{said}");
    let said = faults("x.json", "[{\"instruction\": \"i\",\n \"output\": \"a\",\n \"answer\": \"b\"}]");
    assert!(said.contains("x.json:3:2: `output` and `answer` both give the answer"), "{said}");
}

#[test]
fn a_spreadsheet_is_read_by_its_column_names() {
    let csv = "Instruction;Input;Output;Tags;Owner\n\"Write; a story\";\"line one\nline two\";\"**As a** user\";retail, \
               formal;Ana\n";
    let imported = read(Path::new("x.CSV"), csv.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("Write; a story", "line one\nline two", "**As a** user")]);
    assert_eq!(firsts(&imported)[0].tags, ["retail", "formal"]);
    let csv = "prompt,completion,id\n\"Ask\n\nabout this\",Answer,7\n";
    let imported = read(Path::new("x.csv"), csv.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("Ask", "about this", "Answer")]);
    assert_eq!(firsts(&imported)[0].id.as_deref(), Some("7"));
}

#[test]
fn every_faulty_record_is_named_with_its_line() {
    let turns = |list: &str| format!("{{\"conversations\": {list}}}\n");
    let human = "{\"from\": \"human\", \"value\": \"q\"}";
    let gpt = "{\"from\": \"gpt\", \"value\": \"a\"}";
    let text = [
        turns(&format!("[{human}, {gpt}]")),
        turns(&format!("[{human}, {human}, {gpt}]")),
        turns(&format!("[{gpt}]")),
        turns(&format!("[{human}]")),
        turns("[{\"from\": \"tool\", \"value\": \"x\"}]"),
        "{\"prompt\": \"p\"}\n".into(),
        "{\"text\": \"p\"}\n".into(),
        "{\"instruction\": \"i\", \"output\": \" \"}\n".into(),
        "{\"instruction\": \"i\", \"output\": 3}\n".into(),
        "{\"instruction\": \"i\", \"output\": \"o\", \"tags\": \"t\"}\n".into(),
        "{\"instruction\": \"i\n".into(),
        "[1, 2]\n".into(),
    ]
    .concat();
    let said = faults("s.jsonl", &text);
    for (line, part) in [
        (2, "messages 1 and 2 are both the user's"),
        (3, "message 1 answers nothing"),
        (4, "the last message has no answer"),
        (5, "message 1 is of `tool`"),
        (6, "`completion` is missing"),
        (7, "no known format has these keys: text"),
        (8, "the answer is empty"),
        (9, "`output` is a number, not a text"),
        (10, "`tags` is a text, not a list of texts"),
        (11, "not JSON"),
        (12, "not JSON"),
    ] {
        let found = said.lines().find(|l| l.starts_with(&format!("s.jsonl:{line}:"))).unwrap_or_default();
        assert!(found.contains(part), "{line}: {part} is missing in\n{said}");
    }
    assert!(!said.contains("s.jsonl:1:"), "{said}");
}

#[test]
fn broken_tables_lists_and_bytes_name_their_line() {
    assert!(faults("x.csv", "name,notes\na,b\n").contains("x.csv:1: the first row names"));
    assert!(faults("x.csv", "instruction,output\na,b\nc\n").contains("x.csv:3:1: this row has 1 field"));
    assert!(faults("x.csv", "instruction,output\na,\"b\n").contains("x.csv:2: a quote"));
    assert!(faults("x.json", "[{\"instruction\": \"a\",\n").contains("the list is not closed"));
    assert!(faults("x.json", "[\n{\"instruction\":\n oops}]").contains("x.json:3:2: not JSON"));
    assert!(faults("x.jsonl", "").contains("holds no examples"));
    let bytes = b"{\"prompt\": \"p\", \"completion\": \"c\"}\n{\"prompt\": \"caf\xe9\"}";
    let said = read(Path::new("x.jsonl"), bytes).unwrap_err().to_string();
    assert!(said.contains("x.jsonl:2:1: the key `completion` is missing"), "{said}");
    let said =
        read(Path::new("x.jsonl"), b"{\"prompt\": \"\xc3\xa9\"}\n{\"prompt\": \"caf\xe9\"}").unwrap_err().to_string();
    assert!(said.contains("x.jsonl:2: this line is not UTF-8"), "{said}");
    assert!(
        faults("x.json", "[{\"instruction\": \"a\", \"output\": \"b\"}]\n[]").contains("x.json:2:1: something follows")
    );
}
