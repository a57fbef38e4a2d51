//! What is to be decided.

use super::points::Points;
use super::settings::GateSettings;
use crate::compare::{Outcomes, Settings};
use crate::export::Parity;
use crate::run::Run;

/// Everything there is to decide on.
#[derive(Debug, Clone)]
pub struct Gate<'a> {
    pub candidate: &'a Run,
    /// The run of the version that must not be lost against.
    pub baseline: Option<&'a Run>,
    /// What the versions are called in sentences; `a` is the baseline.
    pub labels: Outcomes<&'a str>,
    /// `gate:` of `pmtune.yaml`; [`GateSettings::usual`] where there is none.
    pub settings: Option<&'a GateSettings>,
    /// What people made of the candidate's answers: [`points`](super::points).
    pub people: &'a Points,
    /// The newest proof of an exported file of the candidate's version, if there is one.
    pub parity: Option<&'a Parity>,
    /// How the versions are compared.
    pub compare: Settings,
    /// Compare runs that differ in more than the version.
    pub insist: bool,
}
