//! The page: what it may do, and a person at it with real keys in a real browser.

use super::fixture::{Served, pmtune, workspace};
use crate::desk::browser::{Browser, chromium};
use serde_json::{Value, json};
use std::path::Path;

const TOKEN: &str = "0123456789abcdef";
const WRITTEN: &str = "document.querySelector('#log .answer') && !document.querySelector('.writing') && !running";

#[test]
fn the_page_has_a_strict_policy_and_nothing_of_the_workspace() {
    let root = workspace();
    for args in [&["--token", TOKEN][..], &[]] {
        let server = Served::start(root.path(), args);
        assert!(server.said.contains(&format!("http://127.0.0.1:{}/\n", server.port)), "{}", server.said);
        let page = server.get("/");
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "without the token"
        );
        let policy = page.header("content-security-policy").unwrap();
        for rule in [
            "default-src 'none'",
            "connect-src 'self'",
            "script-src 'sha256-",
            "style-src 'sha256-",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "trusted-types 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(rule), "{rule}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        for name in ["x-frame-options", "referrer-policy", "cache-control", "x-content-type-options"] {
            assert!(page.header(name).is_some(), "{name}");
        }
        for secret in ["Tiny", "Be brief", TOKEN] {
            assert!(!page.body.contains(secret), "{secret}");
        }
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Storage",
            "http://",
            "https://",
        ] {
            assert!(!page.body.contains(way), "{way}");
        }
        assert_eq!((server.get("/?x=1").status, server.post("/", &json!({})).status), (200, 405));
    }
    let server = Served::start(root.path(), &[]);
    assert_eq!(server.get("/v1/models/v1").json()["pmtune"]["system"], "Be brief.");
}

/// A key with Shift held.
fn shift(browser: &mut Browser, key: &str, text: &str, code: u32) {
    for kind in ["keyDown", "keyUp"] {
        let event = json!({"type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code, "modifiers": 8});
        browser.call("Input.dispatchKeyEvent", event);
    }
}

fn choose(browser: &mut Browser, side: &str, version: &str) {
    browser.eval(&format!(
        "byId('pick-{side}').value = '{version}'; byId('pick-{side}').dispatchEvent(new Event('change')); undefined"
    ));
}

fn narrow(browser: &mut Browser) {
    let wide = browser.eval("document.documentElement.scrollWidth").as_f64().unwrap();
    assert!(wide <= 390.0, "sticks out: {wide}");
}

#[test]
fn a_conversation_by_keyboard_on_a_phone_with_one_version_and_with_two() {
    let Some(program) = chromium() else { return };
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let url = format!("http://127.0.0.1:{}/", server.port);
    let mut browser = Browser::start(&program, &root.path().join("profile"), 390, 844);
    browser.go(&url);
    browser.wait("byId('pick-a').options.length === 3 && document.activeElement === byId('message')");
    assert_eq!(browser.eval("picked('a') + picked('b')"), "Tiny-v2", "primary, and nothing beside it");
    browser.type_in("When");
    shift(&mut browser, "Enter", "\r", 13);
    browser.type_in("is it?");
    assert_eq!(browser.eval("byId('message').value"), "When\nis it?");
    browser.press("Enter");
    browser.wait(WRITTEN);
    narrow(&mut browser);
    let expected = server.chat("v2", "When\nis it?", Value::Null).text();
    assert_eq!(browser.eval("history.a.at(-1).content").as_str(), Some(&*expected), "what the version answers");
    let shown = browser.eval(&format!(
        "document.querySelector('.answer .text').textContent === make('p', laidOut({})).textContent",
        json!(expected)
    ));
    assert_eq!(shown, true);
    assert!(
        browser.eval("document.querySelector('.answer .foot').textContent").as_str().unwrap().contains("12 tokens")
    );
    assert_eq!(browser.eval("document.activeElement.id"), "message");

    // The second question brings the first along.
    browser.type_in("And then");
    browser.press("Enter");
    browser.wait(&format!("document.querySelectorAll('.answer').length === 2 && {WRITTEN}"));
    assert_eq!(browser.eval("history.a.length"), 4);

    // Another version beside it begins anew, with the last question at hand.
    choose(&mut browser, "b", "Tiny-v1");
    assert_eq!(browser.eval("byId('message').value + byId('log').childElementCount"), "And then0");
    assert!(browser.text("prompts").contains("System prompt of Tiny-v1"));
    assert_eq!(browser.eval("document.querySelector('.system').textContent"), "Be brief.");
    browser.eval("byId('message').focus()");
    browser.press("Enter");
    browser.wait(&format!("document.querySelectorAll('.answer').length === 2 && {WRITTEN}"));
    narrow(&mut browser);
    let heads = browser.eval("[...document.querySelectorAll('.answer h2')].map((h) => h.textContent).join()");
    assert_eq!(heads, "Tiny-v2,Tiny-v1");
    for (side, version) in [("a", "v2"), ("b", "v1")] {
        let expected = server.chat(version, "And then", Value::Null).text();
        assert_eq!(browser.eval(&format!("history.{side}.at(-1).content")).as_str(), Some(&*expected));
    }
    // Everything is reached by Tab, in the order in which it is read.
    browser.eval("byId('pick-a').focus()");
    let mut reached = Vec::new();
    for _ in 0..8 {
        browser.press("Tab");
        reached.push(
            browser.eval("document.activeElement.id || document.activeElement.tagName").as_str().unwrap().to_string(),
        );
    }
    for part in ["pick-b", "new", "SUMMARY", "message", "send"] {
        assert!(reached.iter().any(|name| name == part), "{part}: {reached:?}");
    }
    let (urls, complaints) = browser.requests_and_complaints();
    assert!(urls.iter().all(|asked| asked.starts_with(&url)), "{urls:?}");
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn escape_hangs_up_and_keeps_what_was_written() {
    let Some(program) = chromium() else { return };
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let mut browser = Browser::start(&program, &root.path().join("profile"), 1280, 900);
    browser.go(&format!("http://127.0.0.1:{}/", server.port));
    browser.wait("models.length === 3");
    // An answer that begins and does not end, in the form of the server's own.
    browser.eval(
        "window.fetch = async (path, { signal }) => new Response(new ReadableStream({ start(to) { \
           const event = { id: 'x', choices: [{ delta: { content: '**Half** of it' }, finish_reason: null }] }; \
           to.enqueue(new TextEncoder().encode(': still working\\n\\ndata: ' + JSON.stringify(event) + '\\n\\n')); \
           signal.addEventListener('abort', () => { window.hungUp = true; to.error(signal.reason); }); } })); undefined",
    );
    browser.type_in("Go");
    browser.press("Enter");
    browser.wait("document.querySelector('.writing strong')?.textContent === 'Half'");
    assert_eq!(browser.eval("byId('send').hidden && !byId('stop').hidden && byId('pick-a').disabled"), true);
    browser.press("Escape");
    browser.wait("window.hungUp && !document.querySelector('.writing') && byId('stop').hidden");
    assert_eq!(browser.eval("document.querySelector('.answer .foot').textContent"), "Stopped");
    assert_eq!(browser.eval("history.a.map((m) => m.content).join('|')"), "Go|**Half** of it");
    browser.eval("byId('new').click()");
    assert_eq!(browser.eval("history.a.length + byId('log').childElementCount"), 0);
    // A refusal is said, and the question stays at hand.
    browser.eval("window.fetch = async () => new Response('{\"error\": {\"message\": \"too long\"}}', { status: 400 }); undefined");
    browser.type_in("More");
    browser.press("Enter");
    browser.wait("document.querySelector('.problem')?.textContent === 'too long' && !running");
    assert_eq!(browser.eval("byId('message').value + history.a.length"), "More0");
}

#[test]
fn the_token_is_asked_for_once_and_kept_in_memory_only() {
    let Some(program) = chromium() else { return };
    let root = workspace();
    let server = Served::start(root.path(), &["--token", TOKEN]);
    let mut browser = Browser::start(&program, &root.path().join("profile"), 390, 844);
    browser.go(&format!("http://127.0.0.1:{}/", server.port));
    browser.wait("byId('door').open && document.activeElement === byId('token')");
    browser.press("Escape");
    browser.wait("byId('door').open && document.activeElement === byId('token')");
    browser.type_in("wrong");
    browser.press("Enter");
    browser.wait("byId('door-why').textContent.startsWith('This is not the token')");
    browser.type_in(TOKEN);
    browser.press("Enter");
    browser.wait("!byId('door').open && document.activeElement === byId('message')");
    browser.type_in("Hi");
    browser.press("Enter");
    browser.wait(WRITTEN);
    assert_eq!(browser.eval("localStorage.length + sessionStorage.length + document.cookie.length"), 0);
    browser.reload();
    browser.wait("byId('door').open");
}

#[test]
fn an_opinion_and_a_correction_are_written_down_under_the_answers_number() {
    let Some(program) = chromium() else { return };
    let root = workspace();
    let server = Served::start(root.path(), &["--capture"]);
    let mut browser = Browser::start(&program, &root.path().join("profile"), 390, 844);
    browser.go(&format!("http://127.0.0.1:{}/", server.port));
    browser.wait("models.length === 3");
    browser.type_in("Name the owner");
    browser.press("Enter");
    browser.wait(WRITTEN);
    let press = |browser: &mut Browser, name: &str| {
        browser.eval(&format!(
            "[...document.querySelectorAll('.answer button')].find((b) => b.textContent === '{name}').focus()"
        ));
        browser.press("Enter");
    };
    press(&mut browser, "Not good");
    browser.wait("byId('said').textContent.startsWith('Kept as number 1')");
    press(&mut browser, "Correct");
    browser.wait("document.activeElement.tagName === 'TEXTAREA' && document.activeElement.id !== 'message'");
    browser.eval("document.activeElement.value = 'Ada owns it.'");
    narrow(&mut browser);
    press(&mut browser, "Save the correction");
    let output = || pmtune(root.path()).args(["data", "inbox", "--json"]).output().unwrap().stdout;
    browser.wait("document.querySelector('.correct').hidden");
    let kept = (0..200)
        .map(|_| serde_json::from_slice::<Value>(&output()).unwrap()["items"].take())
        .find(|kept| kept[0]["corrected"] == "Ada owns it.");
    let kept = kept.expect("it is written down");
    assert_eq!((kept.as_array().unwrap().len(), &kept[0]["number"], &kept[0]["thumb"]), (1, &json!(1), &json!("down")));
    assert_eq!(kept[0]["question"], json!([{"role": "user", "content": "Name the owner"}]));
}

/// The page's renderer, without the page and its policy, beside comrak's of the same text.
const OUTLINE: &str = "const outline = (node) => node.nodeType === 3 ? node.data.replace(/\\s+/g, ' ') : (() => { \
    const name = { A: 'SPAN', DIV: '' }[node.tagName] ?? node.tagName.replace(/^H[1-6]$/, 'P'); \
    const inner = [...node.childNodes].map(outline).join('').trim(); \
    return name ? `<${name}>${inner}</${name}>` : inner; })(); \
    const all = (nodes) => nodes.map(outline).join('').replace(/\\s*(<\\/?(?:P|UL|OL|LI|PRE|BLOCKQUOTE|TABLE|THEAD|TBODY|TR|T[HD]|HR|BR)>)\\s*/g, '$1');";

#[test]
fn markdown_is_laid_out_as_comrak_lays_it_out() {
    let Some(program) = chromium() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut browser = Browser::start(&program, &folder.path().join("profile"), 800, 600);
    browser.go("about:blank");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/serve/templates/markdown.js");
    browser.eval(&format!("{}; {OUTLINE} undefined", std::fs::read_to_string(script).unwrap()));
    let texts = [
        "Plain text\nover two lines.\n\nAnother paragraph.",
        "# Title\n\n## Second ##\n\nText\n\n#no heading",
        "**As a** driver  \n**I want to** scan *parcels*\\\nso that __all__ is _well_ and ~~not~~ snake_case_name.",
        "- one\n- two\n  - inner\n  - more\n- three",
        "* loose\n\n* items\n\nafter",
        "1. first\n2. second\n   continued\n3. third\n\n7. seventh",
        "- [ ] open\n- [x] done",
        "1) a\n2) b\n- c\n+ d",
        "Intro:\n- directly\n- after",
        "- a\n\n  second paragraph of a\n- b",
        "```js\nlet a = '<b>';\n\n**no**\n```\nafter",
        "~~~\ntilde\n```\n~~~",
        "```\nnever closed\nstill code",
        "`code`, ``with ` tick``, ` spaced `, `open",
        "| x | y |\n|---|:-:|\n| 1 | **2** |\n| a \\| b | `c` |\n\nafter",
        "| x | y |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |",
        "not | a table\njust text",
        "> quoted\n> more\nlazy\n\nafter\n\n> - list\n> - inside",
        "---\n\n***\n\ntext\n***\n\nHead\n===\n\nLow\n---",
        "[words](http://example.com/x \"title\") and [not a link] and \\*escaped\\*",
        "***both*** and **bold *inner* bold** and *a **b** c*",
        "a * b * c and 2*3*4 and ** not bold **",
        "**Owner:** Ada\n\n**Due:** 3 May\n\n1. Do\n   - this\n   - that\n2. Done",
        "5 < 6 & 7 > 2 \"quoted\" 'single'",
    ];
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    let mut faults = Vec::new();
    for text in texts {
        // Boxes are drawn as characters, which comrak would make fields of a form.
        let html = comrak::markdown_to_html(text, &options).replace("[ ] ", "☐ ").replace("[x] ", "☑ ");
        let both = browser.eval(&format!(
            "(() => {{ const theirs = document.createElement('div'); theirs.innerHTML = {}; \
             for (const empty of theirs.querySelectorAll('th:empty')) empty.replaceWith(document.createElement('td')); \
             return [all(laidOut({})), all([...theirs.childNodes])]; }})()",
            json!(html),
            json!(text)
        ));
        if both[0] != both[1] {
            faults.push(format!("{text:?}\n  ours   {}\n  comrak {}", both[0], both[1]));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_hostile_answer_does_nothing_and_holds_nothing_up() {
    let Some(program) = chromium() else { return };
    let root = workspace();
    let server = Served::start(root.path(), &[]);
    let mut browser = Browser::start(&program, &root.path().join("profile"), 390, 844);
    browser.go(&format!("http://127.0.0.1:{}/", server.port));
    browser.wait("models.length === 3");
    let hostile = "<img src=x onerror=\"window.evil=1\"><script>window.evil=1</script> [go](javascript:window.evil=1) \
                   ![pic](http://evil.example/x.png) <a href=http://evil.example>x</a> \u{202e}back\u{1b}[31m\n\n\
                   | <svg onload=window.evil=1> |\n|---|\n| <iframe src=http://evil.example> |\n\n```\n</code><img src=x>\n```";
    browser.eval(&format!("byId('log').append(make('div', laidOut({}), {{ className: 'text' }}))", json!(hostile)));
    let made = browser.eval("[...new Set([...document.querySelectorAll('#log *')].map((e) => e.tagName))].join()");
    for name in ["IMG", "SCRIPT", "A,", "SVG", "IFRAME"] {
        assert!(!format!("{made},").contains(name), "{name}: {made}");
    }
    let text = browser.eval("byId('log').textContent").as_str().unwrap().to_string();
    assert!(
        text.contains("<img src=x onerror=") && text.contains("image: pic") && !text.contains('\u{202e}'),
        "{text}"
    );
    assert_eq!(browser.eval("window.evil === undefined"), true);
    narrow(&mut browser);
    // Texts that make careless renderers slow.
    for piece in
        ["*", "**a ", "_", "[", "![", "`", "[a](", "> ", "- ", "|", "~~", "\\", "a `` b ` ", "1. ", "  - x\n", "``` "]
    {
        let text = piece.repeat(60_000 / piece.len());
        let took = browser.eval(&format!(
            "(() => {{ const begun = performance.now(); laidOut({}); return performance.now() - begun; }})()",
            json!(text)
        ));
        assert!(took.as_f64().unwrap() < 1500.0, "{piece:?} took {took} ms");
    }
    // And the policy would stop a page that forgot itself.
    let stopped =
        browser.eval("(() => { try { byId('log').innerHTML = '<b>x</b>'; return false; } catch { return true; } })()");
    assert_eq!(stopped, true);
    let (urls, _) = browser.requests_and_complaints();
    assert!(urls.iter().all(|url| !url.contains("evil")), "{urls:?}");
}
