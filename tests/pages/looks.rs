//! A phone's width, and paper.

use super::fixture::{Pages, pmtune};
use crate::desk::browser::{Browser, chromium};
use crate::history::fixture as history;
use serde_json::json;
use std::path::PathBuf;

/// Every report of a workspace, with a name.
fn reports(pages: &Pages) -> Vec<(&'static str, PathBuf)> {
    pages.rate();
    let (run, comparison) = (pages.run_page(), pages.comparison_page());
    let other = pages.path().join("line");
    history::write(&other);
    pmtune(&other, &["history"]);
    pmtune(&other, &["data", "stats", "--html", "data.html"]);
    vec![
        ("run", run),
        ("comparison", comparison),
        ("gaps", pages.gaps_page()),
        ("months", pages.months_page()),
        ("history", other.join("reports/history.html")),
        ("dataset", other.join("data.html")),
    ]
}

#[test]
fn on_a_phone_nothing_is_cut_and_drawings_can_be_read() {
    let Some(program) = chromium() else { return };
    let pages = Pages::new(60);
    let written = reports(&pages);
    let mut browser = Browser::start(&program, &pages.path().join("profile"), 390, 844);
    for (name, page) in written {
        browser.go(&format!("file://{}", page.display()));
        browser.eval("for (const part of document.querySelectorAll('details')) part.open = true");
        // A scroll bar may stand within the width.
        let wide = browser.eval("document.documentElement.scrollWidth").as_f64().unwrap_or(f64::INFINITY);
        assert!(wide <= 390.0, "{name} sticks out: {wide}");
        // What is wider than its place can be reached by touch and by keys, and has a name.
        let cut = browser.eval(
            "[...document.querySelectorAll('table, svg[role=img]')].filter((part) => { \
               const place = part.parentElement; \
               const fits = part.getBoundingClientRect().right <= 390 && place.scrollWidth <= place.clientWidth; \
               const reached = place.tabIndex === 0 && place.getAttribute('aria-label') && \
                 getComputedStyle(place).overflowX === 'auto' && place.getBoundingClientRect().right <= 390; \
               return !fits && !reached; \
             }).map((part) => part.outerHTML.slice(0, 200))",
        );
        assert_eq!(cut, json!([]), "{name}");
        let small = browser.eval(
            "[...document.querySelectorAll('svg[role=img] text')].map((text) => [text.textContent, \
               parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.getBoundingClientRect().width / \
               text.ownerSVGElement.viewBox.baseVal.width]).filter(([, pixels]) => pixels < 11)",
        );
        assert_eq!(small, json!([]), "{name}: text of less than 11 pixels");
        let drawn = browser.eval("document.querySelectorAll('svg[role=img] text').length");
        assert!(drawn.as_u64() > Some(1), "{name}: {drawn}");
    }
}

#[test]
fn a_comparison_is_printed_on_few_pages_with_every_column() {
    let Some(program) = chromium() else { return };
    let pages = Pages::new(80);
    let page = pages.comparison_page();
    let mut browser = Browser::start(&program, &pages.path().join("profile"), 1280, 900);
    browser.go(&format!("file://{}", page.display()));
    let printed = browser.call("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 }));
    let pdf = decode(printed["data"].as_str().unwrap());
    let count = String::from_utf8_lossy(&pdf).matches("/Type /Page\n").count();
    assert!((2..=7).contains(&count), "{count} pages");
    // As wide as the paper between its margins.
    browser.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    let size = json!({ "width": 680, "height": 900, "deviceScaleFactor": 1, "mobile": false });
    browser.call("Emulation.setDeviceMetricsOverride", size);
    let cut = browser.eval(
        "[...document.querySelectorAll('table, svg')].filter((part) => part.getBoundingClientRect().right > 681) \
           .map((part) => [part.getBoundingClientRect().right, part.outerHTML.slice(0, 200)])",
    );
    assert_eq!(cut, json!([]));
    let cases = browser.eval("[...document.querySelectorAll('.case')].filter((part) => part.offsetHeight > 0).length");
    assert_eq!(cases, 0, "closed cases are not printed");
    browser.eval("document.querySelector('.case').open = true");
    let cases = browser.eval("[...document.querySelectorAll('.case')].filter((part) => part.offsetHeight > 0).length");
    assert_eq!(cases, 1, "what was opened is");
}

/// Base 64 by the browserless way.
fn decode(code: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for four in code.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().enumerate().fold(0u32, |bits, (i, c)| bits | u32::from(value(*c)) << (18 - 6 * i));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}

#[test]
fn the_head_of_a_report_speaks_of_one_half_and_what_fails_comes_first() {
    let pages = Pages::new(60);
    let html = std::fs::read_to_string(pages.run_page()).unwrap();
    let head = html.split("class=\"verdict").nth(1).unwrap().split("</section>").next().unwrap();
    let held_out = pages_held_out();
    assert!(head.contains(&format!("passes {} of {} held-out cases", held_out.0, held_out.1)), "{head}");
    let first = |word: &str| html.find(&format!("data-status=\"{word}\"")).unwrap();
    assert!(first("fail") < first("pass"));
    assert!(html.find("id=\"flips\"").unwrap() < html.find("id=\"held-out\"").unwrap());
    let html = std::fs::read_to_string(pages.comparison_page()).unwrap();
    assert!(html.find("No longer pass").unwrap() < html.find("Now pass").unwrap());
    let order: Vec<usize> = ["regressed", "fail", "improved", "pass"]
        .map(|word| html.find(&format!("data-status=\"{word}\"")).unwrap())
        .into();
    assert!(order.is_sorted(), "{order:?}");
}

/// Passed and answered held-out cases of the fixture's second version, by its own rule.
fn pages_held_out() -> (usize, usize) {
    let cases = (0..60).step_by(2).filter(|case| case % 40 != 7);
    let place = |case: usize| (case as f64 * 0.618_034).fract();
    let passed = cases.clone().filter(|case| place(*case) < 0.65 || place(*case) > 0.97);
    (passed.count(), cases.count())
}
