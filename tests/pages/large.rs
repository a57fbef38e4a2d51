//! Five thousand cases in one file, from disk, without a server.

use super::fixture::Pages;
use crate::desk::browser::{Browser, chromium};
use serde_json::json;

const CASES: usize = 5000;

#[test]
fn five_thousand_cases_are_a_small_file_that_shows_filters_finds_and_links_them_all() {
    let pages = Pages::new(CASES);
    let page = pages.comparison_page();
    let size = page.metadata().unwrap().len();
    assert!(size < 5_000_000, "{size} bytes");
    let Some(program) = chromium() else { return };
    let mut browser = Browser::start(&program, &pages.path().join("profile"), 1280, 900);
    browser.go(&format!("file://{}", page.display()));
    let count = "document.getElementById('count').textContent";
    browser.wait(&format!("{count} === '{CASES} cases'"));
    let shown = "document.querySelectorAll('#list > .case').length";
    assert_eq!(browser.eval(shown), 100);
    browser.eval("document.getElementById('further').click()");
    browser.wait(&format!("{shown} === 200"));
    // A case far behind is found by the words of its prompt, and its answers are there.
    let word = format!("number {}.", 4321 * 7919 % 10007);
    let find = |words: &str| {
        format!(
            "document.getElementById('find').value = {}; \
             document.getElementById('find').dispatchEvent(new Event('input')); undefined",
            json!(words)
        )
    };
    browser.eval(&find(&format!("{word} name-4321")));
    browser.wait(&format!("{count} === '1 of {CASES} cases'"));
    let text = browser.eval("document.querySelector('#list .case').textContent");
    assert!(text.as_str().unwrap().contains("says PM-General-v2"), "{text}");
    browser.eval(&find("no case says this"));
    browser.wait(&format!("{count} === '0 of {CASES} cases'"));
    assert!(browser.text("nothing").contains("No case matches"));
    browser.eval("document.getElementById('clear').click()");
    browser.wait(&format!("{count} === '{CASES} cases' && document.getElementById('nothing').hidden"));
    // Signs that HTML escapes are searched as they are read.
    browser.eval(&find("<script>window.evil = 1</script> name-3004"));
    browser.wait(&format!("{count} === '1 of {CASES} cases'"));
    // A link to a packed case opens it, whatever the filters say.
    browser.eval(&format!("location.hash = '#case-{CASES}'"));
    browser.wait(&format!("document.getElementById('case-{CASES}')?.open"));
    let select = "(() => { const half = document.getElementById('half'); half.value = 'dev'; \
                  half.dispatchEvent(new Event('change')); })()";
    browser.eval(select);
    browser.wait(&format!("{count} === '{} of {CASES} cases'", CASES / 2));
    assert_eq!(browser.eval("window.evil === undefined"), true);
    let (urls, complaints) = browser.requests_and_complaints();
    assert!(urls.iter().all(|url| url.starts_with("file://")), "{urls:?}");
    assert!(complaints.is_empty(), "{complaints:#?}");
}
