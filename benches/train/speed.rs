//! The batches of the Python peer, from the same adapter on.

use super::step::{Example, Training};
use super::{Arguments, memory};
use engine::files::{LoraWeights, open_weights};
use engine::model::{Decoder, Forward};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;

/// Steps before the median begins, as in the peer.
const WARM_UP: usize = 3;
const RATE: f64 = 2e-4;

/// The file that `benches/peers/peft_train.py --make` writes.
#[derive(Deserialize)]
struct File {
    batches: Vec<Vec<Sequence>>,
}

#[derive(Deserialize)]
struct Sequence {
    tokens: Vec<u32>,
    /// 1 for a token that is taught.
    supervised: Vec<u8>,
}

pub fn run(mut arguments: Arguments) {
    let save = arguments.take("--save");
    let model = Path::new(arguments.needed(0, "the model"));
    let batches = batches(Path::new(arguments.needed(1, "the file of batches")), arguments.number(3));
    let decoder = {
        let (config, weights) = open_weights(model).expect("a model");
        Decoder::load(config, weights.as_ref()).expect("weights")
    };
    let lora = LoraWeights::load(Path::new(arguments.needed(2, "the adapter")), decoder.config()).expect("an adapter");
    let rate = arguments.number(4).unwrap_or(RATE);
    let peak_bytes_loading = memory::peak_bytes();

    let mut training = Training::new(&decoder, lora, false);
    let (mut losses, mut seconds) = (Vec::new(), Vec::new());
    for batch in &batches {
        let step = training.step(batch, rate);
        eprintln!("step {}: loss {:.5}, {:.2} s", losses.len() + 1, step.loss, step.seconds);
        losses.push(step.loss);
        seconds.push(step.seconds);
    }
    let warm_up_steps = WARM_UP.min(batches.len() - 1);
    let speed = |count: fn(&Example) -> usize| {
        let counts = batches.iter().map(|batch| batch.iter().map(count).sum::<usize>());
        median(counts.zip(&seconds).skip(warm_up_steps).map(|(count, seconds)| count as f64 / seconds).collect())
    };
    let measured = json!({
        "dtype": "f32",
        "threads": rayon::current_num_threads(),
        "steps": batches.len(),
        "warm_up_steps": warm_up_steps,
        "tokens_per_second": speed(|example| example.tokens.len()),
        "supervised_tokens_per_second": speed(Example::taught),
        "seconds": seconds,
        "losses": losses,
        "peak_bytes_loading": peak_bytes_loading,
        "peak_bytes": memory::peak_bytes(),
        "processor": std::env::consts::ARCH,
        "versions": {"pmtune": env!("CARGO_PKG_VERSION")},
    });
    println!("{measured}");
    if let Some(folder) = save {
        std::fs::create_dir_all(&folder).expect("a folder for the adapter");
        training.lora.save(Path::new(&folder), &model.display().to_string()).expect("a saved adapter");
    }
}

fn batches(path: &Path, steps: Option<usize>) -> Vec<Vec<Example>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let file: File = serde_json::from_str(&text).expect("batches as the peer writes them");
    let example = |Sequence { tokens, supervised }: Sequence| {
        assert_eq!(tokens.len(), supervised.len(), "every token is taught or not");
        Example { tokens, supervised: supervised.into_iter().map(|s| s != 0).collect() }
    };
    let batches = file.batches.into_iter().take(steps.unwrap_or(usize::MAX));
    let batches: Vec<Vec<Example>> = batches.map(|batch| batch.into_iter().map(example).collect()).collect();
    assert!(!batches.is_empty(), "there is a batch to train on");
    batches
}

/// Of an even number of values the mean of the middle two, as Python's `statistics.median` has it.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { (values[middle - 1] + values[middle]) / 2.0 } else { values[middle] }
}
