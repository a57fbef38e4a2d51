//! What every test here works on: paired scores, gathered into units that were drawn independently.

use super::order::place;
use super::settings::Settings;
use std::collections::BTreeMap;

/// One case's two scores, repeats already averaged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation<'a> {
    pub case: &'a str,
    /// Cases of one cluster share a source: they stand or fall together.
    pub cluster: Option<&'a str>,
    /// How much the case counts; above 0.
    pub weight: f64,
    pub a: f64,
    pub b: f64,
}

/// A cluster, or a case of no cluster: weighted sums over its cases.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Unit {
    pub weight: f64,
    pub a: f64,
    pub b: f64,
}

/// Sums over units, from which the three means follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Means {
    pub a: f64,
    pub b: f64,
    /// b − a.
    pub difference: f64,
}

/// Independent units in an order that depends on nothing but their names, so that resampling with one seed gives the
/// same result however the cases were listed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub units: Vec<Unit>,
    pub cases: usize,
}

/// Keeps a cluster and a case of the same name apart.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Name<'a> {
    Cluster(&'a str),
    Case(&'a str),
}

impl Sample {
    pub fn new(observations: &[Observation<'_>]) -> Self {
        let mut sorted: Vec<_> = observations.iter().collect();
        // Sums of floats depend on their order, so cases are put in order too, not only clusters.
        sorted.sort_by_key(|o| o.case);
        let mut units: BTreeMap<Name, Unit> = BTreeMap::new();
        for o in sorted {
            let unit = units.entry(o.cluster.map_or(Name::Case(o.case), Name::Cluster)).or_default();
            unit.weight += o.weight;
            unit.a += o.weight * o.a;
            unit.b += o.weight * o.b;
        }
        Self { units: units.into_values().collect(), cases: observations.len() }
    }

    /// The same units as they were asked where asking may stop, else in the order of their names.
    pub fn of(observations: &[Observation<'_>], settings: &Settings) -> Self {
        if !settings.anytime {
            return Self::new(observations);
        }
        let mut parts: BTreeMap<String, Vec<Observation<'_>>> = BTreeMap::new();
        for o in observations {
            parts.entry(place(settings.seed, o.cluster, o.case)).or_default().push(*o);
        }
        let units = parts.values().flat_map(|part| Self::new(part).units).collect();
        Self { units, cases: observations.len() }
    }

    /// Weighted means over all cases; `None` without cases.
    pub fn means(&self) -> Option<Means> {
        means(self.units.iter())
    }

    /// The units' weighted differences b − a: their sum over the whole weight is the mean difference.
    pub fn differences(&self) -> Vec<f64> {
        self.units.iter().map(|u| u.b - u.a).collect()
    }

    /// Standard error of the mean difference, units being independent and cases within one not: that of a ratio
    /// estimator, √(C/(C−1) · Σ(Sᵤ − Wᵤ·d̄)²)/W (Cochran, *Sampling Techniques*, 1977, §6.3). With every case its own
    /// unit and equal weights it is s/√n. `None` with fewer than two units.
    pub fn standard_error(&self) -> Option<f64> {
        let mean = self.means()?.difference;
        let count = self.units.len() as f64;
        if self.units.len() < 2 {
            return None;
        }
        let whole: f64 = self.units.iter().map(|u| u.weight).sum();
        let squares: f64 = self.units.iter().map(|u| (u.b - u.a - u.weight * mean).powi(2)).sum();
        Some((count / (count - 1.0) * squares).sqrt() / whole)
    }
}

/// Weighted means over any choice of units, the same unit perhaps more than once.
pub(super) fn means<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Option<Means> {
    let mut sum = Unit::default();
    for unit in units {
        sum.weight += unit.weight;
        sum.a += unit.a;
        sum.b += unit.b;
    }
    (sum.weight > 0.0).then(|| Means {
        a: sum.a / sum.weight,
        b: sum.b / sum.weight,
        difference: (sum.b - sum.a) / sum.weight,
    })
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{cases, close, number, numbers};
    use super::*;

    fn observation<'a>(case: &'a str, cluster: Option<&'a str>, weight: f64, a: f64, b: f64) -> Observation<'a> {
        Observation { case, cluster, weight, a, b }
    }

    #[test]
    fn cases_of_one_cluster_form_one_unit() {
        let sample = Sample::new(&[
            observation("x", Some("brief"), 1.0, 0.0, 0.5),
            observation("brief", None, 1.0, 1.0, 1.0),
            observation("y", Some("brief"), 1.0, 0.5, 1.0),
        ]);
        assert_eq!(sample.units.len(), 2);
        assert_eq!(sample.cases, 3);
        assert_eq!(sample.units[0], Unit { weight: 2.0, a: 0.5, b: 1.5 });
    }

    #[test]
    fn means_follow_the_weights() {
        let sample = Sample::new(&[observation("x", None, 3.0, 0.0, 1.0), observation("y", None, 1.0, 1.0, 0.0)]);
        let means = sample.means().unwrap();
        assert_eq!((means.a, means.b, means.difference), (0.25, 0.75, 0.5));
    }

    #[test]
    fn standard_error_of_single_cases_is_that_of_the_mean() {
        let b = [0.0, 0.25, 1.0, 0.5];
        let names = ["p", "q", "r", "s"];
        let observations: Vec<_> = b.iter().zip(names).map(|(&b, n)| observation(n, None, 1.0, 0.0, b)).collect();
        let mean = 0.4375;
        let variance: f64 = b.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 3.0;
        let error = Sample::new(&observations).standard_error().unwrap();
        assert!((error - (variance / 4.0).sqrt()).abs() < 1e-15);
        assert_eq!(Sample::new(&observations[..1]).standard_error(), None);
    }

    #[test]
    fn clustered_standard_error_agrees_with_statsmodels() {
        for expected in cases("cluster_error") {
            let [b, clusters, weights] = ["differences", "clusters", "weights"].map(|name| numbers(&expected, name));
            let names: Vec<String> = (0..b.len()).map(|i| format!("{i:02}")).collect();
            let sources: Vec<String> = clusters.iter().map(f64::to_string).collect();
            let observations: Vec<_> =
                (0..b.len()).map(|i| observation(&names[i], Some(&sources[i]), weights[i], 0.0, b[i])).collect();
            let sample = Sample::new(&observations);
            close(sample.means().unwrap().difference, number(&expected, "mean"), 1e-9);
            close(sample.standard_error().unwrap(), number(&expected, "error"), 1e-9);
        }
    }

    #[test]
    fn no_cases_no_means() {
        assert_eq!(Sample::new(&[]).means(), None);
    }
}
