use super::event::Sink;
use crate::provider::RemoteOptions;
use crate::run::Reuse;
use candle_core::Device;

/// How answers are had.
pub(super) struct How<'a> {
    /// The processor where there is none.
    pub device: Option<Device>,
    /// How endpoints are asked.
    pub remote: RemoteOptions,
    pub reuse: Option<Reuse<'a>>,
    pub sink: &'a dyn Sink,
}
