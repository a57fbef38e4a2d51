//! The monthly loop on a tiny model with a scripted person.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;
use tempfile::TempDir;

fn pmtune(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
    command.current_dir(root).env("NO_COLOR", "1").args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A tiny base, 24 examples, two dev cases and twelve held-out ones; a month asks for two examples.
fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "pmtune.yaml",
        &format!(
            "line: PM\nbase: {}\nsampling: {{max-tokens: 8}}\ntrain: {{epochs: 1}}\nimprove: {{examples: 2, looks: 2}}\n",
            base.display()
        ),
    );
    let names =
        ["boat", "tram", "clock", "river", "stove", "piano", "lamp", "garden", "train", "coat", "bread", "ladder"];
    let cases: String = (0..14)
        .map(|i| {
            let held = if i < 2 { "" } else { ", split: held-out" };
            let name = names[i % names.len()];
            format!("  - {{id: c{i}, prompt: Describe the {name} number {i}{held}, checks: [{{type: contains, value: {name}}}]}}\n")
        })
        .collect();
    write("suites/words.yaml", &format!("cases:\n{cases}"));
    let lines: Vec<String> = (0..24)
        .map(|i| example(&format!("Ask for ticket {i}"), &format!("Ticket {i} is on its way to you today.")))
        .collect();
    write("training-data/stories/basic.jsonl", &(lines.join("\n") + "\n"));
    root
}

fn example(instruction: &str, output: &str) -> String {
    serde_json::json!({"instruction": instruction, "output": output}).to_string()
}

fn add(root: &Path, line: &str) {
    let file = root.join("training-data/stories/basic.jsonl");
    let text = std::fs::read_to_string(&file).unwrap() + line + "\n";
    std::fs::write(file, text).unwrap();
}

#[test]
fn a_month_stops_for_the_person_and_goes_on_to_its_decision() {
    let root = workspace();
    let shown = said(&pmtune(root.path(), &["improve", "--month", "2026-11", "--dry-run"]));
    assert!(shown.contains("measure") && !root.path().join("improve/2026-11/month.json").exists(), "{shown}");

    let first = pmtune(root.path(), &["improve", "--month", "2026-11"]);
    assert_eq!(first.status.code(), Some(3), "{}", said(&first));
    assert!(said(&first).contains("write: Write 2 examples"), "{}", said(&first));
    add(root.path(), &example("Say when the bakery opens", "The bakery opens at seven in the morning."));
    let second = pmtune(root.path(), &["improve"]);
    assert!(second.status.code() == Some(3) && said(&second).contains("1 are there"), "{}", said(&second));

    add(root.path(), &example("Name what the gardener sells", "The gardener sells roses, ferns and young trees."));
    let third = pmtune(root.path(), &["improve"]);
    assert_eq!(third.status.code(), Some(0), "{}", said(&third));
    let page = std::fs::read_to_string(root.path().join("improve/2026-11/README.md")).unwrap();
    for part in ["| train | ", "PM-v1, validation loss", "## Decided", "decision 1 of 2", "base stays in use"] {
        assert!(page.to_lowercase().contains(&part.to_lowercase()), "{part} is missing in\n{page}");
    }
    let looks = || std::fs::read_to_string(root.path().join("improve/looks.jsonl")).unwrap().lines().count();
    assert_eq!(looks(), 1);

    // A month that is over is not begun again, and nobody looks twice.
    let again = pmtune(root.path(), &["improve", "--month", "2026-11"]);
    assert!(again.status.success() && looks() == 1, "{}", said(&again));
}

#[test]
fn a_round_is_a_recipe_of_the_month_and_may_be_named_until_it_has_decided() {
    let root = workspace();
    std::fs::write(
        root.path().join("pmtune.yaml"),
        std::fs::read_to_string(root.path().join("pmtune.yaml")).unwrap().replace("epochs: 1", "epochs: 2"),
    )
    .unwrap();
    let first = pmtune(root.path(), &["improve", "--month", "2026-11", "--round", "specialisation"]);
    assert!(said(&first).contains("write: Write 25 examples"), "{}", said(&first));
    add(root.path(), &example("Say when the bakery opens", "The bakery opens at seven in the morning."));
    let second = pmtune(root.path(), &["improve", "--round", "polish", "--yes"]);
    assert!(said(&second).contains("gaps is done again") && second.status.success(), "{}", said(&second));
    let page = std::fs::read_to_string(root.path().join("improve/2026-11/README.md")).unwrap();
    assert!(page.contains("Round: polish.") && page.contains("10 planned"), "{page}");
    let manifest = std::fs::read_to_string(root.path().join("models/PM-v1/manifest.yaml")).unwrap();
    assert!(manifest.contains("epochs: 1"), "{manifest}");
}

/// A base whose answers never pass, and versions that cannot be better: each month ends with a decision that takes nothing.
#[test]
fn months_stand_on_one_page_and_worn_cases_are_retired() {
    let root = workspace();
    let path = |name: &str| root.path().join(name);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let topics = ["bakery", "gardener", "harbour", "library", "museum", "tailor"];
    for (at, month) in ["2026-09", "2026-10", "2026-11"].iter().enumerate() {
        let first = pmtune(root.path(), &["improve", "--month", month]);
        assert_eq!(first.status.code(), Some(3), "{month}: {}", said(&first));
        for topic in &topics[2 * at..2 * at + 2] {
            add(root.path(), &example(&format!("Say when the {topic} opens"), &format!("The {topic} opens at seven.")));
        }
        let done = pmtune(root.path(), &["improve", "--month", month]);
        assert!(done.status.success(), "{month}: {}", said(&done));
    }
    let months = read("improve/README.md");
    assert!(months.contains("3 months, 6 examples added"), "{months}");
    let places: Vec<usize> =
        ["2026-11", "2026-10", "2026-09"].iter().map(|month| months.find(month).unwrap()).collect();
    assert!(places.is_sorted(), "the newest first: {months}");
    assert!(read("improve/index.html").contains("<svg"));
    // Two decisions are all that these cases may bear.
    let third: serde_json::Value = serde_json::from_str(&read("improve/2026-11/month.json")).unwrap();
    assert!(third["decision"]["why"].as_str().unwrap().contains("may decide no more"), "{third}");

    let before = read("suites/words.yaml");
    let rotate = |args: &[&str]| said(&pmtune(root.path(), &[&["suite", "rotate"], args].concat()));
    let shown = rotate(&["--dry-run"]);
    assert!(shown.contains("12 cases would be retired") && read("suites/words.yaml") == before, "{shown}");
    let done = rotate(&[]);
    assert!(done.contains("12 cases were retired") && done.contains("0 held-out cases"), "{done}");
    let (left, kept) = (read("suites/words.yaml"), read("suites/retired/words.yaml"));
    assert_eq!((left.matches("- {id:").count(), kept.matches("- {id:").count()), (2, 12));
    assert!(rotate(&[]).contains("No held-out case is worn"));
    // As after a kill between both files.
    std::fs::write(path("suites/words.yaml"), &before).unwrap();
    rotate(&[]);
    assert_eq!((read("suites/words.yaml"), read("suites/retired/words.yaml")), (left, kept));
    let history = pmtune(root.path(), &["history"]);
    assert!(history.status.success() && said(&history).contains("3 runs of 3 versions"), "{}", said(&history));
    assert!(rotate(&["words/c0"]).contains("no suite has a held-out case `words/c0`"));
}

/// What must be the same at the end, however often it was killed: the version and its weights, the decision, one look.
fn ended(root: &Path) -> serde_json::Value {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
    let month: serde_json::Value = serde_json::from_str(&read("improve/2026-11/month.json")).unwrap();
    let looks = read("improve/looks.jsonl").lines().count();
    let weights = std::fs::read(root.join("models/PM-v1/adapter/adapter_model.safetensors")).unwrap();
    let mut versions: Vec<String> = std::fs::read_dir(root.join("models"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("PM-"))
        .collect();
    versions.sort();
    let steps: Vec<&String> = month["steps"].as_object().unwrap().keys().collect();
    serde_json::json!({
        "steps": steps, "candidates": month["candidates"], "decision": month["decision"], "looks": looks,
        "weights": engine::store::hash(&weights), "versions": versions,
    })
}

/// A month whose person has written before: it needs nobody.
fn prepared() -> TempDir {
    let root = workspace();
    assert_eq!(pmtune(root.path(), &["improve", "--month", "2026-11"]).status.code(), Some(3));
    add(root.path(), &example("Say when the bakery opens", "The bakery opens at seven in the morning."));
    add(root.path(), &example("Name what the gardener sells", "The gardener sells roses, ferns and young trees."));
    root
}

#[test]
fn killed_anywhere_the_month_ends_as_if_nothing_had_been() {
    let whole = prepared();
    let begun = Instant::now();
    assert!(pmtune(whole.path(), &["improve"]).status.success());
    let (takes, expected) = (begun.elapsed(), ended(whole.path()));
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let kills = std::env::var("PMTUNE_KILLS").map_or(8, |text| text.parse().unwrap());
    for _ in 0..kills / 4 {
        let root = prepared();
        for _ in 0..4 {
            let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
            command.current_dir(root.path()).arg("improve").stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().unwrap();
            std::thread::sleep(takes.mul_f64(random.random_range(0.05..1.0)));
            let _ = child.kill();
            child.wait().unwrap();
        }
        let last = pmtune(root.path(), &["improve", "--month", "2026-11"]);
        assert!(last.status.success(), "{}", said(&last));
        assert_eq!(ended(root.path()), expected);
    }
}

#[test]
fn with_versions_and_none_in_use_nothing_is_guessed() {
    let root = workspace();
    let manifest = "name: PM-v1\ncreated: 2026-11-22\nbase: {name: ./x.gguf}\n";
    std::fs::create_dir_all(root.path().join("models/PM-v1")).unwrap();
    std::fs::write(root.path().join("models/PM-v1/manifest.yaml"), manifest).unwrap();
    let output = pmtune(root.path(), &["improve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("pmtune models promote PM-v1"), "{}", said(&output));
}

#[test]
fn the_second_of_two_is_told() {
    let root = workspace();
    std::fs::create_dir_all(root.path().join("improve")).unwrap();
    let lock = std::fs::File::create(root.path().join("improve/.lock")).unwrap();
    lock.lock().unwrap();
    let output = pmtune(root.path(), &["improve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("another pmtune improve is at work"), "{}", said(&output));
}

#[test]
fn what_was_edited_into_nonsense_is_one_clear_error() {
    let root = prepared();
    let file = root.path().join("improve/2026-11/month.json");
    let text = std::fs::read_to_string(&file).unwrap();
    for (from, to) in [("\"wanted\": 2", "\"wanted\": \"many\""), ("\"before\"", "\"bevor\"")] {
        std::fs::write(&file, text.replace(from, to)).unwrap();
        let output = pmtune(root.path(), &["improve"]);
        assert!(output.status.code() == Some(1) && said(&output).contains("month.json"), "{}", said(&output));
    }
    let output = pmtune(root.path(), &["improve", "--month", "November"]);
    assert!(output.status.code() == Some(2) && said(&output).contains("write it as 2026-11"), "{}", said(&output));
}

#[test]
fn a_change_makes_what_rests_on_it_stale_and_nothing_else() {
    let root = prepared();
    // A plan is there; another dev case makes the measuring and the plan stale, not what was collected.
    let suite = root.path().join("suites/words.yaml");
    let text = std::fs::read_to_string(&suite).unwrap();
    std::fs::write(
        &suite,
        text + "  - {id: new, prompt: Describe the moon, checks: [{type: contains, value: moon}]}\n",
    )
    .unwrap();
    let shown = said(&pmtune(root.path(), &["improve", "--dry-run"]));
    assert!(!shown.contains("collect"), "{shown}");
    assert!(shown.contains("measure   what it rests on has changed"), "{shown}");
}

/// A check that only held-out cases of a task use must not tell whoever writes examples what is wrong with them.
#[test]
fn checks_of_held_out_cases_have_no_part_in_the_plan() {
    let remedy = |split: &str| {
        let root = workspace();
        let story = "As a driver I want a map so that I arrive.";
        let lines: Vec<String> =
            (0..4).map(|i| example(&format!("Write a user story about {i}"), "No story.")).collect();
        std::fs::create_dir_all(root.path().join("training-data/user-stories")).unwrap();
        std::fs::write(root.path().join("training-data/user-stories/x.jsonl"), lines.join("\n")).unwrap();
        let suite = format!(
            "cases:\n  - {{id: dev, prompt: Write a user story of a ferry, tags: [user-story], \
             checks: [{{type: contains, value: ferry}}]}}\n  - {{id: other, prompt: Write a user story of a kite, \
             tags: [user-story], split: {split}, reference: {story}, checks: [{{type: user-story}}]}}\n"
        );
        std::fs::write(root.path().join("suites/stories.yaml"), suite).unwrap();
        let output = pmtune(root.path(), &["gaps", "base", "--examples", "12", "--json"]);
        let found: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", said(&output)));
        let items = found["plan"]["items"].as_array().unwrap().clone();
        let item = items.iter().find(|item| item["task"] == "user-story").unwrap_or_else(|| panic!("{found}")).clone();
        item["remedy"].as_str().unwrap().to_string()
    };
    assert_eq!(remedy("dev"), "better-examples");
    assert_eq!(remedy("held-out"), "more-examples");
}

#[test]
fn a_damaged_inbox_suite_or_adapter_is_one_clear_error() {
    let root = prepared();
    assert!(pmtune(root.path(), &["improve"]).status.success());
    assert!(pmtune(root.path(), &["models", "promote", "v1"]).status.success());
    let refused = |file: &str| {
        let output = pmtune(root.path(), &["improve", "--month", "2026-12"]);
        let said = said(&output);
        assert!(
            output.status.code() == Some(1) && said.matches("error:").count() == 1 && said.contains(file),
            "{said}"
        );
    };
    let inbox = root.path().join("training-data/.inbox");
    std::fs::create_dir_all(&inbox).unwrap();
    std::fs::write(inbox.join("2026-12.jsonl"), "{\"number\": 1\nnonsense\n{\"x\": 1}\n").unwrap();
    refused("2026-12.jsonl:1");
    std::fs::remove_dir_all(&inbox).unwrap();
    let suite = root.path().join("suites/words.yaml");
    let text = std::fs::read_to_string(&suite).unwrap();
    std::fs::write(&suite, "cases: [").unwrap();
    refused("words.yaml:1");
    // Another question than before, so that the version is asked.
    std::fs::write(&suite, text.replace("Describe the boat number 0", "Describe the boat")).unwrap();
    std::fs::remove_file(root.path().join("models/PM-v1/adapter/adapter_model.safetensors")).unwrap();
    refused("adapter_model.safetensors");
}
