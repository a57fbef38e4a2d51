//! A comparison in words and figures.

use super::case::CaseView;
use super::criteria::unmeasured;
use super::measured::MeasuredView;
use super::page::{ASKED, Excerpt, Fact, HalfView, Item, ListView, Movement, Notice, VerdictView, View};
use super::run::KNOWLEDGE;
use super::sides::Sides;
use super::table::{Cell, Column, HEAD, Room, Row, Table};
use super::tone::{Tone, finding_words, half_name, half_title, none};
use crate::check::Criterion;
use crate::compare::{
    CheckTest, Comparison, Evidence, Finding, Flip, Group, Half, Mover, MoverKind, Outcomes, Rate, ScoreTest, Side,
    Trial,
};
use crate::review::{PairedHalf, PeopleCompared};
use crate::run::{Answering, Record, Run};
use crate::suite::Split;
use crate::words;
use std::collections::HashMap;

/// How many flipped cases are shown with both answers, and how much of each answer.
const EXCERPTS: usize = 2;
const EXCERPT_CHARACTERS: usize = 240;

/// `cases` are those of the comparison as the page shows them, for their anchors.
pub fn comparison(
    c: &Comparison,
    a: &Run,
    b: &Run,
    sides: &Sides<'_>,
    cases: &[CaseView],
    people: Option<&PeopleCompared>,
) -> View {
    let suites: Vec<&str> = c.suites.iter().map(|suite| suite.name.as_str()).collect();
    let (better, worse) = movements(&c.held_out);
    let nothing = (better.is_empty() && worse.is_empty() && c.held_out.cases() > 0).then(|| {
        "No category, criterion or check moved by more than chance could explain on the held-out cases.".to_string()
    });
    let halves = [&c.held_out, &c.dev].into_iter().filter(|half| half.cases() > 0);
    View {
        kind: "Comparison",
        title: format!("{} → {}", c.a.label, c.b.label),
        subtitle: format!(
            "{} · {} · {}",
            words::day(c.created),
            words::count(c.cases.len(), "case"),
            words::list_at_most(&suites, 6)
        ),
        verdict: verdict(c),
        facts: facts(c),
        notices: notices(c, a, b),
        better,
        worse,
        nothing,
        named: "Cases that changed sides",
        lists: lists(c, sides, cases),
        excerpts: excerpts(c, sides),
        halves: halves.map(|h| half(c, h, people)).collect(),
        measured: MeasuredView::of_comparison(c, a, b),
    }
}

fn verdict(c: &Comparison) -> VerdictView {
    let overall = c.held_out.headline();
    let (a, b) = (&c.a.label, &c.b.label);
    let headline = match overall.finding {
        Finding::Improved => format!("{b} is better than {a}"),
        Finding::Regressed => format!("{b} is worse than {a}"),
        Finding::NoDifference => format!("No evidence of a difference between {a} and {b}"),
        Finding::TooFewCases if c.held_out.movers.is_empty() => format!("Too few cases to tell {a} and {b} apart"),
        // Its parts may be told apart.
        Finding::TooFewCases => format!("Too few cases to tell {a} and {b} apart as a whole"),
    };
    let tone = Tone::of(overall.finding);
    VerdictView {
        tone: Some(tone),
        symbol: tone.symbol(),
        words: finding_words(overall.finding),
        title: match overall.finding {
            Finding::Improved => format!("Improved: {headline}"),
            Finding::Regressed => format!("Regressed: {headline}"),
            Finding::NoDifference | Finding::TooFewCases => headline.clone(),
        },
        headline,
        sentence: overall.words.clone(),
    }
}

fn notices(c: &Comparison, a: &Run, b: &Run) -> Vec<Notice> {
    let notes =
        |side: &Side| -> Vec<String> { side.run.notes.iter().map(|note| format!("{}: {note}", side.label)).collect() };
    Notice::all([
        ("Not strictly comparable", c.differences.clone()),
        ("Before you rely on this", c.warnings.clone()),
        ("Two bases", bases(c, a, b).into_iter().collect()),
        (ASKED, [notes(&c.a), notes(&c.b)].concat()),
    ])
}

/// What each base costs, where they are two: a better one must be worth it.
fn bases(c: &Comparison, a: &Run, b: &Run) -> Option<String> {
    let told = |side: &Side, run: &Run| {
        let weights = side.run.version.weights.as_ref()?;
        let answering = Answering::of(run);
        let speed = answering.tokens_per_second().map(|speed| {
            let (tokens, made) = (answering.tokens as f64, answering.made as f64);
            format!(", {:.0} tokens an answer at {speed:.0} a second", tokens / made)
        });
        let speed = speed.unwrap_or_else(|| ", answered earlier".to_string());
        Some(format!("{} on {} ({} of weights{speed})", side.label, weights.name, words::bytes(weights.bytes)))
    };
    if c.a.run.version.base == c.b.run.version.base {
        return None;
    }
    Some(format!(
        "This compares bases as well as what was made of them: {}, and {}. Memory grows with the weights.",
        told(&c.a, a)?,
        told(&c.b, b)?
    ))
}

fn facts(c: &Comparison) -> Vec<Fact> {
    let mut facts = Vec::new();
    for overall in c.held_out.evidence() {
        facts.push(Fact::new(
            match overall.evidence {
                Evidence::Checks => "Held-out cases passed",
                Evidence::Likelihood => "References preferred",
            },
            format!("{} → {}", words::percent(overall.rate.a.rate), words::percent(overall.rate.b.rate)),
            format!("{}, then {}", overall.rate.a.count(), overall.rate.b.count()),
        ));
        facts.push(Fact::new(
            match overall.evidence {
                Evidence::Checks => "Difference in score",
                Evidence::Likelihood => "Difference in margin",
            },
            words::signed(overall.score.difference.mean),
            format!(
                "{} interval {}",
                words::percent_exact(c.settings.confidence),
                overall.score.difference.interval.signed_range()
            ),
        ));
    }
    // Of the held-out half like all the rest up here; what went wrong with cases stands among the warnings.
    let held_out = || c.flips.iter().filter(|flip| flip.split == Split::HeldOut);
    let up = held_out().filter(|flip| flip.improved).count();
    facts.push(Fact::new(
        "Held-out cases that changed sides",
        format!("▲\u{a0}{up}  ▼\u{a0}{}", held_out().count() - up),
        "now pass, and no longer pass",
    ));
    facts
}

/// What got better and what got worse, by name, with its figures.
fn movements(half: &Half) -> (Vec<Movement>, Vec<Movement>) {
    let found = half.movers.iter().filter_map(|mover| {
        let detail = match mover.kind {
            MoverKind::Evidence => of_group(half.evidence().find(|group| group.evidence.name() == mover.name)?),
            MoverKind::Category => of_group(half.categories.iter().find(|group| group.name == mover.name)?),
            MoverKind::Knowledge => {
                let categories = &half.likelihood.as_ref()?.categories;
                of_group(categories.iter().find(|group| group.name == mover.name)?)
            }
            MoverKind::Criterion => {
                of_criterion(&half.criteria.iter().find(|(criterion, _)| criterion.name() == mover.name)?.1)
            }
            MoverKind::Check => of_check(half.checks.get(&mover.name)?),
        };
        Some((mover.better, Movement { kind: mover.kind.name(), name: mover.name.clone(), detail }))
    });
    let (better, worse): (Vec<_>, Vec<_>) = found.partition(|(better, _)| *better);
    (better.into_iter().map(|(_, m)| m).collect(), worse.into_iter().map(|(_, m)| m).collect())
}

fn of_group(group: &Group) -> String {
    let (a, b) = (&group.rate.a, &group.rate.b);
    let measured = group.score.difference.as_difference();
    match group.evidence {
        Evidence::Checks => format!("{} of {} pass, was {}; score {measured}", b.passed, b.cases, a.passed),
        Evidence::Likelihood => {
            format!("reference preferred in {} of {}, was {}; margin {measured}", b.passed, b.cases, a.passed)
        }
    }
}

fn of_criterion(test: &ScoreTest) -> String {
    let (a, b) = (words::percent(test.a.mean), words::percent(test.b.mean));
    format!("{b} of its checks pass, was {a}; {}", test.difference.as_difference())
}

fn of_check(test: &CheckTest) -> String {
    let won = words::count(test.only_b, "case");
    format!("passes {}, was {}; {won} won, {} lost", test.b.count(), was(&test.a, &test.b), test.only_a)
}

fn was(before: &Trial, after: &Trial) -> String {
    if before.of == after.of { before.passed.to_string() } else { before.count() }
}

/// Whether a thing is among what got better or worse.
fn direction(half: &Half, kind: MoverKind, name: &str) -> Option<bool> {
    let named = |mover: &&Mover| mover.kind == kind && mover.name == name;
    half.movers.iter().find(named).map(|mover| mover.better)
}

fn half(c: &Comparison, half: &Half, people: Option<&PeopleCompared>) -> HalfView {
    let lead = match half.split {
        Split::HeldOut => "Nothing was ever trained towards these cases. The claim rests on them alone.",
        Split::Dev => "Gaps are looked for and examples written on these, so progress here shows learning, not proof.",
    };
    let headline = half.headline();
    let (a, b) = (&c.a.label, &c.b.label);
    let people = people.and_then(|people| match half.split {
        Split::HeldOut => people.held_out.as_ref(),
        Split::Dev => people.dev.as_ref(),
    });
    HalfView {
        half: half_name(half.split),
        title: half_title(half.split),
        lead,
        summary: format!(
            "{} → {} {}, {} ({})",
            words::percent(headline.rate.a.rate),
            words::percent(headline.rate.b.rate),
            passes(headline.evidence),
            measured(headline),
            finding_words(headline.finding)
        ),
        cases: half.cases(),
        evidence: evidence(half, people, c),
        groups: Some(&half.overall).filter(|all| all.cases > 0).map(|all| groups(all, &half.categories, c)),
        knowledge: half
            .likelihood
            .as_ref()
            .map(|known| Table { caption: KNOWLEDGE.to_string(), ..groups(&known.overall, &known.categories, c) }),
        power: power(headline),
        notes: notes(half),
        criteria: criteria(half, a, b).filled(),
        unmeasured: unmeasured(half.criteria.iter().map(|(criterion, _)| *criterion)),
        checks: checks(half, a, b).filled(),
    }
}

/// What a case does that counts as passed.
fn passes(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Checks => "passed",
        Evidence::Likelihood => "prefer the reference",
    }
}

/// "+0.12 in score".
fn measured(group: &Group) -> String {
    let mean = words::signed(group.score.difference.mean);
    match group.evidence {
        Evidence::Checks => format!("{mean} in score"),
        Evidence::Likelihood => format!("{mean} nats a token"),
    }
}

/// The kinds of evidence side by side, never added up; nothing where checks are all there is.
fn evidence(half: &Half, people: Option<&PairedHalf>, c: &Comparison) -> Option<Table> {
    let (a, b) = (c.a.label.as_str(), c.b.label.as_str());
    let people = people.and_then(|people| Some((people.overall.as_ref()?, people.finding)));
    if half.likelihood.is_none() && people.is_none() {
        return None;
    }
    let (short_a, short_b) = words::clip_apart(a, b, HEAD);
    let columns = vec![
        Column::words("Evidence").short("evidence"),
        Column::figures("Cases").short("n"),
        Column::figures(a).short(short_a),
        Column::figures(b).short(short_b),
        Column::figures("Difference").short("change"),
    ];
    let row = |group: &Group| {
        let (tone, test) = (Tone::of(group.finding), &group.score);
        let figure: fn(f64) -> String = match group.evidence {
            Evidence::Checks => words::decimal,
            Evidence::Likelihood => words::signed,
        };
        let decides = if group.evidence == half.primary { " (decides)" } else { "" };
        Row::new(vec![
            Cell::new(format!("{}{decides}", capitalised(group.evidence.about()))),
            Cell::new(group.cases.to_string()),
            Cell::new(figure(test.a.mean)),
            Cell::new(figure(test.b.mean)),
            difference(group, c),
        ])
        .strong(group.evidence == half.primary)
        .found(tone, tone.symbol(), finding_words(group.finding), &group.words)
    };
    let rated = people.map(|(test, finding)| {
        let tone = Tone::of(finding);
        Row::new(vec![
            Cell::new("People like it"),
            Cell::new(test.cases.to_string()),
            Cell::new(words::decimal(test.a.mean)),
            Cell::new(words::decimal(test.b.mean)),
            Cell::new(words::signed(test.difference.mean)).range(test.difference.interval.signed_range()),
        ])
        .found(
            tone,
            tone.symbol(),
            finding_words(finding),
            "Points from 1 to 5, by people who did not know the version.",
        )
    });
    let rows = half.evidence().map(row).chain(rated).collect();
    let caption = "Three kinds of evidence, each by itself: nats a token by which references are preferred to bad answers; \
                   scores from 0 to 1 by checks of what was written; points from 1 to 5 by people";
    Some(Table { finding: Some("Finding"), ..Table::new(caption, columns, rows) })
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn groups(overall: &Group, categories: &[Group], c: &Comparison) -> Table {
    let (a, b) = (c.a.label.as_str(), c.b.label.as_str());
    let (short_a, short_b) = words::clip_apart(a, b, HEAD);
    let (verb, measure) = match overall.evidence {
        Evidence::Checks => ("passes", "score"),
        Evidence::Likelihood => ("prefers it", "margin"),
    };
    let columns = vec![
        Column::words("Category"),
        Column::figures("Cases").short("n"),
        Column::figures(format!("{a} {verb}")).short(short_a),
        Column::figures(format!("{b} {verb}")).short(short_b),
        Column::figures(format!("Difference in {measure}")).short(format!("{measure} change")),
        Column::figures("Chance").on(Room::Page),
    ];
    let rows = std::iter::once(group_row(overall, true, c))
        .chain(categories.iter().map(|group| group_row(group, false, c)))
        .collect();
    Table { finding: Some("Finding"), ..Table::new("", columns, rows) }
}

/// Of cases too few to show anything, nothing that looks like a finding.
fn difference(group: &Group, c: &Comparison) -> Cell {
    if !group.can_tell(&c.settings) {
        return Cell::new(none());
    }
    let difference = &group.score.difference;
    Cell::new(words::signed(difference.mean)).range(difference.interval.signed_range())
}

fn group_row(group: &Group, overall: bool, c: &Comparison) -> Row {
    let tone = Tone::of(group.finding);
    let rate = |rate: &Rate| match group.can_tell(&c.settings) {
        true => Cell::new(words::percent(rate.rate)).range(rate.interval.percent_range()),
        false => Cell::new(rate.count()),
    };
    Row::new(vec![
        Cell::new(if overall { "All cases" } else { &group.name }),
        Cell::new(group.cases.to_string()),
        rate(&group.rate.a),
        rate(&group.rate.b),
        difference(group, c),
        Cell::new(if group.can_tell(&c.settings) { words::chance(group.score.p_corrected) } else { none() }),
    ])
    .strong(overall)
    .found(tone, tone.symbol(), finding_words(group.finding), &group.words)
}

fn criteria(half: &Half, a: &str, b: &str) -> Table {
    let (short_a, short_b) = words::clip_apart(a, b, HEAD);
    let columns = vec![
        Column::words("Criterion").short("checks of"),
        Column::figures(a).short(short_a),
        Column::figures(b).short(short_b),
        Column::figures("Difference"),
    ];
    let row = |(criterion, test): &(Criterion, ScoreTest)| {
        let tone = Tone::of_direction(direction(half, MoverKind::Criterion, criterion.name()));
        Row::new(vec![
            Cell::new(criterion.name()).range(test.cases.to_string()),
            Cell::new(words::percent(test.a.mean)),
            Cell::new(words::percent(test.b.mean)),
            Cell::new(words::signed(test.difference.mean)).range(test.difference.interval.signed_range()).tone(tone),
        ])
    };
    Table::new(super::criteria::CAPTION, columns, half.criteria.iter().map(row).collect())
}

/// The checks that moved most come first.
fn checks(half: &Half, a: &str, b: &str) -> Table {
    let mut sorted: Vec<_> = half.checks.iter().collect();
    sorted.sort_by_key(|(_, test)| std::cmp::Reverse(test.a.passed.abs_diff(test.b.passed)));
    let row = |(name, test): (&String, &CheckTest)| {
        let tone = Tone::of_direction(direction(half, MoverKind::Check, name));
        Row::new(vec![
            Cell::code(name),
            Cell::new(test.a.count()),
            Cell::new(test.b.count()).symbol(tone),
            Cell::new(words::chance(test.p_corrected)),
        ])
    };
    let columns =
        vec![Column::words("Check"), Column::figures(a), Column::figures(b), Column::figures("Chance").on(Room::Page)];
    Table::new("Checks, times passed; those that moved most first", columns, sorted.into_iter().map(row).collect())
}

fn power(overall: &Group) -> Option<String> {
    let least = overall.power.minimum_detectable?;
    let more =
        overall.power.cases_for_half.map(|n| format!("; to see half of that takes about {}", words::count(n, "case")));
    Some(format!(
        "With {} and this spread, a true difference of {} {} shows four times in five{}.",
        words::count(overall.cases, "case"),
        words::decimal(least),
        if overall.evidence == Evidence::Checks { "in score" } else { "nats a token" },
        more.unwrap_or_default()
    ))
}

fn notes(half: &Half) -> Vec<String> {
    let overall = half.headline();
    let pass = &overall.pass;
    let mut notes = vec![format!(
        "Changed sides: {} now pass, {} no longer pass; chance alone gives so uneven a split with probability {} \
         (exact McNemar test).",
        pass.only_b,
        pass.only_a,
        words::chance(pass.p)
    )];
    if overall.clusters < overall.cases {
        notes.push(format!(
            "Some cases share a source: the {} count as {} independent ones.",
            words::count(overall.cases, "case"),
            overall.clusters
        ));
    }
    notes.extend(repeats(&overall.rate));
    if let Some(nll) = &half.reference_nll {
        notes.push(format!(
            "Surprise at the reference answers (nats a token, lower is better): {}, was {}; change {}.",
            words::decimal(nll.b.mean),
            words::decimal(nll.a.mean),
            nll.difference.as_difference()
        ));
    }
    notes
}

fn repeats(rates: &Outcomes<Rate>) -> Option<String> {
    let of = |rate: &Rate| Some((rate.pass_at_k?, rate.pass_hat_k?, rate.k?));
    let ((a_any, a_all, _), (b_any, b_all, k)) = (of(&rates.a)?, of(&rates.b)?);
    Some(format!(
        "Of {k} answers to a case at least one passes for {} (was {}), every one for {} (was {}); {} of the new \
         version's cases are flaky.",
        words::percent(b_any),
        words::percent(a_any),
        words::percent(b_all),
        words::percent(a_all),
        rates.b.flaky
    ))
}

/// The cases that changed sides, held-out ones first: they are what the claim rests on.
fn lists(c: &Comparison, sides: &Sides<'_>, cases: &[CaseView]) -> Vec<ListView> {
    let anchors: HashMap<&str, &str> = cases.iter().map(|case| (case.id.as_str(), case.anchor.as_str())).collect();
    let item = |flip: &&Flip| {
        let (failing, when) = match flip.improved {
            true => (sides.a(&flip.case), "failed before"),
            false => (sides.b(&flip.case), "fails now"),
        };
        Item {
            anchor: anchors.get(flip.case.as_str()).map(ToString::to_string).unwrap_or_default(),
            case: flip.case.clone(),
            half: half_name(flip.split),
            checks: flip.checks.clone(),
            reason: reason(failing, &flip.checks).map(|reason| format!("{when}: {reason}")).unwrap_or_default(),
        }
    };
    let list = |title, tone: Tone, empty, improved: bool| {
        let flips = ordered(c).into_iter().filter(|flip| flip.improved == improved);
        let items = flips.collect::<Vec<_>>().iter().map(item).collect();
        ListView { title, tone, symbol: tone.symbol(), items, empty }
    };
    vec![
        list("No longer pass", Tone::Worse, "No case was lost.", false),
        list("Now pass", Tone::Better, "No case was won.", true),
    ]
}

fn ordered(c: &Comparison) -> Vec<&Flip> {
    let mut flips: Vec<&Flip> = c.flips.iter().collect();
    flips.sort_by_key(|flip| flip.split != Split::HeldOut);
    flips
}

/// Cases that were lost first.
fn excerpts(c: &Comparison, sides: &Sides<'_>) -> Vec<Excerpt> {
    let mut flips = ordered(c);
    flips.sort_by_key(|flip| flip.improved);
    let answer = |label: &str, records: &[&Record]| {
        let text = records.iter().find_map(|record| record.outcome.answer()).map(|answer| answer.text.as_str());
        (label.to_string(), words::begin(text.unwrap_or_default(), EXCERPT_CHARACTERS))
    };
    let excerpt = |flip: &Flip| Excerpt {
        case: flip.case.clone(),
        answers: vec![answer(&c.a.label, sides.a(&flip.case)), answer(&c.b.label, sides.b(&flip.case))],
    };
    flips.into_iter().take(EXCERPTS).map(excerpt).collect()
}

/// Why the failing side fails: the reason of the first failed check among those that changed.
fn reason(failing: &[&Record], changed: &[String]) -> Option<String> {
    let mut verdicts = failing.iter().flat_map(|record| record.outcome.verdicts());
    let failed = verdicts.find(|v| {
        let fails = !v.verdict.passed() && v.verdict.score().is_some();
        fails && (changed.is_empty() || changed.contains(&v.check))
    });
    failed.map(|v| words::clip(v.verdict.reason(), 140))
}
