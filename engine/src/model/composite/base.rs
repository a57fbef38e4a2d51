//! The base's weights on a device, and one way through its layers for reading and for training.

use candle_core::{Device, Result, Tensor};
use std::ops::Range;

use super::super::dropout::{Dropout, Mask};
use super::attention::{Places, Seen};
use super::frozen::Frozen;
use super::joined::{Addition, Joined, Pairs};
use super::operations;
use crate::files::{Config, EMBEDDINGS, HEAD, NORM, Name, Norms, Weights, path};

/// A model on a device that candle serves.
pub struct Composite {
    pub(super) config: Config,
    pub(super) device: Device,
    /// (vocab, hidden).
    embeddings: Tensor,
    pub(super) blocks: Vec<Block>,
    /// Over what divides the logits.
    norm: Tensor,
    head: Frozen,
}

/// One layer.
pub(super) struct Block {
    attention: Half,
    /// The four joined linear layers in the order they are computed.
    pub linears: [Joined; 4],
    /// Of queries and of keys.
    head_norms: Option<[Tensor; 2]>,
    mlp: Half,
}

/// Norms before and after a half of a layer.
struct Half {
    before: Option<Tensor>,
    after: Option<Tensor>,
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
            let norm = |name: &Name, width| get(&path(index, name.name), &[width]);
            let of_hidden = |name: &Option<Name>| name.as_ref().map(|name| norm(name, config.hidden)).transpose();
            let half = |Norms { before, after }: &Norms| {
                Ok::<_, crate::error::Error>(Half { before: of_hidden(before)?, after: of_hidden(after)? })
            };
            let joined =
                |joined| Joined::load(weights, config.parts(index, joined), config.size(joined.input), &device);
            Ok(Block {
                attention: half(&anatomy.attention)?,
                linears: [
                    joined(&anatomy.qkv)?,
                    joined(&anatomy.output)?,
                    joined(&anatomy.gate_up)?,
                    joined(&anatomy.down)?,
                ],
                head_norms: match &anatomy.head_norms {
                    Some([(query, of_query), (key, of_key)]) => {
                        Some([norm(query, config.size(*of_query))?, norm(key, config.size(*of_key))?])
                    }
                    None => None,
                },
                mlp: half(&anatomy.mlp)?,
            })
        };
        let blocks = (0..config.layers).map(block).collect::<crate::error::Result<_>>()?;
        let norm = (get(NORM.name, &[config.hidden])? / f64::from(config.scales.logits))?;
        Ok(Self { embeddings, blocks, norm, head, device, config })
    }

    /// (tokens, hidden).
    pub(super) fn embedded(&self, tokens: &[u32]) -> crate::error::Result<Tensor> {
        self.config.check_tokens(tokens)?;
        let rows = self.embeddings.index_select(&Tensor::from_slice(tokens, tokens.len(), &self.device)?, 0)?;
        Ok((rows * f64::from(self.config.scales.embeddings))?)
    }

    /// (rows, hidden) as the head takes it.
    pub(super) fn normalised(&self, x: &Tensor) -> Result<Tensor> {
        operations::rms_norm(x, &self.norm, self.config.norm_eps)
    }

    /// Logits for normalised rows of hidden states: (n, hidden) → (n, vocab).
    pub(super) fn head(&self, hidden: &Tensor) -> Result<Tensor> {
        operations::capped(self.head.product(hidden)?, self.config.scales.logit_cap)
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
        let residual = f64::from(pass.config.scales.residual);
        let enter = |half: &Half, x: &Tensor| match &half.before {
            Some(weight) => operations::rms_norm(x, weight, eps),
            None => Ok(x.clone()),
        };
        let leave = |half: &Half, x: &Tensor, added: Tensor| {
            let added = match &half.after {
                Some(weight) => operations::rms_norm(&added, weight, eps)?,
                None => added,
            };
            x + (added * residual)?
        };
        let qkv = self.with_normed_heads(pass.config, linear(0, &enter(&self.attention, x)?)?)?;
        let mixed = pass.places.attend(pass.config, index, &qkv, seen)?;
        let x = leave(&self.attention, x, linear(1, &mixed)?)?;
        let gate_up = linear(2, &enter(&self.mlp, &x)?)?;
        let active = operations::gated(pass.config.family.anatomy().activation, &gate_up)?;
        leave(&self.mlp, &x, linear(3, &active)?)
    }

    /// (tokens, (heads + 2 · kv_heads) · dim), queries and keys normed where the family does so.
    fn with_normed_heads(&self, config: &Config, qkv: Tensor) -> Result<Tensor> {
        let Some([query, key]) = &self.head_norms else { return Ok(qkv) };
        let (tokens, queries, keys) = (qkv.dim(0)?, config.heads * config.head_dim, config.kv_heads * config.head_dim);
        let normed = |start: usize, columns: usize, weight: &Tensor| {
            let width = weight.dim(0)?;
            let heads = qkv.narrow(1, start, columns)?.reshape((tokens, columns / width, width))?;
            operations::rms_norm(&heads, weight, config.norm_eps)?.reshape((tokens, columns))
        };
        let values = qkv.narrow(1, queries + keys, keys)?;
        Tensor::cat(&[normed(0, queries, query)?, normed(queries, keys, key)?, values], 1)
    }
}
