//! The page that pmtune serves.

use super::browser::{Browser, chromium};
use super::workspace::Workspace;
use pmtune::check::Criterion;
use pmtune::review::Flag;
use std::collections::BTreeSet;

const PHONE: (u32, u32) = (360, 740);
const SAVED: &str = "document.getElementById('saving').textContent === 'Saved'";

/// How many criteria lie under the complaint.
const COVERED: &str = "(() => { const over = document.getElementById('problem').getBoundingClientRect(); \
    return [...document.querySelectorAll('.criterion')].map((part) => part.getBoundingClientRect()).filter((part) => \
      part.top < over.bottom && part.bottom > over.top && part.left < over.right && part.right > over.left).length; })()";
/// Whether the complaint is on the screen, and not behind what is fixed at its bottom.
const SEEN: &str = "(() => { const box = document.getElementById('problem').getBoundingClientRect(); \
    const bottom = document.querySelector('.walk').getBoundingClientRect().top; \
    return box.height > 0 && box.top >= 0 && box.bottom <= Math.max(bottom, 0) + 1; })()";

fn no_outsiders(browser: &Browser, origin: &str) {
    let (urls, complaints) = browser.requests_and_complaints();
    assert!(urls.len() > 1, "requests are watched");
    let strange: Vec<&String> = urls.iter().filter(|url| !url.starts_with(origin)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(complaints.is_empty(), "{complaints:#?}");
}

fn score_all(browser: &mut Browser, points: &str) {
    for key in points.chars() {
        browser.press(&key.to_string());
    }
}

fn title_is(browser: &mut Browser, number: usize) {
    browser.wait(&format!("document.getElementById('title').textContent.startsWith('Item {number} of ')"));
}

#[test]
fn a_sheet_of_pairs_by_keyboard_alone_on_a_phone_with_a_reload_in_the_middle() {
    let Some(program) = chromium() else { return };
    let workspace = Workspace::new(4, &["v1", "PM-next"]);
    let served = workspace.serve(0);
    let origin = served.origin();
    let mut browser = Browser::start(&program, &workspace.path().join("profile"), PHONE.0, PHONE.1);
    browser.go(&served.url);
    title_is(&mut browser, 1);
    assert_eq!(browser.eval("location.href").as_str(), Some(origin.as_str()), "the token left the address bar");
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= innerWidth"), true, "nothing sticks out");

    // Enter before the end says what is missing, and goes there.
    score_all(&mut browser, "43");
    browser.press("Enter");
    assert!(browser.text("problem").contains("Answer A still needs relevance, completeness and tone"));
    assert_eq!(browser.eval(COVERED), 0, "the complaint lies over the rubric");
    assert_eq!(browser.eval(SEEN), true, "and is not seen");
    score_all(&mut browser, "552" /* the first answer */);
    assert!(browser.text("count").starts_with("1 of 8 answers scored"), "a whole answer counts at once");
    score_all(&mut browser, "11111" /* the second */);
    assert!(browser.text("count").starts_with("2 of 8 answers scored"), "and not only when the item is done");
    browser.press("e");
    browser.press("s");
    browser.press("b");
    browser.press("c");
    browser.type_in("n, 5 and e are only letters here");
    browser.press("Escape");
    browser.press("Enter");
    title_is(&mut browser, 2);

    score_all(&mut browser, "444");
    browser.wait(SAVED);
    browser.reload();
    title_is(&mut browser, 2);
    browser.wait("document.activeElement.name === 'a-completeness'");
    score_all(&mut browser, "44" /* goes on where it was */);
    score_all(&mut browser, "33333");
    // By Tab and arrows alone: the flags of the second answer lie before the button.
    browser.press("n");
    title_is(&mut browser, 3);
    browser.press("Tab");
    browser.press("ArrowRight");
    browser.wait("document.activeElement.name === 'a-format' && document.activeElement.checked");
    score_all(&mut browser, "2" /* format again */);
    browser.press("p");
    title_is(&mut browser, 2);
    browser.press("n");
    title_is(&mut browser, 3);
    browser.wait("document.activeElement.name === 'a-accuracy'");
    score_all(&mut browser, "5");
    browser.wait("document.activeElement.name === 'a-format'");
    score_all(&mut browser, "5555");
    score_all(&mut browser, "55555");
    assert!(!browser.text("count").contains("left"), "two items are no pace yet");
    browser.press("Enter");
    title_is(&mut browser, 4);
    assert!(browser.text("count").contains("6 of 8 answers scored, less than a minute left"));
    score_all(&mut browser, "2222233333");
    browser.press("Enter");
    browser.wait("document.body.dataset.view === 'end'");
    browser.wait(SAVED);
    assert!(browser.text("end-text").contains("All 8 answers are scored and saved"));
    browser.press("Tab");
    browser.press("Enter");
    browser.wait("document.body.dataset.view === 'closed'");
    let progress = served.wait();
    assert_eq!((progress.done, progress.of), (8, 8));
    no_outsiders(&browser, &origin);

    let first = workspace.saved("1a");
    let points: Vec<u8> = Criterion::ALL.iter().map(|criterion| first.points[criterion]).collect();
    assert_eq!(points, [4, 3, 5, 5, 2]);
    assert_eq!(first.comment, "n, 5 and e are only letters here");
    assert_eq!(first.flags, BTreeSet::from([Flag::Best]));
    assert_eq!(workspace.saved("1b").flags, BTreeSet::from([Flag::FactualError]));
    assert!(workspace.saved("3a").points.values().all(|points| *points == 5));
    assert!(workspace.state().iter().all(|saved| saved.done));
}

#[test]
fn everything_has_a_name_and_nothing_of_an_answer_acts() {
    let Some(program) = chromium() else { return };
    let workspace = Workspace::new(2, &["v1", "PM-next"]);
    let served = workspace.serve(0);
    let mut browser = Browser::start(&program, &workspace.path().join("profile"), 1280, 900);
    browser.go(&served.url);
    title_is(&mut browser, 1);
    let nodes = browser.accessible();
    let count = |wanted: &str| nodes.iter().filter(|(role, ..)| role == wanted).count();
    assert_eq!((count("radio"), count("checkbox"), count("textbox")), (50, 6, 2));
    let active = ["radio", "checkbox", "textbox", "button", "progressbar", "progressIndicator", "group", "region"];
    let nameless: Vec<_> =
        nodes.iter().filter(|(role, name, _)| active.contains(&role.as_str()) && name.is_empty()).collect();
    assert!(nameless.is_empty(), "{nameless:?}");
    let described =
        |points: &str, words: &str| nodes.iter().any(|(_, name, told)| name == points && told.contains(words));
    assert!(described("1", "Wrong facts") && described("5", "Nothing to correct"), "the levels are read out");
    // A version's name, a run's id or a case's is nowhere in the page.
    let page = browser.eval("document.documentElement.outerHTML");
    for told in ["PM-next", "suite/", "2026-", "v1"] {
        assert!(!page.as_str().unwrap().contains(told), "the page tells {told}");
    }
    browser.press("r");
    browser.press("w");
    browser.wait("getComputedStyle(document.querySelector('#text-a .written')).display === 'block'");
    assert_eq!(browser.eval("window.evil === undefined"), true);
    assert_eq!(browser.eval("document.querySelectorAll('#text-a img, #text-a script, #text-a a').length"), 0);
    browser.press("?");
    browser.wait("document.getElementById('keys').open");
    browser.press("3");
    browser.press("Escape");
    browser.wait("!document.getElementById('keys').open");
    assert_eq!(browser.eval("document.querySelectorAll('input[type=radio]:checked').length"), 0);
    browser.press("l");
    browser.wait("document.body.dataset.view === 'list'");
    assert_eq!(browser.eval("document.querySelectorAll('#items button').length"), 2);
    no_outsiders(&browser, &served.origin());
}

#[test]
fn what_was_called_saved_survives_a_killed_browser_and_a_closed_tab_loses_nothing() {
    let Some(program) = chromium() else { return };
    let workspace = Workspace::new(2, &["v1"]);
    let served = workspace.serve(0);
    let profile = workspace.path().join("profile");
    let mut browser = Browser::start(&program, &profile, PHONE.0, PHONE.1);
    browser.go(&served.url);
    title_is(&mut browser, 1);
    score_all(&mut browser, "34");
    browser.press("c");
    // The tab is closed with the last keys still on their way.
    browser.type_in("Half a sentence, and then");
    browser.close_page(PHONE.0, PHONE.1);
    browser.go(&served.origin());
    title_is(&mut browser, 1);
    browser.wait("document.querySelector('#comment-a').value === 'Half a sentence, and then'");
    assert_eq!(workspace.lines().last().unwrap().comment, "Half a sentence, and then");

    browser.press("c");
    browser.type_in(" some");
    browser.wait(SAVED);
    browser.kill();
    let last = workspace.lines().last().unwrap().clone();
    assert_eq!(last.comment.len(), "Half a sentence, and then some".len());
    assert_eq!((last.points[&Criterion::Accuracy], last.points[&Criterion::Format]), (3, 4));
    assert!(!last.done);
    served.stop();
    assert_eq!(workspace.saved("1a").points.len(), 2);
}

#[test]
fn what_was_done_changes_only_with_a_reason() {
    let Some(program) = chromium() else { return };
    let workspace = Workspace::new(2, &["v1"]);
    let served = workspace.serve(0);
    let mut browser = Browser::start(&program, &workspace.path().join("profile"), 1000, 800);
    browser.go(&served.url);
    title_is(&mut browser, 1);
    score_all(&mut browser, "33333");
    browser.press("Enter");
    title_is(&mut browser, 2);
    browser.wait(SAVED);
    let before = workspace.lines().len();
    browser.press("p");
    title_is(&mut browser, 1);
    score_all(&mut browser, "5");
    browser.wait("!document.getElementById('why').hidden");
    browser.press("n");
    assert!(browser.text("problem").contains("Say why"));
    title_is(&mut browser, 1);
    assert_eq!(workspace.lines().len(), before, "nothing is recorded without a reason");
    // The change outlives a reload, though the program does not have it.
    browser.reload();
    title_is(&mut browser, 1);
    browser.wait("document.querySelector('[name=a-accuracy][value=\"5\"]').checked");
    browser.press("n");
    browser.type_in("read it again");
    browser.press("Enter");
    title_is(&mut browser, 2);
    browser.wait(SAVED);
    let lines = workspace.lines();
    let last = lines.last().unwrap();
    assert_eq!((last.points[&Criterion::Accuracy], last.reason.as_deref()), (5, Some("read it again")));
    assert_eq!(lines.len(), before + 1);
    // And undone it is as it was.
    browser.press("p");
    title_is(&mut browser, 1);
    score_all(&mut browser, "1");
    browser.wait("!document.getElementById('why').hidden");
    browser.eval("document.getElementById('undo').click()");
    browser.wait("document.querySelector('[name=a-accuracy][value=\"5\"]').checked");
    browser.press("n");
    title_is(&mut browser, 2);
    assert_eq!(workspace.lines().len(), before + 1);
    no_outsiders(&browser, &served.origin());
}

#[test]
fn scores_given_while_pmtune_is_gone_are_sent_when_it_is_back() {
    let Some(program) = chromium() else { return };
    let workspace = Workspace::new(2, &["v1"]);
    let served = workspace.serve(0);
    let port = served.port();
    let mut browser = Browser::start(&program, &workspace.path().join("profile"), 1000, 800);
    browser.go(&served.url);
    title_is(&mut browser, 1);
    score_all(&mut browser, "2");
    browser.wait(SAVED);
    served.stop();
    score_all(&mut browser, "4442");
    browser.press("Enter");
    title_is(&mut browser, 2);
    browser.wait("document.getElementById('lost').textContent.includes('Not saved')");
    assert!(browser.text("lost").contains("start the same command again"));
    score_all(&mut browser, "1");

    let again = workspace.serve(port);
    browser.wait("document.getElementById('lost').textContent.includes('started anew')");
    browser.go(&again.url);
    title_is(&mut browser, 2);
    browser.wait(SAVED);
    assert_eq!(browser.text("lost"), "");
    again.stop();
    let first = workspace.saved("1a");
    assert!(first.done);
    assert_eq!(first.points.values().copied().collect::<Vec<_>>(), [2, 4, 4, 4, 2]);
    assert_eq!(workspace.saved("2a").points.values().copied().collect::<Vec<_>>(), [1]);
}
