//! API keys as Coveo shows them, and their dates.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, value::RawValue};

use crate::coveo::ids::KeyId;
use crate::coveo::token::AccessToken;

/// A date of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDate {
    /// The field is absent or `null`.
    Absent,
    /// The field holds something that is not a date, or not one that can be right.
    Unreadable,
    /// A date.
    At(SystemTime),
}

impl KeyDate {
    /// Whether it is a date.
    pub fn is_known(self) -> bool {
        matches!(self, Self::At(_))
    }

    /// The later of two dates; one that is no date leaves none.
    pub fn later(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(other)) => Self::At(one.max(other)),
            _ => Self::Unreadable,
        }
    }
}

/// An API key, as far as the tool reads it. Any field may be missing.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its ID, if it is one.
    pub id: Option<KeyId>,
    /// Its name for people, as it came: for patterns, and never shown.
    pub name: Option<String>,
    /// Its name for people, on one line.
    pub display_name: Option<String>,
    /// Its status, one of Coveo's or an unknown one; one that can't be shown as it came is none.
    pub status: Option<String>,
    /// Whether it may be used; `None` where the field is absent or `null`.
    pub enabled: Option<bool>,
    /// When it was made.
    pub created: KeyDate,
    /// When it was last used.
    pub last_used: KeyDate,
    /// When it expires or expired.
    pub expiration: KeyDate,
    /// When it was disabled.
    pub disabled: KeyDate,
    /// When it was activated: made, or enabled again.
    pub activated: KeyDate,
}

/// Reads one key from an answer of 200; `None` if it is not a JSON object.
pub fn read_key(body: &[u8], token: &AccessToken) -> Option<ApiKey> {
    let key: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let text = |name: &str| {
        Some(token.sanitize_and_redact(key.get(name)?.as_str()?)).filter(|text| !text.is_empty())
    };
    let date = |name: &str| read_moment(key.get(name));
    Some(ApiKey {
        // The token itself would be shown, and stand in a path.
        id: key
            .get("id")
            .and_then(Value::as_str)
            .filter(|id| !token.is_contained_in(id))
            .and_then(|id| KeyId::parse(id).ok()),
        name: key.get("displayName").and_then(Value::as_str).map(str::to_owned),
        display_name: text("displayName"),
        // What cleaning has changed, a line break cut off say, is not what Coveo calls the status.
        // Nor does a status stand beside an `enabled` that is neither yes nor no.
        status: text("status")
            .filter(|status| key["status"] == **status)
            .filter(|_| matches!(key.get("enabled"), None | Some(Value::Null | Value::Bool(_)))),
        enabled: key.get("enabled").and_then(Value::as_bool),
        created: date("createdDate"),
        last_used: date("lastUsedDate"),
        expiration: date("expirationDate"),
        disabled: date("disabledDate"),
        activated: date("activationDate"),
    })
}

/// Reads a list of keys from an answer of 200; `None` unless it is one JSON array of objects, whole.
///
/// The keys are read one by one, so that the list is in memory once, as the text that it is.
pub fn read_keys(body: &[u8], token: &AccessToken) -> Option<Vec<ApiKey>> {
    let keys: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    keys.into_iter().map(|key| read_key(key.get().as_bytes(), token)).collect()
}

/// Nothing of Coveo's cloud is older than 2010. A date before that is an empty one (1970, the year 1) or
/// one in seconds where milliseconds are meant, and no reason to call a key old.
const EARLIEST: Duration = Duration::from_secs(1_262_304_000);

/// Reads a date: a date-time string, or Unix time in milliseconds. Coveo's documents name both.
fn read_moment(value: Option<&Value>) -> KeyDate {
    let since_1970 = match value {
        None | Some(Value::Null) => return KeyDate::Absent,
        Some(Value::Number(number)) => number.as_u64().map(Duration::from_millis),
        Some(Value::String(text)) => read_date_time(text),
        Some(_) => None,
    };
    let moment = since_1970
        .filter(|since| *since >= EARLIEST)
        .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    moment.map_or(KeyDate::Unreadable, KeyDate::At)
}

/// Reads a date-time string of RFC 3339 into the time since 1970, with `Z` or an offset behind it.
fn read_date_time(text: &str) -> Option<Duration> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.trim();
    let zone = text.rfind(['Z', 'z', '+', '-']).filter(|at| *at > "2000-01-01T".len())?;
    let (time, zone) = text.split_at_checked(zone)?;
    // `humantime` overlooks what stands behind the zone, so it gets none but its own to see.
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_date_is_read_in_both_its_forms() {
        let at = |millis: u64| KeyDate::At(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        for (value, moment) in [
            (json!(1_700_000_000_000_u64), at(1_700_000_000_000)),
            (json!("2023-11-14T22:13:20Z"), at(1_700_000_000_000)),
            (json!("2023-11-14T22:13:20.000Z"), at(1_700_000_000_000)),
            (
                json!("2023-11-14T22:13:20.123456Z"),
                KeyDate::At(SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456)),
            ),
            (json!("2023-11-15T00:13:20+02:00"), at(1_700_000_000_000)),
            (json!("2023-11-14T17:13:20-0500"), at(1_700_000_000_000)),
            (Value::Null, KeyDate::Absent),
        ] {
            assert_eq!(read_moment(Some(&value)), moment, "{value}");
        }
        assert_eq!(read_moment(None), KeyDate::Absent);
    }

    #[test]
    fn what_is_not_a_date_is_not_taken_for_one() {
        for value in [
            json!(0),
            json!(-1),
            json!(1.5),
            json!(1_700_000_000),
            json!(""),
            json!("soon"),
            json!("2023-11-14"),
            json!("2023-11-14T22:13:20"),
            json!("2023-13-14T22:13:20Z"),
            json!("1970-01-01T00:00:00Z"),
            json!("0001-01-01T00:00:00Z"),
            json!("1700000000000"),
            json!(true),
            json!([]),
            json!({}),
            json!("2023-11-14T22:13:20+99:00"),
            json!("2023-11-14T22:13:20+2"),
            json!("２０２３-11-14T22:13:20Z"),
        ] {
            assert_eq!(read_moment(Some(&value)), KeyDate::Unreadable, "{value}");
        }
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let token = AccessToken::parse("t", b"secret-token").ok().unwrap();
        let count = |body: &str| read_keys(body.as_bytes(), &token).map(|keys| keys.len());
        assert_eq!(count("[]"), Some(0));
        assert_eq!(count(r#"[{"id":"a"},{"id":7}]"#), Some(2));
        for body in
            ["", "{}", "[", r#"[{"id":"a"}"#, r#"[{"id":"a"},"#, r#"[{"id":"a"},3]"#, r#"[{"id":"a"}]x"#]
        {
            assert_eq!(count(body), None, "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn both_forms_of_a_date_mean_the_same(seconds in 1_262_304_000_u64..4_000_000_000) {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let text = humantime::format_rfc3339_seconds(time).to_string();
            proptest::prop_assert_eq!(read_moment(Some(&json!(text))), KeyDate::At(time));
            proptest::prop_assert_eq!(read_moment(Some(&json!(seconds * 1000))), KeyDate::At(time));
        }

        #[test]
        fn no_body_makes_a_panic(body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            let token = AccessToken::parse("t", b"secret-token").ok().unwrap();
            for body in [body, text.into_bytes()] {
                let _ = (read_key(&body, &token), read_keys(&body, &token));
            }
        }

        #[test]
        fn reading_a_date_never_panics(text in "\\PC{0,40}") {
            let _ = read_moment(Some(&json!(text)));
        }
    }
}
