//! What stands around either half of a layer: a norm before it, a norm and a scale after it, and the way past it.

use std::borrow::Cow;

use super::ops;
use crate::error::Result;
use crate::files::{Config, Norms};

/// Norms of one half (attention, or the feed-forward part), each where the family has it.
pub(super) struct Half {
    before: Option<Vec<f32>>,
    after: Option<Vec<f32>>,
    eps: f32,
    /// Multiplies what the half adds.
    scale: f32,
}

impl Half {
    /// `norm` gives a norm's weights by its name in the layer and its width.
    pub fn load(config: &Config, norms: &Norms, norm: impl Fn(&str, usize) -> Result<Vec<f32>>) -> Result<Self> {
        let load = |name: &Option<_>| name.as_ref().map(|name: &crate::files::Name| norm(name.name, config.hidden));
        Ok(Self {
            before: load(&norms.before).transpose()?,
            after: load(&norms.after).transpose()?,
            eps: config.norm_eps as f32,
            scale: config.scales.residual,
        })
    }

    /// What the half's first linear layer reads, of its input x, (tokens, hidden).
    pub fn enter<'x>(&self, x: &'x [f32]) -> Cow<'x, [f32]> {
        match &self.before {
            Some(weight) => Cow::Owned(ops::rms_norm(x, weight, self.eps)),
            None => Cow::Borrowed(x),
        }
    }

    /// Whether the last linear layer's result is added as it is.
    fn is_plain(&self) -> bool {
        self.after.is_none() && self.scale == 1.0
    }

    /// x + scale · norm(last), (tokens, hidden), and for the way back `last` where it is normed. `last` is the half's last
    /// linear layer, added to what it is given.
    pub fn leave(&self, x: &[f32], last: impl FnOnce(Option<&[f32]>) -> Vec<f32>) -> (Vec<f32>, Vec<f32>) {
        if self.is_plain() {
            return (last(Some(x)), Vec::new());
        }
        let added = last(None);
        let (mut y, kept) = match &self.after {
            Some(weight) => (ops::rms_norm(&added, weight, self.eps), added),
            None => (added, Vec::new()),
        };
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x + self.scale * *y);
        (y, kept)
    }

    /// The gradient of what [`Half::leave`] was given as `last`, of that of its result and what it kept.
    pub fn leave_back<'d>(&self, kept: &[f32], dy: &'d [f32]) -> Cow<'d, [f32]> {
        if self.is_plain() {
            return Cow::Borrowed(dy);
        }
        let scaled: Vec<f32> = dy.iter().map(|d| self.scale * d).collect();
        Cow::Owned(match &self.after {
            Some(weight) => {
                let mut dlast = vec![0.0; scaled.len()];
                ops::rms_norm_back(kept, weight, self.eps, &scaled, &mut dlast);
                dlast
            }
            None => scaled,
        })
    }

    /// Adds to `dx` the gradient of x, given that of what [`Half::enter`] made of it.
    pub fn enter_back(&self, x: &[f32], dh: &[f32], dx: &mut [f32]) {
        match &self.before {
            Some(weight) => ops::rms_norm_back(x, weight, self.eps, dh, dx),
            None => dx.iter_mut().zip(dh).for_each(|(dx, dh)| *dx += dh),
        }
    }
}
