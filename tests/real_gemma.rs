//! A real Gemma 3, the second model that tests run on: against llama.cpp's token ids and transformers' likelihoods
//! (`tests/oracle/real_gemma.py`), and as a base that brings no template. It is pulled when it is missing (253 MB), and where it
//! cannot be had these tests are left out with a word.

use crate::base::gemma;
use engine::chat::LentTemplate;
use engine::files::open;
use engine::model::{Decoder, Forward, Span};
use engine::store;
use serde::Deserialize;
use std::path::Path;
use std::process::Command;

#[derive(Deserialize)]
struct Oracle {
    ids: Vec<String>,
    passage: Vec<u32>,
    log_probs: Vec<f32>,
    prompt: Vec<u32>,
    answer: Vec<u32>,
}

#[test]
fn ids_likelihoods_and_an_answer_are_those_of_others() {
    let Some(file) = gemma() else { return };
    let oracle: Oracle = serde_json::from_str(include_str!("oracle/real_gemma.json")).unwrap();
    let texts: serde_json::Value = serde_json::from_str(include_str!("../engine/tests/oracle/tiny_gguf.json")).unwrap();
    let texts: Vec<String> = serde_json::from_value(texts["strings"].clone()).unwrap();
    let source = open(&file).unwrap();
    assert_eq!((texts.len(), oracle.ids.len()), (1000, 1000));
    for (text, hash) in texts.iter().zip(&oracle.ids) {
        let ids = source.chat.encode(text).unwrap();
        let joined = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(&store::hash(joined.as_bytes())[..8], hash, "{text:?} became {ids:?}");
    }
    let decoder = Decoder::load(source.config, source.weights.as_ref()).unwrap();
    let forward = |tokens: &[u32], cache: &mut _| {
        decoder.forward(tokens, &mut [Span { rows: tokens.len(), cache, adapter: None }]).unwrap()
    };
    let (known, followers) = (&oracle.passage[..oracle.passage.len() - 1], &oracle.passage[1..]);
    let log_probs = decoder.log_probs(&forward(known, &mut decoder.cache()), followers).unwrap();
    let worst = log_probs.iter().zip(&oracle.log_probs).fold(0f32, |worst, (a, b)| worst.max((a - b).abs()));
    assert!(worst < 1e-4, "log-probabilities are off by {worst}");
    let (mut cache, mut next, mut answer) = (decoder.cache(), oracle.prompt, Vec::<u32>::new());
    while answer.len() < oracle.answer.len() {
        let hidden = forward(&next, &mut cache);
        next = vec![decoder.likeliest(&hidden[hidden.len() - decoder.config().hidden..]).unwrap()[0].unwrap()];
        answer.extend(&next);
    }
    assert_eq!(answer, oracle.answer);
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn said(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pmtune"))
        .args(arguments)
        .current_dir(root)
        .env_remove("PMTUNE_WORKSPACE")
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {text}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The token that ends an answer in a model's file, and how a question is put to it.
fn speaks(file: &Path) -> (String, String) {
    let chat = open(file).unwrap().chat;
    assert!(chat.lent_template().is_none(), "{} brings its own template", file.display());
    let question = [engine::chat::Message::new(engine::chat::Role::User, "Say 1")];
    (chat.token_text(chat.end_of_turn()), chat.render(&question, true).unwrap())
}

#[test]
fn a_base_without_a_template_is_lent_one_which_goes_into_versions_and_their_files() {
    let Some(file) = gemma() else { return };
    assert_eq!(open(&file).unwrap().chat.lent_template(), Some(LentTemplate::Gemma));
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pmtune.yaml", "line: PM\nbase: gemma3-270m\nsampling: {max-tokens: 8}\n");
    let examples: String = (0..15)
        .map(|i| format!("{{\"instruction\": \"Say {i}\", \"input\": \"\", \"output\": \"Done {i}.\"}}\n"))
        .collect();
    write(root.path(), "training-data/x/y.jsonl", &examples);
    let case = |i: usize| format!("  - {{id: c{i}, split: held-out, prompt: Say {i}, reference: Done {i}.}}\n");
    let cases: String = (20..22).map(case).collect();
    write(root.path(), "suites/sums.yaml", &format!("category: sums\ncases:\n{cases}"));

    let text = said(root.path(), &["train", "--rank", "2", "--epochs", "1", "--batch-size", "4"]);
    assert!(text.contains("The base brings no chat template of its own: `gemma` is lent to it"), "{text}");
    let manifest = std::fs::read_to_string(root.path().join("models/PM-v1/manifest.yaml")).unwrap();
    assert!(manifest.contains("template: gemma\n"), "{manifest}");
    let question = "<bos><start_of_turn>user\nSay 1<end_of_turn>\n<start_of_turn>model\n";
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said(root.path(), &["render", "--model", "v1", "--prompt", "Say 1"]).contains(&plain(question)));

    // Two cases prove little, which is why the verdict does not matter here.
    let mut export = Command::new(env!("CARGO_BIN_EXE_pmtune"));
    export.args(["export", "v1", "--type", "Q8_0"]).current_dir(root.path()).env_remove("PMTUNE_WORKSPACE");
    let _ = export.output().unwrap();
    let folder = root.path().join("exports/PM-v1-Q8_0");
    assert_eq!(speaks(&folder.join("PM-v1-Q8_0.gguf")), ("<eos>".to_string(), question.to_string()));
    let proof: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("parity.json")).unwrap()).unwrap();
    assert_eq!((&proof["prompts"]["of"], &proof["prompts"]["alike"]), (&2.into(), &2.into()), "{proof}");
    assert_eq!(proof["read_back"]["strings"], proof["read_back"]["strings_alike"], "{proof}");
}
