//! `loss.csv`: one line for each step and each validation, appended while training goes on.

use crate::error::{Error, Place, Result};
use crate::store::{self, Lines};
use std::path::Path;

/// The first line of every log; also the order of the columns.
pub const HEADER: &str = "step,epoch,kind,loss,learning_rate,gradient_norm,tokens,seconds";

/// One line of the log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Steps done, this one included; 0 before the first.
    pub step: usize,
    /// Counted from 1; 0 for a validation before training.
    pub epoch: usize,
    /// What it was measured on.
    pub kind: LossKind,
    /// Mean over the taught tokens, natural log. Not finite where training broke down.
    pub loss: f64,
    /// Tokens that the model read for this loss, taught or not.
    pub tokens: usize,
    /// How long it took.
    pub seconds: f64,
}

/// What a loss was measured on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LossKind {
    /// The examples of one step, before the step was taken.
    Train {
        /// The step's.
        learning_rate: f64,
        /// Before clipping.
        gradient_norm: f64,
    },
    /// All held-out examples.
    Validation,
}

impl Entry {
    /// Whether it is of held-out examples.
    pub fn is_validation(&self) -> bool {
        self.kind == LossKind::Validation
    }

    /// Numbers as short as reads back the same.
    fn line(&self) -> String {
        let (kind, rate, norm) = match self.kind {
            LossKind::Train { learning_rate, gradient_norm } => {
                ("train", learning_rate.to_string(), gradient_norm.to_string())
            }
            LossKind::Validation => ("validation", String::new(), String::new()),
        };
        let Self { step, epoch, loss, tokens, seconds, .. } = self;
        format!("{step},{epoch},{kind},{loss},{rate},{norm},{tokens},{seconds:.3}")
    }
}

/// The log, open for appending. A second writer is refused.
#[derive(Debug)]
pub struct LossLog {
    lines: Lines,
    last: Option<Entry>,
}

impl LossLog {
    /// Reads a log, also one that is being written: a torn last line is left out.
    ///
    /// # Errors
    /// The file cannot be read, or lines are damaged: all of them at once, each with its place.
    pub fn read(path: &Path) -> Result<Vec<Entry>> {
        let text = store::read_text(path)?;
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = whole.lines();
        if let Some(first) = lines.next()
            && first != HEADER
        {
            return Err(fault(path, 1, first, format!("not a loss log: its first line should be `{HEADER}`"))
                .hint("name a `loss.csv` that a training wrote"));
        }
        let (mut entries, mut faults) = (Vec::new(), Vec::new());
        for (i, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            match entry(line) {
                Ok(entry) => entries.push(entry),
                Err(what) => faults.push(
                    fault(path, i + 2, line, what)
                        .hint("the file was edited or damaged; restore it or remove that line"),
                ),
            }
        }
        Error::gather(faults).map_or(Ok(entries), Err)
    }

    /// Begins or goes on with the log at `path`; a torn last line is cut off.
    ///
    /// # Errors
    /// The file is no loss log, is damaged, cannot be opened, or another process writes it.
    pub fn open(path: &Path) -> Result<Self> {
        let mut lines = Lines::open(path)?;
        let entries = Self::read(path)?;
        if std::fs::metadata(path).map_err(|e| Error::io("read", path, e))?.len() == 0 {
            lines.append_text(HEADER)?;
        }
        Ok(Self { lines, last: entries.last().copied() })
    }

    /// Goes on from a checkpoint made after `step` steps: what was logged later is cut off, for it is done again.
    pub fn resume(path: &Path, step: usize) -> Result<Self> {
        // Opening refuses while another process writes, before anything is replaced.
        drop(Self::open(path)?);
        let mut text = format!("{HEADER}\n");
        for entry in Self::read(path)?.iter().filter(|entry| entry.step <= step) {
            text.push_str(&entry.line());
            text.push('\n');
        }
        store::replace(path, text.as_bytes())?;
        Self::open(path)
    }

    /// Appends one line. A validation that is done again after a resume, because the checkpoint was made just before
    /// it, is not logged twice.
    pub fn append(&mut self, entry: &Entry) -> Result<()> {
        let again = |last: &Entry| last.is_validation() && entry.is_validation() && last.step == entry.step;
        if self.last.as_ref().is_some_and(again) {
            return Ok(());
        }
        self.lines.append_text(&entry.line())?;
        self.last = Some(*entry);
        Ok(())
    }

    /// Everything is on disk when this returns; to be called before a checkpoint is written.
    pub fn flush(&mut self) -> Result<()> {
        self.lines.flush()
    }
}

fn fault(path: &Path, line: usize, snippet: &str, what: String) -> Error {
    let snippet = snippet.chars().take(200).collect();
    Error::input(what).at(Place { file: path.to_path_buf(), line, column: 1, snippet })
}

/// One line's entry, or what is wrong with it.
fn entry(line: &str) -> Result<Entry, String> {
    let cells: Vec<&str> = line.split(',').collect();
    let &[step, epoch, kind, loss, rate, norm, tokens, seconds] = cells.as_slice() else {
        return Err(format!("8 columns are expected, {} are here", cells.len()));
    };
    let count = |name: &str, text: &str| text.parse().map_err(|_| format!("`{name}` is not a whole number: {text}"));
    let number = |name: &str, text: &str| text.parse().map_err(|_| format!("`{name}` is not a number: {text}"));
    let kind = match kind {
        "train" => LossKind::Train {
            learning_rate: number("learning_rate", rate)?,
            gradient_norm: number("gradient_norm", norm)?,
        },
        "validation" => LossKind::Validation,
        other => return Err(format!("`kind` is `train` or `validation`, not `{other}`")),
    };
    Ok(Entry {
        step: count("step", step)?,
        epoch: count("epoch", epoch)?,
        kind,
        loss: number("loss", loss)?,
        tokens: count("tokens", tokens)?,
        seconds: number("seconds", seconds)?,
    })
}

/// `Epoch 1/3 - Loss: 2.45 → 1.82 → 1.54 → 1.31`: the mean of each quarter of the epoch's steps, fewer figures where
/// there are fewer steps.
pub fn epoch_line(epoch: usize, epochs: usize, losses: &[f64]) -> String {
    let figures = losses.len().min(4);
    let means = (0..figures).map(|i| {
        let part = &losses[i * losses.len() / figures..(i + 1) * losses.len() / figures];
        loss_words(part.iter().sum::<f64>() / part.len() as f64)
    });
    let means: Vec<String> = means.collect();
    match means.is_empty() {
        true => format!("Epoch {epoch}/{epochs} - no step"),
        false => format!("Epoch {epoch}/{epochs} - Loss: {}", means.join(" → ")),
    }
}

/// A loss as people read it: `2.45`, `0.001`, `0.0001`.
pub fn loss_words(loss: f64) -> String {
    match loss.abs() {
        _ if !loss.is_finite() => "not a number".to_string(),
        size if size >= 1e6 => format!("{loss:.1e}"),
        size if size >= 0.01 || size == 0.0 => format!("{loss:.2}"),
        size if size >= 0.001 => format!("{loss:.3}"),
        size if size >= 0.0001 => format!("{loss:.4}"),
        _ => "under 0.0001".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::PathBuf;

    fn step(step: usize, loss: f64) -> Entry {
        let kind = LossKind::Train { learning_rate: 2e-4, gradient_norm: 1.5 };
        Entry { step, epoch: step.div_ceil(4), kind, loss, tokens: 900, seconds: 1.25 }
    }

    fn validation(step: usize, loss: f64) -> Entry {
        Entry { kind: LossKind::Validation, loss, ..self::step(step, 0.0) }
    }

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("loss.csv");
        (folder, path)
    }

    fn write(path: &Path, entries: &[Entry]) {
        let mut log = LossLog::open(path).unwrap();
        entries.iter().for_each(|entry| log.append(entry).unwrap());
    }

    #[test]
    fn the_file_is_what_the_documentation_says() {
        let (_folder, path) = file();
        write(&path, &[validation(0, 2.5), step(1, 2.45)]);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{HEADER}\n0,0,validation,2.5,,,900,1.250\n1,1,train,2.45,0.0002,1.5,900,1.250\n"));
    }

    #[test]
    fn a_torn_line_is_cut_off_and_appending_goes_on() {
        let (_folder, path) = file();
        write(&path, &[step(1, 2.0), step(2, 1.9)]);
        let text = std::fs::read_to_string(&path).unwrap();
        for cut in 1..20 {
            std::fs::write(&path, &text[..text.len() - cut]).unwrap();
            assert_eq!(LossLog::read(&path).unwrap(), [step(1, 2.0)]);
            write(&path, &[step(2, 1.9)]);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::write(&path, &HEADER[..9]).unwrap();
        write(&path, &[step(1, 2.0), step(2, 1.9)]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "torn within the header");
    }

    #[test]
    fn resuming_anywhere_gives_the_log_of_an_uninterrupted_training() {
        let all: Vec<Entry> = (1..=8)
            .flat_map(|n| [Some(step(n, 3.0 / n as f64)), (n % 4 == 0).then(|| validation(n, 2.0))])
            .flatten()
            .collect();
        let (_folder, path) = file();
        write(&path, &all);
        let whole = std::fs::read_to_string(&path).unwrap();
        for logged in 0..=all.len() {
            for checkpoint in 0..=all[..logged].last().map_or(0, |e| e.step) {
                std::fs::remove_file(&path).unwrap();
                write(&path, &all[..logged]);
                let mut log = LossLog::resume(&path, checkpoint).unwrap();
                // A checkpoint is made before the validation at its step, or after it.
                let again = |e: &&Entry| e.step > checkpoint || (e.step == checkpoint && e.is_validation());
                all.iter().filter(again).for_each(|entry| log.append(entry).unwrap());
                drop(log);
                assert_eq!(std::fs::read_to_string(&path).unwrap(), whole, "{logged} lines, checkpoint {checkpoint}");
            }
        }
    }

    #[test]
    fn every_damaged_line_is_named_with_its_place() {
        let (_folder, path) = file();
        std::fs::write(&path, format!("{HEADER}\n1,1,train,2,0,0,9,1\n1,2\n2,1,test,2,,,9,1\nx,1,train,2,0,0,9,1\n"))
            .unwrap();
        let error = LossLog::read(&path).unwrap_err();
        let text = error.to_string();
        for part in ["loss.csv:3:1: 8 columns", "loss.csv:4:1: `kind`", "loss.csv:5:1: `step` is not a whole number: x"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert_eq!(error.flatten().len(), 3);
        std::fs::write(&path, "name,price\n1,2\n").unwrap();
        assert!(LossLog::read(&path).unwrap_err().to_string().contains("loss.csv:1:1: not a loss log"));
        assert!(LossLog::open(&path).is_err(), "a file of somebody else's is not appended to");
    }

    #[test]
    fn a_second_writer_is_refused_and_loses_nothing() {
        let (_folder, path) = file();
        let mut first = LossLog::open(&path).unwrap();
        first.append(&step(1, 2.0)).unwrap();
        for error in [LossLog::open(&path).unwrap_err(), LossLog::resume(&path, 0).unwrap_err()] {
            assert!(error.to_string().contains("being written by another pmtune"), "{error}");
        }
        first.append(&step(2, 1.9)).unwrap();
        first.flush().unwrap();
        assert_eq!(LossLog::read(&path).unwrap().len(), 2);
    }

    #[test]
    fn an_epoch_is_told_in_at_most_four_figures() {
        assert_eq!(epoch_line(1, 3, &[2.45, 1.82, 1.54, 1.31]), "Epoch 1/3 - Loss: 2.45 → 1.82 → 1.54 → 1.31");
        let eight = [3.0, 2.0, 1.0, 1.0, 0.2, 0.0, 0.001, 0.001];
        assert_eq!(epoch_line(2, 3, &eight), "Epoch 2/3 - Loss: 2.50 → 1.00 → 0.10 → 0.001");
        assert_eq!(epoch_line(3, 3, &[1.0, 0.00012]), "Epoch 3/3 - Loss: 1.00 → 0.0001");
        assert_eq!(epoch_line(3, 3, &[f64::NAN, 3e9]), "Epoch 3/3 - Loss: not a number → 3.0e9");
        assert_eq!(epoch_line(1, 1, &[]), "Epoch 1/1 - no step");
    }

    proptest! {
        #[test]
        fn reads_what_it_wrote(losses in prop::collection::vec(prop_oneof![any::<f64>(), 0.0..10.0f64], 0..20)) {
            let (_folder, path) = file();
            let entries: Vec<Entry> = losses.iter().enumerate().map(|(i, loss)| step(i + 1, *loss)).collect();
            write(&path, &entries);
            let back = LossLog::read(&path).unwrap();
            prop_assert_eq!(back.len(), entries.len());
            for (entry, back) in entries.iter().zip(&back) {
                prop_assert!(entry.loss == back.loss || (entry.loss.is_nan() && back.loss.is_nan()));
                prop_assert_eq!(Entry { loss: 0.0, ..*entry }, Entry { loss: 0.0, ..*back });
            }
        }

        #[test]
        fn an_epoch_line_has_as_many_figures_as_steps_up_to_four(losses in prop::collection::vec(0.0..10.0f64, 1..50)) {
            prop_assert_eq!(epoch_line(1, 1, &losses).matches('→').count() + 1, losses.len().min(4));
        }
    }
}
