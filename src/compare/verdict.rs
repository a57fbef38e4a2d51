//! The finding, and the plain sentence that states it.
//!
//! One test decides: the paired difference in score. A version is better when the interval of the difference lies above
//! 0 and the sign-flip test, corrected where several categories are tested, agrees. McNemar's test on passed cases is
//! secondary: it never decides, but where it says otherwise the sentence says so.

use super::comparison::{Finding, Group, Outcomes, PassTest, ScoreTest};
use super::exact::{fewest_units, units_to_rule_out};
use super::group::ALL;
use super::settings::Settings;
use crate::suite::Split;
use crate::words::{count, percent_exact, signed_to, times_in_100};

/// What the difference in score shows. `units` is the number of independent cases or clusters. That there is none worth
/// speaking of is shown by the interval alone, which is as wide as so many units leave it, even when all of them tie.
pub(crate) fn finding(score: &ScoreTest, units: usize, settings: &Settings) -> Finding {
    let interval = score.difference.interval;
    let beyond_chance = beyond_chance(score.p_corrected, settings);
    if units < fewest_units(settings.confidence) {
        Finding::TooFewCases
    } else if interval.low > 0.0 && beyond_chance {
        Finding::Improved
    } else if interval.high < 0.0 && beyond_chance {
        Finding::Regressed
    } else if interval.low >= -settings.negligible && interval.high <= settings.negligible {
        Finding::NoDifference
    } else {
        Finding::TooFewCases
    }
}

/// Rarer than 1 − confidence, rounding forgiven.
fn beyond_chance(p: f64, settings: &Settings) -> bool {
    p <= 1.0 - settings.confidence + 1e-12
}

/// The finding as a sentence or two for people who read no statistics. `tested` groups were tested beside each other.
pub(super) fn words(group: &Group, tested: usize, split: Split, labels: Outcomes<&str>, settings: &Settings) -> String {
    let place = place(&group.name, split);
    let Outcomes { a, b } = labels;
    if group.cases == 0 {
        return format!("Nothing can be said about {place}: none was answered by both versions.");
    }
    if let Some(text) = far_too_few(group, split, settings) {
        return text;
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
        text += &short_of(group, tested, settings);
    }
    text += dissent(group, settings).as_deref().unwrap_or_default();
    text
}

/// With so few that no outcome could be told from chance: how many more it takes, and nothing else.
fn far_too_few(group: &Group, split: Split, settings: &Settings) -> Option<String> {
    let missing = fewest_units(settings.confidence).checked_sub(group.clusters).filter(|missing| *missing > 0)?;
    let of = if group.name == ALL { String::new() } else { format!(" of {}", group.name) };
    let more = if group.clusters == group.cases {
        format!("{}{of}", count(missing, &format!("more {} case", half(split))))
    } else {
        format!("{} of {} cases{of}", count(missing, "more cluster"), half(split))
    };
    let verb = if missing == 1 { "is" } else { "are" };
    Some(format!("{more} {verb} needed before anything can be said."))
}

/// "the held-out cases", "the dev cases of tone".
fn place(group: &str, split: Split) -> String {
    let half = half(split);
    if group == ALL { format!("the {half} cases") } else { format!("the {half} cases of {group}") }
}

fn half(split: Split) -> &'static str {
    match split {
        Split::HeldOut => "held-out",
        Split::Dev => "dev",
    }
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
fn short_of(group: &Group, tested: usize, settings: &Settings) -> String {
    let interval = group.score.difference.interval;
    let mut text = String::new();
    if interval.low > 0.0 || interval.high < 0.0 {
        text += &format!(
            " The interval leaves out 0, yet chance alone gives as large a difference {}",
            times_in_100(group.score.p)
        );
        text += &if beyond_chance(group.score.p, settings) {
            format!(", which is not rare enough for one of {tested} categories.")
        } else {
            ".".to_string()
        };
    }
    if let (Some(minimum), Some(cases)) = (group.power.minimum_detectable, group.power.cases_for_half) {
        let minimum = format!("{minimum:.places$}", places = if minimum < 0.005 { 4 } else { 2 });
        text +=
            &format!(" This many cases usually show a difference of {minimum} or more; half of that takes {cases}.");
    } else if group.score.difference.mean == 0.0
        && let Some(units) = units_to_rule_out(settings.negligible, settings.confidence)
    {
        let cases = (units as f64 * group.cases as f64 / group.clusters as f64).ceil();
        text += &format!(" It takes {cases} cases without a difference to show that any is negligible.");
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
