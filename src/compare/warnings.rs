//! What the reader of a comparison must know before believing it.

use super::comparison::{Comparison, Finding, Outcomes};
use super::pair::Pair;
use super::verdict::names;
use crate::run::{CONTAMINATED, Run, VersionRef, Why};
use crate::tally::{CaseTally, Standing};
use crate::words::{self, clip, count, either, few, list, percent};
use std::collections::BTreeSet;

/// Said of a case on whose answers no check had a say.
const UNSCORED: &str = "could not be scored (every check was skipped or only measures)";

/// Names given in one warning before it says "and 7 more".
const NAMES: usize = 5;

/// Warnings that follow from the result, most telling first.
pub(super) fn of_result(comparison: &Comparison) -> Vec<String> {
    let (held_out, dev) = (comparison.held_out.headline(), comparison.dev.headline());
    let (a, b) = (&comparison.a.label, &comparison.b.label);
    let mut warnings = Vec::new();
    if dev.finding == Finding::Improved && held_out.finding != Finding::Improved {
        warnings.push(format!(
            "{b} is better on the dev cases but not shown to be better on the held-out cases. That is what training \
             towards the dev cases looks like: believe the held-out result."
        ));
    }
    if held_out.cases == 0 {
        warnings.push(
            "The runs share no held-out case, so no improvement can be claimed; mark some with `split: held-out`."
                .to_string(),
        );
    }
    // Where the whole shows nothing, its own words say what moved.
    if held_out.finding == Finding::Improved
        && let Some(worse) = names(comparison.held_out.movers.iter().filter(|mover| !mover.better))
    {
        warnings.push(format!("{b} is worse than {a} in {worse}, whatever the overall result."));
    }
    warnings
}

/// Warnings about the two runs as such.
pub(super) fn of_runs(a: &Run, b: &Run, pairs: &[Pair<'_>], labels: Outcomes<&str>) -> Vec<String> {
    let mut warnings: Vec<String> = [(a, labels.a), (b, labels.b)]
        .into_iter()
        .filter(|(run, _)| run.manifest.finished.is_none())
        .map(|(run, label)| {
            format!(
                "The run of {label} is not finished; `pmtune eval --resume {}` finishes it.",
                words::shell(&run.manifest.id)
            )
        })
        .collect();
    warnings.extend(stopped(a, b));
    warnings.extend(besides_the_adapter(a, b, labels));
    warnings.extend(same_version(a, b, pairs, labels));
    warnings.extend(contaminated(a, b));
    warnings.extend(left_out(pairs, labels));
    warnings.extend(unsteady(pairs, labels));
    if a.manifest.version.base != b.manifest.version.base
        && pairs.iter().any(|p| p.observe(|r| r.answer.reference_nll).is_some())
    {
        warnings.push(
            "The versions stand on different bases; reference likelihoods are per token, and compare only where both \
             bases cut text into the same tokens."
                .to_string(),
        );
    }
    warnings
}

/// What a difference may also come from. Sampling that differs makes two runs not comparable and is told there.
fn besides_the_adapter(a: &Run, b: &Run, labels: Outcomes<&str>) -> Option<String> {
    let (x, y) = (&a.manifest.version, &b.manifest.version);
    let quoted = |text: &Option<String>| {
        text.as_deref().map_or("none".to_string(), |text| format!("\u{201c}{}\u{201d}", clip(text, 60)))
    };
    let said = |what: &str, x: String, y: String| format!("{what} ({}: {x}; {}: {y})", labels.a, labels.b);
    let messages = |version: &VersionRef| count(version.examples.len(), "message");
    let parts = [
        (x.base != y.base).then(|| "the base".to_string()),
        (x.template != y.template).then(|| "the chat template".to_string()),
        (x.system != y.system).then(|| said("the system prompt", quoted(&x.system), quoted(&y.system))),
        (x.examples != y.examples).then(|| said("worked examples", messages(x), messages(y))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    // An endpoint tells nothing of what it is made of, and versions that are routed to are what is compared.
    let known = x.template.is_some() && y.template.is_some() && x.routed.is_none() && y.routed.is_none();
    (known && !parts.is_empty() && x.adapter.is_some() | y.adapter.is_some())
        .then(|| format!("Besides the adapter, these differ and may be what made the difference: {}.", list(&parts)))
}

/// Where asking stopped early, how much was saved, and by what figures that is allowed.
fn stopped(a: &Run, b: &Run) -> Option<String> {
    let (stopped, asked) =
        [a, b].into_iter().find_map(|run| Some((run.manifest.stopped?, run.manifest.cases.len())))?;
    let saved = stopped.of.saturating_sub(asked);
    let share = percent(saved as f64 / stopped.of.max(1) as f64);
    let of = count(stopped.of, "case");
    let how = match stopped.why {
        Why::Settled => format!("ended as soon as the question was settled, after {asked} of {of}: {share} were saved"),
        Why::Hopeless => format!(
            "ended after {asked} of {of}, when the {saved} left would hardly have settled the question: {share} were saved"
        ),
        Why::Asked => format!("could have ended early, and did not: all {of} were asked"),
    };
    Some(format!(
        "Asking in random order {how}. Intervals and tests hold whenever asking stops (anytime-valid), so they are wider \
         than those of a number set beforehand."
    ))
}

fn contaminated(a: &Run, b: &Run) -> Option<String> {
    let records = a.records.iter().chain(&b.records);
    let tagged = records.filter(|record| record.tags.iter().any(|tag| tag == CONTAMINATED));
    let cases: BTreeSet<&str> = tagged.map(|record| record.case.as_str()).collect();
    let names: Vec<&str> = cases.into_iter().collect();
    let verb = either(names.len(), "stands in the training data and counts", "stand in the training data and count");
    (!names.is_empty()).then(|| format!("{} {verb} for nothing: {}.", count(names.len(), "case"), few(&names, NAMES)))
}

fn same_version(a: &Run, b: &Run, pairs: &[Pair<'_>], labels: Outcomes<&str>) -> Option<String> {
    let (x, y) = (&a.manifest.version, &b.manifest.version);
    let alike = (&x.base, &x.adapter, &x.system, &x.examples) == (&y.base, &y.adapter, &y.system, &y.examples);
    if alike && x.routed == y.routed {
        return Some(format!(
            "{} and {} are the same: base, adapter, system prompt and examples are equal.",
            labels.a, labels.b
        ));
    }
    let mut answered = pairs.iter().filter_map(|p| p.both()).peekable();
    answered.peek()?;
    let texts = |side: &CaseTally<'_>| -> Vec<String> {
        side.records.iter().filter_map(|record| Some(record.outcome.answer()?.text.clone())).collect()
    };
    answered.all(|(x, y)| texts(x) == texts(y)).then(|| {
        format!(
            "{} and {} gave the same answer to every case; check that what differs between them took effect.",
            labels.a, labels.b
        )
    })
}

/// Cases that do not count because one side has no answer to them or no score, by name.
fn left_out(pairs: &[Pair<'_>], labels: Outcomes<&str>) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut say = |names: Vec<&str>, what: String| {
        if !names.is_empty() {
            let verb = either(names.len(), "is", "are");
            warnings.push(format!(
                "{} {what} and {verb} left out: {}.",
                count(names.len(), "case"),
                few(&names, NAMES)
            ));
        }
    };
    let names = |keep: &dyn Fn(&Pair<'_>) -> bool| {
        pairs.iter().filter(|p| p.counts && keep(p)).map(|p| p.case).collect::<Vec<_>>()
    };
    let stands = |side: &Option<CaseTally<'_>>, standing| side.as_ref().is_some_and(|s| s.standing() == standing);
    let failed = |side: &Option<CaseTally<'_>>| stands(side, Standing::Unanswered);
    let unscored = |side: &Option<CaseTally<'_>>| stands(side, Standing::Unscored);
    say(names(&|p| p.b.is_none()), format!("ran for {} only", labels.a));
    say(names(&|p| p.a.is_none()), format!("ran for {} only", labels.b));
    say(names(&|p| failed(&p.a) && failed(&p.b)), "ended in an error for both versions".to_string());
    say(names(&|p| failed(&p.a) && !failed(&p.b) && p.b.is_some()), format!("ended in an error for {}", labels.a));
    say(names(&|p| failed(&p.b) && !failed(&p.a) && p.a.is_some()), format!("ended in an error for {}", labels.b));
    say(names(&|p| unscored(&p.a) && unscored(&p.b)), format!("{UNSCORED} for both versions"));
    say(names(&|p| unscored(&p.a) && !unscored(&p.b) && p.b.is_some()), format!("{UNSCORED} for {}", labels.a));
    say(names(&|p| unscored(&p.b) && !unscored(&p.a) && p.a.is_some()), format!("{UNSCORED} for {}", labels.b));
    warnings
}

/// Answers that failed beside others that did not, unequal numbers of repeats, and cases that pass only sometimes.
fn unsteady(pairs: &[Pair<'_>], labels: Outcomes<&str>) -> Vec<String> {
    let names = |keep: &dyn Fn(&CaseTally<'_>, &CaseTally<'_>) -> bool| {
        pairs.iter().filter(|p| p.both().is_some_and(|(a, b)| keep(a, b))).map(|p| p.case).collect::<Vec<_>>()
    };
    let mut warnings = Vec::new();
    let partly = names(&|a, b| a.errors > 0 || b.errors > 0);
    if !partly.is_empty() {
        let cases = count(partly.len(), "case");
        warnings.push(format!("Some answers to {cases} ended in an error; the others count: {}.", few(&partly, NAMES)));
    }
    let partly = names(&|a, b| a.unscored > 0 || b.unscored > 0);
    if !partly.is_empty() {
        let cases = count(partly.len(), "case");
        warnings
            .push(format!("No check could score some answers to {cases}; the others count: {}.", few(&partly, NAMES)));
    }
    let uneven = names(&|a, b| a.records.len() != b.records.len());
    if !uneven.is_empty() {
        let (a, b, cases) = (labels.a, labels.b, count(uneven.len(), "case"));
        warnings.push(format!("{a} and {b} answered {cases} a different number of times: {}.", few(&uneven, NAMES)));
    }
    for (label, flaky) in [(labels.a, names(&|a, _| a.flaky())), (labels.b, names(&|_, b| b.flaky()))] {
        if !flaky.is_empty() {
            let cases = count(flaky.len(), "case");
            warnings.push(format!("{label} passes {cases} only sometimes (flaky): {}.", few(&flaky, NAMES)));
        }
    }
    warnings
}
