use super::prose::{line_sentences, quote, words};
use crate::check::lexicon::{Lexicon, List};
use crate::check::structure::Document;
use crate::check::{Judge, Subject, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::Arc;

/// Whether the answer says the request over again in place of doing it. What counts are runs of words in the order of the
/// prompt, so that an answer may use the facts and names it was given.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Echo {
    /// The share of the answer's words that may stand in runs of four or more words of the prompt, from 0 to 1. One
    /// framing sentence at the start ("Sure, here is …") does not count, and an answer that takes little of the prompt is
    /// no echo. Not for tasks that ask to copy or to extract.
    #[serde(default = "default_max")]
    max: f64,
    #[serde(skip, default = "Lexicon::shipped")]
    lexicon: Arc<Lexicon>,
}

fn default_max() -> f64 {
    0.5
}

/// Words that make a run a copy: shorter ones are names, figures and turns of phrase.
const RUN_WORDS: usize = 4;
/// The share of the prompt that an echo says again.
const SHARE_OF_PROMPT: f64 = 0.4;
/// A shorter answer than this is a choice or a name, which the prompt may well hold.
const FEWEST_WORDS: usize = 8;
/// A framing sentence is no longer than this.
const FRAME_WORDS: usize = 20;

impl Judge for Echo {
    fn judge(&self, subject: &Subject<'_>) -> Verdict {
        let prompt = lower_words(&Document::parse(subject.prompt).plain_text());
        let runs: HashSet<&[String]> = prompt.windows(RUN_WORDS).collect();
        let sentences = sentences(subject.text(), &self.lexicon);
        let framed = sentences.first().is_some_and(|first| is_frame(first, &runs)) && sentences.len() > 1;
        let said: Vec<String> = sentences.iter().skip(usize::from(framed)).flatten().cloned().collect();
        if said.len() < FEWEST_WORDS {
            let whole = !said.is_empty() && said == prompt;
            return Verdict::when(
                whole,
                if whole { "the answer is the prompt" } else { "too short to repeat anything" },
            );
        }
        let copied = copied(&said, &runs);
        let share = copied.iter().filter(|c| **c).count() as f64 / said.len() as f64;
        let told = format!("{:.0} % of the words are the prompt's, limit {:.0} %", 100.0 * share, 100.0 * self.max);
        let runs_said: HashSet<&[String]> = said.windows(RUN_WORDS).collect();
        let again = copied_words(&prompt, &runs_said) as f64 / prompt.len().max(1) as f64;
        if share <= self.max || again < SHARE_OF_PROMPT {
            return Verdict::fail(told);
        }
        let from = copied.iter().position(|c| *c).unwrap_or(0);
        let run: Vec<&str> =
            said[from..].iter().zip(&copied[from..]).take_while(|(_, c)| **c).map(|(w, _)| w.as_str()).collect();
        Verdict::pass(format!("{told}: {}", quote(&run.join(" "))))
    }

    fn lists() -> &'static [List] {
        &[List::Abbreviations]
    }

    fn adopt(&mut self, lexicon: Arc<Lexicon>) {
        self.lexicon = lexicon;
    }

    fn faults(&self) -> Option<String> {
        (!(0.0..=1.0).contains(&self.max)).then(|| format!("`max` is a share from 0 to 1, not {}", self.max))
    }
}

fn lower_words(text: &str) -> Vec<String> {
    words(text).map(str::to_lowercase).collect()
}

fn sentences(text: &str, lexicon: &Lexicon) -> Vec<Vec<String>> {
    let document = Document::parse(text);
    document.lines().iter().flat_map(|line| line_sentences(&line.text, lexicon)).map(|s| lower_words(&s)).collect()
}

/// A short first sentence that is mostly the answer's own.
fn is_frame(sentence: &[String], runs: &HashSet<&[String]>) -> bool {
    sentence.len() <= FRAME_WORDS && 2 * copied_words(sentence, runs) < sentence.len()
}

/// Which words stand in a run that the prompt has.
fn copied(said: &[String], runs: &HashSet<&[String]>) -> Vec<bool> {
    let mut copied = vec![false; said.len()];
    for (at, run) in said.windows(RUN_WORDS).enumerate() {
        if runs.contains(run) {
            copied[at..at + RUN_WORDS].fill(true);
        }
    }
    copied
}

fn copied_words(said: &[String], runs: &HashSet<&[String]>) -> usize {
    copied(said, runs).into_iter().filter(|c| *c).count()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judge, verdict_on};
    use super::*;

    const PROMPT: &str = "Write a status update for the board. Checkout is two weeks late, because the API of our payment provider came \
        late. The launch moves from 15 March to 5 April. Ana leads the work.";

    fn echoes(text: &str) -> bool {
        let judge: Echo = judge("{}");
        verdict_on(&judge, PROMPT, text).passed()
    }

    #[test]
    fn the_request_again_is_an_echo() {
        assert!(echoes(PROMPT));
        assert!(echoes(&format!("Sure, here is your update!\n\n{PROMPT}")));
        assert!(echoes("**Status**\n\nCheckout is two weeks late, because the API of our payment provider came late."));
    }

    #[test]
    fn facts_of_the_request_are_none() {
        for text in [
            "TL;DR: Checkout slips by two weeks; we launch on 5 April instead of 15 March. Why: our payment provider delivered its API \
             late. Next: Ana tests the new API by Friday.",
            "Ana leads the work.",
            "15 March to 5 April",
            "",
        ] {
            assert!(!echoes(text), "{text}");
        }
    }

    #[test]
    fn max_is_a_share() {
        assert!(serde_json::from_str::<Echo>(r#"{"max": 60}"#).unwrap().faults().is_some());
    }
}
