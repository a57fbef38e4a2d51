//! axe-core over every page, narrow and wide, light and dark.
//!
//! axe-core is not part of this project: `PMTUNE_AXE` names its `axe.min.js`, else npm gets the version below into the
//! build folder once. Where neither is to be had the test says so and is left out.

use super::fixture::{Pages, pmtune};
use crate::desk::browser::{Browser, chromium};
use crate::desk::workspace::Workspace;
use crate::history::fixture as history;
use pmtune::desk::sheet_page;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const AXE: &str = "axe-core@4.10.3";

/// The text of axe-core's script.
fn axe() -> Option<String> {
    let named = std::env::var_os("PMTUNE_AXE").map(PathBuf::from);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let got = folder.join("node_modules/axe-core/axe.min.js");
    if named.is_none() && !got.is_file() {
        std::fs::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(&folder).arg(AXE);
        let _ = npm.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
    let script = std::fs::read_to_string(named.unwrap_or(got)).ok();
    if script.is_none() {
        let _ = writeln!(
            std::io::stderr(),
            "npm cannot get {AXE} (PMTUNE_AXE names an axe.min.js): pages are not held against it"
        );
    }
    script
}

/// What axe-core finds at both widths, in light and dark, in words.
fn faults(browser: &mut Browser, axe: &str, page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for width in [390, 1280] {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", size);
        for scheme in ["light", "dark"] {
            let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            browser.call("Emulation.setEmulatedMedia", media);
            browser.eval(&format!("if (!window.axe) {{ {axe} }}; undefined"));
            let told = browser.eval(
                "axe.run(document, { resultTypes: ['violations'] }).then((done) => done.violations.map((rule) => \
                 [rule.id, rule.help, rule.nodes.length, rule.nodes.slice(0, 3).map((node) => node.html.slice(0, 160))]))",
            );
            for fault in told.as_array().unwrap() {
                found.push(format!("{page}, {width} px, {scheme}: {fault}"));
            }
        }
    }
    found
}

const OPEN_ALL: &str = "for (const part of document.querySelectorAll('details')) part.open = true";

#[test]
fn axe_finds_nothing_on_any_report() {
    let (Some(program), Some(axe)) = (chromium(), axe()) else { return };
    let pages = Pages::new(40);
    pages.rate();
    let looked_back = tempfile::tempdir().unwrap();
    history::write(looked_back.path());
    pmtune(looked_back.path(), &["history"]);
    pmtune(looked_back.path(), &["data", "stats", "--html", "data.html"]);
    crate::audit::workspace_in(looked_back.path());
    pmtune(looked_back.path(), &["suite", "audit", "--html", "audit.html"]);
    let written = [
        ("run", pages.run_page()),
        ("comparison", pages.comparison_page()),
        ("several", pages.several_page()),
        ("gaps", pages.gaps_page()),
        ("months", pages.months_page()),
        ("history", looked_back.path().join("reports/history.html")),
        ("dataset", looked_back.path().join("data.html")),
        ("audit", looked_back.path().join("audit.html")),
    ];
    let mut browser = Browser::start(&program, &pages.path().join("profile"), 390, 900);
    let mut found = Vec::new();
    for (name, page) in written {
        browser.go(&format!("file://{}", page.display()));
        found.extend(faults(&mut browser, &axe, name));
        browser.eval(OPEN_ALL);
        found.extend(faults(&mut browser, &axe, &format!("{name}, all open")));
        assert_eq!(browser.eval("window.evil === undefined"), true);
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn axe_finds_nothing_where_answers_are_reviewed() {
    let (Some(program), Some(axe)) = (chromium(), axe()) else { return };
    let mut found = Vec::new();
    for versions in [&["v1"][..], &["v1", "PM-next"][..]] {
        let workspace = Workspace::new(3, versions);
        let page = workspace.path().join("sheet.html");
        std::fs::write(&page, sheet_page(&workspace.sheet).unwrap()).unwrap();
        let mut browser = Browser::start(&program, &workspace.path().join("profile"), 390, 900);
        browser.go(&format!("file://{}", page.display()));
        browser.wait("document.body.dataset.view === 'item'");
        let name = format!("sheet of {}", versions.len());
        // The item, a complaint on it, the keys, the list of all items, and the end.
        for (part, act) in [
            ("item", "undefined"),
            ("complaint", "document.getElementById('next').click()"),
            ("keys", "document.getElementById('open-keys').click()"),
            ("list", "document.getElementById('close-keys').click(); document.getElementById('open-list').click()"),
            ("end", "view('end')"),
        ] {
            browser.eval(act);
            found.extend(faults(&mut browser, &axe, &format!("{name}, {part}")));
        }
        let served = workspace.serve(0);
        browser.go(&served.url);
        browser.wait("document.body.dataset.view === 'item'");
        found.extend(faults(&mut browser, &axe, &format!("served, {}", versions.len())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn axe_finds_nothing_where_versions_are_talked_with() {
    let (Some(program), Some(axe)) = (chromium(), axe()) else { return };
    let mut found = Vec::new();
    let root = crate::serve::fixture::workspace();
    let mut browser = Browser::start(&program, &root.path().join("profile"), 390, 900);
    // axe-core writes markup to try things out, which the page's policy forbids everybody.
    browser.call("Page.setBypassCSP", json!({ "enabled": true }));
    let open = crate::serve::fixture::Served::start(root.path(), &["--capture"]);
    browser.go(&format!("http://127.0.0.1:{}/", open.port));
    browser.wait("models.length === 3");
    found.extend(faults(&mut browser, &axe, "chat, empty"));
    browser.eval("byId('pick-b').value = 'Tiny-v1'; pick(); byId('message').value = 'When?'; asked(); undefined");
    browser.wait("document.querySelectorAll('.answer .acts').length >= 2 && !running");
    let laid =
        "# Plan\n\n- a\n- **b** `c`\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n> q\n\n```\ncode\n```\n\n[l](http://x) ~~d~~";
    browser.eval(&format!(
        "document.querySelector('.answer .text').replaceChildren(...laidOut({})); undefined",
        json!(laid)
    ));
    browser.eval("for (const b of document.querySelectorAll('.acts button')) if (/^(Good|Correct)$/.test(b.textContent)) b.click()");
    browser.eval("for (const part of document.querySelectorAll('details')) part.open = true");
    found.extend(faults(&mut browser, &axe, "chat of two, corrected"));
    let guarded = crate::serve::fixture::Served::start(root.path(), &["--token", "0123456789abcdef"]);
    browser.go(&format!("http://127.0.0.1:{}/", guarded.port));
    browser.wait("byId('door').open");
    found.extend(faults(&mut browser, &axe, "chat, token"));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What finds nothing must be able to find something.
#[test]
fn axe_finds_what_is_wrong() {
    let (Some(program), Some(axe)) = (chromium(), axe()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bad.html");
    let bad =
        "<!doctype html><html lang=en><title>Bad</title><main><h1>Bad</h1><input><p style='color:#ccc'>pale</p></main>";
    std::fs::write(&page, bad).unwrap();
    let mut browser = Browser::start(&program, &folder.path().join("profile"), 390, 900);
    browser.go(&format!("file://{}", page.display()));
    let found = faults(&mut browser, &axe, "bad").join("\n");
    for rule in ["\"label\"", "\"color-contrast\""] {
        assert!(found.contains(rule), "{rule}: {found}");
    }
}
