use super::fixture::{Fixture, HOSTILE, fixture, large, rated};
use super::*;
use crate::compare::{Comparison, MoverKind};
use crate::run::{Outcome, Record, Run, Weights};
use proptest::prelude::*;

const STYLE: &str = include_str!("templates/report.css");
const SCRIPT: &str = include_str!("templates/report.js");

fn report(f: &Fixture) -> Report {
    Report::of_comparison(&f.comparison, &f.a, &f.b, &f.extras()).unwrap()
}

/// Of the newer run alone.
fn report_b(f: &Fixture) -> Report {
    Report::of_run(&f.b, 0.95, &f.extras_b()).unwrap()
}

/// Of one run, of which nothing else is known.
fn bare(run: &Run) -> Report {
    Report::of_run(run, 0.95, &Extras::default()).unwrap()
}

fn html(f: &Fixture) -> String {
    report(f).html().unwrap()
}

fn markdown(f: &Fixture) -> String {
    report(f).markdown().unwrap()
}

/// Every tag of a page as (name, attributes). Panics at anything that is not text, one of our own tags or a well-formed
/// attribute, so text that escaped its place can't go unseen.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let page = page.replacen(&format!("<style>{STYLE}</style>"), "", 1);
    let page = page.replacen(&format!("<script>{SCRIPT}</script>"), "", 1);
    let tag =
        regex::Regex::new(r#"^</?([a-z][a-z0-9]*)((?:\s+[a-zA-Z][a-zA-Z-]*(?:="[^"<>]*")?)*)\s*/?>|^<!doctype html>"#)
            .unwrap();
    let attribute = regex::Regex::new(r#"([a-zA-Z][a-zA-Z-]*)(?:="([^"]*)")?"#).unwrap();
    let mut found = Vec::new();
    for (at, _) in page.match_indices('<') {
        let rest = &page[at..];
        let shown: String = rest.chars().take(80).collect();
        let groups = tag.captures(rest).unwrap_or_else(|| panic!("not one of our tags: {shown}"));
        let Some(name) = groups.get(1) else { continue };
        let attributes = attribute
            .captures_iter(&groups[2])
            .map(|g| (g[1].to_string(), g.get(2).map(|v| v.as_str().to_string()).unwrap_or_default()))
            .collect();
        found.push((name.as_str().to_string(), attributes));
    }
    found
}

fn assert_inert(page: &str) {
    for (name, attributes) in tags(page) {
        for bad in ["script", "style", "img", "iframe", "object", "embed", "link", "base", "form", "audio", "video"] {
            assert_ne!(name, bad, "a second {bad} element");
        }
        for (attribute, value) in attributes {
            assert!(!attribute.starts_with("on"), "an event handler: {attribute}={value}");
            assert!(!["src", "style", "action", "srcdoc", "formaction", "background"].contains(&attribute.as_str()));
            if attribute.contains("href") {
                assert!(value.starts_with('#'), "a link out: {value}");
            }
        }
    }
    assert!(page.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()), "a control character");
    assert!(!page.contains('\u{202e}'), "a right-to-left override");
}

#[test]
fn hostile_output_is_inert_in_html() {
    let f = fixture();
    for page in [html(&f), report_b(&f).html().unwrap()] {
        assert!(page.contains("alert(1)"), "the hostile answer is not in the page at all");
        assert_inert(&page);
        // A template inside an answer stays what it is.
        assert!(page.contains("{{ 7*7 }}"));
    }
}

/// A large report without what it holds packed, and the HTML of the packed cases.
fn unpacked(page: &str) -> (String, Vec<String>) {
    let index = regex::Regex::new("<script type=\"application/json\" id=\"rest\">[^<]*</script>").unwrap();
    let block = regex::Regex::new("<script type=\"text/plain\" class=\"packed\">([A-Za-z0-9+/=]*)</script>").unwrap();
    let cases = block.captures_iter(page).flat_map(|found| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&decode(&found[1])[..]), &mut text).unwrap();
        serde_json::from_str::<Vec<String>>(&text).unwrap()
    });
    let cases = cases.collect();
    (block.replace_all(&index.replace(page, ""), "").into_owned(), cases)
}

#[test]
fn the_packed_cases_of_a_large_report_are_all_there_and_as_inert_as_the_others() {
    let f = large(26);
    let page = html(&f);
    assert_eq!(page, html(&f), "the same bytes again");
    let (here, packed) = unpacked(&page);
    assert_eq!((here.matches("<details class=\"case\"").count(), packed.len()), (100, f.comparison.cases.len() - 100));
    assert_inert(&here);
    packed.iter().for_each(|case| assert_inert(case));
    assert!(packed.iter().any(|case| case.contains("alert(1)")), "the hostile answers are among them");
    for (place, case) in packed.iter().enumerate() {
        assert!(case.contains(&format!("id=\"case-{}\"", place + 101)));
    }
    // What fails stands in the page, what passes may be packed.
    assert!(here.contains("data-status=\"regressed\"") && packed.last().unwrap().contains("data-status=\"pass\""));
}

#[test]
fn the_policy_allows_our_style_and_script_by_their_hashes_and_nothing_else() {
    use sha2::{Digest, Sha256};
    let page = html(&fixture());
    assert_eq!(page.matches("<style>").count(), 1);
    assert_eq!(page.matches("<script>").count(), 1);
    let between = |open: &str, close: &str| page.split(open).nth(1).unwrap().split(close).next().unwrap().to_string();
    let policy = between("Content-Security-Policy\" content=\"", "\">").replace("&#39;", "'");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    for (open, close) in [("<style>", "</style>"), ("<script>", "</script>")] {
        let hash: [u8; 32] = Sha256::digest(between(open, close)).into();
        let listed =
            policy.split('\'').filter_map(|part| part.strip_prefix("sha256-")).any(|code| decode(code) == hash);
        assert!(listed, "the hash of {open} is not in {policy}");
    }
}

/// Base 64 back to bytes, written apart from the encoder it checks.
fn decode(code: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: String = code.trim_end_matches('=').bytes().map(|c| format!("{:06b}", value(c))).collect();
    bits.as_bytes().chunks_exact(8).map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap()).collect()
}

#[test]
fn held_out_comes_first_and_flips_stand_above_the_cases() {
    let page = html(&fixture());
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(place("v2 is better than v1") < place("id=\"flips\""));
    assert!(place("id=\"flips\"") < place("id=\"held-out\""));
    assert!(place("id=\"held-out\"") < place("id=\"dev\""));
    assert!(place("id=\"dev\"") < place("id=\"cases\""));
    assert!(page.contains("The claim rests on them alone."));
    for said in ["answer reused from an earlier run", "cut off at the longest length", "empty answer", "9000 tokens"] {
        assert!(page.contains(said), "{said}");
    }
    // Likelihoods −2.5, −0.5 and −4.0 make 12 %, 86 % and 3 % among the three choices.
    assert!(page.contains("DAU/MAU <span class=\"mark\">picked</span> <span class=\"mark right\">✓ right</span>"));
    assert!(page.contains(">86\u{a0}%</td>"), "the probability of the picked choice");
    assert!(page.contains("<del>") && page.contains("<ins>"), "a word diff");
}

#[test]
fn every_flip_leads_to_its_case() {
    let f = fixture();
    let page = html(&f);
    for flip in &f.comparison.flips {
        let link = format!("\">{}</a>", flip.case);
        let before = page.split(&link).next().unwrap();
        let anchor = before.rsplit("href=\"#").next().unwrap();
        let case = page.split(&format!("id=\"{anchor}\"")).nth(1).unwrap();
        assert!(case.split("</summary>").next().unwrap().contains(&format!("<strong>{}</strong>", flip.case)));
    }
}

#[test]
fn drawings_have_words_for_those_who_do_not_see_them() {
    let page = html(&fixture());
    let drawings: Vec<&str> = page.split("<figure>").skip(1).collect();
    assert_eq!(drawings.len(), 4, "three of the comparison, one of v2's training");
    for drawing in drawings {
        assert!(drawing.contains("role=\"img\"") && drawing.contains("<title>") && drawing.contains("<desc>"));
        assert!(!drawing.split("</figure>").next().unwrap().contains("fill=\"#"), "a colour that ignores dark mode");
    }
    let spread = "5 cases scored higher, 1 case lower, 1 case about the same.";
    assert!(page.contains(spread), "the distribution in words");
}

#[test]
fn a_training_is_drawn_and_told_only_where_there_was_one() {
    let mut f = fixture();
    let told = "The training loss was 1.75 in the first epoch";
    assert!(html(&f).contains("Loss while v2 was trained") && html(&f).contains(told), "{}", markdown(&f));
    assert!(report_b(&f).html().unwrap().contains("Loss while v2 was trained"));
    assert!(report_b(&f).markdown().unwrap().contains(told));
    f.trainings.clear();
    for page in [html(&f), markdown(&f), report_b(&f).html().unwrap(), report_b(&f).markdown().unwrap()] {
        assert!(!page.contains("training\"") && !page.contains("### Training"));
    }
}

#[test]
fn two_trainings_have_one_scale() {
    let mut f = fixture();
    let low = super::fixture::training(&[0.9, 0.8, 0.7, 0.6], &[1.0, 0.8, 0.7]);
    f.trainings.push(Training { label: "v1".to_string(), entries: low });
    let page = html(&f);
    // The marks of the loss axis are written before its name.
    let marks = |of: &str| {
        let drawing = page.split(&format!("<figcaption>Loss while {of} was trained")).nth(1).unwrap();
        let number = regex::Regex::new(r">\n([\d.]+)\n</text>").unwrap();
        let axis = drawing.split(">\nloss\n").next().unwrap();
        number.captures_iter(axis).map(|n| n[1].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(marks("v2"), ["0", "1", "2", "3"]);
    assert_eq!(marks("v1"), marks("v2"));
}

#[test]
fn two_bases_are_told_with_what_each_costs() {
    let mut f = fixture();
    assert!(!markdown(&f).contains("Two bases"));
    let weights = |name: &str, bytes| Some(Weights { name: name.to_string(), bytes });
    let (a, b) = (&mut f.comparison.a.run.version, &mut f.comparison.b.run.version);
    (a.weights, b.weights) = (weights("small", 98_000_000), weights("large", 1_100_000_000));
    b.base = "ba".repeat(32);
    let text = markdown(&f);
    let told = text.lines().find(|line| line.contains("compares bases as well")).unwrap_or_default();
    for words in ["v1 on small (98.0 MB of weights, ", "v2 on large (1.1 GB of weights, ", " tokens an answer at "] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn nothing_is_said_of_people_where_nobody_rated() {
    let f = fixture();
    let pages = [html(&f), markdown(&f), report_b(&f).html().unwrap(), bare(&f.b).terminal(80, false)];
    for page in pages {
        assert!(
            !page.contains("What people say") && !page.contains("id=\"people\"") && !page.contains("class=\"said\"")
        );
    }
}

#[test]
fn people_stand_beside_the_checks_and_a_judge_apart() {
    let f = rated();
    for page in [html(&f), report_b(&f).html().unwrap()] {
        assert_inert(&page);
        let people = page.split("id=\"people\"").nth(1).unwrap().split("</section>").next().unwrap();
        assert!(
            people.contains("Checks passed, same answers") && people.contains("judge model, not a person"),
            "{people}"
        );
        assert!(people.contains("Points for"), "the drawing");
        assert!(people.contains("never mixed in"));
        // Each answer's own ratings, with the comment as text.
        assert!(page.contains("<strong>ann</strong> <span class=\"points\">accuracy"), "{page}");
        assert!(page.contains("judge-1 (judge model, not a person)"));
        assert!(page.contains("Names no measure; ask for one | @ben"));
    }
    let page = html(&f);
    assert!(page.contains("is called the better answer in"), "the preference");
    assert!(page.contains("compared with themselves first"));
}

#[test]
fn people_in_markdown_and_in_the_terminal() {
    let f = rated();
    insta::assert_snapshot!("people_markdown_of_a_run", report_b(&f).markdown().unwrap());
    let people =
        |text: String| text.split_once("What people say").map(|(_, rest)| rest.to_string()).unwrap_or_default();
    insta::assert_snapshot!("people_markdown_of_a_comparison", people(markdown(&f)));
    let table = report(&f).terminal(80, false);
    insta::assert_snapshot!("people_comparison_80", people(table));
    insta::assert_snapshot!("people_run_80", people(report_b(&f).terminal(80, false)));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (one, two) = (fixture(), fixture());
    assert_eq!(html(&one), html(&two));
    assert_eq!(markdown(&one), markdown(&two));
    assert_eq!(report_b(&one).html().unwrap(), report_b(&two).html().unwrap());
}

#[test]
fn markdown_of_a_comparison() {
    insta::assert_snapshot!(markdown(&fixture()));
}

#[test]
fn markdown_of_a_run() {
    insta::assert_snapshot!(report_b(&fixture()).markdown().unwrap());
}

#[test]
fn terminal_at_60_80_and_120_columns() {
    let f = fixture();
    for width in [60, 80, 120] {
        insta::assert_snapshot!(format!("comparison_{width}"), report(&f).terminal(width, false));
    }
    insta::assert_snapshot!("run_80", bare(&f.b).terminal(80, false));
}

#[test]
fn terminal_lines_fit_and_carry_no_control_characters() {
    let mut f = large(4);
    f.rate("ann \u{1b}[2J with a name much longer than a column of any table could be wide", "\u{1b}[31mred");
    for width in [40, 60, 80, 120] {
        for text in [report(&f).terminal(width, false), report_b(&f).terminal(width, false)] {
            assert!(text.ends_with('\n'));
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
            }
        }
    }
    let text = report(&f).terminal(80, false);
    assert!(text.contains("and 14 more, see the report"), "{text}");
}

#[test]
fn colour_changes_the_look_and_not_the_words() {
    let f = fixture();
    let plain = report(&f).terminal(80, false);
    let coloured = report(&f).terminal(80, true);
    assert!(coloured.contains("\u{1b}["));
    let codes = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    assert_eq!(words(&codes.replace_all(&coloured, "")), words(&plain));
}

#[test]
fn markdown_fits_a_comment_and_lets_nothing_through() {
    let mut f = large(40);
    for record in f.a.records.iter_mut().chain(&mut f.b.records) {
        make_hostile(record, HOSTILE);
    }
    f.comparison.warnings = vec![HOSTILE.repeat(20); 30];
    f.rate(HOSTILE, HOSTILE);
    let text = markdown(&f);
    assert!(text.chars().count() < 65_000, "{}", text.chars().count());
    assert!(markdown(&fixture()).chars().count() < 6_000);
    let mut fence = None;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        if ticks >= 3 && fence.is_none() {
            fence = Some(ticks);
        } else if fence == Some(ticks) && line.trim_start_matches('`').is_empty() {
            fence = None;
        } else if fence.is_none() {
            for bad in ["<script", "<img", "<svg", "@o", "#1", "https://"] {
                assert!(!line.contains(bad), "{bad} in {line}");
            }
            assert!(!line.replace("\\]", "").contains("]("), "a link in {line}");
            if line.starts_with('|') {
                let cells = line.replace("\\|", "").matches('|').count();
                assert!((5..=7).contains(&cells), "{cells} cell borders in {line}");
            }
        }
    }
    assert_eq!(fence, None, "a fence is left open");
}

fn make_hostile(record: &mut Record, text: &str) {
    record.prompt = text.to_string();
    record.reference = Some(text.to_string());
    record.tags = vec![text.to_string()];
    match &mut record.outcome {
        Outcome::Error { message } => *message = text.to_string(),
        Outcome::Judged { answer, verdicts, .. } | Outcome::Unscored { answer, verdicts, .. } => {
            answer.text = text.to_string();
            for choice in &mut answer.likelihoods {
                choice.text = text.to_string();
            }
            for judged in verdicts {
                judged.check = text.to_string();
                judged.verdict = crate::check::Verdict::fail(text);
            }
        }
    }
}

/// Puts `text` in every place of a comparison that a model or a person fills.
fn hostile_everywhere(text: &str) -> Fixture {
    let mut f = fixture();
    for record in f.a.records.iter_mut().chain(&mut f.b.records) {
        make_hostile(record, text);
        record.category = text.to_string();
    }
    let Comparison { a, b, warnings, differences, held_out, dev, flips, cases, suites, .. } = &mut f.comparison;
    for side in [a, b] {
        side.label = text.to_string();
        side.run.version.name = text.to_string();
        side.run.version.system = Some(text.to_string());
        side.run.version.examples[0].content = text.to_string();
        side.run.version.sampling.stop = vec![text.to_string()];
    }
    *warnings = vec![text.to_string()];
    *differences = vec![text.to_string()];
    for half in [held_out, dev] {
        half.overall.words = text.to_string();
        half.categories[0].name = text.to_string();
        half.categories[0].words = text.to_string();
        let test = half.checks["user-story"].clone();
        half.checks.insert(text.to_string(), test);
        for mover in half.movers.iter_mut().filter(|mover| mover.kind == MoverKind::Check) {
            mover.name = text.to_string();
        }
    }
    for flip in flips {
        flip.checks = vec![text.to_string()];
        flip.category = text.to_string();
    }
    for case in cases {
        case.category = text.to_string();
    }
    suites[0].description = text.to_string();
    f.trainings[0].label = text.to_string();
    f.rate(text, text);
    f
}

#[test]
fn hostile_text_is_inert_wherever_it_stands() {
    let f = hostile_everywhere(HOSTILE);
    assert_inert(&html(&f));
    assert_inert(&Report::of_run(&f.a, 0.95, &f.extras_b()).unwrap().html().unwrap());
    for line in report(&f).terminal(80, false).lines() {
        assert!(line.chars().all(|c| !c.is_control()), "{line:?}");
    }
}

#[test]
fn nothing_to_report_is_said_and_does_not_fail() {
    let mut f = fixture();
    for half in [&mut f.comparison.held_out, &mut f.comparison.dev] {
        half.overall.cases = 0;
        half.categories.clear();
    }
    f.comparison.cases.clear();
    f.comparison.flips.clear();
    let empty = |run: &Run| Run { records: Vec::new(), ..run.clone() };
    let (a, b) = (empty(&f.a), empty(&f.b));
    let compared = Report::of_comparison(&f.comparison, &a, &b, &Extras::default()).unwrap();
    assert_inert(&compared.html().unwrap());
    assert!(compared.markdown().unwrap().contains("No case was lost."));
    assert!(compared.terminal(80, false).contains("v2 is better"));
    assert!(bare(&a).html().unwrap().contains("no judged answers yet"));
    assert!(bare(&a).terminal(80, false).contains("no judged answers yet"));
}

#[test]
fn a_single_run_shows_failing_cases_first() {
    let f = fixture();
    let page = report_b(&f).html().unwrap();
    let fails = page.rfind("data-status=\"fail\"").unwrap();
    let passes = page.find("data-status=\"pass\"").unwrap();
    assert!(fails < passes);
    assert!(bare(&f.a).terminal(80, false).contains("1 case could not be answered"));
}

/// One answer that no check could score, and one case answered three times, passing twice.
#[test]
fn what_has_no_score_is_listed_and_repeats_are_told_in_every_form() {
    let mut run = fixture().b;
    let answer = run.records[0].outcome.answer().unwrap().clone();
    run.records[0].outcome = Outcome::Unscored { answer, verdicts: Vec::new(), reused: false };
    let (failing, passing) = (run.records[4].outcome.clone(), run.records[2].outcome.clone());
    for (repeat, outcome) in [(1, failing), (2, passing)] {
        run.records.push(Record { repeat, outcome, ..run.records[2].clone() });
    }
    let report = Report::of_run(&run, 0.9, &Extras::default()).unwrap();
    let (html, markdown, terminal) = (report.html().unwrap(), report.markdown().unwrap(), report.terminal(100, false));
    for text in [&html, &markdown, &terminal] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("1 case could not be scored") && text.contains("format/user-story"), "{text}");
        assert!(text.contains("90 % interval"), "the confidence is the caller's: {text}");
    }
    for text in [&html, &markdown] {
        let told =
            "Of 3 answers to a case at least one passes for 100\u{a0}%, every one for 0\u{a0}%; 1 case is flaky.";
        assert!(text.contains(told), "{text}");
    }
    assert!(html.contains("<strong>– not scored</strong> · score –"), "and not called a failure");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_text_is_inert(text in "(?s)([<>\"'&`|\\[\\](){}!#*_~=/\\\\ \n\ta-z:@-]|script|javascript:|\\PC|\u{1b}|\u{0}|\u{202e}){0,120}") {
        let f = hostile_everywhere(&text);
        assert_inert(&html(&f));
        for line in report(&f).terminal(80, false).lines() {
            prop_assert!(line.chars().all(|c| !c.is_control()));
        }
        markdown(&f);
    }
}
