//! What is served, and what is not there.

use super::fixture::{CONTEXT, Served, workspace};
use serde_json::Value;

#[test]
fn every_version_is_a_model_and_so_are_primary_and_base() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    for part in ["primary, Tiny-v1, Tiny-v2 and base", "`primary` is Tiny-v2", "--print continue"] {
        assert!(server.said.replace('\n', " ").contains(part), "{part}: {}", server.said);
    }
    let list = server.get("/v1/models").json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|card| card["id"].as_str().unwrap()).collect();
    assert_eq!((list["object"].as_str(), ids), (Some("list"), vec!["primary", "Tiny-v1", "Tiny-v2", "base"]));
    let card = &list["data"][0];
    assert_eq!((card["object"].as_str(), card["context_length"].as_u64()), (Some("model"), Some(CONTEXT as u64)));
    assert_eq!(
        (card["pmtune"]["version"].as_str(), &card["pmtune"]["promoted"]),
        (Some("Tiny-v2"), &Value::Bool(true))
    );
    assert!(list["data"][1]["pmtune"]["adapter"].is_string());
    for (id, version) in [("primary", "Tiny-v2"), ("v1", "Tiny-v1"), ("Tiny%2Dv1", "Tiny-v1"), ("base", "base")] {
        let card = server.get(&format!("/v1/models/{id}")).json();
        assert_eq!(card["pmtune"]["version"].as_str(), Some(version), "{id}");
    }
    let studio = server.get("/api/v0/models").json();
    let card = &studio["data"][1];
    assert_eq!((card["type"].as_str(), card["state"].as_str()), (Some("llm"), Some("loaded")));
    assert_eq!((card["max_context_length"].as_u64(), card["arch"].as_str()), (Some(CONTEXT as u64), Some("llama")));
    assert_eq!(server.get("/health").json()["status"], "ok");
}

#[test]
fn what_is_not_there_is_said_in_json() {
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    for (path, part) in [
        ("/v1/models/v9", "primary, Tiny-v1, Tiny-v2 and base"),
        ("/x", "/v1/chat/completions"),
        ("/v1/embeddings", "/v1/chat/completions"),
        ("/chat/completions", "ends in /v1"),
        ("/v1/v1/models", "ends in /v1, once"),
        ("/lmstudio-greeting", "/api/v0/models"),
    ] {
        let reply = server.get(path);
        assert_eq!(reply.status, 404, "{path}");
        assert!(reply.message().contains(part), "{path}: {}", reply.body);
    }
    let reply = server.get("/v1/chat/completions");
    assert_eq!((reply.status, reply.code().as_str(), reply.header("allow")), (405, "method_not_allowed", Some("post")));
    let reply = server.ask("DELETE", "/v1/models", &[], "");
    assert_eq!((reply.status, reply.code().as_str()), (405, "method_not_allowed"));
    let reply = server.ask("HEAD", "/v1/models", &[], "");
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    let reply = server.chat("gpt-9", "Hi", Value::Null);
    assert_eq!((reply.status, reply.code().as_str()), (404, "model_not_found"));
}

#[test]
fn a_version_that_cannot_be_served_is_told_and_the_others_are() {
    let root = workspace();
    std::fs::remove_dir_all(root.path().join("models/Tiny-v1/adapter")).unwrap();
    let server = Served::start(root.path(), &[]);
    let ids = server.get("/v1/models").body;
    assert!(!ids.contains("Tiny-v1") && ids.contains("Tiny-v2"), "{ids}");
    assert!(server.said.replace('\n', " ").contains("Models: primary, Tiny-v2 and base"), "{}", server.said);
}
