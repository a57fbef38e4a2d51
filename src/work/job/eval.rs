//! An evaluation as a job for vLLM: every question of every version on a line of one batch.

use super::asked::{in_words, model, subject};
use super::probe::{self, Probed};
use crate::base::BaseName;
use crate::job::{Answerer, BaseThere, Draft, Questions, Sheet, Task, Weights, vllm};
use crate::provider::BatchLine;
use crate::registry::{self, Origin};
use crate::run::{self, Engine, Filter, Plan, VersionRef};
use crate::work::contestants::contestants;
use crate::work::evaluate::{set_apart, suites};
use crate::work::event::Sink;
use crate::work::sources::Source;
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::generate::SamplingOptions;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// An evaluation for elsewhere, resolved.
#[derive(Debug, Clone, Default)]
pub struct EvaluationOptions {
    /// As a person names them: `v2`, `base`. All over one base.
    pub versions: Vec<String>,
    pub filter: Filter,
    /// Laid over what the versions say.
    pub sampling: SamplingOptions,
    /// Where the engine finds the base's full-precision weights, if not where this program knows them.
    pub hub_base: Option<String>,
    pub output: PathBuf,
}

/// What lies in the folder.
#[derive(Debug, Clone)]
pub struct WrittenEvaluation {
    pub folder: PathBuf,
    pub engine: Engine,
    pub weights: Weights,
    pub versions: Vec<String>,
    pub cases: usize,
    pub lines: usize,
    /// Cases that only likelihoods could answer.
    pub left_out: Vec<String>,
    /// Versions of which silent answers of the base could not be told.
    pub unprobed: Vec<String>,
}

/// What computes in a job's place.
pub(super) fn engine() -> Engine {
    Engine { name: vllm::name(), dtype: Some(vllm::DTYPE.to_string()) }
}

/// Writes the job. The versions are asked a few questions here, so that an engine which leaves their adapters away is
/// found out.
///
/// # Errors
/// Mistakes in the suites; no such version, or versions over different bases; no case is left that words can answer;
/// nobody knows the base's full-precision weights; the folder is there already.
pub fn write_evaluation(
    workspace: &Workspace,
    options: &EvaluationOptions,
    sink: &dyn Sink,
) -> Result<WrittenEvaluation> {
    let mut draft = Draft::begin(&options.output)?;
    let mut suites = suites(workspace, &options.filter.suites, sink)?;
    set_apart(workspace, &mut suites, sink);
    let (suites, left_out) = in_words(run::select(&suites, &options.filter)?);
    if suites.is_empty() {
        return Err(Error::usage("no case is left that words can answer: all weigh choices or references")
            .hint("evaluate those here, or on several machines: --engine ray, slurm, kubernetes, github or gitlab"));
    }
    let (versions, sources) = contestants(workspace, &subject(&options.versions)?, &options.sampling, &suites, sink)?;
    let called = called(&options.versions, &versions);
    let base = one_base(&versions, &sources)?;
    let base_name = base_of(workspace, &called[0])?;
    let weights = Weights::of(&base_name, options.hub_base.as_deref())?;
    let template = base.open()?.chat.template().map(str::to_string).unwrap_or_default();
    let plans: Vec<Plan> =
        versions.iter().map(|version| Plan::new(version.clone(), &suites).on(Some(engine()))).collect();
    let mut batch = Lines::default();
    for plan in &plans {
        for item in &plan.items {
            let request = plan.request(item, 0, 0);
            batch.add(&BatchLine::new(model(&plan.version), &request.messages, &request.sampling));
        }
    }
    let probed = probe::ask(workspace, &plans, &sources, sink)?;
    probed.iter().flat_map(|probed| &probed.lines).for_each(|line| batch.add(line));
    let modules = modules(&versions, &sources);
    vllm::write(&mut draft, &weights, &modules, &template, &batch.text)?;
    let unprobed = unprobed(&versions, &probed);
    let answerer = |((called, version), probed): ((&String, &VersionRef), Probed)| Answerer {
        called: called.clone(),
        version: version.clone(),
        probes: probed.probes,
    };
    let questions = Questions {
        versions: called.iter().zip(&versions).zip(probed).map(answerer).collect(),
        cases: plans[0].case_list(),
        left_out: left_out.clone(),
        sampling: options.sampling.clone(),
        lines: batch.ids.len(),
    };
    let there = BaseThere {
        name: base_name.to_string(),
        sha256: base.sha256.clone(),
        template: base.template,
        weights: weights.clone(),
    };
    let cases = questions.cases.len();
    draft.finish(Sheet::new(engine(), there, Task::Eval(Box::new(questions))))?;
    Ok(WrittenEvaluation {
        folder: options.output.clone(),
        engine: engine(),
        weights,
        versions: versions.into_iter().map(|version| version.name).collect(),
        cases,
        lines: batch.ids.len(),
        left_out,
        unprobed,
    })
}

/// The lines of a batch, equal questions once.
#[derive(Default)]
struct Lines {
    ids: BTreeSet<String>,
    text: String,
}

impl Lines {
    fn add(&mut self, line: &BatchLine) {
        if self.ids.insert(line.id.clone()) {
            self.text += &line.text();
            self.text.push('\n');
        }
    }
}

/// What the versions are called in a later import: as they were typed, but that another may be primary by then.
fn called(typed: &[String], versions: &[VersionRef]) -> Vec<String> {
    let one = |(typed, version): (&String, &VersionRef)| match typed.as_str() {
        "primary" => version.name.clone(),
        _ => typed.clone(),
    };
    typed.iter().zip(versions).map(one).collect()
}

fn one_base<'a>(versions: &[VersionRef], sources: &'a [Source]) -> Result<&'a crate::base::Base> {
    let mut bases = sources.iter().zip(versions).map(|(source, version)| {
        source.base().ok_or_else(|| {
            Error::usage(format!("{} is not on this computer", version.name)).hint("name versions of this workspace")
        })
    });
    let first = bases.next().unwrap_or_else(|| Err(Error::usage("there is no version to ask")))?;
    for base in bases {
        if *base? != *first {
            return Err(Error::usage(
                "these versions stand on different bases or chat templates, and an engine holds one of each",
            )
            .hint("write a job for each"));
        }
    }
    Ok(first)
}

/// What people call the base of a version.
fn base_of(workspace: &Workspace, version: &str) -> Result<BaseName> {
    match registry::resolve(workspace, version)?.origin {
        Origin::Local { base, .. } => Ok(base),
        Origin::Endpoint(url) => {
            Err(Error::usage(format!("{url} is not on this computer")).hint("name versions of this workspace"))
        }
    }
}

fn modules<'a>(versions: &'a [VersionRef], sources: &'a [Source]) -> Vec<vllm::Module<'a>> {
    let module = |(version, source): (&'a VersionRef, &'a Source)| match source {
        Source::Local { adapter: Some(folder), .. } => Some(vllm::Module { name: &version.name, folder }),
        _ => None,
    };
    versions.iter().zip(sources).filter_map(module).collect()
}

/// Versions with an adapter that answered every question here as their base does.
fn unprobed(versions: &[VersionRef], probed: &[Probed]) -> Vec<String> {
    let blind = |(version, probed): &(&VersionRef, &Probed)| version.adapter.is_some() && probed.probes.is_empty();
    versions.iter().zip(probed).filter(blind).map(|(version, _)| version.name.clone()).collect()
}
