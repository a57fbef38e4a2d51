//! What TRL's supervised fine-tuning (`trl sft`) trains by. Every number of a recipe is stated, and every setting whose usual
//! value differs from what `pmtune train` does.

use super::launch::{self, Cards};
use super::{Draft, OUT, Pupil, Weights};
use engine::chat::Message;
use engine::error::{Error, Result};
use engine::train::{self, Lesson, Schedule};
use serde_json::{Value, json};
use std::fmt::Write;

/// The versions that a job is written for; `tests/peers/trl_job.sh` holds them to it.
const PINNED: [(&str, &str); 6] = [
    ("torch", "2.15.0"),
    ("transformers", "5.24.0"),
    ("trl", TRL),
    ("peft", "0.21.2"),
    ("accelerate", "1.15.0"),
    ("datasets", "5.2.0"),
];
const TRL: &str = "1.16.0";

const TEMPLATE: &str = "chat_template.jinja";

/// As runs and versions name the engine.
pub fn name() -> String {
    format!("trl {TRL}")
}

/// The numbers it computes in on a card.
pub const DTYPE: &str = "bfloat16";

/// What a version is trained on and watched with, as lines: the prompt with all before it, and the one answer that is taught.
/// An example of several turns is as many lines, so that each answer is taught once.
///
/// # Errors
/// A text that JSON cannot hold.
pub fn lines(system: Option<&str>, examples: &[Message], lessons: &[Lesson]) -> Result<String> {
    let mut text = String::new();
    for lesson in lessons {
        let system = lesson.system.as_deref().or(system).filter(|text| !text.is_empty());
        let mut said: Vec<Message> =
            system.into_iter().map(|text| Message::new(engine::chat::Role::System, text)).collect();
        said.extend_from_slice(examples);
        for turn in &lesson.turns {
            said.push(Message::new(engine::chat::Role::User, &turn.prompt));
            let answer = Message::new(engine::chat::Role::Assistant, &turn.answer);
            let line = serde_json::to_string(&json!({"prompt": said, "completion": [&answer]}));
            text += &line.map_err(|e| Error::input(format!("{} cannot be written: {e}", lesson.place)))?;
            text.push('\n');
            said.push(answer);
        }
    }
    Ok(text)
}

/// Writes everything but the data: settings, launchers, requirements.
///
/// # Errors
/// A recipe that TRL has no words for; the disk refuses.
pub fn write(draft: &mut Draft, weights: &Weights, pupils: &[Pupil], template: &str) -> Result<()> {
    let processes = pupils.first().map_or(1, |pupil| pupil.steps.processes);
    for pupil in pupils {
        draft.write(&format!("sft/{}.yaml", pupil.name), &settings(weights, pupil)?)?;
    }
    draft.write(TEMPLATE, template)?;
    for (name, cards) in [("single_gpu", Cards::One), ("multi_gpu", Cards::Several), ("fsdp2", Cards::Sharded)] {
        draft.write(&format!("accelerate/{name}.yaml"), &launch::accelerate(cards, processes))?;
    }
    let pinned: String = PINNED.iter().fold(String::new(), |text, (name, version)| text + name + "==" + version + "\n");
    draft.write("requirements.txt", &pinned)?;
    let names: Vec<&str> = pupils.iter().map(|pupil| pupil.name.as_str()).collect();
    draft.write_script("run.sh", &launch::train_script(&names, processes))?;
    draft.write("sky.yaml", &launch::sky(processes, "./run.sh"))?;
    draft.write("slurm.sbatch", &launch::train_slurm(names.len(), processes))
}

/// Where a version's two sides lie, which the loader tells apart by their names.
pub fn data_files(name: &str) -> [String; 2] {
    [format!("data/{name}/train.jsonl"), format!("data/{name}/test.jsonl")]
}

fn settings(weights: &Weights, pupil: &Pupil) -> Result<String> {
    let mut text = format!(
        "# {} as pmtune would train it, with TRL {TRL}: trl sft --config sft/{}.yaml\n# Started by run.sh; on processors \
         it sets use_cpu, bf16 and dtype anew.\n",
        pupil.name, pupil.name
    );
    for (title, settings) in sections(weights, pupil)? {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n# {title}\n");
        for (key, value) in settings {
            let _ = writeln!(text, "{key}: {}", scalar(&value));
        }
    }
    Ok(text)
}

type Settings = Vec<(&'static str, Value)>;

fn sections(weights: &Weights, pupil: &Pupil) -> Result<[(&'static str, Settings); 6]> {
    let recipe = &pupil.recipe;
    let [_, held_out] = data_files(&pupil.name);
    let data = held_out.rsplit_once('/').map_or("data", |(folder, _)| folder).to_string();
    let watched = pupil.validation > 0;
    let strategy = if watched { "epoch" } else { "no" };
    Ok([
        ("The base.", model(weights)),
        (
            "The adapter.",
            vec![
                ("use_peft", json!(true)),
                ("lora_task_type", json!("CAUSAL_LM")),
                ("lora_r", json!(recipe.rank)),
                ("lora_alpha", json!(whole(recipe.alpha)?)),
                ("lora_dropout", json!(recipe.dropout)),
                ("lora_target_modules", json!(pupil.targets)),
                ("use_rslora", json!(recipe.rslora)),
                ("use_dora", json!(false)),
            ],
        ),
        (
            "The data: only answers are taught, nothing is packed, and what is longer is cut at its end.",
            vec![
                ("dataset_name", json!(data)),
                ("dataset_train_split", json!("train")),
                ("dataset_test_split", json!("test")),
                ("completion_only_loss", json!(true)),
                ("assistant_only_loss", json!(false)),
                ("packing", json!(false)),
                ("eval_packing", json!(false)),
                ("padding_free", json!(false)),
                ("max_length", json!(recipe.context_length)),
                ("truncation_mode", json!("keep_start")),
                ("chat_template_path", json!(TEMPLATE)),
                ("train_sampling_strategy", json!("random")),
                ("dataloader_drop_last", json!(false)),
            ],
        ),
        ("The steps.", step(pupil)),
        (
            "Numbers and memory: the results do not depend on activation checkpointing.",
            vec![
                ("bf16", json!(true)),
                ("fp16", json!(false)),
                ("activation_checkpointing", json!(true)),
                ("use_liger_kernel", json!(false)),
                ("ddp_find_unused_parameters", json!(false)),
            ],
        ),
        (
            "What is written: the epoch that did best on held-out examples.",
            vec![
                ("output_dir", json!(format!("{OUT}/{}", pupil.name))),
                ("eval_strategy", json!(strategy)),
                ("per_device_eval_batch_size", json!(pupil.steps.per_device)),
                ("save_strategy", json!("epoch")),
                ("save_total_limit", json!(2)),
                ("load_best_model_at_end", json!(watched)),
                ("metric_for_best_model", json!("eval_loss")),
                ("greater_is_better", json!(false)),
                ("logging_strategy", json!("steps")),
                ("logging_steps", json!(1)),
                ("report_to", json!("none")),
                ("push_to_hub", json!(false)),
            ],
        ),
    ])
}

fn model(weights: &Weights) -> Settings {
    vec![
        ("model_name_or_path", json!(weights.model())),
        ("model_revision", json!(weights.revision())),
        ("trust_remote_code", json!(false)),
        ("dtype", json!(DTYPE)),
        ("attn_implementation", json!("sdpa")),
        ("load_in_4bit", json!(false)),
        ("load_in_8bit", json!(false)),
    ]
}

fn step(pupil: &Pupil) -> Settings {
    let (recipe, steps) = (&pupil.recipe, pupil.steps);
    let schedule = match recipe.schedule {
        Schedule::Cosine => "cosine",
        Schedule::Linear => "linear",
        // Transformers' `constant` knows no warm-up.
        Schedule::Constant => "constant_with_warmup",
    };
    vec![
        ("num_train_epochs", json!(recipe.epochs)),
        ("max_steps", json!(-1)),
        ("per_device_train_batch_size", json!(steps.per_device)),
        ("gradient_accumulation_steps", json!(steps.accumulation)),
        ("average_tokens_across_devices", json!(true)),
        ("loss_type", json!("nll")),
        ("label_smoothing_factor", json!(0.0)),
        ("learning_rate", json!(recipe.learning_rate)),
        ("lr_scheduler_type", json!(schedule)),
        ("warmup_steps", json!(train::warmup_steps(recipe, pupil.total_steps))),
        ("optim", json!("adamw_torch")),
        ("adam_beta1", json!(0.9)),
        ("adam_beta2", json!(0.999)),
        ("adam_epsilon", json!(1e-8)),
        ("weight_decay", json!(recipe.weight_decay)),
        ("max_grad_norm", json!(recipe.clip)),
        ("seed", json!(recipe.seed)),
        ("data_seed", json!(recipe.seed)),
    ]
}

/// TRL reads whole numbers for alpha only.
fn whole(alpha: f64) -> Result<u64> {
    if alpha.fract() == 0.0 && (1.0..1e9).contains(&alpha) {
        return Ok(alpha as u64);
    }
    Err(Error::usage(format!("TRL takes whole numbers for alpha, and the recipe says {alpha}"))
        .hint("choose a whole --alpha, such as twice the rank"))
}

/// JSON is YAML but for one thing: YAML 1.1 takes `5e-7` for a text.
fn scalar(value: &Value) -> String {
    let text = value.to_string();
    match text.split_once('e') {
        Some((digits, power)) if value.is_f64() && !digits.contains('.') => format!("{digits}.0e{power}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Steps;
    use engine::train::{Facts, Place, Recipe, TrainSettings, Turn};
    use std::collections::BTreeMap;

    fn pupil(settings: &TrainSettings) -> Pupil {
        let facts = Facts { examples: 90, parameters: 134_515_008, context_length: 8192 };
        Pupil {
            name: "PM-v3".into(),
            system: None,
            examples: Vec::new(),
            sampling: Default::default(),
            recipe: Recipe::resolve(settings, &TrainSettings::default(), &facts).unwrap(),
            steps: Steps::divide(4, 2, Some(1)).unwrap(),
            targets: vec!["q_proj".into(), "v_proj".into()],
            data: "00".into(),
            files: Vec::new(),
            validation_files: Vec::new(),
            training: 90,
            validation: 10,
            left_out: 0,
            lines: 90,
            tokens: 9000,
            total_steps: 69,
        }
    }

    fn weights() -> Weights {
        Weights::Hub { id: "org/a".into(), revision: Some("abc".into()) }
    }

    fn read(text: &str) -> BTreeMap<String, Value> {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn every_number_of_the_recipe_is_stated() {
        let settings = TrainSettings {
            learning_rate: Some(5e-7),
            weight_decay: Some(0.01),
            schedule: Some(Schedule::Constant),
            rslora: Some(true),
            seed: Some(7),
            ..Default::default()
        };
        let pupil = pupil(&settings);
        let text = super::settings(&weights(), &pupil).unwrap();
        // YAML 1.1, which Python reads, knows numbers by their point.
        assert!(text.contains("learning_rate: 5.0e-7\n") && text.contains("adam_epsilon: 1.0e-8\n"), "{text}");
        let read = read(&text);
        for (key, value) in [
            ("model_name_or_path", json!("org/a")),
            ("model_revision", json!("abc")),
            ("learning_rate", json!(5e-7)),
            ("weight_decay", json!(0.01)),
            ("max_grad_norm", json!(1.0)),
            ("lr_scheduler_type", json!("constant_with_warmup")),
            ("warmup_steps", json!(4)),
            ("num_train_epochs", json!(3)),
            ("per_device_train_batch_size", json!(1)),
            ("gradient_accumulation_steps", json!(2)),
            ("max_length", json!(2048)),
            ("lora_r", json!(8)),
            ("lora_alpha", json!(16)),
            ("lora_dropout", json!(0.0)),
            ("lora_target_modules", json!(["q_proj", "v_proj"])),
            ("use_rslora", json!(true)),
            ("seed", json!(7)),
            ("bf16", json!(true)),
            ("activation_checkpointing", json!(true)),
            ("loss_type", json!("nll")),
            ("packing", json!(false)),
            ("completion_only_loss", json!(true)),
            ("adam_beta2", json!(0.999)),
            ("dataset_name", json!("data/PM-v3")),
            ("output_dir", json!("out/PM-v3")),
            ("eval_strategy", json!("epoch")),
        ] {
            assert_eq!(read[key], value, "{key}");
        }
    }

    #[test]
    fn a_broken_alpha_is_refused() {
        let pupil = pupil(&TrainSettings { alpha: Some(12.5), ..Default::default() });
        let said = super::settings(&weights(), &pupil).unwrap_err().to_string();
        assert!(said.contains("12.5") && said.contains("--alpha"), "{said}");
    }

    #[test]
    fn each_answer_is_a_line_behind_all_that_came_before_it() {
        let turn = |n: usize| Turn { prompt: format!("q{n}"), answer: format!("a{n}") };
        let lessons = [
            Lesson { system: None, turns: vec![turn(1), turn(2)], place: Place::default() },
            Lesson { system: Some("own".into()), turns: vec![turn(3)], place: Place::default() },
        ];
        let worked = [Message::new(engine::chat::Role::User, "q0"), Message::new(engine::chat::Role::Assistant, "a0")];
        let text = lines(Some("S"), &worked, &lessons).unwrap();
        let said: Vec<String> = text
            .lines()
            .map(|line| {
                let line: Value = serde_json::from_str(line).unwrap();
                let texts = |key: &str| -> String {
                    let all = line[key].as_array().unwrap().iter();
                    all.map(|m| format!("{}:{}", m["role"].as_str().unwrap(), m["content"].as_str().unwrap()))
                        .collect::<Vec<_>>()
                        .join(" ")
                };
                format!("{} > {}", texts("prompt"), texts("completion"))
            })
            .collect();
        assert_eq!(
            said,
            [
                "system:S user:q0 assistant:a0 user:q1 > assistant:a1",
                "system:S user:q0 assistant:a0 user:q1 assistant:a1 user:q2 > assistant:a2",
                "system:own user:q0 assistant:a0 user:q3 > assistant:a3",
            ]
        );
    }
}
