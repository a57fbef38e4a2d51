//! Bytes against ggml's own quantiser (`tests/oracle/quantize.py`), on inputs made here and there from the same integers.

use candle_core::quantized::GgmlDType;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

use super::{bits_per_weight, bounds, encode};
use crate::files::gguf::decoded;

const COUNT: usize = 4096;

const TYPES: [(&str, GgmlDType); 10] = [
    ("F16", GgmlDType::F16),
    ("BF16", GgmlDType::BF16),
    ("Q4_0", GgmlDType::Q4_0),
    ("Q4_1", GgmlDType::Q4_1),
    ("Q5_0", GgmlDType::Q5_0),
    ("Q5_1", GgmlDType::Q5_1),
    ("Q8_0", GgmlDType::Q8_0),
    ("Q4_K", GgmlDType::Q4K),
    ("Q5_K", GgmlDType::Q5K),
    ("Q6_K", GgmlDType::Q6K),
];

/// The upper half of Splitmix64's numbers.
pub(in crate::files) fn words(seed: u64, count: usize) -> Vec<u32> {
    let word = |i: u64| {
        let mut state = seed.wrapping_add(i.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        state = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ state >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((state ^ state >> 31) >> 32) as u32
    };
    (1..=count as u64).map(word).collect()
}

/// Multiples of 2⁻²³ from -1 to 1.
pub(in crate::files) fn uniform(seed: u64, count: usize) -> Vec<f32> {
    words(seed, count).into_iter().map(|word| ((word >> 8) as i32 - (1 << 23)) as f32 / (1 << 23) as f32).collect()
}

fn made(value: impl Fn(usize) -> f32) -> Vec<f32> {
    (0..COUNT).map(value).collect()
}

/// The twin of `cases` in the script.
fn cases() -> BTreeMap<&'static str, Vec<f32>> {
    let (u, v, s, t) = (uniform(1, COUNT), uniform(2, COUNT), uniform(7, COUNT), uniform(8, COUNT));
    let (third, fourth, ninth) = (words(3, COUNT), words(4, COUNT), words(9, COUNT));
    let whole = |i: usize| ((fourth[i] % 33) as i32 - 16) as f32;
    let bits: Vec<f32> = words(5, COUNT).into_iter().map(|word| f32::from_bits(word & 0x807F_FFFF)).collect();
    let exponents: Vec<f32> = words(6, COUNT).into_iter().map(|word| f32::from_bits((word % 40 + 92) << 23)).collect();
    let bell = |i: usize| (u[i] + v[i]) + (s[i] + t[i]);
    let mixed = |i: usize| match i {
        256..512 => 0.0,
        512..768 => u[i] * 1e-16,
        1024..1056 => 0.125,
        _ => u[i],
    };
    let outlier = |i: usize| match i % 512 {
        0 | 256 => 50.0,
        1 => -60.0,
        _ => u[i] * 0.01,
    };
    BTreeMap::from([
        ("uniform", u.clone()),
        ("bell", made(bell)),
        ("weights", made(|i| bell(i) * 0.02)),
        ("heavy tails", made(|i| u[i] * u[i] * u[i] * u[i] * u[i])),
        ("zeros", made(|_| 0.0)),
        ("negative zeros", made(|_| -0.0)),
        ("constant", made(|_| 0.3)),
        ("negative constant", made(|_| -0.7)),
        ("two values", made(|i| if u[i] > 0.0 { 1.0 } else { -1.0 })),
        ("positive", made(|i| u[i].abs() + 0.5)),
        ("negative", made(|i| -u[i].abs() - 0.25)),
        ("sparse", made(|i| if third[i].is_multiple_of(37) { u[i] } else { 0.0 })),
        ("outlier", made(outlier)),
        ("integers", made(whole)),
        ("ties", made(|i| whole(i) * 0.5)),
        ("ties of 127", made(|i| if i % 32 == 5 { 127.0 } else { whole(i) + 0.5 })),
        ("ties of 31", made(|i| if i % 16 == 3 { -32.0 } else { whole(i) + 0.5 })),
        ("rising", made(|i| (i % 256) as f32 * 0.01 - 1.0)),
        ("many scales", made(|i| u[i] * exponents[i])),
        ("huge", made(|i| u[i] * 60000.0)),
        ("tiny", made(|i| u[i] * 1e-12)),
        ("below eps", made(|i| u[i] * 1e-16)),
        ("vanishing", made(|i| u[i] * 1e-37)),
        ("denormal", bits.clone()),
        ("denormal and normal", made(|i| if ninth[i].is_multiple_of(5) { u[i] } else { bits[i] })),
        ("mixed", made(mixed)),
        ("near half", made(|i| (whole(i) + 0.499_999_97) * 0.0625)),
    ])
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn encoded(values: &[f32], dtype: GgmlDType) -> Vec<u8> {
    let mut out = vec![0xAA; values.len() / dtype.block_size() * dtype.type_size()];
    assert!(encode(values, dtype, &mut out), "{dtype:?}");
    out
}

#[test]
fn bytes_equal_ggml() {
    let expected: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(include_str!("../../../tests/oracle/quantize.json")).unwrap();
    let cases = cases();
    assert!(expected.keys().eq(cases.keys()), "cases differ from the script's");
    let mut wrong = Vec::new();
    for (case, values) in &cases {
        let expected = &expected[*case];
        let input: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(hash(&input), expected["input"], "{case}: another input than the script's");
        for (name, dtype) in TYPES {
            let out = encoded(values, dtype);
            if let Some(block) = expected.get(&format!("{name} block")) {
                assert_eq!(hex(&out[..dtype.type_size()]), *block, "{case} as {name}");
            }
            if hash(&out) != expected[name] {
                wrong.push(format!("{case} as {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "other bytes than ggml's: {wrong:?}");
}

#[test]
fn errors_lie_within_their_bounds() {
    for (case, values) in cases() {
        for (name, dtype) in TYPES {
            let found = decoded(dtype, &encoded(&values, dtype), 1024).unwrap();
            let bounds = bounds(&values, dtype);
            let worst = values.iter().zip(&found).zip(&bounds).map(|((x, y), bound)| (x - y).abs() / bound);
            let worst = worst.fold(0.0, f32::max);
            assert!(worst <= 1.0, "{case} as {name}: {worst} of its bound");
        }
    }
}

#[test]
fn numbers_that_a_type_cannot_hold_are_refused() {
    for (name, dtype) in TYPES {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut values = vec![0.5; 256];
            values[77] = bad;
            let mut out = vec![0; 256 / dtype.block_size() * dtype.type_size()];
            assert!(!encode(&values, dtype, &mut out), "{bad} as {name}");
        }
        let beyond = if dtype == GgmlDType::BF16 { f32::MAX } else { 1e9 };
        let mut out = vec![0; 256 / dtype.block_size() * dtype.type_size()];
        assert!(!encode(&[beyond; 256].map(|x| x * 1.0), dtype, &mut out), "{beyond} as {name}");
    }
    let mut out = [0; 34];
    assert!(encode(&[1e6; 32], GgmlDType::Q8_0, &mut out), "a scale of 7874 fits 16 bits");
}

#[test]
fn a_weight_takes_what_the_format_says() {
    let bits = TYPES.map(|(_, dtype)| bits_per_weight(dtype));
    assert_eq!(bits, [16.0, 16.0, 4.5, 5.0, 5.5, 6.0, 8.5, 4.5, 5.5, 6.5625]);
}
