//! A recipe in words, for someone who has never trained a model.

use crate::words;
use engine::error::{Error, Result};
use engine::train::{Facts, Preset, Recipe, TrainSettings};
use std::fmt;

/// One number of a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Its key in `pmtune.yaml`, and with `--` before it its flag.
    pub key: &'static str,
    pub value: String,
    /// What it does, and when to change it.
    pub meaning: &'static str,
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Default,
    Preset(Preset),
    /// `train:` in `pmtune.yaml`.
    Workspace,
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(preset) => write!(f, "preset {}", preset.name()),
            Self::Workspace => f.write_str("pmtune.yaml"),
            Self::Flag => f.write_str("flag"),
        }
    }
}

/// The recipe that `flags`, `workspace` (`train:` in `pmtune.yaml`) and the defaults make.
///
/// # Errors
/// Gathers every value that makes no sense, each with its flag and its key.
pub fn recipe(flags: &TrainSettings, workspace: &TrainSettings, facts: &Facts) -> Result<Recipe> {
    Recipe::resolve(flags, workspace, facts).map_err(|faults| {
        let told = faults.into_iter().map(|fault| {
            let (key, remedy) = (fault.key, fault.remedy);
            Error::input(format!("`{key}` is {}", fault.value))
                .hint(format!("{remedy} (--{key}, or `train.{key}` in pmtune.yaml)"))
        });
        Error::gather(told).unwrap_or_else(|| Error::input("the recipe makes no sense"))
    })
}

/// Every number of `recipe`, which [`recipe()`] made of `flags` and `workspace`, the weightiest first.
pub fn explain(recipe: &Recipe, flags: &TrainSettings, workspace: &TrainSettings) -> Vec<Explained> {
    let layers = layers(flags, workspace);
    let targets = if recipe.targets.is_empty() { "all linear layers".into() } else { recipe.targets.join(", ") };
    let values = [
        ("learning-rate", format!("{:e}", recipe.learning_rate)),
        ("epochs", recipe.epochs.to_string()),
        ("batch-size", recipe.batch_size.to_string()),
        ("context-length", words::count(recipe.context_length, "token")),
        ("too-long", recipe.too_long.name().to_string()),
        ("rank", recipe.rank.to_string()),
        ("alpha", recipe.alpha.to_string()),
        ("dropout", recipe.dropout.to_string()),
        ("targets", targets),
        ("rslora", if recipe.rslora { "yes" } else { "no" }.to_string()),
        ("schedule", recipe.schedule.name().to_string()),
        ("warmup", format!("{} of all steps", recipe.warmup)),
        ("patience", recipe.patience.to_string()),
        ("clip", recipe.clip.to_string()),
        ("weight-decay", recipe.weight_decay.to_string()),
        ("seed", recipe.seed.to_string()),
    ];
    let explained = |(key, value)| {
        let origin = layers.iter().find(|(keys, _)| keys.iter().any(|k| k == key)).map_or(Origin::Default, |l| l.1);
        Explained { key, value, meaning: meaning(key), origin }
    };
    values.into_iter().map(explained).collect()
}

/// The keys that each layer names, the topmost first.
fn layers(flags: &TrainSettings, workspace: &TrainSettings) -> Vec<(Vec<String>, Origin)> {
    let mut layers = Vec::new();
    for (settings, origin) in [(flags, Origin::Flag), (workspace, Origin::Workspace)] {
        layers.push((keys(settings), origin));
        layers.extend(settings.preset.map(|preset| (keys(&preset.settings()), Origin::Preset(preset))));
    }
    layers
}

/// What is not said is not written either.
fn keys(settings: &TrainSettings) -> Vec<String> {
    let written = serde_json::to_value(settings).unwrap_or_default();
    written.as_object().map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
}

fn meaning(key: &str) -> &'static str {
    match key {
        "learning-rate" => {
            "How far each step moves the model. Halve it if the loss jumps about or validation soon gets worse; double it \
             if the loss hardly falls."
        }
        "epochs" => {
            "How often the model sees every example. The more examples there are, the fewer rounds they need; too many \
             and it learns them by heart."
        }
        "batch-size" => {
            "How many examples one step learns from. More make steps steadier and fewer; fewer fit a computer with \
             little memory."
        }
        "context-length" => {
            "The longest example that is read whole. Memory grows with the longest, so lower it when memory runs out, \
             and raise it if documents are cut."
        }
        "too-long" => {
            "What happens to a longer example: `truncate` cuts its answer, and does not teach to stop there; `skip` \
             leaves it out. Either is reported."
        }
        "rank" => {
            "How much the adapter can take in, and how large its file is. 8 is enough for a format or a tone; 16 suits \
             more than 150 examples."
        }
        "alpha" => "How strongly the adapter acts. Twice the rank is usual; change the learning rate rather than this.",
        "dropout" => {
            "The share of what the adapter reads that is blanked out at random in training, so that few examples are not \
             learnt by heart. 0.05 to 0.1 suits fewer than 50."
        }
        "targets" => "The layers that get an adapter. All learn best; fewer make a smaller file.",
        "rslora" => "Scales by the rank's square root, which keeps ranks of 64 and more steady. Not needed at 8 or 16.",
        "schedule" => {
            "How the learning rate falls after its peak: `cosine` slowly at first and at last, `linear` evenly, \
             `constant` not at all. Cosine suits nearly always."
        }
        "warmup" => {
            "The share of the steps over which the learning rate rises to its peak. Raise it to 0.1 if the loss jumps in \
             the first steps."
        }
        "patience" => {
            "How many epochs may pass without a better validation loss before training ends. The best epoch is kept in \
             any case."
        }
        "clip" => {
            "The largest step that one batch may ask for; it keeps an odd example from doing harm. Leave it at 1."
        }
        "weight-decay" => "Pulls the adapter towards doing nothing. Of little use with so few steps; leave it at 0.",
        "seed" => {
            "Decides the order of the examples and the adapter's first numbers. Train again with another one to see how \
             much of a result was luck."
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(flags: &TrainSettings, workspace: &TrainSettings) -> Vec<Explained> {
        let facts = Facts { examples: 90, parameters: 134_515_008, context_length: 8192 };
        explain(&recipe(flags, workspace, &facts).unwrap(), flags, workspace)
    }

    #[test]
    fn every_number_of_a_recipe_is_explained_in_whole_sentences() {
        let all = explained(&TrainSettings::default(), &TrainSettings::default());
        let facts = Facts { examples: 90, parameters: 1, context_length: 1 };
        let none = TrainSettings::default();
        let recipe = serde_json::to_value(Recipe::resolve(&none, &none, &facts).unwrap()).unwrap();
        let mut wanted: Vec<&str> = recipe.as_object().unwrap().keys().map(String::as_str).collect();
        let mut keys: Vec<&str> = all.iter().map(|e| e.key).collect();
        wanted.sort_unstable();
        keys.sort_unstable();
        assert_eq!(keys, wanted);
        for e in &all {
            assert!(e.meaning.ends_with('.') && e.meaning.len() > 40 && !e.value.is_empty(), "{e:?}");
            assert_eq!(e.origin, Origin::Default);
        }
        assert_eq!(all[0].value, "5e-4");
    }

    #[test]
    fn each_value_says_where_it_comes_from() {
        let flags = TrainSettings { epochs: Some(4), ..TrainSettings::default() };
        let file = TrainSettings { preset: Some(Preset::Documents), rank: Some(4), ..TrainSettings::default() };
        let origin = |all: &[Explained], key| all.iter().find(|e| e.key == key).unwrap().origin.to_string();
        let all = explained(&flags, &file);
        let said = ["epochs", "rank", "learning-rate", "clip"].map(|key| origin(&all, key));
        assert_eq!(said, ["flag", "pmtune.yaml", "preset documents", "default"]);
        let over = TrainSettings { preset: Some(Preset::Balanced), ..TrainSettings::default() };
        let file = TrainSettings { learning_rate: Some(1e-3), ..TrainSettings::default() };
        assert_eq!(origin(&explained(&over, &file), "learning-rate"), "preset balanced");
    }

    #[test]
    fn every_nonsense_value_is_told_with_flag_and_key() {
        let flags = TrainSettings { rank: Some(0), clip: Some(f64::INFINITY), ..TrainSettings::default() };
        let facts = Facts { examples: 90, parameters: 1, context_length: 8 };
        let error = recipe(&flags, &TrainSettings::default(), &facts).unwrap_err();
        let said: Vec<String> = error.flatten().iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        for (key, said) in ["rank", "clip"].iter().zip(&said) {
            assert!(said.starts_with(&format!("`{key}` is")), "{said}");
            assert!(said.contains(&format!("(--{key}, or `train.{key}` in pmtune.yaml)")), "{said}");
        }
    }
}
