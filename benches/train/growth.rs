//! How the time and memory of a step grow with each of its sizes.

use super::plot::{self, Column, Mark};
use super::step::{Example, Training};
use super::{Arguments, memory};
use engine::files::{Config, LoraConfig, LoraWeights, open_weights};
use engine::model::{Decoder, Forward};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Measures one point, in a process of its own: a process's peak memory never falls.
pub const POINT: &str = "point";

const RATE: f64 = 2e-4;

/// What a step is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    /// Tokens of one sequence.
    length: usize,
    /// Sequences of one batch.
    batch: usize,
    rank: usize,
    layers: usize,
    threads: usize,
}

/// What a step took.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Measured {
    seconds: f64,
    peak_bytes: Option<u64>,
}

/// The one size that a column varies.
struct Varied {
    name: &'static str,
    shapes: Vec<(usize, Shape)>,
}

pub fn run(arguments: &Arguments) {
    let (model, out) = (arguments.needed(0, "the model"), arguments.needed(1, "the drawing to write"));
    let (config, _) = open_weights(Path::new(model)).expect("a model");
    let mut known: HashMap<Shape, Measured> = HashMap::new();
    let mut columns = Vec::new();
    println!("| varied | value | seconds per step | tokens/s | peak memory |\n|---|---|---|---|---|");
    for Varied { name, shapes } in varied(config.layers) {
        let mut marks = Vec::new();
        for (value, shape) in shapes {
            let measured = *known.entry(shape).or_insert_with(|| elsewhere(model, shape));
            let speed = (shape.length * shape.batch) as f64 / measured.seconds;
            let peak = memory::words(measured.peak_bytes);
            println!("| {name} | {value} | {:.2} | {speed:.0} | {peak} |", measured.seconds);
            marks.push(Mark { value, seconds: measured.seconds, bytes: measured.peak_bytes });
        }
        columns.push(Column { name, marks });
    }
    std::fs::write(out, plot::draw(&columns)).unwrap_or_else(|e| panic!("{out}: {e}"));
}

/// All columns meet in one shape: 4 sequences of 256 tokens, rank 16, all layers, all threads.
fn varied(layers: usize) -> [Varied; 5] {
    let threads = rayon::current_num_threads();
    let middle = Shape { length: 256, batch: 4, rank: 16, layers, threads };
    let mut doubled: Vec<usize> =
        std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|n| *n < threads).collect();
    doubled.push(threads);
    let mut thirds = vec![layers.div_ceil(3), (2 * layers).div_ceil(3), layers];
    thirds.dedup();
    let column = |name, values: &[usize], with: fn(usize, Shape) -> Shape| Varied {
        name,
        shapes: values.iter().map(|&value| (value, with(value, middle))).collect(),
    };
    [
        column("tokens of a sequence", &[128, 256, 512, 1024], |length, shape| Shape { length, ..shape }),
        column("sequences of a batch", &[1, 2, 4, 8], |batch, shape| Shape { batch, ..shape }),
        column("rank", &[4, 8, 16, 32], |rank, shape| Shape { rank, ..shape }),
        column("layers", &thirds, |layers, shape| Shape { layers, ..shape }),
        column("threads", &doubled, |threads, shape| Shape { threads, ..shape }),
    ]
}

/// Runs [`point`] in a process of its own.
fn elsewhere(model: &str, shape: Shape) -> Measured {
    let numbers = [shape.length, shape.batch, shape.rank, shape.layers].map(|n| n.to_string());
    let program = std::env::current_exe().expect("this program's own path");
    let mut command = Command::new(program);
    command.env("RAYON_NUM_THREADS", shape.threads.to_string());
    let output = command.args([POINT, model]).args(numbers).stderr(Stdio::inherit()).output().expect("another process");
    assert!(output.status.success(), "the measurement of one point ended with {}", output.status);
    serde_json::from_slice(&output.stdout).expect("what one point took")
}

/// Two steps of one shape, of which the second counts; prints what it took.
pub fn point(arguments: &Arguments) {
    let number = |index| arguments.number(index).expect("a size of the step");
    let threads = rayon::current_num_threads();
    let shape = Shape { length: number(1), batch: number(2), rank: number(3), layers: number(4), threads };
    let decoder = {
        let (config, weights) = open_weights(Path::new(arguments.needed(0, "the model"))).expect("a model");
        Decoder::load(Config { layers: shape.layers, ..config }, weights.as_ref()).expect("weights")
    };
    let config = LoraConfig { rank: shape.rank, alpha: 2.0 * shape.rank as f64, rslora: false, targets: Vec::new() };
    let lora = LoraWeights::new(decoder.config(), config, 1).expect("an adapter");
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let vocab = decoder.config().vocab;
    let batch: Vec<Example> = (0..shape.batch).map(|_| Example::random(&mut random, shape.length, vocab)).collect();
    let mut training = Training::new(&decoder, lora, false);
    training.step(&batch, RATE);
    let seconds = training.step(&batch, RATE).seconds;
    let measured = Measured { seconds, peak_bytes: memory::peak_bytes() };
    println!("{}", serde_json::to_string(&measured).expect("two numbers"));
}
