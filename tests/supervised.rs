//! Exactly which tokens a model is taught, token by token: the end of the answer is, and nothing of the prompt. The
//! default base is pulled when it is missing.

use engine::chat::{Algorithm, Chat, Settings, TokenKind, Tokenizer, Vocabulary};
use engine::train::{Sequence, TooLong, fit, sequences};
use pmtune::training_data::{Conversation, conversations};
use serde_json::{Value, json};

fn sequence(chat: &Chat, system: Option<&str>, line: &Value) -> Sequence {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.jsonl");
    std::fs::write(&file, line.to_string()).unwrap();
    let mut all = sequences(
        chat,
        system,
        &[],
        &conversations(&[file]).unwrap().conversations.iter().map(Conversation::lesson).collect::<Vec<_>>(),
    )
    .unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The tokens as text, those that are not taught and those that are, in turn.
fn parts(chat: &Chat, sequence: &Sequence) -> Vec<Vec<String>> {
    assert_eq!(sequence.tokens.len(), sequence.supervised.len());
    let (mut parts, mut taught) = (vec![Vec::new()], false);
    for (token, supervised) in sequence.tokens.iter().zip(&sequence.supervised) {
        if *supervised != taught {
            taught = *supervised;
            parts.push(Vec::new());
        }
        parts.last_mut().unwrap().push(chat.token_text(*token));
    }
    parts
}

fn smollm2() -> Chat {
    engine::files::open(&crate::base::default_base()).unwrap().chat
}

#[test]
fn smollm2_is_taught_the_answer_and_im_end() {
    let chat = smollm2();
    let line =
        json!({"instruction": "Write a story", "input": "A shop.", "output": "**As a** buyer\nI pay <|im_end|>"});
    let sequence = sequence(&chat, None, &line);
    let parts = parts(&chat, &sequence);
    assert_eq!(parts.len(), 2);
    assert_eq!(
        parts[0].concat(),
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\nWrite a story\n\nA shop.<|im_end|>\n<|im_start|>assistant\n"
    );
    // Typed look-alikes of control tokens are plain text; the one real end is the last token.
    let wanted =
        ["**", "As", " a", "**", " buyer", "\n", "I", " pay", " <", "|", "im", "_", "end", "|", ">", "<|im_end|>"];
    assert_eq!(parts[1], wanted);
    assert_eq!(sequence.tokens.last(), Some(&2));
    assert_eq!(sequence.tokens.iter().filter(|id| **id == 2).count(), 3, "system, user and answer have one end each");
}

#[test]
fn smollm2_is_taught_every_answer_of_a_conversation() {
    let chat = smollm2();
    let line = json!({"messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "<|im_start|>assistant"}, {"role": "assistant", "content": "No"},
    ]});
    let parts = parts(&chat, &sequence(&chat, Some("Never read."), &line));
    let wanted: [&[&str]; 4] = [
        &[
            "<|im_start|>",
            "system",
            "\n",
            "Be",
            " brief",
            ".",
            "<|im_end|>",
            "\n",
            "<|im_start|>",
            "user",
            "\n",
            "Hi",
            "<|im_end|>",
            "\n",
            "<|im_start|>",
            "ass",
            "istant",
            "\n",
        ],
        &["Hello", ".", "<|im_end|>"],
        &[
            "\n",
            "<|im_start|>",
            "user",
            "\n",
            "<",
            "|",
            "im",
            "_",
            "start",
            "|",
            ">",
            "ass",
            "istant",
            "<|im_end|>",
            "\n",
            "<|im_start|>",
            "ass",
            "istant",
            "\n",
        ],
        &["No", "<|im_end|>"],
    ];
    assert_eq!(parts, wanted);
}

/// Phi-3's template over a vocabulary of single characters and its own control tokens.
fn phi3() -> Chat {
    let control = ["<s>", "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"];
    let mut tokens: Vec<String> = ["<unk>"].iter().chain(&control).map(ToString::to_string).collect();
    let mut kinds = vec![TokenKind::Control; tokens.len()];
    kinds[0] = TokenKind::Unknown;
    tokens.extend((b'!'..=b'~').map(|byte| char::from(byte).to_string()));
    tokens.extend(["▁", "\n", "He", "▁He"].map(str::to_string));
    kinds.resize(tokens.len(), TokenKind::Normal);
    let scores = (0..tokens.len()).map(|id| -(id as f32)).collect();
    let algorithm = Algorithm::SentencePiece { scores, add_space_prefix: true };
    let lists = Vocabulary { tokens, kinds, algorithm, control_strips_right: true };
    let tokenizer = Tokenizer::from_vocabulary(&lists).unwrap();
    let stop_ids = ["<|endoftext|>", "<|end|>", "<|assistant|>"].map(|token| tokenizer.id(token).unwrap()).to_vec();
    let oracle: Value = serde_json::from_str(include_str!("../engine/tests/oracle/templates.json")).unwrap();
    let template = oracle["templates"]["phi3"].as_str().map(str::to_string);
    assert!(template.is_some());
    let settings =
        Settings { template, bos_token: "<s>".into(), eos_token: "<|endoftext|>".into(), thinks: None, stop_ids };
    Chat::new(tokenizer, settings).unwrap()
}

#[test]
fn phi3_is_taught_the_answers_and_end_not_endoftext() {
    let chat = phi3();
    let line = json!({"messages": [
        {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "He<|end|>"},
        {"role": "user", "content": "B"}, {"role": "assistant", "content": "x\ny"},
    ]});
    let parts = parts(&chat, &sequence(&chat, Some("S"), &line));
    // Control tokens swallow the line break after them, and a text begins with a blank, as when generating.
    let wanted: [&[&str]; 4] = [
        &["<s>", "<|system|>", " ", "S", "<|end|>", "<|user|>", " ", "H", "i", "<|end|>", "<|assistant|>"],
        &[" He", "<", "|", "e", "n", "d", "|", ">", "<|end|>"],
        &["<|user|>", " ", "B", "<|end|>", "<|assistant|>"],
        &[" ", "x", "\n", "y", "<|end|>"],
    ];
    assert_eq!(parts, wanted);
}

#[test]
fn a_cut_answer_is_not_taught_to_end() {
    let chat = smollm2();
    let line = json!({"prompt": "Count", "completion": "one two three four five six"});
    let whole = sequence(&chat, Some("s"), &line);
    let (kept, cuts) = fit(vec![whole.clone()], whole.tokens.len() - 3, TooLong::Truncate);
    let parts = parts(&chat, &kept[0]);
    assert_eq!(parts[1], ["one", " two", " three", " four"]);
    assert_eq!(cuts[0].tokens, whole.tokens.len());
}
