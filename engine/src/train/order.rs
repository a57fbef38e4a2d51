//! In which order examples are learnt from, and which of them together. Pure: the same numbers give the same order, so a
//! resumed training needs to remember no more than where it was.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// At most so many batches have their examples sorted among each other by length.
const WINDOW: usize = 4;

/// The batches of one epoch, as indices into `lengths`; every index stands in exactly one. All batches but one hold
/// `batch_size` examples, and that one what is left.
///
/// The examples are shuffled. Then those of a few neighbouring batches at a time are put together by length, so that a
/// batch's examples take about as long, and these batches change places. With few examples fewer batches are sorted
/// together, down to none: otherwise the same examples would meet in every epoch.
pub fn batches(lengths: &[usize], batch_size: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let batch_size = batch_size.max(1);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch as u64);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(&mut random);
    let window = (lengths.len().div_ceil(batch_size) / 2).clamp(1, WINDOW);
    let mut all = Vec::new();
    for examples in order.chunks_mut(batch_size.saturating_mul(window)) {
        examples.sort_by_key(|index| lengths[*index]);
        let mut batches: Vec<Vec<usize>> = examples.chunks(batch_size).map(<[usize]>::to_vec).collect();
        batches.shuffle(&mut random);
        all.append(&mut batches);
    }
    all
}

/// One batch in parts of at most `most_tokens` each, in order, as indices into `lengths`. An example that is longer makes
/// a part of its own.
pub fn micro_batches(lengths: &[usize], most_tokens: usize) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut tokens = 0usize;
    for (index, length) in lengths.iter().enumerate() {
        tokens = tokens.saturating_add(*length);
        match parts.last_mut() {
            Some(part) if tokens <= most_tokens => part.push(index),
            _ => {
                parts.push(vec![index]);
                tokens = *length;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn every_example_stands_in_exactly_one_batch(
            lengths in prop::collection::vec(1usize..400, 0..90), size in 1usize..12, seed: u64, epoch in 0usize..9,
        ) {
            let all = batches(&lengths, size, seed, epoch);
            prop_assert_eq!(&all, &batches(&lengths, size, seed, epoch));
            let mut seen: Vec<usize> = all.concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            prop_assert_eq!(all.len(), lengths.len().div_ceil(size));
            let partial: Vec<usize> = all.iter().map(Vec::len).filter(|n| *n != size).collect();
            let left = lengths.len() % size;
            prop_assert_eq!(partial, if left == 0 { vec![] } else { vec![left] });
        }

        #[test]
        fn parts_keep_the_order_and_the_budget(
            lengths in prop::collection::vec(1usize..400, 0..40), most in 0usize..900,
        ) {
            let parts = micro_batches(&lengths, most);
            prop_assert_eq!(parts.concat(), (0..lengths.len()).collect::<Vec<_>>());
            let tokens = |part: &[usize]| part.iter().map(|i| lengths[*i]).sum::<usize>();
            for (at, part) in parts.iter().enumerate() {
                prop_assert!(part.len() == 1 || tokens(part) <= most);
                // No part could have taken the first example of the next one.
                if let Some(next) = parts.get(at + 1) {
                    prop_assert!(tokens(part) + lengths[next[0]] > most);
                }
            }
        }
    }

    fn lengths() -> Vec<usize> {
        (0..120).map(|i| 50 + i * 37 % 300).collect()
    }

    #[test]
    fn seeds_and_epochs_give_other_orders() {
        let of = |seed, epoch| batches(&lengths(), 4, seed, epoch);
        let different: HashSet<Vec<Vec<usize>>> = [of(1, 0), of(1, 1), of(1, 2), of(2, 0), of(2, 1)].into();
        assert_eq!(different.len(), 5);
    }

    #[test]
    fn a_batch_holds_examples_of_about_one_length() {
        let lengths = lengths();
        let spread = |all: &[Vec<usize>]| -> usize {
            let of = |batch: &Vec<usize>| {
                let lengths = || batch.iter().map(|i| lengths[*i]);
                lengths().max().unwrap() - lengths().min().unwrap()
            };
            all.iter().map(of).sum()
        };
        let ours = spread(&batches(&lengths, 4, 3, 0));
        let mixed: Vec<usize> = (0..120).map(|i| i * 7 % 120).collect();
        let mixed: Vec<Vec<usize>> = mixed.chunks(4).map(<[usize]>::to_vec).collect();
        assert!(2 * ours < spread(&mixed), "{ours} against {}", spread(&mixed));
    }

    #[test]
    fn in_a_small_dataset_other_examples_meet_in_every_epoch() {
        let lengths = [10, 20, 30, 40, 50, 60, 70, 80];
        let together = |epoch| -> Vec<Vec<usize>> {
            let mut all = batches(&lengths, 4, 5, epoch);
            all.iter_mut().for_each(|batch| batch.sort_unstable());
            all.sort();
            all
        };
        let different: HashSet<Vec<Vec<usize>>> = (0..6).map(together).collect();
        assert!(different.len() > 3, "{different:?}");
    }

    #[test]
    fn less_data_than_a_batch_is_one_batch_and_none_is_none() {
        let mut one = batches(&[5, 3, 9], 8, 0, 0);
        one[0].sort_unstable();
        assert_eq!(one, [[0, 1, 2]]);
        assert!(batches(&[], 8, 0, 0).is_empty() && micro_batches(&[], 8).is_empty());
    }
}
