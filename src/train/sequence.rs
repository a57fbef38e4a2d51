use crate::training_data::Place;

/// One conversation as the model reads it, and what of it is taught.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    pub tokens: Vec<u32>,
    /// As long as `tokens`: whether the model is taught to write this token after those before it. Never the first.
    pub supervised: Vec<bool>,
    pub place: Place,
}

impl Sequence {
    /// How many tokens are taught.
    pub fn taught(&self) -> usize {
        self.supervised.iter().filter(|s| **s).count()
    }
}
