//! A real Gemma 3 against llama.cpp's token ids and transformers' likelihoods (`tests/oracle/gemma.py`, which says where the
//! file comes from).

use pmtune_engine::files::open;
use pmtune_engine::model::{Decoder, Forward, Span};
use pmtune_engine::store;
use serde::Deserialize;

#[derive(Deserialize)]
struct Oracle {
    ids: Vec<String>,
    passage: Vec<u32>,
    log_probs: Vec<f32>,
    prompt: Vec<u32>,
    answer: Vec<u32>,
}

#[test]
#[ignore = "needs the file that PMTUNE_GEMMA names, 253 MB"]
fn real_gemma() {
    let oracle: Oracle = serde_json::from_str(include_str!("oracle/gemma.json")).unwrap();
    let texts: serde_json::Value = serde_json::from_str(include_str!("oracle/tiny_gguf.json")).unwrap();
    let texts: Vec<String> = serde_json::from_value(texts["strings"].clone()).unwrap();
    let source = open(std::env::var("PMTUNE_GEMMA").unwrap().as_ref()).unwrap();
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
