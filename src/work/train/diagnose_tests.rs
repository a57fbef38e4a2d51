use super::*;
use engine::train::Point;
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const EPOCHS: usize = 4;

fn facts() -> Circumstances {
    Circumstances {
        examples: 80,
        held_out: 8,
        skipped: 0,
        epochs: EPOCHS,
        stopped_early: false,
        learning_rate: 2e-4,
        seconds: 740.0,
        examples_per_minute: 60.0,
        tokens_per_example: 250.0,
    }
}

/// Losses cut into `epochs` epochs, and validations after each, the first before training.
fn curve(epochs: usize, training: &[f64], validation: &[f64]) -> Curve {
    let n = training.len();
    let point = |(i, &loss): (usize, &f64)| Point { step: i + 1, epoch: i * epochs / n + 1, loss };
    let check = |(epoch, &loss): (usize, &f64)| Point { step: epoch * n / epochs, epoch, loss };
    Curve {
        training: training.iter().enumerate().map(point).collect(),
        validation: validation.iter().enumerate().map(check).collect(),
    }
}

fn conditions(curve: &Curve, facts: &Circumstances) -> Vec<Condition> {
    diagnose(curve, facts).into_iter().map(|d| d.condition).collect()
}

/// The one thing found, which must be `wanted`.
fn only(wanted: Condition, curve: &Curve, facts: &Circumstances) -> Diagnosis {
    let found = diagnose(curve, facts);
    assert_eq!(found.iter().map(|d| d.condition).collect::<Vec<_>>(), [wanted], "{found:?}");
    found[0].clone()
}

/// A random curve of a real training's shape: level + drop · e^(−rate·t), t from 0 to 1, with noise on each step of
/// `noise` times the loss, now and then an odd batch, and validations that waver by 1 %.
struct Random(ChaCha8Rng);

impl Random {
    fn normal(&mut self) -> f64 {
        // Twelve uniforms make a normal deviate good enough for tests.
        (0..12).map(|_| self.0.random::<f64>()).sum::<f64>() - 6.0
    }

    fn curve(&mut self, steps: usize, noise: f64, of: impl Fn(f64) -> f64, validation: impl Fn(f64) -> f64) -> Curve {
        let training: Vec<f64> = (0..steps)
            .map(|i| {
                let odd = if self.0.random::<f64>() < 0.02 { 2.0 } else { 1.0 };
                (of(i as f64 / steps as f64) * odd * (1.0 + noise * self.normal())).max(0.0)
            })
            .collect();
        let wavering = |epoch| validation(epoch as f64 / EPOCHS as f64) * (1.0 + 0.01 * self.normal().clamp(-2.0, 2.0));
        let validation: Vec<f64> = (0..=EPOCHS).map(wavering).collect();
        curve(EPOCHS, &training, &validation)
    }
}

fn seeds() -> impl Iterator<Item = Random> {
    (0..400).map(|seed| Random(ChaCha8Rng::seed_from_u64(seed)))
}

const SIZES: [usize; 5] = [12, 20, 60, 200, 2000];

#[test]
fn healthy_noisy_curves_raise_no_alarm() {
    for mut random in seeds() {
        for steps in SIZES {
            let (level, drop) = (random.0.random_range(0.8..2.0), random.0.random_range(0.7..3.0));
            let (rate, noise) = (random.0.random_range(8.0..16.0), random.0.random_range(0.0..0.15));
            let loss = |t: f64| level + drop * (-rate * t).exp();
            let curve = random.curve(steps, noise, loss, |t| 1.1 * loss(t));
            let found = diagnose(&curve, &facts());
            assert_eq!(found[0].condition, Condition::Healthy, "{steps} steps, {level} + {drop}, {noise}: {found:?}");
        }
    }
}

/// How many of 400 random curves show `wanted`.
fn share(wanted: Condition, steps: usize, noise: f64, of: fn(f64) -> f64, validation: fn(f64) -> f64) -> usize {
    seeds()
        .filter_map(|mut r| {
            conditions(&r.curve(steps, noise, of, validation), &facts()).contains(&wanted).then_some(())
        })
        .count()
}

#[test]
fn sick_noisy_curves_are_found_once_there_are_steps_enough() {
    for steps in [60, 200, 2000] {
        let flat = share(Condition::NotLearning, steps, 0.08, |_| 2.45, |_| 2.4);
        let rising = share(Condition::Diverging, steps, 0.15, |t| 2.0 + 4.0 * (t - 0.3).max(0.0), |t| 2.0 + 2.0 * t);
        let by_heart = share(Condition::Overfitting, steps, 0.15, |t| 2.0 * (-6.0 * t).exp(), |t| 1.5 + t);
        let cut_short = share(Condition::EndedTooSoon, steps, 0.15, |t| 3.0 - 2.0 * t, |t| 3.0 - 2.0 * t);
        for (name, found) in [("flat", flat), ("rising", rising), ("by heart", by_heart), ("cut short", cut_short)] {
            assert!(found >= 360, "{name} with {steps} steps: {found} of 400");
        }
    }
}

#[test]
fn the_guides_own_logs_are_read_as_the_guide_reads_them() {
    let good = [2.45, 1.82, 1.54, 1.31, 1.28, 1.15, 1.08, 0.98, 0.95, 0.89, 0.84, 0.79];
    let plan = Circumstances { epochs: 3, held_out: 0, ..facts() };
    only(Condition::Healthy, &curve(3, &good, &[]), &plan);
    let flat = only(Condition::NotLearning, &curve(1, &[2.45, 2.44, 2.43, 2.42], &[]), &plan);
    assert_eq!(flat.flag.as_deref(), Some("--learning-rate 3e-4"));
    assert!(flat.seen.contains("2.45 at first, 2.42 at the end"), "{}", flat.seen);
    let by_heart =
        only(Condition::Overfitting, &curve(2, &[2.0, 1.5, 1.0, 0.5, 0.15, 0.02, 0.001, 0.0001], &[]), &plan);
    assert_eq!(by_heart.flag.as_deref(), Some("--epochs 1"));
}

#[test]
fn a_loss_that_is_no_number_hides_everything_else() {
    let mut losses = vec![2.0; 20];
    losses[7] = f64::NAN;
    losses[8] = f64::INFINITY;
    let found = only(Condition::NotANumber, &curve(1, &losses, &[2.0, f64::NAN]), &facts());
    assert!(found.seen.contains("step 8"), "{}", found.seen);
    assert_eq!(found.flag.as_deref(), Some("--learning-rate 6.7e-5"));
}

#[test]
fn a_loss_worse_than_guessing_diverges_however_few_the_steps() {
    let found = only(Condition::Diverging, &curve(1, &[2.0, 3.0, 6.0, 12.0, 20.0], &[]), &facts());
    assert!(found.seen.contains("from 2.00 to 16.00"), "{}", found.seen);
}

#[test]
fn a_few_odd_batches_at_the_end_are_no_divergence() {
    let mut losses: Vec<f64> = (0..40).map(|i| 1.0 + 1.5 * (-0.2 * i as f64).exp()).collect();
    losses[37] = 9.0;
    losses[39] = 6.0;
    only(Condition::Healthy, &curve(2, &losses, &[2.5, 1.3, 1.28]), &Circumstances { epochs: 2, ..facts() });
}

#[test]
fn validation_that_turns_up_names_the_epoch_to_stop_at() {
    let training: Vec<f64> = (0..40).map(|i| 2.0 - 0.04 * i as f64).collect();
    let found = only(Condition::Overfitting, &curve(4, &training, &[2.1, 1.6, 1.4, 1.5, 1.7]), &facts());
    assert_eq!(found.flag.as_deref(), Some("--epochs 2"));
    assert!(found.seen.contains("rose from 1.40 after epoch 2 to 1.70"), "{}", found.seen);
    let never = only(Condition::Overfitting, &curve(4, &training, &[1.4, 1.6, 1.7, 1.8, 1.9]), &facts());
    assert!(never.seen.contains("never fell below the 1.40"), "{}", never.seen);
    assert_eq!(never.flag.as_deref(), Some("--learning-rate 1e-4"));
}

#[test]
fn knowing_by_heart_what_also_holds_for_the_held_out_examples_is_no_fault() {
    let training: Vec<f64> = (0..40).map(|i| 2.0 * (-0.15 * i as f64).exp()).collect();
    only(Condition::Healthy, &curve(4, &training, &[2.1, 0.5, 0.1, 0.06, 0.06]), &facts());
}

#[test]
fn validation_still_falling_asks_for_more_epochs_unless_training_chose_to_end() {
    let training: Vec<f64> = (0..30).map(|i| 2.4 - 0.03 * i as f64).collect();
    let falling = curve(3, &training, &[2.5, 2.2, 1.9, 1.7]);
    let plan = Circumstances { epochs: 3, ..facts() };
    assert_eq!(only(Condition::EndedTooSoon, &falling, &plan).flag.as_deref(), Some("--epochs 5"));
    only(Condition::Healthy, &falling, &Circumstances { stopped_early: true, ..plan });
}

#[test]
fn few_skipped_and_fast_examples_are_told_from_the_facts() {
    let training: Vec<f64> = (0..20).map(|i| 1.0 + 1.5 * (-0.4 * i as f64).exp()).collect();
    let curve = curve(1, &training, &[]);
    let few = only(Condition::TooFewExamples, &curve, &Circumstances { examples: 19, ..facts() });
    assert!(few.seen.contains("19 examples") && few.flag.as_deref() == Some("--learning-rate 1e-4"), "{few:?}");
    assert_eq!(conditions(&curve, &Circumstances { examples: 20, ..facts() }), [Condition::Healthy]);
    let skipped = only(Condition::TooFast, &curve, &Circumstances { examples: 30, skipped: 30, ..facts() });
    assert_eq!(skipped.flag.as_deref(), Some("--too-long truncate"));
    assert_eq!(conditions(&curve, &Circumstances { skipped: 8, ..facts() }), [Condition::Healthy]);
    let quick = Circumstances { examples_per_minute: 1500.0, ..facts() };
    assert_eq!(conditions(&curve, &quick), [Condition::Healthy], "a graphics card is no fault");
    only(Condition::TooFast, &curve, &Circumstances { tokens_per_example: 12.0, ..quick });
}

#[test]
fn the_last_paragraph_says_how_it_went_and_what_to_do_next() {
    let training: Vec<f64> = (0..40).map(|i| 2.0 - 0.04 * i as f64).collect();
    let words = |curve: &Curve| told(&diagnose(curve, &facts()), curve, &facts(), "v2", "v3").to_string();
    let tell = |curve: &Curve| words(curve).replace('\u{a0}', " ");
    insta::assert_snapshot!(tell(&curve(4, &training, &[2.1, 1.6, 1.42, 1.39, 1.38])), @"v3 was trained on 80 examples in 4 epochs (12 min 20 s). The training loss was 1.82 in the first epoch and 0.62 in the last. What is kept is the state after epoch 4, where the validation loss was lowest: 1.38. The loss fell as it should, on validation examples too. The settings can stay as they are. What counts is how it answers: pmtune eval --compare v2 v3");
    insta::assert_snapshot!(tell(&curve(4, &training, &[2.1, 1.6, 1.4, 1.5, 1.7])), @"v3 was trained on 80 examples in 4 epochs (12 min 20 s). The training loss was 1.82 in the first epoch and 0.62 in the last. What is kept is the state after epoch 2, where the validation loss was lowest: 1.40. The validation loss rose from 1.40 after epoch 2 to 1.70, while the training loss went to 0.62. Add more and more varied examples; until then train for less. Try `--epochs 2`. What counts is how it answers: pmtune eval --compare v2 v3");
    insta::assert_snapshot!(tell(&curve(1, &[2.45, 2.44, 2.43, 2.42], &[])), @"v3 was trained on 80 examples in 1 epoch (12 min 20 s). The training loss went from 2.45 to 2.42. The training loss stayed where it was: 2.45 at first, 2.42 at the end. Mend contradictions and drift in the examples first (`pmtune data check`), make sure that there are twenty or more of a kind, then raise the learning rate. Try `--learning-rate 3e-4`. Train again before you rely on it; then ask both: pmtune eval --compare v2 v3");
}

proptest! {
    #[test]
    fn any_curve_has_an_answer_in_words(
        training in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..12.0f64], 0..60),
        validation in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..12.0f64], 0..6),
        examples in 0usize..100, skipped in 0usize..100, rate in 1e-6..1e-2f64,
    ) {
        let facts = Circumstances { examples, skipped, learning_rate: rate, ..facts() };
        let curve = if training.is_empty() { Curve::default() } else { curve(3, &training, &validation) };
        let found = diagnose(&curve, &facts);
        prop_assert!(!found.is_empty());
        let healthy = found.iter().any(|d| d.condition == Condition::Healthy);
        prop_assert_eq!(healthy, found.len() == 1 && healthy);
        let words = told(&found, &curve, &facts, "v1", "v2").to_string();
        prop_assert!(words.ends_with("pmtune eval --compare v1 v2"));
        prop_assert!(!words.contains("NaN") && !words.contains("inf"), "{}", words);
    }
}
