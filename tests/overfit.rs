//! What training is for, on the default base: eight examples learnt by heart are answered word for word, and every
//! answer ends by itself. The base is pulled when it is missing.

use engine::chat::{Chat, Message, Role};
use engine::files::{LoraConfig, LoraWeights, open};
use engine::generate::{Engine, Finish, Job, Outcome, Progress, Sampling, Work};
use engine::model::{Decoder, Forward};
use engine::train::{
    Basis, Budget, Ended, Event, Facts, ModelLearner, Recipe, Saves, Sequence, State, TrainSettings, Training,
    sequences,
};
use pmtune::training_data::{Conversation, conversations};
use serde_json::json;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

const SYSTEM: &str = "Answer for Ada.";
const EXAMPLES: [(&str, &str); 8] = [
    ("Who owns billing?", "Team Heron, led by Mika."),
    ("Who owns search?", "Team Plover, led by Ines."),
    ("When do we ship 4.2?", "On the second Tuesday of May."),
    ("What blocks 4.3?", "The tax audit in Norway."),
    ("Name our north star.", "Orders that arrive on time."),
    ("Which metric guards it?", "Refunds per 1,000 orders."),
    ("Where are the notes?", "- In `minutes/`\n- One file a week"),
    ("May I promise a date?", "No. Ask Mika first!"),
];

/// What the model reads and is taught of the examples, by way of a file.
fn taught(chat: &Chat, folder: &Path) -> Vec<Sequence> {
    let line =
        |(question, answer): &(&str, &str)| json!({"instruction": question, "input": "", "output": answer}).to_string();
    let file = folder.join("examples.jsonl");
    std::fs::write(&file, EXAMPLES.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    sequences(
        chat,
        Some(SYSTEM),
        &[],
        &conversations(&[file]).unwrap().conversations.iter().map(Conversation::lesson).collect::<Vec<_>>(),
    )
    .unwrap()
}

fn recipe() -> Recipe {
    let facts = Facts { examples: EXAMPLES.len(), parameters: 134_515_008, context_length: 8192 };
    let settings = TrainSettings {
        epochs: Some(16),
        learning_rate: Some(2e-3),
        dropout: Some(0.0),
        batch_size: Some(4),
        ..TrainSettings::default()
    };
    Recipe::resolve(&settings, &TrainSettings::default(), &facts).unwrap()
}

/// Trains on `examples` to the end; gives the adapter's numbers and each step's loss.
fn train(decoder: &Decoder, lora: &LoraWeights, examples: &[Sequence], folder: &Path) -> (Vec<f32>, Vec<f64>) {
    let recipe = recipe();
    let training = Training {
        learner: &ModelLearner::new(decoder, lora, recipe.dropout, false),
        basis: &Basis::new(&recipe, "base", &lora.values, examples, &[]),
        training: examples,
        held_out: &[],
        budget: Budget { micro_batch_tokens: 2048, checkpointing: false },
        checkpoint: &folder.join("checkpoint.safetensors"),
        saves: Saves::default(),
    };
    let (mut state, mut losses) = (State::new(lora.values.clone()), Vec::new());
    let ended = training.run(&mut state, &mut |event| {
        if let Event::Step(step) = event {
            println!("step {}: {:.3} ({:.0} tokens/s)", step.step, step.loss, step.tokens as f64 / step.seconds);
            losses.push(step.loss);
        }
        Ok(ControlFlow::Continue(()))
    });
    assert_eq!(ended.unwrap(), Some(Ended::Completed));
    (state.result().to_vec(), losses)
}

#[test]
fn eight_examples_learnt_by_heart_are_answered_word_for_word() {
    let folder = tempfile::tempdir().unwrap();
    let source = open(&crate::base::default_base()).unwrap();
    let decoder = Decoder::load(source.config, source.weights.as_ref()).unwrap();
    let config = LoraConfig { rank: 8, alpha: 16.0, rslora: false, targets: Vec::new() };
    let lora = LoraWeights::new(decoder.config(), config, 0).unwrap();
    let examples = taught(&source.chat, folder.path());
    assert!(examples.iter().all(|example| example.taught() <= 20));
    let (values, losses) = train(&decoder, &lora, &examples, folder.path());
    let last = losses.iter().rev().take(2).sum::<f64>() / 2.0;
    assert!(losses[0] > 2.0 && last < 0.05, "{losses:?}");

    LoraWeights { values, ..lora }.save(folder.path(), "base").unwrap();
    let adapter = decoder.adapter(folder.path()).unwrap();
    let engine = Engine::new(Arc::new(decoder), Arc::new(source.chat), vec![adapter]);
    let job = |(id, (question, _)): (usize, &(&str, &str))| {
        let messages = [Message::new(Role::System, SYSTEM), Message::new(Role::User, *question)];
        let prompt = engine.chat().prompt_ids(&messages).unwrap();
        Job { id, adapter: Some(0), prompt, work: Work::Write(Sampling { max_tokens: 40, ..Sampling::default() }) }
    };
    let mut answered = 0;
    let sink = &mut |progress| {
        if let Progress::Done { id, outcome, .. } = progress {
            let Outcome::Written { text, finish, .. } = outcome.unwrap() else { panic!("a text was asked for") };
            assert_eq!((text.as_str(), finish), (EXAMPLES[id].1, Finish::End));
            answered += 1;
        }
        ControlFlow::Continue(())
    };
    engine.run(EXAMPLES.iter().enumerate().map(job).collect(), sink).unwrap();
    assert_eq!(answered, EXAMPLES.len());
}
