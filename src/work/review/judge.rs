//! A model scores by the people's rubric, into a book of its own.

use super::reading::{Reading, refresh};
use crate::provider::{self, Answer, Provider, Request, Task};
use crate::registry;
use crate::review::{self, Assignment, Draft, Progress, Reviewer, ReviewerKind, Session, Text, assign};
use crate::run::Run;
use crate::work::event::{Event, Judging, Sink};
use crate::work::sources::{groups, open, remote};
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Kind, Result};
use engine::generate::Sampling;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Room for the object and a comment of a few sentences.
const LONGEST_ANSWER: usize = 600;

impl Reading {
    /// Lets `model` judge the answers that it has not judged, each run by itself, and writes the runs' reports anew.
    ///
    /// # Errors
    /// No such model; it gave no points that could be read; `Interrupted` when the sink stops it. Every judgement so far
    /// is kept.
    pub fn judge(&self, workspace: &Workspace, model: &str, sink: &dyn Sink) -> Result<()> {
        let version = registry::resolve(workspace, model)?;
        if let Some(run) = self.runs.iter().find(|run| run.manifest.version.name == version.name) {
            sink.tell(Event::Warning(format!(
                "{} judges its own answers in {}; models favour what they wrote",
                version.name, run.manifest.id
            )));
        }
        // Without its address: a judge stays the same one when it moves.
        let model = registry::served(&version.name).map_or(version.name.as_str(), |(model, _)| model);
        let reviewer = Reviewer { name: review::judge_name(model), kind: ReviewerKind::Judge };
        let (_, sources) = open(workspace, vec![version], sink)?;
        let groups = groups(&sources, None, &remote(workspace, None)?)?;
        let provider = groups.first().map(|group| group.provider.as_ref());
        let provider = provider.ok_or_else(|| Error::usage("no model to judge").hint("name one: --judge MODEL"))?;
        for run in &self.runs {
            self.judge_run(run, &reviewer, provider, sink)?;
        }
        refresh(workspace, &self.runs, sink)
    }

    /// Judges the answers of one run that this judge has not judged.
    fn judge_run(&self, run: &Run, reviewer: &Reviewer, provider: &dyn Provider, sink: &dyn Sink) -> Result<()> {
        let options = Assignment { split: self.split, limit: self.limit, ..Assignment::all(&reviewer.name) };
        let (sheet, key) = assign(&[run], &options)?;
        let cases = key.origins.clone();
        let mut session = Session::open(&self.reports, sheet.clone(), key, reviewer)?;
        let (before, state) = (session.progress(), session.state());
        let open = |answer: &Text| state.iter().any(|saved| saved.answer == answer.id && !saved.done);
        let questions = sheet.answers().filter(|(_, answer)| open(answer)).map(|(item, answer)| Question {
            answer,
            turns: vec![Message::new(Role::User, review::judge_prompt(item, answer))],
        });
        let id = run.manifest.id.as_str();
        sink.tell(Event::Judge(Judging::Started { run: id, before }));
        let errors = Bench { provider, session: &mut session, sink }.judge(questions.collect())?;
        for Failure { question, error, .. } in &errors {
            let case = cases.get(&question.answer.id).map_or("", |origin| &origin.case);
            sink.tell(Event::Judge(Judging::Failed { case, error }));
        }
        let progress = session.progress();
        sink.tell(Event::Judge(Judging::Ended { run: id, judge: &reviewer.name, progress }));
        match progress {
            Progress { done: 0, .. } => Err(Error::model("the judge gave no points that could be read")
                .hint("small models rarely can; name a larger one, such as --judge openai:URL#model")),
            _ => Ok(()),
        }
    }
}

/// One answer put to the judge, with what was said about it so far.
struct Question<'a> {
    answer: &'a Text,
    turns: Vec<Message>,
}

/// A question without an opinion.
struct Failure<'a> {
    question: Question<'a>,
    /// What the judge wrote instead; `None` where it could not be asked.
    said: Option<String>,
    error: Error,
}

struct Bench<'a> {
    provider: &'a dyn Provider,
    session: &'a mut Session,
    sink: &'a dyn Sink,
}

impl Bench<'_> {
    /// Every question, and once more those that were not answered with points. What fails twice comes back.
    fn judge<'q>(&mut self, questions: Vec<Question<'q>>) -> Result<Vec<Failure<'q>>> {
        let (mut failed, mut again) = (Vec::new(), Vec::new());
        for failure in self.ask(questions)? {
            match failure.said {
                Some(said) => {
                    let mut question = failure.question;
                    question.turns.push(Message::new(Role::Assistant, said));
                    question.turns.push(Message::new(Role::User, review::ASK_AGAIN));
                    again.push(question);
                }
                None => failed.push(failure),
            }
        }
        failed.extend(self.ask(again)?);
        Ok(failed)
    }

    /// Asks, and records each opinion when it is there.
    fn ask<'q>(&mut self, questions: Vec<Question<'q>>) -> Result<Vec<Failure<'q>>> {
        let sampling = Sampling { max_tokens: LONGEST_ANSWER, ..Sampling::default() };
        let request = |(id, question): (usize, &Question)| Request {
            id,
            version: 0,
            messages: question.turns.clone(),
            task: Task::Write { weighed: Vec::new() },
            sampling: sampling.clone(),
        };
        let requests = questions.iter().enumerate().map(request).collect();
        let mut failures: BTreeMap<usize, (Option<String>, Error)> = BTreeMap::new();
        let mut broken = None;
        let asked = self.provider.answer(requests, &mut |event| {
            match event {
                provider::Event::Tokens(tokens) => self.sink.tell(Event::Judge(Judging::Tokens(tokens))),
                provider::Event::Weighed { .. } => {} // a judge only writes
                provider::Event::Note(note) => self.sink.tell(Event::Note(note)),
                provider::Event::Done { id, answer } => match self.take(questions.get(id), answer) {
                    Ok(None) => self.sink.tell(Event::Judge(Judging::Judged)),
                    Ok(Some(failure)) => _ = failures.insert(id, failure),
                    Err(error) => broken = Some(error),
                },
            }
            if broken.is_some() || self.sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let kept = "every judgement so far is kept; the same command goes on from here";
        if self.sink.stopped() {
            return Err(Error::new(Kind::Interrupted, "stopped").hint(kept));
        }
        if let Some(error) = broken.or(asked.err()) {
            let join = |hint: String| format!("{hint}{} {kept}", if hint.ends_with('?') { "" } else { ";" });
            let hint = error.hint.clone().map_or(kept.to_string(), join);
            return Err(error.hint(hint));
        }
        let failed = questions.into_iter().enumerate().filter_map(|(id, question)| {
            let (said, error) = failures.remove(&id)?;
            Some(Failure { question, said, error })
        });
        Ok(failed.collect())
    }

    /// Records an opinion; what is none comes back, with what was written instead.
    fn take(&mut self, question: Option<&Question>, answer: Result<Answer>) -> Result<Option<(Option<String>, Error)>> {
        let Some(question) = question else { return Ok(None) };
        let written = match answer {
            Ok(answer) => answer.text,
            Err(error) => return Ok(Some((None, error))),
        };
        match review::opinion(&written) {
            Ok(opinion) => {
                let answer = question.answer.id.clone();
                let (points, comment) = (opinion.points, opinion.comment);
                self.session.rate(&Draft { answer, points, comment, done: true, ..Draft::default() })?;
                Ok(None)
            }
            Err(error) => Ok(Some((Some(written), error))),
        }
    }
}
