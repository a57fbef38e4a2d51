use super::*;
use crate::training_data::Example;
use crate::training_data::testing::example;
use proptest::prelude::*;
use std::path::Path;

fn texts(imported: &Imported) -> Vec<(&str, &str, &str)> {
    imported.examples.iter().map(|e| (e.instruction.as_str(), e.input.as_str(), e.output.as_str())).collect()
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
            let text = write(format, &examples).unwrap();
            let back = read(Path::new(name(format)), text.as_bytes()).unwrap();
            for (before, after) in examples.iter().zip(&back.examples) {
                prop_assert_eq!(&before.prompt(), &after.prompt());
                prop_assert_eq!((&before.id, &before.tags, &before.source), (&after.id, &after.tags, &after.source));
                prop_assert_eq!(&before.output, &after.output);
            }
            prop_assert_eq!(write(format, &back.examples).unwrap(), text);
        }
    }
}

#[test]
fn instruction_and_input_are_parted_again_at_the_first_blank_line() {
    let mut asked = example("a/b", "Write a story", "As a user");
    asked.input = "An app.\n\nFor birds.".into();
    for format in ALL {
        let text = write(format, std::slice::from_ref(&asked)).unwrap();
        let back = read(Path::new(name(format)), text.as_bytes()).unwrap();
        assert_eq!(texts(&back), [("Write a story", "An app.\n\nFor birds.", "As a user")], "{format:?}");
    }
}

#[test]
fn a_list_of_records_and_lines_of_records_are_both_read_with_their_lines() {
    let list = "\n[\n  {\"instruction\": \"a, [b]\", \"output\": \"\\\"]\"},\n  {\n \"instruction\": \"c\",\n \"input\": \"\", \"output\": \"d\"}\n]\n";
    let imported = read(Path::new("x.json"), list.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("a, [b]", "", "\"]"), ("c", "", "d")]);
    assert_eq!(imported.examples.iter().map(|e| e.place.line).collect::<Vec<_>>(), [3, 4]);
    let lines =
        "\u{feff}{\"prompt\": \"p\\n\\nq\", \"completion\": \"c\"}\r\n\r\n{\"prompt\": \"r\", \"completion\": \"s\"}";
    let imported = read(Path::new("x.jsonl"), lines.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("p", "q", "c"), ("r", "", "s")]);
    assert_eq!(imported.examples[1].place.to_string(), "x.jsonl:3");
}

#[test]
fn system_prompts_are_set_apart_once_each() {
    let line = |system: &str| {
        format!(
            "{{\"messages\": [{{\"role\": \"system\", \"content\": \"{system}\"}}, {{\"role\": \"user\", \
             \"content\": \"q\"}}, {{\"role\": \"assistant\", \"content\": \"a\"}}]}}\n"
        )
    };
    let imported = read(Path::new("x.jsonl"), [line("one"), line("two"), line("one")].concat().as_bytes()).unwrap();
    assert_eq!((imported.examples.len(), imported.systems), (3, vec!["one".to_string(), "two".to_string()]));
}

#[test]
fn a_spreadsheet_is_read_by_its_column_names() {
    let csv = "Instruction;Input;Output;Tags;Owner\n\"Write; a story\";\"line one\nline two\";\"**As a** user\";retail, \
               formal;Ana\n";
    let imported = read(Path::new("x.CSV"), csv.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("Write; a story", "line one\nline two", "**As a** user")]);
    assert_eq!(imported.examples[0].tags, ["retail", "formal"]);
    let csv = "prompt,completion,id\n\"Ask\n\nabout this\",Answer,7\n";
    let imported = read(Path::new("x.csv"), csv.as_bytes()).unwrap();
    assert_eq!(texts(&imported), [("Ask", "about this", "Answer")]);
    assert_eq!(imported.examples[0].id.as_deref(), Some("7"));
}

#[test]
fn every_faulty_record_is_named_with_its_line() {
    let turns = |list: &str| format!("{{\"conversations\": {list}}}\n");
    let human = "{\"from\": \"human\", \"value\": \"q\"}";
    let gpt = "{\"from\": \"gpt\", \"value\": \"a\"}";
    let text = [
        turns(&format!("[{human}, {gpt}]")),
        turns(&format!("[{human}, {gpt}, {human}, {gpt}]")),
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
        (2, "more than one question"),
        (3, "begins with an answer"),
        (4, "holds no answer"),
        (5, "a turn of `tool`"),
        (6, "`completion` is missing"),
        (7, "no known format has these keys: text"),
        (8, "the answer is empty"),
        (9, "`output` is no text"),
        (10, "`tags` is no list"),
        (11, "not JSON"),
        (12, "an example is a JSON object"),
    ] {
        let found = said.lines().find(|l| l.starts_with(&format!("s.jsonl:{line}:"))).unwrap_or_default();
        assert!(found.contains(part), "{line}: {part} is missing in\n{said}");
    }
    assert!(!said.contains("s.jsonl:1:"), "{said}");
}

#[test]
fn broken_tables_lists_and_bytes_name_their_line() {
    assert!(faults("x.csv", "name,notes\na,b\n").contains("x.csv:1:1"));
    assert!(faults("x.csv", "instruction,output\na,b\nc\n").contains("x.csv:3:1: this row has 1 fields"));
    assert!(faults("x.csv", "instruction,output\na,\"b\n").contains("x.csv:2:1"));
    assert!(faults("x.json", "[{\"instruction\": \"a\",\n").contains("the list is not closed"));
    assert!(faults("x.json", "[\n{\"instruction\":\n oops}]").contains("x.json:3:1: not JSON"));
    assert!(faults("x.jsonl", "").contains("holds no examples"));
    let bytes = b"{\"prompt\": \"p\", \"completion\": \"c\"}\n{\"prompt\": \"caf\xe9\"}";
    let said = read(Path::new("x.jsonl"), bytes).unwrap_err().to_string();
    assert!(said.contains("x.jsonl:2:1") && said.contains("UTF-8"), "{said}");
}
