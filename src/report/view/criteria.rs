//! What is said of criteria wherever they stand.

use crate::check::Criterion;
use crate::words;

pub const CAPTION: &str = "Criteria, share of their checks that pass";

/// Of a criterion for which no check speaks, or only checks that see symptoms, no score is shown but this.
pub fn unmeasured(measured: impl Iterator<Item = Criterion>) -> Option<String> {
    let measured: Vec<Criterion> = measured.collect();
    let missing: Vec<&str> =
        Criterion::ALL.into_iter().filter(|c| !measured.contains(c)).map(Criterion::name).collect();
    (!missing.is_empty()).then(|| format!("Not measured by these suites: {}.", words::list(&missing)))
}
