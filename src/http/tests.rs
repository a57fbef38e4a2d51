use super::{Door, Request, Response, Server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server with a door whose page says `in`, and whose POST sends the body's length back.
struct Running {
    address: SocketAddr,
    url: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<engine::error::Result<()>>>,
}

impl Running {
    fn start() -> Self {
        Self::with_patience(Duration::from_secs(30))
    }

    fn with_patience(patience: Duration) -> Self {
        let server = Server::bind(Some(0)).unwrap().with_patience(patience);
        let (address, door) = (server.address(), Door::new(&server).unwrap());
        let (url, stop) = (door.url(), Arc::new(AtomicBool::new(false)));
        let asked = stop.clone();
        let handler = move |request: Request| match door.admit(&request) {
            Err(refusal) => refusal,
            Ok(()) if request.path == "/panic" => panic!("as asked"),
            Ok(()) if request.path == "/slow" => {
                std::thread::sleep(Duration::from_millis(700));
                Response::html(200, "slow")
            }
            Ok(()) => Response::html(200, format!("in {}", request.body.len())),
        };
        let thread = std::thread::spawn(move || server.serve(handler, &|| asked.load(Ordering::SeqCst)));
        Self { address, url, stop, thread: Some(thread) }
    }

    fn port(&self) -> u16 {
        self.address.port()
    }

    fn token_path(&self) -> String {
        self.url.split_once(&format!("{}/", self.port())).map(|(_, rest)| format!("/{rest}")).unwrap()
    }

    /// Sends raw bytes and reads until the server closes.
    fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The server may refuse and close before everything is sent.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: 127.0.0.1:{}\r\n", self.port()));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.raw(&[head.as_bytes(), b"\r\n", body].concat())
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> String {
        self.send("GET", path, headers, b"")
    }

    /// Opens the address as a browser does, and keeps the cookie.
    fn enter(&self) -> String {
        let answer = self.get(&self.token_path(), &[]);
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect(&answer);
        cookie.split(';').next().unwrap().to_string()
    }

    fn post(&self, cookie: &str, origin: &str, kind: &str, body: &[u8]) -> String {
        self.send("POST", "/rate", &[("Cookie", cookie), ("Origin", origin), ("Content-Type", kind)], body)
    }

    fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let end = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            end.unwrap().unwrap();
        }
    }
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer:?}")).parse().unwrap()
}

#[test]
fn the_token_opens_once_and_the_cookie_from_then_on() {
    let server = Running::start();
    assert_eq!(status(&server.get("/", &[])), 403);
    assert_eq!(status(&server.get("/?token=", &[])), 403);
    assert_eq!(status(&server.get(&format!("/?token={}", "0".repeat(64)), &[])), 403);

    let first = server.get(&server.token_path(), &[]);
    assert_eq!(status(&first), 303, "{first}");
    assert!(first.contains("location: /\r\n"), "{first}");
    let cookie = first.lines().find(|line| line.starts_with("set-cookie: ")).unwrap();
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!server.url.contains(cookie.split(['=', ';']).nth(1).unwrap()), "the cookie is not the token");

    let second = server.get(&server.token_path(), &[]);
    assert_eq!(status(&second), 403);
    assert!(second.contains("works once") && second.contains("start the same command again"), "{second}");
}

#[test]
fn a_reload_works_and_a_wrong_cookie_does_not() {
    let server = Running::start();
    let cookie = server.enter();
    for _ in 0..2 {
        let page = server.get("/", &[("Cookie", &format!("theme=dark; {cookie}"))]);
        assert!(status(&page) == 200 && page.ends_with("in 0"), "{page}");
    }
    // The same browser opening the printed address again is led in without the token in its address bar.
    assert_eq!(status(&server.get(&server.token_path(), &[("Cookie", &cookie)])), 303);
    let mut wrong = cookie.clone();
    wrong.replace_range(wrong.len() - 1.., if wrong.ends_with('0') { "1" } else { "0" });
    for wrong in [wrong.as_str(), &cookie[..cookie.len() - 1], &format!("x{cookie}"), "pmtune="] {
        assert_eq!(status(&server.get("/", &[("Cookie", wrong)])), 403, "{wrong}");
    }
}

#[test]
fn only_this_computers_own_names_are_answered_to() {
    let server = Running::start();
    let (port, cookie) = (server.port(), server.enter());
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        let page = server.get("/", &[("Host", &format!("{host}:{port}")), ("Cookie", &cookie)]);
        assert_eq!(status(&page), 200, "{host}");
    }
    let other = if port == 80 { 81 } else { 80 };
    let wrong = [
        format!("evil.example:{port}"),
        "127.0.0.1".into(),
        format!("localhost:{other}"),
        format!("localhost.:{port}"),
    ];
    for host in wrong {
        assert_eq!(status(&server.get("/", &[("Host", &host), ("Cookie", &cookie)])), 421, "{host}");
    }
    let own = format!("127.0.0.1:{port}");
    assert_eq!(status(&server.get("http://evil.example/", &[("Host", &own), ("Cookie", &cookie)])), 421);
    let twice = server.get("/", &[("Host", &own), ("host", "evil.example"), ("Cookie", &cookie)]);
    assert!(matches!(status(&twice), 400 | 421), "{twice}");
    assert_ne!(status(&server.raw(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")), 200);
}

#[test]
fn a_page_from_elsewhere_cannot_post() {
    let server = Running::start();
    let (cookie, own) = (server.enter(), server.origin());
    let json = "application/json";
    let fine = server.post(&cookie, &own, "application/json; charset=utf-8", b"{}");
    assert!(status(&fine) == 200 && fine.ends_with("in 2"), "{fine}");
    for origin in ["http://evil.example", "null", "", "http://127.0.0.1:1", &own.replace("http", "https")] {
        assert_eq!(status(&server.post(&cookie, origin, json, b"{}")), 403, "{origin}");
    }
    let no_origin = server.send("POST", "/rate", &[("Cookie", &cookie), ("Content-Type", json)], b"{}");
    assert_eq!(status(&no_origin), 403);
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        assert_eq!(status(&server.post(&cookie, &own, kind, b"{}")), 415, "{kind}");
    }
    let stranger = server.post("", &own, json, b"{}");
    assert!(status(&stranger) == 403 && stranger.contains("\"hint\":"), "{stranger}");
    assert_eq!(status(&server.send("DELETE", "/", &[("Cookie", &cookie)], b"")), 405);
}

#[test]
fn a_huge_body_is_refused_whether_or_not_its_length_is_told() {
    let server = Running::start();
    let (cookie, own) = (server.enter(), server.origin());
    let json = "application/json";
    assert_eq!(status(&server.post(&cookie, &own, json, &vec![b' '; 256 * 1024])), 200);
    assert_eq!(status(&server.post(&cookie, &own, json, &vec![b' '; 256 * 1024 + 1])), 413);
    let port = server.port();
    let mut chunked = format!("POST /rate HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n").into_bytes();
    chunked.extend(format!("Cookie: {cookie}\r\nOrigin: {own}\r\nContent-Type: {json}\r\n").bytes());
    chunked.extend(b"Transfer-Encoding: chunked\r\n\r\n");
    for _ in 0..5 {
        chunked.extend(format!("{:x}\r\n{}\r\n", 60_000, " ".repeat(60_000)).bytes());
    }
    chunked.extend(b"0\r\n\r\n");
    assert_eq!(status(&server.raw(&chunked)), 413);
}

#[test]
fn clients_that_stall_hold_up_nobody_and_are_hung_up_on() {
    let server = Running::with_patience(Duration::from_millis(300));
    let cookie = server.enter();
    let port = server.port();
    let mut stalled: Vec<TcpStream> = Vec::new();
    for begun in [
        String::new(),
        "GET / HT".into(),
        format!("POST /rate HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 10\r\n\r\nab"),
    ] {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(begun.as_bytes()).unwrap();
        stalled.push(stream);
    }
    assert_eq!(status(&server.get("/", &[("Cookie", &cookie)])), 200);
    for mut stream in stalled {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut left = Vec::new();
        let end = stream.read_to_end(&mut left);
        let waited_in_vain =
            end.is_err_and(|e| matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut));
        assert!(!waited_in_vain, "the server should have hung up");
    }
}

#[test]
fn an_answer_may_take_longer_than_the_patience() {
    let server = Running::with_patience(Duration::from_millis(200));
    let cookie = server.enter();
    assert!(server.get("/slow", &[("Cookie", &cookie)]).ends_with("slow"), "it takes 700 ms");
}

#[test]
fn a_slow_answer_holds_up_nobody_and_is_finished_when_the_server_stops() {
    let server = Running::start();
    let cookie = server.enter();
    let (address, port) = (server.address, server.port());
    let slow = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let request =
            format!("GET /slow HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(status(&server.get("/", &[])), 403);
    assert!(!slow.is_finished(), "the quick answer came while the slow one was still being made");
    drop(server);
    assert!(slow.join().unwrap().ends_with("slow"));
}

#[test]
fn a_panic_is_one_failed_request() {
    let server = Running::start();
    let cookie = server.enter();
    assert_eq!(status(&server.get("/panic", &[("Cookie", &cookie)])), 500);
    assert_eq!(status(&server.get("/", &[("Cookie", &cookie)])), 200);
}

#[test]
fn every_answer_says_what_a_browser_may_not_do_with_it() {
    let server = Running::start();
    let cookie = server.enter();
    for answer in [server.get("/", &[]), server.get("/", &[("Cookie", &cookie)]), server.get("/", &[("Host", "x")])] {
        for header in [
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "x-frame-options: DENY",
            "cross-origin-resource-policy: same-origin",
            "content-security-policy: default-src 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(answer.contains(header), "{header} is missing in {answer}");
        }
        assert!(!answer.to_lowercase().contains("access-control-"), "{answer}");
    }
}

#[test]
fn only_the_loopback_address_is_bound() {
    let server = Running::start();
    assert!(server.address.ip().is_loopback());
    // The address by which the network knows this computer, where it has one; connecting UDP sends nothing.
    let outer = UdpSocket::bind("0.0.0.0:0").and_then(|s| s.connect("192.0.2.1:9").and_then(|()| s.local_addr()));
    if let Ok(outer) = outer.map(|a| a.ip()).map(|ip| SocketAddr::new(ip, server.port()))
        && !outer.ip().is_loopback()
    {
        assert!(TcpStream::connect_timeout(&outer, Duration::from_secs(2)).is_err(), "{outer} answers");
    }
}

#[test]
fn a_port_that_is_taken_is_an_error_only_when_it_was_asked_for() {
    let first = Server::bind(Some(0)).unwrap();
    let error = Server::bind(Some(first.address().port())).unwrap_err().to_string();
    assert!(error.contains("--port"), "{error}");
    let (a, b) = (Server::bind(None).unwrap(), Server::bind(None).unwrap());
    assert_ne!(a.address().port(), b.address().port());
}
