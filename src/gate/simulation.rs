//! How often does the gate fail a version that is no worse, and how often one that is? Whole decisions over simulated
//! suites.
//!
//! `cargo test --lib gate::simulation` runs it small; the figures of docs/log.md come from
//! `cargo test --release --lib gate::simulation -- --ignored --nocapture`.

use super::settings::GateSettings;
use super::testing::{Made, made, run};
use super::{Gate, Points, Status};
use crate::compare::{Outcomes, Settings};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What kind of suite is asked.
#[derive(Debug, Clone, Copy)]
enum Answers {
    /// Scores are 0 or 1.
    PassOrFail,
    /// A score is the mean of four checks.
    Graded,
    /// Graded, and two cases of three are answered word for word alike.
    Ties,
}

impl Answers {
    const ALL: [Self; 3] = [Self::PassOrFail, Self::Graded, Self::Ties];

    /// The scores of two versions on one case; the second loses `effect` on average.
    ///
    /// A case's difficulty is drawn first and is the same for both. A loss turns part of what was right into wrong, with
    /// the chance that makes the mean fall by the effect.
    fn draw(self, effect: f64, random: &mut ChaCha8Rng) -> (f64, f64) {
        let difficulty: f64 = random.random_range(0.3..0.9);
        let checks = if matches!(self, Self::PassOrFail) { 1 } else { 4 };
        let answer = |random: &mut ChaCha8Rng| -> Vec<bool> {
            (0..checks).map(|_| random.random::<f64>() < difficulty).collect()
        };
        let before = answer(random);
        let alike = matches!(self, Self::Ties) && random.random::<f64>() < 2.0 / 3.0;
        let after = if alike { before.clone() } else { answer(random) };
        // The mean difficulty is 0.6: of what is right, effect/0.6 turns wrong.
        let after: Vec<bool> = after.into_iter().map(|right| right && random.random::<f64>() >= effect / 0.6).collect();
        let score = |checks: &[bool]| checks.iter().filter(|right| **right).count() as f64 / checks.len() as f64;
        (score(&before), score(&after))
    }
}

/// The share of simulated suites of `n` cases on which the gate fails.
fn fails(answers: Answers, n: usize, effect: f64, rounds: usize) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let rules = GateSettings::usual();
    let failed = (0..rounds).filter(|round| {
        let scores: Vec<(f64, f64)> = (0..n).map(|_| answers.draw(effect, &mut random)).collect();
        let side = |pick: fn(&(f64, f64)) -> f64| -> Vec<Made> {
            scores.iter().enumerate().map(|(i, pair)| made(format!("s/{i:03}"), &[pick(pair)])).collect()
        };
        let (before, after) = (run("v1", &side(|pair| pair.0)), run("v2", &side(|pair| pair.1)));
        let decision = Gate {
            candidate: &after,
            baseline: Some(&before),
            labels: Outcomes { a: "v1", b: "v2" },
            settings: Some(&rules),
            people: &Points::new(),
            parity: None,
            compare: Settings { resamples: 1000, seed: *round as u64, ..Settings::default() },
            insist: false,
        }
        .decide();
        assert!(decision.rules.iter().all(|rule| rule.status != Status::Unjudged));
        !decision.passed
    });
    failed.count() as f64 / rounds as f64
}

/// Small enough for every test run. The bounds lie three standard errors of 150 rounds from the nominal 5 %, and from
/// what the full figures show.
#[test]
fn false_alarms_are_as_rare_as_promised_and_losses_are_found() {
    for answers in Answers::ALL {
        let alarms = fails(answers, 30, 0.0, 150);
        assert!(alarms <= 0.05 + 0.054, "{answers:?}: {alarms}");
    }
    let found = fails(Answers::Graded, 30, 0.2, 60);
    assert!(found > 0.7, "a loss of 0.2 over 30 cases is found in {found}");
}

#[test]
#[ignore = "some minutes of simulation, for docs/log.md"]
fn figures_in_full() {
    for answers in Answers::ALL {
        for n in [10, 20, 40, 80] {
            let rounds = |effect: f64| if effect == 0.0 { 1000 } else { 300 };
            let shares = [0.0, 0.05, 0.1, 0.2].map(|effect| fails(answers, n, effect, rounds(effect)));
            let [alarms, small, middle, large] = shares.map(|share| format!("{:.1} %", share * 100.0));
            println!(
                "{answers:?}, n = {n:>2}: false alarms {alarms}; finds a loss of 0.05 in {small}, 0.1 in {middle}, 0.2 in \
                 {large}"
            );
        }
    }
}
