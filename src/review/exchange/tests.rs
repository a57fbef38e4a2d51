use super::*;
use crate::check::Criterion;
use crate::review::gather;
use crate::review::testing::{person, reports, session, sheet, two_runs};
use crate::run::{Outcome, Reports, Run};
use proptest::prelude::*;
use std::cell::RefCell;
use tempfile::TempDir;

/// Two runs, and the sheet on which ann reads both, given away.
struct Away {
    _folder: TempDir,
    reports: Reports,
    runs: (Run, Run),
    exported: Exported,
}

fn away() -> Away {
    let runs = two_runs();
    let (folder, reports) = reports(&[&runs.0, &runs.1]);
    let (sheet, key) = sheet(&[&runs.0, &runs.1], "ann");
    let exported = Exported::new(sheet, key);
    exported.keep(&reports).unwrap();
    Away { _folder: folder, reports, runs, exported }
}

impl Away {
    /// The table's rows, the header first.
    fn table(&self) -> Vec<Vec<String>> {
        let bytes = sheet_csv(&self.exported.sheet).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[3..]);
        reader.records().map(|row| row.unwrap().iter().map(str::to_string).collect()).collect()
    }

    fn import(&self, bytes: &[u8]) -> Result<Imported> {
        import(&self.reports, Path::new("desk/scores.csv"), bytes)
    }

    fn refused(&self, bytes: &[u8]) -> String {
        let error = self.import(bytes).unwrap_err().to_string();
        assert!(error.contains("help:"), "{error}");
        assert!(gather(&self.reports, &self.runs.0).unwrap().is_empty(), "nothing is recorded");
        error
    }
}

fn written(rows: &[Vec<String>], separator: u8) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new().delimiter(separator).flexible(true).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.into_inner().unwrap()
}

const FIRST_POINTS: usize = 6;
const FLAGS: usize = 11;
const COMMENT: usize = 12;
const CODE: usize = 13;

fn fill(row: &mut [String], points: &str) {
    for cell in &mut row[FIRST_POINTS..FLAGS] {
        *cell = points.to_string();
    }
}

#[test]
fn a_table_is_inert_in_a_spreadsheet_and_says_nothing_of_versions() {
    let mut away = away();
    away.exported.sheet.items[0].prompt = "\u{1b}[31mred".into();
    let table = away.table();
    assert_eq!(table[0][..6], ["item", "answer", "category", "prompt", "reference", "text"]);
    assert_eq!(
        (table[0][FLAGS].as_str(), table[0][COMMENT].as_str(), table[0][CODE].as_str()),
        ("flags", "comment", "code")
    );
    assert_eq!(table.len(), 1 + 5);
    for cell in table.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        assert!(!cell.contains('\u{1b}') && !cell.contains("Alpha") && !cell.contains("run-"), "{cell}");
    }
}

#[test]
fn a_filled_table_comes_in_once() {
    let away = away();
    let mut rows = away.table();
    fill(&mut rows[1], "4");
    rows[1][COMMENT] = "=so so".into();
    fill(&mut rows[2], "5.0");
    rows[2][FLAGS] = "Best; factual-error".into();
    rows[3][FIRST_POINTS] = "3".into();
    let first = away.import(&written(&rows, b',')).unwrap();
    let runs = vec!["run-one".to_string(), "run-two".to_string()];
    let none = Imported { reviewer: "ann".into(), runs, ..Imported::default() };
    let expected = Imported { new: 3, unfinished: 1, unchanged: 2, ..none.clone() };
    assert_eq!(first, expected);
    let again = away.import(&written(&rows, b',')).unwrap();
    assert_eq!(again, Imported { unchanged: 5, ..none });
    fill(&mut rows[1], "2");
    fill(&mut rows[2], "");
    rows[2][FIRST_POINTS] = "1".into();
    let changed = away.import(&written(&rows, b',')).unwrap();
    assert_eq!((changed.changed, changed.older, changed.unchanged), (1, 1, 3));
    let session = session(&away.reports, &[&away.runs.0, &away.runs.1], "ann");
    let saved = &session.state()[0];
    assert_eq!((saved.points[&Criterion::Tone], saved.comment.as_str()), (2, "=so so"));
    assert_eq!(session.state()[1].points[&Criterion::Accuracy], 5, "a half-filled row takes nothing back");
    let ratings = gather(&away.reports, &away.runs.0).unwrap()[&person("ann")].clone();
    let others = gather(&away.reports, &away.runs.1).unwrap()[&person("ann")].clone();
    assert!(ratings.iter().chain(&others).any(|r| r.reason.as_deref() == Some("imported from scores.csv")));
}

#[test]
fn what_spreadsheets_do_to_a_table_is_forgiven() {
    let away = away();
    let mut rows = away.table();
    for (n, row) in rows.iter_mut().enumerate().skip(1) {
        fill(row, " 4,0 ");
        row[5] = row[5].trim_start_matches('\'').replace('\n', "\r\n") + "  ";
        row[COMMENT] = format!("comment {n}\r\nand more");
    }
    rows[1..].reverse();
    rows.push(vec![String::new(); 14]);
    for row in &mut rows {
        row.swap(0, 13);
        row.remove(4);
    }
    let mut bytes = "\u{feff}".as_bytes().to_vec();
    bytes.extend(written(&rows, b';'));
    assert_eq!(away.import(&bytes).unwrap().new, 5);
    let state = session(&away.reports, &[&away.runs.0, &away.runs.1], "ann").state();
    assert!(state.iter().all(|saved| saved.done && saved.comment.ends_with("\nand more")), "{state:?}");
}

/// Two runs whose first answers are these, on a sheet of ann's.
fn away_with(texts: [&str; 2]) -> Away {
    let mut runs = two_runs();
    for (run, text) in [&mut runs.0, &mut runs.1].into_iter().zip(texts) {
        if let Outcome::Judged { answer, .. } = &mut run.records[0].outcome {
            answer.text = text.to_string();
        }
    }
    let (folder, reports) = reports(&[&runs.0, &runs.1]);
    let (sheet, key) = sheet(&[&runs.0, &runs.1], "ann");
    let exported = Exported::new(sheet, key);
    exported.keep(&reports).unwrap();
    Away { _folder: folder, reports, runs, exported }
}

#[test]
fn numbers_and_dates_are_guarded_as_texts() {
    for text in ["3.50", "2026-11-05", "5 Nov", "true", "1/2"] {
        let away = away_with([text, "no number"]);
        let table = away.table();
        assert!(table.iter().any(|row| row[5] == format!("'{text}")), "{text}");
        assert!(table.iter().any(|row| row[5] == "no number"));
        assert_eq!(away.import(&written(&table, b',')).unwrap().unchanged, table.len() - 1);
    }
}

#[test]
fn an_answer_longer_than_a_spreadsheets_cell_comes_back_cut() {
    let away = away_with([&"word ".repeat(10_000), "short"]);
    let mut rows = away.table();
    rows[1..].iter_mut().for_each(|row| fill(row, "4"));
    for row in &mut rows {
        row[5].truncate(32_767);
    }
    let away_rows = rows.len() - 1;
    let mut cut = rows.clone();
    for row in &mut cut {
        row[5].truncate(31_000);
    }
    assert!(away.refused(&written(&cut, b',')).contains("was altered"));
    assert_eq!(away.import(&written(&rows, b',')).unwrap().new, away_rows);
}

#[test]
fn line_ends_of_carriage_returns_alone_are_read() {
    let away = away();
    let mut rows = away.table();
    rows[1..].iter_mut().for_each(|row| fill(row, "4"));
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\r')).from_writer(Vec::new());
    rows.iter().for_each(|row| writer.write_record(row).unwrap());
    assert_eq!(away.import(&writer.into_inner().unwrap()).unwrap().new, 5);
}

/// As Excel writes them: a separator named on the first line, UTF-16, a Western code page, columns of the reviewer's own.
#[test]
fn what_a_spreadsheet_may_save_is_read_and_guesses_are_told() {
    let away = away();
    let mut rows = away.table();
    rows[1..].iter_mut().for_each(|row| fill(row, "4"));
    rows[1][COMMENT] = "na\u{ef}ve".into();
    rows.iter_mut().for_each(|row| row.push(String::new()));
    rows[0][CODE + 1] = "mine".into();
    rows[2][CODE + 1] = "seen".into();
    let text = String::from_utf8(written(&rows, b';')).unwrap();
    let named = format!("sep=;\r\n{text}");
    let wide: Vec<u8> = "\u{feff}".encode_utf16().chain(named.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let first = away.import(&wide).unwrap();
    assert_eq!((first.new, first.notes.len()), (5, 1));
    assert!(first.notes[0].contains("`mine` (1 record)"), "{:?}", first.notes);
    let old: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let again = away.import(&old).unwrap();
    assert_eq!((again.unchanged, again.notes.len()), (5, 2));
    assert!(again.notes[0].contains("Windows-1252") && again.notes[0].ends_with("na\u{ef}ve"), "{:?}", again.notes);
}

#[test]
fn an_older_table_takes_nothing_back() {
    let away = away();
    let mut rows = away.table();
    rows[1..].iter_mut().for_each(|row| fill(row, "4"));
    let path = away.reports.folder().join("scores.csv");
    let bytes = written(&rows, b',');
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(import(&away.reports, &path, &bytes).unwrap().new, 5);
    let pair = [&away.runs.0, &away.runs.1];
    let mut open = session(&away.reports, &pair, "ann");
    let answer = open.state()[0].answer.clone();
    let points = Criterion::ALL.map(|criterion| (criterion, 2)).into();
    let reason = Some("read again".to_string());
    open.rate(&Draft { answer, points, done: true, reason, ..Draft::default() }).unwrap();
    drop(open);
    let again = import(&away.reports, &path, &bytes).unwrap();
    assert_eq!((again.changed, again.older, again.unchanged), (0, 1, 4));
    assert_eq!(session(&away.reports, &pair, "ann").state()[0].points[&Criterion::Tone], 2);
}

#[test]
fn no_sheet_leaves_for_a_name_whose_scores_could_not_come_in() {
    let away = away();
    drop(session(&away.reports, &[&away.runs.0, &away.runs.1], "ann"));
    let keep = |name: &str| {
        let (sheet, key) = sheet(&[&away.runs.0, &away.runs.1], name);
        Exported::new(sheet, key).keep(&away.reports).map_err(|e| e.to_string())
    };
    assert!(keep("Ann").unwrap_err().contains("belongs to ann"));
    assert!(keep("\u{1b}[31mben").unwrap_err().contains("cannot be a reviewer's name"));
    assert!(keep(&"b".repeat(61)).is_err());
    keep("ben").unwrap();
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let away = away();
    let mut rows = away.table();
    rows[1][FIRST_POINTS] = "6".into();
    rows[1][FIRST_POINTS + 1] = "3.5".into();
    rows[2][FLAGS] = "worst".into();
    rows[2][5].push_str(" and better");
    rows[3][3] = "Another question".into();
    rows[4][CODE].push('0');
    let twice = rows[4].clone();
    rows[5] = twice;
    let error = away.refused(&written(&rows, b','));
    for part in [
        "scores.csv:2: accuracy is 6",
        "scores.csv:2: format is 3.5",
        "scores.csv:3: there is no flag worst",
        "scores.csv:3: the text of answer",
        "scores.csv:4: the prompt of answer",
        "scores.csv:5: the code",
        "scores.csv:6: answer",
        "stands there twice",
        "the rows of these answers are missing",
    ] {
        assert!(error.contains(part), "{part} is missing in\n{error}");
    }
}

#[test]
fn foreign_and_mangled_sheets_are_refused() {
    let away = away();
    let mut rows = away.table();
    for row in &mut rows[1..] {
        row[CODE] = format!("0123456789abcdef-{}", row[1]);
    }
    assert!(away.refused(&written(&rows, b',')).contains("was not exported from this workspace"));
    for row in &mut rows[1..] {
        row[CODE] = format!("../../../../etc/passwd-{}", row[1]);
    }
    assert!(away.refused(&written(&rows, b',')).contains("was not exported"));
    rows[1][CODE] = "0123456789abcdee-1a".into();
    assert!(away.refused(&written(&rows, b',')).contains("rows of 2 sheets are mixed"));
    assert!(away.refused(&written(&rows[1..], b',')).contains("columns are missing"));
    assert!(away.refused(&written(&rows[..1], b',')).contains("no row has its code"));
    assert!(away.refused(b"").contains("columns are missing"));
    assert!(away.refused(b"<!doctype html>").contains("Save my scores"));
    assert!(away.refused(b"PK\x03\x04\x00\xff\xfe").contains("CSV UTF-8"));
    let mut short = away.table();
    short[2].pop();
    assert!(away.refused(&written(&short, b',')).contains("scores.csv:3: this row has 13 fields, the header has 14"));
    let mut twice = away.table();
    twice[0][2] = "Code".into();
    assert!(away.refused(&written(&twice, b',')).contains("`code` stands there twice"));
}

fn scores(away: &Away, ratings: &str) -> String {
    format!(r#"{{"format": 1, "sheet": "{}", "reviewer": "ann", "ratings": [{ratings}]}}"#, away.exported.sheet.id)
}

const FOURS: &str = r#"{"accuracy": 4, "format": 4, "relevance": 4, "completeness": 4, "tone": 4}"#;

#[test]
fn the_pages_scores_come_in_once_and_the_newest_stays() {
    let away = away();
    let at = |day: u32, comment: &str| {
        let rating = format!(
            r#"{{"answer": "1a", "points": {FOURS}, "comment": "{comment}", "done": true, "at": "2026-11-0{day}T10:00:00Z"}}"#
        );
        away.import(scores(&away, &rating).as_bytes()).unwrap()
    };
    assert_eq!(at(2, "first").new, 1);
    assert_eq!(at(2, "first").unchanged, 1);
    assert_eq!(at(3, "second").changed, 1);
    assert_eq!(at(2, "first").older, 1);
    let session = session(&away.reports, &[&away.runs.0, &away.runs.1], "ann");
    assert_eq!(session.state()[0].comment, "second");
    assert_eq!(session.state()[0].at.unwrap().to_string(), "2026-11-03T10:00:00Z", "when it was judged");
}

#[test]
fn scores_that_were_altered_are_refused() {
    let away = away();
    let refused = |text: String, part: &str| {
        let error = away.refused(text.as_bytes());
        assert!(error.contains(part), "{part} is missing in\n{error}");
    };
    let rating = |answer: &str, more: &str| format!(r#"{{"answer": "{answer}", "points": {FOURS}{more}}}"#);
    refused(scores(&away, &rating("99a", "")), "no answer 99a");
    refused(scores(&away, &format!("{0}, {0}", rating("1a", ""))), "stands there twice");
    refused(scores(&away, &rating("1a", r#", "verdict": 5"#)), "these are no scores");
    refused(scores(&away, &rating("1a", "").replace("4}", "9}")), "9 points for tone");
    refused(scores(&away, &rating("1a", "")).replace("\"ann\"", "\"ben\""), "the sheet is that of ann");
    refused(scores(&away, "").replace(&away.exported.sheet.id, "0000000000000000"), "was not exported");
    refused(scores(&away, "").replace("\"format\": 1", "\"format\": 2"), "newer pmtune");
    refused("{".into(), "these are no scores");
    let pair = away.exported.sheet.items.iter().find(|item| item.answers.len() == 2).unwrap();
    let both = pair.answers.iter().map(|a| rating(&a.id, r#", "flags": ["best"]"#)).collect::<Vec<_>>().join(", ");
    refused(scores(&away, &both), "are flagged best");
}

#[test]
fn a_kept_sheet_that_was_altered_is_refused() {
    let away = away();
    let id = &away.exported.sheet.id;
    let path = place(&away.reports.folder().join("run-one"), id);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("a story first", "a story fifth", 1)).unwrap();
    assert!(away.refused(scores(&away, "").as_bytes()).contains("was altered"));
    std::fs::write(&path, "{").unwrap();
    assert!(away.refused(scores(&away, "").as_bytes()).contains("export the sheet again"));
}

thread_local! {
    static AWAY: RefCell<Away> = RefCell::new(away());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), text in any::<String>()) {
        AWAY.with_borrow(|away| {
            let _ = away.import(&bytes);
            let _ = away.import(text.as_bytes());
            let _ = away.import(scores(away, &text).as_bytes());
        });
    }

    /// Whatever is done to a sheet, it is refused, or what it says is within the rubric and about answers of the sheet.
    #[test]
    fn a_mutilated_table_is_refused_or_says_nothing_strange(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        AWAY.with_borrow(|away| {
            let mut rows = away.table();
            rows[1..].iter_mut().for_each(|row| fill(row, "3"));
            let mut bytes = written(&rows, b',');
            for (place, byte) in cuts {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            if let Ok((exported, judgements, _)) = read(&bytes, Path::new("x.csv"), |id| Exported::find(&away.reports, id)) {
                assert_eq!(exported.sheet.id, away.exported.sheet.id);
                assert_eq!(judgements.len(), 5);
                assert!(judgements.iter().flat_map(|j| j.draft.points.values()).all(|p| (1..=5).contains(p)));
            }
        });
    }
}
