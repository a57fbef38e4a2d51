//! One machine's part of a run. Which cases it asks follows from their ids alone, so every machine finds the same without
//! a word to the others, and the repeats of a case stay together.

use engine::error::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::str::FromStr;

/// More machines than anybody has.
const MOST: usize = 100_000;

/// The third of eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub number: usize,
    pub of: usize,
}

impl Shard {
    /// Whether it asks the case with this id (`<suite>/<case>`): by the first eight bytes of the id's SHA-256.
    pub fn holds(self, case: &str) -> bool {
        let digest = Sha256::digest(case.as_bytes());
        let number = digest.iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
        number % self.of.max(1) as u64 + 1 == self.number as u64
    }

    /// `shard 3 of 8`.
    pub fn words(self) -> String {
        format!("shard {} of {}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if (1..=of).contains(&number) && of <= MOST => Ok(Self { number, of }),
            _ => Err(Error::usage(format!("`{text}` is no shard")).hint("write 3/8 for the third of eight")),
        }
    }
}

/// What a shard's run knows of the whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    #[serde(flatten)]
    pub shard: Shard,
    /// Hash of everything that all shards together ask, and of how it is judged.
    pub plan: String,
    /// Every case of all shards in the order of the whole run, with how many answers each gets.
    pub cases: Vec<(String, u32)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_in_one_shard_and_stays_there() {
        for of in [1, 2, 3, 8] {
            let shards = (1..=of).map(|number| Shard { number, of });
            for case in ["s/a", "s/b", "long-suite/a case of many words", ""] {
                assert_eq!(shards.clone().filter(|shard| shard.holds(case)).count(), 1);
            }
        }
        // By `hashlib.sha256(id).digest()[:8]` as a big-endian number, modulo 8, plus 1.
        let of_eight = |case: &str| (1..=8).find(|&number| Shard { number, of: 8 }.holds(case)).unwrap();
        assert_eq!(["s/a", "s/b", "s/c", "s/d"].map(of_eight), EXPECTED);
    }

    const EXPECTED: [usize; 4] = [5, 8, 8, 2];

    #[test]
    fn what_is_typed_is_a_part_of_a_whole() {
        assert_eq!("3/8".parse::<Shard>().unwrap(), Shard { number: 3, of: 8 });
        assert_eq!("1/1".parse::<Shard>().unwrap().words(), "shard 1 of 1");
        for wrong in ["0/8", "9/8", "3", "3/", "/8", "a/b", "-1/2", "1/0", "1/100001", "1/2/3", ""] {
            assert!(wrong.parse::<Shard>().unwrap_err().to_string().contains("3/8 for the third of eight"), "{wrong}");
        }
    }
}
