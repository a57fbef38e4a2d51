//! How alike two models write: their next-token distributions over the same texts, and how far their likeliest answers go
//! together.

use rayon::prelude::*;
use std::ops::ControlFlow;

use super::engine::{Engine, not_finite};
use super::job::{Job, Outcome, Progress, Work};
use super::sampling::Sampling;
use crate::error::{Error, Kind, Result};
use crate::model::{Forward, Span};

/// Rows of logits that are held at a time, of either model.
const ROWS: usize = 64;

/// What two models make of the same texts, position by position. Divergences are in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Tokens of the texts.
    pub positions: usize,
    /// Mean Kullback-Leibler divergence of the second model's next-token distribution from the first's.
    pub mean_divergence: f64,
    /// The divergence that 99 % of the positions stay within.
    pub divergence_99: f64,
    /// Share of the positions where both find the same token likeliest.
    pub same_top: f64,
}

/// A text that a model could have written behind a prompt; ids of tokens, neither empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Continuation {
    /// Ends where the answer begins.
    pub prompt: Vec<u32>,
    /// The answer.
    pub text: Vec<u32>,
}

/// A model with what it adds to its base.
pub struct Voice<'a, M: Forward> {
    /// Who answers.
    pub engine: &'a Engine<M>,
    /// Which of the engine's adapters to use.
    pub adapter: Option<usize>,
}

impl<M: Forward> Voice<'_, M> {
    /// Feeds both models each text, and compares what they expect at each of its tokens. `told` hears of every text.
    ///
    /// # Errors
    /// No text, or one that does not fit a model's context; vocabularies of two sizes; a number that is not finite;
    /// `Interrupted` where `told` breaks.
    pub fn agreement(
        &self,
        other: &Voice<'_, M>,
        texts: &[Continuation],
        told: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Agreement> {
        let (mut divergences, mut same) = (Vec::new(), 0);
        for text in texts {
            // On the pool, as `Engine::run`.
            let (a, b) = rayon::scope(|_| Ok::<_, Error>((self.expecting(text)?, other.expecting(text)?)))?;
            let rows = text.text.len();
            let (width_a, width_b) = (a.len() / rows, b.len() / rows);
            for first in (0..rows).step_by(ROWS) {
                let last = rows.min(first + ROWS);
                let a = self.engine.decoder.logits(&a[first * width_a..last * width_a])?;
                let b = other.engine.decoder.logits(&b[first * width_b..last * width_b])?;
                let vocab = a.len() / (last - first);
                if a.len() != b.len() {
                    return Err(Error::model("the two models have vocabularies of different sizes"));
                }
                let compared: Vec<(f64, bool)> =
                    a.par_chunks(vocab).zip(b.par_chunks(vocab)).map(|(a, b)| compare(a, b)).collect();
                if compared.iter().any(|(divergence, _)| !divergence.is_finite()) {
                    return Err(not_finite());
                }
                divergences.extend(compared.iter().map(|(divergence, _)| *divergence));
                same += compared.iter().filter(|(_, same)| *same).count();
            }
            if told().is_break() {
                return Err(stopped());
            }
        }
        summary(divergences, same)
    }

    /// The hidden states in front of each token of the text, (tokens, hidden).
    fn expecting(&self, Continuation { prompt, text }: &Continuation) -> Result<Vec<f32>> {
        let Engine { decoder, adapters, .. } = self.engine;
        let job = |work| Job { id: 0, adapter: self.adapter, prompt: prompt.clone(), work };
        self.engine.check(&job(Work::Score(text.clone())))?;
        if text.is_empty() {
            return Err(Error::input("a text to compare models by is empty"));
        }
        let (mut cache, mut hidden) = (decoder.cache(), Vec::new());
        let tokens = [prompt, &text[..text.len() - 1]].concat();
        for chunk in tokens.chunks(self.engine.prompt_rows()) {
            let adapter = self.adapter.and_then(|index| adapters.get(index));
            let span = Span { rows: chunk.len(), cache: &mut cache, adapter };
            hidden.extend(decoder.forward(chunk, &mut [span])?);
        }
        let width = decoder.config().hidden;
        self.engine.check_rows(&hidden)?;
        Ok(hidden.split_off((prompt.len() - 1) * width))
    }

    /// How many tokens the likeliest answers of both have in common from their beginning on, for each prompt, with the
    /// length of the first model's answer of at most `longest` tokens.
    ///
    /// # Errors
    /// A prompt that does not fit; a number that is not finite; `Interrupted` where `told` breaks.
    pub fn common_beginnings(
        &self,
        other: &Voice<'_, M>,
        prompts: &[Vec<u32>],
        longest: usize,
        told: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<(usize, usize)>> {
        let a = self.greedy(prompts, longest, told)?;
        let b = other.greedy(prompts, longest, told)?;
        let common = |(a, b): (&Vec<u32>, &Vec<u32>)| {
            let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            (same, a.len())
        };
        Ok(a.iter().zip(&b).map(common).collect())
    }

    /// The likeliest answers, as the ids that their text has.
    fn greedy(
        &self,
        prompts: &[Vec<u32>],
        longest: usize,
        told: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Vec<Vec<u32>>> {
        let sampling = Sampling { max_tokens: longest, ..Sampling::default() };
        let job = |(id, prompt): (usize, &Vec<u32>)| Job {
            id,
            adapter: self.adapter,
            prompt: prompt.clone(),
            work: Work::Write(sampling.clone()),
        };
        let mut answers: Vec<Result<Vec<u32>>> = prompts.iter().map(|_| Err(stopped())).collect();
        let chat = self.engine.chat();
        self.engine.run(prompts.iter().enumerate().map(job).collect(), &mut |progress| match progress {
            Progress::Tokens(_) | Progress::Text { .. } => ControlFlow::Continue(()),
            Progress::Done { id, outcome, .. } => {
                answers[id] = outcome.and_then(|outcome| match outcome {
                    Outcome::Written { text, .. } => chat.answer_ids(&text),
                    Outcome::Scored { .. } => Ok(Vec::new()),
                });
                told()
            }
        })?;
        answers.into_iter().collect()
    }
}

fn stopped() -> Error {
    Error::new(Kind::Interrupted, "stopped while two models were compared")
}

/// The divergence of `b` from `a`, and whether both have the same largest logit. Sums are in f64.
fn compare(a: &[f32], b: &[f32]) -> (f64, bool) {
    let (top_a, norm_a) = normaliser(a);
    let (top_b, norm_b) = normaliser(b);
    let divergence = a.iter().zip(b).map(|(&a, &b)| {
        let (a, b) = (f64::from(a) - norm_a, f64::from(b) - norm_b);
        libm::exp(a) * (a - b)
    });
    let divergence: f64 = divergence.sum();
    // Below zero only by rounding.
    (if divergence < 0.0 { 0.0 } else { divergence }, top_a == top_b)
}

/// Where the largest logit stands, and the logarithm of the sum of all exponentials.
fn normaliser(logits: &[f32]) -> (usize, f64) {
    let largest = |(at, max): (usize, f32), (i, &x): (usize, &f32)| if x > max { (i, x) } else { (at, max) };
    let (top, max) = logits.iter().enumerate().fold((0, f32::NEG_INFINITY), largest);
    let sum: f64 = logits.iter().map(|&x| libm::exp(f64::from(x - max))).sum();
    (top, f64::from(max) + libm::log(sum))
}

fn summary(mut divergences: Vec<f64>, same: usize) -> Result<Agreement> {
    let positions = divergences.len();
    if positions == 0 {
        return Err(Error::input("there is no text to compare the models by"));
    }
    divergences.sort_by(f64::total_cmp);
    let rank = ((0.99 * positions as f64).ceil() as usize).clamp(1, positions);
    Ok(Agreement {
        positions,
        mean_divergence: divergences.iter().sum::<f64>() / positions as f64,
        divergence_99: divergences[rank - 1],
        same_top: same as f64 / positions as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SciPy 1.17.1, `scipy.stats.entropy(softmax(a), softmax(b))`.
    #[test]
    fn the_divergence_is_scipys() {
        let (a, b) = ([1.0, 2.0, 0.5, -1.0], [0.5, 1.0, 1.5, -2.0]);
        let (divergence, same) = compare(&a, &b);
        assert!((divergence - 0.316_184_634_470_686_84).abs() < 1e-12, "{divergence}");
        assert!(!same);
        assert_eq!(compare(&a, &a), (0.0, true));
        let shifted = a.map(|x| x + 700.0);
        assert!(compare(&a, &shifted).0 < 1e-9);
        assert!(!compare(&[f32::NAN, 0.0], &[0.0, 0.0]).0.is_finite());
        assert!(!compare(&[0.0, 0.0], &[0.0, f32::INFINITY]).0.is_finite());
    }

    #[test]
    fn of_a_hundred_positions_99_stay_within_the_99th() {
        let divergences = (1..=100).rev().map(f64::from).collect();
        let found = summary(divergences, 98).unwrap();
        assert_eq!(found, Agreement { positions: 100, mean_divergence: 50.5, divergence_99: 99.0, same_top: 0.98 });
        assert!(summary(Vec::new(), 0).is_err());
    }
}
