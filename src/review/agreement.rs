//! How far reviewers agree: Krippendorff's α.

use crate::compare::{Interval, Settings, percentiles, unseen_share, widened_tail};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Points run from 1 to this.
const MOST: usize = 5;

/// From here on reviewers agree well enough to rely on (Krippendorff, *Content Analysis*, 2004, p. 241).
pub const GOOD: f64 = 0.8;
/// From here on for tentative conclusions only.
pub const TENTATIVE: f64 = 0.667;

/// Agreement on one criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// 1: always the same points; 0: no better than points dealt out at random; below: the opposite of each other.
    /// `None` where it is not defined, see [`alpha`].
    pub alpha: Option<f64>,
    /// `None` where α is not defined, or for most resamples is not.
    pub interval: Option<Interval>,
    /// Answers that two reviewers or more gave points.
    pub answers: usize,
}

/// What α says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Agreed {
    /// From [`GOOD`] on, with an interval that does not reach below [`TENTATIVE`].
    Good,
    /// From [`TENTATIVE`] on.
    Tentative,
    Poor,
    /// Nothing to compare, or nothing that differs.
    Unknown,
}

impl Agreement {
    pub fn agreed(&self) -> Agreed {
        match self.alpha {
            None => Agreed::Unknown,
            Some(alpha) if alpha >= GOOD && self.interval.is_some_and(|range| range.low >= TENTATIVE) => Agreed::Good,
            Some(alpha) if alpha >= TENTATIVE => Agreed::Tentative,
            Some(_) => Agreed::Poor,
        }
    }
}

impl Agreed {
    /// What to make of it.
    pub fn words(self) -> &'static str {
        match self {
            Agreed::Good => "the reviewers agree",
            Agreed::Tentative => "they agree roughly: rely on large differences only",
            Agreed::Poor => "the reviewers agree too little: read the descriptors together, then score again",
            Agreed::Unknown => "cannot be worked out: it takes answers that two people scored, and scores that differ",
        }
    }
}

/// One answer's points, one value for each reviewer who gave some, with what it must stay together with.
#[derive(Debug, Clone)]
pub(super) struct Scored<'a> {
    /// Cases of one cluster, and answers to one case, are drawn together.
    pub group: (&'a str, bool),
    pub points: Vec<u8>,
}

/// How often each pair of values stands in one answer, each answer counting as many pairs as it has values.
type Coincidences = [[f64; MOST]; MOST];

fn coincidences(points: &[u8]) -> Coincidences {
    let mut pairs = [[0.0; MOST]; MOST];
    let places: Vec<usize> = points.iter().filter_map(|p| usize::from(*p).checked_sub(1)).collect();
    for (i, one) in places.iter().enumerate() {
        for (_, other) in places.iter().enumerate().filter(|(j, _)| *j != i) {
            if let Some(pair) = pairs.get_mut(*one).and_then(|row| row.get_mut(*other)) {
                *pair += 1.0 / (places.len() - 1) as f64;
            }
        }
    }
    pairs
}

fn add(sum: &mut Coincidences, other: &Coincidences) {
    for (pair, more) in sum.iter_mut().flatten().zip(other.iter().flatten()) {
        *pair += more;
    }
}

/// Krippendorff's α with the ordinal metric over answers with missing ratings allowed (Krippendorff, *Computing
/// Krippendorff's Alpha-Reliability*, 2011, the canonical form by coincidences): 1 − (n − 1)·Σ o·δ² / Σ n·n·δ², where
/// δ² of two values is the squared number of pairable points from one to the other, the ends counted half.
///
/// `None` with fewer than two pairable values, and when all of them are equal: nobody can tell agreement from a scale
/// that nobody used. The `krippendorff` package raises an error for these, or, where a value that pairs with nothing
/// differs, returns NaN.
fn alpha(pairs: &Coincidences) -> Option<f64> {
    let counts: [f64; MOST] = std::array::from_fn(|value| pairs[value].iter().sum());
    let all: f64 = counts.iter().sum();
    let (mut observed, mut expected) = (0.0, 0.0);
    for low in 0..MOST {
        for high in low + 1..MOST {
            let between: f64 = counts[low..=high].iter().sum();
            let distance = (between - (counts[low] + counts[high]) / 2.0).powi(2);
            // Both ways round.
            observed += (pairs[low][high] + pairs[high][low]) * distance;
            expected += 2.0 * counts[low] * counts[high] * distance;
        }
    }
    (expected > 1e-12).then(|| 1.0 - (all - 1.0) * observed / expected)
}

/// α with its interval.
///
/// The interval is a percentile bootstrap over answers that two people or more rated: whole clusters and whole cases
/// are drawn anew, all their ratings with them, and the tails are widened for small samples as for every mean here
/// (Efron & Tibshirani 1993, ch. 13; Hesterberg 2015). So it tells what other answers of this kind would have shown
/// *these* reviewers. Krippendorff's own bootstrap draws single disagreements from the observed ones as if they were
/// independent, which they are not where one answer gives several pairs (Zapf et al., *BMC Med. Res. Methodol.* 16:93,
/// 2016, found it too narrow, and this one right). Resamples in which α is undefined are left out; where those are more
/// than half, there is no interval. It holds as well what α would be if the largest share that so many may have missed
/// ([`unseen_share`]) were answers alike: where everybody agrees, resamples know of nothing else. How far these differ
/// is taken from what was seen, and only where nothing differs from the values in use: answers as far apart as the
/// scale allows would double the interval of reviewers who agree well, which covers as it is.
pub(super) fn agreement(answers: &[Scored<'_>], settings: &Settings) -> Agreement {
    let mut paired: Vec<&Scored<'_>> = answers.iter().filter(|a| a.points.len() >= 2).collect();
    // Sums of floats depend on their order; the drawing does on that of the groups.
    paired.sort_by(|x, y| (x.group, &x.points).cmp(&(y.group, &y.points)));
    let mut groups: Vec<Coincidences> = Vec::new();
    for (i, answer) in paired.iter().enumerate() {
        let pairs = coincidences(&answer.points);
        match groups.last_mut().filter(|_| i > 0 && paired[i - 1].group == answer.group) {
            Some(group) => add(group, &pairs),
            None => groups.push(pairs),
        }
    }
    let whole = sum(groups.iter());
    let alpha = alpha(&whole);
    let interval = alpha.and_then(|alpha| interval(&groups, &whole, alpha, settings));
    Agreement { alpha, interval, answers: paired.len() }
}

fn sum<'a>(groups: impl Iterator<Item = &'a Coincidences>) -> Coincidences {
    groups.fold([[0.0; MOST]; MOST], |mut sum, group| {
        add(&mut sum, group);
        sum
    })
}

fn interval(groups: &[Coincidences], whole: &Coincidences, point: f64, settings: &Settings) -> Option<Interval> {
    let count = groups.len();
    if count < 2 {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut drawn: Vec<f64> = (0..settings.resamples)
        .filter_map(|_| alpha(&sum((0..count).filter_map(|_| groups.get(random.random_range(0..count))))))
        .collect();
    if 2 * drawn.len() <= settings.resamples {
        return None;
    }
    let range = percentiles(&mut drawn, widened_tail(count, settings.confidence));
    let missed = missed(whole, unseen_share(count, settings.confidence));
    Some(missed.chain([point]).fold(range, |range, a| Interval { low: range.low.min(a), high: range.high.max(a) }))
}

/// α with a share of unseen answers that all have the same two values: two that were seen to stand in one answer, or,
/// where no two that differ were (or none that are equal), any two in use.
fn missed(whole: &Coincidences, share: f64) -> impl Iterator<Item = f64> {
    let used: Vec<usize> = (0..MOST).filter(|value| whole[*value].iter().sum::<f64>() > 0.0).collect();
    let all: f64 = whole.iter().flatten().sum();
    let pairs: Vec<(usize, usize)> = used
        .iter()
        .flat_map(|one| used.iter().map(|other| (*one, *other)))
        .filter(|(one, other)| one <= other)
        .collect();
    let of = |equal: bool| {
        let possible: Vec<_> = pairs.iter().copied().filter(|(one, other)| (one == other) == equal).collect();
        let seen: Vec<_> = possible.iter().copied().filter(|(one, other)| whole[*one][*other] > 0.0).collect();
        if seen.is_empty() { possible } else { seen }
    };
    let likely = [of(true), of(false)].concat();
    likely.into_iter().filter_map(move |(one, other)| {
        let mut mixed = whole.map(|row| row.map(|pairs| (1.0 - share) * pairs));
        mixed[one][other] += share * all / 2.0;
        mixed[other][one] += share * all / 2.0;
        alpha(&mixed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alpha_of(answers: &[&[u8]]) -> Option<f64> {
        alpha(&sum(answers.iter().map(|points| coincidences(points)).collect::<Vec<_>>().iter()))
    }

    /// The worked example of Krippendorff 2011, section C, with ordinal data: α = 0.815.
    #[test]
    fn krippendorffs_own_example() {
        let answers: [&[u8]; 12] = [
            &[1, 1, 1],
            &[2, 2, 3, 2],
            &[3, 3, 3, 3],
            &[3, 3, 3, 3],
            &[2, 2, 2, 2],
            &[1, 2, 3, 4],
            &[4, 4, 4, 4],
            &[1, 1, 2, 1],
            &[2, 2, 2, 2],
            &[5, 5, 5],
            &[1, 1],
            &[3],
        ];
        assert!((alpha_of(&answers).unwrap() - 0.815).abs() < 5e-4);
    }

    #[test]
    fn nothing_to_compare_and_one_value_only_are_undefined() {
        for answers in [&[][..], &[&[3][..], &[4]], &[&[3, 3], &[3, 3, 3]], &[&[3, 3], &[1]]] {
            assert_eq!(alpha_of(answers), None, "{answers:?}");
        }
        assert_eq!(alpha_of(&[&[3, 3], &[1, 1]]), Some(1.0));
    }

    #[test]
    fn those_who_always_agree_are_not_known_to() {
        let names: Vec<String> = (0..30).map(|i| format!("{i:02}")).collect();
        let answers: Vec<Scored> =
            (0..30).map(|i| Scored { group: (&names[i], false), points: vec![1 + (i % 5) as u8; 2] }).collect();
        let lowest = |n: usize| agreement(&answers[..n], &Settings::default()).interval.unwrap();
        assert_eq!([10, 30].map(|n| lowest(n).high), [1.0; 2]);
        assert!(lowest(10).low < TENTATIVE && lowest(30).low > lowest(10).low, "{:?}", lowest(30));
        let alike: Vec<Scored> = names.iter().map(|name| Scored { group: (name, false), points: vec![4; 2] }).collect();
        let found = agreement(&alike, &Settings::default());
        assert_eq!((found.alpha, found.interval), (None, None));
    }

    #[test]
    fn clusters_are_drawn_whole_and_widen_the_interval() {
        // Ten sources: on the answers to some of them the two people agree throughout, to the others not at all.
        let points =
            |i: usize| if (i / 6).is_multiple_of(2) { vec![1 + (i % 5) as u8; 2] } else { vec![1 + (i % 3) as u8, 5] };
        let names: Vec<String> = (0..60).map(|i| format!("{i:02}")).collect();
        let sources: Vec<String> = (0..60).map(|i| format!("source {}", i / 6)).collect();
        let width = |clustered: bool| {
            let group = |i: usize| if clustered { (sources[i].as_str(), true) } else { (names[i].as_str(), false) };
            let answers: Vec<Scored> = (0..60).map(|i| Scored { group: group(i), points: points(i) }).collect();
            let found = agreement(&answers, &Settings { resamples: 2000, ..Settings::default() });
            let interval = found.interval.unwrap();
            assert!(interval.low < found.alpha.unwrap() && found.alpha.unwrap() < interval.high);
            interval.high - interval.low
        };
        assert!(width(true) > 1.5 * width(false));
    }

    #[test]
    fn words_follow_the_thresholds() {
        let agreed = |alpha, low| {
            let interval = Some(Interval { low, high: 1.0 });
            Agreement { alpha, interval, answers: 9 }.agreed()
        };
        assert_eq!(agreed(Some(0.8), 0.7), Agreed::Good);
        assert_eq!(agreed(Some(0.8), 0.6), Agreed::Tentative);
        assert_eq!(agreed(Some(0.79), 0.6), Agreed::Tentative);
        assert_eq!(agreed(Some(0.6), 0.5), Agreed::Poor);
        assert_eq!(agreed(None, 0.5), Agreed::Unknown);
    }

    #[test]
    fn one_group_has_no_interval() {
        let answers =
            [Scored { group: ("x", false), points: vec![1, 2] }, Scored { group: ("x", false), points: vec![4, 4] }];
        let found = agreement(&answers, &Settings::default());
        assert!(found.alpha.is_some());
        assert_eq!((found.interval, found.answers), (None, 2));
    }
}
