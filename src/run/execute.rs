use super::open::UNSEEN;
use super::reuse::Answers;
use super::{Event, OpenRun, Outcome, Reports, judge};
use crate::provider::{self, Answer, Provider, Request};
use crate::words;
use engine::error::{Error, Kind, Result};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Answers, judges and records everything that remains of `runs` (or, where asking may stop, of what they ask for now),
/// all of them in one batch.
///
/// The provider's versions are those of the runs, in their order: one of each, and of a routed one its several. With `reuse`, answers that an earlier run already has are taken from there,
/// an endpoint's only where the user vouches for it: behind the same name there may be other weights by now.
/// Every record is appended the moment its answer is there, and every run is marked finished once all have all theirs,
/// so a break of `sink`, an error or a kill loses nothing and the same call later does only what is left. A single
/// request that fails is recorded as an error and the others go on; such a run finishes too.
///
/// # Errors
/// `Interrupted` when `sink` breaks; the provider's error when it cannot answer at all; a failing disk.
pub fn execute(
    runs: &mut [OpenRun],
    provider: &dyn Provider,
    reuse: Option<Reuse<'_>>,
    sink: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<()> {
    let jobs = remaining(runs);
    let total: usize = runs.iter().map(|run| run.wanted()).sum();
    let answers = earlier(runs, &jobs, reuse);
    let known = |job: &Job| answers.get(&runs[job.version].plan.items[job.item].answer_key).cloned();
    let (reused, asked): (Vec<_>, Vec<_>) = jobs.iter().map(|job| (*job, known(job))).partition(|(_, a)| a.is_some());

    note_reused(runs, &reused)?;
    let listener = Listener { sink, stopped: false };
    let mut recorder = Recorder { left: jobs.len(), runs, listener, failure: None };
    let started = Event::Started { total, done: total - jobs.len(), reused: reused.len() };
    let mut flow = recorder.listener.tell(started);
    for (job, answer) in reused {
        if flow.is_break() {
            break;
        }
        let Some(answer) = answer else { continue };
        flow = recorder.answered(job, Ok(answer), true);
    }
    let mut answered = Ok(());
    if flow.is_continue() && !asked.is_empty() {
        let asked: Vec<Job> = asked.into_iter().map(|(job, _)| job).collect();
        answered = recorder.ask(&asked, provider);
    }
    recorder.end(answered)
}

/// Says where an endpoint's run takes answers of before: the model behind the address may be another one since.
fn note_reused(runs: &mut [OpenRun], reused: &[(Job, Option<Answer>)]) -> Result<()> {
    for (version, run) in runs.iter_mut().enumerate().filter(|(_, run)| run.plan.version.template.is_none()) {
        if reused.iter().any(|(job, _)| job.version == version) {
            run.note(&format!("some answers came from earlier runs; {UNSEEN}"))?;
        }
    }
    Ok(())
}

/// Where answers of earlier runs lie, and whose may be taken.
#[derive(Debug, Clone, Copy)]
pub struct Reuse<'a> {
    pub reports: &'a Reports,
    /// Also those of endpoints: the user says that the models behind them have not changed.
    pub endpoints: bool,
}

/// One answer to be had: an item of one of the runs.
#[derive(Debug, Clone, Copy)]
struct Job {
    version: usize,
    item: usize,
}

fn remaining(runs: &[OpenRun]) -> Vec<Job> {
    let of = |(version, run): (usize, &OpenRun)| run.remaining().into_iter().map(move |item| Job { version, item });
    runs.iter().enumerate().flat_map(of).collect()
}

fn earlier(runs: &[OpenRun], jobs: &[Job], reuse: Option<Reuse<'_>>) -> Answers {
    let Some(Reuse { reports, endpoints }) = reuse.filter(|_| !jobs.is_empty()) else { return Answers::default() };
    // Only what runs in this process has a template, and weights known by their hash.
    let plans = jobs.iter().map(|job| (&runs[job.version].plan, job.item));
    let hashed = plans.filter(|(plan, _)| endpoints || plan.version.template.is_some());
    let wanted: HashSet<&str> = hashed.map(|(plan, item)| plan.items[item].answer_key.as_str()).collect();
    Answers::find(reports, &wanted)
}

/// Whoever watches, and whether they asked to stop.
struct Listener<'a> {
    sink: &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    stopped: bool,
}

impl Listener<'_> {
    fn tell(&mut self, event: Event<'_>) -> ControlFlow<()> {
        let flow = (self.sink)(event);
        self.stopped |= flow.is_break();
        flow
    }
}

struct Recorder<'a> {
    runs: &'a mut [OpenRun],
    listener: Listener<'a>,
    /// Answers still to be recorded.
    left: usize,
    /// Why nothing more can be recorded.
    failure: Option<Error>,
}

impl Recorder<'_> {
    /// Judging happens here, between two steps of the provider: checks take microseconds, an answer takes seconds.
    fn answered(&mut self, job: Job, answer: Result<Answer>, reused: bool) -> ControlFlow<()> {
        let run = &mut self.runs[job.version];
        let case = &run.plan.cases[run.plan.items[job.item].case];
        let outcome = match answer.and_then(sound) {
            Ok(answer) => judge::judged(case, answer, reused),
            Err(error) => Outcome::Error { message: error.to_string() },
        };
        match run.record(job.item, outcome) {
            Ok(record) => {
                self.left -= 1;
                self.listener.tell(Event::Case { version: job.version, record })
            }
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn ask(&mut self, asked: &[Job], provider: &dyn Provider) -> Result<()> {
        let members = |run: &OpenRun| run.plan.version.members().len();
        let first: Vec<usize> = (0..self.runs.len()).map(|at| self.runs[..at].iter().map(members).sum()).collect();
        let request = |(id, job): (usize, &Job)| -> Request {
            let plan = &self.runs[job.version].plan;
            plan.request(&plan.items[job.item], id, first[job.version])
        };
        let requests = asked.iter().enumerate().map(request).collect();
        let mut open = vec![true; asked.len()];
        provider.answer(requests, &mut |event| match event {
            provider::Event::Tokens(tokens) => self.tokens(tokens),
            provider::Event::Weighed { done, of } => self.listener.tell(Event::Weighed { done, of }),
            provider::Event::Note(note) => self.note(&note),
            // A provider that answers twice, or what it was not asked, must not spoil the record.
            provider::Event::Done { id, answer } => match open.get_mut(id) {
                Some(open) if *open => {
                    *open = false;
                    self.answered(asked[id], answer, false)
                }
                _ => ControlFlow::Continue(()),
            },
        })
    }

    /// One provider answers for all runs, so what it tells is true of each.
    fn note(&mut self, note: &str) -> ControlFlow<()> {
        match self.runs.iter_mut().try_for_each(|run| run.note(note)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn tokens(&mut self, tokens: usize) -> ControlFlow<()> {
        for run in self.runs.iter_mut() {
            if let Err(error) = run.flush_when_due() {
                self.failure = Some(error);
                return ControlFlow::Break(());
            }
        }
        self.listener.tell(Event::Tokens(tokens))
    }

    /// Flushes, then marks the runs finished or says why they are not.
    fn end(mut self, answered: Result<()>) -> Result<()> {
        let flushed: Result<()> = self.runs.iter_mut().try_for_each(OpenRun::flush);
        if let Some(failure) = self.failure.take() {
            return Err(self.resumable(failure));
        }
        flushed.map_err(|error| self.resumable(error))?;
        if self.left == 0 {
            return self.finish();
        }
        answered.map_err(|error| self.resumable(error))?;
        let total: usize = self.runs.iter().map(|run| run.wanted()).sum();
        let progress = format!("{} of {}", total - self.left, words::count(total, "answer"));
        Err(self.resumable(if self.listener.stopped {
            Error::new(Kind::Interrupted, format!("stopped after {progress}"))
        } else {
            Error::model(format!("the provider ended after {progress} without saying why"))
        }))
    }

    /// All runs at the very end and together, so that an interrupted comparison goes on with both of its runs.
    fn finish(&mut self) -> Result<()> {
        for (version, run) in self.runs.iter_mut().enumerate() {
            run.finish()?;
            if run.manifest.finished.is_some() {
                // Nothing is left that a break could stop.
                let _ = self.listener.tell(Event::Finished { version });
            }
        }
        Ok(())
    }

    fn resumable(&self, error: Error) -> Error {
        let ids: Vec<String> = self.runs.iter().map(|run| words::shell(&run.manifest.id)).collect();
        let how = format!(
            "every answer so far is kept; the same command goes on from here, or --resume {}",
            ids.join(" or --resume ")
        );
        let hint = match &error.hint {
            Some(hint) => format!("{hint}; {how}"),
            None => how,
        };
        error.hint(hint)
    }
}

/// JSON knows no infinities: a record with one could never be read back, so such an answer is an error.
fn sound(answer: Answer) -> Result<Answer> {
    let numbers = [answer.seconds, answer.reference_nll.unwrap_or(0.0)].into_iter();
    let weighed = answer.likelihoods.iter().flat_map(|text| [text.log_prob, text.unasked.unwrap_or(0.0)]);
    if numbers.chain(weighed).all(f64::is_finite) {
        Ok(answer)
    } else {
        Err(Error::model("the model computed a likelihood that is not a number")
            .hint("the weights or the adapter may be damaged; `pmtune models show` says what they should be"))
    }
}
