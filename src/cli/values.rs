//! Durations, ages, numbers and patterns.

use std::time::Duration;

use crate::cli::specs::ArgValue;
use crate::error::UsageError;
use crate::glob::Glob;
use crate::sanitize::quote;
use crate::selector::Age;

const DAY: Duration = Duration::from_secs(86400);

/// Parses the time-out of a key: above zero and at most a day. A number alone is in seconds, as with curl.
///
/// # Errors
/// Anything else.
pub fn timeout(value: &ArgValue) -> Result<Duration, UsageError> {
    const FORM: &str = "write seconds, or a number and a unit, such as 500ms, 30s or 5m";
    let text = &value.text;
    let is_number = text.contains(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let duration = if is_number { parse_duration(&format!("{text}s")) } else { parse_duration(text) };
    check(value, duration, DAY, "a day", FORM)
}

/// Parses an age of a second or more, such as `90d` or `12h`.
///
/// # Errors
/// Anything else; a number without a unit, and `m`.
pub fn age(value: &ArgValue) -> Result<Age, UsageError> {
    const FORM: &str = "write a number and a unit, such as 12h, 90d or 2w";
    let ArgValue { source, text } = value;
    let error = |why: &str| UsageError::new(format!("{source} {} {why}", quote(text))).hint(FORM);
    if text.split(|c: char| !c.is_alphabetic()).any(|unit| matches!(unit, "m" | "M")) {
        return Err(error("may mean minutes or months"));
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(error("has no unit"));
    }
    // Longer than any key's age, and short enough for a sum with a date not to overflow.
    let duration = check(value, parse_duration(text), 36500 * DAY, "36500 days", FORM)?;
    if duration < Duration::from_secs(1) {
        return Err(error("is shorter than a second"));
    }
    Ok(Age { duration, as_typed: text.clone() })
}

/// Parses the age of a last use, a day or more.
///
/// # Errors
/// As for [`age`]; less than a day.
pub fn unused_age(value: &ArgValue) -> Result<Age, UsageError> {
    let age = age(value)?;
    if age.duration < DAY {
        return Err(UsageError::new(format!(
            "{} {} is shorter than a day",
            value.source,
            quote(&value.text)
        ))
        .hint("Coveo calls the date of a key's last use approximate"));
    }
    Ok(age)
}

/// Returns the parsed `duration` if it is above zero and at most `max`; `form` says how one is written.
fn check(
    value: &ArgValue,
    duration: Option<Duration>,
    max: Duration,
    max_in_words: &str,
    form: &'static str,
) -> Result<Duration, UsageError> {
    let error =
        |why: &str| UsageError::new(format!("{} {} {why}", value.source, quote(&value.text))).hint(form);
    match duration {
        None => Err(error("is not a duration")),
        Some(Duration::ZERO) => Err(error("is zero")),
        Some(duration) if duration > max => Err(error(&format!("is longer than {max_in_words}"))),
        Some(duration) => Ok(duration),
    }
}

/// Parses one number and one unit. `humantime` would panic if the sum of several overflows, and read "1 0d" as ten days,
/// although one may have been meant.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim_matches(' ');
    let (number, unit) = text.split_at(text.find(char::is_alphabetic)?);
    if number.trim_end_matches(' ').contains(char::is_whitespace) || !unit.chars().all(char::is_alphabetic) {
        return None;
    }
    humantime::parse_duration(text).ok()
}

/// Parses a whole number from `min` to `max`.
///
/// # Errors
/// Anything else.
pub fn number(value: &ArgValue, min: u32, max: u32) -> Result<u32, UsageError> {
    let ArgValue { source, text } = value;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && (min..=max).contains(&number) => Ok(number),
        _ => Err(UsageError::new(format!(
            "{source} {} is not a whole number from {min} to {max}",
            quote(text)
        ))),
    }
}

/// Parses a pattern for display names. `is_harmless`: it may match any name, since nothing will be changed.
///
/// # Errors
/// A pattern that is empty, in quotes, or without a letter or digit.
pub fn glob(value: &ArgValue, is_harmless: bool) -> Result<Glob, UsageError> {
    let ArgValue { source, text } = value;
    const QUOTES: [(char, char); 5] =
        [('\'', '\''), ('"', '"'), ('`', '`'), ('\u{2018}', '\u{2019}'), ('\u{201c}', '\u{201d}')];
    let is_quoted =
        QUOTES.iter().any(|quotes| text.len() > 1 && text.starts_with(quotes.0) && text.ends_with(quotes.1));
    if text.is_empty() {
        Err(UsageError::new(format!("{source} is empty")).hint("write a pattern, such as 'tmp-*'"))
    } else if is_quoted {
        Err(UsageError::new(format!("{source} {} has quotes around it", quote(text)))
            .hint("remove them, or use double quotes: cmd.exe passes single quotes on"))
    } else if !is_harmless && !text.contains(char::is_alphanumeric) {
        Err(UsageError::new(format!("{source} {} would match nearly any name", quote(text)))
            .hint("is a variable of the script not set? write a letter or digit, or add --dry-run"))
    } else {
        Ok(Glob::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> ArgValue {
        ArgValue { source: "--x", text: text.to_owned() }
    }

    #[test]
    fn timeout_without_a_unit_is_in_seconds() {
        for (text, millis) in
            [("60", 60_000), ("1.5", 1500), ("0.25", 250), ("60s", 60_000), ("500ms", 500), ("5m", 300_000)]
        {
            assert_eq!(timeout(&value(text)).ok(), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", ".", "0", "0.0", "1.", ".5", "1.5.5", "86401", "5 5", "1e3", "1h 30m"] {
            assert!(timeout(&value(text)).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_a_duration_never_panics(text in ".{0,30}", count: u64, unit in "[a-zA-Z.]{0,6}") {
            for text in [text, format!("{count}{unit}")] {
                if let Ok(duration) = timeout(&value(&text)) {
                    proptest::prop_assert!(!duration.is_zero() && duration <= DAY);
                }
                if let Ok(age) = age(&value(&text)) {
                    proptest::prop_assert!(age.duration >= Duration::from_secs(1));
                }
            }
        }
    }
}
