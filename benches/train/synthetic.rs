//! A model of a given shape with random weights, made as they are asked for and written nowhere.

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use engine::error::Result;
use engine::files::{Weight, Weights};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::sync::Arc;

/// As transformers initialises Phi-3: activations neither die out nor grow without bound.
const STANDARD_DEVIATION: f32 = 0.02;
/// Blocks that all weights are drawn from. Quantizing each weight would take an hour and show nothing more.
const BLOCKS: usize = 4096;

/// Matrices of one quantized type, and norms of ones.
pub struct Synthetic {
    dtype: GgmlDType,
    /// Random blocks, one after another.
    bank: Vec<u8>,
}

impl Synthetic {
    pub fn new(dtype: GgmlDType) -> Result<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let count = BLOCKS * dtype.block_size();
        let values: Vec<f32> = (0..count).map(|_| STANDARD_DEVIATION * normal(&mut random)).collect();
        let values = Tensor::from_vec(values, (BLOCKS, dtype.block_size()), &Device::Cpu)?;
        let bank = QTensor::quantize(&values, dtype)?.data()?.into_owned();
        Ok(Self { dtype, bank })
    }
}

impl Weights for Synthetic {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        if shape.len() == 1 {
            return Ok(Weight::Dense(Tensor::ones(shape, DType::F32, &Device::Cpu)?));
        }
        // Another stream for each weight, the same in every run.
        let seed = name.bytes().fold(0u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let size = self.dtype.type_size();
        let blocks = shape.iter().product::<usize>() / self.dtype.block_size();
        let mut bytes = Vec::with_capacity(blocks * size);
        for _ in 0..blocks {
            let block = random.random_range(0..BLOCKS as u32) as usize;
            bytes.extend_from_slice(&self.bank[block * size..(block + 1) * size]);
        }
        let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, self.dtype)?;
        Ok(Weight::Quantized(Arc::new(QTensor::new(storage, shape)?)))
    }

    fn contains(&self, name: &str) -> bool {
        name.ends_with(".weight")
    }
}

/// One value of the standard normal distribution (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f32 {
    let (radius, angle) = (1.0 - random.random::<f32>(), random.random::<f32>());
    (-2.0 * radius.ln()).sqrt() * (std::f32::consts::TAU * angle).cos()
}
