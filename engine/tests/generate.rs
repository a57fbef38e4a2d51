//! The engine on a tiny random model whose words are `w0` to `w95`.

use pmtune_engine::chat::{Chat, Settings, Tokenizer};
use pmtune_engine::generate::{Conversation, Engine, Finish, Job, Limits, Outcome, Progress, Sampling, Work};
use pmtune_engine::model::Forward;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

const STOP: u32 = 95;

pub fn chat() -> Chat {
    let words: BTreeMap<String, u32> = (0..96).map(|i| (format!("w{i}"), i)).collect();
    let json = serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "w0"},
    });
    let tokenizer = Tokenizer::from_json(json.to_string().as_bytes()).unwrap();
    let template = Some("{% for m in messages %}{{ m.content }} {% endfor %}".to_string());
    Chat::new(tokenizer, Settings { template, stop_ids: vec![STOP], ..Settings::default() }).unwrap()
}

pub fn engine(limits: Limits) -> Engine {
    let decoder = crate::tiny::decoder("tiny-llama");
    let adapter = decoder.adapter(&crate::tiny::data("tiny-llama-lora")).unwrap();
    Engine::new(Arc::new(decoder), Arc::new(chat()), vec![adapter]).with_limits(limits)
}

pub fn run(engine: &Engine<impl Forward>, jobs: Vec<Job>) -> BTreeMap<usize, Result<Outcome, String>> {
    let mut done = BTreeMap::new();
    let sink = &mut |progress| {
        if let Progress::Done { id, outcome, .. } = progress {
            let outcome = outcome.map_err(|error| error.to_string());
            assert!(done.insert(id, outcome).is_none(), "job {id} is done once");
        }
        ControlFlow::Continue(())
    };
    engine.run(jobs, sink).unwrap();
    done
}

/// Jobs of every kind: with and without a shared beginning, repeated, greedy and sampled, scored, with an adapter.
pub fn jobs() -> Vec<Job> {
    let shared: Vec<u32> = (0..40).map(|i| i * 7 % 90).collect();
    let mut jobs = Vec::new();
    for id in 0..48 {
        let own = (0..1 + id as u32 % 9).map(|i| (id as u32 / 3 * 5 + i * 3) % 90);
        let mut prompt = if id % 2 == 0 { shared.clone() } else { Vec::new() };
        prompt.extend(own);
        let sampling = Sampling { max_tokens: 4 + id % 13, seed: id as u64, ..Sampling::default() };
        let work = match id % 4 {
            0 => Work::Write(sampling),
            1 => Work::Write(Sampling { temperature: 1.0, top_k: Some(40), repetition_penalty: 1.2, ..sampling }),
            2 => Work::Write(Sampling { temperature: 0.7, top_p: Some(0.9), min_p: Some(0.01), ..sampling }),
            _ => Work::Score((0..5).map(|i| (id as u32 + i) % 90).collect()),
        };
        jobs.push(Job { id, adapter: (id % 5 == 0).then_some(0), prompt, work });
    }
    jobs
}

#[test]
fn nothing_depends_on_the_batch() {
    let alone = run(&engine(Limits { sequences: 1, ..Limits::default() }), jobs());
    assert_eq!(alone.len(), 48);
    assert!(alone.values().all(Result::is_ok));
    for (sequences, prompt_rows) in [(32, 256), (7, 3), (100, 10_000)] {
        let together = run(&engine(Limits { sequences, prompt_rows, ..Limits::default() }), jobs());
        assert_eq!(alone, together, "{sequences} sequences, {prompt_rows} prompt rows");
    }
    // Room for one sequence only.
    assert_eq!(alone, run(&engine(Limits { cache_bytes: 1, ..Limits::default() }), jobs()));
    // Without any other job to share a prefix with.
    for job in jobs() {
        assert_eq!(alone[&job.id], run(&engine(Limits::default()), vec![job.clone()])[&job.id]);
    }
}

#[test]
fn adapters_change_answers() {
    let engine = engine(Limits::default());
    let sampling = Sampling { max_tokens: 12, ..Sampling::default() };
    let job = |id, adapter| Job { id, adapter, prompt: vec![3, 4, 5], work: Work::Write(sampling.clone()) };
    let done = run(&engine, vec![job(0, None), job(1, Some(0)), job(2, None)]);
    assert_eq!(done[&0], done[&2]);
    assert_ne!(done[&0], done[&1]);
}

fn write(engine: &Engine, stop: &[&str], max_tokens: usize) -> (String, usize, Finish) {
    let stop = stop.iter().map(|s| s.to_string()).collect();
    let work = Work::Write(Sampling { stop, max_tokens, ..Sampling::default() });
    let done = run(engine, vec![Job { id: 0, adapter: None, prompt: vec![3, 4, 5], work }]);
    let Ok(Outcome::Written { text, tokens, finish }) = &done[&0] else { panic!("a text was asked for") };
    (text.clone(), *tokens, *finish)
}

#[test]
fn answers_end_where_they_should() {
    let engine = engine(Limits::default());
    let (text, tokens, finish) = write(&engine, &[], 20);
    assert_eq!((tokens, finish), (20, Finish::Length));
    assert_eq!(text.split_whitespace().count(), 20);
    // A stop string that begins in one token and ends in the next.
    let words: Vec<&str> = text.split_whitespace().collect();
    let stop = format!("{} {}", &words[6][1..], words[7]);
    let (cut, _, finish) = write(&engine, &["not there", &stop], 20);
    assert_eq!(finish, Finish::StopString);
    assert_eq!(cut, text[..text.find(&stop).unwrap()]);
    assert_eq!(write(&engine, &[], 0), (String::new(), 0, Finish::Length));
}

#[test]
fn the_context_is_a_limit_and_a_prompt_beyond_it_fails_alone() {
    let engine = engine(Limits::default());
    let work = || Work::Write(Sampling { max_tokens: 500, ..Sampling::default() });
    let job = |id, length, work| Job { id, adapter: None, prompt: vec![7; length], work };
    let done = run(
        &engine,
        vec![job(0, 128, work()), job(1, 120, work()), job(2, 100, Work::Score(vec![1; 29])), job(3, 0, work())],
    );
    assert!(done[&0].as_ref().unwrap_err().contains("the prompt is 128 tokens long"), "{:?}", done[&0]);
    assert!(matches!(&done[&1], Ok(Outcome::Written { tokens: ..=8, .. })), "{:?}", done[&1]);
    assert!(done[&2].as_ref().unwrap_err().contains("100 and 29"), "{:?}", done[&2]);
    assert!(done[&3].as_ref().unwrap_err().contains("empty"), "{:?}", done[&3]);
}

#[test]
fn breaking_ends_the_run() {
    let mut reports = 0;
    let sink = &mut |_| {
        reports += 1;
        if reports == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    engine(Limits::default()).run(jobs(), sink).unwrap();
    assert_eq!(reports, 3);
}

#[test]
fn a_conversation_streams_what_the_engine_writes() {
    let engine = engine(Limits { prompt_rows: 4, ..Limits::default() });
    let sampling = Sampling { max_tokens: 15, stop: vec!["w9999".to_string()], ..Sampling::default() };
    let mut conversation = Conversation::new(&engine, Some(0));
    for prompt in [vec![1, 2, 3, 4, 5, 6, 7], vec![1, 2, 3, 4, 9], vec![1, 2, 3, 4, 9]] {
        let work = Work::Write(sampling.clone());
        let want = run(&engine, vec![Job { id: 0, adapter: Some(0), prompt: prompt.clone(), work }]);
        let mut text = String::new();
        let sink = &mut |piece: &str| {
            text.push_str(piece);
            ControlFlow::Continue(())
        };
        let outcome = conversation.answer(&prompt, &sampling, sink).unwrap();
        assert_eq!(Ok(&outcome), want[&0].as_ref());
        assert!(matches!(outcome, Outcome::Written { text: whole, .. } if whole == text));
    }
}
