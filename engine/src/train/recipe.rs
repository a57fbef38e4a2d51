use super::{Schedule, TooLong, TrainSettings};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

/// Every number of a training, resolved. Stands in the manifest of the version it made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Recipe {
    /// Of the adapter.
    pub rank: usize,
    /// The adapter counts alpha / rank times (rsLoRA: alpha / √rank).
    pub alpha: f64,
    /// Share of the adapter's input that is blanked out in training.
    pub dropout: f64,
    /// Last parts of module names, such as `q_proj`; empty for every linear layer.
    pub targets: Vec<String>,
    /// Whether the adapter is scaled by √rank (Kalajdzievski 2023).
    pub rslora: bool,
    /// The peak.
    pub learning_rate: f64,
    /// How the rate falls after warm-up.
    pub schedule: Schedule,
    /// Share of all steps over which the rate rises from zero.
    pub warmup: f64,
    /// Times that every example is seen.
    pub epochs: usize,
    /// Examples per step.
    pub batch_size: usize,
    /// The longest example, in tokens.
    pub context_length: usize,
    /// What happens to a longer one.
    pub too_long: TooLong,
    /// AdamW's, decoupled (Loshchilov & Hutter 2019).
    pub weight_decay: f64,
    /// The largest norm of a step's gradient.
    pub clip: f64,
    /// Epochs without a better validation loss before training ends.
    pub patience: usize,
    /// From which the first numbers, the order of the data and dropout are drawn.
    pub seed: u64,
}

/// What the defaults go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Examples to train on.
    pub examples: usize,
    /// The base's weights.
    pub parameters: usize,
    /// How many tokens the base reads at once.
    pub context_length: usize,
}

/// A number that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeFault {
    /// As [`TrainSettings`] spells it: `learning-rate`.
    pub key: &'static str,
    /// What stands there; where that alone does not show what is wrong, with what does.
    pub value: String,
    /// What to write instead.
    pub remedy: String,
}

/// More examples than these bear a larger adapter and a larger batch.
const MANY: usize = 150;
/// Fewer examples than these are learnt by heart without dropout.
const FEW: usize = 50;
/// Models with fewer parameters than these learn at a higher rate.
const SMALL_MODEL: usize = 300_000_000;
/// Examples of product work are seldom longer, and memory grows with the longest. The linter's `max-tokens` says the
/// same.
const USUAL_CONTEXT: usize = 2048;

impl Recipe {
    /// What `above` says, else the preset that it names, else what `below` says, else the preset that that names, else
    /// what suits the base and the data.
    ///
    /// # Errors
    /// Every value that makes no sense.
    pub fn resolve(above: &TrainSettings, below: &TrainSettings, facts: &Facts) -> Result<Self, Vec<RecipeFault>> {
        let said = above.clone().over(&above.of_preset()).over(below).over(&below.of_preset());
        let defaults = Self::default_for(facts);
        let rank = said.rank.unwrap_or(defaults.rank);
        let recipe = Self {
            rank,
            alpha: said.alpha.unwrap_or(2.0 * rank as f64),
            dropout: said.dropout.unwrap_or(defaults.dropout),
            targets: said.targets.unwrap_or(defaults.targets),
            rslora: said.rslora.unwrap_or(defaults.rslora),
            learning_rate: said.learning_rate.unwrap_or(defaults.learning_rate),
            schedule: said.schedule.unwrap_or(defaults.schedule),
            warmup: said.warmup.unwrap_or(defaults.warmup),
            epochs: said.epochs.unwrap_or(defaults.epochs),
            batch_size: said.batch_size.unwrap_or(defaults.batch_size),
            context_length: match written_length(above, below) {
                Some(length) => length,
                None => said.context_length.unwrap_or(defaults.context_length).min(facts.context_length),
            },
            too_long: said.too_long.unwrap_or(defaults.too_long),
            weight_decay: said.weight_decay.unwrap_or(defaults.weight_decay),
            clip: said.clip.unwrap_or(defaults.clip),
            patience: said.patience.unwrap_or(defaults.patience),
            seed: said.seed.unwrap_or(defaults.seed),
        };
        recipe.checked(facts)
    }

    /// For 20 to 300 examples and a base of up to a few billion parameters.
    pub fn default_for(facts: &Facts) -> Self {
        let many = facts.examples > MANY;
        let rank = if many { 16 } else { 8 };
        Self {
            rank,
            alpha: 2.0 * rank as f64,
            dropout: if facts.examples < FEW { 0.05 } else { 0.0 },
            targets: Vec::new(),
            rslora: false,
            learning_rate: if facts.parameters < SMALL_MODEL { 5e-4 } else { 2e-4 },
            schedule: Schedule::Cosine,
            warmup: 0.06,
            epochs: 3,
            batch_size: if many { 8 } else { 4 },
            context_length: USUAL_CONTEXT,
            too_long: TooLong::Truncate,
            weight_decay: 0.0,
            clip: 1.0,
            patience: 2,
            seed: 0,
        }
    }

    fn checked(self, facts: &Facts) -> Result<Self, Vec<RecipeFault>> {
        let faults = self.adapter_faults().into_iter().chain(self.step_faults()).chain(self.length_faults(facts));
        let faults: Vec<RecipeFault> = faults.flatten().collect();
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    fn adapter_faults(&self) -> [Option<RecipeFault>; 4] {
        let Self { rank, alpha, dropout, targets, .. } = self;
        // Where the rank makes no sense, an alpha that follows from it is no second fault.
        let strong = *rank == 0 || (*alpha > 0.0 && alpha.is_finite());
        let share = (0.0..1.0).contains(dropout);
        let named = targets.iter().all(|target| !target.trim().is_empty());
        [
            fault(*rank > 0, "rank", rank, "give 1 or more; 8 is usual"),
            fault(strong, "alpha", alpha, "give a number above 0; twice the rank is usual"),
            fault(share, "dropout", dropout, "give a number from 0 to below 1; 0.05 is usual for few examples"),
            fault(named, "targets", &format!("{targets:?}"), "name layers, such as q_proj, or leave it out for all"),
        ]
    }

    fn step_faults(&self) -> [Option<RecipeFault>; 7] {
        let Self { learning_rate, warmup, epochs, batch_size, weight_decay, clip, patience, .. } = self;
        // Above 1, no model is left after a step.
        let rate = *learning_rate > 0.0 && *learning_rate <= 1.0;
        let share = (0.0..=1.0).contains(warmup);
        let decay = (0.0..1.0).contains(weight_decay);
        let norm = *clip > 0.0 && clip.is_finite();
        let never = "give 1 or more; as many as there are epochs never ends early";
        [
            fault(rate, "learning-rate", learning_rate, "give a number above 0; 1e-4 to 5e-4 is usual"),
            fault(share, "warmup", warmup, "give a share of all steps, 0 to 1; 0.06 is usual"),
            fault(*epochs > 0, "epochs", epochs, "give 1 or more; 3 is usual"),
            fault(*batch_size > 0, "batch-size", batch_size, "give 1 or more; 4 is usual"),
            fault(decay, "weight-decay", weight_decay, "give a number from 0 to below 1; 0 is usual"),
            fault(norm, "clip", clip, "give a number above 0; 1 is usual"),
            fault(*patience > 0, "patience", patience, never),
        ]
    }

    fn length_faults(&self, facts: &Facts) -> [Option<RecipeFault>; 2] {
        let (length, most) = (self.context_length, facts.context_length);
        let beyond = format!("{length}, and the base reads {most} tokens at most");
        [
            fault(length > 0, "context-length", &length, "give the longest example in tokens; 2048 is usual"),
            fault(length <= most, "context-length", &beyond, &format!("give {most} or less, or leave it out")),
        ]
    }
}

/// The context length that a person wrote, where that counts. It must suit the base; a preset's length gives way to it.
fn written_length(above: &TrainSettings, below: &TrainSettings) -> Option<usize> {
    let by_preset = above.of_preset().context_length.is_some();
    above.context_length.or(below.context_length.filter(|_| !by_preset))
}

fn fault(fine: bool, key: &'static str, value: &dyn Display, remedy: &str) -> Option<RecipeFault> {
    (!fine).then(|| RecipeFault { key, value: value.to_string(), remedy: remedy.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Preset;

    const SMOL: Facts = Facts { examples: 90, parameters: 134_515_008, context_length: 8192 };

    fn resolve(flags: &TrainSettings, workspace: &TrainSettings) -> Recipe {
        Recipe::resolve(flags, workspace, &SMOL).unwrap()
    }

    fn named(preset: Preset) -> TrainSettings {
        TrainSettings { preset: Some(preset), ..TrainSettings::default() }
    }

    #[test]
    fn defaults_follow_the_base_and_the_data() {
        let none = TrainSettings::default();
        let of = |facts: Facts| Recipe::resolve(&none, &none, &facts).unwrap();
        let usual = of(SMOL);
        assert_eq!((usual.rank, usual.alpha, usual.dropout, usual.batch_size), (8, 16.0, 0.0, 4));
        assert_eq!((usual.learning_rate, usual.epochs, usual.context_length), (5e-4, 3, 2048));
        let few = of(Facts { examples: 49, ..SMOL });
        assert_eq!(few, Recipe { dropout: 0.05, ..usual.clone() });
        let many = of(Facts { examples: 151, ..SMOL });
        assert_eq!(many, Recipe { rank: 16, alpha: 32.0, batch_size: 8, ..usual.clone() });
        let phi3 = of(Facts { parameters: 3_821_079_552, ..SMOL });
        assert_eq!(phi3, Recipe { learning_rate: 2e-4, ..usual.clone() });
        assert_eq!(of(Facts { context_length: 512, ..SMOL }), Recipe { context_length: 512, ..usual });
    }

    #[test]
    fn presets_have_the_guides_numbers() {
        let none = TrainSettings::default();
        for (preset, wanted) in [
            (Preset::Documents, (1e-4, 2, 5, 4096)),
            (Preset::Communications, (3e-4, 8, 3, 2048)),
            (Preset::Balanced, (2e-4, 4, 3, 4096)),
        ] {
            let recipe = resolve(&named(preset), &none);
            assert_eq!((recipe.learning_rate, recipe.batch_size, recipe.epochs, recipe.context_length), wanted);
            assert_eq!(resolve(&none, &named(preset)), recipe);
        }
    }

    #[test]
    fn a_flag_beats_its_preset_which_beats_the_file_which_beats_the_files_preset() {
        let flags = TrainSettings { epochs: Some(9), ..named(Preset::Communications) };
        let file = TrainSettings { epochs: Some(1), batch_size: Some(3), rank: Some(5), ..named(Preset::Documents) };
        let recipe = resolve(&flags, &file);
        assert_eq!((recipe.epochs, recipe.batch_size, recipe.rank, recipe.learning_rate), (9, 8, 5, 3e-4));
        // Alpha goes by the rank that was chosen, wherever that was.
        assert_eq!(recipe.alpha, 10.0);
        let recipe = resolve(&TrainSettings::default(), &file);
        assert_eq!((recipe.epochs, recipe.batch_size, recipe.learning_rate), (1, 3, 1e-4));
        let short = TrainSettings { context_length: Some(512), ..file.clone() };
        assert_eq!(resolve(&TrainSettings::default(), &short).context_length, 512);
        assert_eq!(resolve(&flags, &short).context_length, 2048);
    }

    #[test]
    fn a_preset_gives_way_to_a_short_base_but_a_written_length_is_refused() {
        let short = Facts { context_length: 2048, ..SMOL };
        let none = TrainSettings::default();
        assert_eq!(Recipe::resolve(&named(Preset::Documents), &none, &short).unwrap().context_length, 2048);
        let written = TrainSettings { context_length: Some(4096), ..none.clone() };
        for (flags, file) in [(&written, &none), (&none, &written)] {
            let faults = Recipe::resolve(flags, file, &short).unwrap_err();
            assert!(faults[0].value.contains("the base reads 2048 tokens at most"), "{faults:?}");
            assert_eq!((faults.len(), faults[0].key), (1, "context-length"));
        }
    }

    #[test]
    fn every_nonsense_value_is_told_with_its_key() {
        let nonsense = TrainSettings {
            rank: Some(0),
            alpha: Some(f64::NAN),
            dropout: Some(1.0),
            targets: Some(vec![" ".into()]),
            learning_rate: Some(f64::NAN),
            warmup: Some(1.5),
            epochs: Some(0),
            batch_size: Some(0),
            context_length: Some(0),
            weight_decay: Some(-0.1),
            clip: Some(f64::INFINITY),
            patience: Some(0),
            ..TrainSettings::default()
        };
        let faults = Recipe::resolve(&nonsense, &TrainSettings::default(), &SMOL).unwrap_err();
        let keys =
            "rank dropout targets learning-rate warmup epochs batch-size weight-decay clip patience context-length";
        assert_eq!(faults.iter().map(|fault| fault.key).collect::<Vec<_>>().join(" "), keys);
        assert!(faults.iter().all(|fault| !fault.remedy.is_empty()));
        for alpha in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            let alpha = TrainSettings { alpha: Some(alpha), ..TrainSettings::default() };
            let faults = Recipe::resolve(&alpha, &TrainSettings::default(), &SMOL).unwrap_err();
            assert_eq!(faults[0].key, "alpha");
        }
        for rate in [0.0, -1e-4, 50.0, f64::INFINITY] {
            let rate = TrainSettings { learning_rate: Some(rate), ..TrainSettings::default() };
            assert!(Recipe::resolve(&rate, &TrainSettings::default(), &SMOL).is_err());
        }
    }
}
