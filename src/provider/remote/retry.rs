use jiff::Timestamp;
use jiff::fmt::rfc2822;
use std::time::Duration;

/// When to try again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Backoff {
    /// How often to try in all.
    pub(super) tries: u32,
    /// The wait after the first try; it doubles with every further one.
    pub(super) first: Duration,
    /// No wait is longer, whatever the server asks for.
    pub(super) most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { tries: 5, first: Duration::from_millis(500), most: Duration::from_secs(60) }
    }
}

impl Backoff {
    /// How long to wait after try number `tried` (from 1). `jitter` in [0, 1] spreads the wait over its upper half, so
    /// that several clients do not come back together; what the server asks for is never undercut.
    pub(super) fn wait(&self, tried: u32, asked: Option<Duration>, jitter: f64) -> Duration {
        let doubled = self.first.saturating_mul(2u32.saturating_pow(tried.saturating_sub(1))).min(self.most);
        let spread = doubled.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
        asked.map_or(spread, |asked| asked.max(spread)).min(self.most)
    }
}

/// A `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(header).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_with_jitter_and_have_a_limit() {
        let backoff = Backoff { tries: 9, first: Duration::from_secs(1), most: Duration::from_secs(20) };
        let waits = |jitter| [1, 2, 3, 9, u32::MAX].map(|tried| backoff.wait(tried, None, jitter).as_secs_f64());
        assert_eq!(waits(1.0), [1.0, 2.0, 4.0, 20.0, 20.0]);
        assert_eq!(waits(0.0), [0.5, 1.0, 2.0, 10.0, 10.0]);
    }

    #[test]
    fn the_server_s_wish_is_kept_up_to_the_limit() {
        let backoff = Backoff::default();
        let wait = |asked| backoff.wait(1, Some(Duration::from_secs(asked)), 0.5);
        assert_eq!(wait(7), Duration::from_secs(7));
        assert_eq!(wait(9999), backoff.most);
        assert_eq!(wait(0), backoff.wait(1, None, 0.5));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().unwrap();
        assert_eq!(retry_after(" 3 ", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), Some(Duration::ZERO));
        for nonsense in ["soon", "-1", "NaN", "1e300", ""] {
            assert_eq!(retry_after(nonsense, now), None, "{nonsense}");
        }
    }
}
