//! A LoRA adapter (Hu et al. 2021, arXiv:2106.09685), packed for use.

use std::collections::HashMap;
use std::ops::Range;

use super::linear::{Linear, View, narrow_product};
use super::panels::Panels;
use crate::error::Result;
use crate::files::{Peft, Weight};

/// What is added to one linear: y += scale · (x Aᵀ) Bᵀ.
struct Lora {
    /// (r, in).
    a: Panels,
    /// (out, r).
    b: Panels,
}

/// A trained addition to a base, packed for use; many can share one base in memory.
pub struct Adapter {
    /// By module path, such as `model.layers.0.self_attn.q_proj`.
    modules: HashMap<String, Lora>,
    scale: f32,
}

impl Adapter {
    pub(super) fn pack(peft: Peft) -> Result<Self> {
        let scale = peft.config.scale();
        let panels = |tensor: candle_core::Tensor| {
            let (n, k) = tensor.dims2()?;
            Panels::pack(&Weight::Dense(tensor), n, k)
        };
        let packed = |(module, (a, b))| Ok((module, Lora { a: panels(a)?, b: panels(b)? }));
        Ok(Self { modules: peft.pairs.into_iter().map(packed).collect::<Result<_>>()?, scale })
    }

    /// Adds to rows `rows` of `y`, (tokens, n), what the adapter makes of the same rows of `linear`'s input `x`, (tokens, k).
    pub(super) fn add(&self, linear: &Linear, rows: Range<usize>, x: &[f32], y: &mut [f32]) {
        let (k, n) = linear.shape();
        for part in linear.parts() {
            let Some(Lora { a, b }) = self.modules.get(&part.name) else { continue };
            let low = narrow_product(View::all(&x[rows.start * k..rows.end * k], k), a, self.scale); // (rows, r)
            let added = narrow_product(View::all(&low, a.n), b, 1.0); // (rows, n of the part)
            for (row, added) in rows.clone().zip(added.chunks_exact(b.n)) {
                let y = &mut y[row * n + part.offset..][..b.n];
                y.iter_mut().zip(added).for_each(|(y, added)| *y += added);
            }
        }
    }
}
