//! A Hugging Face folder, as `transformers` saved it (`tests/oracle/tiny_folder.py`), whole and damaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::DType;
use pmtune_engine::chat::Message;
use pmtune_engine::files::{Family, Weight, open, open_weights};
use pmtune_engine::generate::{Engine, Job, Sampling, Work};
use pmtune_engine::model::Decoder;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Oracle {
    strings: Vec<String>,
    ids: Vec<Vec<u32>>,
    conversations: Vec<Conversation>,
    answer: Vec<u32>,
    q_row: Vec<f32>,
}

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Message>,
    text: String,
    ids: Vec<u32>,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/tiny_folder.json")).unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tiny-folder")
}

/// A copy to damage.
fn copy() -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.path().join(entry.file_name())).unwrap();
    }
    to
}

/// Changes one JSON file of a copy.
fn edit(folder: &Path, file: &str, change: impl Fn(&mut Value)) {
    let path = folder.join(file);
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    fs::write(path, json.to_string()).unwrap();
}

fn failure(folder: &Path) -> String {
    open(folder).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn weights_are_read_from_their_shards() {
    let (config, weights) = open_weights(&folder()).unwrap();
    assert_eq!((config.family, config.hidden, config.layers, config.kv_heads), (Family::Llama, 32, 2, 2));
    let Weight::Dense(q) = weights.get("model.layers.1.self_attn.q_proj.weight", &[32, 32]).unwrap() else {
        panic!("a dense weight came quantized")
    };
    assert_eq!(q.dtype(), DType::BF16);
    let row: Vec<f32> = q.get(5).unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap();
    assert_eq!(row, oracle().q_row);
    assert!(weights.get("model.layers.1.self_attn.q_proj.weight", &[16, 64]).is_err());
}

#[test]
fn text_is_encoded_as_transformers_does() {
    let (oracle, chat) = (oracle(), open(&folder()).unwrap().chat);
    for (text, ids) in oracle.strings.iter().zip(&oracle.ids) {
        assert_eq!(&chat.encode(text).unwrap(), ids, "{text:?}");
    }
    for conversation in &oracle.conversations {
        assert_eq!(chat.render(&conversation.messages, true).unwrap(), conversation.text);
        assert_eq!(chat.prompt_ids(&conversation.messages).unwrap(), conversation.ids);
    }
    // On its own the text would begin with a space; after a role it does not.
    assert_eq!(chat.answer_ids("Yes, 2 of them").unwrap(), oracle.answer);
    assert_ne!(chat.encode("Yes, 2 of them").unwrap(), oracle.answer);
}

#[test]
fn ends_come_from_generation_config() {
    let chat = open(&folder()).unwrap().chat;
    assert_eq!((chat.stop_ids(), chat.end_of_turn()), (&[2, 0][..], 2));
    let copy = copy();
    fs::remove_file(copy.path().join("generation_config.json")).unwrap();
    assert_eq!(open(copy.path()).unwrap().chat.stop_ids(), [2]);
}

#[test]
fn a_template_may_stand_in_tokenizer_config() {
    let copy = copy();
    fs::remove_file(copy.path().join("chat_template.jinja")).unwrap();
    for template in
        [json!("one"), json!([{"name": "tool_use", "template": "no"}, {"name": "default", "template": "one"}])]
    {
        edit(copy.path(), "tokenizer_config.json", |json| json["chat_template"] = template.clone());
        assert_eq!(open(copy.path()).unwrap().chat.render(&[], true).unwrap(), "one");
    }
}

#[test]
fn all_differences_between_config_and_weights_are_reported_at_once() {
    let copy = copy();
    edit(copy.path(), "config.json", |json| {
        json["num_hidden_layers"] = json!(1);
        json["intermediate_size"] = json!(40);
        json["attention_bias"] = json!(true);
    });
    let text = failure(copy.path());
    for part in [
        "`model.layers.0.mlp.up_proj.weight` has the shape [48, 32], not [40, 32]",
        "`model.layers.0.self_attn.k_proj.bias` is missing",
        "`model.layers.1.input_layernorm.weight` has no place in a Llama model",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn damaged_folders_say_what_is_wrong() {
    let damage = |wanted: &str, change: &dyn Fn(&Path)| {
        let copy = copy();
        change(copy.path());
        let text = failure(copy.path());
        assert!(text.contains(wanted) && text.contains("help: "), "{text}\n does not say {wanted}");
    };
    let shard = "model-00001-of-00003.safetensors";
    damage("config.json", &|f| fs::remove_file(f.join("config.json")).unwrap());
    damage("tokenizer.json", &|f| fs::remove_file(f.join("tokenizer.json")).unwrap());
    damage("neither model.safetensors", &|f| fs::remove_file(f.join("model.safetensors.index.json")).unwrap());
    damage(shard, &|f| fs::remove_file(f.join(shard)).unwrap());
    damage("cannot be read as safetensors", &|f| fs::write(f.join(shard), b"").unwrap());
    damage("cannot be read as safetensors", &|f| fs::write(f.join(shard), [0xFF; 64]).unwrap());
    damage("cannot be read as safetensors", &|f| {
        let bytes = fs::read(f.join(shard)).unwrap();
        fs::write(f.join(shard), &bytes[..bytes.len() - 100]).unwrap();
    });
    damage("points outside its folder", &|f| {
        edit(f, "model.safetensors.index.json", |json| json["weight_map"]["lm_head.weight"] = json!("../x"));
    });
    damage("config.json:1:", &|f| fs::write(f.join("config.json"), "{\"model_type\": 7}").unwrap());
    damage("\"gpt_neox\", which pmtune does not run", &|f| {
        edit(f, "config.json", |json| json["model_type"] = json!("gpt_neox"))
    });
    // Hybrids, mixtures of experts and those that see are refused by name, with the way out.
    for other in ["qwen3_moe", "granitemoehybrid", "qwen3_next", "gemma3", "olmo3"] {
        damage(&format!("{other:?}, which pmtune does not run"), &|f| {
            edit(f, "config.json", |json| json["model_type"] = json!(other));
            assert!(failure(f).contains("openai:URL#model"));
        });
    }
    damage("the attention head count is 0", &|f| edit(f, "config.json", |json| json["num_attention_heads"] = json!(0)));
    damage("cannot share", &|f| edit(f, "config.json", |json| json["num_key_value_heads"] = json!(3)));
    damage("the hidden size is", &|f| edit(f, "config.json", |json| json["hidden_size"] = json!(1u64 << 60)));
    damage("the head dimension", &|f| edit(f, "config.json", |json| json["head_dim"] = json!(u64::MAX)));
    damage("`hidden_act` is \"gelu\"", &|f| edit(f, "config.json", |json| json["hidden_act"] = json!("gelu")));
    damage("\"yarn\"", &|f| edit(f, "config.json", |json| json["rope_parameters"]["rope_type"] = json!("yarn")));
    damage("not valid JSON", &|f| fs::write(f.join("tokenizer.json"), "{").unwrap());
    damage("merge 0", &|f| edit(f, "tokenizer.json", |json| json["model"]["merges"][0] = json!(["user", "user"])));
    damage("unknown kind", &|f| edit(f, "tokenizer.json", |json| json["model"]["type"] = json!("Other")));
    damage("belong to two models", &|f| cut(f, 500));
}

/// Fewer rows in the config, and the weights cut to match.
fn cut(folder: &Path, rows: usize) {
    edit(folder, "config.json", |json| json["vocab_size"] = json!(rows));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "safetensors") {
            let mut tensors = candle_core::safetensors::load(&path, &candle_core::Device::Cpu).unwrap();
            for name in ["lm_head.weight", "model.embed_tokens.weight"] {
                if let Some(tensor) = tensors.get_mut(name) {
                    *tensor = tensor.narrow(0, 0, rows).unwrap();
                }
            }
            candle_core::safetensors::save(&tensors, &path).unwrap();
        }
    }
}

#[test]
fn a_token_that_was_added_and_never_taught_is_an_error_only_where_it_occurs() {
    let copy = copy();
    cut(copy.path(), 522);
    let source = open(copy.path()).unwrap();
    let decoder = Decoder::load(source.config, source.weights.as_ref()).unwrap();
    let engine = Engine::new(Arc::new(decoder), Arc::new(source.chat), Vec::new());
    let answer = |text: &str| {
        let prompt = engine.chat().encode(text).unwrap();
        let job = Job { id: 0, adapter: None, prompt, work: Work::Write(Sampling::default()) };
        crate::generate::run(&engine, vec![job]).remove(&0).unwrap()
    };
    assert!(answer("[user]Write 2 goals").is_ok());
    assert!(
        answer("[user]Hi[assistant]").is_err_and(|text| text.contains("\"[assistant]\"") && text.contains("help: "))
    );
    // Typed, it is plain text.
    let typed = engine.chat().answer_ids("[assistant]").unwrap();
    assert!(typed.iter().all(|id| *id < 522), "{typed:?}");
}

#[test]
fn a_head_beside_tied_embeddings_must_be_their_copy() {
    let copy = copy();
    edit(copy.path(), "config.json", |json| json["tie_word_embeddings"] = json!(true));
    assert!(failure(copy.path()).contains("`tie_word_embeddings` is true"));
}

#[test]
fn what_is_no_model_says_so() {
    let empty = tempfile::tempdir().unwrap();
    assert!(failure(&empty.path().join("none.gguf")).contains("does not exist"));
    assert!(failure(empty.path()).contains("config.json"));
    let file = empty.path().join("empty.gguf");
    fs::write(&file, b"").unwrap();
    assert!(failure(&file).contains("cannot"), "{}", failure(&file));
}
