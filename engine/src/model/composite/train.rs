//! The loss of an adapter and its gradient on a device.
//!
//! On the way back each layer is run again from its input, which is all that was kept, and candle differentiates that
//! short graph.

use candle_core::{Result, Tensor, Var};

use super::super::dropout::Dropout;
use super::super::passage::{Flat, Passage};
use super::attention::Places;
use super::base::{Block, Composite, OnDevice, Pass};
use super::operations;
use crate::files::{LoraPair, LoraWeights};

/// Rows whose logits exist at once.
const ROWS: usize = 256;

impl Composite {
    /// The loss (natural log) of `passages`, summed over the tokens that are taught, with an adapter of the shape `lora`
    /// and the numbers `values`.
    pub(crate) fn loss(
        &self,
        lora: &LoraWeights,
        values: &[f32],
        passages: &[Passage<'_>],
    ) -> crate::error::Result<f64> {
        let flat = Flat::new(passages);
        let targets = flat.targets(&self.config)?;
        if targets.is_empty() {
            return Ok(0.0);
        }
        let adapter = self.trained(lora, values)?;
        let (pass, mut x) = self.start(&flat, &adapter, None)?;
        for (index, block) in self.blocks.iter().enumerate() {
            x = whole(block, &pass, index, &x)?.detach();
        }
        let hidden = x.index_select(&self.taught(&flat)?, 0)?;
        Ok(self.top(&hidden, &targets, |_, _| Ok(()))?)
    }

    /// The same, and adds the gradient of `scale` times the loss to `gradients`, which is as long as `values`.
    pub(crate) fn gradients(
        &self,
        lora: &LoraWeights,
        values: &[f32],
        passages: &[Passage<'_>],
        scale: f32,
        dropout: Option<Dropout>,
        gradients: &mut [f32],
    ) -> crate::error::Result<f64> {
        let flat = Flat::new(passages);
        let targets = flat.targets(&self.config)?;
        if targets.is_empty() {
            return Ok(0.0);
        }
        let adapter = self.trained(lora, values)?;
        let (pass, mut x) = self.start(&flat, &adapter, dropout)?;
        let mut inputs = Vec::with_capacity(self.blocks.len());
        for (index, block) in self.blocks.iter().enumerate() {
            let y = whole(block, &pass, index, &x)?.detach();
            inputs.push(std::mem::replace(&mut x, y));
        }
        let rows = self.taught(&flat)?;
        let mut chunks = Vec::new();
        let loss = self.top(&x.index_select(&rows, 0)?, &targets, |hidden, losses| {
            let store = (losses.sum_all()? * f64::from(scale))?.backward()?;
            chunks.extend(store.get(hidden).cloned());
            Ok(())
        })?;
        let mut dx = x.zeros_like()?.index_add(&rows, &Tensor::cat(&chunks, 0)?, 0)?;
        drop((x, chunks));
        for (index, block) in self.blocks.iter().enumerate().rev() {
            let Some(input) = inputs.pop() else { break };
            dx = back(block, &pass, index, (&input, &dx), (lora, &adapter), gradients)?;
        }
        Ok(loss)
    }

    /// The adapter as variables.
    fn trained(&self, lora: &LoraWeights, values: &[f32]) -> Result<OnDevice> {
        let variable = |range: &std::ops::Range<usize>, shape: (usize, usize)| {
            Ok::<_, candle_core::Error>(Var::from_slice(&values[range.clone()], shape, &self.device)?.into_inner())
        };
        let rank = lora.config.rank;
        self.on_device(lora.config.scale(), |module| {
            let pair =
                |pair: &LoraPair| Ok((variable(&pair.a, (rank, pair.input))?, variable(&pair.b, (pair.out, rank))?));
            lora.pair(module).map(pair).transpose()
        })
    }

    /// The embedded tokens, (tokens, hidden), and what their way up needs.
    fn start<'p>(
        &'p self,
        flat: &Flat,
        adapter: &'p OnDevice,
        dropout: Option<Dropout>,
    ) -> crate::error::Result<(Pass<'p>, Tensor)> {
        let spans: Vec<_> = flat.spans.iter().map(|rows| (*rows, 0)).collect();
        let places = Places::new(&self.config, &spans, &self.device)?;
        let adapters = vec![(0..flat.tokens.len(), adapter)];
        Ok((Pass { config: &self.config, places, adapters, dropout }, self.embedded(&flat.tokens)?))
    }

    /// Numbers of the rows that are followed by a taught token.
    fn taught(&self, flat: &Flat) -> Result<Tensor> {
        let rows: Vec<u32> = flat.taught.iter().map(|(row, _)| *row as u32).collect();
        Tensor::from_slice(&rows, rows.len(), &self.device)
    }

    /// The loss above rows of hidden states, (n, hidden). `each` is given the losses of some rows, with those rows.
    fn top(&self, hidden: &Tensor, targets: &[u32], mut each: impl FnMut(&Var, &Tensor) -> Result<()>) -> Result<f64> {
        let mut loss = 0.0;
        for (chunk, targets) in targets.chunks(ROWS).enumerate() {
            let hidden = Var::from_tensor(&hidden.narrow(0, chunk * ROWS, targets.len())?)?;
            let losses = operations::losses(&self.head(&self.normalised(&hidden)?)?, targets)?;
            loss += losses.flatten_all()?.to_vec1::<f32>()?.into_iter().map(f64::from).sum::<f64>();
            each(&hidden, &losses)?;
        }
        Ok(loss)
    }
}

/// A layer of whole sequences, which see nothing but themselves.
fn whole(block: &Block, pass: &Pass<'_>, index: usize, x: &Tensor) -> Result<Tensor> {
    block.forward(pass, index, x, &mut |_, keys, values| Ok((keys, values)))
}

/// The gradient of the layer's input, given that input and the gradient of its output; adds those of its adapter to
/// `gradients`.
fn back(
    block: &Block,
    pass: &Pass<'_>,
    index: usize,
    (input, dy): (&Tensor, &Tensor),
    (lora, adapter): (&LoraWeights, &OnDevice),
    gradients: &mut [f32],
) -> Result<Tensor> {
    let x = Var::from_tensor(input)?;
    // The gradient of this sum with respect to anything is dy's with respect to the layer's output.
    let mut store = (whole(block, pass, index, &x)? * dy)?.sum_all()?.backward()?;
    for (joined, pairs) in block.linears.iter().zip(&adapter.layers[index]) {
        for ((module, _), pair) in joined.parts.iter().zip(pairs) {
            let (Some((a, b)), Some(ranges)) = (pair, lora.pair(module)) else { continue };
            for (variable, range) in [(a, &ranges.a), (b, &ranges.b)] {
                let Some(gradient) = store.remove(variable) else { continue };
                let added = gradient.flatten_all()?.to_vec1::<f32>()?;
                gradients[range.clone()].iter_mut().zip(added).for_each(|(to, value)| *to += value);
            }
        }
    }
    match store.remove(&x) {
        Some(dx) => Ok(dx.detach()),
        None => candle_core::bail!("no gradient reaches the input of layer {index}"),
    }
}
