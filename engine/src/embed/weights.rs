//! The weights of an encoder by their names in the file.

use crate::error::{Error, Result};
use crate::files::{Weight, Weights};
use candle_core::{DType, Device, Tensor};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A safetensors file in memory. Some tools put `bert.` before every name, and old ones call a norm's weight and bias
/// gamma and beta.
pub(super) struct Tensors {
    file: PathBuf,
    tensors: HashMap<String, Tensor>,
}

impl Tensors {
    pub fn open(file: &Path) -> Result<Self> {
        let bytes = std::fs::read(file).map_err(|e| Error::io("read", file, e))?;
        let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu)
            .map_err(|e| Error::model(format!("cannot use {} of the sentence model", file.display())).caused_by(e))?;
        Ok(Self { file: file.to_path_buf(), tensors })
    }

    fn find(&self, name: &str) -> Option<&Tensor> {
        let old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        let names = [name.to_string(), format!("bert.{name}"), format!("bert.{old}"), old];
        names.iter().find_map(|name| self.tensors.get(name))
    }

    /// Row-major values in 32 bits.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let Weight::Dense(tensor) = self.get(name, shape)? else { return Err(self.missing(name)) };
        Ok(tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?)
    }

    fn missing(&self, name: &str) -> Error {
        Error::model(format!("{}: the weight `{name}` is missing", self.file.display()))
    }
}

impl Weights for Tensors {
    fn get(&self, name: &str, shape: &[usize]) -> Result<Weight> {
        let tensor = self.find(name).ok_or_else(|| self.missing(name))?;
        if tensor.dims() != shape {
            let (file, found) = (self.file.display(), tensor.dims());
            return Err(Error::model(format!("{file}: the weight `{name}` has the shape {found:?}, not {shape:?}")));
        }
        Ok(Weight::Dense(tensor.clone()))
    }

    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}
