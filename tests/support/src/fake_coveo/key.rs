//! One API key: what the organization knows of it, and how it shows it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// A date of an API key, and the form in which the API shows it: Coveo's documentation gives both text and
/// numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Date {
    /// The field is left out.
    Absent,
    /// `"2023-10-01T12:00:00Z"`
    Rfc3339(SystemTime),
    /// `"2023-10-01T12:00:00.123Z"`
    Fraction(SystemTime),
    /// `1696161600000`, Unix time in milliseconds.
    Millis(SystemTime),
    /// Whatever this is.
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

/// An API key.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiKey {
    /// Its ID, usually 26 lower-case letters and digits.
    pub id: String,
    /// Its name for people.
    pub display_name: String,
    /// What it is for.
    pub description: String,
    /// Whether it can be used.
    pub enabled: bool,
    /// `ENABLED`, `SOON_TO_BE_EXPIRED`, `SOON_TO_BE_DISABLED`, `DISABLED`, `DISABLED_FOR_INACTIVITY`,
    /// `DISABLED_EXPOSED` or `EXPIRED`.
    pub status: String,
    /// When it was created.
    pub created_date: Date,
    /// When it was last used.
    pub last_used_date: Date,
    /// When it expires or has expired.
    pub expiration_date: Date,
    /// When it was disabled.
    pub disabled_date: Date,
    /// When it was activated.
    pub activation_date: Date,
    /// Fields that are added to what the API shows of the key, or take the place of others.
    pub extra: Map<String, Value>,
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
            extra: Map::new(),
        }
    }

    /// A key that was disabled then.
    pub fn disabled(id: &str, since: SystemTime) -> ApiKey {
        let disabled_date = Date::Rfc3339(since);
        ApiKey { enabled: false, status: "DISABLED".to_owned(), disabled_date, ..ApiKey::new(id) }
    }

    /// A key that expired then.
    pub fn expired(id: &str, since: SystemTime) -> ApiKey {
        let expiration_date = Date::Fraction(since);
        ApiKey { enabled: false, status: "EXPIRED".to_owned(), expiration_date, ..ApiKey::new(id) }
    }

    /// An enabled key that was last used then.
    pub fn unused(id: &str, since: SystemTime) -> ApiKey {
        ApiKey { last_used_date: Date::Millis(since), activation_date: Date::Absent, ..ApiKey::new(id) }
    }

    /// Disables it, as the API does; a key that is disabled stays as it is.
    pub(super) fn disable(&mut self, now: Date) {
        if !self.status.starts_with("DISABLED") {
            self.enabled = false;
            "DISABLED".clone_into(&mut self.status);
            self.disabled_date = now;
        }
    }

    /// Activates it, as the API does; a key that is enabled stays as it is.
    pub(super) fn activate(&mut self, now: Date) {
        if !self.enabled {
            self.enabled = true;
            "ENABLED".clone_into(&mut self.status);
            self.disabled_date = Date::Absent;
            self.activation_date = now;
        }
    }

    /// Whether a list that is filtered by `?status=` has it, or `None` if there is no such filter. What each
    /// filter covers is a reading of its name.
    pub(super) fn passes(&self, filter: &str) -> Option<bool> {
        let status = self.status.as_str();
        let exposed = status == "DISABLED_EXPOSED" || self.extra.contains_key("exposureReport");
        let deactivated = status.starts_with("DISABLED") || status == "EXPIRED";
        Some(match filter {
            "ACTIVE" => !deactivated,
            "SOON_TO_BE_DISABLED" | "SOON_TO_BE_EXPIRED" => status == filter,
            "ACTIVE_AND_EXPOSED" => !deactivated && exposed,
            "WITH_WARNING" => status.starts_with("SOON_TO_BE"),
            "ALL_EXPOSED" => exposed,
            "DEACTIVATED" => deactivated,
            _ => return None,
        })
    }

    /// The key as the API shows it, with the masked value.
    pub(super) fn json(&self, organization: &str) -> Value {
        let value = self.value();
        let mut shown = json!({
            "groupsThatCanEdit": [{"id": "admin", "displayName": "Administrators"}],
            "apiKeysThatCanEdit": [],
            "value": format!("xx*****{}", &value[value.len() - 4..]),
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
            "createdBy": {
                "username": "alice@example.com-google",
                "name": "alice@example.com-google",
                "email": "alice@example.com",
                "displayName": "Alice",
                "provider": "GOOGLE",
                "enabled": true,
            },
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
        for (name, value) in &self.extra {
            shown[name] = value.clone();
        }
        shown
    }

    /// The key's value, `xx` and a UUID, which follows from its ID.
    pub fn value(&self) -> String {
        // FNV-1a: any hash does, as long as it stays the same.
        let hash = |seed: u64| {
            self.id.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        };
        let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15));
        format!(
            "xx{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }
}
