//! Numbers as people read them. Every figure of a report is formatted here, once.

use crate::compare::{Interval, Mean, Rate};

/// Keeps a number and its unit on one line.
const NBSP: char = '\u{a0}';

/// `0.416` → `42 %`.
pub fn percent(share: f64) -> String {
    format!("{:.0}{NBSP}%", share * 100.0)
}

/// `95 %`, `97.5 %`: how sure an interval is, as it was set.
pub fn confidence(share: f64) -> String {
    format!("{}{NBSP}%", (share * 1000.0).round() / 10.0)
}

/// `42 % (28 to 57)`.
pub fn rate(rate: &Rate) -> String {
    if rate.cases == 0 {
        return "no cases".to_string();
    }
    format!("{} ({})", percent(rate.rate), rate_range(&rate.interval))
}

/// `28 to 57 %` without the sign, for use behind a percentage.
pub fn rate_range(interval: &Interval) -> String {
    format!("{:.0} to {:.0}", interval.low * 100.0, interval.high * 100.0)
}

/// `14 of 38`.
pub fn count_of(passed: usize, of: usize) -> String {
    format!("{passed} of {of}")
}

pub fn decimal(value: f64) -> String {
    let text = format!("{value:.2}");
    if text == "-0.00" { "0.00".to_string() } else { text.replace('-', "−") }
}

/// A difference always carries its sign: `+0.12`, `−0.03`, `0.00`.
pub fn signed(value: f64) -> String {
    let text = decimal(value);
    if text.starts_with('−') || text == "0.00" { text } else { format!("+{text}") }
}

/// `3.41 to 4.20`.
pub fn range(interval: &Interval) -> String {
    format!("{} to {}", decimal(interval.low), decimal(interval.high))
}

/// `+0.03 to +0.21`.
pub fn signed_range(interval: &Interval) -> String {
    format!("{} to {}", signed(interval.low), signed(interval.high))
}

/// `+0.12 (+0.03 to +0.21)`.
pub fn difference(mean: &Mean) -> String {
    format!("{} ({})", signed(mean.mean), signed_range(&mean.interval))
}

/// A probability of chance: `0.03`, `below 0.001`.
pub fn chance(p: f64) -> String {
    if p < 0.001 {
        "below 0.001".to_string()
    } else if p < 0.1 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

/// `1 case`, `3 cases`.
pub fn plural(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1{NBSP}{one}") } else { format!("{}{NBSP}{many}", thousands(n)) }
}

pub fn cases(n: usize) -> String {
    plural(n, "case", "cases")
}

/// `10,000`.
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `0.8 s`, `12 s`, `3 min 20 s`.
pub fn duration(seconds: f64) -> String {
    if seconds < 9.95 {
        return format!("{seconds:.1}{NBSP}s");
    }
    let whole = seconds.round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, s) => format!("{s}{NBSP}s"),
        (0, m, s) => format!("{m}{NBSP}min {s}{NBSP}s"),
        (h, m, _) => format!("{h}{NBSP}h {m}{NBSP}min"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// The first `most` items, then `and 7 more`.
pub fn list_at_most(items: &[String], most: usize) -> String {
    if items.len() <= most {
        return list(items);
    }
    format!("{} and {} more", items[..most].join(", "), items.len() - most)
}

/// Cuts at a word's end near `most` characters, with an ellipsis.
pub fn clip(text: &str, most: usize) -> String {
    let words = text.split([' ', '\n', '\t', '\r']).filter(|word| !word.is_empty());
    let flat = words.collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let cut: String = flat.chars().take(most.saturating_sub(1)).collect();
    let end = cut.rfind(' ').filter(|&end| end > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

/// The first characters of a hash; enough to tell two apart.
pub fn short_hash(hash: &str) -> String {
    let hexadecimal = hash.len() >= 32 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if hexadecimal { hash[..12].to_string() } else { hash.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_carry_their_sign_and_zero_has_none() {
        assert_eq!(signed(0.125), "+0.12");
        assert_eq!(signed(-0.031), "−0.03");
        assert_eq!(signed(-0.0001), "0.00");
        assert_eq!(signed_range(&Interval { low: -0.1, high: 0.004 }), "−0.10 to 0.00");
    }

    #[test]
    fn counts_and_durations_read_as_people_write_them() {
        assert_eq!(thousands(1234567), "1,234,567");
        assert_eq!(plural(1, "case", "cases"), "1\u{a0}case");
        assert_eq!(duration(200.0), "3\u{a0}min 20\u{a0}s");
        assert_eq!(duration(9.99), "10\u{a0}s");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(list_at_most(&["a".into(), "b".into(), "c".into()], 1), "a and 2 more");
    }

    #[test]
    fn clipping_ends_at_a_word_and_survives_any_alphabet() {
        assert_eq!(clip("one two three four", 12), "one two…");
        assert_eq!(clip("  one\n two ", 12), "one two");
        assert_eq!(clip("ééééééééé", 4), "ééé…");
        assert_eq!(clip("", 4), "");
    }
}
