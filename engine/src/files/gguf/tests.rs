//! Hostile headers: whatever a file says, reading it ends with a header or one clear fault.

use std::path::Path;

use proptest::prelude::*;

use super::header::Header;
use crate::error::{Error, Kind};

/// A GGUF file put together by hand: metadata as (key, kind, bytes), tensors as (name, dims, type, offset).
struct Crafted {
    version: u32,
    counts: Option<(u64, u64)>,
    metadata: Vec<(&'static str, u32, Vec<u8>)>,
    tensors: Vec<(&'static str, Vec<u64>, u32, u64)>,
    data: usize,
}

impl Default for Crafted {
    fn default() -> Self {
        Self { version: 3, counts: None, metadata: vec![], tensors: vec![("w", vec![32, 2], 8, 0)], data: 68 }
    }
}

impl Crafted {
    fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(self.version.to_le_bytes());
        let (tensors, values) = self.counts.unwrap_or((self.tensors.len() as u64, self.metadata.len() as u64));
        out.extend([tensors, values].map(u64::to_le_bytes).concat());
        for (key, kind, value) in &self.metadata {
            out.extend(text(key));
            out.extend(kind.to_le_bytes());
            out.extend(value);
        }
        for (name, dims, kind, offset) in &self.tensors {
            out.extend(text(name));
            out.extend((dims.len() as u32).to_le_bytes());
            dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(offset.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(32) + self.data, 7);
        out
    }

    fn fault(&self) -> String {
        Header::parse(&self.bytes()).unwrap_err().what
    }
}

fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

fn array(kind: u32, count: u64, elements: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &count.to_le_bytes(), elements].concat()
}

fn with_value(kind: u32, value: Vec<u8>) -> Crafted {
    Crafted { metadata: vec![("key", kind, value)], ..Crafted::default() }
}

fn with_tensor(dims: Vec<u64>, kind: u32, offset: u64) -> Crafted {
    Crafted { tensors: vec![("w", dims, kind, offset)], ..Crafted::default() }
}

#[test]
fn a_well_formed_file_is_read() {
    let bytes =
        Crafted { metadata: vec![("a", 4, 7u32.to_le_bytes().to_vec()), ("b", 8, text("hé"))], ..Crafted::default() };
    let header = Header::parse(&bytes.bytes()).unwrap();
    assert_eq!((header.integer("a"), header.text("b")), (Some(7), Some("hé")));
    assert_eq!(header.tensors["w"].shape, [2, 32]);
    assert_eq!(header.tensors["w"].bytes.len(), 68);
}

#[test]
fn impossible_counts_are_refused_before_anything_is_allocated() {
    let huge = u64::MAX;
    let tensors = Crafted { counts: Some((huge, 0)), ..Crafted::default() };
    assert!(tensors.fault().contains("claims 18446744073709551615 tensors"), "{}", tensors.fault());
    let values = Crafted { counts: Some((0, huge / 2)), ..Crafted::default() };
    assert!(values.fault().contains("metadata values"));
    for kind in [0, 4, 8, 9, 12] {
        let fault = with_value(9, array(kind, huge, &[])).fault();
        assert!(fault.contains("array elements"), "{fault}");
    }
    let long = with_value(8, huge.to_le_bytes().to_vec()).fault();
    assert!(long.contains("bytes of text"), "{long}");
}

#[test]
fn impossible_tensors_are_refused() {
    for (dims, kind, offset, wanted) in [
        (vec![1 << 40, 1 << 40], 0, 0, "impossible shape"),
        (vec![32, 0], 0, 0, "impossible shape"),
        (vec![], 0, 0, "0 dimensions"),
        (vec![1; 5], 0, 0, "5 dimensions"),
        (vec![33], 8, 0, "blocks of 32"),
        (vec![32], 8, 1, "not a multiple of 32"),
        (vec![32], 8, u64::MAX - 31, "cut short"),
        (vec![32, 3], 8, 0, "needs 102 bytes"),
        (vec![32], 23, 0, "IQ4_XS"),
        (vec![32], 99, 0, "unknown type 99"),
    ] {
        let fault = with_tensor(dims, kind, offset).fault();
        assert!(fault.contains(wanted), "{fault} does not say {wanted}");
    }
}

#[test]
fn other_faults_are_named() {
    let twice = Crafted { metadata: vec![("k", 0, vec![1]), ("k", 0, vec![2])], ..Crafted::default() };
    assert!(twice.fault().contains("\"k\" is there twice"));
    let tensors = vec![("w", vec![32], 8, 0), ("w", vec![32], 8, 32)];
    assert!(Crafted { tensors, ..Crafted::default() }.fault().contains("\"w\" is there twice"));
    assert!(with_value(13, vec![]).fault().contains("unknown kind of metadata value 13"));
    assert!(with_value(8, [&2u64.to_le_bytes()[..], &[0xFF, 0xFE]].concat()).fault().contains("not valid UTF-8"));
    let nested = (0..5).fold(array(0, 0, &[]), |inner, _| array(9, 1, &inner));
    assert!(with_value(9, nested).fault().contains("nested"));
    for alignment in [0u32, 3, 48, 1 << 20] {
        let crafted = Crafted {
            metadata: vec![("general.alignment", 4, alignment.to_le_bytes().to_vec())],
            ..Crafted::default()
        };
        assert!(crafted.fault().contains("power of two"));
    }
    let version = |version| Crafted { version, ..Crafted::default() }.fault();
    assert!(version(1).contains("version 1"));
    assert!(version(3u32.swap_bytes()).contains("big-endian"));
    assert!(Header::parse(b"PK\x03\x04").unwrap_err().what.contains("not with \"GGUF\""));
    assert!(Header::parse(b"").is_err());
}

/// Opens a file of these bytes as the program would.
fn open(bytes: &[u8]) -> Result<crate::files::Source, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gguf");
    std::fs::write(&path, bytes).unwrap();
    crate::files::open(&path)
}

fn tiny(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)).unwrap()
}

#[test]
fn a_file_cut_short_says_so_and_what_to_do() {
    let bytes = tiny("tiny-qwen2.gguf");
    let error = open(&bytes[..bytes.len() - 1000]).map(|_| ()).unwrap_err();
    assert_eq!(error.kind, Kind::Model);
    let text = error.to_string();
    assert!(text.contains("cut short") && text.contains("byte ") && text.contains("help: download"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Flips some bytes, most of them in the metadata's small numbers, and cuts the file somewhere.
    #[test]
    fn damaged_files_never_panic(
        which in 0usize..3,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 0..6),
        cut in prop::option::weighted(0.3, any::<prop::sample::Index>()),
    ) {
        let mut bytes = tiny(["tiny-llama.gguf", "tiny-qwen2.gguf", "tiny-phi3.gguf"][which]);
        for (at, value, early) in flips {
            let at = if early { at.index(1200) } else { at.index(bytes.len()) };
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(source) = open(&bytes) {
            let shape = [source.config.vocab, source.config.hidden];
            let _ = source.weights.get("model.embed_tokens.weight", &shape);
            let _ = source.weights.get("model.layers.0.self_attn.q_proj.weight", &[64, 64]);
            let _ = source.chat.encode("As a user I want 12 things\n\n<|im_end|>");
        }
    }

    /// The header alone, which is cheap, gets many more.
    #[test]
    fn damaged_headers_never_panic(
        flips in prop::collection::vec((0usize..200, any::<u8>()), 1..12),
        cut in 0usize..400,
    ) {
        let value = array(9, 1, &array(8, 2, &[text("a"), text("b")].concat()));
        let crafted = Crafted {
            metadata: vec![("general.alignment", 4, 32u32.to_le_bytes().to_vec()), ("k", 9, value), ("f", 6, vec![0; 4])],
            ..Crafted::default()
        };
        let mut bytes = crafted.bytes();
        for _ in 0..20 {
            for (at, value) in &flips {
                if let Some(byte) = bytes.get_mut(*at) {
                    *byte = byte.wrapping_add(*value);
                }
            }
            let _ = Header::parse(&bytes);
            let _ = Header::parse(&bytes[..cut.min(bytes.len())]);
        }
    }
}
