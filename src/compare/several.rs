//! Several versions held against the same one: what the headline of each comparison says once all of them are corrected
//! for how many there are.

use super::comparison::{Comparison, Finding, Group, Half, Outcomes};
use super::group::{ALL, group};
use super::half::of_half;
use super::holm::holm;
use super::pair::pair;
use super::settings::Settings;
use super::verdict::{finding, words};
use crate::run::Run;
use crate::suite::Split;
use jiff::Timestamp;
use serde::Serialize;

const FORMAT: u32 = 1;

/// One comparison of several, with the runs it was made from.
#[derive(Debug, Clone, Copy)]
pub struct Versus<'a> {
    pub comparison: &'a Comparison,
    /// What its later version is called among all of them.
    pub label: &'a str,
    pub a: &'a Run,
    pub b: &'a Run,
}

impl<'a> Versus<'a> {
    fn half(&self, split: Split) -> &'a Half {
        match split {
            Split::HeldOut => &self.comparison.held_out,
            Split::Dev => &self.comparison.dev,
        }
    }
}

/// Several versions against the same one: plain data, written to `comparisons.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Several {
    pub format: u32,
    /// When the last of the runs ended.
    pub created: Timestamp,
    pub settings: Settings,
    /// How sure each interval is, so that those of a half hold all together.
    pub interval_confidence: f64,
    pub baseline: Named,
    /// In the order in which they were named.
    pub versions: Vec<Against>,
}

/// A version with the run that stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub label: String,
    pub version: String,
    pub run: String,
    /// What is worth knowing of how its answers were had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A version against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    #[serde(flatten)]
    pub named: Named,
    /// What decides on the cases that both answered; p-values, intervals and findings are corrected for all versions of
    /// the table.
    pub held_out: Group,
    pub dev: Group,
    /// Why its runs are not strictly comparable.
    pub differences: Vec<String>,
    pub warnings: Vec<String>,
}

impl Several {
    /// Whether so many independent cases can show anything among so many versions.
    pub fn can_tell(&self, group: &Group) -> bool {
        group.can_tell(&Settings { confidence: self.interval_confidence, ..self.settings.clone() })
    }
}

/// Corrects the headlines of these comparisons, which share their earlier run and are told apart by it alone, for their
/// number. `None` without any.
///
/// A headline's chance figure is that of its own comparison, raised by Holm's method over all of them. Each interval is
/// made anew at 1 − α/k for k comparisons, so that all of a half hold together (Bonferroni; Dunn, *Multiple Comparisons
/// Among Means*, JASA 56, 1961). A version is better or worse where both say so, as in a comparison of two.
pub fn several(compared: &[Versus<'_>]) -> Option<Several> {
    let first = compared.first()?;
    let settings = first.comparison.settings.clone();
    let interval_confidence = 1.0 - (1.0 - settings.confidence) / compared.len() as f64;
    let held_out = corrected(Split::HeldOut, compared, interval_confidence);
    let dev = corrected(Split::Dev, compared, interval_confidence);
    let versions = compared.iter().zip(held_out.into_iter().zip(dev)).map(|(one, (held_out, dev))| Against {
        named: named(one.label, one.b),
        held_out,
        dev,
        differences: one.comparison.differences.clone(),
        warnings: one.comparison.warnings.clone(),
    });
    Some(Several {
        format: FORMAT,
        created: compared.iter().map(|one| one.comparison.created).max()?,
        interval_confidence,
        baseline: named(&first.comparison.a.label, first.a),
        versions: versions.collect(),
        settings,
    })
}

fn named(label: &str, run: &Run) -> Named {
    let manifest = &run.manifest;
    Named {
        label: label.to_string(),
        version: manifest.version.name.clone(),
        run: manifest.id.clone(),
        notes: manifest.notes.clone(),
    }
}

/// What decides in one half of each comparison.
fn corrected(split: Split, compared: &[Versus<'_>], interval_confidence: f64) -> Vec<Group> {
    // A comparison without cases shows nothing, and counts all the same: how many there are was set beforehand.
    let chances: Vec<f64> = compared.iter().map(|one| one.half(split).headline().score.p_corrected).collect();
    let raised = holm(&chances);
    let group = |(one, p): (&Versus<'_>, f64)| {
        let settings = &one.comparison.settings;
        let together = Settings { confidence: interval_confidence, ..settings.clone() };
        let (headline, pairs) = (one.half(split).headline(), pair(one.a, one.b));
        let mut all = group(ALL, &of_half(split, &pairs), headline.evidence, &together);
        // What is known of one version alone is not corrected for others.
        all.rate.clone_from(&headline.rate);
        all.score.p_corrected = p;
        all.pass.p_corrected = (headline.pass.p_corrected * compared.len() as f64).min(1.0);
        all.finding = match all.can_tell(&together) {
            true => finding(&all.score, all.clusters, settings.negligible_for(all.evidence), settings),
            false => Finding::TooFewCases,
        };
        let labels = Outcomes { a: one.comparison.a.label.as_str(), b: one.label };
        all.words = words(&all, all.evidence, compared.len(), split, labels, &together);
        all
    };
    compared.iter().zip(raised).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Case, case, quick, runs};
    use super::*;
    use crate::compare::compare;

    /// The comparisons and the table of versions that turn so many of 40 failed cases to pass.
    fn held(gains: &[usize]) -> (Vec<Comparison>, Several) {
        let cases = |gain: usize| -> Vec<Case> {
            let after = |i: usize| f64::from(u8::from(i < gain));
            (0..40).map(|i| case(format!("s/{i:02}"), Split::HeldOut, 0.0, after(i))).collect()
        };
        let made: Vec<(Run, Run)> = gains.iter().map(|gain| runs(&cases(*gain))).collect();
        let labels: Vec<String> = (2..).map(|n| format!("v{n}")).take(gains.len()).collect();
        let pairs = || made.iter().zip(&labels);
        let compared: Vec<Comparison> = pairs()
            .map(|((a, b), label)| compare(a, b, Outcomes { a: "v1", b: label }, quick(), false).unwrap())
            .collect();
        let all: Vec<Versus<'_>> = compared
            .iter()
            .zip(pairs())
            .map(|(comparison, ((a, b), label))| Versus { comparison, label, a, b })
            .collect();
        let several = several(&all).unwrap();
        (compared, several)
    }

    #[test]
    fn one_version_alone_is_as_in_a_comparison_of_two() {
        let (compared, table) = held(&[7]);
        let (headline, found) = (compared[0].held_out.headline(), &table.versions[0].held_out);
        assert_eq!((&found.score, found.finding), (&headline.score, headline.finding));
        assert_eq!(headline.finding, Finding::Improved);
    }

    #[test]
    fn what_two_would_show_is_too_little_among_three_that_were_tried() {
        let (compared, table) = held(&[7, 0, 1]);
        assert_eq!(compared[0].held_out.headline().finding, Finding::Improved);
        let [v2, v3, _] = &table.versions[..] else { panic!("three versions") };
        // Seven to one side, of which the whole may use four fifths, the smallest of three.
        assert!((v2.held_out.score.p_corrected - 3.0 * (2.0 / 128.0) / 0.8).abs() < 1e-12, "{:?}", v2.held_out.score);
        assert_eq!(v2.held_out.finding, Finding::TooFewCases);
        assert_eq!(v3.held_out.score.p_corrected, 1.0);
        let (_, clear) = held(&[20, 0, 1]);
        assert_eq!(clear.versions[0].held_out.finding, Finding::Improved);
        assert!(clear.versions[0].held_out.words.starts_with("v2 is better on the held-out cases"));
    }

    #[test]
    fn intervals_hold_together_and_rates_stay_each_versions_own() {
        let (compared, table) = held(&[20, 12]);
        assert!((table.interval_confidence - 0.975).abs() < 1e-12);
        for (one, row) in compared.iter().zip(&table.versions) {
            let (alone, together) = (one.held_out.headline(), &row.held_out);
            let (alone_of, of) = (alone.score.difference.interval, together.score.difference.interval);
            assert!(of.low < alone_of.low && alone_of.high < of.high, "{of:?} in {alone_of:?}");
            assert_eq!(alone.rate, together.rate);
            assert!(together.words.contains("97.5\u{a0}% interval"), "{}", together.words);
        }
        // The second smallest of two is raised by nothing.
        let alone = compared[1].held_out.headline().score.p_corrected;
        assert!(table.versions[1].held_out.score.p_corrected >= alone);
    }

    #[test]
    fn too_few_for_so_many_versions_show_nothing() {
        let (_, table) = held(&[20, 0]);
        assert_eq!(table.versions[0].dev.finding, Finding::TooFewCases);
        assert!(table.versions[0].dev.words.contains("dev"), "{}", table.versions[0].dev.words);
    }
}
