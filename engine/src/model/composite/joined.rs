//! Joined linear layers over frozen weights, with what adapters add to them.

use candle_core::{Device, Result, Tensor};
use std::ops::Range;

use super::super::dropout::Mask;
use super::frozen::Frozen;
use crate::files::Weights;

/// Projections of one input, side by side, on a device.
pub(crate) struct Joined {
    frozen: Frozen,
    /// (n).
    bias: Option<Tensor>,
    /// Each part's module path and its number of outputs.
    pub parts: Vec<(String, usize)>,
}

/// For each part of a joined layer, A (rank, in) and B (out, rank), if anything is added to it.
pub(crate) type Pairs = Vec<Option<(Tensor, Tensor)>>;

/// What is added to some rows: `scale` · (x Aᵀ) Bᵀ.
pub(crate) struct Addition<'a> {
    pub rows: Range<usize>,
    pub pairs: &'a Pairs,
    pub scale: f64,
}

impl Joined {
    /// Loads `parts`, each a module path and its number of outputs, of `k` inputs. A bias is taken where there is one.
    pub fn load(
        weights: &dyn Weights,
        parts: Vec<(String, usize)>,
        k: usize,
        device: &Device,
    ) -> crate::error::Result<Self> {
        let (mut all, mut biases, mut biased) = (Vec::new(), Vec::new(), false);
        for (name, n) in &parts {
            all.push(weights.get(&format!("{name}.weight"), &[*n, k])?.to_f32()?);
            let bias = format!("{name}.bias");
            let has_bias = weights.contains(&bias);
            biased |= has_bias;
            biases.push(match has_bias {
                true => weights.get(&bias, &[*n])?.to_f32()?,
                false => Tensor::zeros(*n, candle_core::DType::F32, &Device::Cpu)?,
            });
        }
        let frozen = Frozen::new(Tensor::cat(&all, 0)?.to_device(device)?);
        let bias = biased.then(|| Tensor::cat(&biases, 0)?.to_device(device)).transpose()?;
        Ok(Self { frozen, bias, parts })
    }

    /// x (tokens, k) → (tokens, n). Where values are dropped, every row has the one addition.
    pub fn forward(&self, x: &Tensor, additions: &[Addition<'_>], mask: Option<Mask>) -> Result<Tensor> {
        let mut y = self.frozen.product(x)?;
        if let Some(bias) = &self.bias {
            y = y.broadcast_add(bias)?;
        }
        let dropped = match mask {
            Some(mask) => x.mul(&Tensor::from_vec(mask.applied(&vec![1.0; x.elem_count()]), x.shape(), x.device())?)?,
            None => x.clone(),
        };
        for Addition { rows, pairs, scale } in additions.iter().filter(|a| a.pairs.iter().any(Option::is_some)) {
            let seen = dropped.narrow(0, rows.start, rows.len())?;
            let of_part = |((_, out), pair): (&(String, usize), &Option<(Tensor, Tensor)>)| match pair {
                Some((a, b)) => (seen.matmul(&a.t()?)? * *scale)?.matmul(&b.t()?),
                None => Tensor::zeros((rows.len(), *out), x.dtype(), x.device()),
            };
            let added = Tensor::cat(&self.parts.iter().zip(pairs.iter()).map(of_part).collect::<Result<Vec<_>>>()?, 1)?;
            y = add_to_rows(&y, rows, &added)?;
        }
        Ok(y)
    }
}

fn add_to_rows(y: &Tensor, rows: &Range<usize>, added: &Tensor) -> Result<Tensor> {
    let all = y.dim(0)?;
    if rows.len() == all {
        return y + added;
    }
    let sum = (y.narrow(0, rows.start, rows.len())? + added)?;
    let (before, after) = (y.narrow(0, 0, rows.start)?, y.narrow(0, rows.end, all - rows.end)?);
    let parts: Vec<Tensor> = [before, sum, after].into_iter().filter(|part| part.elem_count() > 0).collect();
    Tensor::cat(&parts, 0)
}
