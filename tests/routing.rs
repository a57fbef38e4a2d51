//! `auto`: routes by kind of task, from outside, with the real sentence model and a tiny base.

use crate::base::sentence_model;
use crate::serve::fixture::{Served, pmtune};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

use pmtune::route::{Instructions, Route, Router, Routes, Why, accuracy};
use pmtune::training_data::Vectors;
use pmtune::workspace::Workspace;

const ROUTES: &str = "routes:\n  user-stories: v1\notherwise: v2\n";

/// `Tiny-v1` has an adapter and a system prompt and writes user stories; `Tiny-v2` has neither.
fn workspace(routes: &str) -> TempDir {
    sentence_model();
    let root = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data");
    let base = data.join("tiny-folder").display().to_string();
    write(root.path(), "pmtune.yaml", &format!("line: Tiny\nbase: {base}\nsampling: {{max-tokens: 12}}\n"));
    write(
        root.path(),
        "models/Tiny-v1/manifest.yaml",
        &format!(
            "name: Tiny-v1\ncreated: 2026-11-21\nbase: {{name: {base}}}\nadapter: adapter\nsystem: Be brief.\n\
             examples: [{{user: Why, assistant: So}}]\n"
        ),
    );
    let second = format!("name: Tiny-v2\ncreated: 2026-11-22\nbase: {{name: {base}}}\n");
    write(root.path(), "models/Tiny-v2/manifest.yaml", &second);
    let adapter = root.path().join("models/Tiny-v1/adapter");
    std::fs::create_dir_all(&adapter).unwrap();
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(data.join("tiny-llama-lora").join(file), adapter.join(file)).unwrap();
    }
    write(root.path(), "models/routes.yaml", routes);
    let lines = |of: &dyn Fn(&str) -> String| -> String {
        let things = ["a wish list", "gift cards", "dark mode", "shared folders", "saved searches", "late fees"];
        let line = |thing: &&str| json!({"instruction": of(thing), "input": "", "output": "x"}).to_string() + "\n";
        things.iter().map(line).collect()
    };
    write(root.path(), "training-data/user-stories/basic.jsonl", &lines(&|x| format!("Write a user story for {x}")));
    write(root.path(), "training-data/planning/roadmaps.jsonl", &lines(&|x| format!("Plan the roadmap for {x}")));
    write(root.path(), "training-data/planning/risks.jsonl", &lines(&|x| format!("Assess the risks of {x}")));
    write(
        root.path(),
        "suites/s.yaml",
        "defaults: {split: held-out, checks: [{type: contains, value: a}]}\ncases:\n  \
         - {id: story, prompt: \"Write a user story for exporting a list\", reference: b, distractors: [{text: c, why: w}]}\n  \
         - {id: twice, prompt: \"Please write one user story about printing\", sampling: {temperature: 1, seed: 3}, repeat: 2}\n  \
         - {id: plan, prompt: \"Plan our roadmap for next year\", reference: d, distractors: [{text: a, why: w}]}\n  \
         - {id: world, prompt: \"At what temperature does water boil?\"}\n",
    );
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// What it says on both channels, as one line, and the exit code.
fn said(root: &Path, args: &[&str]) -> (String, Option<i32>) {
    let output = pmtune(root).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (text.split_whitespace().collect::<Vec<_>>().join(" "), output.status.code())
}

fn fine(root: &Path, args: &[&str]) -> String {
    let (said, code) = said(root, args);
    assert_eq!(code, Some(0), "{said}");
    said
}

/// The records of the newest run whose id ends like this, by case and repeat.
fn records(root: &Path, end: &str) -> BTreeMap<String, Value> {
    let folders = std::fs::read_dir(root.join("reports")).unwrap().flatten().map(|entry| entry.path());
    let named =
        |path: &std::path::PathBuf| path.to_string_lossy().ends_with(end) && path.join("results.jsonl").is_file();
    let newest = folders.filter(named).max().unwrap_or_else(|| panic!("no run {end}"));
    let text = std::fs::read_to_string(newest.join("results.jsonl")).unwrap();
    let record = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        (format!("{} {}", record["case"].as_str().unwrap(), record["repeat"]), record)
    };
    text.lines().map(record).collect()
}

#[test]
fn auto_gives_each_case_the_very_answer_of_its_version() {
    let root = workspace(ROUTES);
    let said = fine(root.path(), &["eval", "auto"]);
    assert!(said.contains("auto asks Tiny-v2 for 2 cases and Tiny-v1 for 2 cases"), "{said}");
    let auto = records(root.path(), "auto");
    // Anew, so that nothing is taken over.
    for version in ["v1", "v2"] {
        fine(root.path(), &["eval", version, "--no-cache"]);
    }
    let own = [records(root.path(), "Tiny-v1"), records(root.path(), "Tiny-v2")];
    let by = |case: &str| if case.starts_with("s/plan") || case.starts_with("s/world") { 1 } else { 0 };
    assert_eq!(auto.len(), 5);
    for (case, record) in &auto {
        let same = &own[by(case)][case];
        assert_eq!(record["version"], format!("Tiny-v{}", by(case) + 1), "{case}");
        assert_eq!(record["answer_key"], same["answer_key"], "{case}");
        for part in ["text", "output_tokens", "prompt_tokens", "reference_nll", "likelihoods"] {
            assert_eq!(record["answer"][part], same["answer"][part], "{case}: {part}");
        }
    }
    assert!(auto["s/story 0"]["answer"]["likelihoods"].as_array().is_some_and(|texts| texts.len() == 2));
    assert_ne!(own[0]["s/story 0"]["answer"], own[1]["s/story 0"]["answer"], "the versions differ at all");
    let run = std::fs::read_dir(root.path().join("reports")).unwrap().flatten().map(|e| e.path());
    let run = run.into_iter().find(|path| path.to_string_lossy().ends_with("auto")).unwrap();
    let manifest: Value = serde_json::from_str(&std::fs::read_to_string(run.join("run.json")).unwrap()).unwrap();
    let routed = &manifest["version"]["routed"];
    let hash = pmtune_hash(&root.path().join("models/routes.yaml"));
    assert_eq!((routed["routes"].as_str(), &routed["cases"]["s/plan"]), (Some(hash.as_str()), &json!("Tiny-v2")));
    let page = std::fs::read_to_string(run.join("report.md")).unwrap();
    assert!(page.contains("Tiny-v2 for 2 cases and Tiny-v1 for 2 cases"), "{page}");
}

#[test]
fn a_run_that_broke_off_goes_on_with_the_versions_it_began_with() {
    let root = workspace(ROUTES);
    fine(root.path(), &["eval", "auto"]);
    let whole = records(root.path(), "auto");
    let run =
        std::fs::read_dir(root.path().join("reports")).unwrap().flatten().map(|entry| entry.path()).next().unwrap();
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(run.join("run.json")).unwrap()).unwrap();
    manifest["finished"] = Value::Null;
    std::fs::write(run.join("run.json"), manifest.to_string()).unwrap();
    let lines = std::fs::read_to_string(run.join("results.jsonl")).unwrap();
    let first: String = lines.lines().take(2).map(|line| format!("{line}\n")).collect();
    std::fs::write(run.join("results.jsonl"), first).unwrap();
    // Other routes by now are none of its business.
    write(root.path(), "models/routes.yaml", "routes: {planning: v1}\notherwise: v2\n");
    fine(root.path(), &["eval", "--resume", manifest["id"].as_str().unwrap()]);
    let resumed = records(root.path(), "auto");
    let told = |records: &BTreeMap<String, Value>| -> Vec<String> {
        records
            .iter()
            .map(|(case, record)| format!("{case} {} {}", record["version"], record["answer"]["text"]))
            .collect()
    };
    assert_eq!(told(&resumed), told(&whole));
}

fn pmtune_hash(file: &Path) -> String {
    engine::store::hash(&std::fs::read(file).unwrap())
}

#[test]
fn a_comparison_says_whether_routing_is_worth_it_or_what_is_missing() {
    let root = workspace(ROUTES);
    let said = fine(root.path(), &["eval", "--compare", "v2", "auto"]);
    assert!(said.contains("is not known: no run asked v1 alone the same cases (pmtune eval v1)"), "{said}");
    fine(root.path(), &["eval", "v1"]);
    let said = ["v1", "v2"].map(|version| fine(root.path(), &["compare", version, "auto"]));
    let shows = |said: &String| said.contains("Whether routing is worth it shows beside v");
    let tells = |said: &String| said.contains("outing is not shown to be worth it: auto does not measurably beat v");
    assert!(said.iter().any(shows) && said.iter().any(tells), "{said:#?}");
    // An edit of the routes makes the run stale, and so does one of the instructions.
    write(root.path(), "models/routes.yaml", "routes: {planning: v1}\notherwise: v2\n");
    let (edited, code) = self::said(root.path(), &["compare", "v2", "auto"]);
    assert!(code == Some(1) && edited.contains("models/routes.yaml changed"), "{edited}");
    write(root.path(), "models/routes.yaml", ROUTES);
    let line = json!({"instruction": "Write a user story for maps", "input": "", "output": "x"}).to_string();
    write(root.path(), "training-data/user-stories/more.jsonl", &line);
    let (edited, code) = self::said(root.path(), &["compare", "v2", "auto"]);
    assert!(code == Some(1) && edited.contains("the training instructions, by which"), "{edited}");
    assert!(edited.contains("pmtune eval auto"), "{edited}");
}

#[test]
fn the_list_shows_routes_and_how_often_the_right_one_is_found() {
    let root = workspace(ROUTES);
    let said = fine(root.path(), &["models", "routes"]);
    for part in
        ["user-stories Tiny-v1", "(all else) Tiny-v2", "together", "held out", "pmtune eval --compare Tiny-v2 auto"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = pmtune(root.path()).args(["models", "routes", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (all, first) = (&listed["all"], &listed["routes"][0]);
    // These tasks are plain to tell apart.
    assert!(all["of"].as_u64().unwrap() >= 5 && all["right"] == all["of"], "{listed}");
    assert_eq!(first["examples"].as_u64().unwrap() + first["held_out"].as_u64().unwrap(), 6);
    assert_eq!(listed["otherwise"]["version"], "Tiny-v2");
}

#[test]
fn served_and_talked_to_the_version_that_answers_is_told() {
    let root = workspace(ROUTES);
    let server = Served::start(root.path(), &[]);
    let cards = server.get("/v1/models").json();
    let card = cards["data"].as_array().unwrap().iter().find(|card| card["id"] == "auto").unwrap().clone();
    assert_eq!(card["pmtune"]["routes"], json!({"user-stories": "Tiny-v1"}));
    for (question, version, why) in [
        ("Write a user story for exporting a list", "tiny-v1", "nearest to user-stories/basic (0."),
        ("Plan our roadmap for next year", "tiny-v2", "nearest to planning/roadmaps (0."),
        ("At what temperature does water boil?", "tiny-v2", "near to no task"),
    ] {
        let reply = server.chat("auto", question, Value::Null);
        assert_eq!(reply.header("x-pmtune-version"), Some(version), "{question}");
        assert!(reply.header("x-pmtune-route").unwrap().starts_with(why), "{}", reply.head);
        let own = server.chat(version.replace("tiny-", "").as_str(), question, Value::Null);
        assert_eq!(reply.text(), own.text(), "{question}");
        assert!(own.header("x-pmtune-route").is_none());
    }
    let reply = server.post("/v1/completions", &json!({"model": "auto", "prompt": "Write a user story for maps"}));
    assert_eq!(reply.header("x-pmtune-version"), Some("tiny-v1"));
    let follow = json!([
        {"role": "user", "content": "Write a user story for maps"}, {"role": "assistant", "content": "x"},
        {"role": "user", "content": "Shorter, please"},
    ]);
    let reply = server.post("/v1/chat/completions", &json!({"model": "auto", "messages": follow}));
    assert_eq!(reply.header("x-pmtune-version"), Some("tiny-v1"), "{}", reply.head);
    assert_eq!(server.chat("auto", "Hi", json!({"messages": []})).status, 400);
}

#[test]
fn a_conversation_says_who_answers_and_why() {
    let root = workspace(ROUTES);
    let mut chat = assert_cmd::Command::cargo_bin("pmtune").unwrap();
    let output = chat
        .current_dir(root.path())
        .args(["chat", "auto"])
        .write_stdin("Write a user story for maps\nPlan the roadmap for maps\n")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("Tiny-v1 answers: nearest to user-stories/basic (0."), "{said}");
    assert!(said.contains("as in training-data/user-stories/basic.jsonl:"), "{said}");
    assert!(said.contains("Tiny-v2 answers: nearest to planning/roadmaps"), "{said}");
    assert!(said.contains("which has no route"), "{said}");
}

#[test]
fn what_is_wrong_with_routes_is_told_with_its_place_and_remedy() {
    let root = workspace("routes: {user-storys: v1, planning: v7}\n");
    for args in [&["validate"][..], &["eval", "auto"], &["chat", "auto"], &["models", "routes"]] {
        let (said, code) = said(root.path(), args);
        assert_eq!(code, Some(1), "{said}");
        for part in [
            "routes.yaml:1:10: there is no task `user-storys`",
            "did you mean `user-stories`?",
            "routes.yaml:1:37: there is no version `v7`",
            "no version is primary, so nobody answers what has no route",
        ] {
            assert!(said.contains(part), "{args:?}: {part}: {said}");
        }
    }
    std::fs::remove_file(root.path().join("models/routes.yaml")).unwrap();
    let (none, code) = said(root.path(), &["eval", "auto"]);
    assert!(code == Some(1) && none.contains("there is no models/routes.yaml, by which `auto` chooses"), "{none}");
    let (single, code) = said(root.path(), &["export", "auto"]);
    assert!(code == Some(2) && single.contains("works in pmtune chat, eval and serve"), "{single}");
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    let manifest = format!("name: Tiny-v3\ncreated: 2026-11-23\nbase: {{name: {}}}\n", other.display());
    write(root.path(), "models/Tiny-v3/manifest.yaml", &manifest);
    write(root.path(), "models/routes.yaml", "routes: {user-stories: v3}\notherwise: v2\n");
    let (apart, code) = said(root.path(), &["eval", "auto"]);
    assert!(code == Some(1) && apart.contains("Tiny-v3 stands on another than Tiny-v2"), "{apart}");
    let server = Served::start(root.path(), &[]);
    assert!(!server.said.contains("auto") && server.get("/v1/models/auto").status == 404, "{}", server.said);
}

/// What the log reports (`cargo test --test pmtune routing::shipped -- --nocapture`): with a version of its own for every
/// folder of the shipped data, how many held-out instructions find theirs, and who is left to `otherwise`.
#[test]
fn shipped_instructions_find_their_folder_and_questions_about_the_world_do_not() {
    sentence_model();
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let vectors = Vectors::local().unwrap().unwrap();
    let instructions = Instructions::read(&workspace).unwrap();
    let folders = std::fs::read_dir(workspace.training_data()).unwrap().flatten().filter(|entry| entry.path().is_dir());
    let mut folders: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    folders.retain(|name| instructions.count(name).0 > 0);
    folders.sort();
    let routes = folders.into_iter().map(|task| Route { version: task.clone(), task }).collect();
    let routes = Routes { sha256: String::new(), routes, otherwise: "otherwise".into() };
    let router = Router::new(routes, instructions, &vectors, &|_, _| ()).unwrap();
    let found = accuracy(&router, &vectors, 0.95).unwrap();
    for (route, found) in router.routes.routes.iter().zip(&found.routes) {
        println!("{}: {} of {}", route.task, found.right, found.of);
    }
    let (low, high) = (found.all.interval.low, found.all.interval.high);
    println!("all: {} of {} ({low:.2} to {high:.2}); near to none: {}", found.all.right, found.all.of, found.abstained);
    let suites = pmtune::suite::load(&workspace.root, &workspace.suite_files().unwrap()).unwrap();
    let far = |suite: &str| {
        let suite = suites.iter().find(|one| one.name == suite).unwrap();
        let prompts: Vec<&str> = suite.cases.iter().map(|case| case.prompt.as_str()).collect();
        let decisions = router.decide(&prompts, &vectors).unwrap();
        let far = decisions.iter().filter(|decision| decision.why == Why::Abstained).count();
        println!("{}: near to none: {far} of {}", suite.name, prompts.len());
        far as f64 / prompts.len() as f64
    };
    assert!(far("forgetting") > 0.65 && far("format-consistency") < 0.1);
    assert!(found.all.right as f64 >= 0.55 * found.all.of as f64 && found.abstained * 10 <= found.all.of, "{found:?}");
}
