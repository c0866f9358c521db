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
    let creator =
        text(&key.created_by, token).map_or_else(String::new, |name| format!(", created by {name}"));
    let description = text(&key.description, token).map_or_else(String::new, |text| format!(": {text}"));
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
    let since = |date| day(date).map(|date| format!(" since {date}")).unwrap_or_default();
    let on = |date| day(date).map(|date| format!(" {date}")).unwrap_or_default();
    let used = || last_use(key);
    match &key.status {
        None => format!("status unknown, {}", used()),
        Some(KeyStatus::Disabled) => format!("disabled{}", since(key.disabled)),
        Some(KeyStatus::DisabledForInactivity) => format!("disabled for inactivity{}", since(key.disabled)),
        Some(KeyStatus::DisabledExposed) => format!("disabled as exposed{}", since(key.disabled)),
        Some(KeyStatus::Expired) => format!("expired{}", on(key.expiration)),
        Some(KeyStatus::Enabled) => format!("enabled, {}", used()),
        Some(KeyStatus::SoonToBeExpired) => {
            format!("enabled, soon to expire{}, {}", on(key.expiration), used())
        }
        Some(KeyStatus::SoonToBeDisabled) => format!("enabled, soon to be disabled, {}", used()),
        Some(KeyStatus::Unknown(text)) => format!("status {text}, {}", used()),
    }
}

/// When the key was last used, and when it was activated after that.
fn last_use(key: &ApiKey) -> String {
    let (since, words) = match (day(key.last_used), day(key.created)) {
        (Some(used), _) => (Some(used.clone()), format!("last used {used}")),
        (None, Some(created)) if key.last_used == KeyDate::Absent => {
            (Some(created.clone()), format!("never used, created {created}"))
        }
        (None, None) if key.last_used == KeyDate::Absent => (None, "never used".into()),
        _ => (None, "last use unknown".into()),
    };
    match (since, day(key.activated)) {
        (Some(since), Some(activated)) if activated > since => format!("{words}, activated {activated}"),
        _ => words,
    }
}

/// The day of a date, in UTC.
fn day(date: KeyDate) -> Option<String> {
    date.to_rfc3339().map(|date| date[..10].to_owned())
}
