//! The default base against transformers on the same file (`tests/oracle/real_model.py`), and what only a real model
//! shows of the generator. The base is pulled when it is missing.

use engine::chat::{Message, Role};
use engine::files::{Source, open};
use engine::generate::{Engine, Finish, Job, Limits, Outcome, Progress, Sampling, Work};
use engine::model::{Composite, Decoder, Forward, Span};
use pmtune::provider::{Event, Local, Provider, Request, Stop, Task};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, LazyLock};

#[derive(Deserialize)]
struct Oracle {
    positions: Vec<usize>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    top: Vec<(usize, f32)>,
    logits: Vec<f32>,
}

static ORACLE: LazyLock<Oracle> =
    LazyLock::new(|| serde_json::from_str(include_str!("oracle/real_model.json")).unwrap());

fn source() -> Source {
    open(&crate::base::default_base()).unwrap()
}

fn engine(limits: Limits) -> Engine {
    let source = source();
    let decoder = Decoder::load(source.config, source.weights.as_ref()).unwrap();
    Engine::new(Arc::new(decoder), Arc::new(source.chat), Vec::new()).with_limits(limits)
}

fn run(engine: &Engine, jobs: Vec<Job>) -> BTreeMap<usize, Outcome> {
    let mut done = BTreeMap::new();
    let sink = &mut |progress| {
        if let Progress::Done { id, outcome, .. } = progress {
            assert!(done.insert(id, outcome.unwrap()).is_none(), "job {id} is done once");
        }
        ControlFlow::Continue(())
    };
    engine.run(jobs, sink).unwrap();
    done
}

#[test]
fn logits_and_greedy_tokens_equal_transformers() {
    let source = source();
    let decoder = Decoder::load(source.config, source.weights.as_ref()).unwrap();
    let mut worst = 0f32;
    for case in &ORACLE.cases {
        let mut cache = decoder.cache();
        let (mut due, mut tokens) = (case.prompt.clone(), Vec::new());
        for step in 0..case.tokens.len() {
            let hidden =
                decoder.forward(&due, &mut [Span { rows: due.len(), cache: &mut cache, adapter: None }]).unwrap();
            let logits = decoder.logits(&hidden[hidden.len() - decoder.config().hidden..]).unwrap();
            if step == 0 {
                let known = ORACLE.positions.iter().copied().zip(case.logits.iter().copied());
                for (at, want) in known.chain(case.top.iter().copied()) {
                    worst = worst.max((logits[at] - want).abs());
                }
            }
            let next = (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap() as u32;
            tokens.push(next);
            due = vec![next];
        }
        assert_eq!(tokens, case.tokens);
    }
    println!("largest difference of a logit: {worst}");
    assert!(worst < 1e-3, "logits differ by {worst}");
}

/// The path of `--device`, here on the processor.
#[test]
fn candles_own_operations_give_the_same_logits() {
    let source = source();
    let composite = Composite::load(source.config, source.weights.as_ref(), candle_core::Device::Cpu).unwrap();
    let case = &ORACLE.cases[0];
    let mut cache = composite.cache();
    let span = Span { rows: case.prompt.len(), cache: &mut cache, adapter: None };
    let hidden = composite.forward(&case.prompt, &mut [span]).unwrap();
    let last = &hidden[hidden.len() - composite.config().hidden..];
    assert_eq!(composite.likeliest(last).unwrap(), [Some(case.tokens[0])]);
    let logits = composite.logits(last).unwrap();
    for (at, want) in ORACLE.positions.iter().copied().zip(case.logits.iter().copied()) {
        assert!((logits[at] - want).abs() < 1e-3, "{} against {want}", logits[at]);
    }
}

#[test]
fn answers_and_scores_do_not_depend_on_the_batch() {
    let limits = |sequences| Limits { sequences, prompt_rows: 48, ..Limits::default() };
    let (alone, together) = (engine(limits(1)), engine(limits(32)));
    let jobs = || {
        let mut jobs = Vec::new();
        for (i, case) in ORACLE.cases.iter().cycle().take(24).enumerate() {
            let sampled = Sampling { temperature: 0.8, top_p: Some(0.9), seed: i as u64, ..Sampling::default() };
            let sampling = if i < 10 { Sampling::default() } else { sampled };
            let write = Work::Write(Sampling { max_tokens: 24, ..sampling });
            for work in [write, Work::Score(case.tokens.iter().copied().take(20).collect())] {
                jobs.push(Job { id: jobs.len(), adapter: None, prompt: case.prompt.clone(), work });
            }
        }
        jobs
    };
    let (alone, together) = (run(&alone, jobs()), run(&together, jobs()));
    assert_eq!(alone.len(), 48);
    assert_eq!(alone, together);
}

#[test]
fn stop_strings_cut_and_long_prompts_fail_alone() {
    let engine = engine(Limits::default());
    let prompt = engine.chat().prompt_ids(&[Message::new(Role::User, "Count from 1 to 20, comma separated.")]).unwrap();
    let write = |stop: &[&str]| {
        let stop = stop.iter().map(|s| s.to_string()).collect();
        Work::Write(Sampling { max_tokens: 30, stop, ..Sampling::default() })
    };
    let job = |id, prompt: &[u32], work| Job { id, adapter: None, prompt: prompt.to_vec(), work };
    let free = run(&engine, vec![job(0, &prompt, write(&[]))]).remove(&0).unwrap();
    let Outcome::Written { text, finish, tokens } = free else { panic!("a text was asked for") };
    assert!(finish == Finish::End || tokens == 30);
    let middle = &text[text.len() / 3..text.len() / 3 + 4];
    let cut = run(&engine, vec![job(0, &prompt, write(&["never said", middle]))]).remove(&0).unwrap();
    let Outcome::Written { text: shorter, finish, .. } = cut else { panic!("a text was asked for") };
    assert_eq!(finish, Finish::StopString);
    assert_eq!(shorter, text[..text.find(middle).unwrap()]);

    let long = vec![prompt[0]; 9000];
    let (mut failed, mut written) = (None, 0);
    let jobs = vec![job(0, &long, write(&[])), job(1, &prompt, write(&[]))];
    let sink = &mut |progress| {
        match progress {
            Progress::Done { id: 0, outcome, .. } => failed = outcome.err(),
            Progress::Done { outcome, .. } => written += usize::from(outcome.is_ok()),
            Progress::Tokens(_) | Progress::Text { .. } => {}
        }
        ControlFlow::Continue(())
    };
    engine.run(jobs, sink).unwrap();
    assert!(failed.unwrap().to_string().contains("9000 tokens"));
    assert_eq!(written, 1);
}

#[test]
fn local_provider_writes_scores_and_chooses() {
    let source = source();
    let local = Local::new(source, &[None, None]).unwrap();
    let request = |id, question: &str, task| Request {
        id,
        version: id % 2,
        messages: vec![Message::new(Role::User, question)],
        task,
        sampling: Sampling { max_tokens: 40, ..Sampling::default() },
    };
    let texts = ["The capital of France is Paris.", "Bananas are loud."].map(str::to_string).to_vec();
    let capital = "What is the capital of France?";
    let requests = vec![
        request(0, capital, Task::Write { weighed: texts.clone() }),
        request(1, capital, Task::Choose { choices: texts.clone() }),
        request(2, capital, Task::Weigh { texts: texts.clone() }),
    ];
    let (mut answers, mut tokens, mut weighed) = (BTreeMap::new(), 0, (0, 0));
    local
        .answer(requests, &mut |event| {
            match event {
                Event::Tokens(n) => tokens += n,
                Event::Weighed { done, of } => weighed = (done, of),
                Event::Note(_) => {}
                Event::Done { id, answer } => assert!(answers.insert(id, answer.unwrap()).is_none()),
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let (written, chosen) = (&answers[&0], &answers[&1]);
    assert_eq!(weighed, (3 * texts.len(), 3 * texts.len()));
    assert!(written.text.contains("Paris"), "{}", written.text);
    assert!(written.reference_nll.unwrap() < 1.5 && written.seconds > 0.0 && tokens >= written.output_tokens);
    assert_eq!((chosen.text.as_str(), chosen.stop), ("The capital of France is Paris.", Stop::Scored));
    assert!(chosen.likelihoods[0].gain() > chosen.likelihoods[1].gain());
    assert_eq!(chosen.likelihoods[0].tokens, 8);
    // However it is asked, the same texts weigh the same; the question helps the one that answers it.
    assert_eq!((&written.likelihoods, &answers[&2].likelihoods), (&chosen.likelihoods, &chosen.likelihoods));
    assert!(chosen.likelihoods[0].gain().unwrap() > 1.0 && chosen.margin(&texts[0]).unwrap() > 0.5);
    assert_eq!((chosen.preferred(&texts[0]), chosen.preferred(&texts[1])), (Some((1, 1)), Some((0, 1))));

    // The same prompt, streamed, gives the same text; a second turn reads only what is new.
    let mut conversation = local.converse(0).unwrap();
    let prompt = local.engine().chat().prompt_ids(&[Message::new(Role::User, capital)]).unwrap();
    let sampling = Sampling { max_tokens: 40, ..Sampling::default() };
    let mut streamed = String::new();
    let sink = &mut |piece: &str| {
        streamed.push_str(piece);
        ControlFlow::Continue(())
    };
    conversation.answer(&prompt, &sampling, sink).unwrap();
    conversation.answer(&prompt, &sampling, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(streamed, written.text);
}

/// A shipped adapter, as PEFT reads it (`tests/oracle/export_check.py`): every 128th logit after a prompt.
#[test]
fn an_adapter_that_training_wrote_gives_the_logits_that_peft_gives() {
    #[derive(Deserialize)]
    struct Exported {
        tokens: Vec<u32>,
        every: usize,
        logits: Vec<f32>,
        base_logits: Vec<f32>,
    }
    let oracle: Exported = serde_json::from_str(include_str!("oracle/exported_adapter.json")).unwrap();
    let source = source();
    let decoder = Decoder::load(source.config, source.weights.as_ref()).unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/adapter");
    let adapter = decoder.adapter(folder.as_ref()).unwrap();
    for (adapter, wanted) in [(Some(&adapter), &oracle.logits), (None, &oracle.base_logits)] {
        let mut cache = decoder.cache();
        let mut span = [Span { rows: oracle.tokens.len(), cache: &mut cache, adapter }];
        let hidden = decoder.forward(&oracle.tokens, &mut span).unwrap();
        let logits = decoder.logits(&hidden[hidden.len() - decoder.config().hidden..]).unwrap();
        let most = wanted.iter().fold(0f32, |most, logit| most.max(logit.abs()));
        for (got, wanted) in logits.iter().step_by(oracle.every).zip(wanted) {
            assert!((got - wanted).abs() < 1e-4 * most.max(1.0), "{got} against {wanted}");
        }
    }
}
