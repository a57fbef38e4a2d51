//! `pmtune pull` against a hub that behaves well, badly, and not at all.

use crate::program::{command, said};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

const FILE: &str = "q4/model.gguf";
const NAME: &str = "hub:org/repo:q4/model.gguf";
const FOLDER: &str = "home/bases/hub--org--repo--q4--model.gguf";

/// What was asked of the hub: path, first byte that was wanted, and the token.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    path: String,
    from: Option<usize>,
    token: Option<String>,
}

type Answer = dyn Fn(&Seen, usize, &mut TcpStream) + Send + Sync;

struct Hub {
    endpoint: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Hub {
    /// Answers each request as `answer` does, which is told how many came before it.
    fn start(answer: impl Fn(&Seen, usize, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (answer, kept): (Box<Answer>, _) = (Box::new(answer), seen.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let lines: Vec<String> =
                    BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)).map(str::to_string) else {
                    continue;
                };
                let header = |name: &str| {
                    let (_, value) =
                        lines.iter().filter_map(|l| l.split_once(": ")).find(|(n, _)| n.eq_ignore_ascii_case(name))?;
                    Some(value.to_string())
                };
                let from =
                    header("range").map(|r| r.strip_prefix("bytes=").unwrap().trim_end_matches('-').parse().unwrap());
                let one = Seen { path, from, token: header("authorization") };
                let before = {
                    let mut seen = kept.lock().unwrap();
                    seen.push(one.clone());
                    seen.len() - 1
                };
                answer(&one, before, &mut stream);
            }
        });
        Self { endpoint, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The first byte that each request for content asked for.
    fn asked_from(&self) -> Vec<Option<usize>> {
        self.seen().iter().filter(|seen| seen.path.contains("/resolve/")).map(|seen| seen.from).collect()
    }

    fn pull(&self, root: &Path, arguments: &[&str]) -> Output {
        let mut command = command(root, &[&["pull"], arguments].concat());
        command.env("HF_ENDPOINT", &self.endpoint).env("HF_HOME", root).env_remove("HF_TOKEN").output().unwrap()
    }
}

fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// An answer that promises `length` bytes and gives `body`.
fn promise(stream: &mut TcpStream, status: &str, headers: &str, length: usize, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn sha256(bytes: &[u8]) -> String {
    engine::store::hash(bytes)
}

/// The hub's list of a folder's files.
fn list(files: &[(&str, &[u8])]) -> Vec<u8> {
    let entry = |(path, bytes): &(&str, &[u8])| json!({"type": "file", "path": path, "size": 135, "oid": "0", "lfs": {"oid": sha256(bytes), "size": bytes.len()}});
    serde_json::to_vec(&files.iter().map(entry).collect::<Vec<_>>()).unwrap()
}

/// Content from where it is asked for.
fn content(seen: &Seen, stream: &mut TcpStream, bytes: &[u8]) {
    match seen.from {
        None => reply(stream, "200 OK", "", bytes),
        Some(from) => reply(stream, "206 Partial Content", &range(from, bytes.len()), &bytes[from..]),
    }
}

fn range(from: usize, length: usize) -> String {
    format!("Content-Range: bytes {from}-{}/{length}\r\n", length - 1)
}

fn bytes() -> Vec<u8> {
    (0..300_000_u32).map(|i| (i * 7 % 251) as u8).collect()
}

/// A hub of one file, whose content `answer` gives.
fn of_one(answer: impl Fn(&Seen, usize, &mut TcpStream, &[u8]) + Send + Sync + 'static) -> Hub {
    let bytes = bytes();
    Hub::start(move |seen, before, stream| match seen.path.as_str() {
        "/api/models/org/repo/tree/main/q4" => reply(stream, "200 OK", "", &list(&[(FILE, &bytes)])),
        _ => answer(seen, before, stream, &bytes),
    })
}

fn receipt(root: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(root.join(FOLDER).join("base.json")).unwrap()).unwrap()
}

#[test]
fn a_file_is_held_against_the_hash_that_the_hub_gives_and_not_fetched_twice() {
    let root = tempfile::tempdir().unwrap();
    let hub = of_one(|seen, _, stream, bytes| content(seen, stream, bytes));
    let output = hub.pull(root.path(), &[NAME]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), bytes());
    assert_eq!(
        (&receipt(root.path())["sha256"], &receipt(root.path())["bytes"]),
        (&sha256(&bytes()).into(), &300_000.into())
    );
    assert!(hub.pull(root.path(), &[NAME]).status.success());
    assert_eq!(hub.asked_from(), [None], "the second pull finds it here");
    // A file that was damaged since is fetched again.
    std::fs::write(root.path().join(FOLDER).join("model.gguf"), vec![0; 300_000]).unwrap();
    assert!(hub.pull(root.path(), &[NAME]).status.success());
    assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), bytes());
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_stopped() {
    let root = tempfile::tempdir().unwrap();
    let hub = of_one(|seen, _, stream, bytes| match seen.from {
        None => promise(stream, "200 OK", "", bytes.len(), &bytes[..100_000]),
        Some(from) if from < 200_000 => {
            promise(
                stream,
                "206 Partial Content",
                &range(from, bytes.len()),
                bytes.len() - from,
                &bytes[from..from + 100_000],
            );
        }
        Some(_) => content(seen, stream, bytes),
    });
    let output = hub.pull(root.path(), &[NAME]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), bytes());
    assert_eq!(hub.asked_from(), [None, Some(100_000), Some(200_000)]);
}

#[test]
fn what_came_before_a_command_was_given_up_is_kept_for_the_next() {
    let root = tempfile::tempdir().unwrap();
    let dead = of_one(|seen, _, stream, bytes| match seen.from {
        None => promise(stream, "200 OK", "", bytes.len(), &bytes[..120_000]),
        Some(from) => promise(stream, "206 Partial Content", &range(from, bytes.len()), bytes.len() - from, &[]),
    });
    let output = dead.pull(root.path(), &[NAME]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("broke off after 120 kB of 300 kB") && text.contains("goes on where it stopped"), "{text}");
    assert!(!root.path().join(FOLDER).exists());
    let hub = of_one(|seen, _, stream, bytes| content(seen, stream, bytes));
    let output = hub.pull(root.path(), &[NAME]);
    assert!(output.status.success() && said(&output).contains("going on after 120 kB of 300 kB"), "{}", said(&output));
    assert_eq!(hub.asked_from(), [Some(120_000)]);
    assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), bytes());
}

#[test]
fn a_hub_that_cannot_go_on_in_the_middle_begins_again() {
    for odd in ["200 OK", "416 Range Not Satisfiable", "206 Partial Content"] {
        let root = tempfile::tempdir().unwrap();
        let hub = of_one(move |seen, before, stream, bytes| match (before, seen.from) {
            (1, _) => promise(stream, "200 OK", "", bytes.len(), &bytes[..50_000]),
            (2, Some(_)) if odd.starts_with("416") => reply(stream, odd, "", b""),
            // Another part than the one that is missing.
            (2, Some(_)) if odd.starts_with("206") => reply(stream, odd, &range(7, bytes.len()), &bytes[7..]),
            _ => reply(stream, "200 OK", "", bytes),
        });
        let output = hub.pull(root.path(), &[NAME]);
        assert!(output.status.success(), "{odd}: {}", said(&output));
        assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), bytes(), "{odd}");
    }
}

#[test]
fn wrong_bytes_and_wrong_lengths_are_refused_and_nothing_is_kept() {
    type Wrong = fn(&Seen, usize, &mut TcpStream, &[u8]);
    let cases: [(&str, Wrong); 4] = [
        ("should have", |_, _, stream, bytes| reply(stream, "200 OK", "", &vec![1; bytes.len()])),
        ("goes on after the 300,000 bytes", |_, _, stream, bytes| {
            reply(stream, "200 OK", "", &[bytes, b"more"].concat())
        }),
        // Without an end.
        ("goes on after the 300,000 bytes", |_, _, stream, _| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while stream.write_all(&[0; 65_536]).is_ok() {}
        }),
        ("broke off after 200 kB of 300 kB", |seen, _, stream, bytes| match seen.from {
            None => reply(stream, "200 OK", "", &bytes[..200_000]),
            Some(_) => reply(stream, "206 Partial Content", &range(200_000, bytes.len()), b""),
        }),
    ];
    for (what, answer) in cases {
        let root = tempfile::tempdir().unwrap();
        let output = of_one(answer).pull(root.path(), &[NAME]);
        assert_eq!(output.status.code(), Some(1), "{what}");
        assert!(said(&output).contains(what), "{what}: {}", said(&output));
        assert!(!root.path().join(FOLDER).exists(), "{what}");
    }
}

#[test]
fn a_list_that_cannot_be_is_refused() {
    let lists = [
        b"{\"error\": \"no\"}".to_vec(),
        b"[{\"type\": \"file\", \"path\": \"q4/model.gguf\", \"size\": 1, \"lfs\": {\"oid\": \"../../x\", \"size\": 1}}]".to_vec(),
        b"[{\"type\": \"file\", \"path\": \"q4/model.gguf\", \"size\": 9223372036854775807}]".to_vec(),
        vec![b' '; 9 << 20],
        list(&[("q4/other.gguf", b"x")]),
    ];
    for body in lists {
        let root = tempfile::tempdir().unwrap();
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        let hub = Hub::start(move |_, _, stream| reply(stream, "200 OK", "", &body));
        let output = hub.pull(root.path(), &[NAME]);
        assert_eq!(output.status.code(), Some(1), "{shown}");
        assert!(hub.asked_from().is_empty() && !root.path().join(FOLDER).exists(), "{shown}");
    }
}

#[test]
fn redirects_are_followed_and_the_token_stays_with_the_hub() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = Hub::start(|seen, _, stream| content(seen, stream, &bytes()));
    let address = elsewhere.endpoint.replace("127.0.0.1", "localhost");
    let hub = of_one(move |_, _, stream, _| reply(stream, "302 Found", &format!("Location: {address}/blob\r\n"), b""));
    let mut command = command(root.path(), &["pull", NAME]);
    let output = command.env("HF_ENDPOINT", &hub.endpoint).env("HF_TOKEN", "hf_secret").output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(hub.seen().iter().all(|seen| seen.token.as_deref() == Some("Bearer hf_secret")), "{:?}", hub.seen());
    assert_eq!(elsewhere.seen().iter().map(|seen| seen.token.clone()).collect::<Vec<_>>(), [None]);
}

#[test]
fn a_gated_model_says_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let hub = Hub::start(move |_, _, stream| reply(stream, status, "", b"{}"));
        let output = hub.pull(root.path(), &[NAME]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        for part in [&format!("{}/org/repo", hub.endpoint), "accept its terms", "HF_TOKEN"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn a_file_that_changed_on_the_hub_is_not_taken_unless_asked_for() {
    let root = tempfile::tempdir().unwrap();
    let of = |text: &'static [u8]| {
        Hub::start(move |seen, _, stream| match seen.path.contains("/tree/") {
            true => reply(stream, "200 OK", "", &list(&[(FILE, text)])),
            false => content(seen, stream, text),
        })
    };
    assert!(of(b"first").pull(root.path(), &[NAME]).status.success());
    let changed = of(b"second");
    let output = changed.pull(root.path(), &[NAME]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("another file by now") && said(&output).contains("--accept"), "{}", said(&output));
    assert!(changed.asked_from().is_empty(), "its hash says so before it is fetched");
    assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), b"first");
    assert!(changed.pull(root.path(), &[NAME, "--accept"]).status.success());
    assert_eq!(std::fs::read(root.path().join(FOLDER).join("model.gguf")).unwrap(), b"second");
}

#[test]
fn a_named_base_comes_from_its_repository() {
    let root = tempfile::tempdir().unwrap();
    let hub = Hub::start(|seen, _, stream| match seen.path.as_str() {
        "/api/models/Qwen/Qwen3-0.6B-GGUF/tree/main" => {
            reply(stream, "200 OK", "", &list(&[("Qwen3-0.6B-Q8_0.gguf", b"weights")]));
        }
        "/Qwen/Qwen3-0.6B-GGUF/resolve/main/Qwen3-0.6B-Q8_0.gguf" => content(seen, stream, b"weights"),
        other => panic!("{other}"),
    });
    let output = hub.pull(root.path(), &["qwen3-0.6b"]);
    assert!(output.status.success(), "{}", said(&output));
    let folder = root.path().join("home/bases/qwen3-0.6b");
    assert_eq!(std::fs::read(folder.join("Qwen3-0.6B-Q8_0.gguf")).unwrap(), b"weights");
}

#[test]
fn a_model_in_several_files_comes_whole_whichever_part_is_named() {
    let root = tempfile::tempdir().unwrap();
    const PARTS: [(&str, &[u8]); 2] =
        [("q4/m-00001-of-00002.gguf", b"the first part"), ("q4/m-00002-of-00002.gguf", b"and the second")];
    let hub = Hub::start(|seen, _, stream| match PARTS.iter().find(|(name, _)| seen.path.ends_with(name)) {
        Some((_, bytes)) => content(seen, stream, bytes),
        None => reply(stream, "200 OK", "", &list(&PARTS)),
    });
    let output = hub.pull(root.path(), &["hub:org/repo:q4/m-00002-of-00002.gguf"]);
    assert!(output.status.success() && said(&output).contains("(2 of 2)"), "{}", said(&output));
    let folder = root.path().join("home/bases/hub--org--repo--q4--m-00001-of-00002.gguf");
    for (name, bytes) in PARTS {
        assert_eq!(std::fs::read(folder.join(name.trim_start_matches("q4/"))).unwrap(), bytes);
    }
    let receipt: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("base.json")).unwrap()).unwrap();
    assert_eq!(receipt["further"], json!([["m-00002-of-00002.gguf", 14]]));
    // A part that is missing on the hub leaves nothing behind.
    let half = hub.pull(root.path(), &["hub:org/repo:q4/m-00001-of-00003.gguf"]);
    assert_eq!(half.status.code(), Some(1), "{}", said(&half));
    assert!(!root.path().join("home/bases/hub--org--repo--q4--m-00001-of-00003.gguf").exists());
}

#[test]
fn a_folder_of_safetensors_comes_with_what_it_needs_and_no_more() {
    let root = tempfile::tempdir().unwrap();
    const FILES: [(&str, &[u8]); 4] =
        [("config.json", b"{}"), ("model.safetensors", b"weights"), ("tokenizer.json", b"{}"), ("README.md", b"words")];
    let hub = Hub::start(|seen, _, stream| match FILES.iter().find(|(name, _)| seen.path.ends_with(name)) {
        Some((_, bytes)) => content(seen, stream, bytes),
        None => {
            // Small files have no hash on the hub.
            let entries =
                FILES.map(|(path, bytes)| json!({"type": "file", "path": path, "size": bytes.len(), "oid": "0"}));
            reply(stream, "200 OK", "", &serde_json::to_vec(&entries).unwrap());
        }
    });
    let output = hub.pull(root.path(), &["hub:org/repo"]);
    assert!(output.status.success(), "{}", said(&output));
    let mut found: Vec<String> = std::fs::read_dir(root.path().join("home/bases/hub--org--repo"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, ["base.json", "config.json", "model.safetensors", "tokenizer.json"]);
}
