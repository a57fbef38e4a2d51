//! One set of cases, tested: pass rates, pass test, score test, power.

use super::comparison::{Finding, Group, Interval, Mean, Outcomes, PassTest, Rate, ScoreTest};
use super::interval::{Scale, bootstrap, wilson};
use super::mcnemar::mcnemar;
use super::pair::{Pair, Replies};
use super::permutation::sign_flip;
use super::power::power;
use super::repeats::{pass_at_k, pass_hat_k};
use super::sample::{Observation, Sample};
use super::settings::Settings;

/// The name of the group that holds every case of a half.
pub(super) const ALL: &str = "all";

/// Everything but the finding, which waits for the correction over the groups tested beside this one. Pairs that one
/// side did not answer are left out.
pub(super) fn group(name: &str, pairs: &[&Pair<'_>], settings: &Settings) -> Group {
    let observations: Vec<Observation> = pairs.iter().filter_map(|p| p.observe(|r| Some(r.score))).collect();
    let sample = Sample::new(&observations);
    let answered: Vec<(&Replies, &Replies)> = pairs.iter().filter_map(|p| p.both()).collect();
    Group {
        name: name.to_string(),
        cases: sample.cases,
        clusters: sample.units.len(),
        rate: Outcomes {
            a: rate(&answered.iter().map(|(a, _)| *a).collect::<Vec<_>>(), settings.confidence),
            b: rate(&answered.iter().map(|(_, b)| *b).collect::<Vec<_>>(), settings.confidence),
        },
        pass: pass_test(&answered),
        score: score_test(&sample, Scale::SCORE, settings).unwrap_or_else(|| unknown(Scale::SCORE)),
        power: power(&sample, settings.confidence),
        finding: Finding::TooFewCases,
        words: String::new(),
    }
}

fn rate(sides: &[&Replies<'_>], confidence: f64) -> Rate {
    let (cases, passed) = (sides.len(), sides.iter().filter(|s| s.passed()).count());
    let mut repeated: Vec<(usize, usize)> =
        sides.iter().filter(|s| s.judged.len() > 1).map(|s| (s.judged.len(), s.passes())).collect();
    // Sums of floats depend on their order, which must not be that of the cases.
    repeated.sort_unstable();
    let k = repeated.iter().map(|(answers, _)| *answers).min();
    let mean = |of: fn(usize, usize, usize) -> f64| {
        k.map(|k| repeated.iter().map(|(n, c)| of(*n, *c, k)).sum::<f64>() / repeated.len() as f64)
    };
    Rate {
        passed,
        cases,
        rate: if cases == 0 { 0.0 } else { passed as f64 / cases as f64 },
        interval: wilson(passed, cases, confidence),
        flaky: sides.iter().filter(|s| s.flaky()).count(),
        pass_at_k: mean(pass_at_k),
        pass_hat_k: mean(pass_hat_k),
        k,
    }
}

/// McNemar's test takes every case as independent; where cases share clusters that makes it too sure, one more reason
/// why it does not decide.
fn pass_test(answered: &[(&Replies<'_>, &Replies<'_>)]) -> PassTest {
    let count = |a: bool, b: bool| answered.iter().filter(|(x, y)| (x.passed(), y.passed()) == (a, b)).count();
    let (only_a, only_b) = (count(true, false), count(false, true));
    let p = mcnemar(only_a, only_b);
    PassTest { both: count(true, true), only_a, only_b, neither: count(false, false), p, p_corrected: p }
}

/// The paired difference of one measure; `None` without cases.
pub(crate) fn score_test(sample: &Sample, scale: Scale, settings: &Settings) -> Option<ScoreTest> {
    let (means, intervals) = bootstrap(sample, scale, settings)?;
    let test = sign_flip(&sample.differences(), settings);
    Some(ScoreTest {
        cases: sample.cases,
        a: Mean { mean: means.a, interval: intervals.a },
        b: Mean { mean: means.b, interval: intervals.b },
        difference: Mean { mean: means.difference, interval: intervals.difference },
        p: test.p,
        p_corrected: test.p,
        exact: test.exact,
    })
}

/// The result for no cases at all: anything is possible.
fn unknown(scale: Scale) -> ScoreTest {
    let anywhere = |interval: Interval| Mean { mean: 0.0, interval };
    ScoreTest {
        cases: 0,
        a: anywhere(scale.whole()),
        b: anywhere(scale.whole()),
        difference: anywhere(scale.of_differences()),
        p: 1.0,
        p_corrected: 1.0,
        exact: true,
    }
}
