//! Chromium without a window, driven as its own developer tools drive it: the DevTools protocol over a pipe, so real keys
//! go in and nothing but the browser is needed.

use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// When a browser that does not answer is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// `PMTUNE_CHROMIUM`, or a Chromium on the path. Without one, says so: the caller leaves its test out.
pub fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("PMTUNE_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let on_path = std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    let found = named.into_iter().chain(on_path).find(|program| program.is_file()).filter(|_| cfg!(unix));
    if found.is_none() {
        // Past the capture of the test harness: a test left out should be seen.
        let _ =
            writeln!(std::io::stderr(), "no Chromium here (PMTUNE_CHROMIUM names one): a test of the page is left out");
    }
    found
}

pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    session: Option<String>,
    target: String,
    last: u64,
    /// Everything the browser told without being asked.
    pub events: Vec<Value>,
}

impl Browser {
    /// `profile` is the folder where the browser keeps what it keeps; a second start with it goes on.
    pub fn start(program: &Path, profile: &Path, width: u32, height: u32) -> Self {
        // The protocol's pipe is on the descriptors 3 and 4; only a shell can put them there.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"])
            .arg(program)
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args(["--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update"])
            .arg(joined("--user-data-dir=", profile))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = process.stdin.take().unwrap();
        let mut reader = BufReader::new(process.stdout.take().unwrap());
        let (sender, from) = channel();
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while reader.read_until(0, &mut message).is_ok_and(|n| n > 0) {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else { break };
                if sender.send(value).is_err() {
                    break;
                }
                message.clear();
            }
        });
        let (session, target) = (None, String::new());
        let mut browser = Self { process, to, from, session, target, last: 0, events: Vec::new() };
        browser.open_page(width, height);
        browser
    }

    /// A page of its own, watched for everything that it asks for and complains about.
    fn open_page(&mut self, width: u32, height: u32) {
        let target = self.call("Target.createTarget", json!({ "url": "about:blank" }));
        self.target = target["targetId"].as_str().unwrap().to_string();
        let attached = self.call("Target.attachToTarget", json!({ "targetId": self.target, "flatten": true }));
        self.session = attached["sessionId"].as_str().map(str::to_string);
        for domain in ["Page", "Runtime", "Network", "Log", "DOM", "Accessibility"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    /// The whole answer, an error included.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.to.flush().unwrap();
        loop {
            let answer = self.from.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("{method}: no answer: {e}"));
            if answer["id"] != json!(id) {
                self.events.push(answer);
                continue;
            }
            return answer;
        }
    }

    pub fn go(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
        self.wait("document.readyState === 'complete'");
    }

    pub fn reload(&mut self) {
        self.eval("window.before = true");
        self.call("Page.reload", json!({}));
        self.wait("window.before === undefined && document.readyState === 'complete'");
    }

    /// The value of a JavaScript expression in the page.
    pub fn eval(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", params);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].clone()
    }

    pub fn text(&mut self, id: &str) -> String {
        self.eval(&format!("document.getElementById('{id}').innerText")).as_str().unwrap_or_default().to_string()
    }

    pub fn wait(&mut self, condition: &str) {
        let begun = Instant::now();
        // While a page is being replaced there is nothing to ask, and the question itself may fail.
        let expression = format!("(() => {{ try {{ return Boolean({condition}); }} catch {{ return false; }} }})()");
        while begun.elapsed() < PATIENCE {
            let answer = self.ask("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true }));
            if answer["result"]["result"]["value"] == json!(true) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let page = self.eval("document.body.innerText");
        panic!("{condition} did not come true on\n{page}");
    }

    /// A key as a keyboard sends it: a character, or a key's name.
    pub fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            "Tab" => (9, ""),
            "Escape" => (27, ""),
            "ArrowRight" => (39, ""),
            " " => (32, " "),
            one => (one.chars().next().map_or(0, |c| c.to_ascii_uppercase() as u32), one),
        };
        let kind = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let down = json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", down);
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
    }

    pub fn type_in(&mut self, text: &str) {
        for c in text.chars() {
            self.press(&c.to_string());
        }
    }

    /// Closes the page as a closed tab, the browser stays.
    pub fn close_page(&mut self, width: u32, height: u32) {
        let target = std::mem::take(&mut self.target);
        self.session = None;
        // Unlike a kill, this lets the page say farewell.
        self.call("Target.closeTarget", json!({ "targetId": target }));
        self.open_page(width, height);
    }

    /// Everything that was asked of a network or a disk, and every complaint of the browser or of a script.
    pub fn requests_and_complaints(&self) -> (Vec<String>, Vec<String>) {
        let of = |method: &'static str| self.events.iter().filter(move |e| e["method"] == method).map(|e| &e["params"]);
        let urls = of("Network.requestWillBeSent").filter_map(|e| e["request"]["url"].as_str());
        let mut complaints: Vec<String> = of("Log.entryAdded").map(|e| e["entry"].to_string()).collect();
        complaints.extend(of("Runtime.exceptionThrown").map(Value::to_string));
        complaints.extend(of("Runtime.consoleAPICalled").map(Value::to_string));
        complaints.extend(of("Page.javascriptDialogOpening").map(Value::to_string));
        (urls.map(str::to_string).collect(), complaints)
    }

    /// What a reader of screens is told of the page: role, name and description of every node that is not ignored.
    pub fn accessible(&mut self) -> Vec<(String, String, String)> {
        let tree = self.call("Accessibility.getFullAXTree", json!({}));
        let word = |node: &Value, part: &str| node[part]["value"].as_str().unwrap_or_default().to_string();
        let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] != json!(true));
        nodes.map(|node| (word(node, "role"), word(node, "name"), word(node, "description"))).collect()
    }

    /// As a power failure does: no farewell to any page.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn joined(flag: &str, path: &Path) -> OsString {
    let mut flag = OsString::from(flag);
    flag.push(path);
    flag
}
