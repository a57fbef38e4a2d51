//! What a training tells, put into its log and its plot.

use crate::report;
use engine::error::Result;
use engine::store;
use engine::train::{Entry, Event, LossKind, LossLog};
use std::path::{Path, PathBuf};

/// The loss log and its plot while a training goes on.
pub struct Record {
    log: LossLog,
    entries: Vec<Entry>,
    plot: PathBuf,
}

impl Record {
    /// Goes on with the log at `log` after `step` steps; what it holds of later ones is cut off.
    pub fn resume(log: &Path, plot: &Path, step: usize) -> Result<Self> {
        let open = LossLog::resume(log, step)?;
        Ok(Self { log: open, entries: LossLog::read(log)?, plot: plot.to_path_buf() })
    }

    /// Takes one event.
    pub fn take(&mut self, event: &Event<'_>) -> Result<()> {
        match *event {
            Event::Started { .. } => Ok(()),
            Event::Step(step) => {
                let kind = LossKind::Train { learning_rate: step.rate, gradient_norm: step.norm };
                let (tokens, seconds) = (step.tokens, step.seconds);
                self.append(Entry { step: step.step, epoch: step.epoch, kind, loss: step.loss, tokens, seconds })
            }
            Event::Validated { step, epoch, loss, tokens, seconds, .. } => {
                self.append(Entry { step, epoch, kind: LossKind::Validation, loss, tokens, seconds })
            }
            Event::EpochEnded { .. } => self.draw(),
            Event::Saving { .. } => self.log.flush(),
        }
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
