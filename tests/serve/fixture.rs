//! A workspace with two versions, a server over it, and a client that shows the bytes.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// What the tiny base holds.
pub const CONTEXT: usize = 256;

/// `Tiny-v1` has an adapter, a system prompt, an example and sampling of its own; `Tiny-v2` is primary and has none.
pub fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine/tests/data");
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let base = data.join("tiny-folder").display().to_string();
    write("pmtune.yaml", &format!("line: Tiny\nbase: {base}\nsampling: {{max-tokens: 12}}\n"));
    write(
        "models/Tiny-v1/manifest.yaml",
        &format!(
            "name: Tiny-v1\ncreated: 2026-11-21\nbase: {{name: {base}}}\nadapter: adapter\nsystem: Be brief.\n\
             examples: [{{user: Why, assistant: So}}]\nsampling: {{repetition-penalty: 1.3}}\n"
        ),
    );
    write("models/Tiny-v2/manifest.yaml", &format!("name: Tiny-v2\ncreated: 2026-11-22\nbase: {{name: {base}}}\n"));
    write("models/primary", "Tiny-v2\n");
    let adapter = root.path().join("models/Tiny-v1/adapter");
    std::fs::create_dir_all(&adapter).unwrap();
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(data.join("tiny-llama-lora").join(file), adapter.join(file)).unwrap();
    }
    write(
        "suites/s.yaml",
        "cases:\n  - {id: one, prompt: When is it?, checks: [{type: contains, value: x}]}\n  \
         - {id: two, prompt: Name it now, sampling: {temperature: 1, seed: 5}, checks: [{type: contains, value: x}]}\n  \
         - {id: three, system: Be long., prompt: Tell more, repeat: 3, checks: [{type: contains, value: x}]}\n",
    );
    root
}

pub fn pmtune(root: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("pmtune"));
    command.current_dir(root).env("NO_COLOR", "1").env_remove("PMTUNE_SERVE_TOKEN");
    command.env_remove("OPENAI_API_KEY").env_remove("PMTUNE_API_KEY");
    command
}

/// A server as a process of its own, ended when this is dropped.
pub struct Served {
    pub child: Child,
    pub port: u16,
    /// What it said at the start.
    pub said: String,
}

impl Served {
    pub fn start(root: &Path, args: &[&str]) -> Self {
        let mut command = pmtune(root);
        command.args(["serve", "--port", "0"]).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        while !said.contains("ends it") {
            if out.read_line(&mut said).unwrap() == 0 {
                let mut why = String::new();
                child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
                panic!("the server ended: {said}{why}");
            }
        }
        let port = said.split_once("http://").unwrap().1.split_once(':').unwrap().1;
        let port = port.split('/').next().unwrap().parse().unwrap();
        Self { child, port, said }
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    /// Sends a request, without waiting for the answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> TcpStream {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if headers.iter().all(|(name, _)| *name != "Host") {
            head += &format!("Host: 127.0.0.1:{}\r\n", self.port);
        }
        headers.iter().for_each(|(name, value)| head += &format!("{name}: {value}\r\n"));
        let mut stream = self.connect();
        stream.write_all((head + "\r\n" + body).as_bytes()).unwrap();
        stream
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        Reply::read(self.send(method, path, headers, body))
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.ask("POST", path, &[("Content-Type", "application/json")], &body.to_string())
    }

    /// A question to one model, with further fields.
    pub fn chat(&self, model: &str, question: &str, more: Value) -> Reply {
        self.post("/v1/chat/completions", &question_to(model, question, more))
    }

    /// Asks it to end, and gives its exit code.
    #[cfg(unix)]
    pub fn end(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn question_to(model: &str, question: &str, more: Value) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": question}]});
    let (body_map, more) = (body.as_object_mut().unwrap(), more);
    more.as_object().into_iter().flatten().for_each(|(key, value)| _ = body_map.insert(key.clone(), value.clone()));
    body
}

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn read(stream: TcpStream) -> Self {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(reader.read_line(&mut head).unwrap() > 0, "no answer: {head}");
        }
        let mut bytes = Vec::new();
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            loop {
                let mut size = String::new();
                if reader.read_line(&mut size).unwrap_or(0) == 0 {
                    break;
                }
                let size = usize::from_str_radix(size.trim(), 16).unwrap();
                let mut chunk = vec![0; size + 2];
                reader.read_exact(&mut chunk).unwrap();
                if size == 0 {
                    break;
                }
                bytes.extend(&chunk[..size]);
            }
        } else {
            reader.read_to_end(&mut bytes).unwrap();
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head: head.to_lowercase(), body: String::from_utf8(bytes).unwrap() }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The text of a whole answer.
    pub fn text(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let choice = &self.json()["choices"][0];
        choice["message"]["content"].as_str().or(choice["text"].as_str()).unwrap().to_string()
    }

    /// The code of a refusal.
    pub fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_string()
    }

    /// What a refusal says.
    pub fn message(&self) -> String {
        self.json()["error"]["message"].as_str().unwrap().to_string()
    }

    /// The data of a stream's events.
    pub fn events(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{self:?}");
        let events = self.body.split("\n\n").filter(|event| !event.is_empty() && !event.starts_with(':'));
        events.map(|event| event.strip_prefix("data: ").unwrap().to_string()).collect()
    }

    /// The pieces of a stream, all but the `[DONE]` at its end.
    pub fn pieces(&self) -> Vec<Value> {
        let mut events = self.events();
        assert_eq!(events.pop().as_deref(), Some("[DONE]"), "{}", self.body);
        events.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
    }
}
