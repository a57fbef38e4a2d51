//! Sentences that stand word for word in a suite's case.

use super::words::{Map, run, runs, words};
use crate::suite::Suite;
use crate::words::clip;
use unicode_segmentation::UnicodeSegmentation;

/// Shorter sentences are shared by chance.
const FEWEST_WORDS: usize = 8;

/// The words of every case's prompt and reference, found by the runs in them.
pub(super) struct Sentences<'s> {
    texts: Vec<(&'s str, Vec<u64>)>,
    /// By a run of [`FEWEST_WORDS`], in which texts it begins at which word.
    runs: Map<u64, Vec<(usize, usize)>>,
}

impl<'s> Sentences<'s> {
    pub fn new(suites: &'s [Suite]) -> Self {
        let mut all = Self { texts: Vec::new(), runs: Map::default() };
        for case in suites.iter().flat_map(|suite| &suite.cases) {
            for text in [Some(case.prompt.as_str()), case.reference.as_deref()].into_iter().flatten() {
                let words = words(text);
                for (at, run) in runs(&words, FEWEST_WORDS).enumerate() {
                    all.runs.entry(run).or_default().push((all.texts.len(), at));
                }
                all.texts.push((&case.id, words));
            }
        }
        all
    }

    /// The first sentence of the text that stands in a case, with the case's id.
    pub fn find(&self, text: &str) -> Option<(&'s str, String)> {
        let sentences = text.lines().flat_map(|line| line.unicode_sentences());
        sentences.filter_map(|sentence| Some((self.case(&words(sentence))?, clip(sentence, 80)))).next()
    }

    fn case(&self, sentence: &[u64]) -> Option<&'s str> {
        let places = self.runs.get(&run(sentence.get(..FEWEST_WORDS)?))?;
        let stands = |(text, at): &&(usize, usize)| {
            self.texts.get(*text).and_then(|(_, words)| words.get(*at..at + sentence.len())) == Some(sentence)
        };
        places.iter().find(stands).and_then(|(text, _)| self.texts.get(*text)).map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_sentence_of_some_length_is_found_and_a_part_of_one_is_not() {
        let text =
            "cases: [{id: a, prompt: 'Plan it. The crew learns of a change by radio and then forgets it. Soon.'}]";
        let suites = [crate::suite::load_str("s", text).unwrap()];
        let sentences = Sentences::new(&suites);
        let found = |text: &str| sentences.find(text).map(|(id, _)| id);
        assert_eq!(
            found("We know.\n- The **crew** learns of a change by radio, and then forgets it! Now."),
            Some("s/a")
        );
        assert_eq!(found("The crew learns of a change by radio and then forgets everything."), None);
        assert_eq!(found("Plan it. Soon."), None);
        assert_eq!(found("The crew learns of a change by radio and then forgets it. Soon after"), Some("s/a"));
    }
}
