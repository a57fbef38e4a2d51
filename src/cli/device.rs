//! `--device`, for every command that computes.

use crate::work::DeviceChoice;

/// Where to compute.
#[derive(Debug, clap::Args)]
pub struct DeviceArgs {
    /// Where to compute. cuda and metal need a pmtune built for them; that code was never run on a card.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: DeviceArg,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DeviceArg {
    /// The processor.
    Cpu,
    /// The first NVIDIA card; never run on a card.
    Cuda,
    /// The graphics of a Mac; never run on a card.
    Metal,
}

impl DeviceArgs {
    pub fn choice(&self) -> DeviceChoice {
        match self.device {
            DeviceArg::Cpu => DeviceChoice::Cpu,
            DeviceArg::Cuda => DeviceChoice::Cuda,
            DeviceArg::Metal => DeviceChoice::Metal,
        }
    }
}
