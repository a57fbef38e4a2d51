//! The base's weights on a device, and one way through its layers for reading and for training.

use candle_core::{Device, Result, Tensor};
use std::ops::Range;

use super::super::dropout::{Dropout, Mask};
use super::attention::{Places, Seen};
use super::frozen::Frozen;
use super::joined::{Addition, Joined, Pairs};
use super::operations;
use crate::files::{Config, EMBEDDINGS, HEAD, NORM, Weights, path};

/// A model on a device that candle serves.
pub struct Composite {
    pub(super) config: Config,
    pub(super) device: Device,
    /// (vocab, hidden).
    embeddings: Tensor,
    pub(super) blocks: Vec<Block>,
    norm: Tensor,
    head: Frozen,
}

/// One layer.
pub(super) struct Block {
    attention_norm: Tensor,
    /// The four joined linear layers in the order they are computed.
    pub linears: [Joined; 4],
    mlp_norm: Tensor,
}

/// An adapter on a device: for each layer and each of its linears what is added.
pub struct OnDevice {
    pub(super) layers: Vec<[Pairs; 4]>,
    scale: f64,
}

/// What all layers of one pass share.
pub(super) struct Pass<'p> {
    pub config: &'p Config,
    pub places: Places,
    pub adapters: Vec<(Range<usize>, &'p OnDevice)>,
    pub dropout: Option<Dropout>,
}

impl Composite {
    /// Brings all weights to `device`, in full precision, to stay there.
    pub fn load(config: Config, weights: &dyn Weights, device: Device) -> crate::error::Result<Self> {
        let get = |name: &str, shape: &[usize]| -> crate::error::Result<Tensor> {
            Ok(weights.get(&format!("{name}.weight"), shape)?.to_f32()?.to_device(&device)?)
        };
        let table = |name: &str| get(name, &[config.vocab, config.hidden]);
        let embeddings = table(EMBEDDINGS.name)?;
        let head = Frozen::new(if config.tie_embeddings { embeddings.clone() } else { table(HEAD.name)? });
        let anatomy = config.family.anatomy();
        let block = |index| {
            let norm = |name: &str| get(&path(index, name), &[config.hidden]);
            let joined =
                |joined| Joined::load(weights, config.parts(index, joined), config.size(joined.input), &device);
            Ok(Block {
                attention_norm: norm(anatomy.attention_norm.name)?,
                linears: [
                    joined(&anatomy.qkv)?,
                    joined(&anatomy.output)?,
                    joined(&anatomy.gate_up)?,
                    joined(&anatomy.down)?,
                ],
                mlp_norm: norm(anatomy.mlp_norm.name)?,
            })
        };
        let blocks = (0..config.layers).map(block).collect::<crate::error::Result<_>>()?;
        let norm = get(NORM.name, &[config.hidden])?;
        Ok(Self { embeddings, blocks, norm, head, device, config })
    }

    /// (tokens, hidden).
    pub(super) fn embedded(&self, tokens: &[u32]) -> crate::error::Result<Tensor> {
        self.config.check_tokens(tokens)?;
        Ok(self.embeddings.index_select(&Tensor::from_slice(tokens, tokens.len(), &self.device)?, 0)?)
    }

    /// (rows, hidden) as the head takes it.
    pub(super) fn normalised(&self, x: &Tensor) -> Result<Tensor> {
        operations::rms_norm(x, &self.norm, self.config.norm_eps)
    }

    /// Logits for normalised rows of hidden states: (n, hidden) → (n, vocab).
    pub(super) fn head(&self, hidden: &Tensor) -> Result<Tensor> {
        self.head.product(hidden)
    }

    /// An adapter; `pair` gives A and B of a module, on the device, if anything is added to it.
    pub(super) fn on_device(
        &self,
        scale: f32,
        mut pair: impl FnMut(&str) -> Result<Option<(Tensor, Tensor)>>,
    ) -> Result<OnDevice> {
        let mut layers = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let mut of_layer: [Pairs; 4] = Default::default();
            for (pairs, joined) in of_layer.iter_mut().zip(&block.linears) {
                *pairs = joined.parts.iter().map(|(name, _)| pair(name)).collect::<Result<_>>()?;
            }
            layers.push(of_layer);
        }
        Ok(OnDevice { layers, scale: f64::from(scale) })
    }
}

impl Block {
    /// x (tokens, hidden) → (tokens, hidden); `seen` as in [`Places::attend`].
    pub fn forward<'p>(&self, pass: &Pass<'p>, index: usize, x: &Tensor, seen: &mut Seen<'_>) -> Result<Tensor> {
        let eps = pass.config.norm_eps;
        let linear = |site: usize, x: &Tensor| {
            let of_run = |(rows, adapter): &(Range<usize>, &'p OnDevice)| {
                let (pairs, scale) = (&adapter.layers[index][site], adapter.scale);
                Addition { rows: rows.clone(), pairs, scale }
            };
            let additions: Vec<Addition<'_>> = pass.adapters.iter().map(of_run).collect();
            let mask = pass.dropout.map(|dropout| Mask::of(dropout, index, site));
            self.linears[site].forward(x, &additions, mask)
        };
        let h = operations::rms_norm(x, &self.attention_norm, eps)?;
        let mixed = pass.places.attend(pass.config, &linear(0, &h)?, seen)?;
        let x = (x + linear(1, &mixed)?)?;
        let h = operations::rms_norm(&x, &self.mlp_norm, eps)?;
        let active = operations::swiglu(&linear(2, &h)?)?;
        x + linear(3, &active)?
    }
}
