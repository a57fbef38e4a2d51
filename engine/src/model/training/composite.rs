//! The same loss and gradients as the fused code, in operations that candle has for every device.
//!
//! One layer at a time: its frozen weights go to the device in full precision and are dropped after use. On the way back
//! the layer is run again from its input, which is all that was kept, and candle differentiates that short graph.

use candle_core::{Device, Result, Tensor, Var};

use super::super::attention::Rope;
use super::super::decoder::Layer;
use super::super::lora::LoraWeights;
use super::super::{Config, Decoder};
use super::dropout::Mask;
use super::frozen::Frozen;
use super::plain::{self, Joined, Places};
use super::trainee::{Dropout, Flat, Passage};

/// Rows whose logits exist at once.
const ROWS: usize = 256;

/// A frozen base and the shape of an adapter over it, computed with on `device`.
pub(super) struct Composite<'a> {
    decoder: &'a Decoder,
    /// Its shape; the numbers come with every call.
    lora: LoraWeights,
    device: Device,
}

/// What all layers of one pass share.
struct Pass<'p> {
    config: &'p Config,
    places: Places,
    dropout: Option<Dropout>,
}

/// One layer on the device.
struct Block {
    attention_norm: Tensor,
    qkv: Joined,
    output: Joined,
    mlp_norm: Tensor,
    gate_up: Joined,
    down: Joined,
}

impl<'a> Composite<'a> {
    pub fn new(decoder: &'a Decoder, lora: &LoraWeights, device: Device) -> Self {
        Self { decoder, lora: LoraWeights { values: Vec::new(), ..lora.clone() }, device }
    }

    /// As [`super::Trainee::loss`].
    pub fn loss(&self, values: &[f32], passages: &[Passage<'_>]) -> crate::error::Result<f64> {
        let flat = Flat::new(passages);
        let targets = flat.targets(self.decoder.config.vocab)?;
        if targets.is_empty() {
            return Ok(0.0);
        }
        let (pass, mut x) = self.start(&flat, None)?;
        for (index, layer) in self.decoder.layers.iter().enumerate() {
            x = self.block(layer, values)?.forward(&pass, index, &x)?.detach();
        }
        let hidden = x.index_select(&self.taught(&flat)?, 0)?;
        Ok(self.top(&hidden, &targets, |_, _| Ok(()))?)
    }

    /// As [`super::Trainee::gradients`].
    pub fn gradients(
        &self,
        values: &[f32],
        passages: &[Passage<'_>],
        scale: f32,
        dropout: Option<Dropout>,
        gradients: &mut [f32],
    ) -> crate::error::Result<f64> {
        let flat = Flat::new(passages);
        let targets = flat.targets(self.decoder.config.vocab)?;
        if targets.is_empty() {
            return Ok(0.0);
        }
        let (pass, mut x) = self.start(&flat, dropout)?;
        let mut inputs = Vec::with_capacity(self.decoder.layers.len());
        for (index, layer) in self.decoder.layers.iter().enumerate() {
            let y = self.block(layer, values)?.forward(&pass, index, &x)?.detach();
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
        for (index, layer) in self.decoder.layers.iter().enumerate().rev() {
            let Some(input) = inputs.pop() else { break };
            dx = self.block(layer, values)?.backward(&pass, index, &input, &dx, gradients)?;
        }
        Ok(loss)
    }

    /// The embedded tokens, (tokens, hidden), and what their way up needs.
    fn start(&self, flat: &Flat, dropout: Option<Dropout>) -> crate::error::Result<(Pass<'_>, Tensor)> {
        let config = &self.decoder.config;
        let rope = Rope::new(config, &flat.positions);
        let places = Places::new(config, &rope, &flat.spans, &self.device)?;
        let embedded = self.decoder.embedded(&flat.tokens)?;
        let x = Tensor::from_vec(embedded, (flat.tokens.len(), config.hidden), &self.device)?;
        Ok((Pass { config, places, dropout }, x))
    }

    /// Numbers of the rows that are followed by a taught token.
    fn taught(&self, flat: &Flat) -> Result<Tensor> {
        let rows: Vec<u32> = flat.taught.iter().map(|(row, _)| *row as u32).collect();
        Tensor::from_slice(&rows, rows.len(), &self.device)
    }

    /// The loss above rows of hidden states, (n, hidden). `each` is given the losses of some rows, with those rows.
    fn top(&self, hidden: &Tensor, targets: &[u32], mut each: impl FnMut(&Var, &Tensor) -> Result<()>) -> Result<f64> {
        let config = &self.decoder.config;
        let norm = Tensor::from_slice(&self.decoder.norm, config.hidden, &self.device)?;
        let head = Frozen::new(&self.decoder.head, &self.device)?;
        let mut loss = 0.0;
        for (chunk, targets) in targets.chunks(ROWS).enumerate() {
            let hidden = Var::from_tensor(&hidden.narrow(0, chunk * ROWS, targets.len())?)?;
            let logits = head.product(&plain::rms_norm(&hidden, &norm, config.norm_eps)?)?;
            let losses = plain::losses(&logits, targets)?;
            loss += losses.flatten_all()?.to_vec1::<f32>()?.into_iter().map(f64::from).sum::<f64>();
            each(&hidden, &losses)?;
        }
        Ok(loss)
    }

    fn block(&self, layer: &Layer, values: &[f32]) -> Result<Block> {
        let joined = |linear| Joined::new(linear, &self.lora, values, &self.device);
        let norm = |weight: &[f32]| Tensor::from_slice(weight, weight.len(), &self.device);
        Ok(Block {
            attention_norm: norm(&layer.attention_norm)?,
            qkv: joined(&layer.qkv)?,
            output: joined(&layer.output)?,
            mlp_norm: norm(&layer.mlp_norm)?,
            gate_up: joined(&layer.gate_up)?,
            down: joined(&layer.down)?,
        })
    }
}

impl Pass<'_> {
    fn mask(&self, layer: usize, site: u64) -> Option<Mask> {
        self.dropout.map(|dropout| Mask::of(dropout, layer, site))
    }
}

impl Block {
    /// x (tokens, hidden) → (tokens, hidden).
    fn forward(&self, pass: &Pass<'_>, index: usize, x: &Tensor) -> Result<Tensor> {
        let (config, eps) = (pass.config, pass.config.norm_eps);
        let h = plain::rms_norm(x, &self.attention_norm, eps)?;
        let mixed = pass.places.attend(config, &self.qkv.forward(&h, pass.mask(index, 0))?)?;
        let x = (x + self.output.forward(&mixed, pass.mask(index, 1))?)?;
        let h = plain::rms_norm(&x, &self.mlp_norm, eps)?;
        let active = plain::swiglu(&self.gate_up.forward(&h, pass.mask(index, 2))?)?;
        x + self.down.forward(&active, pass.mask(index, 3))?
    }

    /// The gradient of the layer's input, given that of its output; adds those of its adapter to `gradients`.
    fn backward(
        &self,
        pass: &Pass<'_>,
        index: usize,
        input: &Tensor,
        dy: &Tensor,
        gradients: &mut [f32],
    ) -> Result<Tensor> {
        let x = Var::from_tensor(input)?;
        // The gradient of this sum with respect to anything is dy's with respect to the layer's output.
        let mut store = (self.forward(pass, index, &x)? * dy)?.sum_all()?.backward()?;
        for linear in [&self.qkv, &self.output, &self.gate_up, &self.down] {
            for (variable, range) in linear.variables() {
                let Some(gradient) = store.remove(variable) else { continue };
                let added = gradient.flatten_all()?.to_vec1::<f32>()?;
                gradients[range].iter_mut().zip(added).for_each(|(to, value)| *to += value);
            }
        }
        match store.remove(&x) {
            Some(dx) => Ok(dx.detach()),
            None => candle_core::bail!("no gradient reaches the input of layer {index}"),
        }
    }
}
