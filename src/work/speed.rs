//! How fast bases answer on this computer, as measured, kept beside them.

use crate::base::{Base, home};
use engine::error::{Error, Result};
use engine::files;
use engine::model::{Decoder, Forward, Span};
use engine::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A second is long enough to tell bases apart, and nobody waits for more.
const PROBE: Duration = Duration::from_secs(1);
/// Tokens that are read before the clock starts.
const PROMPT: usize = 32;

/// `speeds.json`: tokens a second by the SHA-256 of the base, written alone and without an adapter.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Speeds {
    format: u32,
    /// On so many threads; with others they are measured anew.
    threads: usize,
    tokens_per_second: BTreeMap<String, f64>,
}

impl Speeds {
    const FORMAT: u32 = 1;

    /// What was measured here before. A damaged file, or one of another number of threads, is as good as none.
    pub fn read() -> Self {
        let none = Self { format: Self::FORMAT, threads: rayon::current_num_threads(), ..Self::default() };
        let read = || serde_json::from_str::<Self>(&store::read_text(&file().ok()?).ok()?).ok();
        let known = read().filter(|known| (known.format, known.threads) == (none.format, none.threads));
        let sane = |rate: &f64| rate.is_finite() && *rate > 0.0;
        known.filter(|known| known.tokens_per_second.values().all(sane)).unwrap_or(none)
    }

    /// Tokens a second of the base with this hash.
    pub fn of(&self, sha256: &str) -> Option<f64> {
        self.tokens_per_second.get(sha256).copied()
    }

    /// Measures a base, and writes it down.
    ///
    /// # Errors
    /// The base cannot be loaded, or the file cannot be written.
    pub fn measure(&mut self, base: &Base) -> Result<f64> {
        let rate = probe(base)?;
        self.tokens_per_second.insert(base.sha256.clone(), rate);
        let text =
            serde_json::to_vec_pretty(self).map_err(|e| Error::input("speeds cannot be written").caused_by(e))?;
        store::replace(&file()?, &text)?;
        Ok(rate)
    }
}

fn file() -> Result<PathBuf> {
    Ok(home()?.join("speeds.json"))
}

fn probe(base: &Base) -> Result<f64> {
    let (config, weights) = files::open_weights(&base.path)?;
    let decoder = Decoder::load(config, weights.as_ref())?;
    let prompt: Vec<u32> = (0..PROMPT.min(decoder.config().vocab) as u32).collect();
    let hidden = decoder.config().hidden;
    let (mut cache, mut next) = (decoder.cache(), prompt);
    let mut step = |next: &[u32]| -> Result<Vec<u32>> {
        let state = decoder.forward(next, &mut [Span { rows: next.len(), cache: &mut cache, adapter: None }])?;
        let last = state.get(state.len().saturating_sub(hidden)..).unwrap_or_default();
        Ok(decoder.likeliest(last)?.into_iter().map(Option::unwrap_or_default).collect())
    };
    // On a thread of the pool, as answers are written, so that handing out work wakes nobody.
    rayon::scope(|_| {
        next = step(&next)?;
        let (start, mut written) = (Instant::now(), 0_u32);
        while start.elapsed() < PROBE {
            next = step(&next)?;
            written += 1;
        }
        Ok(f64::from(written) / start.elapsed().as_secs_f64())
    })
}
