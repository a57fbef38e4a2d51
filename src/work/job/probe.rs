//! Whether an engine uses the adapters it was given: questions that a version answers here otherwise than its base does. Some
//! engines pass over an adapter whose layers they do not know and answer with the base, without a word.

use super::asked::model;
use crate::job::{Answerer, Probe, vllm};
use crate::provider::{BatchLine, Event as Told, Local, Provider, Replies, Request, Task};
use crate::run::Plan;
use crate::training_data;
use crate::work::event::Sink;
use crate::work::sources::Source;
use crate::workspace::Workspace;
use engine::chat::{Message, Role};
use engine::error::{Error, Kind, Result};
use engine::generate::Sampling;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Questions tried, and those that are kept of them.
const TRIED: usize = 8;
const KEPT: usize = 4;
/// A few words tell two models apart.
const TOKENS: usize = 24;

/// One version's probes with their lines.
#[derive(Default)]
pub(super) struct Probed {
    pub probes: Vec<Probe>,
    pub lines: Vec<BatchLine>,
}

/// Asks the base and every version with an adapter the same few questions, and keeps those that they answer differently.
///
/// # Errors
/// The base or an adapter cannot be loaded; `Interrupted`.
pub(super) fn ask(workspace: &Workspace, plans: &[Plan], sources: &[Source], sink: &dyn Sink) -> Result<Vec<Probed>> {
    let mut all: Vec<Probed> = plans.iter().map(|_| Probed::default()).collect();
    let adapters: Vec<_> = std::iter::once(None)
        .chain(sources.iter().map(|source| match source {
            Source::Local { adapter, .. } => adapter.clone(),
            _ => None,
        }))
        .collect();
    let Some(base) = sources.first().and_then(Source::base).filter(|_| adapters.iter().any(Option::is_some)) else {
        return Ok(all);
    };
    let prompts = prompts(workspace, plans);
    let local = Local::new(base.open()?, &adapters)?;
    for (at, plan) in plans.iter().enumerate().filter(|(at, _)| adapters[at + 1].is_some()) {
        let questions: Vec<Vec<Message>> = prompts
            .iter()
            .map(|prompt| plan.version.opening().into_iter().chain([Message::new(Role::User, prompt)]).collect())
            .collect();
        let answers = greedy(&local, [0, at + 1], &questions, sink)?;
        for (question, messages) in questions.iter().enumerate() {
            let of = |version: usize| answers.get(&(version, question));
            let differ = of(0).zip(of(at + 1)).is_some_and(|(base, version)| base != version);
            if differ && all[at].probes.len() < KEPT {
                let [base, version] =
                    [vllm::BASE, model(&plan.version)].map(|model| BatchLine::new(model, messages, &sampling()));
                all[at].probes.push(Probe { version: version.id.clone(), base: base.id.clone() });
                all[at].lines.extend([base, version]);
            }
        }
    }
    Ok(all)
}

fn sampling() -> Sampling {
    Sampling { max_tokens: TOKENS, ..Sampling::default() }
}

/// Spread over the training data, on which adapters differ most; else over the suites.
fn prompts(workspace: &Workspace, plans: &[Plan]) -> Vec<String> {
    let folder = workspace.training_data();
    let read = folder.is_dir().then(|| training_data::readable(&[folder]).ok()).flatten();
    let mut all: Vec<String> =
        read.map(|(examples, _)| examples.iter().map(|one| one.first().prompt()).collect()).unwrap_or_default();
    if all.is_empty() {
        all = plans.first().map(|plan| plan.cases.iter().map(|case| case.prompt.clone()).collect()).unwrap_or_default();
    }
    let step = all.len().div_ceil(TRIED).max(1);
    all.into_iter().step_by(step).collect()
}

/// The likeliest answers, by version and question; a question that cannot be asked has none.
fn greedy(
    local: &Local,
    versions: [usize; 2],
    questions: &[Vec<Message>],
    sink: &dyn Sink,
) -> Result<BTreeMap<(usize, usize), String>> {
    let asked: Vec<(usize, usize)> =
        versions.iter().flat_map(|version| (0..questions.len()).map(move |question| (*version, question))).collect();
    let request = |(id, (version, question)): (usize, &(usize, usize))| Request {
        id,
        version: *version,
        messages: questions[*question].clone(),
        task: Task::Write { weighed: Vec::new() },
        sampling: sampling(),
    };
    let requests = asked.iter().enumerate().map(request).collect();
    let mut answers = BTreeMap::new();
    local.answer(requests, &mut |event| {
        if let Told::Done { id, answer: Ok(answer) } = event {
            answers.insert(asked[id], answer.text);
        }
        if sink.stopped() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    match sink.stopped() {
        true => Err(Error::new(Kind::Interrupted, "stopped; no job was written")),
        false => Ok(answers),
    }
}

/// What a version's probes came to elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It has none, or none of them was answered on both sides.
    Unknown,
    Used,
    /// So many of so many were answered as the base answers them.
    Passed {
        same: usize,
        of: usize,
    },
}

/// Half of the questions may be answered alike: an engine rounds otherwise than this program. An adapter that is passed over
/// makes nearly all of them alike.
pub(super) fn look(answerer: &Answerer, replies: &Replies) -> Found {
    let pairs = answerer.probes.iter().filter_map(|probe| replies.text(&probe.version).zip(replies.text(&probe.base)));
    let (mut same, mut of) = (0, 0);
    for (version, base) in pairs {
        of += 1;
        same += usize::from(version == base);
    }
    match of {
        0 => Found::Unknown,
        of if 2 * same > of => Found::Passed { same, of },
        _ => Found::Used,
    }
}
