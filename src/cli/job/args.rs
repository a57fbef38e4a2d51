//! The flags of `pmtune job`.

use crate::cli::programs::ProgramsArgs;
use crate::cli::train::{MaterialArgs, RecipeArgs};
use crate::cli::typed::{Half, PartArgs, SamplingArgs};
use crate::work::job::{Cluster, EvaluationOptions, ImportOptions, ShardsOptions, Specialist, TrainingOptions};
use crate::work::train::TrainOptions;
use engine::error::{Error, Result};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "pmtune writes a folder, an existing engine runs it on another machine, and pmtune\n\
                        takes back what came of it: `pmtune guide past-one-machine` says when and how.\n\n\
                        Examples:\n  pmtune job train -o job\n  \
                        pmtune job train prds-v1=training-data/prds updates-v1=training-data/updates -o job\n  \
                        pmtune job eval base v2 v3 -o job\n  \
                        pmtune job eval v3 --engine slurm --shards 16 -o cluster\n  pmtune job import job")]
pub struct JobArgs {
    #[command(subcommand)]
    pub command: JobCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum JobCommand {
    /// Write a training as a folder for TRL: one version, or several specialists.
    Train(Box<TrainJobArgs>),
    /// Write an evaluation as a batch for vLLM, or as what starts its shards on a cluster.
    Eval(Box<EvalJobArgs>),
    /// Take in what came of a job: versions, or runs.
    Import(ImportArgs),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "The data is split and the recipe chosen as `pmtune train` would. The batch of the recipe is\n\
                        divided among the cards, so the steps are the same on one card and on eight.\n\n\
                        Examples:\n  pmtune job train -o job\n  pmtune job train v4 --processes 4 -o job\n  \
                        pmtune job train prds-v1=training-data/prds updates-v1=training-data/updates -o job\n  \
                        pmtune job train --hub-base org/model@revision -o job")]
pub struct TrainJobArgs {
    /// The versions to train, each with what it is trained on if not all the same (default: the next version of the
    /// workspace's line).
    #[arg(value_name = "NAME[=PATH,PATH]")]
    pub versions: Vec<String>,
    /// Who runs it.
    #[arg(long, default_value = "trl")]
    pub engine: TrainEngine,
    /// The folder to write.
    #[arg(short, long, value_name = "FOLDER")]
    pub output: PathBuf,
    /// Cards that share a step, on one machine.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub processes: usize,
    /// Examples that a card takes at once (default: all of its share of a step).
    #[arg(long, value_name = "N")]
    pub per_device: Option<usize>,
    /// The base's full-precision weights: on the hub, or a folder that `pmtune export base --format hf` wrote.
    #[arg(long, value_name = "ID[@REV]|FOLDER")]
    pub hub_base: Option<String>,
    /// The base to train on (default: that of pmtune.yaml).
    #[arg(long, value_name = "BASE")]
    pub base: Option<String>,
    #[command(flatten)]
    pub material: MaterialArgs,
    #[command(flatten)]
    pub recipe: RecipeArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum TrainEngine {
    /// Hugging Face's TRL, by accelerate or torchrun.
    Trl,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "vllm answers one batch for all versions, each by its adapter. The other engines start pmtune\n\
                        itself on many machines, each with its shard of the cases.\n\n\
                        Cases whose choices or references are weighed rather than written are left out of a batch,\n\
                        and named: a chat completion does not tell how likely a given text was.\n\n\
                        Examples:\n  pmtune job eval base v2 v3 -o job\n  \
                        pmtune job eval v3 --suite user-stories -o job\n  pmtune job eval --missing job\n  \
                        pmtune job eval v3 --engine ray --shards 16 -o cluster"
)]
pub struct EvalJobArgs {
    /// The versions to ask, all over one base: v2, base, a full name.
    #[arg(value_name = "VERSION", required_unless_present = "missing")]
    pub versions: Vec<String>,
    /// Who answers, or who starts the shards.
    #[arg(long, default_value = "vllm")]
    pub engine: EvalEngine,
    /// The folder to write.
    #[arg(short, long, value_name = "FOLDER", required_unless_present = "missing")]
    pub output: Option<PathBuf>,
    /// Into how many shards the cases are divided, one for each machine.
    #[arg(long, value_name = "N")]
    pub shards: Option<usize>,
    /// The base's full-precision weights: on the hub, or a folder that `pmtune export base --format hf` wrote.
    #[arg(long, value_name = "ID[@REV]|FOLDER")]
    pub hub_base: Option<String>,
    /// Write a batch of what this job still lacks, into its folder.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["versions", "output", "shards", "hub_base"])]
    pub missing: Option<PathBuf>,
    #[command(flatten)]
    pub part: PartArgs,
    #[command(flatten)]
    pub sampling: SamplingArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EvalEngine {
    /// One batch for vLLM's `run-batch`.
    Vllm,
    /// A script for a Ray cluster.
    Ray,
    /// An array job.
    Slurm,
    /// An indexed Job.
    Kubernetes,
    /// A workflow of GitHub Actions.
    Github,
    /// A pipeline of GitLab.
    Gitlab,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "What was sent must have come back as it was; of what the engine wrote in out/, only texts and\n\
                        tensors are used. Exit code 3 where a version was refused or answers are missing; what is\n\
                        whole is taken in all the same.\n\n\
                        Examples:\n  pmtune job import job\n  pmtune job import --finish job"
)]
pub struct ImportArgs {
    /// The folder that came back.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Nothing more will come: count what was not answered as failed, and finish the runs.
    #[arg(long)]
    pub finish: bool,
    #[command(flatten)]
    pub programs: ProgramsArgs,
}

impl TrainJobArgs {
    pub fn options(&self) -> Result<TrainingOptions> {
        let TrainEngine::Trl = self.engine;
        Ok(TrainingOptions {
            train: TrainOptions { base: self.base.clone(), recipe: self.recipe.settings(), ..self.material.options() },
            versions: self.versions.iter().map(|text| specialist(text)).collect::<Result<_>>()?,
            processes: self.processes,
            per_device: self.per_device,
            hub_base: self.hub_base.clone(),
            output: self.output.clone(),
        })
    }
}

/// `NAME`, or `NAME=PATH,PATH`.
fn specialist(text: &str) -> Result<Specialist> {
    let Some((name, paths)) = text.split_once('=') else {
        return Ok(Specialist { name: text.to_string(), data: Vec::new() });
    };
    let data: Vec<PathBuf> = paths.split(',').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    if name.is_empty() || data.is_empty() {
        return Err(Error::usage(format!("`{text}` is no version with its data"))
            .hint("write NAME=PATH, as in prds-v1=training-data/prds"));
    }
    Ok(Specialist { name: name.to_string(), data })
}

impl EvalJobArgs {
    fn output(&self) -> Result<PathBuf> {
        self.output.clone().ok_or_else(|| Error::usage("no folder is named").hint("add --output FOLDER"))
    }

    pub fn options(&self) -> Result<EvaluationOptions> {
        if self.shards.is_some() {
            return Err(Error::usage("vLLM answers all cases in one engine, without shards")
                .hint("leave --shards away, or choose --engine ray, slurm, kubernetes, github or gitlab"));
        }
        Ok(EvaluationOptions {
            versions: self.versions.clone(),
            filter: self.part.filter(),
            sampling: self.sampling.options(),
            hub_base: self.hub_base.clone(),
            output: self.output()?,
        })
    }

    /// Of an engine that starts pmtune itself.
    pub fn shards(&self) -> Result<Option<ShardsOptions>> {
        let cluster = match self.engine {
            EvalEngine::Vllm => return Ok(None),
            EvalEngine::Ray => Cluster::Ray,
            EvalEngine::Slurm => Cluster::Slurm,
            EvalEngine::Kubernetes => Cluster::Kubernetes,
            EvalEngine::Github => Cluster::Github,
            EvalEngine::Gitlab => Cluster::Gitlab,
        };
        let [version] = self.versions.as_slice() else {
            return Err(Error::usage("a shard is asked of one version").hint("write a folder for each version"));
        };
        let of = self.shards.ok_or_else(|| {
            Error::usage("nobody said into how many shards the cases are divided").hint("add --shards 16")
        })?;
        if self.hub_base.is_some() {
            return Err(Error::usage("pmtune answers with its own base there, not with --hub-base"));
        }
        Ok(Some(ShardsOptions { version: version.clone(), cluster, of, flags: self.flags(), output: self.output()? }))
    }

    /// The flags that every shard's `pmtune eval` gets too.
    fn flags(&self) -> Vec<String> {
        let named = |flag: &str, values: &[String]| -> Vec<String> {
            values.iter().flat_map(|value| [flag.to_string(), value.clone()]).collect()
        };
        let one = |flag: &str, value: Option<String>| named(flag, value.as_slice());
        let (part, sampling) = (&self.part, &self.sampling);
        let half = part.split.map(|half| match half {
            Half::Dev => "dev".to_string(),
            Half::HeldOut => "held-out".to_string(),
        });
        [
            named("--suite", &part.suite),
            named("--category", &part.category),
            one("--split", half),
            one("--max-tokens", sampling.max_tokens.map(|n| n.to_string())),
            one("--temperature", sampling.temperature.map(|t| t.to_string())),
            one("--seed", sampling.seed.map(|n| n.to_string())),
        ]
        .concat()
    }
}

impl ImportArgs {
    pub fn options(&self) -> ImportOptions {
        ImportOptions { finish: self.finish, allow_commands: self.programs.allow_commands }
    }
}
