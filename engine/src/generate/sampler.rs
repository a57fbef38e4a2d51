//! Choosing the next token from its logits.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::collections::HashSet;

use super::grammar::Constraint;
use super::sampling::Sampling;
use crate::error::Result;
use crate::model::{all_finite, argmax};

/// Logits this far below the largest, after dividing by the temperature, are left out: even a whole vocabulary of them
/// weighs less than one part in a million.
const NEGLIGIBLE: f64 = 25.0;

/// One sequence's choices. The same seed gives the same choices, whatever else is being generated.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
    /// Tokens the repetition penalty applies to, those of the prompt included (Keskar et al. 2019, arXiv:1909.05858).
    seen: HashSet<u32>,
    /// What the answer must be, if it may not be anything.
    constraint: Option<Constraint>,
}

impl Sampler {
    pub fn new(sampling: &Sampling, prompt: &[u32], constraint: Option<Constraint>) -> Self {
        let seen = if sampling.repetition_penalty == 1.0 { HashSet::new() } else { prompt.iter().copied().collect() };
        Self { sampling: sampling.clone(), random: ChaCha8Rng::seed_from_u64(sampling.seed), seen, constraint }
    }

    /// Whether [`Sampler::next`] would take the likeliest token, so that it need not be asked.
    pub fn is_plainly_greedy(&self) -> bool {
        self.sampling.temperature <= 0.0 && self.sampling.repetition_penalty == 1.0 && self.constraint.is_none()
    }

    /// The next token; `None` where a logit is not finite. The order is transformers': penalty, what is allowed,
    /// temperature, top-k, top-p, min-p.
    ///
    /// # Errors
    /// The answer must be JSON, and no token can come next.
    pub fn next(&mut self, logits: &[f32]) -> Result<Option<u32>> {
        let mut logits = Cow::Borrowed(logits);
        if !self.seen.is_empty() {
            logits = Cow::Owned(self.penalise(&logits));
        }
        if !all_finite(&logits) {
            return Ok(None);
        }
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits.to_mut())?;
        }
        let logits = &*logits;
        let token = match self.sampling.temperature > 0.0 {
            true => self.draw(logits),
            false => argmax(logits) as u32,
        };
        if self.sampling.repetition_penalty != 1.0 {
            self.seen.insert(token);
        }
        if let Some(constraint) = &mut self.constraint {
            constraint.take(token)?;
        }
        Ok(Some(token))
    }

    fn penalise(&self, logits: &[f32]) -> Vec<f32> {
        let (mut logits, penalty) = (logits.to_vec(), self.sampling.repetition_penalty as f32);
        for &token in &self.seen {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
        logits
    }

    fn draw(&mut self, logits: &[f32]) -> u32 {
        let Sampling { temperature, top_k, top_p, min_p, .. } = self.sampling;
        let most = f64::from(logits[argmax(logits)]);
        let weight = |&logit: &f32| (f64::from(logit) - most) / temperature;
        let mut kept: Vec<(u32, f64)> = (0u32..)
            .zip(logits.iter().map(weight))
            .filter(|(_, w)| *w > -NEGLIGIBLE)
            .map(|(token, w)| (token, libm::exp(w)))
            .collect();
        // Likeliest first; equally likely ones in order of token, so that the result is the same everywhere.
        kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        if let Some(k) = top_k {
            kept.truncate(k.max(1));
        }
        if let Some(p) = top_p {
            let total: f64 = kept.iter().map(|(_, w)| w).sum();
            let mut before = 0.0;
            let enough = kept.iter().position(|(_, w)| {
                before += w;
                before >= p * total
            });
            kept.truncate(enough.map_or(kept.len(), |i| i + 1));
        }
        if let Some(p) = min_p {
            let bar = p * kept.first().map_or(0.0, |(_, w)| *w);
            kept.retain(|(_, w)| *w >= bar);
        }
        let total: f64 = kept.iter().map(|(_, w)| w).sum();
        let mut left = self.random.random::<f64>() * total;
        for &(token, weight) in &kept {
            left -= weight;
            if left < 0.0 {
                return token;
            }
        }
        kept.last().map_or(0, |(token, _)| *token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(sampling: Sampling, logits: &[f32]) -> Vec<f64> {
        let mut sampler = Sampler::new(&Sampling { temperature: 1.0, ..sampling }, &[], None);
        let mut counts = vec![0.0; logits.len()];
        (0..4000).for_each(|_| counts[sampler.next(logits).unwrap().unwrap() as usize] += 1.0 / 4000.0);
        counts
    }

    fn logits() -> [f32; 5] {
        [0.5f32, 0.25, 0.125, 0.0625, 0.0625].map(f32::ln)
    }

    #[test]
    fn draws_follow_the_distribution() {
        for (got, want) in shares(Sampling::default(), &logits()).iter().zip([0.5, 0.25, 0.125, 0.0625, 0.0625]) {
            assert!((got - want).abs() < 0.03, "{got} against {want}");
        }
    }

    #[test]
    fn each_filter_keeps_what_it_should() {
        let kept = |sampling| shares(sampling, &logits()).iter().filter(|s| **s > 0.0).count();
        assert_eq!(kept(Sampling { top_k: Some(2), ..Sampling::default() }), 2);
        assert_eq!(kept(Sampling { top_p: Some(0.8), ..Sampling::default() }), 3);
        assert_eq!(kept(Sampling { top_p: Some(0.3), ..Sampling::default() }), 1);
        assert_eq!(kept(Sampling { min_p: Some(0.2), ..Sampling::default() }), 3);
    }

    #[test]
    fn a_seed_fixes_the_choices() {
        let run = |seed| {
            let mut sampler = Sampler::new(&Sampling { temperature: 1.0, seed, ..Sampling::default() }, &[], None);
            (0..50).map(|_| sampler.next(&logits()).unwrap().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }

    #[test]
    fn the_penalty_turns_away_from_what_was_said() {
        let sampling = Sampling { repetition_penalty: 1.5, ..Sampling::default() };
        let mut sampler = Sampler::new(&sampling, &[1], None);
        assert_eq!([0; 3].map(|_| sampler.next(&[2.0, 2.5, 1.9, -1.0]).unwrap().unwrap()), [0, 2, 1]);
        assert_eq!(Sampler::new(&Sampling::default(), &[1], None).next(&[2.0, 2.5, 1.9]).unwrap(), Some(1));
    }
}
