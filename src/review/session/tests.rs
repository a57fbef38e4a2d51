use super::*;
use crate::review::gather;
use crate::review::testing::{person, reports, run, session, sheet, told, two_runs};

fn points(of: u8) -> BTreeMap<Criterion, u8> {
    Criterion::ALL.into_iter().map(|criterion| (criterion, of)).collect()
}

fn done(answer: &str, of: u8) -> Draft {
    Draft { answer: answer.into(), points: points(of), done: true, ..Draft::default() }
}

fn best(draft: Draft) -> Draft {
    Draft { flags: BTreeSet::from([Flag::Best]), ..draft }
}

fn saved(session: &Session, answer: &str) -> Saved {
    session.state().into_iter().find(|saved| saved.answer == answer).unwrap()
}

/// The number of an item with two answers, and of the one with one.
fn pair(session: &Session) -> usize {
    session.sheet().items.iter().find(|item| item.answers.len() == 2).unwrap().number
}

#[test]
fn what_was_said_is_there_when_the_session_is_opened_again() {
    let (a, _) = two_runs();
    let (_folder, reports) = reports(&[&a]);
    let mut first = session(&reports, &[&a], "ann");
    assert_eq!(first.progress(), Progress { done: 0, of: 3 });
    let half = Draft { comment: "so so".into(), points: BTreeMap::from([(Criterion::Tone, 2)]), ..done("1a", 1) };
    first.rate(&Draft { done: false, ..half.clone() }).unwrap();
    first.rate(&done("2a", 4)).unwrap();
    let state = first.state();
    drop(first);
    let again = session(&reports, &[&a], "ann");
    assert_eq!(again.state(), state);
    assert_eq!(again.progress(), Progress { done: 1, of: 3 });
    assert_eq!(saved(&again, "1a").comment, "so so");
    let ratings = gather(&reports, &a).unwrap();
    assert_eq!(ratings[&person("ann")].len(), 1, "only what is done counts");
}

#[test]
fn a_mind_changes_with_a_reason_only() {
    let (a, _) = two_runs();
    let (_folder, reports) = reports(&[&a]);
    let mut session = session(&reports, &[&a], "ann");
    session.rate(&done("1a", 4)).unwrap();
    let error = session.rate(&done("1a", 5)).unwrap_err().to_string();
    assert!(error.contains("say why it changes"), "{error}");
    assert_eq!(saved(&session, "1a").points, points(4));
    session.rate(&done("1a", 4)).unwrap();
    session.rate(&Draft { reason: Some("read it again".into()), ..done("1a", 5) }).unwrap();
    let text = std::fs::read_to_string(reports.folder().join("run-one/reviews/by-ann.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 3, "its owner and two ratings; saying the same again adds none");
    assert!(text.contains("\"reason\":\"read it again\""));
}

#[test]
fn faults_are_refused_and_leave_nothing_behind() {
    let (a, _) = two_runs();
    let (_folder, reports) = reports(&[&a]);
    let mut session = session(&reports, &[&a], "ann");
    let few = BTreeMap::from([(Criterion::Tone, 3)]);
    for (draft, what) in [
        (done("9a", 3), "no answer 9a"),
        (done("1a", 6), "points run from 1 to 5"),
        (done("1a", 0), "points run from 1 to 5"),
        (Draft { points: few, ..done("1a", 3) }, "no points yet for accuracy, format, relevance, completeness"),
        (Draft { comment: "x".repeat(10_001), ..done("1a", 3) }, "more than 10000 characters"),
        (best(done("1a", 3)), "stands alone"),
    ] {
        let error = session.rate(&draft).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    assert_eq!(session.progress().done, 0);
    assert!(session.state().iter().all(|saved| saved.at.is_none()));
    let unknown = serde_json::from_str::<Draft>(r#"{"answer": "1a", "verdict": 5}"#);
    assert!(unknown.is_err());
}

#[test]
fn of_a_pair_one_is_best() {
    let (a, b) = two_runs();
    let (_folder, reports) = reports(&[&a, &b]);
    let mut first = session(&reports, &[&a, &b], "ann");
    let number = pair(&first);
    let (left, right) = (format!("{number}a"), format!("{number}b"));
    first.rate(&best(done(&left, 4))).unwrap();
    first.rate(&done(&right, 3)).unwrap();
    first.rate(&Draft { reason: Some("on second thoughts".into()), ..best(done(&right, 3)) }).unwrap();
    let flags = |session: &Session| [&left, &right].map(|id| saved(session, id).flags.contains(&Flag::Best));
    assert_eq!(flags(&first), [false, true]);
    drop(first);
    assert_eq!(flags(&session(&reports, &[&a, &b], "ann")), [false, true]);
}

#[test]
fn a_kill_between_two_lines_leaves_the_later_best() {
    let (a, b) = two_runs();
    let (_folder, reports) = reports(&[&a, &b]);
    let mut first = session(&reports, &[&a, &b], "ann");
    let number = pair(&first);
    let (left, right) = (format!("{number}a"), format!("{number}b"));
    first.rate(&best(done(&left, 4))).unwrap();
    let book = |run: usize| reports.folder().join(["run-one", "run-two"][run]).join("reviews/by-ann.jsonl");
    let old = book(first.origin(&left).unwrap().run);
    let before = std::fs::read(&old).unwrap();
    first.rate(&best(done(&right, 4))).unwrap();
    drop(first);
    // As if the line that takes the flag off had never been written.
    std::fs::write(&old, before).unwrap();
    let again = session(&reports, &[&a, &b], "ann");
    assert!(saved(&again, &right).flags.contains(&Flag::Best));
    assert!(saved(&again, &left).flags.is_empty());
    drop(again);
    let [of_a, of_b] = [&a, &b].map(|run| gather(&reports, run).unwrap()[&person("ann")].clone());
    let best = of_a.iter().chain(&of_b).filter(|rating| rating.flags.contains(&Flag::Best)).count();
    assert_eq!(best, 1, "and the book says so too");
}

#[test]
fn ratings_hold_for_the_text_in_whichever_run() {
    let (a, _) = two_runs();
    let again = run("run-three", "Alpha-v1", &[told("format/story", "format", "- a story first")]);
    let (_folder, reports) = reports(&[&a, &again]);
    let mut first = session(&reports, &[&again], "ann");
    first.rate(&done("1a", 4)).unwrap();
    let mut second = session(&reports, &[&a], "ann");
    assert_eq!(second.progress(), Progress { done: 1, of: 3 });
    let id = second.state().into_iter().find(|saved| saved.done).unwrap().answer;
    assert!(second.rate(&done(&id, 2)).is_err(), "done is done, wherever");
    second.rate(&Draft { reason: Some("strict today".into()), ..done(&id, 2) }).unwrap();
    let latest = gather(&reports, &again).unwrap();
    assert_eq!(latest[&person("ann")][0].points, points(2));
}

#[test]
fn judged_alone_then_beside_another_is_judged_again() {
    let (a, b) = two_runs();
    let (_folder, reports) = reports(&[&a, &b]);
    let mut alone = session(&reports, &[&a], "ann");
    for id in ["1a", "2a", "3a"] {
        alone.rate(&done(id, 4)).unwrap();
    }
    drop(alone);
    let mut pairs = session(&reports, &[&a, &b], "ann");
    assert_eq!(pairs.progress(), Progress { done: 1, of: 5 }, "the answer that both gave stands alone again");
    let id = pairs.state().into_iter().find(|saved| !saved.done && saved.at.is_some()).unwrap().answer;
    assert_eq!(saved(&pairs, &id).points, points(4), "the points are kept to start from");
    pairs.rate(&best(done(&id, 4))).unwrap();
    drop(pairs);
    let mut alone = session(&reports, &[&a], "ann");
    let state = alone.state();
    assert!(state.iter().all(|saved| saved.done && saved.flags.is_empty()), "best of a pair is nothing to see alone");
    for saved in state {
        alone.rate(&Draft { reason: Some("stricter".into()), ..done(&saved.answer, 3) }).unwrap();
    }
    let ratings = &gather(&reports, &a).unwrap()[&person("ann")];
    let best: Vec<bool> = ratings.iter().map(|r| r.flags.contains(&Flag::Best) && r.beside.is_some()).collect();
    assert_eq!(best.iter().filter(|best| **best).count(), 1, "what was said of the pair stays: {best:?}");
}

#[test]
fn a_clock_set_back_does_not_bring_an_old_rating_back() {
    let (a, _) = two_runs();
    let (_folder, reports) = reports(&[&a]);
    let mut first = session(&reports, &[&a], "ann");
    let late: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    first.rate_at(&done("1a", 2), late).unwrap();
    let changed = Draft { reason: Some("wrong".into()), ..done("1a", 5) };
    first.rate_at(&changed, "1999-01-01T00:00:00Z".parse().unwrap()).unwrap();
    drop(first);
    assert_eq!(saved(&session(&reports, &[&a], "ann"), "1a").points, points(5));
}

#[test]
fn one_reviewer_one_process_and_many_reviewers_at_once() {
    let (a, _) = two_runs();
    let (_folder, reports) = reports(&[&a]);
    let mut ann = session(&reports, &[&a], "ann");
    let (again, key) = sheet(&[&a], "ann");
    let error = Session::open(&reports, again, key, &person("ann")).unwrap_err().to_string();
    assert!(error.contains("another pmtune") && error.contains("help:"), "{error}");
    let mut ben = session(&reports, &[&a], "ben");
    ann.rate(&done("1a", 2)).unwrap();
    ben.rate(&done("1a", 5)).unwrap();
    assert_eq!(gather(&reports, &a).unwrap().len(), 2);
}

#[test]
fn a_key_that_does_not_fit_is_refused() {
    let (a, b) = two_runs();
    let (_folder, reports) = reports(&[&a, &b]);
    let (ours, key) = sheet(&[&a], "ann");
    let (_, foreign) = sheet(&[&b], "ann");
    assert!(Session::open(&reports, ours.clone(), foreign, &person("ann")).is_err());
    let mut short = key;
    short.origins.remove("1a");
    assert!(Session::open(&reports, ours, short, &person("ann")).is_err());
}
