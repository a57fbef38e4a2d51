//! What a training tells, put into its log, its plot and the terminal.

use super::memory::Own;
use crate::cli::{interrupt, out, progress};
use crate::report;
use engine::error::Result;
use engine::store;
use engine::train::{Entry, Event, LossKind, LossLog, epoch_line, gigabytes, loss_words};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub struct Watch {
    log: LossLog,
    entries: Vec<Entry>,
    plot: PathBuf,
    bar: progress::Steps,
    own: Own,
    epochs: usize,
    held_out: Option<f64>,
    examples: usize,
    tokens: usize,
    seconds: f64,
}

impl Watch {
    /// Goes on with the log at `log` after `step` steps; what it holds of later ones is cut off.
    pub fn new(log: &Path, plot: &Path, step: usize) -> Result<Self> {
        let open = LossLog::resume(log, step)?;
        Ok(Self {
            log: open,
            entries: LossLog::read(log)?,
            plot: plot.to_path_buf(),
            bar: progress::Steps::new(),
            own: Own::new(),
            epochs: 0,
            held_out: None,
            examples: 0,
            tokens: 0,
            seconds: 0.0,
        })
    }

    /// Takes one event; breaks off when Ctrl-C was pressed.
    pub fn take(&mut self, event: &Event<'_>) -> Result<ControlFlow<()>> {
        match *event {
            Event::Started { step, steps, epochs_done, epochs } => {
                self.epochs = epochs;
                self.bar.start(step, steps);
                self.bar.say(&format!("epoch {}/{epochs}", (epochs_done + 1).min(epochs)));
            }
            Event::Step(step) => {
                let kind = LossKind::Train { learning_rate: step.rate, gradient_norm: step.norm };
                let (tokens, seconds) = (step.tokens, step.seconds);
                self.append(Entry { step: step.step, epoch: step.epoch, kind, loss: step.loss, tokens, seconds })?;
                self.examples += step.examples;
                self.tokens += tokens;
                self.seconds += seconds;
                let rate = |count: usize| count as f64 / self.seconds.max(1e-9);
                self.bar.step(&format!(
                    "epoch {}/{}  loss {}  rate {:.1e}  {:.0} examples/min  {:.0} tokens/s  {}",
                    step.epoch,
                    self.epochs,
                    loss_words(step.loss),
                    step.rate,
                    60.0 * rate(self.examples),
                    rate(self.tokens),
                    gigabytes(self.own.bytes())
                ));
            }
            Event::Validated { step, epoch, loss, tokens, seconds, .. } => {
                self.append(Entry { step, epoch, kind: LossKind::Validation, loss, tokens, seconds })?;
                self.held_out = Some(loss);
                if epoch == 0 {
                    self.bar.suspend(|| out::line(format!("Before training: held-out loss {}", loss_words(loss))));
                }
            }
            Event::EpochEnded { epoch, losses } => {
                let mut line = epoch_line(epoch, self.epochs, losses);
                if let Some(loss) = self.held_out {
                    line += &format!("; held-out {}", loss_words(loss));
                }
                self.bar.suspend(|| out::line(line));
                self.draw()?;
            }
            Event::Saving { .. } => self.log.flush()?,
        }
        Ok(if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn append(&mut self, entry: Entry) -> Result<()> {
        self.log.append(&entry)?;
        self.entries.push(entry);
        Ok(())
    }

    fn draw(&self) -> Result<()> {
        store::replace(&self.plot, report::loss_svg(&self.entries)?.as_bytes())
    }

    /// The last plot, and everything that was logged, earlier runs included.
    pub fn finish(self) -> Result<Vec<Entry>> {
        self.draw()?;
        Ok(self.entries)
    }
}
