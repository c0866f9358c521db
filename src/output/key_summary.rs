//! A key in words.

use std::borrow::Cow;

use crate::coveo::api_key::ApiKey;
use crate::coveo::key_date::KeyDate;
use crate::coveo::key_status::KeyStatus;
use crate::coveo::token::AccessToken;

/// Describes a key: `"My Source API Key" (enabled, last used 2026-11-20)`. `note` is added within the brackets.
pub fn summarize(key: &ApiKey, token: &AccessToken, note: &str) -> String {
    let name = quoted_name(key, token).map_or_else(String::new, |name| format!("{name} "));
    format!("{name}({}{}{note})", state(key), exposure(key, token))
}

/// Describes a key for a list, with its creator and its description.
pub fn describe(key: &ApiKey, token: &AccessToken) -> String {
    let creator = text(&key.created_by, token).map(|name| format!(", created by {name}")).unwrap_or_default();
    let description = text(&key.description, token).map(|text| format!(": {text}")).unwrap_or_default();
    format!("{}{description}", summarize(key, token, &creator))
}

/// Returns the display name on one line in quotes, with the token redacted; `None` if the key has none.
///
/// Quotes in it are escaped, so that a name can't end early and continue as something else.
pub fn quoted_name(key: &ApiKey, token: &AccessToken) -> Option<String> {
    let name = text(&key.display_name, token)?;
    Some(format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// Returns a field on one line, with the token redacted; `None` if nothing is left of it.
pub fn text(text: &Option<Cow<str>>, token: &AccessToken) -> Option<String> {
    text.as_deref().map(|text| token.sanitize_and_redact(text)).filter(|text| !text.is_empty())
}

/// What Coveo reports about a leak: `, exposed (CRITICAL, GITHUB)`.
fn exposure(key: &ApiKey, token: &AccessToken) -> String {
    let Some(report) = &key.exposure else { return String::new() };
    let details: Vec<String> = report.iter().map(|text| token.sanitize_and_redact(text)).collect();
    match details.join(", ") {
        details if details.is_empty() => ", exposed".into(),
        details => format!(", exposed ({details})"),
    }
}

/// The status with the date that belongs to it.
fn state(key: &ApiKey) -> String {
    use KeyStatus::*;
    let since = |words: &str| day(key.disabled).map_or(words.into(), |date| format!("{words} since {date}"));
    let on = |words: &str| day(key.expiration).map_or(words.into(), |date| format!("{words} {date}"));
    let words = match &key.status {
        Some(Disabled) => return since("disabled"),
        Some(DisabledForInactivity) => return since("disabled for inactivity"),
        Some(DisabledExposed) => return since("disabled as exposed"),
        Some(Expired) => return on("expired"),
        Some(SoonToBeExpired) => on("enabled, soon to expire"),
        Some(SoonToBeDisabled) => "enabled, soon to be disabled".into(),
        Some(Enabled) => "enabled".into(),
        Some(Unknown(text)) => format!("status {text}"),
        None => "status unknown".into(),
    };
    format!("{words}, {}", last_use(key))
}

/// When the key was last used, and when it was activated after that.
fn last_use(key: &ApiKey) -> String {
    let is_unused = key.last_used == KeyDate::Absent;
    let (words, since) = match (day(key.last_used), day(key.created)) {
        (Some(used), _) => ("last used", used),
        (None, Some(created)) if is_unused => ("never used, created", created),
        (None, _) => return if is_unused { "never used" } else { "last use unknown" }.into(),
    };
    match day(key.activated) {
        Some(activated) if activated > since => format!("{words} {since}, activated {activated}"),
        _ => format!("{words} {since}"),
    }
}

/// The day of a date, in UTC.
fn day(date: KeyDate) -> Option<String> {
    date.to_rfc3339().map(|date| date[..10].to_owned())
}
