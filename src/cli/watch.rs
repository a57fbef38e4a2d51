//! What a training tells, in the terminal.

use super::out;
use super::progress::Steps;
use engine::train::{Event, epoch_line, gigabytes, loss_words};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

pub struct Watch {
    bar: Steps,
    own: Own,
    epochs: usize,
    held_out: Option<f64>,
    examples: usize,
    tokens: usize,
    seconds: f64,
}

impl Watch {
    pub fn new() -> Self {
        let (bar, own) = (Steps::new(), Own::new());
        Self { bar, own, epochs: 0, held_out: None, examples: 0, tokens: 0, seconds: 0.0 }
    }

    pub fn show(&mut self, event: &Event<'_>) {
        match *event {
            Event::Started { step, steps, epochs_done, epochs } => {
                self.epochs = epochs;
                self.bar.start(step, steps);
                self.bar.say(&format!("epoch {}/{epochs}", (epochs_done + 1).min(epochs)));
            }
            Event::Step(step) => {
                self.examples += step.examples;
                self.tokens += step.tokens;
                self.seconds += step.seconds;
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
            Event::Validated { epoch, loss, .. } => {
                self.held_out = Some(loss);
                if epoch == 0 {
                    self.bar.suspend(|| out::line(format!("Before training: validation loss {}", loss_words(loss))));
                }
            }
            Event::EpochEnded { epoch, losses } => {
                let mut line = epoch_line(epoch, self.epochs, losses);
                if let Some(loss) = self.held_out {
                    line += &format!("; validation {}", loss_words(loss));
                }
                self.bar.suspend(|| out::line(line));
            }
            Event::Saving { .. } => {}
        }
    }
}

/// Watches this program.
struct Own {
    system: System,
    pid: Option<Pid>,
}

impl Own {
    fn new() -> Self {
        Self { system: System::new(), pid: sysinfo::get_current_pid().ok() }
    }

    /// Bytes in main memory now; 0 where the system does not tell.
    fn bytes(&mut self) -> u64 {
        let Some(pid) = self.pid else { return 0 };
        let kind = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, kind);
        self.system.process(pid).map_or(0, |process| process.memory())
    }
}
