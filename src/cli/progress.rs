//! Progress bars; where standard error is no terminal, a plain line now and then, so that a log shows that work goes on.

use super::out;
use crate::training_data::lint;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(30);

/// When the next plain line is due; never on a terminal, where a bar is drawn.
struct Plain(Option<Instant>);

impl Plain {
    fn new() -> Self {
        Self((!std::io::stderr().is_terminal()).then(Instant::now))
    }

    fn say(&mut self, line: impl FnOnce() -> String) {
        if let Some(last) = self.0.as_mut().filter(|last| last.elapsed() >= EVERY) {
            *last = Instant::now();
            out::note(line());
        }
    }
}

/// Bytes of a pull.
pub struct Bytes(ProgressBar, Plain);

impl Bytes {
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(style("{wide_bar:.cyan/dim} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left"));
        Self(bar, Plain::new())
    }

    pub fn say(&self, what: &str) {
        if std::io::stderr().is_terminal() { self.0.println(what) } else { out::note(what) }
    }

    pub fn bytes(&mut self, done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.0.set_length(total);
        }
        self.0.set_position(done);
        let of = total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
        self.1.say(|| format!("{}{of}", HumanBytes(done)));
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Cases of an evaluation.
pub struct Cases {
    bar: ProgressBar,
    plain: Plain,
    tokens: u64,
    /// Texts weighed so far, and in all.
    weighed: (usize, usize),
    started: Instant,
}

impl Cases {
    pub fn new(total: usize, done: usize) -> Self {
        let bar = ProgressBar::new(total as u64).with_position(done as u64);
        bar.set_style(style("{wide_bar:.cyan/dim} {pos}/{len} answers  {msg}  {eta} left"));
        bar.reset_eta();
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, plain: Plain::new(), tokens: 0, weighed: (0, 0), started: Instant::now() }
    }

    pub fn answered(&self) {
        self.bar.inc(1);
    }

    pub fn generated(&mut self, tokens: usize) {
        self.tokens += tokens as u64;
        self.show();
    }

    pub fn weighed(&mut self, done: usize, of: usize) {
        self.weighed = (done, of);
        self.show();
    }

    fn show(&mut self) {
        let rate = self.tokens as f64 / self.started.elapsed().as_secs_f64().max(0.1);
        let weighed = match self.weighed {
            (done, of) if done < of => format!(", {done} of {of} texts weighed"),
            _ => String::new(),
        };
        let (done, of) = (self.bar.position(), self.bar.length().unwrap_or_default());
        self.plain.say(|| format!("{done} of {of} answers, {rate:.0} tokens/s{weighed}"));
        self.bar.set_message(format!("{rate:.0} tokens/s{weighed}"));
    }

    pub fn say(&self, what: &str) {
        if std::io::stderr().is_terminal() { self.bar.println(what) } else { out::note(what) }
    }
}

impl Drop for Cases {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Texts that models are asked about, and for what.
pub struct Texts(ProgressBar, Plain);

impl Texts {
    pub fn new(of: usize, what: &'static str) -> Self {
        let bar = ProgressBar::new(of as u64).with_message(what);
        bar.set_style(style("{wide_bar:.cyan/dim} {pos}/{len} texts, {msg}  {eta} left"));
        Self(bar, Plain::new())
    }

    pub fn step(&mut self, done: usize) {
        self.0.set_position(done as u64);
        let of = self.0.length().unwrap_or_default();
        self.1.say(|| format!("{done} of {of} texts"));
    }
}

impl Drop for Texts {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Lines that the linter looks at.
pub struct Lines(ProgressBar, Plain);

impl Lines {
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(style("{wide_bar:.cyan/dim} {pos}/{len} lines  {msg}"));
        Self(bar, Plain::new())
    }

    pub fn step(&mut self, step: lint::Step) {
        match step {
            lint::Step::Lines(lines) => self.0.set_length(lines as u64),
            lint::Step::Line => self.0.inc(1),
            lint::Step::Comparing => self.0.set_message("comparing them"),
            lint::Step::Meanings { read, of } => {
                self.0.set_style(style("{wide_bar:.cyan/dim} {pos}/{len} sentences  {msg}  {eta} left"));
                self.0.set_message("reading what they mean");
                self.0.set_length(of as u64);
                self.0.set_position(read as u64);
                self.1.say(|| format!("{read} of {of} sentences read"));
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Steps of a training; what is said stands on a line of its own, for it fills one.
pub struct Steps {
    bar: ProgressBar,
    plain: Plain,
}

impl Steps {
    pub fn new() -> Self {
        let bar = ProgressBar::no_length();
        bar.set_style(style("{wide_bar:.cyan/dim} {pos}/{len} steps  {eta} left\n{wide_msg}"));
        Self { bar, plain: Plain::new() }
    }

    pub fn start(&self, done: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        self.bar.reset_eta();
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_string());
    }

    pub fn step(&mut self, what: &str) {
        self.say(what);
        self.bar.inc(1);
        let (done, of) = (self.bar.position(), self.bar.length().unwrap_or_default());
        self.plain.say(|| format!("step {done} of {of}: {what}"));
    }

    /// Prints beside the bar.
    pub fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
