//! The tokenizer and template of the default base against the Python library `tokenizers` and `transformers`
//! (`tests/oracle/real_tokenizer.py`). The base is pulled when it is missing.

use engine::chat::{Chat, Message};
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    strings: Vec<String>,
    ids: Vec<Vec<u32>>,
    /// What the tokens of some strings decode to, where the vocabulary lacks their bytes.
    lossy: std::collections::HashMap<usize, String>,
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
struct Conversation {
    messages: Vec<Message>,
    text: String,
    ids: Vec<u32>,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/real_tokenizer.json")).unwrap()
}

fn chat() -> Chat {
    engine::files::open(&crate::base::default_base()).unwrap().chat
}

#[test]
fn a_thousand_strings_get_the_oracles_ids() {
    let (oracle, chat) = (oracle(), chat());
    assert_eq!(oracle.strings.len(), 1000);
    for (text, ids) in oracle.strings.iter().zip(&oracle.ids) {
        assert_eq!(&chat.encode(text).unwrap(), ids, "{text:?}");
        assert_eq!(&chat.answer_ids(text).unwrap(), ids, "{text:?} as an answer");
    }
}

#[test]
fn decoding_gives_the_text_back_at_once_and_in_pieces() {
    let (oracle, chat) = (oracle(), chat());
    for (number, (text, ids)) in oracle.strings.iter().zip(&oracle.ids).enumerate() {
        let wanted = oracle.lossy.get(&number).unwrap_or(text);
        assert_eq!(&chat.decode(ids).unwrap(), wanted);
        let mut decoder = chat.decoder();
        let mut pieces: String = ids.iter().map(|id| decoder.push(*id)).collect();
        pieces.push_str(&decoder.finish());
        assert_eq!(&pieces, wanted);
    }
}

#[test]
fn conversations_render_and_encode_as_transformers_does() {
    let (oracle, chat) = (oracle(), chat());
    for conversation in &oracle.conversations {
        assert_eq!(chat.render(&conversation.messages, true).unwrap(), conversation.text);
        assert_eq!(chat.prompt_ids(&conversation.messages).unwrap(), conversation.ids);
    }
}

#[test]
fn the_base_stops_on_its_two_ends() {
    let chat = chat();
    assert_eq!(chat.end_of_turn(), 2);
    assert_eq!(chat.stop_ids(), [2, 0]);
    assert_eq!(chat.token_text(2), "<|im_end|>");
    assert_eq!(chat.token_text(28), ",");
}
