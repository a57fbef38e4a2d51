//! Adapters that another engine trained, taken in one by one: each is held against the recipe, read by our own eyes and
//! measured on our own base before it becomes a version.

use super::lines::sequences;
use super::outcome::{Incoming, Refused};
use crate::base::Base;
use crate::job::{self, Pupil, Sheet, Weights, trl};
use crate::registry::{self, BaseRecord, Entrance, FromJob, Manifest, Stage, Trained};
use crate::share;
use crate::words;
use crate::work::event::{Event, Sink, ensure_base};
use crate::workspace::Workspace;
use engine::chat::Chat;
use engine::error::{Error, Kind, Result};
use engine::files::{Config, LoraConfig, LoraWeights};
use engine::model::Decoder;
use engine::store;
use engine::train::{Ended, Learner, ModelLearner, Sequence};
use jiff::Zoned;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::Path;

/// The adapter's folder beside a version's manifest.
const ADAPTER: &str = "adapter";
const WEIGHTS: &str = "adapter_model.safetensors";
const CONFIG: &str = "adapter_config.json";

/// A header and a configuration are never larger.
const SLACK_BYTES: u64 = 4 << 20;

/// Sums of 32-bit numbers differ by less where nothing was added.
const SAME_NATS: f64 = 1e-6;

/// Where a job's result is measured.
struct Here {
    config: Config,
    chat: Chat,
    decoder: Decoder,
}

/// Takes in every version of a job that holds up; the others are named with what speaks against them.
///
/// # Errors
/// The workspace's base is another; `Interrupted`.
pub(super) fn take(
    workspace: &Workspace,
    folder: &Path,
    (sheet, sum): (&Sheet, &str),
    pupils: &[Pupil],
    sink: &dyn Sink,
) -> Result<(Vec<Incoming>, Vec<Refused>)> {
    let base = ensure_base(&registry::base_name(workspace, &sheet.base.name, false)?, sink)?;
    if base.sha256 != sheet.base.sha256 {
        return Err(Error::model(format!("the job was written for other weights than {}", base.path.display()))
            .hint("import it where the base is the same, or write the job again"));
    }
    let source = Base { template: sheet.base.template, ..base }.open()?;
    let decoder = Decoder::load(source.config.clone(), source.weights.as_ref())?;
    let here = Here { config: source.config, chat: source.chat, decoder };
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for pupil in pupils {
        match one(workspace, folder, (sheet, sum), pupil, &here, sink) {
            Ok(version) => taken.push(version),
            Err(error) if error.kind == Kind::Interrupted => return Err(error),
            Err(error) => refused.push(Refused { name: pupil.name.clone(), error }),
        }
    }
    Ok((taken, refused))
}

fn one(
    workspace: &Workspace,
    folder: &Path,
    (sheet, sum): (&Sheet, &str),
    pupil: &Pupil,
    here: &Here,
    sink: &dyn Sink,
) -> Result<Incoming> {
    if !share::is_name(&pupil.name) {
        return Err(Error::input("no version can be called that").hint("write the job again"));
    }
    let place = workspace.models().join(&pupil.name);
    if let Ok(manifest) = registry::find(workspace, &pupil.name)
        && manifest.job.as_ref().is_some_and(|job| job.manifest == sum)
    {
        let losses = manifest.training.as_ref().and_then(|t| Some((t.validation_loss_before?, t.validation_loss?)));
        return Ok(Incoming { name: pupil.name.clone(), folder: place, losses, already: true });
    }
    let from = folder.join(job::OUT).join(&pupil.name);
    let lora = read(&from, sheet, pupil, &here.config)?;
    let [_, held_out] = trl::data_files(&pupil.name);
    let measured = sequences(&folder.join(held_out), &here.chat, &pupil.recipe)?;
    let [training, _] = trl::data_files(&pupil.name);
    // Without examples that were held out there is still to be shown that the adapter does anything.
    let watched = !measured.is_empty();
    let measured = match watched {
        true => measured,
        false => sequences(&folder.join(training), &here.chat, &pupil.recipe)?.into_iter().take(16).collect(),
    };
    let losses = measure(here, &lora, &measured, sink)?;
    if losses.1 > losses.0 {
        sink.tell(Event::Warning(format!(
            "{} is worse than its base on {}: loss {:.3}, before {:.3}",
            pupil.name,
            if watched { "the validation examples" } else { "what it was trained on" },
            losses.1,
            losses.0
        )));
    }
    let losses = watched.then_some(losses);
    let origin = FromJob {
        manifest: sum.to_string(),
        engine: sheet.engine.name.clone(),
        on: Zoned::now().date(),
        adapter: store::hash_file(&from.join(WEIGHTS), |_| ())?,
    };
    let entrance = Entrance::open(workspace)?;
    let made = entrance.folder().join(&pupil.name);
    // Written anew: of what came back only the numbers stay.
    lora.save(&made.join(ADAPTER), &sheet.base.name)?;
    let files = registry::written_hashes(&made)?;
    Manifest { files, ..manifest(sheet, pupil, origin, losses) }.write(&made)?;
    let folder = entrance.admit(&pupil.name, &made)?;
    Ok(Incoming { name: pupil.name.clone(), folder, losses, already: false })
}

/// What of a foreign configuration says which base it was made on.
#[derive(Deserialize)]
struct Made {
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    #[serde(default)]
    revision: Option<String>,
}

/// The adapter, if it is what was asked for.
fn read(from: &Path, sheet: &Sheet, pupil: &Pupil, base: &Config) -> Result<LoraWeights> {
    let recipe = &pupil.recipe;
    let wanted =
        LoraConfig { rank: recipe.rank, alpha: recipe.alpha, rslora: recipe.rslora, targets: pupil.targets.clone() };
    let shape = LoraWeights::new(base, wanted.clone(), recipe.seed)?;
    plain(&from.join(CONFIG), SLACK_BYTES)?;
    plain(&from.join(WEIGHTS), 4 * shape.values.len() as u64 + SLACK_BYTES)?;
    let lora = LoraWeights::load(from, base)?;
    let mut faults: Vec<String> = Vec::new();
    let mut differs = |what: &str, is: String, should: String| {
        if is != should {
            faults.push(format!("{what} is {is}, not {should}"));
        }
    };
    let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>();
    differs("the rank", lora.config.rank.to_string(), wanted.rank.to_string());
    differs("alpha", lora.config.alpha.to_string(), wanted.alpha.to_string());
    differs("rsLoRA", lora.config.rslora.to_string(), wanted.rslora.to_string());
    differs("what it adds to", words::list(&sorted(&lora.config.targets)), words::list(&sorted(&wanted.targets)));
    let layers = |lora: &LoraWeights| lora.pairs.iter().map(|pair| pair.module.clone()).collect::<BTreeSet<_>>();
    let absent: Vec<String> = layers(&shape).difference(&layers(&lora)).cloned().collect();
    if !absent.is_empty() {
        faults.push(format!("it lacks {}", words::few(&absent, 3)));
    }
    faults.extend(other_base(from, &sheet.base.weights)?);
    if faults.is_empty() {
        return Ok(lora);
    }
    Err(Error::model(format!("the adapter in {} is not what the job asked for: {}", from.display(), faults.join("; ")))
        .hint("run the job again as it was written; sft/*.yaml says what is trained"))
}

/// A plain file of no more than so many bytes.
fn plain(path: &Path, most: u64) -> Result<()> {
    let meta = path.symlink_metadata().map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::missing(format!("there is no {}", path.display()))
            .hint("the engine has not trained this version, or out/ was not brought back"),
        _ => Error::io("read", path, e),
    })?;
    if !meta.is_file() || meta.len() > most {
        return Err(Error::input(format!("{} is no plain file of at most {}", path.display(), words::bytes(most)))
            .hint("an adapter of this rank is smaller; run the job again as it was written"));
    }
    Ok(())
}

/// A name of the hub must be the job's. The path of a folder proves nothing either way; what is measured does.
fn other_base(from: &Path, weights: &Weights) -> Result<Option<String>> {
    let path = from.join(CONFIG);
    let made: Made = serde_json::from_str(&store::read_text(&path)?)
        .map_err(|e| Error::input(format!("{}:{}:{}: {e}", path.display(), e.line(), e.column())))?;
    let Weights::Hub { id, revision } = weights else { return Ok(None) };
    let named = made.base_model_name_or_path.unwrap_or_default();
    let path_like = named.starts_with(['/', '.', '~']) || named.contains('\\') || named.matches('/').count() != 1;
    if !path_like && named != *id {
        return Ok(Some(format!("its base is {}, not {id}", words::clip(&named, 80))));
    }
    let other = revision.as_ref().zip(made.revision.as_ref()).filter(|(ours, theirs)| ours != theirs);
    Ok(other.map(|(ours, theirs)| format!("its base's revision is {}, not {ours}", words::clip(theirs, 80))))
}

/// The mean loss of a taught token without the adapter and with it.
///
/// # Errors
/// It changes nothing, or what it makes is no number; `Interrupted`.
fn measure(here: &Here, lora: &LoraWeights, sequences: &[Sequence], sink: &dyn Sink) -> Result<(f64, f64)> {
    let learner = ModelLearner::new(&here.decoder, lora, 0.0, false);
    let nothing = vec![0.0; lora.values.len()];
    let (mut before, mut after, mut taught, mut changed) = (0.0, 0.0, 0, 0);
    for sequence in sequences {
        if sink.stopped() {
            return Err(Error::new(Kind::Interrupted, "stopped while measuring; nothing was taken in"));
        }
        let [base, version] = [&nothing, &lora.values].map(|values| learner.loss(values, &[sequence]));
        let (base, version) = (base?, version?);
        changed += usize::from((base - version).abs() > SAME_NATS * sequence.taught() as f64);
        (before, after, taught) = (before + base, after + version, taught + sequence.taught());
    }
    let mean = |sum: f64| sum / taught.max(1) as f64;
    if !after.is_finite() {
        return Err(Error::model("with the adapter the loss is no number").hint("train again at a lower learning rate"));
    }
    if changed == 0 {
        return Err(Error::model("the adapter changes nothing: with it every example is as likely as without")
            .hint("see whether the engine trained at all: its log shows the loss of every step"));
    }
    Ok((mean(before), mean(after)))
}

fn manifest(sheet: &Sheet, pupil: &Pupil, origin: FromJob, losses: Option<(f64, f64)>) -> Manifest {
    let engine = &sheet.engine.name;
    let measured = losses.map_or(String::new(), |(before, after)| {
        format!(
            " On {} the loss is {after:.3}, before {before:.3}.",
            words::count(pupil.validation, "validation example")
        )
    });
    let notes = format!(
        "{engine} trained it on {}, {} of {}.{measured} What counts is whether it answers better: pmtune eval --compare base {}\n",
        words::count(pupil.training, "example"),
        words::count(pupil.recipe.epochs, "epoch"),
        words::count(pupil.total_steps / pupil.recipe.epochs.max(1), "step"),
        words::shell(&pupil.name),
    );
    Manifest {
        format: Manifest::FORMAT,
        name: pupil.name.clone(),
        created: origin.on,
        parent: None,
        base: BaseRecord { name: sheet.base.name.clone(), sha256: Some(sheet.base.sha256.clone()) },
        adapter: Some(ADAPTER.to_string()),
        files: Default::default(),
        template: sheet.base.template,
        thinking: false,
        system: pupil.system.clone(),
        examples: pupil.examples.clone(),
        sampling: pupil.sampling.clone(),
        data: Some(pupil.data.clone()),
        received: None,
        job: Some(origin),
        training: Some(trained(sheet, pupil, losses)),
        notes,
        digest: None,
    }
}

fn trained(sheet: &Sheet, pupil: &Pupil, losses: Option<(f64, f64)>) -> Trained {
    Trained {
        pmtune: sheet.pmtune.clone(),
        recipe: pupil.recipe.clone(),
        stages: vec![Stage { version: pupil.name.clone(), data: pupil.data.clone(), examples: pupil.training }],
        initial: None,
        files: pupil.files.clone(),
        validation_files: pupil.validation_files.clone(),
        examples: pupil.training,
        validation: pupil.validation,
        left_out: pupil.left_out,
        steps: pupil.total_steps,
        epochs: pupil.recipe.epochs,
        ended: Ended::Completed,
        best_epoch: None,
        training_loss: None,
        validation_loss_before: losses.map(|(before, _)| before),
        validation_loss: losses.map(|(_, after)| after),
        tokens: (pupil.tokens * pupil.recipe.epochs) as u64,
        seconds: None,
        tokens_per_second: None,
        threads: None,
        budget: None,
    }
}
