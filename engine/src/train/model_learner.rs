use super::{Learner, Pass, Sequence};
use crate::error::Result;
use crate::files::LoraWeights;
use crate::model::{Composite, Decoder, Dropout, Passage, Trainee};

/// A real model as the loop sees it: a frozen base and the adapter over it.
pub struct ModelLearner<'a> {
    trainee: Trainee<'a>,
    /// Share of the adapter's input that is blanked out in training.
    dropout: f64,
}

impl<'a> ModelLearner<'a> {
    /// `lora` gives the adapter's shape; its numbers come with every call. With `checkpointing` each layer keeps its
    /// input only and is run again on the way back: less memory, more time, and the same gradients.
    pub fn new(decoder: &'a Decoder, lora: &LoraWeights, dropout: f64, checkpointing: bool) -> Self {
        Self { trainee: Trainee::new(decoder, lora, checkpointing), dropout }
    }

    /// The same on another device, always with checkpointing.
    pub fn on(base: &'a Composite, lora: &LoraWeights, dropout: f64) -> Self {
        Self { trainee: Trainee::on(base, lora), dropout }
    }
}

impl Learner for ModelLearner<'_> {
    fn loss(&self, values: &[f32], batch: &[&Sequence]) -> Result<f64> {
        self.trainee.loss(values, &passages(batch))
    }

    fn gradients(&self, values: &[f32], batch: &[&Sequence], pass: &Pass, gradients: &mut [f32]) -> Result<f64> {
        let dropout = (self.dropout > 0.0).then_some(Dropout { rate: self.dropout, seed: pass.dropout_seed });
        self.trainee.gradients(values, &passages(batch), pass.scale, dropout, gradients)
    }
}

fn passages<'a>(batch: &[&'a Sequence]) -> Vec<Passage<'a>> {
    batch.iter().map(|sequence| Passage { tokens: &sequence.tokens, supervised: &sequence.supervised }).collect()
}
