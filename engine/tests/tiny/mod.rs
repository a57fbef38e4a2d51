//! The tiny random checkpoints of `tests/data`, for tests of the decoder and of what stands on it.

use candle_core::Device;
use pmtune_engine::files::{Config, Weights, open_weights};
use pmtune_engine::model::{Composite, Decoder};
use std::path::Path;

pub fn data(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub fn decoder(name: &str) -> Decoder {
    let (config, weights) = parts(name, |_| ());
    Decoder::load(config, weights.as_ref()).unwrap()
}

/// The same model in candle's own operations.
pub fn composite(name: &str) -> Composite {
    let (config, weights) = parts(name, |_| ());
    Composite::load(config, weights.as_ref(), Device::Cpu).unwrap()
}

/// Weights, and a config that is changed a little.
pub fn parts(name: &str, change: impl FnOnce(&mut Config)) -> (Config, Box<dyn Weights>) {
    let (mut config, weights) = open_weights(&data(name)).unwrap();
    change(&mut config);
    (config, weights)
}
