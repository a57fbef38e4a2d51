//! Examples that are nearly alike, within and across files.
//!
//! MinHash (Broder 1997) over runs of three words, with one hash per run and empty bins filled from others (Li, Owen,
//! Zhang 2012; Shrivastava 2017), banded for lookup (LSH; Leskovec, Rajaraman, Ullman, *Mining of Massive Datasets*,
//! section 3.4); every candidate is then measured exactly. With 24 bands of 4 a pair of similarity 0.6 is found with
//! probability 0.964, one of 0.7 with 0.999.

use super::{Code, Finding};
use crate::training_data::Example;
use crate::training_data::Severity::Warning;
use crate::training_data::words::{Map, jaccard, mix, shingles, words};
use rayon::prelude::*;

pub(super) const CODES: &[Code] = &[CODE];
const CODE: Code =
    Code::new("near-duplicate", Warning, "Two examples differ in a few words only: a template with nouns swapped.");

const BANDS: usize = 24;
const ROWS: usize = 4;
const HASHES: usize = BANDS * ROWS;
/// Share of common runs of three words from which two examples are nearly alike.
const NEAR: f64 = 0.6;
/// Fewer runs than this are alike by chance.
const FEWEST: usize = 6;
/// How many earlier examples of a bucket are measured, so that a thousand alike cost no million comparisons.
const MOST: usize = 8;

pub(super) fn find(examples: &[Example], repeats: &[bool]) -> Vec<Finding> {
    let found = alike(examples, repeats).into_iter().map(|(at, earlier, likeness)| {
        let message = format!(
            "is {:.0} % the same as {} (share of common three-word runs)",
            likeness * 100.0,
            examples[earlier].place
        );
        Finding::new(&CODE, &examples[at].place, message, "keep the better one, or make it about something else")
    });
    found.collect()
}

/// Pairs of examples that are nearly alike, as indices: each example with the most alike of those before it.
pub fn near_duplicates(examples: &[Example]) -> Vec<(usize, usize)> {
    let found = alike(examples, &vec![false; examples.len()]).into_iter();
    found.map(|(at, earlier, _)| (at, earlier)).collect()
}

/// Each example that is nearly alike an earlier one, that one, and their share of common runs.
fn alike(examples: &[Example], repeats: &[bool]) -> Vec<(usize, usize, f64)> {
    let sets: Vec<Vec<u32>> = examples.par_iter().map(runs).collect();
    let sketches: Vec<Option<[u32; BANDS]>> = sets
        .par_iter()
        .zip(repeats)
        .map(|(set, repeats)| (!repeats && set.len() >= FEWEST).then(|| sketch(set)))
        .collect();
    nearest(&sketches, &sets)
}

/// What tells two examples apart: input and output. Instructions are alike by design.
fn runs(example: &Example) -> Vec<u32> {
    let mut all = words(&example.input);
    all.extend(words(&example.output));
    shingles(&all, 3)
}

/// One number for each band of the MinHash signature.
fn sketch(set: &[u32]) -> [u32; BANDS] {
    let mut least = [u64::MAX; HASHES];
    for &member in set {
        let hash = mix(u64::from(member));
        // The high half chooses the bin, the low half is the value.
        let bin = (((hash >> 32) * HASHES as u64) >> 32) as usize;
        least[bin] = least[bin].min(hash & 0xFFFF_FFFF);
    }
    let filled = least;
    for (bin, value) in least.iter_mut().enumerate().filter(|(_, value)| **value == u64::MAX) {
        // Two sets that lack the same bin ask the same others for it, in the same order.
        let others = (0..).map(|attempt| (mix(((bin as u64) << 32) | attempt) % HASHES as u64) as usize);
        *value = others.map(|other| filled[other]).find(|v| *v != u64::MAX).unwrap_or_default();
    }
    let mut bands = [0; BANDS];
    for (band, rows) in bands.iter_mut().zip(least.chunks(ROWS)) {
        *band = rows.iter().fold(0u64, |hash, row| mix(hash ^ *row)) as u32;
    }
    bands
}

/// For each example the most alike of the earlier ones in its buckets, where that is alike enough.
fn nearest(sketches: &[Option<[u32; BANDS]>], sets: &[Vec<u32>]) -> Vec<(usize, usize, f64)> {
    let candidates: Vec<Vec<(u32, u32)>> = (0..BANDS).into_par_iter().map(|band| candidates(sketches, band)).collect();
    let mut pairs: Vec<(u32, u32)> = candidates.into_iter().flatten().collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    let alike: Vec<(usize, usize, f64)> = pairs
        .par_iter()
        .filter_map(|&(at, earlier)| {
            let (at, earlier) = (at as usize, earlier as usize);
            let likeness = jaccard(sets.get(at)?, sets.get(earlier)?);
            (likeness >= NEAR).then_some((at, earlier, likeness))
        })
        .collect();
    let mut best: Vec<(usize, usize, f64)> = Vec::new();
    for pair in alike {
        match best.last_mut() {
            Some(last) if last.0 == pair.0 => {
                if pair.2 > last.2 {
                    *last = pair;
                }
            }
            _ => best.push(pair),
        }
    }
    best
}

fn candidates(sketches: &[Option<[u32; BANDS]>], band: usize) -> Vec<(u32, u32)> {
    let mut buckets: Map<u32, Vec<u32>> = Map::default();
    let mut pairs = Vec::new();
    for (at, sketch) in sketches.iter().enumerate() {
        let (Some(sketch), Ok(at)) = (sketch, u32::try_from(at)) else { continue };
        let bucket = buckets.entry(sketch[band]).or_default();
        pairs.extend(bucket.iter().map(|&earlier| (at, earlier)));
        if bucket.len() < MOST {
            bucket.push(at);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Pairs whose exact similarity is far above the threshold are found, those far below are not.
    fn found(sets: &[Vec<u32>]) -> Vec<(usize, usize)> {
        let sketches: Vec<_> = sets.iter().map(|set| Some(sketch(set))).collect();
        nearest(&sketches, sets).into_iter().map(|(a, b, _)| (a, b)).collect()
    }

    fn set(from: u64, to: u64) -> Vec<u32> {
        let mut all: Vec<u32> = (from..to).map(|i| mix(i) as u32).collect();
        all.sort_unstable();
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn agrees_with_measuring_every_pair(start in 0u64..1_000_000_000, other in 0u64..30) {
            // Of 100 members, the second shares 100 - other: similarity 0.54 to 1.
            let sets = [set(start, start + 100), set(start + other, start + 100 + other)];
            let likeness = jaccard(&sets[0], &sets[1]);
            let near = !found(&sets).is_empty();
            prop_assert!(likeness >= NEAR || !near);
            prop_assert!(near || likeness < 0.75, "{likeness} was missed");
        }
    }

    #[test]
    fn a_thousand_alike_are_each_reported_once() {
        let sets: Vec<_> = (0..1000).map(|i| set(i % 3, 200)).collect();
        let found = found(&sets);
        assert_eq!(found.len(), 999);
        assert!(found.iter().all(|(at, earlier)| earlier < at));
    }
}
