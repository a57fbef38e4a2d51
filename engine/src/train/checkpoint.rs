use super::{AdamW, Recipe, Sequence};
use crate::error::{Error, Result};
use crate::store;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// The newest checkpoint this program understands.
const FORMAT: u32 = 1;

/// The key of the header among the file's metadata.
const HEADER: &str = "pmtune";

/// What a training is made of. It can only be gone on with when all of this is as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Every number of it.
    pub recipe: Recipe,
    /// SHA-256 of the base's weights.
    pub base: String,
    /// Hash of every token that is trained on or held out, and of which are taught. So it covers the chat template and
    /// the system prompt too.
    pub data: String,
    /// Hash of the adapter's numbers before the first step.
    pub initial: String,
    /// Whatever its owner needs to gather all this again; kept as it is, and never compared.
    pub request: String,
}

/// How a step is cut to fit memory. Sums of floats depend on it, so a training keeps the budget it began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Budget {
    /// Tokens that go through the model at once, unless one example is longer.
    pub micro_batch_tokens: usize,
    /// Layers keep their inputs only and are run again for the gradient: slower, and a fraction of the memory.
    pub checkpointing: bool,
}

/// Why a training came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// Every epoch was trained.
    Completed,
    /// The validation loss had not become better for as many epochs as the recipe's patience.
    NoBetter,
    /// A loss or gradient was no longer a number; the weights are those from before that step.
    NotFinite,
}

/// How far a training is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Progress {
    /// Steps made, which is also how many the optimizer has counted.
    pub step: usize,
    /// Whole epochs, validation included.
    pub epochs: usize,
    /// Batches of the epoch under way.
    pub batches: usize,
    /// The mean loss of each of those.
    pub losses: Vec<f64>,
    /// The held-out loss before training and after every epoch; empty when nothing is held out.
    pub validations: Vec<f64>,
    /// The epoch, from 1, with the lowest held-out loss.
    pub best_epoch: Option<usize>,
    /// Time spent in steps and validation, and what went through the model in steps.
    pub seconds: f64,
    /// Examples that went through the model in steps.
    pub examples: u64,
    /// Tokens of those.
    pub tokens: u64,
    /// How it ended, once it has.
    pub ended: Option<Ended>,
}

/// All that changes while training. No state of a random generator is among it: the order of the data and dropout are
/// drawn anew from the recipe's seed and the number of the epoch or step.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The adapter's numbers, in the order of [`LoraWeights`](crate::model::LoraWeights).
    pub values: Vec<f32>,
    /// Its moments.
    pub optimizer: AdamW,
    /// The values after the best epoch; empty before there was one.
    pub best: Vec<f32>,
    /// How far it is.
    pub progress: Progress,
}

/// A training as kept on disk: one file, replaced in one step, so that it always holds one moment and never two.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What must be the same for a resume.
    pub basis: Basis,
    /// How it is computed; may differ between runs of one training only where the numbers stay the same.
    pub budget: Budget,
    /// All that changes.
    pub state: State,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    basis: Basis,
    budget: Budget,
    progress: Progress,
}

impl Basis {
    /// The basis of a training that begins with `initial`.
    pub fn new(recipe: &Recipe, base: &str, initial: &[f32], training: &[Sequence], held_out: &[Sequence]) -> Self {
        Self {
            recipe: recipe.clone(),
            base: base.to_string(),
            data: store::hash(&[bytes_of(training), bytes_of(held_out)].concat()),
            initial: store::hash(&le_bytes(initial)),
            request: String::new(),
        }
    }

    /// What differs from `earlier`, in words.
    fn differences(&self, earlier: &Self) -> Vec<String> {
        let recipes = [&self.recipe, &earlier.recipe].map(|r| serde_json::to_value(r).unwrap_or_default());
        let keys = recipes[0].as_object().into_iter().flat_map(|map| map.keys());
        let changed = keys.filter(|key| recipes[0].get(key) != recipes[1].get(key));
        let shown = |i: usize, key: &str| recipes[i].get(key).map_or("nothing".to_string(), ToString::to_string);
        let mut all: Vec<String> = changed.map(|k| format!("{k} is {}, was {}", shown(0, k), shown(1, k))).collect();
        if self.base != earlier.base {
            all.push("the base has other weights".into());
        }
        if self.data != earlier.data {
            all.push("the training data, the validation data or the system prompt changed".into());
        }
        // Another recipe makes another initial adapter; that is no news.
        if self.initial != earlier.initial && self.recipe == earlier.recipe {
            all.push("it starts from another adapter".into());
        }
        all
    }
}

/// Lengths stand before what they count, so that no two lists of sequences give the same bytes.
fn bytes_of(sequences: &[Sequence]) -> Vec<u8> {
    let mut bytes = (sequences.len() as u64).to_le_bytes().to_vec();
    for sequence in sequences {
        bytes.extend((sequence.tokens.len() as u64).to_le_bytes());
        bytes.extend(sequence.tokens.iter().flat_map(|token| token.to_le_bytes()));
        bytes.extend(sequence.supervised.iter().map(|taught| u8::from(*taught)));
    }
    bytes
}

fn le_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

impl State {
    /// Before the first step.
    pub fn new(values: Vec<f32>) -> Self {
        let optimizer = AdamW::new(values.len());
        Self { values, optimizer, best: Vec::new(), progress: Progress::default() }
    }

    /// What the training has to give: the values of the best epoch, or the last ones when nothing is held out.
    pub fn result(&self) -> &[f32] {
        if self.best.is_empty() { &self.values } else { &self.best }
    }

    /// Writes the checkpoint of this moment to `path`.
    pub fn save(&self, path: &Path, basis: &Basis, budget: Budget) -> Result<()> {
        let fail = |e: &dyn std::fmt::Display| Error::input(format!("cannot write the checkpoint: {e}"));
        let header = Header { format: FORMAT, basis: basis.clone(), budget, progress: self.progress.clone() };
        let header = serde_json::to_string(&header).map_err(|e| fail(&e))?;
        let parts = [
            ("values", &self.values),
            ("first-moment", &self.optimizer.m),
            ("second-moment", &self.optimizer.v),
            ("best", &self.best),
        ];
        let bytes = parts.map(|(name, numbers)| (name, numbers.len(), le_bytes(numbers)));
        let mut tensors = Vec::with_capacity(bytes.len());
        for (name, length, bytes) in &bytes {
            tensors.push((*name, TensorView::new(Dtype::F32, vec![*length], bytes).map_err(|e| fail(&e))?));
        }
        let metadata = HashMap::from([(HEADER.to_string(), header)]);
        store::replace(path, &safetensors::serialize(tensors, Some(metadata)).map_err(|e| fail(&e))?)
    }
}

impl Checkpoint {
    /// Reads a checkpoint whole.
    ///
    /// # Errors
    /// It is damaged, or of a newer format.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io("read", path, e))?;
        let damaged = |what: String| {
            Error::input(format!("{} is no checkpoint of a training: {what}", path.display()))
                .hint("the file was damaged or edited; remove its folder and train anew")
        };
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(e.to_string()))?;
        let header = metadata.metadata().as_ref().and_then(|m| m.get(HEADER));
        let header = header.ok_or_else(|| damaged("it has no header of pmtune's".into()))?;
        let format = serde_json::from_str::<serde_json::Value>(header).ok().and_then(|h| h.get("format")?.as_u64());
        if format.is_some_and(|format| format > u64::from(FORMAT)) {
            return Err(Error::input(format!("{} was written by a newer pmtune", path.display())).hint("update pmtune"));
        }
        let header: Header = serde_json::from_str(header).map_err(|e| damaged(e.to_string()))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(e.to_string()))?;
        let numbers = |name: &str| -> Result<Vec<f32>> {
            let tensor = tensors.tensor(name).map_err(|e| damaged(e.to_string()))?;
            let parts = tensor.data().as_chunks::<4>().0;
            Ok(parts.iter().map(|part| f32::from_le_bytes(*part)).collect())
        };
        let optimizer = AdamW { m: numbers("first-moment")?, v: numbers("second-moment")? };
        let (values, best) = (numbers("values")?, numbers("best")?);
        let sizes = [optimizer.m.len(), optimizer.v.len()];
        if sizes != [values.len(); 2] || !(best.is_empty() || best.len() == values.len()) {
            return Err(damaged("its parts differ in length".into()));
        }
        let state = State { values, optimizer, best, progress: header.progress };
        Ok(Self { basis: header.basis, budget: header.budget, state })
    }

    /// Refuses to go on with another recipe, base or data than those it was begun with, and says what differs.
    pub fn check(&self, now: &Basis) -> Result<()> {
        let differences = now.differences(&self.basis);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::input(format!("this is not the training that was begun: {}", differences.join("; ")))
            .hint("put it back as it was, or remove the unfinished version's folder and train anew"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{recipe, sequences};
    use super::*;

    fn basis() -> Basis {
        Basis::new(&recipe(), "base", &[1.0, 2.0], &sequences(3), &sequences(1))
    }

    fn state() -> State {
        let progress = Progress {
            step: 7,
            losses: vec![0.1 + 0.2, 1e-300],
            validations: vec![2.0 / 3.0],
            seconds: 0.3,
            ended: Some(Ended::NoBetter),
            ..Progress::default()
        };
        let optimizer = AdamW { m: vec![f32::MIN_POSITIVE, -0.0], v: vec![1.0, 1e-38] };
        State { values: vec![0.1, f32::NAN], optimizer, best: vec![], progress }
    }

    const BUDGET: Budget = Budget { micro_batch_tokens: 512, checkpointing: true };

    #[test]
    fn comes_back_to_the_last_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        let mut recipe = recipe();
        recipe.learning_rate = 0.1 + 0.2;
        let basis = Basis { recipe, ..basis() };
        state().save(&path, &basis, BUDGET).unwrap();
        let back = Checkpoint::load(&path).unwrap();
        assert_eq!((&back.basis, back.budget, &back.state.progress), (&basis, BUDGET, &state().progress));
        let bits = |s: &State| [&s.values, &s.optimizer.m, &s.optimizer.v].map(|v| le_bytes(v));
        assert_eq!(bits(&back.state), bits(&state()));
        back.check(&basis).unwrap();
    }

    #[test]
    fn another_recipe_base_or_dataset_is_refused_by_name() {
        let checkpoint = Checkpoint { basis: basis(), budget: BUDGET, state: state() };
        let refusal = |now: Basis| checkpoint.check(&now).unwrap_err().to_string();
        let rate = Recipe { learning_rate: 1e-3, ..recipe() };
        let error = refusal(Basis::new(&rate, "base", &[9.0], &sequences(3), &sequences(1)));
        assert!(error.contains("learning-rate is 0.001, was 0.01") && !error.contains("adapter"), "{error}");
        let error = refusal(Basis { base: "other".into(), ..basis() });
        assert!(error.contains("the base has other weights") && !error.contains("data"), "{error}");
        let mut fewer = sequences(3);
        fewer[2].supervised[1] = !fewer[2].supervised[1];
        for data in [fewer, sequences(2)] {
            let error = refusal(Basis::new(&recipe(), "base", &[1.0, 2.0], &data, &sequences(1)));
            assert!(error.contains("data") && error.contains("train anew"), "{error}");
        }
        let error = refusal(Basis { initial: "other".into(), ..basis() });
        assert!(error.contains("another adapter"), "{error}");
    }

    #[test]
    fn a_damaged_file_is_told_and_nothing_panics() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint");
        state().save(&path, &basis(), BUDGET).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 100, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = Checkpoint::load(&path).unwrap_err();
            assert!(error.to_string().contains("is no checkpoint") && error.hint.is_some(), "{error}");
        }
        let newer = String::from_utf8_lossy(&whole).replace("\\\"format\\\":1", "\\\"format\\\":9");
        assert!(newer.contains("\\\"format\\\":9"));
        let bytes = whole.windows(12).position(|w| w == b"\\\"format\\\":1").unwrap();
        let mut changed = whole.clone();
        changed[bytes + 11] = b'9';
        std::fs::write(&path, changed).unwrap();
        assert!(Checkpoint::load(&path).unwrap_err().to_string().contains("newer pmtune"));
    }
}
