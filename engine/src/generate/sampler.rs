//! Choosing the next token from its logits.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::borrow::Cow;
use std::collections::HashSet;

use super::grammar::Constraint;
use super::sampling::Sampling;
use crate::error::Result;
use crate::model::{all_finite, argmax, scaled_softmax};

/// Tokens less likely than this share of the likeliest are left out: a whole vocabulary of them weighs a few millionths.
const NEGLIGIBLE: f32 = 1e-11;

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
        let mut tokens = Likeliest::of(logits, temperature);
        // How many of the likeliest may be chosen; one is always there.
        let mut count = top_k.map_or(tokens.kept.len(), |k| k.clamp(1, tokens.kept.len()));
        if let Some(p) = top_p {
            let enough = p * tokens.weight_of(count);
            let mut before = 0.0;
            let reached = |weight: f64| {
                before += weight;
                before >= enough
            };
            count = tokens.position(count, reached).map_or(count, |i| i + 1);
        }
        if let Some(p) = min_p {
            let bar = p * tokens.weight(0);
            count = tokens.position(count, |weight| weight < bar).unwrap_or(count);
        }
        let mut left = self.random.random::<f64>() * tokens.weight_of(count);
        let drawn = |weight: f64| {
            left -= weight;
            left < 0.0
        };
        let at = tokens.position(count, drawn).unwrap_or(count - 1);
        tokens.token(at)
    }
}

/// Tokens with their shares, which are put in order only as far as someone looks: nearly always a few dozen, where a
/// vocabulary may hold a quarter of a million.
struct Likeliest {
    /// The first `sorted` likeliest first; of equally likely ones the lower token, so that the order is the same everywhere.
    kept: Vec<(u32, f32)>,
    sorted: usize,
    /// All of their weight.
    whole: f64,
}

/// Put in order at once.
const SORTED: usize = 64;

impl Likeliest {
    fn of(logits: &[f32], temperature: f64) -> Self {
        let most = f64::from(logits[argmax(logits)]);
        let mut weights: Vec<f32> = logits.iter().map(|&l| ((f64::from(l) - most) / temperature) as f32).collect();
        scaled_softmax(&mut weights, 0.0, 1.0);
        let kept: Vec<(u32, f32)> = (0u32..).zip(weights).filter(|(_, weight)| *weight > NEGLIGIBLE).collect();
        let whole = kept.iter().map(|(_, weight)| f64::from(*weight)).sum();
        Self { kept, sorted: 0, whole }
    }

    /// Puts the first `count` in order.
    fn sort(&mut self, count: usize) {
        let likelier = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        while self.sorted < count {
            let more = SORTED.max(self.sorted).min(self.kept.len() - self.sorted);
            let rest = &mut self.kept[self.sorted..];
            if more < rest.len() {
                rest.select_nth_unstable_by(more, likelier);
            }
            rest[..more].sort_unstable_by(likelier);
            self.sorted += more;
        }
    }

    fn token(&mut self, at: usize) -> u32 {
        self.sort(at + 1);
        self.kept[at].0
    }

    fn weight(&mut self, at: usize) -> f64 {
        self.sort(at + 1);
        f64::from(self.kept[at].1)
    }

    /// What the first `count` weigh together.
    fn weight_of(&mut self, count: usize) -> f64 {
        if count == self.kept.len() { self.whole } else { (0..count).map(|at| self.weight(at)).sum() }
    }

    /// Where among the first `count` the first one is whose weight `is` so.
    fn position(&mut self, count: usize, mut is: impl FnMut(f64) -> bool) -> Option<usize> {
        (0..count).find(|at| is(self.weight(*at)))
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

    /// Against weights in f64, all of them sorted, on vocabularies longer than what is put in order at once.
    #[test]
    fn an_order_that_is_made_as_far_as_needed_draws_what_a_whole_one_does() {
        fn plain(sampling: &Sampling, logits: &[f32], random: f64) -> u32 {
            let most = f64::from(logits[argmax(logits)]);
            let weight = |&l: &f32| ((f64::from(l) - most) / sampling.temperature).exp();
            let mut kept: Vec<(u32, f64)> = (0u32..).zip(logits.iter().map(weight)).collect();
            kept.sort_by(|a, b| b.1.total_cmp(&a.1));
            kept.truncate(sampling.top_k.unwrap_or(kept.len()));
            let sum = |kept: &[(u32, f64)]| kept.iter().map(|(_, w)| w).sum::<f64>();
            let whole = sum(&kept);
            let p = sampling.top_p.unwrap_or(1.0);
            let enough = (1..kept.len()).find(|n| sum(&kept[..*n]) >= p * whole).unwrap_or(kept.len());
            kept.truncate(enough);
            kept.retain(|(_, w)| *w >= sampling.min_p.unwrap_or(0.0));
            let at = (1..kept.len()).find(|n| sum(&kept[..*n]) > random * sum(&kept)).unwrap_or(kept.len());
            kept[at - 1].0
        }
        let mut noise = ChaCha8Rng::seed_from_u64(9);
        for (spread, temperature) in [(1.0, 1.0), (3.0, 0.7), (9.0, 1.5)] {
            let logits: Vec<f32> = (0..1_500).map(|_| noise.random_range(-spread..spread)).collect();
            for (top_k, top_p, min_p) in [
                (None, None, None),
                (Some(300), Some(0.9), None),
                (None, Some(0.95), Some(0.1)),
                (Some(7), None, Some(0.3)),
            ] {
                let sampling = Sampling { temperature, top_k, top_p, min_p, seed: 5, ..Sampling::default() };
                let (mut sampler, mut same) =
                    (Sampler::new(&sampling, &[], None), ChaCha8Rng::seed_from_u64(sampling.seed));
                for _ in 0..20 {
                    let drawn = sampler.next(&logits).unwrap().unwrap();
                    assert_eq!(drawn, plain(&sampling, &logits, same.random::<f64>()), "{sampling:?}");
                }
            }
        }
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
