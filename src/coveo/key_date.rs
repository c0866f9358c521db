//! The dates of an API key.

use std::time::{Duration, SystemTime};

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

/// The last second of the year 9999, the latest that RFC 3339 can express.
const LATEST: Duration = Duration::from_secs(253_402_300_799);

impl KeyDate {
    /// Reads Unix time in milliseconds. Coveo's documentation shows both this and date-time strings.
    pub fn from_millis(millis: u64) -> Self {
        Self::since_1970(Some(Duration::from_millis(millis)))
    }

    /// Parses a date-time string of RFC 3339.
    pub fn parse(text: &str) -> Self {
        Self::since_1970(parse_date_time(text))
    }

    fn since_1970(since: Option<Duration>) -> Self {
        let time = since
            .filter(|since| *since >= EARLIEST)
            .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        time.map_or(Self::Unreadable, Self::At)
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

/// Parses a date-time string with `Z` or an offset into the time since 1970.
fn parse_date_time(text: &str) -> Option<Duration> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.trim();
    let zone = text.rfind(['Z', 'z', '+', '-']).filter(|at| *at > "2000-01-01T".len())?;
    let (time, zone) = text.split_at_checked(zone)?;
    // `humantime` ignores text after the zone, so pass it only `Z`.
    let (second, fraction) = time.split_at_checked("2000-01-01T00:00:00".len())?;
    if !fraction.is_empty() && !fraction.strip_prefix('.').is_some_and(digits) {
        return None;
    }
    let since = humantime::parse_rfc3339(&format!("{second}{fraction}Z"))
        .ok()?
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    if zone.eq_ignore_ascii_case("z") {
        return Some(since);
    }
    let (sign, offset) = zone.split_at(1);
    let (hours, minutes) = offset.split_once(':').or_else(|| offset.split_at_checked(2))?;
    if ![hours, minutes].iter().all(|part| part.len() == 2 && digits(part)) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<u64>().ok()?, minutes.parse::<u64>().ok()?);
    let offset = Duration::from_secs(hours * 3600 + minutes * 60);
    if hours > 23 || minutes > 59 {
        return None;
    }
    if sign == "+" { since.checked_sub(offset) } else { since.checked_add(offset) }
}
