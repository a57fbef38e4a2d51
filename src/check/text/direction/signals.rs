//! Words and figures that say which way something went.

use super::Way;
use crate::check::facts::{Amount, Atom, Sign};
use crate::check::lexicon::{Lexicon, List};
use std::ops::Range;

/// A word, phrase or pair of figures that says a direction.
#[derive(Debug)]
pub(super) struct Signal {
    /// Atoms of the sentence.
    pub at: Range<usize>,
    pub way: Way,
    pub firm: bool,
    pub figures: bool,
}

pub(super) fn way_of(sign: Sign) -> Way {
    match sign {
        Sign::Plus => Way::Up,
        Sign::Minus => Way::Down,
    }
}

/// Before a word of direction they say that it was not so.
const NOT: [&str; 9] = ["not", "never", "no", "without", "didn't", "hasn't", "haven't", "stopped", "isn't"];
/// Before a word of direction they make it a plan or a guess.
const PLANS: [&str; 18] = [
    "will", "should", "must", "could", "would", "can", "may", "might", "aim", "goal", "target", "plan", "plans",
    "expect", "expected", "want", "if", "help",
];

/// Every signal of a sentence in order; words of the subject itself ("growth rate") are none.
pub(super) fn signals(told: &[Atom], subject: &[Range<usize>], lexicon: &Lexicon) -> Vec<Signal> {
    let mut taken: Vec<Range<usize>> = phrases(told, &lexicon[List::NoDirection]);
    taken.extend(subject.iter().cloned());
    let mut found: Vec<Signal> = Vec::new();
    for (list, way) in [(List::Flat, Way::Flat), (List::Up, Way::Up), (List::Down, Way::Down)] {
        for at in phrases(told, &lexicon[list]) {
            if !taken.iter().any(|t| t.start < at.end && at.start < t.end) {
                let denied = way != Way::Flat && before(told, at.start, 2).any(|word| NOT.contains(&word));
                let planned = before(told, at.start, 1).any(|word| word == "to")
                    || before(told, at.start, 3).any(|word| PLANS.contains(&word));
                let way = if denied { Way::Flat } else { way };
                taken.push(at.clone());
                found.push(Signal { at, way, firm: !planned, figures: false });
            }
        }
    }
    for (at, atom) in told.iter().enumerate() {
        let way = match atom.word() {
            Some("↑" | "▲" | "📈") => Way::Up,
            Some("↓" | "▼" | "📉") => Way::Down,
            _ => continue,
        };
        found.push(Signal { at: at..at + 1, way, firm: true, figures: false });
    }
    found.extend(pairs(told));
    found.sort_by_key(|signal| (signal.at.start, !signal.figures));
    found
}

/// The words right before a place, as many as told.
fn before(told: &[Atom], at: usize, words: usize) -> impl Iterator<Item = &str> {
    told[at.saturating_sub(words)..at].iter().filter_map(Atom::word)
}

/// Where terms of a list stand, longer ones first.
fn phrases(told: &[Atom], terms: &[String]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut terms: Vec<Vec<&str>> = terms.iter().map(|term| term.split_whitespace().collect()).collect();
    terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
    for term in &terms {
        for from in 0..(told.len() + 1).saturating_sub(term.len()) {
            let at = from..from + term.len();
            let stands = told[at.clone()].iter().zip(term).all(|(atom, word)| atom.word() == Some(word));
            if stands && !found.iter().any(|f| f.start < at.end && at.start < f.end) {
                found.push(at);
            }
        }
    }
    found
}

/// Two figures of one sort with words that say which came first: "from 8% to 5%", "8% → 5%", "5%, previously 8%", "was
/// 8% and is now 5%".
fn pairs(told: &[Atom]) -> Vec<Signal> {
    const EARLIER: [&str; 10] =
        ["was", "previously", "vs", "versus", "from", "compared", "against", "before", "earlier", "were"];
    const LATER: [&str; 8] = ["to", "now", "currently", "→", "->", "➔", "=>", "today"];
    let figures: Vec<(usize, &Amount)> =
        told.iter().enumerate().filter_map(|(at, atom)| Some((at, atom.amounts().last()?))).collect();
    let pair = |two: &[(usize, &Amount)]| {
        let [(one, a), (two, b)] = *two else { return None };
        if a.measure != b.measure || two - one > 8 {
            return None;
        }
        let says = |words: &[&str], at: usize, from: usize| {
            told[from..at].iter().filter_map(Atom::word).any(|word| words.contains(&word))
        };
        let near = two.saturating_sub(3).max(one + 1);
        let first_is_old = says(&EARLIER, one, one.saturating_sub(3));
        let way = match (says(&LATER, two, near), says(&EARLIER, two, near)) {
            (true, _) => Way::of(a.value, b.value),
            (false, true) if !first_is_old => Way::of(b.value, a.value),
            _ => return None,
        };
        Some(Signal { at: one..two + 1, way, firm: true, figures: true })
    };
    figures.windows(2).filter_map(pair).collect()
}
