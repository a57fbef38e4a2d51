use super::super::testing::{Bigrams, VOCAB, recipe, sequences};
use super::super::{Checkpoint, Schedule};
use super::*;
use crate::error::Error;
use std::path::PathBuf;

/// Where the toy is trained, and how.
struct Bench {
    folder: tempfile::TempDir,
    recipe: Recipe,
    training: Vec<Sequence>,
    held_out: Vec<Sequence>,
    tokens: usize,
    saves: Saves,
    dropout: bool,
    /// Whether a kill at an event comes before the event's line is in the log.
    dies_before_logging: bool,
}

/// What a log would hold: every number a training tells, but the time.
type Line = (usize, usize, u64, u64, u64, bool);

fn line(event: &Event<'_>) -> Option<Line> {
    match event {
        Event::Step(s) => Some((s.step, s.epoch, s.loss.to_bits(), s.rate.to_bits(), s.norm.to_bits(), true)),
        Event::Validated { step, epoch, loss, .. } => Some((*step, *epoch, loss.to_bits(), 0, 0, false)),
        _ => None,
    }
}

impl Bench {
    fn new() -> Self {
        let every = Saves { steps: 3, time: Duration::from_secs(3600) };
        let folder = tempfile::tempdir().unwrap();
        let (training, held_out) = (sequences(14), sequences(3));
        Self {
            folder,
            recipe: recipe(),
            training,
            held_out,
            tokens: 20,
            saves: every,
            dropout: true,
            dies_before_logging: false,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("checkpoint")
    }

    /// From the checkpoint if there is one, else from the start; `log` is cut back as the real one is.
    fn run(&self, log: &mut Vec<Line>, sink: &mut Sink<'_>) -> (State, Result<Option<Ended>>) {
        let initial = vec![0.0; VOCAB * VOCAB];
        let basis = Basis::new(&self.recipe, "toy", &initial, &self.training, &self.held_out);
        let budget = Budget { micro_batch_tokens: self.tokens, checkpointing: false };
        let mut state = match Checkpoint::load(&self.path()) {
            Ok(checkpoint) => {
                checkpoint.check(&basis).unwrap();
                log.retain(|line| line.0 <= checkpoint.state.progress.step);
                checkpoint.state
            }
            Err(_) => {
                log.clear();
                State::new(initial)
            }
        };
        let learner = Bigrams { dropout: self.dropout };
        let (training, held_out, saves, path) = (&self.training, &self.held_out, self.saves, self.path());
        let whole = Training { learner: &learner, basis: &basis, training, held_out, budget, checkpoint: &path, saves };
        let ended = whole.run(&mut state, &mut |event| {
            let go_on = if self.dies_before_logging { Some(sink(event)?) } else { None };
            log.extend(line(&event));
            go_on.map_or_else(|| sink(event), Ok)
        });
        (state, ended)
    }

    fn whole(&self) -> (State, Vec<Line>, Ended) {
        let mut log = Vec::new();
        let _ = std::fs::remove_file(self.path());
        let (state, ended) = self.run(&mut log, &mut |_| Ok(ControlFlow::Continue(())));
        (state, log, ended.unwrap().unwrap())
    }
}

fn timeless(mut state: State) -> State {
    state.progress.seconds = 0.0;
    state
}

/// Dies at event number `at` as a killed process would: nothing after it is written.
fn kill_at(at: usize) -> impl FnMut(Event<'_>) -> Result<ControlFlow<()>> {
    let mut seen = 0;
    move |_| {
        seen += 1;
        if seen > at { Err(Error::input("killed")) } else { Ok(ControlFlow::Continue(())) }
    }
}

#[test]
fn killed_at_any_event_and_resumed_it_ends_the_same() {
    [false, true].into_iter().for_each(killed_at_any_event);
}

fn killed_at_any_event(dies_before_logging: bool) {
    let bench = Bench { dies_before_logging, ..Bench::new() };
    let (state, log, ended) = bench.whole();
    assert_eq!((ended, state.progress.step, log.len()), (Ended::Completed, 12, 12 + 4));
    let mut kills = 0;
    for at in 0.. {
        let _ = std::fs::remove_file(bench.path());
        let mut resumed_log = Vec::new();
        let (_, first) = bench.run(&mut resumed_log, &mut kill_at(at));
        if first.is_ok() {
            break;
        }
        kills += 1;
        let (resumed, ended) = bench.run(&mut resumed_log, &mut |_| Ok(ControlFlow::Continue(())));
        assert_eq!(ended.unwrap(), Some(Ended::Completed), "killed at event {at}");
        assert_eq!(timeless(resumed), timeless(state.clone()), "killed at event {at}");
        assert_eq!(resumed_log, log, "killed at event {at}");
    }
    // Started, 12 steps, 4 validations, 3 ends of epochs, and 6 checkpoints.
    assert_eq!(kills, 1 + 12 + 4 + 3 + 6);
}

#[test]
fn killed_again_and_again_it_still_ends_the_same() {
    let bench = Bench::new();
    let (state, log, _) = bench.whole();
    std::fs::remove_file(bench.path()).unwrap();
    let mut resumed_log = Vec::new();
    let mut runs = 0;
    let resumed = loop {
        runs += 1;
        // Seven events reach the next checkpoint from any.
        let (state, ended) = bench.run(&mut resumed_log, &mut kill_at(7));
        if ended.is_ok() {
            break state;
        }
        assert!(runs < 20, "no progress");
    };
    assert!(runs > 2);
    assert_eq!((timeless(resumed), resumed_log), (timeless(state), log));
}

#[test]
fn broken_off_at_any_step_it_saves_and_goes_on_from_there() {
    let bench = Bench::new();
    let (state, log, _) = bench.whole();
    for stop in 0..=12 {
        let _ = std::fs::remove_file(bench.path());
        let mut resumed_log = Vec::new();
        let (first, ended) = bench.run(&mut resumed_log, &mut |event| {
            let here = match event {
                Event::Step(step) => step.step == stop,
                Event::Validated { epoch, .. } => epoch == stop && stop == 0,
                _ => false,
            };
            Ok(if here { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        // The last step ends the training anyway.
        assert_eq!(ended.unwrap(), (stop == 12).then_some(Ended::Completed));
        assert_eq!(first.progress.step, stop);
        assert_eq!(Checkpoint::load(&bench.path()).unwrap().state, first);
        let (resumed, _) = bench.run(&mut resumed_log, &mut |_| Ok(ControlFlow::Continue(())));
        assert_eq!((timeless(resumed), resumed_log), (timeless(state.clone()), log.clone()), "stopped at {stop}");
    }
}

#[test]
fn a_finished_training_resumes_to_the_same_end_without_a_step() {
    let bench = Bench::new();
    let (state, mut log, _) = bench.whole();
    let before = log.clone();
    let (again, ended) = bench.run(&mut log, &mut |_| Ok(ControlFlow::Continue(())));
    assert_eq!((ended.unwrap(), again, log), (Some(Ended::Completed), state, before));
}

#[test]
fn micro_batches_add_up_to_the_full_batch() {
    let end = |tokens: usize| {
        let mut bench = Bench::new();
        (bench.tokens, bench.dropout, bench.recipe.schedule) = (tokens, false, Schedule::Constant);
        let (state, log, _) = bench.whole();
        (state.values, log)
    };
    let ((whole, steps), (parts, pieces)) = (end(10_000), end(1));
    for (a, b) in steps.iter().zip(&pieces) {
        let (a, b) = (f64::from_bits(a.2), f64::from_bits(b.2));
        assert!((a - b).abs() < 1e-6 * a, "{a} against {b}");
    }
    assert!(whole.iter().zip(&parts).all(|(a, b)| (a - b).abs() < 1e-6), "values differ");
    assert!(whole.iter().any(|value| value.abs() > 0.01), "nothing was learnt");
}

#[test]
fn data_smaller_than_a_batch_is_trained_on() {
    let mut bench = Bench::new();
    bench.training.truncate(2);
    bench.held_out.clear();
    let (state, log, ended) = bench.whole();
    assert_eq!((state.progress.step, state.progress.examples, ended), (3, 6, Ended::Completed));
    assert!(state.best.is_empty() && state.result() == state.values && state.progress.validations.is_empty());
    assert!(f64::from_bits(log[2].2) < f64::from_bits(log[0].2));
}

#[test]
fn the_best_epoch_is_kept_and_patience_ends_the_training() {
    let mut bench = Bench::new();
    // Held out is the contrary of what is taught.
    bench.held_out = sequences(14)
        .into_iter()
        .map(|mut s| {
            s.tokens.iter_mut().skip(1).for_each(|t| *t = (*t + 1) % VOCAB as u32);
            s
        })
        .collect();
    bench.recipe = Recipe { epochs: 40, patience: 3, learning_rate: 0.2, schedule: Schedule::Constant, ..recipe() };
    let (state, _, ended) = bench.whole();
    let best = state.progress.best_epoch.unwrap();
    let after = &state.progress.validations[1..];
    let lowest = after.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(ended, Ended::NoBetter);
    assert_eq!(state.progress.epochs, best + 3);
    assert_eq!(after[best - 1], lowest);
    assert_ne!(state.result(), state.values);
    // The values kept are those that gave that loss.
    let all: Vec<&Sequence> = bench.held_out.iter().collect();
    let taught: usize = all.iter().map(|s| s.taught()).sum();
    let loss = Bigrams { dropout: false }.loss(state.result(), &all).unwrap() / taught as f64;
    assert!((loss - lowest).abs() < 1e-12);
}

/// Gives a gradient that is no number after some calls.
struct Breaks(std::cell::Cell<usize>);

impl Learner for Breaks {
    fn loss(&self, values: &[f32], batch: &[&Sequence]) -> Result<f64> {
        Bigrams { dropout: false }.loss(values, batch)
    }

    fn gradients(&self, values: &[f32], batch: &[&Sequence], pass: &Pass, gradients: &mut [f32]) -> Result<f64> {
        self.0.set(self.0.get() + 1);
        if self.0.get() > 6 {
            gradients[0] = f32::NAN;
        }
        Bigrams { dropout: false }.gradients(values, batch, pass, gradients)
    }
}

#[test]
fn a_gradient_that_is_no_number_ends_the_training_with_the_last_good_weights() {
    let bench = Bench { tokens: 10_000, ..Bench::new() };
    let basis = Basis::new(&bench.recipe, "toy", &[0.0], &bench.training, &bench.held_out);
    let path = bench.path();
    let whole = Training {
        learner: &Breaks(Default::default()),
        basis: &basis,
        training: &bench.training,
        held_out: &bench.held_out,
        budget: Budget { micro_batch_tokens: 10_000, checkpointing: false },
        checkpoint: &path,
        saves: bench.saves,
    };
    let mut state = State::new(vec![0.0; VOCAB * VOCAB]);
    let mut last = None;
    let ended = whole.run(&mut state, &mut |event| {
        if let Event::Step(step) = event {
            last = Some(step);
        }
        Ok(ControlFlow::Continue(()))
    });
    let last = last.unwrap();
    assert_eq!((ended.unwrap(), state.progress.step, last.step), (Some(Ended::NotFinite), 6, 7));
    assert!(last.norm.is_nan() && state.values.iter().all(|v| v.is_finite()));
    assert_eq!(Checkpoint::load(&path).unwrap().state, state);
}

#[test]
fn seeds_of_steps_and_portions_differ() {
    let mut seeds: Vec<u64> = (0..100).flat_map(|step| (0..8).map(move |i| mix(mix(7, step), i))).collect();
    seeds.sort_unstable();
    seeds.dedup();
    assert_eq!(seeds.len(), 800);
}
