//! `pmtune eval`: answer, compare where there are two, and close with the gate where it was asked for.

use super::console::Console;
use super::device::DeviceArgs;
use super::gate::{self, EvalGateArgs};
use super::programs::ProgramsArgs;
use super::typed::{PartArgs, SamplingArgs, file};
use super::{interrupt, out, show};
use crate::compare::Outcomes;
use crate::report;
use crate::run::{Filter, Run, Shard};
use crate::work::gate::Contenders;
use crate::work::{self, EvaluateOptions, Subject};
use crate::workspace::Workspace;
use engine::error::{Error, Result};
use engine::store;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "A MODEL is v2 (of the workspace's line), a full name, primary, base, auto (which asks, case\n\
                        by case, the version that models/routes.yaml names), a path to a .gguf,\n\
                        hub:org/repo[:file], or openai:URL#model (the key from PMTUNE_API_KEY or\n\
                        OPENAI_API_KEY), which `label=` before it gives a name of yours.\n\n\
                        Examples:\n  pmtune eval --compare v1 v2\n  pmtune eval --compare v1 v2 --until-settled\n  \
                        pmtune eval --compare base v1 v2 v3\n  pmtune eval --compare v2 auto\n  \
                        pmtune eval v2 --suite format-consistency --limit 5\n  \
                        pmtune eval openai:http://127.0.0.1:1234/v1#qwen2.5\n  \
                        pmtune eval --concurrency 32 big=openai:https://host/v1#m\n  pmtune eval v2 --shard 3/8\n  pmtune eval --resume RUN\n  \
                        pmtune eval --rescore RUN\n  pmtune eval v2 --csv results.csv --json results.json")]
pub struct EvalArgs {
    /// The version to evaluate (default: primary).
    #[arg(value_name = "MODEL", conflicts_with = "compare")]
    pub model: Option<String>,
    /// Evaluate the versions and compare: the one before, then the one after. With more than two, each is held against the
    /// first, in one table.
    #[arg(long, num_args = 2.., value_names = ["BEFORE", "AFTER"])]
    pub compare: Option<Vec<String>>,
    #[command(flatten)]
    pub part: PartArgs,
    #[command(flatten)]
    pub filter: FilterArgs,
    /// Ask both versions the held-out cases in random order, and stop as soon as the question is settled or the cases
    /// left would hardly settle it. Intervals are those that hold whenever asking stops.
    #[arg(long, requires = "compare", conflicts_with_all = ["gate", "limit", "failing"])]
    pub until_settled: bool,
    /// Ask one machine's part of the cases only: 3/8 is the third of eight. The same command on every machine but for the
    /// number; `pmtune runs merge` joins the runs.
    #[arg(long, value_name = "N/OF", conflicts_with_all = ["compare", "gate", "resume", "rescore"])]
    pub shard: Option<Shard>,
    /// Finish this run instead of starting one.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["model", "compare", "rescore"])]
    pub resume: Option<String>,
    /// Judge the answers of this run again with today's checks, without generating.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["model", "compare"])]
    pub rescore: Option<String>,
    /// Generate every answer anew, also where an earlier run holds the same one.
    #[arg(long)]
    pub no_cache: bool,
    /// Take an endpoint's answers from earlier runs too. You say that the model behind it has not changed since.
    #[arg(long, conflicts_with = "no_cache")]
    pub reuse_answers: bool,
    /// Requests under way at an endpoint at the same time, 1 to 256 (default: `endpoint.concurrency`, else 4).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    /// Compare even where suites, checks or sampling differ; the report says so.
    #[arg(long)]
    pub allow_differences: bool,
    /// Print all of a comparison: both halves, criteria and the cases that changed.
    #[arg(long, requires = "compare")]
    pub full: bool,
    #[command(flatten)]
    pub sampling: SamplingArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
    #[command(flatten)]
    pub programs: ProgramsArgs,
    /// Also write every answer's result, or with --compare every case of both versions, into this file, for spreadsheets.
    #[arg(long, value_name = "FILE", value_parser = file)]
    pub csv: Option<PathBuf>,
    #[command(flatten)]
    pub gate: EvalGateArgs,
}

#[derive(Debug, clap::Args)]
pub struct FilterArgs {
    /// Only cases whose id contains this text.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Only cases with one of these tags (may be repeated).
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<String>,
    /// Only cases that failed or broke in this run.
    #[arg(long, value_name = "RUN")]
    pub failing: Option<String>,
    /// Only the first N cases of those left.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

pub fn run(workspace: &Workspace, args: &EvalArgs) -> Result<()> {
    interrupt::listen();
    if args.gate.outputs.any_but_json() && !args.gate.gate {
        return Err(Error::usage("files of the gate were asked for, but not the gate").hint("add --gate"));
    }
    refuse_several(args)?;
    match work::evaluate(workspace, &options(args), &Console::new())?.as_slice() {
        [a, b] => {
            let runs = Outcomes { a: &a.run, b: &b.run };
            let compared = work::compare(workspace, runs, args.allow_differences, &Console::new())?;
            show::comparison(&compared, args.full);
            show::table(args.csv.as_deref(), || report::comparison_csv([&compared.comparison]), false)?;
            results(args, &[&a.run, &b.run], json!({"comparison": compared.comparison}))?;
            then_gate(workspace, &b.run, Some(&a.run), args)
        }
        [evaluated] => {
            show::run(evaluated);
            show::table(args.csv.as_deref(), || report::run_csv(&[&evaluated.run]), false)?;
            results(args, &[&evaluated.run], json!({"comparison": null}))?;
            then_gate(workspace, &evaluated.run, None, args)
        }
        [] => Err(Error::usage("nothing to evaluate")),
        several => {
            let runs: Vec<&Run> = several.iter().map(|evaluated| &evaluated.run).collect();
            let compared = work::compare_several(workspace, &runs, args.allow_differences, &Console::new())?;
            show::comparisons(&compared, args.full);
            let cases = || report::comparison_csv(compared.each.iter().map(|one| &one.comparison));
            show::table(args.csv.as_deref(), cases, false)?;
            results(args, &runs, json!({"comparisons": compared.several}))
        }
    }
}

/// What a gate and early stopping cannot do with more than two versions.
fn refuse_several(args: &EvalArgs) -> Result<()> {
    let several = args.compare.as_ref().is_some_and(|names| names.len() > 2);
    if several && args.gate.gate {
        return Err(Error::usage("a gate judges one version").hint("name two versions, or leave --gate away"));
    }
    if several && args.until_settled {
        return Err(Error::usage("--until-settled asks two versions").hint("name two, or leave the flag away"));
    }
    Ok(())
}

/// Without a gate, `--json` is for the results.
fn results(args: &EvalArgs, runs: &[&Run], compared: Value) -> Result<()> {
    let Some(file) = args.gate.outputs.json.as_deref().filter(|_| !args.gate.gate) else { return Ok(()) };
    let runs: Vec<serde_json::Value> = runs.iter().map(|run| report::run_json(run)).collect();
    let mut results = serde_json::Map::from_iter([("runs".to_string(), runs.into())]);
    results.extend(compared.as_object().cloned().unwrap_or_default());
    let text = out::as_json(&results)?;
    store::replace(file, (text + "\n").as_bytes())?;
    out::line(format!("Results: {}", out::path(file)));
    Ok(())
}

fn then_gate(workspace: &Workspace, candidate: &Run, baseline: Option<&Run>, args: &EvalArgs) -> Result<()> {
    if !args.gate.gate {
        return Ok(());
    }
    out::line("");
    let found = Contenders { candidate: candidate.clone(), baseline: baseline.cloned(), remarks: Vec::new() };
    gate::judge(workspace, &found, args.allow_differences, &args.gate.outputs)
}

fn options(args: &EvalArgs) -> EvaluateOptions {
    let FilterArgs { filter, tag, failing, limit } = &args.filter;
    EvaluateOptions {
        subject: subject(args),
        filter: Filter {
            ids: filter.iter().cloned().collect(),
            tags: tag.clone(),
            limit: *limit,
            ..args.part.filter()
        },
        failing: failing.clone(),
        until_settled: args.until_settled,
        shard: args.shard,
        reuse: !args.no_cache,
        reuse_endpoints: args.reuse_answers,
        concurrency: args.concurrency.map(usize::from),
        device: args.device.choice(),
        allow_commands: args.programs.allow_commands,
        sampling: args.sampling.options(),
    }
}

fn subject(args: &EvalArgs) -> Subject {
    let model = args.model.clone().unwrap_or_else(|| "primary".to_string());
    match (&args.rescore, &args.resume, args.compare.as_deref()) {
        (Some(run), ..) => Subject::Rescore(run.clone()),
        (_, Some(run), _) => Subject::Resume(run.clone()),
        (.., Some([before, after])) => Subject::Pair([before.clone(), after.clone()]),
        (.., Some(several)) => Subject::Several(several.to_vec()),
        _ if args.gate.gate => Subject::Gated { model, against: args.gate.against.clone() },
        _ => Subject::One(model),
    }
}
