//! API keys as Coveo returns them.

use std::borrow::Cow;
use std::fmt;

use serde_core::de::value::MapAccessDeserializer;
use serde_core::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::coveo::ids::{KeyId, OrganizationId};
use crate::coveo::key_date::KeyDate;
use crate::coveo::key_status::KeyStatus;
use crate::coveo::token::AccessToken;

/// An API key, with the fields that the tool reads. Any field may be missing; a field that is present twice is unreadable.
///
/// Texts are kept as received: show them only through [`AccessToken::sanitize_and_redact`]. They borrow from the response,
/// since most keys of a long list don't match; [`ApiKey::into_owned`] copies them.
#[derive(Debug, Clone)]
pub struct ApiKey<'a> {
    /// The ID; `None` if it is missing or isn't an ID.
    pub id: Option<KeyId>,
    /// The value as it came, usually masked: `xx*****1343`. Empty if it can't be read. [`ApiKey::masked_value`] is for
    /// people.
    pub value: Option<Cow<'a, str>>,
    /// The name for people.
    pub display_name: Option<Cow<'a, str>>,
    /// The description of what the key is for.
    pub description: Option<Cow<'a, str>>,
    /// The user who created the key.
    pub created_by: Option<Cow<'a, str>>,
    /// The organization that the key belongs to. Empty if it can't be read.
    pub organization: Option<Cow<'a, str>>,
    /// Coveo's report about a leak of the key: the severity (`CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `WARN`) and the sources of
    /// the report (`GITHUB` or `MANUAL`), each once.
    pub exposure: Option<Vec<String>>,
    /// The status; `None` if it is missing, unreadable, or can't be shown as received.
    pub status: Option<KeyStatus>,
    /// Whether the key may be used; `None` if the field is missing or `null`.
    pub enabled: Option<bool>,
    /// When the key was created.
    pub created: KeyDate,
    /// When the key was last used. Coveo calls this date approximate.
    pub last_used: KeyDate,
    /// When the key expires or expired.
    pub expiration: KeyDate,
    /// When the key was disabled.
    pub disabled: KeyDate,
    /// When the key was activated: created, or enabled again.
    pub activated: KeyDate,
}

/// Parses one key from the body of a 200; `None` if it isn't a JSON object.
pub fn parse_key<'a>(body: &'a [u8], token: &AccessToken) -> Option<ApiKey<'a>> {
    let mut key: ApiKey = serde_json::from_str(str::from_utf8(body).ok()?).ok()?;
    key.remove_unsafe_fields(token);
    Some(key)
}

/// Parses a list of keys from the body of a 200; `None` unless it is one complete JSON array of objects.
pub fn parse_keys<'a>(body: &'a [u8], token: &AccessToken) -> Option<Vec<ApiKey<'a>>> {
    let mut keys: Vec<ApiKey> = serde_json::from_str(str::from_utf8(body).ok()?).ok()?;
    keys.iter_mut().for_each(|key| key.remove_unsafe_fields(token));
    Some(keys)
}

impl ApiKey<'_> {
    /// Copies the texts.
    pub fn into_owned(self) -> ApiKey<'static> {
        let own = |text: Option<Cow<str>>| text.map(|text| Cow::Owned(text.into_owned()));
        ApiKey {
            value: own(self.value),
            display_name: own(self.display_name),
            description: own(self.description),
            created_by: own(self.created_by),
            organization: own(self.organization),
            ..self
        }
    }

    /// The value, if it shows so little that it may be printed: `xx*****1343` in Coveo's documentation.
    pub fn masked_value(&self) -> Option<&str> {
        let value = self.value.as_deref()?;
        let hidden = value.chars().filter(|c| *c == '*').count();
        (hidden >= 3 && value.chars().count() - hidden <= 8).then_some(value)
    }

    /// Whether the key belongs to `organization`, as far as its data says.
    pub fn is_of(&self, organization: &OrganizationId) -> bool {
        self.organization.as_deref().is_none_or(|other| other == organization.as_str())
    }

    /// Whether Coveo reports the key as exposed.
    pub fn is_exposed(&self) -> bool {
        self.exposure.is_some() || self.status == Some(KeyStatus::DisabledExposed)
    }

    /// Removes an ID that is the token, since it would be sent in a path. Also removes a status that can't be shown as
    /// received: with a line break, for example, it can't be one of Coveo's.
    fn remove_unsafe_fields(&mut self, token: &AccessToken) {
        self.id.take_if(|id| token.is_contained_in(id.as_str()));
        let is_unsafe = |text: &str| text.is_empty() || token.sanitize_and_redact(text) != text;
        self.status.take_if(|status| matches!(status, KeyStatus::Unknown(text) if is_unsafe(text)));
    }
}

impl<'de> Deserialize<'de> for ApiKey<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = ApiKey<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an API key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ApiKey<'de>, A::Error> {
        let [mut id, mut value, mut display_name, mut description, mut created_by] = Default::default();
        let [mut organization, mut exposure, mut status, mut enabled] = Default::default();
        let [mut created, mut last_used, mut expiration, mut disabled, mut activated] = Default::default();
        while let Some(name) = map.next_key::<Field>()? {
            let field = match name.into_text().unwrap_or_default().as_ref() {
                "id" => &mut id,
                "value" => &mut value,
                "displayName" => &mut display_name,
                "description" => &mut description,
                "createdBy" => &mut created_by,
                "organizationId" => &mut organization,
                "exposureReport" => &mut exposure,
                "status" => &mut status,
                "enabled" => &mut enabled,
                "createdDate" => &mut created,
                "lastUsedDate" => &mut last_used,
                "expirationDate" => &mut expiration,
                "disabledDate" => &mut disabled,
                "activationDate" => &mut activated,
                // Fields that nobody reads aren't kept, since a list may have 10,000 keys.
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let value = map.next_value()?;
            *field = if let Field::Absent = field { value } else { Field::Unreadable };
        }
        // Ignore the status if `enabled` isn't a boolean.
        let status =
            status.into_text().filter(|_| matches!(enabled, Field::Absent | Field::Null | Field::Bool(_)));
        Ok(ApiKey {
            id: id.into_text().and_then(|id| KeyId::parse(&id).ok()),
            value: value.into_text_or_empty(),
            display_name: display_name.into_text(),
            description: description.into_text(),
            created_by: created_by.into_object().and_then(creator_name),
            organization: organization.into_text_or_empty(),
            exposure: exposure.into_object().map(exposure_details),
            status: status.map(|status| KeyStatus::parse(&status)),
            enabled: if let Field::Bool(enabled) = enabled { Some(enabled) } else { None },
            created: created.into_date(),
            last_used: last_used.into_date(),
            expiration: expiration.into_date(),
            disabled: disabled.into_date(),
            activated: activated.into_date(),
        })
    }
}

fn creator_name<'de>(user: Map<String, Value>) -> Option<Cow<'de, str>> {
    ["username", "name"].iter().find_map(|name| user.get(*name)?.as_str()).map(|name| name.to_owned().into())
}

/// The texts of an exposure report that are worth showing, each once.
fn exposure_details(report: Map<String, Value>) -> Vec<String> {
    let reasons = report.get("reasons").and_then(Value::as_array);
    let sources = reasons.into_iter().flatten().filter_map(|reason| reason.get("source"));
    let mut details = Vec::new();
    for text in report.get("severity").into_iter().chain(sources).filter_map(Value::as_str) {
        if !details.iter().any(|known| known == text) {
            details.push(text.to_owned());
        }
    }
    details
}

/// The value of a field: the kinds of JSON values that fields of a key have.
#[derive(Default)]
enum Field<'de> {
    #[default]
    Absent,
    Null,
    Bool(bool),
    Number(u64),
    Text(Cow<'de, str>),
    Object(Map<String, Value>),
    /// A list, a number that is negative or has a fraction, or a field that is present twice.
    Unreadable,
}

impl<'de> Field<'de> {
    fn into_text(self) -> Option<Cow<'de, str>> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text, or nothing if the field is present and isn't a text.
    fn into_text_or_empty(self) -> Option<Cow<'de, str>> {
        match self {
            Self::Absent | Self::Null => None,
            field => Some(field.into_text().unwrap_or_default()),
        }
    }

    fn into_object(self) -> Option<Map<String, Value>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    fn into_date(self) -> KeyDate {
        match self {
            Self::Absent | Self::Null => KeyDate::Absent,
            Self::Number(millis) => KeyDate::from_millis(millis),
            Self::Text(text) => KeyDate::parse(&text),
            Self::Bool(_) | Self::Object(_) | Self::Unreadable => KeyDate::Unreadable,
        }
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
        IgnoredAny.visit_seq(list).map(|_| Field::Unreadable)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Field<'de>, A::Error> {
        Map::deserialize(MapAccessDeserializer::new(object)).map(Field::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token() -> AccessToken {
        AccessToken::parse("t", b"secret-token").ok().unwrap()
    }

    fn key(json: &str) -> ApiKey<'_> {
        parse_key(json.as_bytes(), &token()).unwrap()
    }

    #[test]
    fn repeated_field_is_unreadable() {
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
    fn field_of_wrong_type_is_ignored() {
        for value in ["null", "7", "-7", "1.5", "true", "[[1],{}]", r#"{"id":"a","status":{}}"#] {
            let json = format!(r#"{{"id":{value},"displayName":{value},"status":{value}}}"#);
            let key = key(&json);
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
            let json = format!(r#"{{"status":"ENABLED","enabled":{enabled}}}"#);
            let key = key(&json);
            assert_eq!(
                (key.status.as_ref().map(KeyStatus::as_str), key.enabled),
                (status, read),
                "{enabled}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            for body in [body, text.into_bytes()] {
                let _ = (parse_key(&body, &token()), parse_keys(&body, &token()));
            }
        }

        #[test]
        fn dates_never_panic(text in "\\PC{0,40}") {
            key(&json!({"createdDate": text}).to_string());
        }
    }
}
