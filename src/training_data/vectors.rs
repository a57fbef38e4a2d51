//! Sentence vectors that are kept on disk: reading a text takes a tenth of a second, looking it up nothing.

use crate::base::{self, Base, BaseName, SENTENCES};
use engine::embed::Embedder;
use engine::error::Result;
use engine::store;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Gives texts their vectors.
pub trait Meanings: Sync {
    /// One vector of length 1 for each text, in their order. `told` hears how many of the texts that have to be read
    /// anew are read, and how many there are.
    ///
    /// # Errors
    /// The encoder cannot be opened or fails.
    fn vectors(&self, texts: &[&str], told: &dyn Fn(usize, usize)) -> Result<Vec<Vec<f32>>>;
}

/// What the file may hold: about 40,000 texts.
const MOST_BYTES: usize = 64 << 20;
/// So many texts are read before they are kept and progress is told.
const AT_ONCE: usize = 64;
/// So many newly read texts may be lost when the program is killed.
const UNSAVED: usize = 256;
const MAGIC: &[u8; 8] = b"pmtvec1\n";

type Key = [u8; 16];

/// The sentence model with the file that keeps its vectors. The file may be deleted at any time; of two programs that
/// write it at once the later one wins, and the other reads its texts again some day.
#[derive(Debug)]
pub struct Vectors {
    model: PathBuf,
    file: PathBuf,
    most_bytes: usize,
}

impl Vectors {
    /// The sentence model's vectors; `None` where the model is not on this computer.
    pub fn local() -> Result<Option<Self>> {
        let Some(Base { path, sha256, .. }) = base::local(&BaseName::Named(SENTENCES.into()))? else { return Ok(None) };
        let name = format!("{SENTENCES}-{}.vectors", sha256.get(..16).unwrap_or(&sha256));
        Ok(Some(Self { model: path, file: base::home()?.join("vectors").join(name), most_bytes: MOST_BYTES }))
    }
}

impl Vectors {
    /// The same model, which writes down nothing of what it reads: for what people ask a server.
    pub fn unkept(&self) -> Result<Unkept> {
        Embedder::open(&self.model).map(Unkept)
    }
}

/// The sentence model without a file.
#[derive(Debug)]
pub struct Unkept(Embedder);

impl Meanings for Unkept {
    fn vectors(&self, texts: &[&str], _told: &dyn Fn(usize, usize)) -> Result<Vec<Vec<f32>>> {
        self.0.vectors(texts)
    }
}

impl Meanings for Vectors {
    fn vectors(&self, texts: &[&str], told: &dyn Fn(usize, usize)) -> Result<Vec<Vec<f32>>> {
        let keys: Vec<Key> = texts.iter().map(|text| key(text)).collect();
        let mut kept = Kept::read(&self.file);
        let mut missing: Vec<(Key, &str)> = keys.iter().copied().zip(texts.iter().copied()).collect();
        missing.retain(|(key, _)| !kept.vectors.contains_key(key));
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            // Texts of one length beside each other, so that none of a handful waits for a long one.
            missing.sort_by_key(|(_, text)| text.len());
            let embedder = Embedder::open(&self.model)?;
            told(0, missing.len());
            let (mut done, mut unsaved) = (0, 0);
            for some in missing.chunks(AT_ONCE) {
                let read = embedder.vectors(&some.iter().map(|(_, text)| *text).collect::<Vec<_>>())?;
                for ((key, _), vector) in some.iter().zip(read) {
                    kept.put(*key, vector);
                }
                done += some.len();
                unsaved += some.len();
                told(done, missing.len());
                if unsaved >= UNSAVED || done == missing.len() {
                    // A cache that cannot be written costs time, not the result.
                    let _ = kept.write(&self.file, &keys, self.most_bytes);
                    unsaved = 0;
                }
            }
        }
        Ok(keys.iter().map(|key| kept.vectors.get(key).cloned().unwrap_or_default()).collect())
    }
}

fn key(text: &str) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(&Sha256::digest(text.as_bytes())[..16]);
    key
}

/// What the file holds: its name's version, then for each text the head of its hash and its numbers, little-endian.
#[derive(Debug, Default)]
struct Kept {
    vectors: HashMap<Key, Vec<f32>>,
    /// In the order of the file, newest last.
    order: Vec<Key>,
}

impl Kept {
    /// Numbers of a vector.
    const WIDTH: usize = 384;
    const RECORD: usize = size_of::<Key>() + Self::WIDTH * size_of::<f32>() + 4;

    /// What is there. Records that are damaged are left out: each ends with a sum of its bytes.
    fn read(file: &Path) -> Self {
        let mut kept = Self::default();
        let bytes = std::fs::read(file).unwrap_or_default();
        for record in bytes.strip_prefix(MAGIC).unwrap_or_default().chunks_exact(Self::RECORD) {
            let (body, sum) = record.split_at(Self::RECORD - 4);
            if sum != checksum(body) {
                continue;
            }
            let (head, numbers) = body.split_at(size_of::<Key>());
            let mut key = Key::default();
            key.copy_from_slice(head);
            let number = |four: &[u8]| four.try_into().map(f32::from_le_bytes).unwrap_or_default();
            kept.put(key, numbers.chunks_exact(4).map(number).collect());
        }
        kept
    }

    fn put(&mut self, key: Key, vector: Vec<f32>) {
        if vector.len() == Self::WIDTH && self.vectors.insert(key, vector).is_none() {
            self.order.push(key);
        }
    }

    /// Replaces the file. Where not all have room, those that `used` names stay, then the newest.
    fn write(&self, file: &Path, used: &[Key], most_bytes: usize) -> Result<()> {
        let room = most_bytes / Self::RECORD;
        let used: std::collections::HashSet<&Key> = used.iter().collect();
        let mut kept: Vec<&Key> = self.order.iter().rev().collect();
        kept.sort_by_key(|key| !used.contains(key));
        kept.truncate(room);
        kept.reverse();
        let mut bytes = Vec::with_capacity(MAGIC.len() + kept.len() * Self::RECORD);
        bytes.extend_from_slice(MAGIC);
        for key in kept {
            let from = bytes.len();
            bytes.extend_from_slice(key);
            let numbers = self.vectors.get(key).into_iter().flatten();
            numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
            let sum = checksum(&bytes[from..]);
            bytes.extend_from_slice(&sum);
        }
        store::replace(file, &bytes)
    }
}

/// FNV-1a with 32 bits.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    bytes.iter().fold(0x811C_9DC5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193)).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(texts: &[&str]) -> Kept {
        let mut kept = Kept::default();
        for (at, text) in texts.iter().enumerate() {
            kept.put(key(text), vec![at as f32; Kept::WIDTH]);
        }
        kept
    }

    #[test]
    fn what_is_kept_is_read_back_and_damage_costs_one_text() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("vectors/x.vectors");
        filled(&["a", "b", "c"]).write(&file, &[], usize::MAX).unwrap();
        let back = Kept::read(&file);
        assert_eq!(back.order, [key("a"), key("b"), key("c")]);
        assert_eq!(back.vectors[&key("c")], vec![2.0; Kept::WIDTH]);
        let mut bytes = std::fs::read(&file).unwrap();
        bytes[MAGIC.len() + Kept::RECORD + 40] ^= 1;
        bytes.extend_from_slice(b"torn");
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(Kept::read(&file).order, [key("a"), key("c")]);
        std::fs::write(&file, b"something else").unwrap();
        assert!(Kept::read(&file).order.is_empty());
        assert!(Kept::read(root.path()).order.is_empty());
    }

    #[test]
    fn the_file_stays_below_its_bound_and_keeps_what_is_used() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("x.vectors");
        filled(&["a", "b", "c", "d"]).write(&file, &[key("a")], 2 * Kept::RECORD + 100).unwrap();
        assert_eq!(Kept::read(&file).order, [key("d"), key("a")], "the used one counts as the newest");
    }
}
