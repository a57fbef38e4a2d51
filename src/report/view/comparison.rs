use super::case::{Sides, criterion_name};
use super::measured::MeasuredView;
use crate::check::{Criterion, TARGET_SCORE};
use crate::compare::{
    CheckTest, Comparison, Finding, Flip, Group, Half, Mover, MoverKind, Outcomes, Rate, ScoreTest, Trial,
};
use crate::run::Record;
use crate::suite::Split;
use crate::words;
use serde::Serialize;
use std::collections::HashMap;

/// Whether something is good news; decides colour and symbol everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    Better,
    Worse,
    Same,
    Unknown,
}

impl Tone {
    pub fn of(finding: Finding) -> Self {
        match finding {
            Finding::Improved => Tone::Better,
            Finding::Regressed => Tone::Worse,
            Finding::NoDifference => Tone::Same,
            Finding::TooFewCases => Tone::Unknown,
        }
    }

    pub fn symbol(self) -> &'static str {
        match self {
            Tone::Better => "▲",
            Tone::Worse => "▼",
            Tone::Same => "=",
            Tone::Unknown => "?",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct ComparisonView {
    pub title: String,
    pub a: String,
    pub b: String,
    /// Date, number of cases, suites.
    pub subtitle: String,
    pub summary: Summary,
    /// Held-out first.
    pub halves: Vec<HalfView>,
    pub improved: Vec<FlipView>,
    pub regressed: Vec<FlipView>,
    pub measured: MeasuredView,
}

/// The first screen: the verdict in words, what moved, and what to beware of.
#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub tone: Tone,
    pub symbol: &'static str,
    /// improved · regressed · no evidence of a difference · too few cases to tell.
    pub verdict: &'static str,
    pub headline: String,
    /// The headline with the verdict before it where the headline does not say as much itself.
    pub title: String,
    pub sentence: String,
    pub better: Vec<Movement>,
    pub worse: Vec<Movement>,
    /// What `better` and `worse` leave out, when both are empty.
    pub nothing: Option<String>,
    pub facts: Vec<Fact>,
    pub differences: Vec<String>,
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
    pub detail: String,
}

/// Something by name that got better or worse on the held-out half.
#[derive(Debug, Clone, Serialize)]
pub struct Movement {
    /// category, criterion or check.
    pub kind: &'static str,
    pub name: String,
    pub detail: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct HalfView {
    pub half: &'static str,
    pub title: &'static str,
    pub lead: &'static str,
    pub cases: usize,
    /// Overall first, then categories.
    pub rows: Vec<GroupRow>,
    pub criteria: Vec<CriterionRow>,
    pub checks: Vec<CheckRow>,
    /// What so many cases can show.
    pub power: Option<String>,
    /// Sentences below the table: McNemar, clusters, repeats, likelihood.
    pub notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct GroupRow {
    pub name: String,
    pub overall: bool,
    pub cases: usize,
    pub a: String,
    pub a_range: String,
    pub b: String,
    pub b_range: String,
    pub difference: String,
    pub range: String,
    pub chance: String,
    pub tone: Tone,
    pub symbol: &'static str,
    pub verdict: &'static str,
    pub words: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct CriterionRow {
    pub name: String,
    pub cases: usize,
    pub a: String,
    pub b: String,
    /// The new version reaches the target.
    pub target: bool,
    pub difference: String,
    pub range: String,
    pub tone: Tone,
    pub symbol: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct CheckRow {
    pub name: String,
    pub a: String,
    pub b: String,
    /// How often luck alone would show such a change among all that is looked at.
    pub chance: String,
    pub tone: Tone,
    pub symbol: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct FlipView {
    pub anchor: String,
    pub case: String,
    pub category: String,
    pub half: &'static str,
    /// The checks that changed.
    pub checks: Vec<String>,
    /// Why the failing side fails: the reason of the first failed check among `checks`.
    pub reason: String,
    /// Beginning of the answer before and after, unescaped.
    pub before: String,
    pub after: String,
}

pub fn half_name(split: Split) -> &'static str {
    match split {
        Split::HeldOut => "held-out",
        Split::Dev => "dev",
    }
}

/// The verdict in the words of the project.
pub fn verdict(finding: Finding) -> &'static str {
    match finding {
        Finding::Improved => "improved",
        Finding::Regressed => "regressed",
        Finding::NoDifference => "no evidence of a difference",
        Finding::TooFewCases => "too few cases to tell",
    }
}

pub fn comparison(c: &Comparison, sides: &Sides<'_>) -> ComparisonView {
    let (a, b) = (c.a.label.clone(), c.b.label.clone());
    let flips = flips(c, sides);
    let (improved, regressed) = flips.into_iter().partition::<Vec<_>, _>(|(up, _)| *up);
    let suites: Vec<String> = c.suites.iter().map(|suite| suite.name.clone()).collect();
    ComparisonView {
        title: format!("{a} → {b}"),
        subtitle: format!(
            "{} · {} · {}",
            words::day(c.created),
            words::count(c.cases.len(), "case"),
            words::list_at_most(&suites, 6)
        ),
        summary: summary(c),
        halves: [&c.held_out, &c.dev].into_iter().filter(|half| half.overall.cases > 0).map(half).collect(),
        improved: improved.into_iter().map(|(_, flip)| flip).collect(),
        regressed: regressed.into_iter().map(|(_, flip)| flip).collect(),
        measured: MeasuredView::of_comparison(c),
        a,
        b,
    }
}

fn summary(c: &Comparison) -> Summary {
    let overall = &c.held_out.overall;
    let tone = Tone::of(overall.finding);
    let (a, b) = (&c.a.label, &c.b.label);
    let headline = match overall.finding {
        Finding::Improved => format!("{b} is better than {a}"),
        Finding::Regressed => format!("{b} is worse than {a}"),
        Finding::NoDifference => format!("No evidence of a difference between {a} and {b}"),
        Finding::TooFewCases if c.held_out.movers.is_empty() => format!("Too few cases to tell {a} and {b} apart"),
        // Its parts may be told apart.
        Finding::TooFewCases => format!("Too few cases to tell {a} and {b} apart as a whole"),
    };
    let title = match overall.finding {
        Finding::Improved => format!("Improved: {headline}"),
        Finding::Regressed => format!("Regressed: {headline}"),
        Finding::NoDifference | Finding::TooFewCases => headline.clone(),
    };
    let (better, worse) = movements(&c.held_out);
    let nothing = (better.is_empty() && worse.is_empty() && overall.cases > 0).then(|| {
        "No category, criterion or check moved by more than chance could explain on the held-out cases.".to_string()
    });
    Summary {
        tone,
        symbol: tone.symbol(),
        verdict: verdict(overall.finding),
        headline,
        title,
        sentence: overall.words.clone(),
        better,
        worse,
        nothing,
        facts: facts(c),
        differences: c.differences.clone(),
        warnings: c.warnings.clone(),
    }
}

fn facts(c: &Comparison) -> Vec<Fact> {
    let overall = &c.held_out.overall;
    let mut facts = Vec::new();
    if overall.cases > 0 {
        let of = |rate: &Rate| words::count_of(rate.passed, rate.cases);
        facts.push(Fact {
            label: "Held-out cases passed".to_string(),
            value: format!("{} → {}", words::percent(overall.rate.a.rate), words::percent(overall.rate.b.rate)),
            detail: format!("{}, then {}", of(&overall.rate.a), of(&overall.rate.b)),
        });
        facts.push(Fact {
            label: "Difference in score".to_string(),
            value: words::signed(overall.score.difference.mean),
            detail: format!(
                "{} interval {}",
                words::percent_exact(c.settings.confidence),
                overall.score.difference.interval.signed_range()
            ),
        });
    }
    let up = c.flips.iter().filter(|flip| flip.improved).count();
    facts.push(Fact {
        label: "Cases that changed sides".to_string(),
        value: format!("▲\u{a0}{up}  ▼\u{a0}{}", c.flips.len() - up),
        detail: "now pass, and no longer pass".to_string(),
    });
    let errors = c.a.errors + c.b.errors;
    if errors > 0 {
        facts.push(Fact {
            label: "Cases with an error".to_string(),
            value: errors.to_string(),
            detail: format!("{} with {}, {} with {}", c.a.errors, c.a.label, c.b.errors, c.b.label),
        });
    }
    let unscored = c.a.unscored + c.b.unscored;
    if unscored > 0 {
        facts.push(Fact {
            label: "Cases without a score".to_string(),
            value: unscored.to_string(),
            detail: format!("{} with {}, {} with {}", c.a.unscored, c.a.label, c.b.unscored, c.b.label),
        });
    }
    facts
}

/// What got better and what got worse, by name, with its figures.
fn movements(half: &Half) -> (Vec<Movement>, Vec<Movement>) {
    let found = half.movers.iter().filter_map(|mover| {
        let detail = match mover.kind {
            MoverKind::Category => of_category(half.categories.iter().find(|group| group.name == mover.name)?),
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

fn of_category(group: &Group) -> String {
    let (a, b) = (&group.rate.a, &group.rate.b);
    let score = group.score.difference.as_difference();
    format!("{} of {} pass, was {}; score {score}", b.passed, b.cases, a.passed)
}

fn of_criterion(test: &ScoreTest) -> String {
    format!(
        "{} of 5, was {}; {}",
        words::decimal(test.b.mean),
        words::decimal(test.a.mean),
        test.difference.as_difference()
    )
}

fn of_check(test: &CheckTest) -> String {
    format!(
        "passes {}, was {}; {} won, {} lost",
        test.b.count(),
        was(&test.a, &test.b),
        words::count(test.only_b, "case"),
        test.only_a
    )
}

fn was(before: &Trial, after: &Trial) -> String {
    if before.of == after.of { before.passed.to_string() } else { words::count_of(before.passed, before.of) }
}

/// Whether a thing is among what got better or worse.
fn tone_of(half: &Half, kind: MoverKind, name: &str) -> Tone {
    let named = |mover: &&Mover| mover.kind == kind && mover.name == name;
    match half.movers.iter().find(named).map(|mover| mover.better) {
        Some(true) => Tone::Better,
        Some(false) => Tone::Worse,
        None => Tone::Unknown,
    }
}

fn half(half: &Half) -> HalfView {
    let (title, lead) = match half.split {
        Split::HeldOut => {
            ("Held-out cases", "Nothing was ever trained towards these cases. The claim rests on them alone.")
        }
        Split::Dev => (
            "Dev cases",
            "Gaps are looked for and examples written on these, so progress here shows learning, not proof.",
        ),
    };
    let all = group_row(&half.overall, true);
    let rows = std::iter::once(all).chain(half.categories.iter().map(|group| group_row(group, false)));
    HalfView {
        half: half_name(half.split),
        title,
        lead,
        cases: half.overall.cases,
        rows: rows.collect(),
        criteria: half.criteria.iter().map(|(criterion, test)| criterion_row(half, *criterion, test)).collect(),
        checks: check_rows(half),
        power: power(&half.overall),
        notes: notes(half),
    }
}

fn group_row(group: &Group, overall: bool) -> GroupRow {
    let tone = Tone::of(group.finding);
    let (a, b) = (&group.rate.a, &group.rate.b);
    GroupRow {
        name: if overall { "All cases".to_string() } else { group.name.clone() },
        overall,
        cases: group.cases,
        a: words::percent(a.rate),
        a_range: a.interval.percent_range(),
        b: words::percent(b.rate),
        b_range: b.interval.percent_range(),
        difference: words::signed(group.score.difference.mean),
        range: group.score.difference.interval.signed_range(),
        chance: words::chance(group.score.p_corrected),
        tone,
        symbol: tone.symbol(),
        verdict: verdict(group.finding),
        words: group.words.clone(),
    }
}

fn criterion_row(half: &Half, criterion: Criterion, test: &ScoreTest) -> CriterionRow {
    let tone = tone_of(half, MoverKind::Criterion, criterion.name());
    CriterionRow {
        name: criterion_name(criterion),
        cases: test.cases,
        a: words::decimal(test.a.mean),
        b: words::decimal(test.b.mean),
        target: test.b.mean >= TARGET_SCORE,
        difference: words::signed(test.difference.mean),
        range: test.difference.interval.signed_range(),
        tone,
        symbol: tone.symbol(),
    }
}

/// The checks that moved most come first.
fn check_rows(half: &Half) -> Vec<CheckRow> {
    let mut sorted: Vec<_> = half.checks.iter().collect();
    sorted.sort_by_key(|(_, test)| std::cmp::Reverse(test.a.passed.abs_diff(test.b.passed)));
    let row = |(name, test): (&String, &CheckTest)| {
        let tone = tone_of(half, MoverKind::Check, name);
        let symbol = if tone == Tone::Unknown { "" } else { tone.symbol() };
        CheckRow {
            name: name.clone(),
            a: test.a.count(),
            b: test.b.count(),
            chance: words::chance(test.p_corrected),
            tone,
            symbol,
        }
    };
    sorted.into_iter().map(row).collect()
}

fn power(overall: &Group) -> Option<String> {
    let least = overall.power.minimum_detectable?;
    let more =
        overall.power.cases_for_half.map(|n| format!("; to see half of that takes about {}", words::count(n, "case")));
    Some(format!(
        "With {} and this spread, a true difference of {} in score shows four times in five{}.",
        words::count(overall.cases, "case"),
        words::decimal(least),
        more.unwrap_or_default()
    ))
}

fn notes(half: &Half) -> Vec<String> {
    let overall = &half.overall;
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

fn flips(c: &Comparison, sides: &Sides<'_>) -> Vec<(bool, FlipView)> {
    let places: HashMap<&str, usize> = c.cases.iter().enumerate().map(|(i, p)| (p.case.as_str(), i + 1)).collect();
    let view = |flip: &Flip| {
        let (before, after) = (sides.a(&flip.case), sides.b(&flip.case));
        let failing = if flip.improved { before } else { after };
        let view = FlipView {
            anchor: places.get(flip.case.as_str()).map(|n| format!("case-{n}")).unwrap_or_default(),
            case: flip.case.clone(),
            category: flip.category.clone(),
            half: half_name(flip.split),
            checks: flip.checks.clone(),
            reason: reason(failing, &flip.checks),
            before: text(before),
            after: text(after),
        };
        (flip.improved, view)
    };
    // Held-out flips first: they are what the claim rests on.
    let mut views: Vec<_> = c.flips.iter().map(view).collect();
    views.sort_by_key(|(_, flip)| flip.half != "held-out");
    views
}

fn reason(failing: &[&Record], changed: &[String]) -> String {
    let mut verdicts = failing.iter().flat_map(|record| record.outcome.verdicts());
    let failed = verdicts.find(|v| {
        let fails = !v.verdict.passed() && v.verdict.score().is_some();
        fails && (changed.is_empty() || changed.contains(&v.check))
    });
    failed.map(|v| words::clip(v.verdict.reason(), 140)).unwrap_or_default()
}

fn text(records: &[&Record]) -> String {
    records.iter().find_map(|record| record.outcome.answer()).map(|answer| answer.text.clone()).unwrap_or_default()
}
