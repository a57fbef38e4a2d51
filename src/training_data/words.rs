//! Texts as numbers, for comparing many of them: words, runs of words, similarity.

/// FNV-1a with 64 bits (Fowler, Noll, Vo): the same in every process and on every machine.
fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
}

const SEED: u64 = 0xCBF2_9CE4_8422_2325;

/// One number for each word, case and everything but letters and digits left aside.
pub(super) fn words(text: &str) -> Vec<u64> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut hash = SEED;
    let mut open = false;
    let put = |c: char, hash: &mut u64| {
        let mut buffer = [0; 4];
        c.encode_utf8(&mut buffer).bytes().for_each(|byte| *hash = fnv(*hash, byte));
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            hash = fnv(hash, c.to_ascii_lowercase() as u8);
            open = true;
        } else if !c.is_ascii() && c.is_alphanumeric() {
            c.to_lowercase().for_each(|c| put(c, &mut hash));
            open = true;
        } else if open && !matches!(c, '\'' | '’') {
            words.push(hash);
            (hash, open) = (SEED, false);
        }
    }
    if open {
        words.push(hash);
    }
    words
}

/// Mixes well, so that any bits of the result serve (the finalizer of SplitMix64, Steele et al. 2014).
pub(super) fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// One number for a run of words, in their order.
pub(super) fn run(words: &[u64]) -> u64 {
    words.iter().fold(SEED, |hash, word| mix(hash.rotate_left(5) ^ word))
}

/// Every run of `n` words, each once, sorted; a shorter text is one run.
pub(super) fn shingles(words: &[u64], n: usize) -> Vec<u32> {
    let mut all: Vec<u32> = match words.len() {
        0 => Vec::new(),
        length if length < n => vec![run(words) as u32],
        _ => words.windows(n).map(|w| run(w) as u32).collect(),
    };
    all.sort_unstable();
    all.dedup();
    all
}

/// Jaccard similarity of two sorted sets: shared members over all members; 0 for two empty ones.
pub(super) fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut shared) = (0, 0, 0usize);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    let all = a.len() + b.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_ignore_case_and_punctuation() {
        assert_eq!(words("**Größe** isn't it?"), words("größe ISN'T it"));
        assert_eq!(words("isn’t"), words("isnt"));
        assert_eq!(words("a-b").len(), 2);
        assert!(words(" - ").is_empty());
        assert_ne!(run(&words("a b")), run(&words("b a")));
    }

    #[test]
    fn similarity_is_the_share_of_common_runs() {
        let set = |text: &str| shingles(&words(text), 3);
        assert_eq!(jaccard(&set("a b c d e"), &set("a b c d e")), 1.0);
        // abc bcd cde | abc bcd cdx: two of four.
        assert_eq!(jaccard(&set("a b c d e"), &set("a b c d x")), 0.5);
        assert_eq!(jaccard(&set("a"), &set("b")), 0.0);
        assert_eq!(jaccard(&set(""), &set("")), 0.0);
    }
}
