use super::entries::{Entry, entries};
use super::list::{COUNT, FILES};
use super::{Lexicon, List};
use engine::error::Error;
use regex::Regex;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

fn workspace(files: &[(&str, &str)]) -> Result<Arc<Lexicon>, Error> {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("words")).unwrap();
    for (name, text) in files {
        std::fs::write(root.path().join("words").join(name), text).unwrap();
    }
    let text = |error: Error| error.to_string().replace(&root.path().display().to_string(), "ROOT");
    Lexicon::of_workspace(root.path()).map_err(|error| Error::input(text(error)))
}

#[test]
fn a_file_is_read_line_by_line() {
    let (read, faults) = entries("\u{feff}# remark\none\n\n[Two]\n- I’m  NOT sure\n+ c++ # x\r\n", Path::new("f"));
    let entry = |line, section: &str, term: &str, taken_away| Entry {
        line,
        section: section.into(),
        term: term.into(),
        taken_away,
    };
    let wanted = [entry(2, "", "one", false), entry(5, "two", "i'm not sure", true), entry(6, "two", "c++ # x", false)];
    assert!(faults.is_empty());
    assert_eq!(read, wanted);
    let (_, faults) = entries("a\n[b\n-\n  +  \n[]", Path::new("f.txt"));
    let lines: Vec<usize> = faults.iter().map(|fault| fault.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [2, 3, 4, 5]);
}

#[test]
fn shipped_files_are_whole_and_say_nothing_twice() {
    let all: Vec<List> = FILES.iter().flat_map(|file| file.sections.iter().map(|(_, list)| *list)).collect();
    assert_eq!(all.iter().map(|list| *list as usize).collect::<Vec<_>>(), (0..COUNT).collect::<Vec<_>>());
    let shipped = Lexicon::shipped();
    for file in FILES {
        let (read, faults) = entries(file.text, Path::new(file.name));
        assert!(faults.is_empty(), "{}: {faults:?}", file.name);
        assert!(read.iter().all(|entry| !entry.taken_away), "{} takes away", file.name);
        let held: usize = file.sections.iter().map(|(_, list)| shipped[*list].len()).sum();
        assert_eq!(held, read.len(), "{} has a section that no list takes", file.name);
    }
    for list in all {
        let different: HashSet<&String> = shipped[list].iter().collect();
        assert!(!different.is_empty() && different.len() == shipped[list].len(), "{list:?}");
    }
}

#[test]
fn a_workspace_adds_and_takes_away() {
    let ours = workspace(&[
        ("hedging.txt", "# ours\nI reckon\n+ touch wood\n-may\nmight\n"),
        ("tone.txt", "[calm]\nno stress\n"),
    ])
    .unwrap();
    assert!(ours.has(List::Hedging, "i reckon") && ours.has(List::Hedging, "touch wood"));
    assert!(!ours.has(List::Hedging, "may") && ours.has(List::Calm, "no stress"));
    assert_eq!(ours[List::Hedging].len(), Lexicon::shipped()[List::Hedging].len() + 1);
    assert_eq!(ours[List::Urgent], Lexicon::shipped()[List::Urgent]);
}

#[test]
fn lists_are_told_apart_where_they_differ() {
    let (none, one) = (workspace(&[]).unwrap(), workspace(&[("hedging.txt", "-may")]).unwrap());
    let other = workspace(&[("hedging.txt", "-might")]).unwrap();
    assert_eq!(none.fingerprint(&[List::Hedging]), None);
    assert_eq!(one.fingerprint(&[List::Urgent, List::Calm]), None);
    let fingerprint = one.fingerprint(&[List::Hedging, List::Urgent]);
    assert!(fingerprint.is_some());
    assert_ne!(fingerprint, other.fingerprint(&[List::Hedging, List::Urgent]));
    assert_eq!(fingerprint, workspace(&[("hedging.txt", "# no\n\n-MAY")]).unwrap().fingerprint(&[List::Hedging]));
}

#[test]
fn every_fault_is_told_with_its_line() {
    let error = workspace(&[
        ("hedging.txt", "ok\n-mihgt\n[urgent]\nnow\n"),
        ("hegding.txt", "x"),
        ("notes.md", "x"),
        ("tone.txt", "now\n[urgnt]\nat once\n[calm\n"),
        ("user-story.txt", "-zzzzzzzz\n"),
        (".DS_Store", "x"),
    ])
    .unwrap_err();
    insta::assert_snapshot!(error.message);
}

/// As many letters as a file may hold, of those that a pattern without regard to case takes most room for.
#[test]
fn the_longest_file_makes_a_pattern_and_a_longer_one_is_refused() {
    let line = "кяжщфыўґєіїπ\n";
    let longest: String = (0..64 * 1024 / (line.len() + 5)).map(|i| format!("{i:05}{line}")).collect();
    let lexicon = workspace(&[("filler.txt", &longest)]).unwrap();
    let any = |terms: &[String]| Regex::new(&format!(r"(?i)\b(?:{})\b", terms.join("|"))).unwrap();
    assert!(lexicon.pattern(List::Filler, any).is_match("00007КЯЖЩФЫЎҐЄІЇΠ"));
    let error = workspace(&[("filler.txt", &longest.repeat(2))]).unwrap_err();
    assert!(error.message.contains("65536 at most"), "{}", error.message);
}

/// What runs judged by other lists are known by: whoever changes a shipped list raises the version of the checks that go
/// by it (`Kind::version`), then accepts this snapshot.
#[test]
fn shipped_lists_change_with_the_versions_of_their_checks() {
    let shipped = Lexicon::shipped();
    let lines = crate::check::kinds().filter(|kind| !(kind.lists)().is_empty()).map(|kind| {
        let terms: Vec<&[String]> = (kind.lists)().iter().map(|list| &shipped[*list]).collect();
        format!("{} {} {}", kind.name, kind.version, &engine::store::hash_of(&terms)[..12])
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
