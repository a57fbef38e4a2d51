//! The linter on a corpus of 100,000 varied lines, near-duplicates among them, against suites of 500 cases.
//!
//! `cargo bench --bench lint`

use pmtune::check::Lexicon;
use pmtune::suite;
use pmtune::training_data::DataSettings;
use pmtune::training_data::lint::{self, Options};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

#[path = "../src/allocator.rs"]
mod allocator;

const LINES: usize = 100_000;
const FILES: usize = 50;
/// One line in so many is another one with two words changed.
const NEAR_EVERY: usize = 100;
const CASES: usize = 500;

/// Four thousand words made of syllables, some of them much commoner than others.
struct Words(Vec<String>);

impl Words {
    fn new(rng: &mut ChaCha8Rng) -> Self {
        const SYLLABLES: [&str; 20] = [
            "ba", "cor", "den", "fi", "gal", "hop", "in", "jor", "ken", "lum", "mer", "nos", "or", "pra", "qui", "rem",
            "sta", "tor", "ul", "ven",
        ];
        let mut word = |_| (0..rng.random_range(1..4)).filter_map(|_| SYLLABLES.choose(rng)).copied().collect();
        Self((0..4000).map(&mut word).collect())
    }

    fn some(&self, rng: &mut ChaCha8Rng, count: usize) -> String {
        let pick = |rng: &mut ChaCha8Rng| {
            let place = rng.random::<f64>().powi(2) * self.0.len() as f64;
            self.0.get(place as usize).map_or("word", String::as_str).to_string()
        };
        (0..count).map(|_| pick(rng)).collect::<Vec<_>>().join(" ")
    }
}

/// A user story with criteria, about 170 words.
fn output(words: &Words, rng: &mut ChaCha8Rng) -> String {
    let mut text = format!(
        "**As a** {}\n**I want to** {}\n**So that** {}\n\n**Acceptance Criteria:**",
        words.some(rng, 5),
        words.some(rng, 12),
        words.some(rng, 14)
    );
    for _ in 0..rng.random_range(4..8) {
        text.push_str(&format!("\n- {} within {} days", words.some(rng, 22), rng.random_range(1..90)));
    }
    text
}

fn corpus(folder: &std::path::Path) -> std::io::Result<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(2024);
    let words = Words::new(&mut rng);
    let mut last = String::new();
    let mut bytes = 0;
    for number in 0..FILES {
        let folder = folder.join(format!("category-{}", number % 10));
        std::fs::create_dir_all(&folder)?;
        let mut file = std::io::BufWriter::new(std::fs::File::create(folder.join(format!("topic-{number}.jsonl")))?);
        for line in 0..LINES / FILES {
            let output = match line % NEAR_EVERY {
                0 if line > 0 => last.replacen("days", "weeks", 2),
                _ => output(&words, &mut rng),
            };
            let example = serde_json::json!({
                "id": format!("t{number}-{line}"), "instruction": "Write a user story with acceptance criteria.",
                "input": words.some(&mut rng, 30), "output": output, "tags": ["bench"],
            });
            writeln!(file, "{example}")?;
            bytes += output.len() as u64;
            last = output;
        }
    }
    Ok(bytes)
}

fn main() {
    allocator::keep_freed_memory();
    let folder = tempfile::tempdir().unwrap();
    let bytes = corpus(folder.path()).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let words = Words::new(&mut rng);
    let cases: String =
        (0..CASES).map(|n| format!("  - id: c{n}\n    prompt: {}\n", words.some(&mut rng, 25))).collect();
    let suites = [suite::load_str("bench", &format!("category: x\ncases:\n{cases}")).unwrap()];
    let terms = BTreeMap::from([("north metric".to_string(), "guiding metric".to_string())]);
    let settings = DataSettings { outdated_terms: terms, ..DataSettings::default() };
    let options = Options {
        settings: &settings,
        lexicon: &Lexicon::shipped(),
        suites: &suites,
        count_tokens: None,
        meanings: None,
        against_suites: false,
    };
    let started = Instant::now();
    let linted = lint::lint(&[folder.path().to_path_buf()], &options, &|_| ()).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let near = linted.findings.iter().filter(|f| f.code == "near-duplicate").count();
    println!(
        "{} lines ({} MB of outputs) in {seconds:.2} s, {:.0} lines/s; {near} of {} near-duplicates found",
        linted.examples,
        bytes / 1_000_000,
        linted.examples as f64 / seconds,
        FILES * (LINES / FILES / NEAR_EVERY - 1)
    );
}
