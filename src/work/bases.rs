//! The bases that are known, with what each would take on this computer.

use super::event::{Event, Sink};
use super::speed::Speeds;
use super::train::memory;
use crate::base::{self, BaseName, DEFAULT, Model, Named, Neighbour};
use crate::words;
use engine::error::Result;
use engine::train::Estimate;

/// The share of this computer's memory that a base may take which is advised.
const SHARE: f64 = 0.6;
/// Tokens a second that it writes at the least, where that is known: slower than people read is slow enough.
pub const PATIENCE: f64 = 4.0;

/// What is known of the bases, and of this computer.
pub struct Bases {
    pub rows: Vec<Row>,
    /// What other programs have on this computer.
    pub neighbours: Vec<Neighbour>,
    /// Of this computer, in bytes.
    pub memory_bytes: u64,
    pub threads: usize,
}

/// A base by name.
pub struct Row {
    pub named: &'static Named,
    pub model: &'static Model,
    pub on_disk: bool,
    /// Of answers, alone.
    pub speed: Option<Speed>,
}

/// Tokens a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    Measured(f64),
    /// Reckoned from what another base does here.
    Estimated(f64),
}

impl Speed {
    pub fn tokens_per_second(self) -> f64 {
        match self {
            Self::Measured(rate) | Self::Estimated(rate) => rate,
        }
    }
}

impl Row {
    /// Memory for one conversation.
    pub fn answer_bytes(&self) -> u64 {
        self.model.answer_bytes(self.named.bytes())
    }

    /// Memory and time of a usual training where all of this computer's memory may be had; `None` where it does not fit.
    pub fn training(&self, all: &Bases) -> Option<Estimate> {
        self.model.training(all.memory_bytes, all.threads).ok()
    }
}

impl Bases {
    /// The largest base that trains within a good half of this computer's memory, and the largest that answers within it,
    /// of those that are not too slow.
    pub fn advised(&self) -> (Option<&Row>, Option<&Row>) {
        let room = (self.memory_bytes as f64 * SHARE) as u64;
        let largest = |bytes: fn(&Row) -> u64| {
            let quick = |row: &&Row| row.speed.is_none_or(|speed| speed.tokens_per_second() >= PATIENCE);
            let fitting = self.rows.iter().filter(|row| bytes(row) <= room).filter(quick);
            fitting.max_by_key(|row| row.model.parameters())
        };
        (largest(|row| row.model.least_training_bytes()), largest(Row::answer_bytes))
    }
}

/// Looks at every base by name. `measure` times those that are on disk; without it the default base is timed once, where it
/// is there and nothing was timed before.
///
/// # Errors
/// A base that is on disk is damaged.
pub fn bases(measure: bool, sink: &dyn Sink) -> Result<Bases> {
    let mut speeds = Speeds::read();
    let mut found = Vec::new();
    for (named, model) in base::bases() {
        found.push((named, model, base::local(&BaseName::Named(named.name.to_string()))?));
    }
    let known =
        |speeds: &Speeds| found.iter().any(|(.., here)| here.as_ref().is_some_and(|b| speeds.of(&b.sha256).is_some()));
    let first = !measure && !known(&speeds);
    for (named, _, here) in &found {
        let Some(here) = here.as_ref().filter(|_| measure || first && named.name == DEFAULT) else { continue };
        sink.tell(Event::Note(format!("timing {} for a second", named.name)));
        speeds.measure(here)?;
    }
    let measured: Vec<Option<f64>> =
        found.iter().map(|(.., here)| here.as_ref().and_then(|base| speeds.of(&base.sha256))).collect();
    let rates = measured.iter().zip(&found);
    let pace = rates.filter_map(|(rate, (_, model, _))| Some((*rate)? * model.read_bytes() as f64)).collect::<Vec<_>>();
    let pace = (!pace.is_empty()).then(|| pace.iter().sum::<f64>() / pace.len() as f64);
    let rows = found.into_iter().zip(measured).map(|((named, model, here), measured)| {
        let estimated = || pace.map(|pace| Speed::Estimated(pace / model.read_bytes().max(1) as f64));
        Row { named, model, on_disk: here.is_some(), speed: measured.map(Speed::Measured).or_else(estimated) }
    });
    Ok(Bases {
        rows: rows.collect(),
        neighbours: base::neighbours(),
        memory_bytes: memory::total(),
        threads: rayon::current_num_threads(),
    })
}

/// `16 GB`, as shops say it: what the system keeps for itself is added.
pub fn memory_in_words(bytes: u64) -> String {
    let whole = (bytes as f64 / f64::from(1 << 30)).round().max(1.0);
    format!("{whole:.0} GB")
}

/// `12 tokens/s`, with a `~` before what is estimated.
pub fn speed_in_words(speed: Speed) -> String {
    let rate = speed.tokens_per_second();
    let number = if rate < 9.95 { words::decimal_to(rate, 1) } else { format!("{rate:.0}") };
    match speed {
        Speed::Measured(_) => number,
        Speed::Estimated(_) => format!("~{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is advised for so much memory, where a base of a billion weights writes so many tokens a second.
    fn advised(gigabytes: u64, speed: Option<f64>) -> (Option<&'static str>, Option<&'static str>) {
        let row = |(named, model): (&'static Named, &'static Model)| {
            let speed = speed.map(|rate| Speed::Estimated(rate * 1e9 / model.parameters() as f64));
            Row { named, model, on_disk: false, speed }
        };
        let rows = base::bases().map(row).collect();
        let all = Bases { rows, neighbours: Vec::new(), memory_bytes: gigabytes << 30, threads: 2 };
        let name = |row: Option<&Row>| row.map(|row| row.named.name);
        let (trains, answers) = all.advised();
        (name(trains), name(answers))
    }

    #[test]
    fn the_advice_goes_by_memory_and_by_speed_where_that_is_known() {
        assert_eq!(advised(24, None), (Some("qwen3-4b"), Some("qwen3-4b")));
        let (trains, answers) = advised(8, None);
        assert!(trains.is_some() && trains != Some("qwen3-4b") && answers.is_some(), "{trains:?} {answers:?}");
        assert_eq!(advised(24, Some(5.0)).0, Some("llama3.2-1b-instruct"));
        assert_eq!(advised(1, None).0, Some("smollm2-135m-instruct"));
        assert_eq!(advised(24, Some(0.1)), (None, None));
    }

    #[test]
    fn figures_say_whether_they_were_measured() {
        assert_eq!(speed_in_words(Speed::Measured(27.4)), "27");
        assert_eq!(speed_in_words(Speed::Estimated(3.21)), "~3.2");
        assert_eq!(memory_in_words(16_500_000_000), "15 GB");
        assert_eq!(memory_in_words(8_100_000_000), "8 GB");
    }
}
