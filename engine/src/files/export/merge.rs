//! An adapter as what it adds to the base's matrices, in the row order of GGUF or of Hugging Face.

use rayon::prelude::*;
use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Tensor};

use crate::error::Result;
use crate::files::config::Config;
use crate::files::peft::{LoraConfig, Peft};

/// Whose names and rows are meant.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Order {
    HuggingFace,
    Gguf,
}

/// What an adapter adds, by the name of the weight in the file that is written.
pub(super) struct Merge {
    pub config: LoraConfig,
    pairs: HashMap<String, Pair>,
}

/// scale · B A for one matrix.
pub(super) struct Pair {
    pub rank: usize,
    /// (rank, in).
    pub a: Vec<f32>,
    /// (out, rank).
    pub b: Vec<f32>,
    scale: f32,
}

impl Merge {
    /// Reads the adapter in `folder` for a model of the shape `base`. Pairs that add nothing are left out.
    pub fn load(folder: &Path, base: &Config, order: Order) -> Result<Self> {
        let Peft { config, pairs } = Peft::load(folder, base)?;
        let scale = config.scale();
        let entries: HashMap<String, _> = base.entries().into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        let mut all = HashMap::new();
        for (module, (a, b)) in pairs {
            let Some(entry) = entries.get(&format!("{module}.weight")) else { continue };
            let (a, b) = (values(&a)?, values(&b)?);
            let nothing = |values: &[f32]| values.iter().all(|value| *value == 0.0);
            if nothing(&a) || nothing(&b) {
                continue;
            }
            let rank = config.rank;
            let (name, b) = match (order, entry.heads_in_pairs) {
                (Order::HuggingFace, _) => (entry.name.clone(), b),
                (Order::Gguf, None) => (entry.gguf.clone(), b),
                (Order::Gguf, Some(_)) => (entry.gguf.clone(), in_pairs(&b, rank, base.head_dim)),
            };
            all.insert(name, Pair { rank, a, b, scale });
        }
        Ok(Self { config, pairs: all })
    }

    /// What is added to the weight `name`.
    pub fn pair(&self, name: &str) -> Option<&Pair> {
        self.pairs.get(name)
    }
}

impl Pair {
    /// Adds to `rows` (n, in), which begin at row `first` of the matrix.
    pub fn add(&self, first: usize, rows: &mut [f32]) {
        let width = self.a.len() / self.rank;
        let mut added = vec![0.0f32; width];
        for (row, b) in rows.chunks_exact_mut(width).zip(self.b.chunks_exact(self.rank).skip(first)) {
            added.fill(0.0);
            for (b, a) in b.iter().zip(self.a.chunks_exact(width)) {
                added.iter_mut().zip(a).for_each(|(sum, a)| *sum += b * a);
            }
            row.iter_mut().zip(&added).for_each(|(value, added)| *value += self.scale * added);
        }
    }

    /// The same to a whole matrix, in parallel.
    pub fn add_all(&self, matrix: &mut [f32]) {
        let width = self.a.len() / self.rank;
        let task = 64 * width;
        matrix.par_chunks_mut(task).enumerate().for_each(|(index, rows)| self.add(64 * index, rows));
    }
}

fn values(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?)
}

/// Rows of `width` values from Hugging Face's order into GGUF's rotation pairs, head by head (see `gguf::tensors`).
pub(super) fn in_pairs<T: Copy>(values: &[T], width: usize, head_dim: usize) -> Vec<T> {
    let half = head_dim / 2;
    let head = |head: &[T]| -> Vec<T> {
        let row = |row: usize| &head[(row % 2 * half + row / 2) * width..][..width];
        (0..head_dim).flat_map(row).copied().collect()
    };
    values.chunks_exact(head_dim * width).flat_map(head).collect()
}
