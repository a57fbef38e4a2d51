//! From two runs and the rules to a decision.

use super::decision::{Contender, Decision, FORMAT, Judged, Status};
use super::question::Gate;
use super::regression::{self, Tested};
use super::rules;
use super::scope::{Scope, in_suite, note};
use super::settings::{GateHalf, GateSettings};
use crate::run::{Run, Stopped, Why};
use crate::suite::Split;
use crate::tally::{self, CaseTally, Standing};
use crate::words::{count, either};
use std::collections::BTreeSet;

impl Gate<'_> {
    /// Judges every rule. What keeps a rule from being judged stands in its words and fails the gate.
    pub fn decide(&self) -> Decision {
        let usual = GateSettings::usual();
        let settings = self.settings.unwrap_or(&usual);
        let tallies = tally::cases(self.candidate);
        let half = half(settings.half, &tallies);
        let whole = regression::whole(self);
        let rules = self.rules(settings, half, &tallies, &whole);
        Decision {
            format: FORMAT,
            created: self.candidate.manifest.finished.unwrap_or(self.candidate.manifest.started),
            passed: rules.iter().all(|rule| rule.status == Status::Pass),
            candidate: contender(self.candidate, self.labels.b),
            baseline: self.baseline.map(|run| contender(run, self.labels.a)),
            half,
            rules,
            notes: self.notes(settings.half, half, &tallies, &whole),
            comparison: whole.ok().map(|comparison| match half {
                GateHalf::HeldOut => comparison.held_out.headline().words.clone(),
                GateHalf::Dev => comparison.dev.headline().words.clone(),
                GateHalf::All => {
                    [comparison.held_out.headline().words.clone(), comparison.dev.headline().words.clone()].join(" ")
                }
            }),
        }
    }

    fn rules(&self, settings: &GateSettings, half: GateHalf, tallies: &[CaseTally<'_>], whole: &Tested) -> Vec<Judged> {
        let before = self.baseline.map(tally::cases).unwrap_or_default();
        let before = before.iter().filter(|case| case.passes() == Some(true)).map(|case| case.case).collect();
        let overall = Scope::new(tallies, half, None);
        let everywhere = Scope::new(tallies, GateHalf::All, None);
        let errors = GateSettings { errors: Some(settings.errors.unwrap_or(0)), ..settings.clone() };
        let mut judged: Vec<Judged> = rules::must_pass(&everywhere, &settings.must_pass, true).into_iter().collect();
        if settings.no_regression.is_some() || settings.detectable.is_some() {
            let tested = regression::test(self, whole, &overall);
            let rule = settings.no_regression.map(|rule| (&overall, rule, &tested));
            judged.extend(regression::no_regression(self, rule.as_slice()));
            judged.extend(settings.detectable.map(|most| regression::detectable(&overall, &tested, most)));
        }
        judged.extend(self.alone(&overall, &errors, &before));
        judged.extend(settings.export_parity.then(|| rules::export_parity(&overall, self.parity)));
        judged.extend(self.of_suites(settings, half, tallies, whole, &before));
        judged
    }

    /// The rules on single suites.
    fn of_suites(
        &self,
        settings: &GateSettings,
        half: GateHalf,
        tallies: &[CaseTally<'_>],
        whole: &Tested,
        before: &BTreeSet<&str>,
    ) -> Vec<Judged> {
        let asked = |suite: &str| tallies.iter().any(|case| in_suite(Some(suite), case.case));
        let suites: Vec<(Scope<'_>, &GateSettings, Tested)> = settings
            .suites
            .iter()
            .filter(|(suite, _)| asked(suite))
            .map(|(suite, rules)| (Scope::new(tallies, half, Some(suite)), rules))
            .map(|(scope, rules)| {
                let tested = match rules.no_regression.is_some() || rules.detectable.is_some() {
                    true => regression::test(self, whole, &scope),
                    false => Err(String::new()),
                };
                (scope, rules, tested)
            })
            .collect();
        let tested: Vec<_> =
            suites.iter().filter_map(|(scope, rules, tested)| Some((scope, rules.no_regression?, tested))).collect();
        let mut regressions = regression::no_regression(self, &tested).into_iter();
        let mut judged = Vec::new();
        for (scope, rules, tested) in &suites {
            let everywhere = Scope::new(tallies, GateHalf::All, scope.suite);
            judged.extend(rules::must_pass(&everywhere, &rules.must_pass, false));
            judged.extend(rules.no_regression.and_then(|_| regressions.next()));
            judged.extend(rules.detectable.map(|most| regression::detectable(scope, tested, most)));
            judged.extend(self.alone(scope, rules, before));
        }
        let unknown = settings.suites.keys().filter(|suite| !asked(suite));
        judged.extend(unknown.map(|suite| rules::unknown_suite(&Scope::new(tallies, half, Some(suite)), tallies)));
        judged
    }

    /// The rules that need no baseline.
    fn alone(&self, scope: &Scope<'_>, settings: &GateSettings, before: &BTreeSet<&str>) -> Vec<Judged> {
        let mut judged = Vec::new();
        let confidence = self.compare.confidence;
        judged.extend(settings.pass_rate.map(|least| rules::pass_rate(scope, least, before, confidence)));
        judged.extend(settings.score.map(|least| rules::score(scope, least)));
        judged.extend(rules::criteria(scope, &settings.criteria));
        judged.extend(rules::people(scope, &settings.people, self.people));
        judged.extend(settings.each_case.map(|least| rules::each_case(scope, least)));
        judged.extend(settings.flaky.map(|most| rules::flaky(scope, most)));
        judged.extend(settings.contaminated.map(|most| rules::contaminated(scope, most)));
        judged.extend(settings.errors.map(|most| rules::errors(scope, most)));
        let alone = self.candidate.manifest.version.template.is_none();
        judged.extend(rules::latency(scope, &settings.latency, alone));
        judged
    }

    fn notes(
        &self,
        wanted: Option<GateHalf>,
        half: GateHalf,
        tallies: &[CaseTally<'_>],
        whole: &Tested,
    ) -> Vec<String> {
        let runs = [Some((self.candidate, self.labels.b)), self.baseline.map(|run| (run, self.labels.a))];
        let mut notes: Vec<String> =
            runs.into_iter().flatten().filter_map(|(run, label)| stopped_early(run, label)).collect();
        let repeated = tallies.iter().filter(|case| case.records.len() > 1 && case.passed == Some(0.0));
        notes.extend(repeated.map(note).map(|case| format!("{}: {}.", case.case, case.words)));
        let unscored: Vec<&str> = tallies
            .iter()
            .filter(|case| case.counts && case.standing() == Standing::Unscored)
            .map(|case| case.case)
            .collect();
        if !unscored.is_empty() {
            notes.push(format!(
                "{} could not be scored, because no check had a say, and {} for nothing here: {}.",
                count(unscored.len(), "case"),
                either(unscored.len(), "counts", "count"),
                unscored.join(", ")
            ));
        }
        if self.settings.is_none() {
            notes.push(
                "pmtune.yaml has no `gate:`, so the usual rules were judged: no loss against the version before, an answer \
                 to every case, and cases tagged `must-pass`."
                    .to_string(),
            );
        }
        if wanted.is_none() && half == GateHalf::Dev {
            notes.push(
                "The run has no held-out case, so its dev cases were judged; they cannot prove an improvement."
                    .to_string(),
            );
        }
        if let Ok(comparison) = whole {
            notes.extend(comparison.differences.iter().map(|d| format!("Not strictly comparable: {d}.")));
            notes.extend(comparison.warnings.iter().cloned());
        }
        notes
    }
}

/// A run that ended as soon as a question was settled or hopeless did not ask a number of cases that was set beforehand.
fn stopped_early(run: &Run, label: &str) -> Option<String> {
    let Stopped { of, .. } = run.manifest.stopped.filter(|stopped| stopped.why != Why::Asked)?;
    Some(format!(
        "Run {} of {label} was stopped early (`--until-settled`), after {} of {}; shares and scores are of those alone.",
        run.manifest.id,
        run.manifest.cases.len(),
        count(of, "case")
    ))
}

fn contender(run: &Run, label: &str) -> Contender {
    Contender { label: label.to_string(), version: run.manifest.version.name.clone(), run: run.manifest.id.clone() }
}

/// The half asked for; else the held-out one, where a run has it.
pub(super) fn half(wanted: Option<GateHalf>, tallies: &[CaseTally<'_>]) -> GateHalf {
    let held_out = tallies.iter().any(|case| case.counts && case.split == Split::HeldOut);
    wanted.unwrap_or(if held_out { GateHalf::HeldOut } else { GateHalf::Dev })
}
