//! Do the intervals of people's scores hold what they promise? A simulation with a simple model of reviewers: an answer
//! has a quality, a reviewer adds their own severity and a slip, and what comes out is rounded to 1 to 5.
//!
//! `cargo test --lib review::coverage` runs it small; the figures of docs/log.md come from
//! `cargo test --release --lib reviewers_in_full -- --ignored --nocapture`.

use super::agreement::{Scored, agreement};
use super::people_tests::{Ratings, person, quick, rating, run};
use super::{PeopleCriterion, people};
use crate::check::Criterion;
use crate::compare::{Interval, Settings};
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};

/// Quality is normal around `centre` with spread `quality`; slips with spread `slip`.
struct Team {
    name: &'static str,
    centre: f64,
    quality: f64,
    slip: f64,
    severity: [f64; 3],
}

const TEAMS: [Team; 6] = [
    Team { name: "agree well", centre: 3.4, quality: 1.2, slip: 0.4, severity: [-0.2, 0.0, 0.2] },
    Team { name: "agree roughly", centre: 3.4, quality: 1.0, slip: 0.6, severity: [-0.4, 0.0, 0.3] },
    Team { name: "do not agree", centre: 3.4, quality: 0.6, slip: 1.0, severity: [-0.5, 0.0, 0.5] },
    Team { name: "nearly all 4 and 5", centre: 4.5, quality: 0.6, slip: 0.4, severity: [-0.1, 0.0, 0.1] },
    Team { name: "nearly always the same", centre: 3.4, quality: 1.2, slip: 0.12, severity: [0.0; 3] },
    Team { name: "always the same", centre: 3.4, quality: 1.2, slip: 0.0, severity: [0.0; 3] },
];

impl Team {
    fn points(&self, random: &mut ChaCha8Rng) -> [u8; 3] {
        let mut normal = || Normal::standard().inverse_cdf(random.random_range(1e-12..1.0));
        let quality = self.centre + self.quality * normal();
        self.severity.map(|severity| (quality + severity + self.slip * normal()).round().clamp(1.0, 5.0) as u8)
    }

    /// α and mean points over so many answers that nothing is left to chance.
    fn truth(&self) -> (f64, f64) {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let answers: Vec<[u8; 3]> = (0..100_000).map(|_| self.points(&mut random)).collect();
        let scored: Vec<Scored> =
            answers.iter().map(|points| Scored { group: ("", false), points: points.to_vec() }).collect();
        let mean = answers.iter().flatten().map(|p| f64::from(*p)).sum::<f64>() / (3 * answers.len()) as f64;
        (agreement(&scored, &quick()).alpha.unwrap(), mean)
    }

    /// What the tool makes of `n` answers.
    fn figures(&self, n: usize, settings: &Settings, random: &mut ChaCha8Rng) -> PeopleCriterion {
        let mut ratings: Ratings = ["ann", "ben", "cem"].into_iter().map(|name| (person(name), Vec::new())).collect();
        for case in 0..n {
            for (book, points) in ratings.values_mut().zip(self.points(random)) {
                let mut given = rating(case, points);
                given.points.retain(|criterion, _| *criterion == Criterion::Accuracy);
                book.push(given);
            }
        }
        let people = people(&run("v1", n, |_| true), &ratings, settings).unwrap();
        people.held_out.unwrap().criteria.remove(0)
    }
}

#[derive(Debug, Default)]
struct Covered {
    alpha: f64,
    alpha_width: f64,
    /// α, or its interval, was undefined.
    undefined: f64,
    mean: f64,
    mean_width: f64,
}

fn simulate(team: &Team, n: usize, rounds: usize, resamples: usize) -> Covered {
    let (alpha, mean) = team.truth();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let holds = |interval: &Interval, truth: f64| (interval.low - 1e-9..=interval.high + 1e-9).contains(&truth);
    let mut sum = Covered::default();
    for round in 0..rounds {
        let settings = Settings { resamples, seed: round as u64, ..Settings::default() };
        let found = team.figures(n, &settings, &mut random);
        match &found.agreement.interval {
            Some(interval) => {
                sum.alpha += f64::from(u8::from(holds(interval, alpha)));
                sum.alpha_width += interval.high - interval.low;
            }
            None => sum.undefined += 1.0,
        }
        sum.mean += f64::from(u8::from(holds(&found.mean.interval, mean)));
        sum.mean_width += found.mean.interval.high - found.mean.interval.low;
    }
    let (all, defined) = (rounds as f64, (rounds as f64 - sum.undefined).max(1.0));
    Covered {
        alpha: sum.alpha / defined,
        alpha_width: sum.alpha_width / defined,
        undefined: sum.undefined / all,
        mean: sum.mean / all,
        mean_width: sum.mean_width / all,
    }
}

/// Small enough for every test run. The bounds lie three standard errors of 150 rounds below nominal.
#[test]
fn intervals_of_peoples_scores_hold_what_they_promise() {
    for team in &TEAMS {
        for n in [8, 20, 30] {
            let covered = simulate(team, n, 150, 300);
            assert!(covered.alpha >= 0.897 && covered.mean >= 0.897, "{}, n = {n}: {covered:?}", team.name);
            assert!(covered.alpha_width > 0.05 && covered.mean_width > 0.05, "{}, n = {n}: {covered:?}", team.name);
            assert!(covered.undefined < 0.02, "{}, n = {n}: {covered:?}", team.name);
        }
    }
}

#[test]
#[ignore = "minutes of simulation, for docs/log.md"]
fn reviewers_in_full() {
    for team in &TEAMS {
        let (alpha, mean) = team.truth();
        println!("{}: α {alpha:.3}, mean {mean:.2}", team.name);
        for n in [8, 15, 20, 30, 60] {
            let c = simulate(team, n, 1000, 1000);
            println!(
                "  n = {n:>2}: α covered {:.3} (width {:.2}, undefined {:.3}), mean covered {:.3} (width {:.2})",
                c.alpha, c.alpha_width, c.undefined, c.mean, c.mean_width
            );
        }
    }
}
