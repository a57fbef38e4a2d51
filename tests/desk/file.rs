//! The page as a file, for a reviewer without pmtune.

use super::browser::{Browser, chromium};
use super::workspace::Workspace;
use pmtune::desk::sheet_page;
use pmtune::review::Flag;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn open(program: &Path, workspace: &Workspace, profile: &str, page: &Path) -> Browser {
    let mut browser = Browser::start(program, &workspace.path().join(profile), 390, 800);
    let behaviour = json!({ "behavior": "allow", "downloadPath": workspace.path().join("downloads") });
    browser.call("Page.setDownloadBehavior", behaviour);
    browser.go(&format!("file://{}", page.display()));
    browser.wait("document.body.dataset.view === 'item'");
    browser
}

fn downloaded(workspace: &Workspace, name: &str) -> (PathBuf, Value) {
    let path = workspace.path().join("downloads").join(name);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if let Some(value) = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return (path, value);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{} was not saved", path.display());
}

#[test]
fn a_sheet_is_filled_saved_and_loaded_back_without_any_server() {
    let Some(program) = chromium() else { return };
    let workspace = Workspace::new(2, &["v1", "PM-next"]);
    let page = workspace.path().join("sheet.html");
    std::fs::write(&page, sheet_page(&workspace.sheet).unwrap()).unwrap();
    let mut browser = open(&program, &workspace, "profile", &page);
    for key in "4444455555b".chars() {
        browser.press(&key.to_string());
    }
    browser.press("c");
    browser.type_in("a <b>comment</b>");
    browser.press("Escape");
    browser.press("Enter");
    browser.wait("document.getElementById('title').textContent.startsWith('Item 2')");
    browser.press("1");
    browser.reload();
    browser.wait("document.getElementById('title').textContent.startsWith('Item 2')");
    browser.wait("document.querySelector('[name=a-accuracy][value=\"1\"]').checked");
    browser.eval("document.getElementById('save').click()");
    let (path, saved) = downloaded(&workspace, "ann-scores.json");
    assert_eq!(
        (&saved["format"], &saved["sheet"], &saved["reviewer"]),
        (&json!(1), &json!(workspace.sheet.id), &json!("ann"))
    );
    let ratings = saved["ratings"].as_array().unwrap();
    assert_eq!(ratings.iter().map(|r| r["answer"].as_str().unwrap()).collect::<Vec<_>>(), ["1a", "1b", "2a"]);
    let best = &ratings[1];
    assert_eq!(
        (&best["flags"], &best["comment"], &best["done"]),
        (&json!(["best"]), &json!("a <b>comment</b>"), &json!(true))
    );
    assert_eq!(ratings[0]["points"], json!({"accuracy":4,"format":4,"relevance":4,"completeness":4,"tone":4}));
    assert_eq!((&ratings[2]["points"], &ratings[2]["done"]), (&json!({"accuracy": 1}), &json!(false)));
    assert!(best["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    let (urls, complaints) = browser.requests_and_complaints();
    assert!(urls.iter().all(|url| url.starts_with("file://") || url.starts_with("blob:")), "{urls:?}");
    assert!(complaints.is_empty(), "{complaints:#?}");

    // It comes home.
    assert_eq!(workspace.import(&path), (3, 1));
    assert_eq!(workspace.saved("1b").flags, BTreeSet::from([Flag::Best]));
    assert_eq!(workspace.saved("1b").comment, "a <b>comment</b>");

    // On another computer nothing is known until the file is loaded.
    let mut other = open(&program, &workspace, "other", &page);
    other.wait("document.getElementById('title').textContent.startsWith('Item 1')");
    other.press("l");
    let root = other.call("DOM.getDocument", json!({}));
    let input = other.call("DOM.querySelector", json!({ "nodeId": root["root"]["nodeId"], "selector": "#load" }));
    other.call("DOM.setFileInputFiles", json!({ "files": [path], "nodeId": input["nodeId"] }));
    other.wait("document.getElementById('count').textContent.startsWith('2 of 4 answers')");
    let strange = workspace.path().join("strange.json");
    std::fs::write(&strange, json!({ "format": 1, "sheet": "another", "ratings": [] }).to_string()).unwrap();
    other.call("DOM.setFileInputFiles", json!({ "files": [strange], "nodeId": input["nodeId"] }));
    other.wait("document.getElementById('problem').textContent.includes('belongs to another sheet')");
}
