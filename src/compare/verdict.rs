//! The finding, and the plain sentence that states it.
//!
//! One test decides: the paired difference in score. A version is better when the interval of the difference lies above
//! 0 and the sign-flip test, corrected over all that its half looks at, agrees; on very few cases a bootstrap interval is
//! too sure of itself, and the permutation test is not. McNemar's test on passed cases is secondary: it never decides,
//! but where it says otherwise the sentence says so. So it is where single parts moved and the whole did not.

use super::comparison::{Finding, Group, Half, Mover, Outcomes, PassTest, ScoreTest};
use super::family::HEADLINE;
use super::group::ALL;
use super::settings::Settings;
use crate::suite::Split;
use crate::words::{count, decimal_to, list, percent_exact, signed_to, times_in_100};

/// Fewer independent cases than this never show that there is *no* difference, even when all of them tie: a kind of
/// case that makes up a fifth of the work would be missing from 13 by chance more than one time in twenty (0.8¹³ =
/// 0.055).
pub(crate) const FEW_UNITS: usize = 14;

/// What the difference in score shows. `units` is the number of independent cases or clusters.
pub(crate) fn finding(score: &ScoreTest, units: usize, settings: &Settings) -> Finding {
    let interval = score.difference.interval;
    let beyond_chance = beyond_chance(score.p_corrected, settings);
    if interval.low > 0.0 && beyond_chance {
        Finding::Improved
    } else if interval.high < 0.0 && beyond_chance {
        Finding::Regressed
    } else if units >= FEW_UNITS && interval.low >= -settings.negligible && interval.high <= settings.negligible {
        Finding::NoDifference
    } else {
        Finding::TooFewCases
    }
}

/// The one place that decides what is beyond chance: as rare as 1 − confidence or rarer, rounding forgiven. `p` is
/// corrected for all that was looked at beside it ([`family`](super::family::family)).
pub fn beyond_chance(p: f64, settings: &Settings) -> bool {
    p <= 1.0 - settings.confidence + 1e-12
}

impl ScoreTest {
    /// Whether the version after is better (`true`) or worse: what its interval and its corrected test both say.
    pub fn direction(&self, settings: &Settings) -> Option<bool> {
        let interval = self.difference.interval;
        let clear = beyond_chance(self.p_corrected, settings) && (interval.low > 0.0 || interval.high < 0.0);
        clear.then_some(interval.low > 0.0)
    }
}

impl Group {
    /// What the group shows when its test is corrected for other tests than those of its half.
    pub fn finding_at(&self, p_corrected: f64, settings: &Settings) -> Finding {
        finding(&ScoreTest { p_corrected, ..self.score.clone() }, self.clusters, settings)
    }
}

/// What is to be added to the words on the whole half where single parts of it moved and the whole did not; `beside`
/// tests stand beside the headline's.
pub(super) fn whole(half: &Half, beside: usize, labels: Outcomes<&str>) -> String {
    if half.movers.is_empty() || matches!(half.overall.finding, Finding::Improved | Finding::Regressed) {
        return String::new();
    }
    let named = |better: bool| names(half.movers.iter().filter(|mover| mover.better == better));
    let better = named(true).map(|names| format!("better in {names}"));
    let worse = named(false).map(|names| format!("worse in {names}"));
    let moved: Vec<String> = better.into_iter().chain(worse).collect();
    format!(" Yet {} is {}, by a test for each that is corrected for all {beside} looked at.", labels.b, list(&moved))
}

/// "category tone, check contains"; `None` without any.
pub(super) fn names<'a>(movers: impl Iterator<Item = &'a Mover>) -> Option<String> {
    let names: Vec<String> = movers.map(|mover| format!("{} {}", mover.kind.name(), mover.name)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The finding as a sentence or two for people who read no statistics. `beside` tests stand beside the headline's.
pub(super) fn words(group: &Group, beside: usize, split: Split, labels: Outcomes<&str>, settings: &Settings) -> String {
    let place = place(&group.name, split);
    let Outcomes { a, b } = labels;
    if group.cases == 0 {
        return format!("Nothing can be said about {place}: none was answered by both versions.");
    }
    let (numbers, passes) = (numbers(group, settings), passes(&group.pass));
    let mut text = match group.finding {
        Finding::Improved => format!("{b} is better on {place}: {numbers}, {passes}."),
        Finding::Regressed => format!("{b} is worse on {place}: {numbers}, {passes}."),
        Finding::NoDifference => {
            format!("No evidence of a difference between {b} and {a} on {place}: {numbers}, {passes}.")
        }
        Finding::TooFewCases => format!("Too few {} to tell: {numbers}, {passes}.", place.trim_start_matches("the ")),
    };
    if group.finding == Finding::TooFewCases {
        text += &short_of(group, beside, settings);
    }
    text += dissent(group, settings).as_deref().unwrap_or_default();
    text
}

/// "the held-out cases", "the dev cases of tone".
fn place(group: &str, split: Split) -> String {
    let half = match split {
        Split::HeldOut => "held-out",
        Split::Dev => "dev",
    };
    if group == ALL { format!("the {half} cases") } else { format!("the {half} cases of {group}") }
}

/// "+0.12 in score (95 % interval +0.03 to +0.21)".
fn numbers(group: &Group, settings: &Settings) -> String {
    let (mean, interval) = (group.score.difference.mean, group.score.difference.interval);
    // Two places, or three where two would show as nothing what is something.
    let vanishes = |x: f64| (0.0005..0.005).contains(&x.abs());
    let places = if [mean, interval.low, interval.high].into_iter().any(vanishes) { 3 } else { 2 };
    let inside = match group.finding {
        Finding::NoDifference => format!(", inside the ±{} that counts as negligible", settings.negligible),
        _ => String::new(),
    };
    format!(
        "{} in score ({} interval {} to {}{inside})",
        signed_to(mean, places),
        percent_exact(settings.confidence),
        signed_to(interval.low, places),
        signed_to(interval.high, places)
    )
}

fn passes(pass: &PassTest) -> String {
    let (a, b) = (pass.both + pass.only_a, pass.both + pass.only_b);
    let of = count(pass.both + pass.only_a + pass.only_b + pass.neither, "case");
    if a == b {
        return format!("{b} of {of} pass with either");
    }
    format!("{b} of {of} pass instead of {a}")
}

/// Why there is no finding, and what would be needed.
fn short_of(group: &Group, beside: usize, settings: &Settings) -> String {
    let interval = group.score.difference.interval;
    let mut text = String::new();
    if interval.low > 0.0 || interval.high < 0.0 {
        let rare = beyond_chance(group.score.p, settings);
        let times = match rare {
            true => format!("{} times in 100", decimal_to(group.score.p * 100.0, 1)),
            false => times_in_100(group.score.p),
        };
        text += &format!(" The interval leaves out 0, yet chance alone gives as large a difference {times}");
        text += &match rare {
            false => ".".to_string(),
            true if group.name == ALL => format!(
                "; the whole is given {} in 100, so that nothing at all is named more often than it should be.",
                decimal_to((1.0 - settings.confidence) * HEADLINE * 100.0, 1)
            ),
            true => format!(", which is not rare enough for one of {beside} things looked at."),
        };
    }
    if let (Some(minimum), Some(cases)) = (group.power.minimum_detectable, group.power.cases_for_half)
        && minimum <= 1.0
    {
        text +=
            &format!(" This many cases usually show a difference of {minimum:.2} or more; half of that takes {cases}.");
    }
    text
}

/// What the secondary test says when it does not say the same.
fn dissent(group: &Group, settings: &Settings) -> Option<String> {
    let PassTest { only_a, only_b, p_corrected, .. } = group.pass;
    let tally = format!("{only_b} turned to pass and {only_a} to fail");
    match group.finding {
        Finding::Improved if only_b < only_a => Some(format!(" Yet fewer cases pass: {tally}.")),
        Finding::Regressed if only_a < only_b => Some(format!(" Yet more cases pass: {tally}.")),
        Finding::NoDifference | Finding::TooFewCases if beyond_chance(p_corrected, settings) => {
            Some(format!(" Counting only passes, the change is more than chance: {tally}."))
        }
        _ => None,
    }
}
