//! Does a check know what people think? For each automatic check, how well its pass foretells people's points.

use super::board::{Rated, mean};
use super::correlation::Moments;
use crate::check::{Criterion, TARGET_SCORE};
use crate::compare::{Interval, Mean, Settings, holm, percentiles, unseen_share, widened_tail, wilson};
use crate::run::Outcome;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A correlation below this explains less than a quarter of the differences in people's points: too little to let the
/// check speak for people.
const USEFUL: f64 = 0.5;
/// With fewer passes or fails than this a resample often holds none, and an interval made of the others is a fable.
const FEWEST: usize = 3;

/// One check against people, over the answers that both judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    pub check: String,
    /// What the check speaks for; people's points on it are what it should foretell.
    pub criterion: Criterion,
    pub answers: usize,
    /// Point-biserial correlation of pass and people's mean points, with its bootstrap interval. `None` when the check
    /// always passes or never, or when people gave every answer the same.
    pub correlation: Option<f64>,
    /// `None` with fewer than three passes or three fails too.
    pub interval: Option<Interval>,
    /// How often shuffled points go with the check as closely, in either direction; corrected over the checks.
    pub p: Option<f64>,
    pub p_corrected: Option<f64>,
    /// "Passes" as a prediction of 4 or more on the check's own criterion.
    pub own: Hits,
    /// The same of 4 or more over all criteria.
    pub overall: Hits,
    pub predicts: Predicts,
}

/// How a check's pass and people's 4 or more fall together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hits {
    pub answers: usize,
    pub passed: usize,
    /// Answers that people give 4 or more.
    pub good: usize,
    pub both: usize,
    /// Of those that pass, the share that people give 4 or more, with its Wilson interval.
    pub precision: Option<Mean>,
    /// Of those that people give 4 or more, the share that pass.
    pub recall: Option<Mean>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predicts {
    /// People give more points where it passes, beyond chance.
    Yes,
    /// It goes the other way, or too little with people's points to speak for them.
    No,
    /// These answers cannot tell.
    TooFew,
}

impl Predicts {
    pub fn words(self) -> &'static str {
        match self {
            Predicts::Yes => "predicts people",
            Predicts::No => "a poor guide to people",
            Predicts::TooFew => "too few answers to tell",
        }
    }
}

/// What a check said of an answer, and what people did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    pub group: (&'a str, bool),
    pub passed: bool,
    pub points: f64,
    pub overall: f64,
}

/// Every check that judged an answer which people rated, the closest to people first. Where a case has several checks
/// of one name, they pass when all do. Answers count one by one; those that share a case or a source are drawn
/// together for the interval, while the shuffling takes them as independent and so is a little too sure of itself.
pub(super) fn predictions(rated: &[Rated<'_>], settings: &Settings) -> Vec<Prediction> {
    let mut found: Vec<Prediction> = looks(rated)
        .into_iter()
        .map(|((check, criterion), looks)| prediction(check, criterion, &looks, settings))
        .collect();
    let tested: Vec<f64> = found.iter().filter_map(|p| p.p).collect();
    let mut corrected = holm(&tested).into_iter();
    for prediction in &mut found {
        prediction.p_corrected = prediction.p.and_then(|_| corrected.next());
        prediction.predicts = predicts(prediction, settings);
    }
    let key = |p: &Prediction| p.correlation.unwrap_or(f64::NEG_INFINITY);
    found.sort_by(|x, y| key(y).total_cmp(&key(x)));
    found
}

fn looks<'a>(rated: &[Rated<'a>]) -> BTreeMap<(&'a str, Criterion), Vec<Look<'a>>> {
    let mut looks: BTreeMap<(&'a str, Criterion), Vec<Look<'a>>> = BTreeMap::new();
    for answer in rated {
        let Outcome::Judged { verdicts, .. } = &answer.record.outcome else { continue };
        let mut said: BTreeMap<(&'a str, Criterion), bool> = BTreeMap::new();
        for judged in verdicts.iter().filter(|v| v.verdict.score().is_some()) {
            *said.entry((&judged.check, judged.criterion)).or_insert(true) &= judged.verdict.passed();
        }
        for ((check, criterion), passed) in said {
            let (Some(points), Some(overall)) = (answer.points(criterion), answer.overall()) else { continue };
            looks.entry((check, criterion)).or_default().push(Look { group: answer.group(), passed, points, overall });
        }
    }
    looks
}

fn prediction(check: &str, criterion: Criterion, looks: &[Look<'_>], settings: &Settings) -> Prediction {
    let correlation = correlate(looks);
    Prediction {
        check: check.to_string(),
        criterion,
        answers: looks.len(),
        correlation,
        interval: correlation.and_then(|_| interval(looks, settings)),
        p: correlation.map(|_| chance(looks, settings)),
        p_corrected: None,
        own: hits(looks, |look| look.points, settings),
        overall: hits(looks, |look| look.overall, settings),
        predicts: Predicts::TooFew,
    }
}

/// Yes needs a test that holds up after correction; no needs the whole interval to lie below what would be useful, or
/// a test that says the opposite. Anything else is too few.
fn predicts(found: &Prediction, settings: &Settings) -> Predicts {
    let (Some(r), Some(p)) = (found.correlation, found.p_corrected) else { return Predicts::TooFew };
    let beyond_chance = p <= 1.0 - settings.confidence + 1e-12;
    match found.interval {
        Some(interval) if beyond_chance && r > 0.0 && interval.low > 0.0 => Predicts::Yes,
        Some(interval) if beyond_chance && interval.high < 0.0 => Predicts::No,
        Some(interval) if interval.high < USEFUL => Predicts::No,
        _ => Predicts::TooFew,
    }
}

/// Point-biserial correlation: Pearson's with passes as 1 (Tate, *Ann. Math. Statist.* 25, 1954).
pub(super) fn correlate(looks: &[Look<'_>]) -> Option<f64> {
    looks.iter().map(Look::moments).sum::<Moments>().correlation()
}

impl Look<'_> {
    fn moments(&self) -> Moments {
        Moments::of(f64::from(u8::from(self.passed)), self.points)
    }
}

/// Percentile bootstrap over cases or clusters, widened as elsewhere; resamples without a correlation are left out, and
/// with more than half of them so there is no interval. The interval holds as well what the correlation would be if the
/// largest share that so many may have missed ([`unseen_share`]) had the most or the fewest points seen and passed, or
/// failed: where all go together, resamples know of nothing else.
fn interval(looks: &[Look<'_>], settings: &Settings) -> Option<Interval> {
    let mut groups: BTreeMap<(&str, bool), Moments> = BTreeMap::new();
    for look in looks {
        let group = groups.entry(look.group).or_default();
        *group = *group + look.moments();
    }
    let groups: Vec<Moments> = groups.into_values().collect();
    let passed = looks.iter().filter(|look| look.passed).count();
    if groups.len() < 2 || passed.min(looks.len() - passed) < FEWEST {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut drawn: Vec<f64> = (0..settings.resamples)
        .filter_map(|_| {
            let draw = (0..groups.len()).filter_map(|_| groups.get(random.random_range(0..groups.len())));
            draw.copied().sum::<Moments>().correlation()
        })
        .collect();
    if 2 * drawn.len() <= settings.resamples {
        return None;
    }
    let range = percentiles(&mut drawn, widened_tail(groups.len(), settings.confidence));
    let missed = missed(looks, unseen_share(groups.len(), settings.confidence));
    Some(missed.fold(range, |range, r| Interval { low: range.low.min(r), high: range.high.max(r) }))
}

/// The correlations with a share of unseen answers, all at one corner of what was seen; first, with none.
fn missed(looks: &[Look<'_>], share: f64) -> impl Iterator<Item = f64> {
    let seen: Moments = looks.iter().map(Look::moments).sum();
    let points = |best: fn(f64, f64) -> f64| looks.iter().map(|look| look.points).reduce(best);
    let corners = [points(f64::min), points(f64::max)].into_iter().flatten().flat_map(|y| [(0.0, y), (1.0, y)]);
    let with = move |(x, y)| (seen.times(1.0 - share) + Moments::of(x, y).times(share * seen.n())).correlation();
    seen.correlation().into_iter().chain(corners.filter_map(with))
}

/// Permutation test (Good 2005, ch. 3): points are dealt to the answers anew. With the margins fixed the correlation
/// moves with the sum of points of those that pass alone, so that is what is compared. The observed order counts too
/// (Phipson & Smyth 2010).
pub(super) fn chance(looks: &[Look<'_>], settings: &Settings) -> f64 {
    let mut points: Vec<f64> = looks.iter().map(|look| look.points).collect();
    // The order of answers must not matter.
    points.sort_by(f64::total_cmp);
    let passed = looks.iter().filter(|look| look.passed).count();
    let centre = mean(points.iter().copied()).unwrap_or(0.0) * passed as f64;
    let observed: f64 = looks.iter().filter(|look| look.passed).map(|look| look.points).sum();
    let target = (observed - centre).abs() - 1e-9;
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut hits = 0;
    for _ in 0..settings.resamples {
        for i in 0..passed {
            let other = random.random_range(i..points.len());
            points.swap(i, other);
        }
        hits += usize::from((points.iter().take(passed).sum::<f64>() - centre).abs() >= target);
    }
    (1 + hits) as f64 / (1 + settings.resamples) as f64
}

fn hits(looks: &[Look<'_>], points: impl Fn(&Look<'_>) -> f64, settings: &Settings) -> Hits {
    let good = |look: &&Look<'_>| points(look) >= TARGET_SCORE - 1e-9;
    let passed = looks.iter().filter(|look| look.passed).count();
    let (all_good, both) =
        (looks.iter().filter(good).count(), looks.iter().filter(|look| look.passed).filter(good).count());
    let share = |of: usize| {
        let mean = both as f64 / of as f64;
        (of > 0).then(|| Mean { mean, interval: wilson(both, of, settings.confidence) })
    };
    Hits { answers: looks.len(), passed, good: all_good, both, precision: share(passed), recall: share(all_good) }
}
