//! Shares, scores, differences and chances.

/// `940 B`, `12 kB`, `3.4 MB`, `1.2 GB`: powers of a thousand.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.0} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// Keeps a number and its sign on one line.
pub(super) const NBSP: char = '\u{a0}';

/// `0.416` → `42 %`.
pub fn percent(share: f64) -> String {
    format!("{:.0}{NBSP}%", share * 100.0)
}

/// As somebody wrote it: `62.5 %` for 0.625, `95 %` for 0.95.
pub fn percent_exact(share: f64) -> String {
    format!("{}{NBSP}%", (share * 1000.0).round() / 10.0)
}

/// `28 to 57`, for use behind a percentage.
pub fn percent_range(low: f64, high: f64) -> String {
    format!("{:.0} to {:.0}", low * 100.0, high * 100.0)
}

/// `0.42`, `−0.03`; a zero has no sign.
pub fn decimal(value: f64) -> String {
    decimal_to(value, 2)
}

/// The same with `places` after the point.
pub fn decimal_to(value: f64, places: usize) -> String {
    let digits = format!("{:.places$}", value.abs());
    let nothing = digits.bytes().all(|c| matches!(c, b'0' | b'.'));
    if value < 0.0 && !nothing { format!("−{digits}") } else { digits }
}

/// A difference always carries its sign: `+0.12`, `−0.03`, `0.00`.
pub fn signed(value: f64) -> String {
    signed_to(value, 2)
}

/// The same with `places` after the point.
pub fn signed_to(value: f64, places: usize) -> String {
    let text = decimal_to(value, places);
    let positive = value > 0.0 && text.bytes().any(|c| c.is_ascii_digit() && c != b'0');
    if positive { format!("+{text}") } else { text }
}

/// `3.41 to 4.20`.
pub fn range(low: f64, high: f64) -> String {
    format!("{} to {}", decimal(low), decimal(high))
}

/// `+0.03 to +0.21`.
pub fn signed_range(low: f64, high: f64) -> String {
    format!("{} to {}", signed(low), signed(high))
}

/// A probability of chance: `0.032`, `0.21`, `below 0.001`.
pub fn chance(p: f64) -> String {
    if p < 0.001 {
        "below 0.001".to_string()
    } else if p < 0.1 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

/// `1 time in 100`, `31 times in 100`, `less than 1 time in 100`.
pub fn times_in_100(p: f64) -> String {
    match (p * 100.0).round() as usize {
        0 => "less than 1 time in 100".to_string(),
        times => format!("{} in 100", super::count(times, "time")),
    }
}

/// `4,900`, `4.9 million`.
pub fn short_number(n: u64) -> String {
    match usize::try_from(n) {
        Ok(n) if n < 1_000_000 => super::thousands(n),
        _ => format!("{:.1} million", n as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_carry_their_sign_and_zero_has_none() {
        assert_eq!(signed(0.125), "+0.12");
        assert_eq!(signed(-0.031), "−0.03");
        assert_eq!(
            (signed(-0.0001).as_str(), signed(0.0001).as_str(), decimal(-0.001).as_str()),
            ("0.00", "0.00", "0.00")
        );
        assert_eq!((signed_to(0.0012, 3).as_str(), signed_to(-0.0004, 3).as_str()), ("+0.001", "0.000"));
        assert_eq!(signed_range(-0.1, 0.004), "−0.10 to 0.00");
        assert_eq!(range(-0.1, 3.0), "−0.10 to 3.00");
    }

    #[test]
    fn shares_and_chances() {
        assert_eq!((percent(0.416).as_str(), percent_exact(0.625).as_str()), ("42\u{a0}%", "62.5\u{a0}%"));
        assert_eq!(percent_exact(0.95), "95\u{a0}%");
        assert_eq!(percent_range(0.281, 0.57), "28 to 57");
        assert_eq!(
            (chance(0.0002).as_str(), chance(0.0321).as_str(), chance(0.5).as_str()),
            ("below 0.001", "0.032", "0.50")
        );
        assert_eq!(times_in_100(0.012), "1 time in 100");
        assert_eq!(
            (times_in_100(0.31).as_str(), times_in_100(0.004).as_str()),
            ("31 times in 100", "less than 1 time in 100")
        );
        assert_eq!((short_number(4_884_480).as_str(), short_number(4_900).as_str()), ("4.9 million", "4,900"));
    }
}
