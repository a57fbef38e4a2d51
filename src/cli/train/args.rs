//! The flags of `pmtune train`.

use crate::cli::device::DeviceArgs;
use crate::work::train::TrainOptions;
use engine::chat::LentTemplate;
use engine::train::{Preset, Schedule, TooLong, TrainSettings};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(after_help = "Every number may also stand under `train:` in pmtune.yaml; a flag comes before it.\n\n\
                        Examples:\n  pmtune train\n  pmtune train --dry-run --explain\n  \
                        pmtune train --preset documents --data training-data/prds\n  \
                        pmtune train --from v1 --data training-data/company\n  pmtune train --base gemma3-270m --template gemma\n  pmtune train --resume")]
pub struct TrainArgs {
    #[command(flatten)]
    pub material: MaterialArgs,
    /// Go on from this version's adapter, with its base and prompt settings.
    #[arg(long, value_name = "MODEL")]
    pub from: Option<String>,
    /// The base to train on (default: that of pmtune.yaml).
    #[arg(long, value_name = "BASE", conflicts_with = "from")]
    pub base: Option<String>,
    /// The new version's name (default: the next number of the workspace's line).
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The chat template for a base that brings none (default: the one its tokenizer was made for).
    #[arg(long, value_name = "NAME")]
    pub template: Option<TemplateArg>,
    #[command(flatten)]
    pub recipe: RecipeArgs,
    /// Go on with an unfinished training, as it was begun.
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "",
          conflicts_with_all = ["data", "held_out", "from", "base", "name", "system", "template", "no_inherit", "recipe"])]
    pub resume: Option<String>,
    #[command(flatten)]
    pub device: DeviceArgs,
    /// Print every parameter in words first, with where it comes from.
    #[arg(long)]
    pub explain: bool,
    /// Only say what would be trained, and what memory and time it would take.
    #[arg(long)]
    pub dry_run: bool,
}

/// What a version is trained on and with, besides the recipe.
#[derive(Debug, clap::Args)]
pub struct MaterialArgs {
    /// Train on this file or folder (may be repeated; default: `train.data` in pmtune.yaml, else training-data/).
    #[arg(long, value_name = "PATH")]
    pub data: Vec<PathBuf>,
    /// Validate on this file or folder rather than on a tenth of the data (may be repeated).
    #[arg(long = "validation", alias = "held-out", value_name = "PATH")]
    pub held_out: Vec<PathBuf>,
    /// The system prompt that the new version is trained and used with.
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,
    /// Leave the system prompt, worked examples and sampling of the version before away.
    #[arg(long)]
    pub no_inherit: bool,
}

#[derive(Debug, clap::Args)]
#[group(id = "recipe", multiple = true)]
pub struct RecipeArgs {
    /// The guide's numbers for a kind of text.
    #[arg(long)]
    pub preset: Option<PresetArg>,
    /// How much the adapter can take in.
    #[arg(long, value_name = "N")]
    pub rank: Option<usize>,
    /// How strongly the adapter acts (default: twice the rank).
    #[arg(long, value_name = "X")]
    pub alpha: Option<f64>,
    /// The share of the adapter's input that is blanked out in training.
    #[arg(long, value_name = "SHARE")]
    pub dropout: Option<f64>,
    /// The layers that get an adapter, such as q_proj,v_proj (default: all linear ones).
    #[arg(long, value_name = "LAYERS", value_delimiter = ',')]
    pub targets: Vec<String>,
    /// Scale by the rank's square root, for ranks of 64 and more.
    #[arg(long)]
    pub rslora: bool,
    /// How far each step moves the model, at its peak.
    #[arg(long, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// How the learning rate falls after its peak.
    #[arg(long)]
    pub schedule: Option<ScheduleArg>,
    /// The share of all steps over which the rate rises.
    #[arg(long, value_name = "SHARE")]
    pub warmup: Option<f64>,
    /// How often every example is seen.
    #[arg(long, value_name = "N")]
    pub epochs: Option<usize>,
    /// Examples per step.
    #[arg(long, value_name = "N")]
    pub batch_size: Option<usize>,
    /// The longest example, in tokens.
    #[arg(long, value_name = "N")]
    pub context_length: Option<usize>,
    /// What happens to a longer example.
    #[arg(long)]
    pub too_long: Option<TooLongArg>,
    /// How strongly weights are drawn to zero.
    #[arg(long, value_name = "X")]
    pub weight_decay: Option<f64>,
    /// The largest norm of a step's gradient.
    #[arg(long, value_name = "NORM")]
    pub clip: Option<f64>,
    /// Epochs without a better held-out loss before training ends.
    #[arg(long, value_name = "N")]
    pub patience: Option<usize>,
    /// Where randomness starts from.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum TemplateArg {
    /// <|im_start|>user, as Qwen and SmolLM2 have it.
    Chatml,
    /// <start_of_turn>user, as Gemma has it.
    Gemma,
    /// <|start_header_id|>user<|end_header_id|>, as Llama 3 has it.
    Llama3,
    /// ### Instruction: in plain words; fits every base.
    Alpaca,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum PresetArg {
    /// Long, structured texts: PRDs, specifications.
    Documents,
    /// Short, varied texts: e-mails, updates.
    Communications,
    /// A bit of everything.
    Balanced,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ScheduleArg {
    Cosine,
    Linear,
    Constant,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum TooLongArg {
    /// Leave it out.
    Skip,
    /// Cut its answer.
    Truncate,
}

impl From<TemplateArg> for LentTemplate {
    fn from(template: TemplateArg) -> Self {
        match template {
            TemplateArg::Chatml => Self::Chatml,
            TemplateArg::Gemma => Self::Gemma,
            TemplateArg::Llama3 => Self::Llama3,
            TemplateArg::Alpaca => Self::Alpaca,
        }
    }
}

impl From<PresetArg> for Preset {
    fn from(preset: PresetArg) -> Self {
        match preset {
            PresetArg::Documents => Self::Documents,
            PresetArg::Communications => Self::Communications,
            PresetArg::Balanced => Self::Balanced,
        }
    }
}

impl From<ScheduleArg> for Schedule {
    fn from(schedule: ScheduleArg) -> Self {
        match schedule {
            ScheduleArg::Cosine => Self::Cosine,
            ScheduleArg::Linear => Self::Linear,
            ScheduleArg::Constant => Self::Constant,
        }
    }
}

impl From<TooLongArg> for TooLong {
    fn from(too_long: TooLongArg) -> Self {
        match too_long {
            TooLongArg::Skip => Self::Skip,
            TooLongArg::Truncate => Self::Truncate,
        }
    }
}

impl TrainArgs {
    pub fn options(&self) -> TrainOptions {
        TrainOptions {
            from: self.from.clone(),
            base: self.base.clone(),
            name: self.name.clone(),
            template: self.template.map(Into::into),
            recipe: self.recipe.settings(),
            device: self.device.choice(),
            ..self.material.options()
        }
    }
}

impl MaterialArgs {
    /// All that is said here, and nothing else.
    pub fn options(&self) -> TrainOptions {
        TrainOptions {
            data: self.data.clone(),
            held_out: self.held_out.clone(),
            system: self.system.clone(),
            no_inherit: self.no_inherit,
            ..TrainOptions::default()
        }
    }
}

impl RecipeArgs {
    pub fn settings(&self) -> TrainSettings {
        TrainSettings {
            preset: self.preset.map(Into::into),
            rank: self.rank,
            alpha: self.alpha,
            dropout: self.dropout,
            targets: (!self.targets.is_empty()).then(|| self.targets.clone()),
            rslora: self.rslora.then_some(true),
            learning_rate: self.learning_rate,
            schedule: self.schedule.map(Into::into),
            warmup: self.warmup,
            epochs: self.epochs,
            batch_size: self.batch_size,
            context_length: self.context_length,
            too_long: self.too_long.map(Into::into),
            weight_decay: self.weight_decay,
            clip: self.clip,
            patience: self.patience,
            seed: self.seed,
        }
    }
}
