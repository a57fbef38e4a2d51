//! What a training step takes: time, memory, and how both grow.
//!
//! ```text
//! cargo bench --bench train -- speed MODEL.gguf BATCHES.json ADAPTER_DIR [steps] [learning rate] [--save DIR]
//! cargo bench --bench train -- phi3 [Q4_K] [sequences] [tokens] [rank]
//! cargo bench --bench train -- growth MODEL.gguf OUT.svg
//! cargo bench --bench train -- point MODEL.gguf TOKENS SEQUENCES RANK LAYERS
//! ```
//!
//! `speed` trains the adapter on the batches that `benches/peers/peft_train.py` was given and prints what that prints.
//! `phi3` makes a model of Phi-3 Mini's shape with random weights, in memory alone, and takes two steps of 4 × 512 tokens,
//! one sequence at a time, at rank 16 unless told otherwise. `growth` varies one size at a time, `point` measures one
//! shape. `RAYON_NUM_THREADS` sets the threads.

mod growth;
mod memory;
mod phi3;
mod plot;
mod speed;
mod step;
mod synthetic;

use std::str::FromStr;

#[path = "../../src/allocator.rs"]
mod allocator;

fn main() {
    allocator::keep_freed_memory();
    // Cargo adds `--bench` of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let Some((command, rest)) = arguments.split_first() else {
        println!("no measurement named; see the head of benches/train/main.rs");
        return;
    };
    let rest = Arguments(rest.to_vec());
    match command.as_str() {
        "speed" => speed::run(rest),
        "phi3" => phi3::run(&rest),
        "growth" => growth::run(&rest),
        growth::POINT => growth::point(&rest),
        other => panic!("there is no measurement called {other:?}; see the head of benches/train/main.rs"),
    }
}

/// What follows the name of a measurement.
struct Arguments(Vec<String>);

impl Arguments {
    /// The argument at `index`, which must be there.
    fn needed(&self, index: usize, what: &str) -> &str {
        self.0.get(index).unwrap_or_else(|| panic!("{what} is missing; see the head of benches/train/main.rs"))
    }

    /// The number at `index`, if there is one.
    fn number<T: FromStr>(&self, index: usize) -> Option<T> {
        let text = self.0.get(index)?;
        Some(text.parse().unwrap_or_else(|_| panic!("{text:?} is no number that fits here")))
    }

    /// Takes out `name` and the value behind it.
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|a| a == name)?;
        assert!(at + 1 < self.0.len(), "{name} needs a value");
        self.0.drain(at..at + 2).nth(1)
    }
}
