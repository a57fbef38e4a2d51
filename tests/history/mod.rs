//! Nine months of a line of versions, from runs on disk to the table, the page and the file for spreadsheets.

pub mod fixture;

use assert_cmd::Command;
use engine::generate::Json;
use fixture::{DOMAIN, FORMAT, PLANS, SECRET};
use pmtune::check::Criterion;
use pmtune::compare::{Finding, Settings};
use pmtune::history::{Group, History, Kind, Line, Source, Standing, belongs, history, log};
use pmtune::review::gather;
use pmtune::run::Reports;
use pmtune::suite::Split;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

fn workspace() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fixture::write(root.path());
    root
}

fn sources(root: &Path) -> Vec<Source> {
    let reports = Reports::new(root.join("reports"));
    let line = Line("PM-General".into());
    let runs = reports.list().unwrap().runs;
    let runs = runs.iter().filter(|m| m.finished.is_some() && belongs(&line, &m.version.name));
    runs.map(|manifest| {
        let run = reports.load(&manifest.id).unwrap();
        let ratings = gather(&reports, &run).unwrap();
        Source { run, ratings }
    })
    .collect()
}

fn settings() -> Settings {
    Settings { resamples: 1000, ..Settings::default() }
}

fn made(root: &Path) -> (Vec<Source>, History) {
    let sources = sources(root);
    let history = history(&sources, &Line("PM-General".into()), &settings());
    (sources, history)
}

fn category(name: &str) -> Group {
    Group::Category(name.into())
}

#[test]
fn a_change_of_the_ruler_is_marked_in_words_and_ends_a_segment() {
    let root = workspace();
    let (_, history) = made(root.path());
    assert_eq!(history.runs.len(), PLANS.len());
    let all = history.find(Split::HeldOut, &Group::All, Kind::Score).unwrap();
    let segments: Vec<usize> = all.points.iter().map(|point| point.segment).collect();
    assert_eq!(segments, [1, 1, 1, 1, 2, 3, 3, 3], "the leaked case is a dev case");
    let changes: Vec<(usize, &str)> = all.breaks.iter().map(|b| (b.run, b.change.as_str())).collect();
    assert_eq!(
        changes,
        [(
            5,
            "1 case added to format-consistency; checks changed for 2 cases: domain-knowledge/held-out-03, \
             domain-knowledge/held-out-05"
        )]
    );
    let dev = history.find(Split::Dev, &category(DOMAIN), Kind::PassRate).unwrap();
    let changes: Vec<(usize, &str)> = dev.breaks.iter().map(|b| (b.run, b.change.as_str())).collect();
    assert_eq!(
        changes,
        [
            (5, "checks changed for 1 case: domain-knowledge/dev-04"),
            (7, "1 case set apart because the training data gives them away: domain-knowledge/dev-00"),
        ]
    );
    assert_eq!(dev.points.last().unwrap().n, 19, "what leaked counts for nothing");
    let format = history.find(Split::Dev, &category(FORMAT), Kind::PassRate).unwrap();
    assert_eq!(format.breaks.len(), 1);
}

#[test]
fn part_of_the_cases_stands_apart_and_an_earlier_run_of_a_version_gives_way() {
    let root = workspace();
    let (_, history) = made(root.path());
    let all = history.find(Split::Dev, &Group::All, Kind::PassRate).unwrap();
    let standing: Vec<Standing> = all.points.iter().map(|point| point.standing).collect();
    use Standing::{Current, Partial, Superseded};
    assert_eq!(standing, [Current, Superseded, Current, Current, Partial, Current, Current, Current]);
    assert!(all.breaks.iter().all(|b| b.run != 4), "a run of five cases is no change of the suite");
    assert_eq!(all.points[4].n, 3);
}

#[test]
fn peoples_points_know_their_reviewers_and_never_hold_a_judges() {
    let root = workspace();
    let (_, history) = made(root.path());
    let people = history.find(Split::HeldOut, &Group::Criterion(Criterion::Tone), Kind::People).unwrap();
    // Those of June hold for the same answers of April and May too.
    assert_eq!(people.points.iter().map(|point| point.run).collect::<Vec<_>>(), [3, 4, 5, 6, 7]);
    assert!(people.points.iter().all(|point| point.value >= 3.0), "{people:?}");
    let changes: Vec<(usize, &str)> = people.breaks.iter().map(|b| (b.run, b.change.as_str())).collect();
    let added = "1 case added to format-consistency";
    assert_eq!(changes, [(5, added), (7, "judged by Ann instead of Ann, Bo")], "other checks are nothing to people");
}

#[test]
fn the_log_compares_only_what_was_measured_alike_and_names_dev_cases_only() {
    let root = workspace();
    let (sources, history) = made(root.path());
    let examples = BTreeMap::from([(FORMAT.to_string(), 7)]);
    let log = log(&sources, &history, &examples, &settings()).unwrap();
    assert_eq!((log.version.as_str(), log.label.as_str()), ("PM-General-v4", "v4"));
    let task = |name: &str| log.tasks.iter().find(|task| task.name == name).unwrap();
    let format = task(FORMAT);
    assert_eq!(format.trend.words, "too few cases to tell from v3");
    assert_eq!(format.trend.finding, Some(Finding::TooFewCases));
    assert_eq!(format.needs, ["only 7 training examples"]);
    let domain = task(DOMAIN);
    assert!(domain.trend.words.ends_with("v3"), "{:?}", domain.trend);
    assert_eq!(domain.needs[0], "passes 8 of 19 dev cases");
    assert!(domain.needs[1].starts_with("fewer than 3 of 4 checks pass: accuracy"), "{:?}", domain.needs);
    assert_eq!(log.tasks[0].name, DOMAIN, "the lowest rate first");
    for task in &log.tasks {
        assert!(!task.failing.is_empty() && task.failing.iter().all(|case| case.contains("/dev-")), "{task:?}");
    }
    assert_eq!(domain.failing.len(), 11);
    assert_eq!(domain.failed_checks[0].1.of, 19);
}

#[test]
fn a_real_improvement_is_called_one() {
    let root = workspace();
    let mut sources = sources(root.path());
    sources.pop();
    let history = history(&sources, &Line("PM-General".into()), &settings());
    let log = log(&sources, &history, &BTreeMap::new(), &settings()).unwrap();
    assert_eq!(log.label, "v3");
    let format = log.tasks.iter().find(|task| task.name == FORMAT).unwrap();
    assert_eq!((format.trend.finding, format.trend.words.as_str()), (Some(Finding::Improved), "better than v2"));
    assert!(log.overall.unwrap().words.ends_with("v2"));
}

/// The history after `change` was made to the sources.
fn changed(root: &Path, change: impl FnOnce(&mut Vec<Source>)) -> History {
    let mut sources = sources(root);
    change(&mut sources);
    history_of(&sources)
}

fn dev(history: &History) -> &pmtune::history::Series {
    history.find(Split::Dev, &Group::All, Kind::PassRate).unwrap()
}

#[test]
fn a_suite_that_comes_back_was_left_out_and_one_that_does_not_is_a_change() {
    let root = workspace();
    let drop_suite = |source: &mut Source| {
        source.run.records.retain(|record| record.category == FORMAT);
        source.run.manifest.suites.retain(|suite| suite.name == FORMAT);
    };
    let between = changed(root.path(), |sources| drop_suite(&mut sources[3]));
    assert_eq!(dev(&between).points[3].standing, Standing::Partial);
    assert_eq!(between.find(Split::Dev, &category(FORMAT), Kind::Score).unwrap().points[3].standing, Standing::Current);
    let last = changed(root.path(), |sources| drop_suite(&mut sources[7]));
    let change = dev(&last).breaks.last().unwrap();
    assert_eq!((change.run, change.change.as_str()), (7, "20 cases of domain-knowledge removed or not asked"));
}

#[test]
fn every_sort_of_change_is_told_in_words() {
    let root = workspace();
    type Change = fn(&mut Source);
    let changes: [(Change, &str); 6] = [
        (|s| s.run.records[2].prompt.push('!'), "prompts changed for 1 case: format-consistency/dev-02"),
        (|s| s.run.records[2].weight = 2.0, "weights changed for 1 case: format-consistency/dev-02"),
        (
            |s| s.run.records[2].split = Split::HeldOut,
            "1 case moved between dev and held-out: format-consistency/dev-02",
        ),
        (|s| s.run.manifest.version.sampling.temperature = 0.7, "sampling changed: temperature 0.0 → 0.7"),
        (|s| s.run.manifest.version.sampling.json = Json::Object, "sampling changed: json off → any object"),
        (|s| s.run.manifest.version.template = Some("other".into()), "the chat template changed"),
    ];
    for (change, words) in changes {
        let history = changed(root.path(), |sources| change(&mut sources[6]));
        let found = dev(&history).breaks.iter().find(|b| b.run == 6).unwrap();
        assert_eq!(found.change, words);
        let segments: Vec<usize> = dev(&history).points.iter().map(|point| point.segment).collect();
        assert_ne!(segments[5], segments[6]);
    }
}

#[test]
fn a_ruler_that_returns_is_the_old_one_and_another_model_of_one_name_is_no_repeat() {
    let root = workspace();
    let mut plain = sources(root.path());
    plain.truncate(4);
    plain[2].run.records[2].prompt.push('!');
    let history = history_of(&plain);
    let points = &dev(&history).points;
    assert_eq!(points.iter().map(|point| point.segment).collect::<Vec<_>>(), [1, 1, 2, 1]);
    assert_eq!(dev(&history).breaks.len(), 2, "a change there and a change back");
    let mut plain = sources(root.path());
    plain[1].run.manifest.version.adapter = Some("an older one".into());
    let history = history_of(&plain);
    assert_eq!(dev(&history).points[1].standing, Standing::Current);
    assert_eq!(history.runs[1].remarks, ["PM-General-v1 was another model then than it is now"]);
}

fn history_of(sources: &[Source]) -> History {
    history(sources, &Line("PM-General".into()), &settings())
}

/// What the program prints, and where.
fn pmtune(root: &Path, args: &[&str]) -> std::process::Output {
    Command::cargo_bin("pmtune")
        .unwrap()
        .current_dir(root)
        .env_remove("PMTUNE_WORKSPACE")
        .env("TZ", "UTC")
        .args(args)
        .output()
        .unwrap()
}

#[test]
fn the_command_prints_a_table_and_writes_a_page_a_text_and_rows() {
    let root = workspace();
    let output = pmtune(root.path(), &["history", "--csv", "history.csv"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::with_settings!({snapshot_path => "."}, { insta::assert_snapshot!("terminal", text) });
    assert!(String::from_utf8_lossy(&output.stderr).contains("2026-09-09-1200-PM-General-v3 is not finished"));
    let read = |path: &str| std::fs::read_to_string(root.path().join(path)).unwrap();
    insta::with_settings!({snapshot_path => "."}, { insta::assert_snapshot!("markdown", read("reports/history.md")) });
    page(&read("reports/history.html"));
    rows(&read("history.csv"));
}

fn page(page: &str) {
    assert!(page.contains("default-src 'none'") || page.contains("default-src &#39;none&#39;"));
    assert!(!page.contains("<script"), "the page needs no script");
    // Two over all cases, two tasks, two criteria by checks, five by people.
    assert_eq!(page.matches("<svg ").count(), 11);
    // No dev run needs more data by a held-out case.
    let needs = page.split("id=\"needs\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(needs.contains("dev-04") && !needs.contains(SECRET), "{needs}");
    for part in ["[1]", "1 case added to format-consistency", "judged by Ann instead of Ann, Bo", "26-08-20", "target"]
    {
        assert!(page.contains(part), "{part}");
    }
}

fn rows(text: &str) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
    let wanted = "date,run,version,half,group,kind,value,low,high,n,segment,change,standing";
    assert_eq!(names.join(","), wanted);
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/history.md")).unwrap();
    assert!(names.iter().all(|name| docs.contains(&format!("| `{name}` |"))), "docs/history.md explains each column");
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let number = |row: &csv::StringRecord, at: usize| row[at].parse::<f64>().unwrap();
    for row in &rows {
        assert!(number(row, 7) <= number(row, 6) && number(row, 6) <= number(row, 8), "{row:?}");
    }
    // For each of eight runs and two halves: all and two categories, each rate and score, and two criteria. The run of
    // five cases has no case of one category, nor its criterion, in either half. Then people: five runs.
    assert_eq!(rows.len(), 8 * 2 * (3 * 2 + 2) - 2 * 3 + 5 * 2 * 5);
    let overall = rows.iter().find(|row| &row[1] == "2026-04-10-1200-PM-General-v2" && &row[4] == "all").unwrap();
    assert_eq!((&overall[3], &overall[5], &overall[9], &overall[12]), ("held-out", "pass-rate", "40", "current"));
}

#[test]
fn names_that_spreadsheets_or_terminals_would_act_on_are_inert() {
    let root = workspace();
    let path = root.path().join("reports/2026-10-02-1200-PM-General-v4/results.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let hostile = "\"category\":\"=cmd()\\u001b[31m<script>alert(1)</script>\"";
    std::fs::write(&path, text.replace("\"category\":\"format-consistency\"", hostile)).unwrap();
    let output = pmtune(root.path(), &["history", "--csv", "h.csv"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stdout).contains('\u{1b}'));
    let table = std::fs::read_to_string(root.path().join("h.csv")).unwrap();
    assert!(table.contains("'=cmd()") && !table.contains(",=cmd") && !table.contains('\u{1b}'));
    let page = std::fs::read_to_string(root.path().join("reports/history.html")).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
}

#[test]
fn other_lines_are_named_and_a_model_stands_for_itself() {
    let root = workspace();
    let output = pmtune(root.path(), &["history", "--line", "PM-Special"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("no finished run of PM-Special") && text.contains("PM-General-v3"), "{text}");
    let output = pmtune(root.path(), &["history", "--line", "openai:http://127.0.0.1:1#other", "--half", "dev"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_narrow_terminal_breaks_no_figure() {
    let root = workspace();
    let (sources, history) = made(root.path());
    let log = log(&sources, &history, &BTreeMap::new(), &settings()).unwrap();
    let report = pmtune::report::HistoryReport::new(&history, &log, Split::HeldOut).unwrap();
    for width in [40, 60, 80] {
        let text = report.terminal(width, false);
        assert!(text.lines().all(|line| line.chars().count() <= width), "{width}: {text}");
        let runs = text.split("Runs\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
        let head = runs.lines().next().unwrap();
        assert!(head.contains("version") && head.contains("passed"), "{width}: {runs}");
        assert!(runs.contains("2026-0") || runs.contains("26-0"), "{width}: {runs}");
        let range = |line: &str| line.matches('(').count() == line.matches(')').count();
        assert!(runs.lines().all(range), "{width}: {runs}");
    }
}
