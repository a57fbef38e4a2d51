//! What a base will take, reckoned from its shape before there is a file of it. `docs/log.md` holds it against what was
//! measured.

use engine::files::Shape;
use engine::train::{Estimate, Facts, Recipe, Sizes, TooLarge, estimate};

/// A conversation for which memory is told, in tokens.
pub const CONVERSATION: usize = 2048;
/// A training for which memory and time are told.
pub const EXAMPLES: usize = 100;
pub const EXAMPLE_TOKENS: usize = 400;

/// The program, and what its tokenizer takes for each word, in bytes: what is left of the measured peaks when file, weights
/// and cache are taken off.
const PROGRAM: u64 = 16 << 20;
const WORD: u64 = 700;

/// A base as a decoder sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Model {
    pub shape: Shape,
    pub mix: Mix,
    /// It was taught to hold conversations; else it only goes on with a text, and has no template of its own.
    pub talks: bool,
}

/// How the numbers of a file are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    Q4_1,
    Q4KM,
    Q8_0,
}

impl Mix {
    /// Bits that a weight of a linear layer and one of a table take once packed, as [`Sizes`] counts them for such files. Of
    /// Q4_K_M half of two of seven layers, and the table, are in six bits.
    fn packed_bits(self) -> (f64, f64) {
        match self {
            Self::Q4_1 => (6.0, 10.0),
            Self::Q4KM => (6.9, 12.0),
            Self::Q8_0 => (10.0, 10.0),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Q4_1 => "Q4_1",
            Self::Q4KM => "Q4_K_M",
            Self::Q8_0 => "Q8_0",
        }
    }
}

impl Model {
    fn sizes(&self) -> Sizes {
        let (linear, table) = self.mix.packed_bits();
        Sizes::reckoned(&self.shape, linear, table)
    }

    pub fn parameters(&self) -> u64 {
        self.sizes().parameters
    }

    /// Bytes of weights that are read for one token of an answer: all but embeddings that are not the head as well.
    pub fn read_bytes(&self) -> u64 {
        let table = if self.shape.tied { 0 } else { self.shape.vocab * self.shape.hidden };
        self.sizes().base_bytes.saturating_sub((table as f64 * self.mix.packed_bits().1 / 8.0) as u64)
    }

    /// Memory for one conversation of [`CONVERSATION`] tokens with a file of `file_bytes`, which is mapped while its weights
    /// are packed.
    pub fn answer_bytes(&self, file_bytes: u64) -> u64 {
        let cache = self.shape.cached() * CONVERSATION * size_of::<f32>();
        file_bytes + self.sizes().base_bytes + cache as u64 + PROGRAM + WORD * self.shape.vocab as u64
    }

    /// Memory and time of a training on [`EXAMPLES`] examples of [`EXAMPLE_TOKENS`] tokens with the usual recipe, where
    /// `free` bytes may be had.
    ///
    /// # Errors
    /// It does not fit.
    pub fn training(&self, free: u64, threads: usize) -> Result<Estimate, TooLarge> {
        let sizes = self.sizes();
        let facts = Facts {
            examples: EXAMPLES,
            parameters: sizes.parameters as usize,
            context_length: self.shape.context_length,
        };
        let recipe = Recipe::default_for(&facts);
        estimate(&sizes, &recipe, &[EXAMPLE_TOKENS; EXAMPLES], free, threads)
    }

    /// The least memory that such a training takes.
    pub fn least_training_bytes(&self) -> u64 {
        match self.training(0, 1) {
            Err(refused) => refused.needed_bytes,
            Ok(estimate) => estimate.peak_bytes,
        }
    }
}
