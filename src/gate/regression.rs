//! Is the candidate worse than the baseline, and could the comparison have shown it?

use super::decision::{CaseNote, Judged};
use super::question::Gate;
use super::scope::Scope;
use super::settings::NoRegression;
use super::words::difference;
use crate::compare::{self, Comparison, Evidence, Finding, Group, holm};
use crate::words;

/// The comparison of the cases in one scope; `Err` says why there is none, and what to do.
pub(super) type Tested = Result<Comparison, String>;

/// Compares candidate and baseline on the cases in scope. `whole` is the comparison of the runs as they are, which finds
/// out whether they may be compared.
pub(super) fn test(gate: &Gate<'_>, whole: &Tested, scope: &Scope<'_>) -> Tested {
    let baseline = match (gate.baseline, whole) {
        (Some(baseline), Ok(_)) => baseline,
        (_, Err(why)) => return Err(why.clone()),
        (None, Ok(_)) => return Err(NO_BASELINE.to_string()),
    };
    let (a, b) = (scope.narrow(baseline), scope.narrow(gate.candidate));
    let nothing =
        || format!("no answers of both versions to the {} have a score; run both on the same suites", scope.place());
    let comparison = compare::compare(&a, &b, gate.labels, gate.compare.clone(), gate.insist).map_err(|_| nothing())?;
    if comparison.held_out.cases() == 0 { Err(nothing()) } else { Ok(comparison) }
}

const NO_BASELINE: &str =
    "nothing to compare with; name a version with --against, or as `against:` under `gate:` in pmtune.yaml";

/// The comparison of the two runs as they are.
pub(super) fn whole(gate: &Gate<'_>) -> Tested {
    let baseline = gate.baseline.ok_or(NO_BASELINE)?;
    compare::compare(baseline, gate.candidate, gate.labels, gate.compare.clone(), gate.insist).map_err(|error| {
        let lines = error.message.lines().map(|line| line.trim().trim_start_matches("- "));
        format!("{}; run both versions again with the same suites and settings", lines.collect::<Vec<_>>().join(" "))
    })
}

/// How often chance alone would give a loss this great. compare's test is two-sided: it counts the patterns of signs
/// whose sum lies as far from 0 as the one seen, on either side. Turning all signs of a pattern turns its sum, so as many
/// lie on the one side as on the other, and half of them is exactly the share on the side of a loss, ties with the sum
/// seen included. Without a loss there is nothing to test.
fn chance_of_loss(group: &Group) -> f64 {
    if group.score.difference.mean < 0.0 { group.score.p / 2.0 } else { 1.0 }
}

/// The rule on every suite that sets one: looking at six suites finds a loss in one of them by chance, so the chances
/// are Holm-corrected among them. One scope alone stays as it is.
pub(super) fn no_regression(gate: &Gate<'_>, tested: &[(&Scope<'_>, NoRegression, &Tested)]) -> Vec<Judged> {
    let chances: Vec<f64> =
        tested.iter().filter_map(|(_, _, t)| t.as_ref().ok()).map(|c| chance_of_loss(c.held_out.headline())).collect();
    let many = chances.len();
    let mut corrected = holm(&chances).into_iter();
    let judge = |(scope, rule, tested): &(&Scope<'_>, NoRegression, &Tested)| match tested {
        Err(why) => scope.unjudged("no-regression", Some(-rule.margin), why.clone()),
        Ok(comparison) => judged(gate, scope, rule, comparison, corrected.next().unwrap_or(1.0), many),
    };
    tested.iter().map(judge).collect()
}

fn judged(gate: &Gate<'_>, scope: &Scope<'_>, rule: &NoRegression, tested: &Comparison, p: f64, many: usize) -> Judged {
    let group = tested.held_out.headline();
    // Even if every unit fell, chance would do it once in 2ⁿ times.
    let least = 0.5f64.powi(i32::try_from(group.clusters).unwrap_or(i32::MAX)) * many as f64;
    if least > rule.level {
        let needed = (many as f64 / rule.level).log2().ceil();
        let words = format!(
            "{} cannot show a loss, however great: add cases, {needed} at least",
            words::count(group.clusters, "independent case"),
        );
        return scope.unjudged("no-regression", Some(-rule.margin), words);
    }
    let mean = group.score.difference.mean;
    let lost = mean < -rule.margin - 1e-12;
    let failed = lost && p <= rule.level + 1e-12;
    let seen = difference(&group.score.difference, gate.compare.confidence);
    let measure = match group.evidence {
        Evidence::Checks => "in score",
        Evidence::Likelihood => "nats a token in margin",
    };
    let mut words = format!("{seen} {measure} against {}, {}", gate.labels.a, words::count(group.cases, "case"));
    if lost && p < 0.995 {
        words += &format!("; chance alone takes as much {}", words::times_in_100(p));
        if failed {
            words += &format!("; at {}\u{a0}% or less the rule fails", rule.level * 100.0);
        }
    }
    words += &beside_the_comparison(group.finding, failed, rule);
    let mut judged = scope.judged("no-regression", !failed, mean, -rule.margin, words);
    judged.p = Some(p);
    judged.because_of(fallen(tested, scope))
}

/// The rule and the comparison ask different things on purpose: the rule for a loss alone, at a level of its own and
/// beyond a margin; the comparison for a difference either way, with part of the error kept for single findings. Where
/// they do not say the same, the reader is told why.
fn beside_the_comparison(finding: Finding, failed: bool, rule: &NoRegression) -> String {
    match (failed, finding) {
        (true, Finding::TooFewCases | Finding::NoDifference) => {
            let says = match finding {
                Finding::NoDifference => "no evidence of a difference",
                _ => "too few cases to tell",
            };
            format!("; it looks for a loss alone, so it is stricter than the comparison, which says: {says}")
        }
        (false, Finding::Regressed) if rule.margin > 0.0 => {
            format!("; the comparison calls it worse, the rule puts up with a loss of {}", rule.margin)
        }
        (false, Finding::Regressed) => {
            format!("; the comparison calls it worse, the rule fails at {}\u{a0}% or less only", rule.level * 100.0)
        }
        _ => String::new(),
    }
}

/// The cases that lost most, greatest loss first.
fn fallen(tested: &Comparison, scope: &Scope<'_>) -> Vec<CaseNote> {
    let counts = |case: &str| scope.cases.iter().any(|c| c.counts && c.case == case);
    let mut fallen: Vec<(f64, CaseNote)> = tested
        .cases
        .iter()
        .filter(|pair| counts(&pair.case))
        .filter_map(|pair| {
            let (a, b) = (pair.a?, pair.b?);
            let flipped = tested.flips.iter().any(|flip| flip.case == pair.case && !flip.improved);
            let passes = if flipped { ", no longer passes" } else { "" };
            let note = CaseNote { case: pair.case.clone(), words: format!("{a:.2} → {b:.2}{passes}") };
            (b < a - 1e-9).then_some((a - b, note))
        })
        .collect();
    fallen.sort_by(|x, y| y.0.total_cmp(&x.0));
    fallen.into_iter().map(|(_, note)| note).collect()
}

/// Is the comparison large enough to mean anything?
pub(super) fn detectable(scope: &Scope<'_>, tested: &Tested, most: f64) -> Judged {
    const RULE: &str = "detectable";
    let group = match tested {
        Err(why) => return scope.unjudged(RULE, Some(most), why.clone()),
        Ok(comparison) => comparison.held_out.headline(),
    };
    let Some(minimum) = group.power.minimum_detectable else {
        let words = "too few cases to show any difference, or all differ alike and nothing is known of the spread; add other cases";
        return scope.unjudged(RULE, Some(most), words);
    };
    let passed = minimum <= most + 1e-12;
    let mut words = format!(
        "{} can show a difference of {minimum:.2} four times in five; {most} wanted",
        words::count(group.cases, "case")
    );
    if let (false, Some(cases)) = (passed, group.power.cases_for_half) {
        words += &format!("; for {:.2} it takes {}", minimum / 2.0, words::count(cases, "case"));
    }
    scope.judged(RULE, passed, minimum, most, words)
}
