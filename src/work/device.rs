//! Where models compute: on the processor, or on a graphics card if this program was built for one.

use crate::run::Engine;
use candle_core::Device;
use engine::error::{Error, Result};

/// Where to compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The processor.
    #[default]
    Cpu,
    /// The first NVIDIA card; never run on a card.
    Cuda,
    /// The graphics of a Mac; never run on a card.
    Metal,
}

/// What runs keep of it, so that answers of two engines are not taken for one's.
pub(super) fn engine(choice: DeviceChoice) -> Option<Engine> {
    let name = match choice {
        DeviceChoice::Cpu => return None,
        DeviceChoice::Cuda => "pmtune on cuda",
        DeviceChoice::Metal => "pmtune on metal",
    };
    Some(Engine { name: name.to_string(), dtype: None })
}

/// The device that was asked for; nothing for the processor.
///
/// # Errors
/// This program was built without it, or this computer has none.
pub fn open(choice: DeviceChoice) -> Result<Option<Device>> {
    let (name, feature, built, open): (_, _, _, fn(usize) -> candle_core::Result<Device>) = match choice {
        DeviceChoice::Cpu => return Ok(None),
        DeviceChoice::Cuda => ("CUDA", "cuda", cfg!(feature = "cuda"), Device::new_cuda),
        DeviceChoice::Metal => ("Metal", "metal", cfg!(feature = "metal"), Device::new_metal),
    };
    if !built {
        return Err(Error::usage(format!("this pmtune was built without {name}"))
            .hint(format!("build one with `cargo build --release --features {feature}`, or leave out --device")));
    }
    let opened = open(0).map_err(|e| {
        Error::model(format!("the {name} device cannot be used"))
            .caused_by(e)
            .hint("check that its driver is installed, or leave out --device to compute on the processor")
    })?;
    Ok(Some(opened))
}
