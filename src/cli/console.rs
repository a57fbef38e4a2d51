//! The terminal as a listener: bars while something works, sentences beside them. What it drew is gone when it is dropped.

use super::progress::{Bytes, Cases, Lines, Texts};
use super::watch::Watch;
use super::{interrupt, out};
use crate::report::visible;
use crate::review::{Imported, Progress};
use crate::run::{self, Outcome};
use crate::training_data::lint;
use crate::words;
use crate::work::{Event, Exporting, Judging, Pull, Sink};
use std::sync::{Mutex, PoisonError};

/// Shows the events of one use case.
pub struct Console(Mutex<Bars>);

/// Those that are drawn now.
#[derive(Default)]
struct Bars {
    pull: Option<Bytes>,
    answers: Option<Cases>,
    training: Option<Watch>,
    lines: Option<Lines>,
    texts: Option<Texts>,
}

impl Console {
    pub fn new() -> Self {
        Self(Mutex::default())
    }
}

impl Sink for Console {
    fn tell(&self, event: Event<'_>) {
        let mut bars = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Note(text) => out::note(text),
            Event::Warning(text) => out::warning(text),
            Event::Pull(pull) => bars.pull(pull),
            Event::Run(event) => bars.run(event),
            Event::Weighed { done, of } => bars.texts(done, of, "weighed"),
            Event::Judge(judging) => bars.judge(judging),
            Event::Imported(imported) => out::line(taken_in(imported)),
            Event::Train(event) => bars.training.get_or_insert_with(Watch::new).show(&event),
            Event::Lint(step) => bars.lint(step),
            Event::Export(exporting) => bars.export(exporting),
        }
    }

    fn stopped(&self) -> bool {
        interrupt::asked()
    }
}

impl Bars {
    fn pull(&mut self, pull: Pull<'_>) {
        match pull {
            Pull::Says(what) => self.pull.get_or_insert_with(Bytes::new).say(what),
            Pull::Bytes { done, total } => self.pull.get_or_insert_with(Bytes::new).bytes(done, total),
            Pull::Ready => self.pull = None,
        }
    }

    fn export(&mut self, exporting: Exporting) {
        match exporting {
            Exporting::Bytes { done, of } => self.pull.get_or_insert_with(Bytes::new).bytes(done, Some(of)),
            Exporting::Reading => {
                self.pull = None;
                out::note("reading it back");
            }
            Exporting::Spoken { done, of } => self.texts(done, of, "the file beside the version"),
        }
    }

    fn texts(&mut self, done: usize, of: usize, what: &'static str) {
        match done == of {
            true => self.texts = None,
            false => self.texts.get_or_insert_with(|| Texts::new(of, what)).step(done),
        }
    }

    fn run(&mut self, event: run::Event<'_>) {
        match (event, &mut self.answers) {
            (run::Event::Started { total, done, reused }, _) => {
                if reused > 0 || (done > 0 && self.answers.is_none()) {
                    out::note(format!(
                        "{done} of {} are recorded already, {reused} are reused",
                        words::count(total, "answer")
                    ));
                }
                self.answers = Some(Cases::new(total, done));
            }
            (run::Event::Case { record, .. }, Some(bar)) => {
                bar.answered();
                if let Outcome::Error { message } = &record.outcome {
                    bar.say(&format!("{}: {message}", record.case));
                }
            }
            (run::Event::Tokens(tokens), Some(bar)) => bar.generated(tokens),
            (run::Event::Weighed { done, of }, Some(bar)) => bar.weighed(done, of),
            (run::Event::Finished { .. }, bar) => *bar = None,
            (_, None) => {}
        }
    }

    fn judge(&mut self, judging: Judging<'_>) {
        match (judging, &mut self.answers) {
            (Judging::Started { run, before: Progress { done, of } }, _) => {
                if done > 0 {
                    out::note(format!("{done} of {} of {run} are judged already", words::count(of, "answer")));
                }
                self.answers = Some(Cases::new(of, done));
            }
            (Judging::Tokens(tokens), Some(bar)) => bar.generated(tokens),
            (Judging::Judged, Some(bar)) => bar.answered(),
            (Judging::Failed { case, error }, Some(bar)) => {
                bar.say(&format!("{case}: {}", visible(&error.to_string())));
            }
            (Judging::Ended { run, judge, progress: Progress { done, of } }, bar) => {
                *bar = None;
                out::line(format!("{}: {done} of {} of {run} are judged", visible(judge), words::count(of, "answer")));
            }
            (_, None) => {}
        }
    }

    fn lint(&mut self, step: lint::Step) {
        self.lines.get_or_insert_with(Lines::new).step(step);
    }
}

fn taken_in(imported: &Imported) -> String {
    let Imported { reviewer, new, changed, unchanged, older, unfinished, .. } = imported;
    let mut parts = vec![format!("{} rated", words::count(*new, "answer"))];
    let told = [
        (*changed, "changed"),
        (*unchanged, "empty or as before"),
        (*older, "left as they were, because what is recorded is newer or complete"),
        (*unfinished, "still without all five points, so not counted yet"),
    ];
    parts.extend(told.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    format!("{}: {}", visible(reviewer), parts.join(", "))
}
