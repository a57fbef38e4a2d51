//! Rotary positions.

use crate::files::Config;

/// Cosines and sines for the rows of one batch, (tokens, rope_dims / 2) each.
pub(crate) struct Rope {
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
}

impl Rope {
    /// Rotary embedding (Su et al. 2021, arXiv:2104.09864) for each of `positions`. Frequencies are rounded to f32
    /// before they are multiplied by the position, as the models were trained.
    pub fn new(config: &Config, positions: &[usize]) -> Self {
        let half = config.rope_dims / 2;
        let frequency = |i: usize| {
            let base = config.rope_theta.powf(2.0 * i as f64 / config.rope_dims as f64) as f32;
            1.0 / (base * config.rope_factors.as_ref().and_then(|f| f.get(i)).copied().unwrap_or(1.0))
        };
        let frequencies: Vec<f32> = (0..half).map(frequency).collect();
        let angles = || positions.iter().flat_map(|&p| frequencies.iter().map(move |f| p as f32 * f));
        let factor = config.rope_attn_factor;
        let cos = angles().map(|a| a.cos() * factor).collect();
        let sin = angles().map(|a| a.sin() * factor).collect();
        Self { cos, sin, half }
    }

    /// Cosines and sines, (tokens, rope_dims / 2) each.
    pub fn tables(&self) -> (&[f32], &[f32]) {
        (&self.cos, &self.sin)
    }

    /// Rotates one head of row `row` in place; dimension i pairs with i + half.
    pub fn rotate(&self, row: usize, head: &mut [f32]) {
        let (cos, sin) = (&self.cos[row * self.half..][..self.half], &self.sin[row * self.half..][..self.half]);
        let (first, second) = head[..2 * self.half].split_at_mut(self.half);
        for (i, (a, b)) in first.iter_mut().zip(second).enumerate() {
            (*a, *b) = (*a * cos[i] - *b * sin[i], *b * cos[i] + *a * sin[i]);
        }
    }

    /// The transpose of [`Rope::rotate`], for gradients.
    pub fn rotate_back(&self, row: usize, head: &mut [f32]) {
        let (cos, sin) = (&self.cos[row * self.half..][..self.half], &self.sin[row * self.half..][..self.half]);
        let (first, second) = head[..2 * self.half].split_at_mut(self.half);
        for (i, (a, b)) in first.iter_mut().zip(second).enumerate() {
            (*a, *b) = (*a * cos[i] + *b * sin[i], *b * cos[i] - *a * sin[i]);
        }
    }
}
