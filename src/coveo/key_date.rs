//! The dates of an API key.

use std::time::{Duration, SystemTime};

use crate::durations::LATEST;

/// A date of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDate {
    /// The field is missing or `null`.
    Absent,
    /// The field isn't a date, is before 2010, or is present twice.
    Unreadable,
    /// 2010 or later.
    At(SystemTime),
}

/// Coveo's cloud has nothing older than 2010. An earlier date is an empty value (1970, the year 1), or seconds instead of
/// milliseconds, so it doesn't prove that a key is old.
const EARLIEST: Duration = Duration::from_secs(1_262_304_000);

impl KeyDate {
    /// Reads Unix time in milliseconds. Coveo's documentation shows both this and date-time strings.
    pub fn from_millis(millis: u64) -> Self {
        Self::new(SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis)))
    }

    /// Parses a date-time string of RFC 3339.
    pub fn parse(text: &str) -> Self {
        Self::new(parse_date_time(text.trim()))
    }

    fn new(time: Option<SystemTime>) -> Self {
        time.filter(|time| *time >= SystemTime::UNIX_EPOCH + EARLIEST).map_or(Self::Unreadable, Self::At)
    }

    /// The point in time; `None` if the date is missing or unreadable.
    pub fn time(self) -> Option<SystemTime> {
        if let Self::At(time) = self { Some(time) } else { None }
    }

    /// Formats the date as RFC 3339 in UTC, to the second; `None` without a date, or after the year 9999.
    pub fn to_rfc3339(self) -> Option<String> {
        let time = self.time().filter(|time| *time <= SystemTime::UNIX_EPOCH + LATEST)?;
        Some(humantime::format_rfc3339_seconds(time).to_string())
    }
}

/// Parses a date-time string with `Z` or an offset.
fn parse_date_time(text: &str) -> Option<SystemTime> {
    let parse = |utc: &str| humantime::parse_rfc3339(&format!("{utc}Z")).ok();
    let (time, zone) = text.split_at_checked(text.rfind(['Z', 'z', '+', '-'])?)?;
    // `humantime` ignores some of the text after the seconds.
    let fraction = time.get("2000-01-01T00:00:00".len()..)?;
    let digits = if fraction.is_empty() { "0" } else { fraction.strip_prefix('.')? };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let time = parse(time).filter(|_| is_number)?;
    if zone.eq_ignore_ascii_case("z") {
        return Some(time);
    }
    let (sign, offset) = zone.split_at(1);
    let (hours, minutes) = offset.split_once(':').or_else(|| offset.split_at_checked(2))?;
    // An offset has the form and the limits of a time of day.
    let midnight = SystemTime::UNIX_EPOCH;
    let offset = parse(&format!("1970-01-01T{hours}:{minutes}:00"))?.duration_since(midnight).ok()?;
    match sign {
        "+" => time.checked_sub(offset),
        "-" => time.checked_add(offset),
        _ => None,
    }
}
