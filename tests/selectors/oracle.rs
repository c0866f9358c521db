//! The oracle: which keys match, written from the description alone.

use serde_json::Value;

/// The three conditions on the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// `--disabled-for`
    Disabled,
    /// `--expired-for`
    Expired,
    /// `--unused-for`
    Unused,
}

impl Selector {
    pub const ALL: [Selector; 3] = [Selector::Disabled, Selector::Expired, Selector::Unused];

    /// The option.
    pub fn option(self) -> &'static str {
        match self {
            Selector::Disabled => "--disabled-for",
            Selector::Expired => "--expired-for",
            Selector::Unused => "--unused-for",
        }
    }

    /// Its letter in tables and in IDs.
    pub fn letter(self) -> char {
        match self {
            Selector::Disabled => 'd',
            Selector::Expired => 'e',
            Selector::Unused => 'u',
        }
    }
}

/// Whether this key matches at `now`, for an age; both in seconds.
///
/// A key whose status contradicts `enabled` never matches.
pub fn takes(selector: Selector, key: &Value, now: u64, age: u64) -> bool {
    let enabled = &key["enabled"];
    let since = match (selector, key["status"].as_str().unwrap_or_default()) {
        (Selector::Disabled, "DISABLED" | "DISABLED_FOR_INACTIVITY" | "DISABLED_EXPOSED") => {
            if *enabled == Value::Bool(true) {
                return false;
            }
            vec![&key["disabledDate"]]
        }
        (Selector::Expired, "EXPIRED") => vec![&key["expirationDate"]],
        (Selector::Unused, "ENABLED" | "SOON_TO_BE_EXPIRED" | "SOON_TO_BE_DISABLED") => {
            if *enabled != Value::Bool(true) {
                return false;
            }
            // A missing date means never used, an unreadable one doesn't.
            let used = if key["lastUsedDate"].is_null() { &key["createdDate"] } else { &key["lastUsedDate"] };
            // Before its activation it could not be used.
            if key["activationDate"].is_null() { vec![used] } else { vec![used, &key["activationDate"]] }
        }
        _ => return false,
    };
    let border = (i128::from(now) - i128::from(age)) * SECOND;
    since.into_iter().all(|since| nanoseconds(since).is_some_and(|since| since <= border))
}

const SECOND: i128 = 1_000_000_000;

/// A date in nanoseconds since 1970: a whole number of milliseconds, or a date-time string with its offset. `None` for
/// anything else, and for dates before there were keys: they are defaults, or seconds.
fn nanoseconds(date: &Value) -> Option<i128> {
    const THE_YEAR_2000: i128 = 946_684_800 * SECOND;
    let since_1970 = match date {
        Value::Number(number) => i128::from(number.as_u64()?) * 1_000_000,
        Value::String(text) => date_time(text)?,
        _ => return None,
    };
    (since_1970 > THE_YEAR_2000).then_some(since_1970)
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH[:]MM)`
fn date_time(text: &str) -> Option<i128> {
    let (date, time) = text.split_once('T')?;
    let (year, month, day) = three(date, '-', [4, 2, 2])?;
    let (time, offset) = match time.strip_suffix('Z') {
        Some(time) => (time, 0),
        None => {
            let (time, offset) = time.split_at_checked(time.find(['+', '-'])?)?;
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            let offset = &offset[1..];
            let (hours, minutes) = offset.split_once(':').or_else(|| offset.split_at_checked(2))?;
            let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (time, sign * (hours * 60 + minutes))
        }
    };
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => {
            (time, digits(&format!("{fraction:0<9}"), 9).filter(|_| !fraction.is_empty())?)
        }
        None => (time, 0),
    };
    let (hour, minute, second) = three(time, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let minutes = (days_since_1970(year, month, day)? * 24 + hour) * 60 + minute - offset;
    Some((minutes * 60 + second) * SECOND + fraction)
}

fn three(text: &str, separator: char, lengths: [usize; 3]) -> Option<(i128, i128, i128)> {
    let parts: Vec<&str> = text.split(separator).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    Some((digits(a, lengths[0])?, digits(b, lengths[1])?, digits(c, lengths[2])?))
}

fn digits(text: &str, count: usize) -> Option<i128> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Adds up years and months, which is slow and simple.
fn days_since_1970(year: i128, month: i128, day: i128) -> Option<i128> {
    let is_leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |month: i128| match month {
        2 => 28 + i128::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=12).contains(&month) || !(1..=length(month)).contains(&day) {
        return None;
    }
    let days_in =
        |years: std::ops::Range<i128>| years.map(|year| 365 + i128::from(is_leap(year))).sum::<i128>();
    let years = if year < 1970 { -days_in(year..1970) } else { days_in(1970..year) };
    Some(years + (1..month).map(length).sum::<i128>() + day - 1)
}

#[test]
fn oracle_parses_dates() {
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", Some(0)),
        ("1969-12-31T23:59:59Z", Some(-1)),
        ("2000-02-29T00:00:00Z", Some(951_782_400)),
        ("2026-11-20T12:00:00Z", Some(1_795_176_000)),
        ("2026-11-20T14:30:00+02:30", Some(1_795_176_000)),
        ("2026-11-20T04:00:00-0800", Some(1_795_176_000)),
        ("2100-02-29T00:00:00Z", None),
        ("2026-11-20T12:00:00", None),
        ("2026-11-20T12:00:00.Z", None),
        ("2026-11-20", None),
    ] {
        assert_eq!(date_time(text), seconds.map(|seconds| seconds * SECOND), "{text}");
    }
}
