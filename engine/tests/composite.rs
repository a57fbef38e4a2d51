//! Reading, writing and scoring in candle's own operations against the processor's own passes.

use crate::generate::{chat, jobs, run};
use crate::tiny::{composite, data, decoder};
use pmtune_engine::generate::{Conversation, Engine, Outcome, Sampling, Work};
use pmtune_engine::model::{Forward, Span};
use std::ops::ControlFlow;
use std::sync::Arc;

fn engine<M: Forward>(model: M) -> Engine<M> {
    let adapter = model.adapter(&data("tiny-llama-lora")).unwrap();
    Engine::new(Arc::new(model), Arc::new(chat()), vec![adapter])
}

/// Hidden states of three sequences in one batch, of which the middle one has an adapter, and then one row more of each.
fn hidden<M: Forward>(model: &M) -> Vec<f32> {
    let adapter = model.adapter(&data("tiny-llama-lora")).unwrap();
    let (mut first, mut second, mut third) = (model.cache(), model.cache(), model.cache());
    let tokens: Vec<u32> = (0..90).map(|i| i * 31 % 96).collect();
    let mut all = Vec::new();
    for rows in [[20, 50, 17], [1, 1, 1]] {
        let caches = [(&mut first, None), (&mut second, Some(&adapter)), (&mut third, None)];
        let spans = rows.into_iter().zip(caches).map(|(rows, (cache, adapter))| Span { rows, cache, adapter });
        let count = rows.iter().sum::<usize>();
        all.extend(model.forward(&tokens[..count], &mut spans.collect::<Vec<_>>()).unwrap());
    }
    all
}

#[test]
fn batches_with_adapters_agree() {
    let (host, device) = (decoder("tiny-llama"), composite("tiny-llama"));
    let (got, want) = (hidden(&device), hidden(&host));
    close("hidden states", &got, &want);
    close("logits", &device.logits(&got).unwrap(), &host.logits(&want).unwrap());
    assert_eq!(device.likeliest(&got).unwrap(), host.likeliest(&want).unwrap());
}

fn close(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let worst = got.iter().zip(want).fold(0f32, |worst, (a, b)| worst.max((a - b).abs()));
    assert!(worst < 1e-4, "{what} differ by {worst}");
}

#[test]
fn greedy_answers_are_the_same_and_scores_agree() {
    let greedy = || {
        jobs().into_iter().filter(|job| match &job.work {
            Work::Write(sampling) => sampling.temperature == 0.0,
            Work::Score(_) => true,
        })
    };
    let host = run(&engine(decoder("tiny-llama")), greedy().collect());
    let device = run(&engine(composite("tiny-llama")), greedy().collect());
    assert_eq!(host.len(), 24);
    for (id, want) in &host {
        match (device[id].as_ref().unwrap(), want.as_ref().unwrap()) {
            (Outcome::Scored { log_probs: got }, Outcome::Scored { log_probs: want }) => {
                close(&format!("scores of job {id}"), got, want);
            }
            (got, want) => assert_eq!(got, want, "job {id}"),
        }
    }
}

/// What a second prompt shares with the first is kept, and the rest forgotten.
#[test]
fn a_conversation_goes_on_from_what_it_has_read() {
    let (host, device) = (decoder("tiny-qwen2"), composite("tiny-qwen2"));
    let host = Engine::new(Arc::new(host), Arc::new(chat()), Vec::new());
    let device = Engine::new(Arc::new(device), Arc::new(chat()), Vec::new());
    let sampling = Sampling { max_tokens: 15, ..Sampling::default() };
    let (mut host, mut device) = (Conversation::new(&host, None), Conversation::new(&device, None));
    for prompt in [vec![1, 2, 3, 4, 5, 6, 7], vec![1, 2, 3, 4, 9], vec![1, 2, 3, 4, 9], vec![40, 41, 42]] {
        let go_on = &mut |_: &str| ControlFlow::Continue(());
        let want = host.answer(&prompt, &sampling, go_on).unwrap();
        assert_eq!(device.answer(&prompt, &sampling, go_on).unwrap(), want);
    }
}
