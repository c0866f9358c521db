//! A key that was read, in words.

use std::fmt::{self, Display};
use std::time::{Duration, SystemTime};

use crate::coveo::api_key::{ApiKey, KeyDate};
use crate::coveo::token::AccessToken;

/// A key as it was read, and what could not be found out about it.
pub struct KeySummary {
    key: Option<ApiKey>,
    checked: bool,
    /// On one line, and without the token.
    name: Option<String>,
}

impl KeySummary {
    /// `key`: `None` if the token may not view it. `checked`: whether the token may edit it was checked. `token` is
    /// struck out of the display name.
    pub fn new(key: Option<ApiKey>, checked: bool, token: &AccessToken) -> Self {
        let name = key.as_ref().and_then(|key| key.display_name.as_deref());
        let name = name.map(|name| token.sanitize_and_redact(name)).filter(|name| !name.is_empty());
        Self { key, checked, name }
    }
}

/// In words: `"My Source API Key" (enabled, last used 2026-11-20)`.
impl Display for KeySummary {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let unchecked = if self.checked { "" } else { "; the token's privilege is not checked" };
        match &self.key {
            Some(key) => {
                if let Some(name) = &self.name {
                    // Escaped, so that a name can't end early and go on as something else.
                    write!(f, "\"{}\" ", name.replace('\\', "\\\\").replace('"', "\\\""))?;
                }
                write!(f, "({}{unchecked})", state(key))
            }
            None => write!(f, "(not looked up, since the token may not view it{unchecked})"),
        }
    }
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

/// A date by the day, in UTC; `None` for one that is absent or can't be read, or is beyond the year 9999.
fn date(moment: KeyDate) -> Option<String> {
    let KeyDate::At(time) = moment else { return None };
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    (time <= last).then(|| humantime::format_rfc3339_seconds(time).to_string()[..10].to_owned())
}
