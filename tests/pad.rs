//! `pmtune data write`: examples of a plan, over HTTP and in a real browser.

use crate::desk::browser::{Browser, chromium};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

const PLAN: &str = r#"{"format": 1, "plan": {"items": [
  {"task": "prd", "count": 2, "include": ["every figure of the input"], "checks": ["mentions"], "remedy": "more-examples",
   "because": "no example teaches it", "taught": null, "contradicting": [], "situations": ["a swimming school; it is late"]},
  {"task": "okr", "count": 1, "include": [], "checks": [], "remedy": "more-examples", "because": "few teach it <b>x</b>",
   "taught": 2, "contradicting": [], "situations": []}], "beyond": [], "prompt": null}}"#;

fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data/tiny-qwen2.gguf");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("pmtune.yaml", &format!("line: PM\nbase: {}\nsampling: {{max-tokens: 8}}\n", base.display()));
    write(
        "suites/words.yaml",
        "cases:\n  - {id: a, split: held-out, prompt: Explain why customers leave the parcel service in Hamburg every autumn}\n",
    );
    write("improve/2026-11/plan.json", PLAN);
    write("training-data/basic.jsonl", "{\"instruction\": \"Ask for a ticket\", \"output\": \"It is on its way.\"}\n");
    root
}

fn pmtune(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
    command.current_dir(root).env("NO_COLOR", "1").args(args).stdin(Stdio::null()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The program while it serves.
struct Open {
    child: Child,
    url: String,
}

impl Open {
    fn start(root: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
        command.current_dir(root).args(["data", "write"]).args(args).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.trim().to_string()).filter(|l| l.starts_with("http")));
        Self { child, url: url.expect("an address") }
    }

    fn origin(&self) -> String {
        self.url.split('/').take(3).collect::<Vec<_>>().join("/")
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client {
    origin: String,
    cookie: String,
    agent: ureq::Agent,
}

impl Client {
    fn enter(open: &Open) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().new_agent();
        let answer = agent.get(&open.url).call().unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_string();
        Self { origin: open.origin(), cookie, agent }
    }

    fn state(&self) -> Value {
        let mut answer =
            self.agent.get(format!("{}/state", self.origin)).header("cookie", &self.cookie).call().unwrap();
        answer.body_mut().read_json().unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.agent.post(format!("{}{path}", self.origin)).header("cookie", &self.cookie);
        let mut answer = request.header("origin", &self.origin).send_json(body).unwrap();
        (answer.status().as_u16(), answer.body_mut().read_json().unwrap())
    }
}

fn sketch(item: usize, instruction: &str, output: &str) -> Value {
    json!({ "item": item, "instruction": instruction, "input": "", "output": output })
}

fn lines(root: &Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root.join("training-data/written").join(file)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

const OUTPUT: &str = "The swimming school opens a third lane on 4 May, so that 12 more children learn to swim.";

#[test]
fn examples_are_kept_counted_and_taken_back() {
    let root = workspace();
    let open = Open::start(root.path(), &[]);
    let client = Client::enter(&open);
    assert_eq!(client.state()["briefs"][0]["written"], 0);
    let (status, told) = client.post("/keep", &json!({ "sketch": sketch(0, "Write a PRD for a third lane.", OUTPUT) }));
    assert_eq!((status, &told["briefs"][0]["written"]), (200, &json!(1)), "{told}");
    let kept = lines(root.path(), "prd.jsonl");
    assert_eq!((kept.len(), kept[0]["output"].as_str(), kept[0]["tags"][0].as_str()), (1, Some(OUTPUT), Some("prd")));
    assert!(kept[0]["source"].as_str().unwrap().starts_with("written "), "{kept:?}");
    // The linter reads it like any other.
    let checked = pmtune(root.path(), &["data", "check"]);
    assert!(checked.status.success(), "{}", said(&checked));

    let (status, told) = client.post("/take-back", &json!({}));
    assert_eq!(
        (status, told["sketch"]["output"].as_str(), &told["briefs"][0]["written"]),
        (200, Some(OUTPUT), &json!(0))
    );
    assert!(lines(root.path(), "prd.jsonl").is_empty());
    assert_eq!(client.post("/take-back", &json!({})).0, 422);
    // A line that a person typed without an end is not lost; after a kill and another start what was kept is counted.
    let typed =
        "{\"instruction\": \"Write a PRD for towels.\", \"output\": \"The school lends 40 towels from May on.\"}";
    std::fs::write(root.path().join("training-data/written/prd.jsonl"), typed).unwrap();
    client.post("/keep", &json!({ "sketch": sketch(0, "Write a PRD for a third lane.", OUTPUT) }));
    drop(open);
    let again = Open::start(root.path(), &[]);
    assert_eq!(Client::enter(&again).state()["briefs"][0]["written"], 1);
    assert_eq!(lines(root.path(), "prd.jsonl").len(), 2);
}

#[test]
fn what_must_not_be_learnt_is_refused_and_a_held_out_case_is_not_quoted() {
    let root = workspace();
    let open = Open::start(root.path(), &[]);
    let client = Client::enter(&open);
    let key = format!("AKIA{}", "ABCDEFGHIJKLMNOP");
    for (instruction, output, part) in [
        ("", OUTPUT, "no instruction yet"),
        ("Write a PRD.", " ", "no output yet"),
        ("Ask for a ticket", "It is on its way.", "basic.jsonl"),
        ("Explain why customers leave the parcel service in Hamburg every autumn", OUTPUT, "words/a"),
        ("Write a PRD for the key.", &format!("Use {key} for the storage."), "key"),
    ] {
        let (status, told) = client.post("/keep", &json!({ "sketch": sketch(0, instruction, output) }));
        assert!(status == 422 && told["error"].as_str().unwrap().contains(part), "{instruction}: {status} {told}");
        let (_, judged) = client.post("/judge", &sketch(0, instruction, output));
        assert_eq!(judged["remarks"][0]["grave"], true, "{judged}");
    }
    assert!(lines(root.path(), "prd.jsonl").is_empty());
    assert_eq!(client.post("/keep", &json!({ "sketch": sketch(9, "Write.", OUTPUT) })).0, 422);
    assert_eq!(client.post("/keep", &json!({ "sketsch": 1 })).0, 400);
    assert_eq!(client.post("/draft", &sketch(0, "Write.", "")).0, 400, "nobody drafts");
    let stranger = Client { cookie: "pmtune=x".into(), origin: client.origin.clone(), agent: client.agent.clone() };
    assert!(stranger.post("/keep", &json!({ "sketch": sketch(0, "Write a PRD.", OUTPUT) })).0 >= 400);
    let mut elsewhere =
        client.agent.get(format!("{}/state", client.origin)).header("host", "evil.example").call().unwrap();
    assert!(elsewhere.status().as_u16() >= 400, "{:?}", elsewhere.body_mut().read_to_string());
}

#[test]
fn a_draft_is_kept_only_by_who_changed_it_or_stands_for_it() {
    let root = workspace();
    let open = Open::start(root.path(), &["--draft", "base"]);
    let client = Client::enter(&open);
    let (status, drafted) = client.post("/draft", &sketch(1, "Write an OKR for a third lane.", ""));
    let text = drafted["output"].as_str().unwrap_or_default().to_string();
    assert!(status == 200 && !text.trim().is_empty(), "{drafted}");
    let as_it_is = sketch(1, "Write an OKR for a third lane.", &text);
    let (status, told) = client.post("/keep", &json!({ "sketch": as_it_is.clone() }));
    // A tiny model may write what the linter refuses before that.
    assert!(status == 422, "{status} {told}");
    let (status, told) =
        client.post("/keep", &json!({ "sketch": sketch(1, "Write an OKR for a third lane.", OUTPUT) }));
    assert_eq!(status, 200, "{told}");
    // A draft is known after a restart.
    drop(open);
    let again = Open::start(root.path(), &[]);
    let (status, told) = Client::enter(&again).post("/keep", &json!({ "sketch": as_it_is }));
    assert!(status == 422, "{status} {told}");
    let source = lines(root.path(), "okr.jsonl")[0]["source"].as_str().unwrap().to_string();
    assert!(source.contains("perhaps after a draft of"), "{source}");
}

#[test]
fn a_plan_that_is_none_is_one_clear_error() {
    let root = workspace();
    let plan = root.path().join("improve/2026-11/plan.json");
    std::fs::write(&plan, PLAN.replace("\"count\": 2", "\"count\": \"two\"")).unwrap();
    let refused = pmtune(root.path(), &["data", "write"]);
    assert!(refused.status.code() == Some(1) && said(&refused).contains("plan.json"), "{}", said(&refused));
    std::fs::remove_file(&plan).unwrap();
    let none = pmtune(root.path(), &["data", "write"]);
    assert!(!none.status.success() && said(&none).contains("pmtune improve"), "{}", said(&none));
    std::fs::write(&plan, PLAN).unwrap();
    let piped = Command::new(assert_cmd::cargo::cargo_bin("pmtune"))
        .current_dir(root.path())
        .env("EDITOR", "true")
        .args(["data", "write", "--editor"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(piped.status.code() == Some(2) && said(&piped).contains("needs a terminal"), "{}", said(&piped));
}

#[test]
fn a_plan_is_written_by_keyboard_on_a_phone_with_a_reload_in_the_middle() {
    let Some(program) = chromium() else { return };
    let root = workspace();
    let open = Open::start(root.path(), &[]);
    let mut browser = Browser::start(&program, &root.path().join("profile"), 390, 844);
    browser.go(&open.url);
    browser.wait("document.getElementById('what').textContent.startsWith('2 examples for prd')");
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= innerWidth"), true, "nothing sticks out");
    let fill = |browser: &mut Browser, id: &str, text: &str| {
        let text = serde_json::to_string(text).unwrap();
        browser.eval(&format!(
            "(() => {{ const field = document.getElementById('{id}'); field.value = {text}; \
             field.dispatchEvent(new Event('input')); }})()"
        ));
    };
    fill(&mut browser, "instruction", "Write a PRD for a third lane.");
    fill(&mut browser, "output", OUTPUT);
    browser.go(&format!("{}/", open.origin()));
    browser.wait("document.getElementById('output').value.startsWith('The swimming school')");
    let keep = |browser: &mut Browser| {
        browser.eval(
            "document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true })); undefined",
        );
    };
    keep(&mut browser);
    browser.wait(
        "document.getElementById('said').textContent !== '' || document.getElementById('progress').textContent.startsWith('1 of 3')",
    );
    if browser.text("said") != "Kept." {
        keep(&mut browser); // past a warning
    }
    browser.wait("document.getElementById('progress').textContent.startsWith('1 of 3')");
    assert_eq!(lines(root.path(), "prd.jsonl").len(), 1);
    assert_eq!(browser.eval("document.getElementById('output').value"), "");
    browser.eval("document.getElementById('after').click()");
    browser.wait("document.getElementById('what').textContent.startsWith('1 example for okr')");
    assert!(browser.text("help").contains("<b>x</b>"), "markup is text");
    browser.eval("document.getElementById('stop').click()");
    browser.wait("document.getElementById('lost').textContent.startsWith('Stopped')");
    let (urls, complaints) = browser.requests_and_complaints();
    assert!(urls.iter().all(|url| url.starts_with(&open.origin())), "{urls:?}");
    assert!(complaints.is_empty(), "{complaints:#?}");
}
