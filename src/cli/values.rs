//! Durations, ages and numbers.

use std::time::Duration;

use crate::cli::parse::ArgValue;
use crate::error::UsageError;
use crate::sanitize::quote;
use crate::selector::Age;

const DAY: Duration = Duration::from_secs(86400);

/// Reads the time that a key may take: above zero and at most a day. A number alone is in seconds, as with curl.
///
/// # Errors
/// Anything else.
pub fn timeout(given: &ArgValue) -> Result<Duration, UsageError> {
    const FORM: &str = "write seconds, or a number and a unit, such as 500ms, 30s or 5m";
    let text = &given.text;
    let is_number = text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let duration = if is_number { read_duration(&format!("{text}s")) } else { read_duration(text) };
    check(given, duration, DAY, "a day", FORM)
}

/// Reads an age of a second or more, such as `90d` or `12h`.
///
/// # Errors
/// Anything else; a number without a unit, and `m`.
pub fn age(given: &ArgValue) -> Result<Age, UsageError> {
    const FORM: &str = "write a number and a unit, such as 12h, 90d or 2w";
    let ArgValue { source, text } = given;
    let wrong = |why: &str| UsageError::new(format!("{source} {} {why}", quote(text))).hint(FORM);
    if text.split(|c: char| !c.is_alphabetic()).any(|unit| matches!(unit, "m" | "M")) {
        return Err(wrong("may mean minutes or months"));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("has no unit"));
    }
    // At most longer than anything that Coveo's cloud holds; the sum with a date must not overflow.
    let duration = check(given, read_duration(text), 36500 * DAY, "36500 days", FORM)?;
    if duration < Duration::from_secs(1) {
        return Err(wrong("is shorter than a second"));
    }
    Ok(Age { duration, as_typed: text.clone() })
}

/// Reads the age of a last use, a day or more.
///
/// # Errors
/// As for [`age`]; less than a day.
pub fn unused_age(given: &ArgValue) -> Result<Age, UsageError> {
    let age = age(given)?;
    if age.duration < DAY {
        return Err(UsageError::new(format!(
            "{} {} is shorter than a day",
            given.source,
            quote(&given.text)
        ))
        .hint("Coveo calls the date of a key's last use approximate"));
    }
    Ok(age)
}

/// A duration that was read, if it is above zero and at most `most`; `form` says how one is written.
fn check(
    given: &ArgValue,
    duration: Option<Duration>,
    most: Duration,
    most_in_words: &str,
    form: &'static str,
) -> Result<Duration, UsageError> {
    let wrong =
        |why: &str| UsageError::new(format!("{} {} {why}", given.source, quote(&given.text))).hint(form);
    match duration {
        None => Err(wrong("is not a duration")),
        Some(Duration::ZERO) => Err(wrong("is zero")),
        Some(duration) if duration > most => Err(wrong(&format!("is longer than {most_in_words}"))),
        Some(duration) => Ok(duration),
    }
}

/// Part by part, such as `1h` and `30m`: `humantime` panics where their sum overflows, and reads "1 0d" as ten days,
/// which may have been meant as one.
fn read_duration(text: &str) -> Option<Duration> {
    let mut total = None;
    let mut rest = text.trim_matches(' ');
    while !rest.is_empty() {
        let unit = rest.find(char::is_alphabetic)?;
        let length = rest[unit..].find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len() - unit);
        let (part, behind) = rest.split_at(unit + length);
        if part[..unit].trim_end_matches(' ').contains(char::is_whitespace) {
            return None;
        }
        total = Some(total.unwrap_or(Duration::ZERO).checked_add(humantime::parse_duration(part).ok()?)?);
        rest = behind.trim_start_matches(' ');
    }
    total
}

/// Reads a whole number from `least` to `most`.
///
/// # Errors
/// Anything else.
pub fn number(given: &ArgValue, least: u32, most: u32) -> Result<u32, UsageError> {
    let ArgValue { source, text } = given;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && (least..=most).contains(&number) => Ok(number),
        _ => Err(UsageError::new(format!(
            "{source} {} is not a whole number from {least} to {most}",
            quote(text)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> ArgValue {
        ArgValue { source: "--x", text: text.to_owned() }
    }

    #[test]
    fn a_time_out_without_a_unit_is_in_seconds() {
        for (text, millis) in [
            ("60", 60_000),
            ("1.5", 1500),
            ("0.25", 250),
            ("60s", 60_000),
            ("500ms", 500),
            ("5m", 300_000),
            ("1h 30m", 5_400_000),
        ] {
            assert_eq!(timeout(&given(text)).ok(), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", ".", "0", "0.0", "1.", ".5", "1.5.5", "86401", "5 5", "1e3"] {
            assert!(timeout(&given(text)).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_a_duration_never_panics(text in ".{0,30}", count: u64, unit in "[a-zA-Z.]{0,6}") {
            for text in [text, format!("{count}{unit}")] {
                if let Ok(duration) = timeout(&given(&text)) {
                    proptest::prop_assert!(!duration.is_zero() && duration <= DAY);
                }
                if let Ok(age) = age(&given(&text)) {
                    proptest::prop_assert!(age.duration >= Duration::from_secs(1));
                }
            }
        }
    }
}
