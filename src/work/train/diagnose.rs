//! Reads a loss curve and says in words what is wrong with it, if anything. Pure: the same curve, the same words.
//!
//! A false alarm costs trust, so every threshold leaves room for the noise that a small batch brings; the tests draw
//! hundreds of healthy curves and want silence. Levels are medians, which one odd batch does not move.

use crate::words;
use engine::train::{Curve, after_epoch, course, loss_words, median, median_error};
use std::fmt;

/// What was trained on, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Circumstances {
    /// Examples trained on, without held-out ones.
    pub examples: usize,
    pub held_out: usize,
    /// Examples left out because they are longer than the context.
    pub skipped: usize,
    /// Planned.
    pub epochs: usize,
    /// Training ended before the last planned epoch because validation got no better.
    pub stopped_early: bool,
    /// The peak.
    pub learning_rate: f64,
    pub seconds: f64,
    pub examples_per_minute: f64,
    /// Mean length of an example.
    pub tokens_per_example: f64,
}

/// What a training can suffer from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Healthy,
    NotANumber,
    Diverging,
    NotLearning,
    Overfitting,
    EndedTooSoon,
    TooFewExamples,
    TooFast,
}

/// One thing to say about a training.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    pub condition: Condition,
    pub title: &'static str,
    /// With its numbers.
    pub seen: String,
    /// What to do about it.
    pub remedy: String,
    /// The flag to change, with its value; absent where only the data can help.
    pub flag: Option<String>,
}

/// A loss below this means a probability above 90 % (e⁻⁰·¹) for every next token of the examples. Text that leaves any
/// freedom is never that certain, unless it is known by heart.
const BY_HEART: f64 = 0.1;

/// Guessing evenly among the 32,000 tokens of the smallest usual vocabulary costs ln 32000 = 10.4.
const WORSE_THAN_GUESSING: f64 = 10.0;

/// A sound first training lowers the loss by a third or more. Under a twentieth is nothing to speak of.
const LEAST_FALL: f64 = 0.05;

/// Validation wavers by one or two percent between epochs on the same examples; a twentieth is more than that.
const CLEAR_CHANGE: f64 = 0.05;

/// The guide's least number of examples.
const FEWEST_EXAMPLES: usize = 20;

/// The guide calls 30 to 100 examples a minute typical. A graphics card does more, but so many of so few tokens rather
/// means that the answers are missing.
const FAST_EXAMPLES: f64 = 1000.0;
const TINY_TOKENS: f64 = 32.0;

/// What there is to say, the gravest first; one [`Condition::Healthy`] if nothing is wrong.
pub fn diagnose(curve: &Curve, facts: &Circumstances) -> Vec<Diagnosis> {
    let fatal = not_a_number(curve, facts).or_else(|| diverging(curve, facts));
    let shape = fatal.or_else(|| not_learning(curve, facts)).or_else(|| overfitting(curve, facts));
    let shape = shape.or_else(|| ended_too_soon(curve, facts));
    let mut found: Vec<Diagnosis> = shape.into_iter().chain(too_few_examples(facts)).chain(too_fast(facts)).collect();
    if found.is_empty() {
        found.push(healthy(facts));
    }
    found
}

fn not_a_number(curve: &Curve, facts: &Circumstances) -> Option<Diagnosis> {
    let point = curve.broken()?;
    Some(Diagnosis {
        condition: Condition::NotANumber,
        title: "The loss is not a number",
        seen: format!("At step {} the loss stopped being a number; the weights grew out of bounds.", point.step),
        remedy: "Train more gently, and look for odd characters or enormous examples with `pmtune data check`.".into(),
        flag: Some(learning_rate(facts.learning_rate / 3.0)),
    })
}

/// The last steps lie clearly above the lowest level in between, or above what guessing would cost.
fn diverging(curve: &Curve, facts: &Circumstances) -> Option<Diagnosis> {
    let losses = curve.losses();
    let first = *losses.first()?;
    let tail = |size: usize| median(&losses[losses.len() - size..]);
    // An eighth of the steps; in short trainings more, so that a few odd batches in a row do not make a level.
    let size = (losses.len() / 8).max(15.min(losses.len() / 2));
    let levels = losses.chunks_exact(size.max(1)).map(median);
    let low = levels.reduce(f64::min).unwrap_or(first);
    // The lowest of several levels is low by chance too, hence four standard errors and not two.
    let noise = 4.0 * median_error(&losses, size) * std::f64::consts::SQRT_2;
    let rises = size >= 5 && tail(size) - low > noise.max(0.25 * low).max(0.1);
    let end = tail(if rises { size } else { losses.len().div_ceil(4) });
    let guessing = end > WORSE_THAN_GUESSING && end > first;
    (rises || guessing).then(|| {
        let from = if rises { low } else { first };
        Diagnosis {
            condition: Condition::Diverging,
            title: "The loss rises",
            seen: format!("The training loss went up from {} to {}.", loss_words(from), loss_words(end)),
            remedy: "Each step overshoots. Lower the learning rate.".into(),
            flag: Some(learning_rate(facts.learning_rate / 3.0)),
        }
    })
}

/// The loss ends about where it began, and noise does not hide a fall.
fn not_learning(curve: &Curve, facts: &Circumstances) -> Option<Diagnosis> {
    let losses = curve.losses();
    if losses.len() < 4 {
        return None;
    }
    let size = losses.len() / 4;
    let (first, last) = (median(&losses[..size]), median(&losses[losses.len() - size..]));
    let fall = first - last;
    let error = median_error(&losses, size) * std::f64::consts::SQRT_2;
    // A fall that could well be three times the least, were the noise away, gets the benefit of the doubt.
    let flat = fall < LEAST_FALL * first && fall + 2.0 * error < 3.0 * LEAST_FALL * first;
    let validation = curve.validation.first().zip(curve.best());
    let generalises = validation.is_some_and(|(before, best)| best.loss < before.loss * (1.0 - LEAST_FALL));
    (flat && first > BY_HEART && !generalises).then(|| {
        let higher = [3e-4, 5e-4].into_iter().find(|rate| *rate > facts.learning_rate * 1.01);
        Diagnosis {
            condition: Condition::NotLearning,
            title: "Nothing is learnt",
            seen: format!(
                "The training loss stayed where it was: {} at first, {} at the end.",
                loss_words(first),
                loss_words(last)
            ),
            remedy: "Mend contradictions and drift in the examples first (`pmtune data check`), make sure that there \
                     are twenty or more of a kind, then raise the learning rate."
                .into(),
            flag: Some(learning_rate(higher.unwrap_or(facts.learning_rate * 2.0))),
        }
    })
}

/// Validation turns up while training goes on falling or never falls at all; or training comes near zero and
/// validation does not.
fn overfitting(curve: &Curve, facts: &Circumstances) -> Option<Diagnosis> {
    let epoch = curve.last_epoch();
    let training = curve.level(epoch)?;
    let last = curve.validation.last();
    let turned = last.zip(curve.best()).filter(|(last, best)| {
        let then = curve.level(best.epoch.max(1)).unwrap_or(f64::INFINITY);
        let rose = last.loss > best.loss * (1.0 + CLEAR_CHANGE) && (training < then || epoch <= best.epoch + 1);
        last.epoch > best.epoch && (rose || best.epoch == 0)
    });
    let by_heart = training < BY_HEART && last.is_none_or(|v| v.loss > 2.0 * BY_HEART);
    let level = loss_words(training);
    let seen = match (turned, by_heart, last) {
        (Some((_, best)), ..) if best.epoch == 0 => format!(
            "The validation loss never fell below the {} of before training, while the training loss went to {level}.",
            loss_words(best.loss)
        ),
        (Some((last, best)), ..) => format!(
            "The validation loss rose from {} {} to {}, while the training loss went to {level}.",
            loss_words(best.loss),
            after_epoch(best.epoch),
            loss_words(last.loss)
        ),
        (None, true, Some(last)) => {
            format!("The training loss is almost nothing, {level}, the validation loss {}.", loss_words(last.loss))
        }
        (None, true, None) => format!("The training loss is almost nothing, {level}."),
        (None, false, _) => return None,
    };
    let fewer = match turned {
        Some((_, best)) => best.epoch,
        None => epoch / 2,
    };
    let flag = match fewer {
        0 => learning_rate(facts.learning_rate / 2.0),
        fewer => format!("--epochs {fewer}"),
    };
    Some(Diagnosis {
        condition: Condition::Overfitting,
        title: "It learns the examples by heart",
        seen,
        remedy: "Add more and more varied examples; until then train for less.".into(),
        flag: Some(flag),
    })
}

/// Validation was still falling clearly in the last planned epoch.
fn ended_too_soon(curve: &Curve, facts: &Circumstances) -> Option<Diagnosis> {
    let &[.., before, last] = curve.validation.as_slice() else { return None };
    let best = curve.best()?;
    let falling = before.loss > last.loss * (1.0 + CLEAR_CHANGE) && best.step == last.step;
    (falling && !facts.stopped_early && curve.last_epoch() >= facts.epochs).then(|| Diagnosis {
        condition: Condition::EndedTooSoon,
        title: "It was still getting better",
        seen: format!(
            "The validation loss was still falling in the last epoch, from {} to {}.",
            loss_words(before.loss),
            loss_words(last.loss)
        ),
        remedy: "Train for longer; training stops by itself when it no longer helps.".into(),
        flag: Some(format!("--epochs {}", facts.epochs + (facts.epochs / 2).max(2))),
    })
}

fn too_few_examples(facts: &Circumstances) -> Option<Diagnosis> {
    let gentler = (facts.learning_rate / 2.0).max(1e-4);
    (facts.examples < FEWEST_EXAMPLES).then(|| Diagnosis {
        condition: Condition::TooFewExamples,
        title: "Too few examples",
        seen: format!("It was trained on {}.", words::count(facts.examples, "example")),
        remedy: format!(
            "Fewer than {FEWEST_EXAMPLES} rarely teach a format, and a validation on {} says little; `pmtune data stats` \
             shows what to write next. Small data wants a lower learning rate.",
            facts.held_out
        ),
        flag: (gentler < facts.learning_rate).then(|| learning_rate(gentler)),
    })
}

/// Much was left out, or there was next to nothing to read.
fn too_fast(facts: &Circumstances) -> Option<Diagnosis> {
    let all = facts.examples + facts.skipped;
    if facts.skipped * 2 >= all.max(1) {
        return Some(Diagnosis {
            condition: Condition::TooFast,
            title: "Most examples were left out",
            seen: format!(
                "{} of {} are longer than the context and were skipped.",
                facts.skipped,
                words::count(all, "example")
            ),
            remedy: "Split them, allow a longer context, or let them be cut.".into(),
            flag: Some("--too-long truncate".into()),
        });
    }
    let fast = facts.examples_per_minute > FAST_EXAMPLES && facts.tokens_per_example < TINY_TOKENS;
    fast.then(|| Diagnosis {
        condition: Condition::TooFast,
        title: "Suspiciously fast",
        seen: format!(
            "{:.0} examples a minute, of {:.0} tokens each; 30 to 100 a minute are usual.",
            facts.examples_per_minute, facts.tokens_per_example
        ),
        remedy: "Look at the data: are the answers there in full (`pmtune data stats`)?".into(),
        flag: None,
    })
}

fn healthy(facts: &Circumstances) -> Diagnosis {
    let seen = match (facts.stopped_early, facts.held_out) {
        (true, _) => "Training ended by itself when validation got no better, as it should.",
        (false, 0) => {
            "The loss fell steadily. Without validation examples nobody can say whether it learnt or memorised."
        }
        (false, _) => "The loss fell as it should, on validation examples too.",
    };
    Diagnosis {
        condition: Condition::Healthy,
        title: "A sound training",
        seen: seen.into(),
        remedy: "The settings can stay as they are.".into(),
        flag: None,
    }
}

/// What `pmtune train` ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// How it went, a sentence or two each.
    pub points: Vec<String>,
    /// Whether the next command comes before anything else.
    pub advice: &'static str,
    /// The one next command.
    pub next: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.points.join(" "), self.advice, self.next)
    }
}

/// How a training went, and what to do next. `parent` and `new` are names for the command line.
pub fn told(found: &[Diagnosis], curve: &Curve, facts: &Circumstances, parent: &str, new: &str) -> Told {
    let mut points = vec![format!(
        "{new} was trained on {} in {} ({}).",
        words::count(facts.examples, "example"),
        words::count(curve.last_epoch(), "epoch"),
        words::duration(facts.seconds)
    )];
    points.extend(course(curve));
    for Diagnosis { seen, remedy, flag, .. } in found {
        let flag = flag.as_ref().map(|flag| format!(" Try `{flag}`.")).unwrap_or_default();
        points.push(format!("{seen} {remedy}{flag}"));
    }
    let advice = match found.first().map(|diagnosis| diagnosis.condition) {
        Some(Condition::NotANumber | Condition::Diverging | Condition::NotLearning) => {
            "Train again before you rely on it; then ask both"
        }
        _ => "What counts is how it answers",
    };
    Told { points, advice, next: format!("pmtune eval --compare {parent} {new}") }
}

/// `--learning-rate 3e-4`, to two digits.
fn learning_rate(rate: f64) -> String {
    format!("--learning-rate {}", format!("{rate:.1e}").replace(".0e", "e"))
}

#[cfg(test)]
#[path = "diagnose_tests.rs"]
mod tests;
