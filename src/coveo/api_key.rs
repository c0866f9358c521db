//! API keys as Coveo shows them, and their dates.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_core::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::coveo::ids::KeyId;
use crate::coveo::token::AccessToken;

/// A date of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyDate {
    /// The field is absent or `null`.
    Absent,
    /// The field holds no date, or one before 2010, or it occurs twice.
    Unreadable,
    /// From 2010 on.
    At(SystemTime),
}

impl KeyDate {
    /// The date as RFC 3339 in UTC, to the second; `None` if it is none, or is beyond the year 9999.
    pub fn to_rfc3339(self) -> Option<String> {
        let Self::At(time) = self else { return None };
        let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
        (time <= last).then(|| humantime::format_rfc3339_seconds(time).to_string())
    }

    /// The later of two dates; one that is no date leaves none.
    pub fn later(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(other)) => Self::At(one.max(other)),
            _ => Self::Unreadable,
        }
    }
}

/// An API key, as far as the tool reads it. Any field may be missing; one that occurs twice is unreadable.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its ID, if it is one.
    pub id: Option<KeyId>,
    /// Its name for people, as it came: shown only by way of [`AccessToken::sanitize_and_redact`].
    pub display_name: Option<Box<str>>,
    /// Its status, one of Coveo's or an unknown one; one that can't be shown as it came is none.
    pub status: Option<Cow<'static, str>>,
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

/// Reads one key from the body of a 200; `None` if it is not a JSON object.
pub fn read_key(body: &[u8], token: &AccessToken) -> Option<ApiKey> {
    let key: ApiKey = serde_json::from_str(str::from_utf8(body).ok()?).ok()?;
    Some(key.without(token))
}

/// Reads a list of keys from the body of a 200; `None` unless it is one JSON array of objects, whole.
pub fn read_keys(body: &[u8], token: &AccessToken) -> Option<Vec<ApiKey>> {
    let keys: Vec<ApiKey> = serde_json::from_str(str::from_utf8(body).ok()?).ok()?;
    Some(keys.into_iter().map(|key| key.without(token)).collect())
}

/// The status that `text` names. One that Coveo documents takes no memory of its own, in 10,000 keys.
fn status_of(text: &str) -> Cow<'static, str> {
    match STATUSES.iter().find(|status| **status == text) {
        Some(status) => Cow::Borrowed(status),
        None => Cow::Owned(text.to_owned()),
    }
}

/// The statuses that Coveo documents.
const STATUSES: [&str; 7] = [
    "ENABLED",
    "SOON_TO_BE_EXPIRED",
    "SOON_TO_BE_DISABLED",
    "DISABLED",
    "DISABLED_FOR_INACTIVITY",
    "DISABLED_EXPOSED",
    "EXPIRED",
];

impl ApiKey {
    /// The same key without an ID that is the token, which would stand in a path, and without a status that can't be
    /// shown as it came: with a line break behind it, say, it is not what Coveo calls the status.
    fn without(mut self, token: &AccessToken) -> Self {
        self.id = self.id.filter(|id| !token.is_contained_in(id.as_str()));
        let is_clean = |text: &str| !text.is_empty() && token.sanitize_and_redact(text) == text;
        self.status = self.status.filter(|status| matches!(status, Cow::Borrowed(_)) || is_clean(status));
        self
    }
}

/// The fields that are read. The rest is skipped without being kept, since a list has 10,000 keys and more.
const FIELDS: [&str; 9] = [
    "id",
    "displayName",
    "status",
    "enabled",
    "createdDate",
    "lastUsedDate",
    "expirationDate",
    "disabledDate",
    "activationDate",
];

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = ApiKey;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an API key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ApiKey, A::Error> {
        let mut fields = [const { Field::Absent }; FIELDS.len()];
        while let Some(name) = map.next_key::<Field>()? {
            let Some(at) = FIELDS.iter().position(|field| name.text() == Some(field)) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            fields[at] = if let Field::Absent = fields[at] { value } else { Field::Unreadable };
        }
        let [id, name, status, enabled, created, last_used, expiration, disabled, activated] = fields;
        Ok(ApiKey {
            id: id.text().and_then(|id| KeyId::parse(id).ok()),
            display_name: name.text().map(Box::from),
            // No status stands beside an `enabled` that is neither yes nor no.
            status: status
                .text()
                .filter(|_| matches!(enabled, Field::Absent | Field::Null | Field::Bool(_)))
                .map(status_of),
            enabled: if let Field::Bool(enabled) = enabled { Some(enabled) } else { None },
            created: created.date(),
            last_used: last_used.date(),
            expiration: expiration.date(),
            disabled: disabled.date(),
            activated: activated.date(),
        })
    }
}

/// What stands in a field of a key.
enum Field<'de> {
    Absent,
    Null,
    Bool(bool),
    Number(u64),
    Text(Cow<'de, str>),
    /// An object, a list, a number that is negative or has a fraction, or several values.
    Unreadable,
}

impl Field<'_> {
    fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Reads a date: a date-time string, or Unix time in milliseconds. Coveo's documents name both.
    fn date(&self) -> KeyDate {
        let since_1970 = match self {
            Self::Absent | Self::Null => return KeyDate::Absent,
            Self::Number(millis) => Some(Duration::from_millis(*millis)),
            Self::Text(text) => read_date_time(text),
            Self::Bool(_) | Self::Unreadable => None,
        };
        let moment = since_1970
            .filter(|since| *since >= EARLIEST)
            .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
        moment.map_or(KeyDate::Unreadable, KeyDate::At)
    }
}

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field<'de>, E> {
        Ok(Field::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field<'de>, E> {
        Ok(Field::Number(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<'de>, E> {
        Ok(Field::Unreadable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Unreadable)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Field<'de>, A::Error> {
        IgnoredAny.visit_seq(list)?;
        Ok(Field::Unreadable)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Field<'de>, A::Error> {
        IgnoredAny.visit_map(object)?;
        Ok(Field::Unreadable)
    }
}

/// Nothing of Coveo's cloud is older than 2010. A date before that is an empty one (1970, the year 1) or
/// one in seconds where milliseconds are meant, and no reason to call a key old.
const EARLIEST: Duration = Duration::from_secs(1_262_304_000);

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

    fn token() -> AccessToken {
        AccessToken::parse("t", b"secret-token").ok().unwrap()
    }

    fn key(json: &str) -> ApiKey {
        read_key(json.as_bytes(), &token()).unwrap()
    }

    #[test]
    fn a_field_that_stands_there_twice_is_unreadable() {
        let twice = key(
            r#"{"id":"a","id":"a","displayName":"n","displayName":"n","status":"EXPIRED","st\u0061tus":"EXPIRED",
            "createdDate":1700000000000,"createdDate":1700000000000,"disabledDate":null,"disabledDate":null,"value":1,"value":2}"#,
        );
        assert_eq!((twice.id, twice.display_name, twice.status), (None, None, None));
        assert_eq!((twice.created, twice.disabled), (KeyDate::Unreadable, KeyDate::Unreadable));
        let enabled = key(r#"{"status":"ENABLED","enabled":true,"enabled":true}"#);
        assert_eq!((enabled.status, enabled.enabled), (None, None));
    }

    #[test]
    fn a_field_of_another_kind_is_as_if_it_were_absent() {
        for value in ["null", "7", "-7", "1.5", "true", "[[1],{}]", r#"{"id":"a","status":{}}"#] {
            let key = key(&format!(r#"{{"id":{value},"displayName":{value},"status":{value}}}"#));
            assert_eq!((key.id, key.display_name, key.status), (None, None, None), "{value}");
        }
        for (enabled, status, read) in [
            ("null", Some("ENABLED"), None),
            ("true", Some("ENABLED"), Some(true)),
            ("false", Some("ENABLED"), Some(false)),
            ("\"true\"", None, None),
            ("1", None, None),
            ("[]", None, None),
        ] {
            let key = key(&format!(r#"{{"status":"ENABLED","enabled":{enabled}}}"#));
            assert_eq!((key.status.as_deref(), key.enabled), (status, read), "{enabled}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_body_makes_a_panic(body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            for body in [body, text.into_bytes()] {
                let _ = (read_key(&body, &token()), read_keys(&body, &token()));
            }
        }

        #[test]
        fn no_date_makes_a_panic(text in "\\PC{0,40}") {
            key(&json!({"createdDate": text}).to_string());
        }
    }
}
