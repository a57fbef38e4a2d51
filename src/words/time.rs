//! Durations and dates.

use super::number::NBSP;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `0.8 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
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

/// `40 s`, `12 min`, `2.5 h`: an estimate too rough for seconds above a minute.
pub fn rough_duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{:.0}{NBSP}s", s.max(1.0)),
        s if s < 5400.0 => format!("{:.0}{NBSP}min", s / 60.0),
        s => format!("{:.1}{NBSP}h", s / 3600.0),
    }
}

/// `21 November 2026`, in universal time, so that a report reads the same everywhere.
pub fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
}

/// `21 November 2026, 09:30 UTC`.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// `2026-11-21`, the day where the reader is.
pub fn local_day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_write_them() {
        for (seconds, words) in [
            (0.84, "0.8\u{a0}s"),
            (9.99, "10\u{a0}s"),
            (200.0, "3\u{a0}min 20\u{a0}s"),
            (7500.0, "2\u{a0}h 5\u{a0}min"),
        ] {
            assert_eq!(duration(seconds), words);
        }
        for (seconds, words) in [(0.2, "1\u{a0}s"), (720.0, "12\u{a0}min"), (9000.0, "2.5\u{a0}h")] {
            assert_eq!(rough_duration(seconds), words);
        }
    }

    #[test]
    fn days_and_moments_are_universal() {
        let at: Timestamp = "2026-11-01T23:05:00Z".parse().unwrap();
        assert_eq!((day(at).as_str(), moment(at).as_str()), ("1 November 2026", "1 November 2026, 23:05 UTC"));
    }
}
