//! An adapter read for a base, everything in it checked against that base.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use safetensors::SafeTensors;

use super::config::{File, LoraConfig};
use super::form;
use super::names::{Reason, last_part, module_of, tensor_name};
use crate::error::{Error, Result};
use crate::files::config::Config;

/// An adapter as its files hold it, everything in it checked against its base.
pub(crate) struct Peft {
    pub config: LoraConfig,
    /// A (rank, in) and B (out, rank) by module path, such as `model.layers.0.self_attn.q_proj`.
    pub pairs: BTreeMap<String, (Tensor, Tensor)>,
}

impl Peft {
    /// Reads the adapter in `folder` for a model of the shape `base`.
    ///
    /// # Errors
    /// All misfits at once; and an adapter that would change nothing.
    pub fn load(folder: &Path, base: &Config) -> Result<Self> {
        let file = File::load(folder)?;
        let path = form::weights(folder)?;
        let bytes = read(&path)?;
        let tensors =
            candle_core::safetensors::load_buffer(&bytes, &Device::Cpu).map_err(|e| damaged(&path).caused_by(e))?;
        check_plain(&path, tensors.keys().map(String::as_str))?;
        let pairs = pairs(tensors, file.r, base).map_err(|faults| {
            let mut error = Error::model(format!("the adapter {} does not fit this base", folder.display()));
            error.also = faults.flatten();
            error
        })?;
        let config = config(&file, pairs.keys().map(String::as_str));
        Ok(Self { config, pairs })
    }
}

/// Whether the adapter in `folder` can be used with a model of the shape `base`.
///
/// # Errors
/// What [`Peft::load`] says against it.
pub fn check_adapter(folder: &Path, base: &Config) -> Result<()> {
    Peft::load(folder, base).map(drop)
}

impl LoraConfig {
    /// The shape of the adapter in `folder`, whatever its base: what its configuration says, and as targets the modules
    /// that its weights are for.
    ///
    /// # Errors
    /// It is no plain LoRA, or its files are not PEFT's.
    pub fn read(folder: &Path) -> Result<Self> {
        let file = File::load(folder)?;
        let path = form::weights(folder)?;
        let bytes = read(&path)?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&path).caused_by(e))?;
        let names: Vec<&str> = tensors.names().into_iter().collect();
        check_plain(&path, names.iter().copied())?;
        Ok(config(&file, names.iter().filter_map(|name| module_of(name))))
    }
}

fn config<'a>(file: &File, modules: impl Iterator<Item = &'a str>) -> LoraConfig {
    let targets: BTreeSet<String> = modules.map(|module| last_part(module).to_string()).collect();
    LoraConfig {
        rank: file.r,
        alpha: file.lora_alpha,
        rslora: file.use_rslora.unwrap_or(false),
        targets: targets.into_iter().collect(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::io("read", path, e))
}

fn damaged(path: &Path) -> Error {
    Error::model(format!("cannot read the adapter {}", path.display()))
        .hint("the file is damaged or incomplete; export or copy it again")
}

/// Refuses tensors that no plain LoRA has, whatever its base.
fn check_plain<'a>(path: &Path, names: impl Iterator<Item = &'a str>) -> Result<()> {
    refuse(names.filter(|name| Reason::of(name) != Reason::OtherBase)).map_err(|faults| {
        let mut error = Error::model(format!("{} is no plain LoRA", path.display()));
        error.also = faults.flatten();
        error
    })
}

/// Refuses tensors that are no pair's of the base: of each kind the first by name, with its reason. Names of the kind
/// that only another base explains are told one by one.
fn refuse<'a>(names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut kinds: BTreeMap<Reason, Vec<&str>> = BTreeMap::new();
    names.for_each(|name| kinds.entry(Reason::of(name)).or_default().push(name));
    let faults = kinds.into_iter().flat_map(|(reason, mut names)| {
        names.sort_unstable();
        match reason {
            Reason::OtherBase => names.into_iter().map(|name| reason.error(name, 1)).collect(),
            _ => vec![reason.error(names[0], names.len())],
        }
    });
    Error::gather(faults).map_or(Ok(()), Err)
}

/// Sorts tensors named as PEFT names them, of rank `r`, into pairs that fit `base`.
fn pairs(mut tensors: HashMap<String, Tensor>, r: usize, base: &Config) -> Result<BTreeMap<String, (Tensor, Tensor)>> {
    let shapes: HashMap<String, (usize, usize)> = base.modules().collect();
    let fits = |name: &&String| module_of(name).is_some_and(|module| shapes.contains_key(module));
    let (known, strangers): (Vec<&String>, Vec<&String>) = tensors.keys().partition(fits);
    let mut faults: Vec<Error> = refuse(strangers.into_iter().map(String::as_str)).err().into_iter().collect();
    let modules: BTreeSet<String> = known.iter().filter_map(|name| module_of(name)).map(str::to_string).collect();
    let mut pairs = BTreeMap::new();
    for module in modules {
        let (out, input) = shapes[&module];
        let mut get = |which: &str, shape: (usize, usize)| {
            let name = tensor_name(&module, which);
            let found = tensors.remove(&name).map(|tensor| checked(&name, tensor, shape));
            match found.unwrap_or_else(|| Err(other_base(format!("{name}: missing")))) {
                Ok(tensor) => Some(tensor),
                Err(fault) => {
                    faults.push(fault);
                    None
                }
            }
        };
        if let (Some(a), Some(b)) = (get("lora_A", (r, input)), get("lora_B", (out, r))) {
            pairs.insert(module, (a, b));
        }
    }
    if let Some(error) = Error::gather(faults) {
        return Err(error);
    }
    if pairs.is_empty() {
        return Err(Error::model("it holds no LoRA weights, so it would change nothing")
            .hint("train or export the adapter again"));
    }
    Ok(pairs)
}

fn other_base(what: String) -> Error {
    Error::model(what).hint("use the base it was trained on")
}

/// A matrix of the shape it must have, with numbers in it.
fn checked(name: &str, tensor: Tensor, shape: (usize, usize)) -> Result<Tensor> {
    if tensor.dims() != [shape.0, shape.1] {
        return Err(other_base(format!("{name}: has shape {:?}, the base needs {shape:?}", tensor.dims())));
    }
    let tensor = match tensor.dtype() {
        DType::F32 | DType::F16 | DType::BF16 => tensor,
        DType::F64 => tensor.to_dtype(DType::F32)?,
        other => {
            return Err(Error::model(format!("{name}: is stored as {other:?}"))
                .hint("save the adapter in F32, F16 or BF16; PEFT does unless it was quantised afterwards"));
        }
    };
    let values = tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1::<f32>()?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Error::model(format!("{name}: holds a number that is not finite (NaN or infinite)")).hint(
            "its training broke down or the file is damaged; train it again at a lower learning rate, or copy it again",
        ));
    }
    Ok(tensor)
}
