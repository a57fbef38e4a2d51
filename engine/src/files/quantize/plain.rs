//! Blocks of 32 values with one scale: Q4_0, Q5_0 and Q8_0 around zero, Q4_1 and Q5_1 above a minimum.

use half::f16;

/// The low byte of a number without its fraction. C leaves open what becomes of numbers beyond 32 bits, which a scale
/// below all normal numbers can give; x86 makes a zero of them, and so does this.
fn low_byte(value: f32) -> u8 {
    if value.abs() < 2_147_483_648.0 { value as i32 as u8 } else { 0 }
}

/// The same for a level of at most `top`; a byte above 127 counts as negative, as in C, and stays what it is.
fn level(value: f32, top: i8) -> u8 {
    (low_byte(value) as i8).min(top) as u8
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// The value that lies farthest from zero, the first of several.
fn farthest(x: &[f32; 32]) -> f32 {
    let (mut most, mut found) = (0.0, 0.0);
    for value in x {
        if value.abs() > most {
            (most, found) = (value.abs(), *value);
        }
    }
    found
}

fn range(x: &[f32; 32]) -> (f32, f32) {
    x.iter().fold((f32::MAX, f32::MIN), |(low, high), &value| {
        (if value < low { value } else { low }, if value > high { value } else { high })
    })
}

fn put_half(out: &mut [u8], at: usize, value: f32) {
    out[at..at + 2].copy_from_slice(&f16::from_f32(value).to_le_bytes());
}

/// Two values a byte: value `j` in the low half, `j + 16` in the high half.
fn put_nibbles(out: &mut [u8], levels: &[u8; 32]) {
    for (j, byte) in out.iter_mut().enumerate() {
        *byte = levels[j] & 15 | levels[j + 16] << 4;
    }
}

/// Bit 4 of each level, value 0 lowest.
fn put_fifth_bits(out: &mut [u8], levels: &[u8; 32]) {
    let bits = levels.iter().enumerate().fold(0u32, |bits, (j, level)| bits | u32::from(level >> 4 & 1) << j);
    out.copy_from_slice(&bits.to_le_bytes());
}

pub(super) fn q4_0(x: &[f32; 32], out: &mut [u8; 18]) {
    let scale = farthest(x) / -8.0;
    let inverse = inverse(scale);
    put_half(out, 0, scale);
    put_nibbles(&mut out[2..], &x.map(|x| level(x * inverse + 8.5, 15)));
}

pub(super) fn q4_1(x: &[f32; 32], out: &mut [u8; 20]) {
    let (low, high) = range(x);
    let scale = (high - low) / 15.0;
    let inverse = inverse(scale);
    put_half(out, 0, scale);
    put_half(out, 2, low);
    put_nibbles(&mut out[4..], &x.map(|x| level((x - low) * inverse + 0.5, 15)));
}

pub(super) fn q5_0(x: &[f32; 32], out: &mut [u8; 22]) {
    let scale = farthest(x) / -16.0;
    let inverse = inverse(scale);
    let levels = x.map(|x| level(x * inverse + 16.5, 31));
    put_half(out, 0, scale);
    put_fifth_bits(&mut out[2..6], &levels);
    put_nibbles(&mut out[6..], &levels);
}

pub(super) fn q5_1(x: &[f32; 32], out: &mut [u8; 24]) {
    let (low, high) = range(x);
    let scale = (high - low) / 31.0;
    let inverse = inverse(scale);
    let levels = x.map(|x| low_byte((x - low) * inverse + 0.5));
    put_half(out, 0, scale);
    put_half(out, 2, low);
    put_fifth_bits(&mut out[4..8], &levels);
    put_nibbles(&mut out[8..], &levels);
}

pub(super) fn q8_0(x: &[f32; 32], out: &mut [u8; 34]) {
    let scale = farthest(x).abs() / 127.0;
    let inverse = inverse(scale);
    put_half(out, 0, scale);
    for (byte, x) in out[2..].iter_mut().zip(x) {
        *byte = low_byte((x * inverse).round());
    }
}
