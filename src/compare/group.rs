//! One set of cases, tested: pass rates, pass test, score test, power.

use super::comparison::{Finding, Group, Mean, Outcomes, PassTest, Power, ScoreTest};
use super::evidence::Evidence;
use super::family::HEADLINE;
use super::interval::{Scale, bootstrap};
use super::looks;
use super::pair::Pair;
use super::permutation::sign_flip;
use super::power::power;
use super::sample::Sample;
use super::sequence;
use super::settings::Settings;
use crate::tally::{self, CaseTally, Interval};

/// The name of the group that holds every case of a half.
pub(super) const ALL: &str = "all";

/// Everything but the finding, which waits for the correction over all that its half looks at. Pairs that one side did
/// not answer, or that could not be scored there, are left out.
pub(super) fn group(name: &str, pairs: &[&Pair<'_>], evidence: Evidence, settings: &Settings) -> Group {
    let sample = Sample::of(&looks::measured(pairs, evidence), settings);
    let both = pairs.iter().filter_map(|pair| pair.both());
    let (a, b): (Vec<&CaseTally>, Vec<&CaseTally>) = match evidence {
        Evidence::Checks => both.filter(|(a, b)| a.is_written() && b.is_written()).unzip(),
        Evidence::Likelihood => both.unzip(),
    };
    let scale = match evidence {
        Evidence::Checks => Scale::SCORE,
        Evidence::Likelihood => Scale::MARGIN,
    };
    let rate = |cases: &[&CaseTally<'_>]| match evidence {
        Evidence::Checks => tally::rate(cases, settings.confidence),
        Evidence::Likelihood => tally::preference(cases, settings.confidence),
    };
    let error = (1.0 - settings.confidence) * if name == ALL { HEADLINE } else { 1.0 };
    Group {
        name: name.to_string(),
        evidence,
        cases: sample.cases,
        clusters: sample.units.len(),
        rate: Outcomes { a: rate(&a), b: rate(&b) },
        pass: pass_test(pairs, evidence, settings),
        score: score_test(&sample, scale, settings).unwrap_or_else(|| unknown(scale)),
        power: match settings.anytime {
            // It is reckoned for a number of cases that was set beforehand.
            true => Power { minimum_detectable: None, cases_for_half: None },
            false => power(&sample, 1.0 - error, scale),
        },
        finding: Finding::TooFewCases,
        words: String::new(),
    }
}

fn pass_test(pairs: &[&Pair<'_>], evidence: Evidence, settings: &Settings) -> PassTest {
    let passes = looks::passes(pairs, evidence);
    let (only_a, only_b) = looks::changed(&passes);
    let both = passes.iter().filter(|o| o.a == 1.0 && o.b == 1.0).count();
    let p = looks::chance(&passes, settings);
    PassTest { both, only_a, only_b, neither: passes.len() - both - only_a - only_b, p, p_corrected: p }
}

/// The paired difference of one measure; `None` without cases.
pub(crate) fn score_test(sample: &Sample, scale: Scale, settings: &Settings) -> Option<ScoreTest> {
    if settings.anytime {
        return sequence::score_test(sample, scale, settings);
    }
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
