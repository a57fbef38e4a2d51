//! The finding, and the plain sentence that states it.
//!
//! One test decides: the paired difference in what the primary kind of evidence measures. A version is better when the interval of the difference lies above
//! 0 and the sign-flip test, corrected over all that its half looks at, agrees. McNemar's test on passed cases is
//! secondary: it never decides, but where it says otherwise the sentence says so. So it is where single parts moved and
//! the whole did not.

use super::comparison::{Finding, Group, Half, Mover, Outcomes, PassTest, ScoreTest};
use super::evidence::Evidence;
use super::exact::{fewest_units, units_to_rule_out};
use super::family::HEADLINE;
use super::group::ALL;
use super::sequence::FIRST_LOOK;
use super::settings::Settings;
use crate::suite::Split;
use crate::words::{count, decimal_to, list, percent_exact, signed_to, times_in_100};

/// What the difference in score shows. `units` is the number of independent cases or clusters. That there is none worth
/// speaking of is shown by the interval alone, which is as wide as so many units leave it, even when all of them tie.
pub(crate) fn finding(score: &ScoreTest, units: usize, negligible: f64, settings: &Settings) -> Finding {
    let interval = score.difference.interval;
    let beyond_chance = beyond_chance(score.p_corrected, settings);
    if units < fewest(settings) {
        Finding::TooFewCases
    } else if interval.low > 0.0 && beyond_chance {
        Finding::Improved
    } else if interval.high < 0.0 && beyond_chance {
        Finding::Regressed
    } else if interval.low >= -negligible && interval.high <= negligible {
        Finding::NoDifference
    } else {
        Finding::TooFewCases
    }
}

/// With fewer independent units nothing can be found.
fn fewest(settings: &Settings) -> usize {
    if settings.anytime { FIRST_LOOK } else { fewest_units(settings.confidence) }
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
    /// Whether so many independent cases can show anything at all. Where not, no figure of theirs is worth an interval.
    pub fn can_tell(&self, settings: &Settings) -> bool {
        self.clusters >= fewest(settings)
    }

    /// What the group shows when its test is corrected for other tests than those of its half.
    pub fn finding_at(&self, p_corrected: f64, settings: &Settings) -> Finding {
        let score = ScoreTest { p_corrected, ..self.score.clone() };
        finding(&score, self.clusters, settings.negligible_for(self.evidence), settings)
    }
}

/// What is to be added to the words on the whole half where single parts of it moved and the whole did not; `beside`
/// tests stand beside the headline's.
pub(super) fn whole(half: &Half, beside: usize, labels: Outcomes<&str>) -> String {
    if half.movers.is_empty() || matches!(half.headline().finding, Finding::Improved | Finding::Regressed) {
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

/// The finding as a sentence or two for people who read no statistics. `beside` tests stand beside the headline's, which
/// is that of the `primary` kind of evidence.
pub(super) fn words(
    group: &Group,
    primary: Evidence,
    beside: usize,
    split: Split,
    labels: Outcomes<&str>,
    settings: &Settings,
) -> String {
    let place = place(group, split);
    let Outcomes { a, b } = labels;
    if group.cases == 0 {
        return format!("Nothing can be said about {place}: none was answered by both versions.");
    }
    if let Some(text) = far_too_few(group, split, settings) {
        return text;
    }
    let (numbers, passes) = (numbers(group, settings), passes(group));
    let mut text = match group.finding {
        Finding::Improved if group.evidence == Evidence::Likelihood => {
            format!("{b} knows more on {place}: {numbers}, {passes}.")
        }
        Finding::Regressed if group.evidence == Evidence::Likelihood => {
            format!("{b} knows less on {place}: {numbers}, {passes}.")
        }
        Finding::Improved => format!("{b} is better on {place}: {numbers}, {passes}."),
        Finding::Regressed => format!("{b} is worse on {place}: {numbers}, {passes}."),
        Finding::NoDifference => {
            format!("No evidence of a difference between {b} and {a} on {place}: {numbers}, {passes}.")
        }
        Finding::TooFewCases => format!("Too few {} to tell: {numbers}, {passes}.", place.trim_start_matches("the ")),
    };
    if group.finding == Finding::TooFewCases {
        text += &short_of(group, primary, beside, settings);
    }
    text += dissent(group, settings).as_deref().unwrap_or_default();
    text
}

/// With so few that no outcome could be told from chance: how many more it takes, and nothing else.
fn far_too_few(group: &Group, split: Split, settings: &Settings) -> Option<String> {
    let missing = fewest(settings).checked_sub(group.clusters).filter(|missing| *missing > 0)?;
    let of = if group.name == ALL { String::new() } else { format!(" of {}", group.name) };
    let more = if group.clusters == group.cases {
        format!("{}{of}", count(missing, &format!("more {} case", half(split))))
    } else {
        format!("{} of {} cases{of}", count(missing, "more cluster"), half(split))
    };
    let verb = if missing == 1 { "is" } else { "are" };
    Some(format!("{more} {verb} needed before anything can be said."))
}

/// "the held-out cases", "the dev cases of tone", "the held-out cases with distractors".
fn place(group: &Group, split: Split) -> String {
    let half = half(split);
    let weighed = match group.evidence {
        Evidence::Checks => "",
        Evidence::Likelihood => " with distractors",
    };
    match group.name.as_str() {
        ALL => format!("the {half} cases{weighed}"),
        name => format!("the {half} cases{weighed} of {name}"),
    }
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
        Finding::NoDifference => {
            format!(", inside the ±{} that counts as negligible", settings.negligible_for(group.evidence))
        }
        _ => String::new(),
    };
    let interval_is = if settings.anytime { "anytime interval" } else { "interval" };
    let measure = match group.evidence {
        Evidence::Checks => "in score",
        Evidence::Likelihood => "nats a token in favour of the references",
    };
    format!(
        "{} {measure} ({} {interval_is} {} to {}{inside})",
        signed_to(mean, places),
        percent_exact(settings.confidence),
        signed_to(interval.low, places),
        signed_to(interval.high, places)
    )
}

fn passes(group: &Group) -> String {
    let pass = &group.pass;
    let (a, b) = (pass.both + pass.only_a, pass.both + pass.only_b);
    let of = count(pass.both + pass.only_a + pass.only_b + pass.neither, "case");
    let so = match group.evidence {
        Evidence::Checks => format!("{b} of {of} pass"),
        Evidence::Likelihood => format!("the reference is preferred in {b} of {of}"),
    };
    if a == b { format!("{so} with either") } else { format!("{so} instead of {a}") }
}

/// Why there is no finding, and what would be needed.
fn short_of(group: &Group, primary: Evidence, beside: usize, settings: &Settings) -> String {
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
            true if group.name == ALL && group.evidence == primary => format!(
                "; the whole is given {} in 100, so that nothing at all is named more often than it should be.",
                decimal_to((1.0 - settings.confidence) * HEADLINE * 100.0, 1)
            ),
            true => format!(", which is not rare enough for one of {beside} things looked at."),
        };
    }
    if let (Some(minimum), Some(cases)) = (group.power.minimum_detectable, group.power.cases_for_half) {
        let minimum = format!("{minimum:.places$}", places = if minimum < 0.005 { 4 } else { 2 });
        text +=
            &format!(" This many cases usually show a difference of {minimum} or more; half of that takes {cases}.");
    } else if !settings.anytime
        && group.score.difference.mean == 0.0
        && let Some(units) = units_to_rule_out(settings.negligible_for(group.evidence), settings.confidence)
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
