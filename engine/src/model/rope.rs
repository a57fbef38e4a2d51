//! Rotary positions.

use crate::files::Config;

/// The rotations of all layers for the rows of one batch.
pub(crate) struct Ropes<'c> {
    config: &'c Config,
    whole: Rope,
    /// Of layers with a window, where those have a base of their own.
    local: Option<Rope>,
    none: Rope,
}

impl<'c> Ropes<'c> {
    pub fn new(config: &'c Config, positions: &[usize]) -> Self {
        let local = config.local_rope_theta.map(|theta| Rope::of(config, theta, None, 1.0, positions));
        let none = Rope { cos: Vec::new(), sin: Vec::new(), half: 0 };
        Self { config, whole: Rope::new(config, positions), local, none }
    }

    /// The rotation of one layer, which may be none.
    pub fn of(&self, layer: usize) -> &Rope {
        match &self.local {
            _ if self.config.unrotated_layers.contains(&layer) => &self.none,
            Some(local) if self.config.window(layer).is_some() => local,
            _ => &self.whole,
        }
    }
}

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
        Self::of(config, config.rope_theta, config.rope_factors.as_deref(), config.rope_attn_factor, positions)
    }

    fn of(config: &Config, theta: f64, factors: Option<&[f32]>, scale: f32, positions: &[usize]) -> Self {
        let half = config.rope_dims / 2;
        let frequency = |i: usize| {
            let base = libm::pow(theta, 2.0 * i as f64 / config.rope_dims as f64) as f32;
            1.0 / (base * factors.and_then(|f| f.get(i)).copied().unwrap_or(1.0))
        };
        let frequencies: Vec<f32> = (0..half).map(frequency).collect();
        let angles = || positions.iter().flat_map(|&p| frequencies.iter().map(move |f| p as f32 * f));
        let cos = angles().map(|a| libm::cosf(a) * scale).collect();
        let sin = angles().map(|a| libm::sinf(a) * scale).collect();
        Self { cos, sin, half }
    }

    /// Cosines and sines, (tokens, half) each, and half of the dimensions that are rotated, which may be none.
    pub fn tables(&self) -> (&[f32], &[f32], usize) {
        (&self.cos, &self.sin, self.half)
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
