//! Generation over a load like a suite's: 75 prompts, half of which share a system prompt, up to 256 new tokens each,
//! greedy. Prints tokens per second, and how fast prompts are read.
//!
//! ```text
//! cargo bench --bench generate -- MODEL.gguf [sequences] [new tokens] [prompts]
//! cargo bench --bench generate -- MODEL.gguf contexts [longest]
//! ```
//!
//! `contexts` reads longer and longer prompts and writes behind them, one sequence alone.

use engine::chat::{Message, Role};
use engine::files::open;
use engine::generate::{Engine, Job, Limits, Progress, Sampling, Work};
use engine::model::{Decoder, Forward, Span};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

#[path = "../src/allocator.rs"]
mod allocator;

const SYSTEM: &str = "You are a product management assistant. Answer in clear Markdown with short headings, name the \
    metric behind every claim, and say what you do not know instead of guessing.";

const TASKS: [&str; 15] = [
    "Write a user story for exporting a report as CSV, with three acceptance criteria.",
    "Draft an OKR for reducing the time new customers need to reach their first success.",
    "Summarise this for executives: the release slips by two weeks because a payment test keeps failing in staging.",
    "Explain RICE scoring and score an idea with reach 2,500, impact 2, confidence 80 % and effort 3 person-months.",
    "Write a short PRD for offline mode in a note-taking app used by field technicians without reliable network.",
    "List five questions for interviewing customers who cancelled in their first month.",
    "What is the difference between an outcome and an output? Give one example of each from a banking app.",
    "Prioritise: dark mode, faster search, single sign-on, usage analytics. Give one reason for each place.",
    "Write a status update: two of three milestones done, the third blocked by a vendor contract, next review Friday.",
    "Define churn rate, activation rate and net revenue retention, each with its formula and a target.",
    "Turn these notes into release notes: faster export, fixed login loop on Safari, new audit log for admins.",
    "Describe a go-to-market plan for a new pricing tier aimed at teams of three to ten people.",
    "Write an email that tells customers about a price increase of 8 percent from January, with the reasons.",
    "What risks does launching without user research carry, and how would you reduce each of them?",
    "Invent a creative onboarding idea for a budgeting app whose users mostly never finish the set-up.",
];

fn main() {
    allocator::keep_freed_memory();
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let Some(path) = arguments.first() else {
        println!("no model given; see the head of benches/generate.rs");
        return;
    };
    let number = |i: usize, default| arguments.get(i).map_or(default, |a| a.parse().expect("a number"));
    if arguments.get(1).is_some_and(|word| word == "contexts") {
        // On a thread of the pool, as the engine does it, so that handing out work wakes nobody.
        return rayon::scope(|_| contexts(Path::new(path), number(2, 4096)));
    }
    let (sequences, new_tokens, prompts) = (number(1, 96), number(2, 256), number(3, 75));

    let start = Instant::now();
    let source = open(Path::new(path)).expect("a model");
    let decoder = Arc::new(Decoder::load(source.config, source.weights.as_ref()).expect("weights"));
    println!("loaded in {:.2} s", start.elapsed().as_secs_f64());
    let engine = Engine::new(decoder.clone(), Arc::new(source.chat), Vec::new())
        .with_limits(Limits { sequences, ..Limits::default() });

    let jobs: Vec<Job> = (0..prompts)
        .map(|id| {
            let task = format!("{} Case number {}.", TASKS[id % TASKS.len()], id + 1);
            let mut messages = vec![Message::new(Role::User, task)];
            if id % 2 == 0 {
                messages.insert(0, Message::new(Role::System, SYSTEM));
            }
            let prompt = engine.chat().prompt_ids(&messages).expect("token ids");
            let sampling = Sampling { max_tokens: new_tokens, ..Sampling::default() };
            Job { id, adapter: None, prompt, work: Work::Write(sampling) }
        })
        .collect();
    let prompt_tokens: usize = jobs.iter().map(|job| job.prompt.len()).sum();

    let start = Instant::now();
    let mut read = 0;
    for job in &jobs {
        let mut cache = decoder.cache();
        let mut span = [Span { rows: job.prompt.len(), cache: &mut cache, adapter: None }];
        decoder.forward(&job.prompt, &mut span).expect("a forward pass");
        read += job.prompt.len();
    }
    println!("reading prompts one by one: {:.0} tokens/s", read as f64 / start.elapsed().as_secs_f64());

    let (start, mut tokens) = (Instant::now(), 0);
    engine
        .run(jobs, &mut |progress| {
            if let Progress::Tokens(n) = progress {
                tokens += n;
            }
            ControlFlow::Continue(())
        })
        .expect("a run");
    let seconds = start.elapsed().as_secs_f64();
    println!("{prompts} prompts of {prompt_tokens} tokens: {tokens} tokens written in {seconds:.1} s");
    println!("{:.1} tokens/s", tokens as f64 / seconds);
}

/// Tokens read at once, as the engine does it.
const PIECE: usize = 256;
/// Tokens written behind a prompt.
const WRITTEN: usize = 48;

fn contexts(path: &Path, longest: usize) {
    let source = open(path).expect("a model");
    let decoder = Decoder::load(source.config, source.weights.as_ref()).expect("weights");
    println!("| context | reading it, tokens/s | writing behind it, tokens/s |\n|---|---|---|");
    for length in [128, 512, 1024, 2048, 4096].into_iter().filter(|length| *length <= longest) {
        let tokens: Vec<u32> = (0..(length + WRITTEN) as u32).map(|i| 1000 + i * 7919 % 10_000).collect();
        let mut cache = decoder.cache();
        let mut pass = |tokens: &[u32]| {
            let mut span = [Span { rows: tokens.len(), cache: &mut cache, adapter: None }];
            let hidden = decoder.forward(tokens, &mut span).expect("a forward pass");
            let last = &hidden[hidden.len() - decoder.config().hidden..];
            decoder.likeliest(last).expect("a token");
        };
        let start = Instant::now();
        tokens[..length].chunks(PIECE).for_each(&mut pass);
        let read = length as f64 / start.elapsed().as_secs_f64();
        let start = Instant::now();
        tokens[length..].chunks(1).for_each(&mut pass);
        let written = WRITTEN as f64 / start.elapsed().as_secs_f64();
        println!("| {length} | {read:.0} | {written:.1} |");
    }
}
