//! A key that was read, in words.

use std::fmt::{self, Display};

use crate::coveo::api_key::{ApiKey, KeyDate};
use crate::coveo::token::AccessToken;

/// A key as it was read, and what could not be found out about it.
pub struct KeySummary<'a> {
    key: &'a ApiKey,
    checked: bool,
    name: Option<String>,
}

impl<'a> KeySummary<'a> {
    /// `checked`: whether the token may edit `key` was checked. `token` is redacted in the display name.
    pub fn new(key: &'a ApiKey, checked: bool, token: &AccessToken) -> Self {
        Self { key, checked, name: quoted_name(key, token) }
    }
}

/// In words: `"My Source API Key" (enabled, last used 2026-11-20)`.
impl Display for KeySummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let unchecked = if self.checked { "" } else { "; the token's privilege is not checked" };
        if let Some(name) = &self.name {
            write!(f, "{name} ")?;
        }
        write!(f, "({}{unchecked})", state(self.key))
    }
}

/// The display name of `key` on one line in quotes, with `token` struck out; `None` if it has none.
///
/// Quotes in it are escaped, so that a name can't end early and go on as something else.
pub fn quoted_name(key: &ApiKey, token: &AccessToken) -> Option<String> {
    let name = token.sanitize_and_redact(key.display_name.as_deref()?);
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    (!name.is_empty()).then(|| format!("\"{escaped}\""))
}

/// The status of a key, with the date that belongs to it.
fn state(key: &ApiKey) -> String {
    let since = |moment| date(moment).map(|date| format!(" since {date}")).unwrap_or_default();
    let on = |moment| date(moment).map(|date| format!(" {date}")).unwrap_or_default();
    match key.status.as_deref() {
        Some("DISABLED") => format!("disabled{}", since(key.disabled)),
        Some("DISABLED_FOR_INACTIVITY") => format!("disabled for inactivity{}", since(key.disabled)),
        Some("DISABLED_EXPOSED") => format!("disabled as exposed{}", since(key.disabled)),
        Some("EXPIRED") => format!("expired{}", on(key.expiration)),
        Some("ENABLED") => format!("enabled, {}", use_of(key)),
        Some("SOON_TO_BE_EXPIRED") => {
            format!("enabled, soon to expire{}, {}", on(key.expiration), use_of(key))
        }
        Some("SOON_TO_BE_DISABLED") => format!("enabled, soon to be disabled, {}", use_of(key)),
        Some(other) => format!("status {other}, {}", use_of(key)),
        None => format!("status unknown, {}", use_of(key)),
    }
}

/// When it was last used, and when it was enabled again since.
fn use_of(key: &ApiKey) -> String {
    let since = if key.last_used == KeyDate::Absent { key.created } else { key.last_used };
    match (date(since), date(key.activated)) {
        (Some(since), Some(activated)) if activated > since => {
            format!("{}, activated {activated}", last_use(key))
        }
        _ => last_use(key),
    }
}

fn last_use(key: &ApiKey) -> String {
    match (date(key.last_used), date(key.created)) {
        (Some(date), _) => format!("last used {date}"),
        (None, Some(date)) if key.last_used == KeyDate::Absent => format!("never used, created {date}"),
        (None, None) if key.last_used == KeyDate::Absent => "never used".into(),
        _ => "last use unknown".into(),
    }
}

/// A date by the day, in UTC.
fn date(date: KeyDate) -> Option<String> {
    date.to_rfc3339().map(|date| date[..10].to_owned())
}
