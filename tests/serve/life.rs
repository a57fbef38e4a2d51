//! Starting, ending, and the settings for other programs.

use super::fixture::{CONTEXT, Served, pmtune, question_to, workspace};
use serde_json::json;
use std::io::Read;
use std::time::{Duration, Instant};

#[test]
fn a_port_that_is_taken_is_told_with_the_remedy() {
    let root = workspace();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = pmtune(root.path()).args(["serve", "--port", &port]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port"), "{said}");
}

#[cfg(unix)]
#[test]
fn asked_to_end_it_ends_well_even_while_it_answers() {
    let root = workspace();
    assert_eq!(Served::start(root.path(), &[]).end(), Some(0));
    let server = Served::start(root.path(), &[]);
    let long = question_to("primary", "Go", json!({"stream": true, "max_tokens": -1, "temperature": 1})).to_string();
    let mut open: Vec<_> = (0..40).map(|_| server.send("POST", "/v1/chat/completions", &[], &long)).collect();
    let begun = Instant::now();
    assert_eq!(server.end(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10));
    for stream in &mut open {
        let mut text = String::new();
        // Finished, cut with a word, or not begun.
        let _ = stream.read_to_string(&mut text);
        let ended = text.is_empty() || text.contains("[DONE]") || text.contains("\"error\"");
        assert!(ended, "{text}");
    }
}

#[test]
fn who_hangs_up_in_the_middle_disturbs_nobody() {
    let root = workspace();
    let server = Served::start(root.path(), &["--queue", "4"]);
    for round in 0..10 {
        let body =
            question_to("v1", "Go", json!({"stream": round % 2 == 0, "max_tokens": -1, "seed": round})).to_string();
        let streams: Vec<_> = (0..4).map(|_| server.send("POST", "/v1/chat/completions", &[], &body)).collect();
        drop(streams);
    }
    // Places come back as soon as the server sees that nobody reads.
    let until = Instant::now() + Duration::from_secs(20);
    while server.chat("primary", "Hi", json!({})).status != 200 {
        assert!(Instant::now() < until, "a place is lost");
    }
}

#[test]
fn settings_name_the_real_address_and_model() {
    let root = workspace();
    let print = |args: &[&str]| {
        let output = pmtune(root.path()).arg("serve").args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for client in ["continue", "cline", "anythingllm", "open-webui", "openai-python"] {
        let text = print(&["--port", "7123", "--print", client]);
        assert!(text.contains("http://127.0.0.1:7123/v1"), "{client}: {text}");
        assert!(client == "open-webui" || text.contains("primary"), "{client}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{client}: {text}");
    }
    let text = print(&["--print", "continue"]);
    let yaml: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let model = &yaml["models"][0];
    assert_eq!(model["defaultCompletionOptions"], json!({"contextLength": CONTEXT, "maxTokens": 12}));
    assert_eq!(
        (model["provider"].as_str(), model["apiBase"].as_str()),
        (Some("openai"), Some("http://127.0.0.1:7689/v1"))
    );
    assert!(print(&["--print", "cline"]).contains("the agent cannot work"));
    std::fs::remove_file(root.path().join("models/primary")).unwrap();
    assert!(print(&["--print", "openai-python"]).contains("model=\"Tiny-v2\""));
}

#[test]
fn a_damaged_adapter_keeps_nobody_else_from_being_served() {
    let root = workspace();
    let weights = root.path().join("models/Tiny-v1/adapter/adapter_model.safetensors");
    let bytes = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    let mut server = Served::start(root.path(), &[]);
    assert_eq!(server.chat("primary", "Hi", json!({})).status, 200);
    assert_eq!(server.chat("v1", "Hi", json!({})).status, 404);
    let mut warned = String::new();
    let _ = server.child.kill();
    server.child.stderr.take().unwrap().read_to_string(&mut warned).unwrap();
    assert!(warned.contains("Tiny-v1 is not served") && warned.contains("adapter_model.safetensors"), "{warned}");
}
