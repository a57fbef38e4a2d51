//! Examples that are longer than the context: left out or cut, and always reported.

use super::{Place, Sequence, TooLong};
use std::fmt;

/// An example that was too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Where it stands.
    pub place: Place,
    /// How long it was.
    pub tokens: usize,
    /// How long it might have been.
    pub context_length: usize,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an example that was too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Left out, as asked for.
    Skipped,
    /// Left out: its prompt alone fills the context.
    NoRoom,
    /// So many of its tokens remain.
    Truncated(usize),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, tokens, context_length, fate } = self;
        write!(f, "{place}: {tokens} tokens, more than {context_length}: ")?;
        match fate {
            Fate::Skipped => f.write_str("left out"),
            Fate::NoRoom => f.write_str("left out, since the prompt leaves no room for the answer"),
            Fate::Truncated(kept) => write!(f, "cut after {kept}, so that the rest is not taught"),
        }
    }
}

/// The sequences that `context_length` tokens hold, and what became of the others, both in their order.
///
/// A cut answer keeps no end token, for it would teach to stop mid-sentence. Where the cut falls into a later prompt of a
/// conversation, the answers before it stay whole. A sequence of which no taught token would be left is left out.
pub fn fit(sequences: Vec<Sequence>, context_length: usize, too_long: TooLong) -> (Vec<Sequence>, Vec<Cut>) {
    let (mut kept, mut cuts) = (Vec::with_capacity(sequences.len()), Vec::new());
    for mut sequence in sequences {
        let tokens = sequence.tokens.len();
        if tokens <= context_length {
            kept.push(sequence);
            continue;
        }
        let place = sequence.place.clone();
        // What follows the last taught token within the context teaches nothing.
        let taught = sequence.supervised.iter().take(context_length).rposition(|s| *s).map_or(0, |last| last + 1);
        let fate = match too_long {
            _ if taught == 0 => Fate::NoRoom,
            TooLong::Skip => Fate::Skipped,
            TooLong::Truncate => Fate::Truncated(taught),
        };
        cuts.push(Cut { place, tokens, context_length, fate });
        if let Fate::Truncated(length) = fate {
            sequence.tokens.truncate(length);
            sequence.supervised.truncate(length);
            kept.push(sequence);
        }
    }
    (kept, cuts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One token a letter: `p` of a prompt, `a` of an answer, `e` its end.
    fn sequence(letters: &str) -> Sequence {
        let tokens = letters.bytes().map(u32::from).collect();
        let supervised = letters.bytes().map(|b| b != b'p').collect();
        Sequence { tokens, supervised, place: Place::default() }
    }

    fn letters(sequences: &[Sequence]) -> Vec<String> {
        sequences.iter().map(|s| s.tokens.iter().map(|t| *t as u8 as char).collect()).collect()
    }

    fn fitted(all: &[&str], too_long: TooLong) -> (Vec<String>, Vec<Fate>) {
        let (kept, cuts) = fit(all.iter().map(|letters| sequence(letters)).collect(), 6, too_long);
        assert!(kept.iter().all(|s| s.tokens.len() == s.supervised.len()));
        (letters(&kept), cuts.into_iter().map(|cut| cut.fate).collect())
    }

    const ALL: [&str; 5] = ["ppaaae", "ppaaaae", "ppppppae", "pppaepppae", "pppppaae"];

    #[test]
    fn skipping_leaves_whole_examples_only() {
        let (kept, fates) = fitted(&ALL, TooLong::Skip);
        assert_eq!(kept, ["ppaaae"]);
        assert_eq!(fates, [Fate::Skipped, Fate::NoRoom, Fate::Skipped, Fate::Skipped]);
    }

    #[test]
    fn a_cut_answer_has_no_end_and_answers_before_the_cut_are_whole() {
        let (kept, fates) = fitted(&ALL, TooLong::Truncate);
        assert_eq!(kept, ["ppaaae", "ppaaaa", "pppae", "pppppa"]);
        assert_eq!(fates, [Fate::Truncated(6), Fate::NoRoom, Fate::Truncated(5), Fate::Truncated(6)]);
    }

    #[test]
    fn what_is_reported_names_place_length_and_fate() {
        let (_, cuts) = fit(vec![sequence("ppaaaae")], 6, TooLong::Truncate);
        assert_eq!(cuts[0].to_string(), ":0: 7 tokens, more than 6: cut after 6, so that the rest is not taught");
    }
}
