//! Who may ask.

use super::fixture::{Served, pmtune, workspace};

const TOKEN: &str = "0123456789abcdef";

#[test]
fn only_its_own_names_are_answered_to() {
    let root = workspace();
    let server = Served::start(root.path(), &["--allow-host", "host.docker.internal"]);
    let asked = |host: &str| server.ask("GET", "/v1/models", &[("Host", host)], "").status;
    let port = server.port;
    for own in [format!("localhost:{port}"), format!("[::1]:{port}"), format!("host.docker.internal:{port}")] {
        assert_eq!(asked(&own), 200, "{own}");
    }
    for other in [format!("evil.example:{port}"), "localhost:1".to_string(), format!("192.168.1.1:{port}")] {
        assert_eq!(asked(&other), 421, "{other}");
    }
}

#[test]
fn local_pages_and_editors_may_ask_and_pages_from_elsewhere_may_not() {
    let root = workspace();
    let server = Served::start(root.path(), &["--token", TOKEN]);
    let locals = [
        "http://localhost:3000",
        "https://127.0.0.1",
        "vscode-webview://1a2b",
        "app://obsidian.md",
        "tauri://localhost",
    ];
    for origin in locals {
        let headers = [
            ("Origin", origin),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,x-stainless-os"),
            ("Access-Control-Request-Private-Network", "true"),
        ];
        let reply = server.ask("OPTIONS", "/v1/chat/completions", &headers, "");
        assert_eq!(reply.status, 204, "{origin}: without the token");
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin));
        assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type,x-stainless-os"));
        assert_eq!(reply.header("access-control-allow-private-network"), Some("true"));
        let reply = server.ask("GET", "/v1/models", &[("Origin", origin)], "");
        assert_eq!(
            (reply.status, reply.header("access-control-allow-origin")),
            (401, Some(origin)),
            "readable refusal"
        );
    }
    for origin in
        ["https://evil.example", "null", "http://localhost.evil.example", "http://localhost:3000.evil.example", "x"]
    {
        for method in ["OPTIONS", "GET", "POST"] {
            let reply = server.ask(
                method,
                "/v1/models",
                &[("Origin", origin), ("Authorization", &format!("Bearer {TOKEN}"))],
                "",
            );
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None), "{method} {origin}");
        }
    }
}

#[test]
fn with_a_token_only_who_knows_it_is_answered() {
    let root = workspace();
    let server = Served::start(root.path(), &["--token", TOKEN]);
    let asked = |name: &str, value: &str| server.ask("GET", "/v1/models", &[(name, value)], "");
    for (name, value) in [
        ("Authorization", "Bearer 0123456789abcdef"),
        ("authorization", "bearer 0123456789abcdef"),
        ("x-api-key", TOKEN),
        ("api-key", TOKEN),
    ] {
        assert_eq!(asked(name, value).status, 200, "{name}: {value}");
    }
    for (name, value) in
        [("X-None", ""), ("Authorization", "Bearer 0123456789abcdeF"), ("Authorization", TOKEN), ("x-api-key", "")]
    {
        let reply = asked(name, value);
        assert_eq!((reply.status, reply.code().as_str()), (401, "invalid_api_key"), "{name}: {value}");
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn other_computers_are_served_with_a_token_only() {
    let root = workspace();
    for (args, part) in [
        (&["--host", "0.0.0.0"][..], "needs a token"),
        (&["--token", "short"][..], "at least 16 characters"),
        (&["--host", "somewhere"][..], "invalid value"),
    ] {
        let output = pmtune(root.path()).arg("serve").args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part), "{said}");
    }
    let server = Served::start(root.path(), &["--host", "0.0.0.0", "--token", TOKEN]);
    assert!(server.said.contains("http://127.0.0.1:"), "{}", server.said);
    let headers = [("Host", &*format!("192.168.7.7:{}", server.port)), ("x-api-key", TOKEN)];
    assert_eq!(server.ask("GET", "/v1/models", &headers, "").status, 200);
    // Its own page, opened from another computer.
    for (port, status) in [(server.port, 200), (1, 403)] {
        let (host, origin) = (format!("192.168.7.7:{}", server.port), format!("http://192.168.7.7:{port}"));
        let headers = [("Host", &*host), ("x-api-key", TOKEN), ("Origin", &*origin)];
        assert_eq!(server.ask("GET", "/v1/models", &headers, "").status, status, "{origin}");
    }
    let headers = [("Host", &*format!("rebound.example:{}", server.port)), ("x-api-key", TOKEN)];
    assert_eq!(server.ask("GET", "/v1/models", &headers, "").status, 421);
}
