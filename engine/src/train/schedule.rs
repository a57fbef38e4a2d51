use super::{Recipe, Schedule};
use std::f64::consts::PI;

/// The learning rate of a step, counted from 0, as transformers' schedules with warm-up give it: a straight rise from
/// zero to the peak, then half a cosine or a straight line down to zero, or no change.
pub fn learning_rate(recipe: &Recipe, step: usize, total_steps: usize) -> f64 {
    recipe.learning_rate * share(recipe.schedule, step, warmup_steps(recipe, total_steps), total_steps)
}

/// Steps of warm-up. A training of few steps has none, since its first step, at rate zero, would be lost.
pub fn warmup_steps(recipe: &Recipe, total_steps: usize) -> usize {
    ((recipe.warmup * total_steps as f64).round() as usize).min(total_steps.saturating_sub(1))
}

/// The share of the peak, from 0 to 1.
fn share(schedule: Schedule, step: usize, warmup: usize, total: usize) -> f64 {
    if step < warmup {
        return step as f64 / warmup as f64;
    }
    let done = (step - warmup) as f64 / total.saturating_sub(warmup).max(1) as f64;
    match schedule {
        Schedule::Cosine => (0.5 * (1.0 + libm::cos(PI * done))).max(0.0),
        Schedule::Linear => (1.0 - done).max(0.0),
        Schedule::Constant => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::recipe;
    use super::*;
    use serde_json::Value;

    #[test]
    fn the_rates_are_those_of_transformers() {
        let all: Value = serde_json::from_str(include_str!("../../tests/oracle/optimizer.json")).unwrap();
        for case in all["schedules"].as_array().unwrap() {
            let schedule: Schedule = serde_json::from_value(case["schedule"].clone()).unwrap();
            let warmup = case["warmup_steps"].as_u64().unwrap() as usize;
            let rates = case["rates"].as_array().unwrap();
            for (step, rate) in rates.iter().enumerate() {
                let ours = 2e-4 * share(schedule, step, warmup, rates.len());
                let theirs = rate.as_f64().unwrap();
                assert!((ours - theirs).abs() < 1e-15, "{schedule:?}, step {step}: {ours} against {theirs}");
            }
        }
    }

    #[test]
    fn no_training_is_all_warm_up() {
        for (warmup, total, steps) in [(0.06, 100, 6), (0.06, 3, 0), (1.0, 1, 0), (1.0, 5, 4), (0.0, 5, 0)] {
            let recipe = Recipe { warmup, ..recipe() };
            assert_eq!(warmup_steps(&recipe, total), steps, "{warmup} of {total}");
            assert!(learning_rate(&recipe, steps, total) == recipe.learning_rate);
        }
    }
}
