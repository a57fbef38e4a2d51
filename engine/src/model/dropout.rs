//! Dropout whose masks are never stored: each is drawn from a number and can be drawn again.

use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

/// Values that share a stretch of the random stream.
const PIECE: usize = 1 << 14;

/// Dropout of the low-rank path's input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Share of values left out.
    pub rate: f64,
    /// The same number leaves out the same values.
    pub seed: u64,
}

/// Which values of one layer's input the low-rank path does not see (Srivastava et al. 2014, JMLR 15): each is zero with
/// the given probability, and the others are scaled up to make good for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask {
    pub rate: f64,
    pub seed: u64,
    /// Tells the layers of one pass apart.
    pub stream: u64,
}

impl Mask {
    /// That of one of the four joined linear layers, `site`, of a layer.
    pub fn of(Dropout { rate, seed }: Dropout, layer: usize, site: usize) -> Self {
        Self { rate, seed, stream: (layer * 4 + site) as u64 }
    }

    pub fn applied(self, x: &[f32]) -> Vec<f32> {
        let mut dropped = x.to_vec();
        self.apply(&mut dropped);
        dropped
    }

    pub fn apply(self, values: &mut [f32]) {
        // Two bytes decide on a value.
        let below = (self.rate * 65536.0).round() as u32;
        let scale = (65536.0 / f64::from(65536 - below.min(65535))) as f32;
        values.par_chunks_mut(PIECE).enumerate().for_each(|(piece, values)| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(self.stream);
            random.set_word_pos((piece * PIECE / 2) as u128);
            let mut bytes = vec![0u8; 2 * values.len()];
            random.fill_bytes(&mut bytes);
            for (value, bytes) in values.iter_mut().zip(bytes.chunks_exact(2)) {
                let draw = u32::from(u16::from_le_bytes([bytes[0], bytes[1]]));
                *value *= if draw < below { 0.0 } else { scale };
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mask_comes_again_and_keeps_the_mean() {
        let x = vec![1.0; 100_000];
        let mask = Mask { rate: 0.1, seed: 7, stream: 3 };
        let once = mask.applied(&x);
        assert_eq!(once, mask.applied(&x));
        assert_ne!(once, Mask { stream: 4, ..mask }.applied(&x));
        let zeros = once.iter().filter(|v| **v == 0.0).count();
        assert!((9_500..10_500).contains(&zeros), "{zeros}");
        let mean = once.iter().sum::<f32>() / once.len() as f32;
        assert!((mean - 1.0).abs() < 0.01, "{mean}");
    }
}
