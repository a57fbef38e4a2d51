//! The mean of one run alone, with the interval that a comparison would give it.

use super::comparison::Mean;
use super::interval::{Scale, bootstrap};
use super::sample::{Observation, Sample};
use super::settings::Settings;
use crate::run::Record;

/// The values that a measure can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// 0 to 1.
    Score,
    /// The rubric's 1 to 5.
    Points,
}

/// Weighted mean over cases, each with one of its records and its value (repeats already averaged), and a bootstrap
/// interval over cases or clusters. `None` without cases.
pub fn mean<'a>(
    values: impl IntoIterator<Item = (&'a Record, f64)>,
    range: Range,
    settings: &Settings,
) -> Option<Mean> {
    let observations: Vec<Observation> = values
        .into_iter()
        .map(|(record, value)| Observation {
            case: &record.case,
            cluster: record.cluster.as_deref(),
            weight: record.weight,
            a: value,
            b: value,
        })
        .collect();
    let scale = match range {
        Range::Score => Scale::SCORE,
        Range::Points => Scale::POINTS,
    };
    let (means, intervals) = bootstrap(&Sample::new(&observations), scale, settings)?;
    Some(Mean { mean: means.b, interval: intervals.b })
}
