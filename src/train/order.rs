//! A stand-in until the real order is merged.

use rand::SeedableRng;
use rand::seq::SliceRandom;

pub fn batches(lengths: &[usize], batch_size: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ (epoch as u64) << 32);
    let mut all: Vec<usize> = (0..lengths.len()).collect();
    all.shuffle(&mut random);
    all.chunks(batch_size.max(1)).map(<[usize]>::to_vec).collect()
}

pub fn micro_batches(lengths: &[usize], most_tokens: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    let mut tokens = 0;
    for (index, length) in lengths.iter().enumerate() {
        match all.last_mut() {
            Some(last) if tokens + length <= most_tokens => last.push(index),
            _ => {
                tokens = 0;
                all.push(vec![index]);
            }
        }
        tokens += length;
    }
    all
}
