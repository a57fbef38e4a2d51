//! The sign-flip permutation test: how often would chance alone give a mean difference this large?

use super::settings::Settings;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Up to this many units that differ, every pattern of signs is tried: 2²⁰ are a million.
const EXACT_UNITS: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SignFlip {
    /// Two-sided.
    pub p: f64,
    pub exact: bool,
}

/// Were the versions equally good, each unit's difference could as well have had the other sign. `p` is the share of
/// sign patterns whose sum is at least as far from 0 as the one observed (Fisher, *The Design of Experiments*, 1935,
/// §21). Sampled patterns count the observed one too, p = (1 + hits)/(1 + N), so that p is never 0 (Phipson & Smyth
/// 2010). Units without a difference change no sum, so only the others decide whether all patterns can be tried.
pub(crate) fn sign_flip(differences: &[f64], settings: &Settings) -> SignFlip {
    let moved: Vec<f64> = differences.iter().copied().filter(|d| d.abs() > 1e-12).collect();
    // Equal sums of thirds and sevenths differ in their last bits; they still count as equal.
    let target = moved.iter().sum::<f64>().abs() - 1e-10 * moved.iter().map(|d| d.abs()).sum::<f64>();
    let Some((first, rest)) = moved.split_first() else {
        return SignFlip { p: 1.0, exact: true };
    };
    if moved.len() <= EXACT_UNITS {
        // A pattern and its mirror image lie equally far from 0: the first sign stays.
        let patterns = 1u64 << rest.len();
        return SignFlip { p: count(rest, *first, target) as f64 / patterns as f64, exact: true };
    }
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let hits = (0..settings.resamples).filter(|_| flipped_sum(&moved, &mut random).abs() >= target).count();
    SignFlip { p: (1 + hits) as f64 / (1 + settings.resamples) as f64, exact: false }
}

/// Sign patterns of `rest` after which the sum lies at least `target` from 0.
fn count(rest: &[f64], sum: f64, target: f64) -> u64 {
    match rest.split_first() {
        None => u64::from(sum.abs() >= target),
        Some((next, rest)) => count(rest, sum + next, target) + count(rest, sum - next, target),
    }
}

fn flipped_sum(differences: &[f64], random: &mut ChaCha8Rng) -> f64 {
    differences
        .chunks(64)
        .map(|chunk| {
            let signs = random.next_u64();
            chunk.iter().enumerate().map(|(i, d)| if signs >> i & 1 == 1 { *d } else { -d }).sum::<f64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number, numbers};
    use super::*;

    #[test]
    fn exact_test_agrees_with_scipy() {
        for case in cases("sign_flip_exact") {
            let result = sign_flip(&numbers(&case, "differences"), &Settings::default());
            assert!(result.exact);
            close(result.p, number(&case, "p"), 1e-9);
        }
    }

    /// 200,000 sampled patterns there, and here too, or all of them where at most 20 units differ. The bound is five
    /// standard errors of the difference of two estimated shares.
    #[test]
    fn sampled_test_agrees_with_scipy_within_monte_carlo_error() {
        let settings = Settings { resamples: 200_000, seed: 5, ..Settings::default() };
        for case in cases("sign_flip_sampled") {
            let differences = numbers(&case, "differences");
            let result = sign_flip(&differences, &settings);
            assert_eq!(result.exact, differences.iter().filter(|d| **d != 0.0).count() <= 20);
            let p = number(&case, "p");
            close(result.p, p, 5.0 * (2.0 * p * (1.0 - p) / 200_000.0).sqrt() + 1e-5);
        }
    }

    #[test]
    fn ties_do_not_count_towards_the_limit() {
        let mut differences = vec![0.0; 100];
        differences.extend([0.5; 6]);
        assert_eq!(sign_flip(&differences, &Settings::default()), SignFlip { p: 2.0 / 64.0, exact: true });
    }

    #[test]
    fn nothing_and_ties_alone_prove_nothing() {
        for differences in [&[][..], &[0.0], &[0.0, 0.0, 0.0]] {
            assert_eq!(sign_flip(differences, &Settings::default()), SignFlip { p: 1.0, exact: true });
        }
    }

    #[test]
    fn sums_equal_but_for_rounding_count_as_equal() {
        // 0.1 + 0.2 ≠ 0.3 in floating point: of the four patterns ±0.1 ±0.2 +0.3, two lie at 0.6 and 0.0.
        assert_eq!(sign_flip(&[0.1, 0.2, -0.3], &Settings::default()).p, 1.0);
        assert_eq!(sign_flip(&[0.1, 0.2, 0.3], &Settings::default()).p, 0.25);
    }

    #[test]
    fn a_sampled_p_is_never_zero() {
        let result = sign_flip(&[0.5; 60], &Settings { resamples: 999, ..Settings::default() });
        assert_eq!(result, SignFlip { p: 0.001, exact: false });
    }
}
