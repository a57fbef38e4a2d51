//! The same model in operations that candle has for every device: reading, scoring and training.
//!
//! [`Composite`] keeps the base's weights on the device, in full precision, from its loading on. It shares no arithmetic
//! with the processor's own passes, and so each is the other's oracle: [`operations`] are plain ones that candle
//! differentiates by itself, over [`frozen`] weights.

pub(super) mod attention;
mod base;
mod frozen;
pub(super) mod joined;
pub(super) mod operations;
mod read;
mod train;

pub use base::Composite;
