//! A batch whose jobs come and go, as a server's do: what each gives is what it gives alone.

use crate::generate::{engine, jobs, run};
use pmtune_engine::generate::{Batch, Finish, Job, Limits, Outcome, Progress, Sampling, Work};
use std::collections::BTreeMap;

/// What an open batch told, by job.
#[derive(Default)]
struct Heard {
    texts: BTreeMap<usize, Vec<String>>,
    done: BTreeMap<usize, Result<Outcome, String>>,
}

impl Heard {
    fn take(&mut self, told: Vec<Progress>) {
        for progress in told {
            match progress {
                Progress::Tokens(_) => {}
                Progress::Text { id, text } => {
                    assert!(!self.done.contains_key(&id), "text after the end of {id}");
                    assert!(!text.is_empty(), "an empty piece of {id}");
                    self.texts.entry(id).or_default().push(text);
                }
                Progress::Done { id, outcome, .. } => {
                    let outcome = outcome.map_err(|error| error.to_string());
                    assert!(self.done.insert(id, outcome).is_none(), "job {id} is done once");
                }
            }
        }
    }

    fn finish(&mut self, batch: &mut Batch) {
        while !batch.is_idle() {
            self.take(batch.step().unwrap());
        }
    }
}

fn write(id: usize, prompt: Vec<u32>, sampling: Sampling) -> Job {
    Job { id, adapter: None, prompt, work: Work::Write(sampling) }
}

#[test]
fn jobs_that_join_between_steps_give_what_they_give_together() {
    for (sequences, prompt_rows, each, cache_bytes) in
        [(32, 256, 1, 3 << 30), (5, 3, 2, 3 << 30), (100, 16, 7, 1), (4, 32, 3, 1 << 16)]
    {
        let limits = Limits { sequences, prompt_rows, cache_bytes };
        let engine = engine(limits);
        let (want, mut batch, mut heard) = (run(&engine, jobs()), Batch::open(&engine), Heard::default());
        let mut coming = jobs();
        // Some come when most are done, so that they start from what those have read.
        coming.extend(jobs().into_iter().map(|job| Job { id: job.id + 100, ..job }));
        coming.reverse();
        while !coming.is_empty() {
            let arrived = (0..each).filter_map(|_| coming.pop()).collect();
            heard.take(batch.add(arrived));
            heard.take(batch.step().unwrap());
        }
        heard.finish(&mut batch);
        assert_eq!(heard.done.len(), 96);
        for (id, outcome) in &heard.done {
            assert_eq!(outcome, &want[&(id % 100)], "job {id}, {limits:?}");
            if let Ok(Outcome::Written { text, .. }) = outcome {
                assert_eq!(&heard.texts.remove(id).unwrap_or_default().concat(), text, "the pieces of job {id}");
            }
        }
        assert!(heard.texts.is_empty());
    }
}

#[test]
fn text_comes_piece_by_piece_and_never_beyond_a_stop_string() {
    let engine = engine(Limits::default());
    let plain = Sampling { max_tokens: 20, ..Sampling::default() };
    let Ok(Outcome::Written { text, .. }) = &run(&engine, vec![write(0, vec![3, 4, 5], plain.clone())])[&0] else {
        panic!("a text was asked for")
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let stop = format!("{} {}", &words[6][1..], words[7]);
    let mut batch = Batch::open(&engine);
    let stopped = Sampling { stop: vec!["not there".into(), stop.clone()], ..plain.clone() };
    let mut heard = Heard::default();
    heard.take(batch.add(vec![write(1, vec![3, 4, 5], plain), write(2, vec![3, 4, 5], stopped)]));
    heard.finish(&mut batch);
    assert_eq!(heard.texts[&1].len(), 20, "a piece for every token");
    assert_eq!(heard.texts[&2].concat(), text[..text.find(&stop).unwrap()]);
    assert!(matches!(heard.done[&2], Ok(Outcome::Written { finish: Finish::StopString, .. })));
}

#[test]
fn a_cancelled_job_is_gone_at_once_wherever_it_was() {
    let engine = engine(Limits { sequences: 2, prompt_rows: 4, ..Limits::default() });
    let long = |id| write(id, vec![7; 60], Sampling { max_tokens: 60, ..Sampling::default() });
    let mut batch = Batch::open(&engine);
    let mut heard = Heard::default();
    // One is read, one waits for its rows, one waits to join.
    heard.take(batch.add(vec![long(0)]));
    heard.take(batch.add(vec![long(1)]));
    heard.take(batch.add(vec![long(2)]));
    heard.take(batch.step().unwrap());
    for id in [2, 0, 1] {
        assert!(!batch.is_idle());
        batch.cancel(id);
        batch.cancel(id);
    }
    assert!(batch.is_idle() && heard.done.is_empty());
    assert!(batch.step().unwrap().is_empty());
    // While it writes; the other goes on as if it were alone.
    let want = run(&engine, vec![long(4)]);
    heard.take(batch.add(vec![long(3)]));
    heard.take(batch.add(vec![long(4)]));
    while heard.texts.get(&3).is_none_or(|texts| texts.len() < 3) {
        heard.take(batch.step().unwrap());
    }
    batch.cancel(3);
    heard.finish(&mut batch);
    assert_eq!((heard.done.len(), &heard.done[&4]), (1, &want[&4]));
}

#[test]
fn a_shared_beginning_ends_with_the_last_job_that_wants_it() {
    let engine = engine(Limits { prompt_rows: 8, ..Limits::default() });
    let shared: Vec<u32> = (0..60).map(|i| i * 7 % 90).collect();
    let job = |id: usize| {
        let sampling = Sampling { max_tokens: 5, ..Sampling::default() };
        write(id, [shared.clone(), vec![id as u32]].concat(), sampling)
    };
    let want = run(&engine, (0..4).map(job).collect());
    let mut batch = Batch::open(&engine);
    let mut heard = Heard::default();
    heard.take(batch.add((0..3).map(job).collect()));
    heard.take(batch.step().unwrap());
    batch.cancel(0);
    batch.cancel(1);
    assert!(!batch.is_idle());
    batch.cancel(2);
    assert!(batch.is_idle(), "nobody needs what they had in common any more");
    heard.take(batch.add((0..4).map(job).collect()));
    heard.take(batch.step().unwrap());
    batch.cancel(2);
    heard.finish(&mut batch);
    assert_eq!(heard.done.keys().copied().collect::<Vec<_>>(), [0, 1, 3]);
    heard.done.iter().for_each(|(id, outcome)| assert_eq!(outcome, &want[id]));
}

#[test]
fn the_next_turn_reads_only_what_is_new() {
    let engine = engine(Limits { prompt_rows: 16, ..Limits::default() });
    let first: Vec<u32> = (0..64).map(|i| i * 11 % 90).collect();
    let sampling = Sampling { max_tokens: 2, ..Sampling::default() };
    let steps = |batch: &mut Batch, id, prompt: &[u32]| {
        let (mut heard, mut steps) = (Heard::default(), 0);
        heard.take(batch.add(vec![write(id, prompt.to_vec(), sampling.clone())]));
        while !batch.is_idle() {
            heard.take(batch.step().unwrap());
            steps += 1;
        }
        assert_eq!(heard.done, run(&engine, vec![write(id, prompt.to_vec(), sampling.clone())]));
        steps
    };
    let mut batch = Batch::open(&engine);
    let whole = steps(&mut batch, 0, &first);
    let second = [first.clone(), vec![1, 2, 3]].concat();
    assert!(steps(&mut batch, 1, &second) < whole, "the first turn is remembered");
    assert!(steps(&mut batch, 2, &first) < whole, "and what is asked again");
    let mut small = Batch::open(&engine);
    assert_eq!(steps(&mut small, 3, &first), whole, "another batch remembers nothing");
}
