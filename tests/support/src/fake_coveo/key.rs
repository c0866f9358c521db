//! An API key: its data, and its JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// The ID of the first key, in the form of Coveo's IDs.
pub const K1: &str = "k1aaaaaaaaaaaaaaaaaaaaaaaa";
pub const K2: &str = "k2aaaaaaaaaaaaaaaaaaaaaaaa";
pub const M1: &str = "m1aaaaaaaaaaaaaaaaaaaaaaaa";
pub const M2: &str = "m2aaaaaaaaaaaaaaaaaaaaaaaa";

/// An ID in the form of Coveo's that starts with `name`.
pub fn key_id(name: &str) -> String {
    format!("{name:a<26}")
}

pub fn days_ago(days: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60)
}

/// A date of an API key in one of the forms of the API: Coveo's documentation has both text and numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Date {
    Absent,
    /// `"2023-10-01T12:00:00Z"`
    Rfc3339(SystemTime),
    /// `"2023-10-01T12:00:00.123Z"`
    Fraction(SystemTime),
    /// `1696161600000`, Unix time in milliseconds.
    Millis(SystemTime),
    Raw(Value),
}

impl Date {
    fn json(&self) -> Option<Value> {
        match self {
            Date::Absent => None,
            Date::Rfc3339(time) => Some(humantime::format_rfc3339_seconds(*time).to_string().into()),
            Date::Fraction(time) => Some(humantime::format_rfc3339_millis(*time).to_string().into()),
            Date::Millis(time) => Some(match time.duration_since(UNIX_EPOCH) {
                Ok(since) => json!(since.as_millis() as i64),
                Err(before) => json!(-(before.duration().as_millis() as i64)),
            }),
            Date::Raw(value) => Some(value.clone()),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ApiKey {
    /// Its ID, usually 26 lower-case letters and digits.
    pub id: String,
    pub display_name: String,
    pub description: String,
    pub enabled: bool,
    /// `ENABLED`, `SOON_TO_BE_EXPIRED`, `SOON_TO_BE_DISABLED`, `DISABLED`, `DISABLED_FOR_INACTIVITY`,
    /// `DISABLED_EXPOSED` or `EXPIRED`.
    pub status: String,
    pub created_date: Date,
    pub last_used_date: Date,
    pub expiration_date: Date,
    pub disabled_date: Date,
    pub activation_date: Date,
    pub created_by: String,
    pub exposure: Option<Exposure>,
    /// Its secret value, if it differs from the one derived from its ID. The value works as an access token if the
    /// organization knows it as one, until the key is disabled or deleted.
    pub own_value: Option<String>,
    /// More fields of the JSON, or fields that replace others.
    pub extra: Map<String, Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Exposure {
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `WARN`.
    pub severity: &'static str,
    /// `GITHUB` or `MANUAL`.
    pub source: &'static str,
    pub reported: SystemTime,
}

impl Exposure {
    fn json(&self, key: &str) -> Value {
        let date = humantime::format_rfc3339_seconds(self.reported).to_string();
        json!({
            "apiKeyLoggerId": key,
            "severity": self.severity,
            "creationType": if self.source == "MANUAL" { "MANUAL" } else { "AUTOMATED" },
            "reasons": [{"id": "5f2c9d5e-0c1b-4d5a-9a55-0d6f2b1f7c11", "source": self.source, "createdDate": date}],
            "createdDate": date,
        })
    }
}

impl ApiKey {
    /// An enabled key, created on 2023-10-01, that never expires and has never been used.
    pub fn new(id: &str) -> ApiKey {
        let created = UNIX_EPOCH + Duration::from_secs(1_696_161_600);
        ApiKey {
            id: id.to_owned(),
            display_name: format!("Key {id}"),
            description: String::new(),
            enabled: true,
            status: "ENABLED".to_owned(),
            created_date: Date::Rfc3339(created),
            last_used_date: Date::Absent,
            expiration_date: Date::Absent,
            disabled_date: Date::Absent,
            activation_date: Date::Rfc3339(created),
            created_by: "alice@example.com-google".to_owned(),
            exposure: None,
            own_value: None,
            extra: Map::new(),
        }
    }

    pub fn disabled(id: &str, since: SystemTime) -> ApiKey {
        let disabled_date = Date::Rfc3339(since);
        ApiKey { enabled: false, status: "DISABLED".to_owned(), disabled_date, ..ApiKey::new(id) }
    }

    pub fn expired(id: &str, since: SystemTime) -> ApiKey {
        let expiration_date = Date::Fraction(since);
        ApiKey { enabled: false, status: "EXPIRED".to_owned(), expiration_date, ..ApiKey::new(id) }
    }

    pub fn unused(id: &str, since: SystemTime) -> ApiKey {
        ApiKey { last_used_date: Date::Millis(since), activation_date: Date::Absent, ..ApiKey::new(id) }
    }

    /// An enabled key that was reported as exposed, on GitHub, at `reported`.
    pub fn exposed(id: &str, reported: SystemTime) -> ApiKey {
        let exposure = Some(Exposure { severity: "CRITICAL", source: "GITHUB", reported });
        ApiKey { exposure, ..ApiKey::new(id) }
    }

    /// Disables it. A key that is disabled already keeps its date.
    pub(super) fn disable(&mut self, now: Date) {
        if !self.status.starts_with("DISABLED") {
            self.enabled = false;
            "DISABLED".clone_into(&mut self.status);
            self.disabled_date = now;
        }
    }

    /// Activates it. A key that is enabled already keeps its dates.
    pub(super) fn activate(&mut self, now: Date) {
        if !self.enabled {
            self.enabled = true;
            "ENABLED".clone_into(&mut self.status);
            self.disabled_date = Date::Absent;
            self.activation_date = now;
        }
    }

    /// Whether it is in the list with `?status=DEACTIVATED`. What this filter covers is guessed from its name.
    pub(super) fn is_deactivated(&self) -> bool {
        self.status.starts_with("DISABLED") || self.status == "EXPIRED"
    }

    /// Its JSON in lists and reads, with the masked value.
    pub(super) fn json(&self, organization: &str) -> Value {
        let mut shown = json!({
            "groupsThatCanEdit": [{"id": "admin", "displayName": "Administrators"}],
            "apiKeysThatCanEdit": [],
            "value": self.masked_value(),
            "id": self.id,
            "tokenId": self.id,
            "organizationId": organization,
            "displayName": self.display_name,
            "description": self.description,
            "privileges": [
                {"owner": "PLATFORM", "targetDomain": "ORGANIZATION", "type": "VIEW", "targetId": "*"},
                {"owner": "SEARCH_API", "targetDomain": "EXECUTE_QUERY", "type": "ENABLE", "targetId": "*"},
            ],
            "enabled": self.enabled,
            "createdBy": {"username": self.created_by, "name": self.created_by, "enabled": true},
            "allowedIps": [],
            "deniedIps": [],
            "additionalConfiguration": {},
            "privacyLevel": "PRIVATE",
            "status": self.status,
            "resourceId": self.id,
        });
        let dates = [
            ("createdDate", &self.created_date),
            ("lastUsedDate", &self.last_used_date),
            ("expirationDate", &self.expiration_date),
            ("disabledDate", &self.disabled_date),
            ("activationDate", &self.activation_date),
        ];
        for (name, date) in dates {
            if let Some(date) = date.json() {
                shown[name] = date;
            }
        }
        if let Some(exposure) = &self.exposure {
            shown["exposureReport"] = exposure.json(&self.id);
        }
        for (name, value) in &self.extra {
            shown[name] = value.clone();
        }
        shown
    }

    /// Its value as lists and reads show it: `xx*****1343`.
    pub fn masked_value(&self) -> String {
        let value = self.value();
        format!("{}*****{}", &value[..2], &value[value.len() - 4..])
    }

    pub fn value(&self) -> String {
        if let Some(value) = &self.own_value {
            return value.clone();
        }
        // FNV-1a; any hash would do.
        let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let bits = self.id.bytes().fold(0x9e37_79b9_7f4a_7c15, hash);
        let (first, parts, last) = (bits >> 32, bits >> 16 & 0xfff, bits & 0xffff_ffff_ffff);
        format!("xx{first:08x}-{parts:04x}-4{parts:03x}-8{parts:03x}-{last:012x}")
    }
}
