use super::event::Sink;
use crate::run::Reports;
use candle_core::Device;

/// How answers are had.
pub(super) struct How<'a> {
    /// The processor where there is none.
    pub device: Option<Device>,
    pub reuse: Option<&'a Reports>,
    pub sink: &'a dyn Sink,
}
