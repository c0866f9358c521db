//! Durations in words, and points in time.

use std::time::{Duration, SystemTime};

/// The last second of the year 9999 since 1970, the latest that RFC 3339 can express.
pub const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// Formats `time` as RFC 3339 in UTC, to the millisecond; a wrong clock before 1970 or after 9999 gives the nearest of them.
pub fn format_time(time: SystemTime) -> String {
    let time = time.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + LATEST);
    humantime::format_rfc3339_millis(time).to_string()
}

/// Returns `duration` in seconds, for measurements and waits: `0.52 s`, `86400 s`.
pub fn format_duration(duration: Duration) -> String {
    if duration.as_secs() > 31_536_000 {
        return humanize_duration(duration);
    }
    let text = format!("{:.2}", duration.as_secs_f64());
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Returns `duration`, rounded down, in the largest unit that fits at least twice: `3 days`.
pub fn humanize_duration(duration: Duration) -> String {
    match duration.as_secs() {
        1 => "1 second".into(),
        seconds @ ..120 => format!("{seconds} seconds"),
        seconds @ 120..7200 => format!("{} minutes", seconds / 60),
        seconds @ 7200..172_800 => format!("{} hours", seconds / 3600),
        seconds @ 172_800..63_072_000 => format!("{} days", seconds / 86400),
        seconds @ 63_072_000..3_153_600_000 => format!("{} years", seconds / 31_536_000),
        _ => "more than 100 years".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_in_words() {
        for (seconds, words) in [
            (1, "1 second"),
            (119, "119 seconds"),
            (180, "3 minutes"),
            (7200, "2 hours"),
            (3 * 86400, "3 days"),
            (3650 * 86400, "10 years"),
            (u64::MAX, "more than 100 years"),
        ] {
            assert_eq!(humanize_duration(Duration::from_secs(seconds)), words);
        }
        for (milliseconds, words) in [
            (0, "0 s"),
            (520, "0.52 s"),
            (60_000, "60 s"),
            (86_400_000, "86400 s"),
            (u64::MAX, "more than 100 years"),
        ] {
            assert_eq!(format_duration(Duration::from_millis(milliseconds)), words);
        }
    }
}
