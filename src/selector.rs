//! Selectors: which keys of an organization are taken by their age.
//!
//! A key is taken for a fact that is present and true, and for nothing else.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::coveo::api_key::{ApiKey, KeyDate};
use crate::coveo::ids::KeyId;

/// What makes a key one to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// It was disabled long ago.
    Disabled,
    /// It expired long ago.
    Expired,
    /// It is enabled and was last used long ago.
    Unused,
}

/// Which keys to take.
#[derive(Debug)]
pub struct Selector {
    /// The fact that decides.
    pub fact: Criterion,
    /// How long it must have been so, at least.
    pub age: Duration,
    /// The same as the user wrote it, for messages.
    pub age_as_typed: String,
    /// A pattern that the display name must match, with `*` and `?`.
    pub name: Option<String>,
    /// The most keys that may be taken in one run.
    pub max: usize,
}

/// The statuses of a key that may be used.
const IN_USE: [&str; 3] = ["ENABLED", "SOON_TO_BE_EXPIRED", "SOON_TO_BE_DISABLED"];

/// The statuses of a key that was disabled.
const DISABLED: [&str; 3] = ["DISABLED", "DISABLED_FOR_INACTIVITY", "DISABLED_EXPOSED"];

impl Selector {
    /// The API's filter that leaves every key of interest, and fewer others. What `DEACTIVATED` covers is not
    /// documented: keys that were disabled, by its name, and perhaps none that expired.
    pub fn status_filter(&self) -> Option<&'static str> {
        match self.fact {
            Criterion::Disabled => Some("DEACTIVATED"),
            Criterion::Expired | Criterion::Unused => None,
        }
    }

    /// Whether a key that was taken must be read once more just before it is deleted, since somebody may have
    /// enabled it in the meantime.
    pub fn checks_again(&self) -> bool {
        matches!(self.fact, Criterion::Disabled | Criterion::Expired)
    }

    /// The keys to take, in their order. A key that is listed twice contradicts itself, and is not taken.
    pub fn select(&self, keys: Vec<ApiKey>, now: SystemTime) -> Selection {
        let mut listed: HashMap<KeyId, usize> = HashMap::with_capacity(keys.len());
        for id in keys.iter().filter_map(|key| key.id.as_ref()) {
            *listed.entry(id.clone()).or_default() += 1;
        }
        let is_undated = |key: &&ApiKey| self.deciding_date(key).is_some_and(|date| !date.is_known());
        let undated = keys.iter().filter(is_undated).filter_map(|key| key.id.clone()).collect();
        let taken = keys.into_iter().filter(|key| self.takes(key, now));
        let taken = taken.filter_map(|key| Some((key.id.clone()?, key)));
        Selection { taken: taken.filter(|(id, _)| listed.get(id) == Some(&1)).collect(), undated }
    }

    /// Whether `key` is to be taken, by the facts that it shows and the server's clock.
    pub fn takes(&self, key: &ApiKey, now: SystemTime) -> bool {
        let Some(KeyDate::At(since)) = self.deciding_date(key) else { return false };
        now.duration_since(since).is_ok_and(|age| age >= self.age)
    }

    /// The date that decides whether `key` is taken; `None` if nothing but another status or name could make it so.
    fn deciding_date(&self, key: &ApiKey) -> Option<KeyDate> {
        let is = |statuses: &[&str]| key.status.as_deref().is_some_and(|status| statuses.contains(&status));
        let glob = self.name.as_deref();
        if !glob.is_none_or(|glob| key.name.as_deref().is_some_and(|name| matches(glob, name))) {
            return None;
        }
        match self.fact {
            Criterion::Disabled if is(&DISABLED) && key.enabled != Some(true) => Some(key.disabled),
            Criterion::Expired if is(&["EXPIRED"]) => Some(key.expiration),
            Criterion::Unused if is(&IN_USE) && key.enabled == Some(true) => {
                let used = if key.last_used == KeyDate::Absent { key.created } else { key.last_used };
                // Whoever enabled it again means to use it, and had no chance to while it was disabled.
                Some(if key.activated == KeyDate::Absent { used } else { used.later(key.activated) })
            }
            _ => None,
        }
    }
}

/// What a selector makes of a list of keys.
pub struct Selection {
    /// The keys to take.
    pub taken: Vec<(KeyId, ApiKey)>,
    /// Others that may be due, but whose date is missing or can't be read.
    pub undated: Vec<KeyId>,
}

/// In words, as in `no API key of ORG …`: `has been disabled for 30d`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let age = &self.age_as_typed;
        match self.fact {
            Criterion::Disabled => write!(f, "has been disabled for {age}")?,
            Criterion::Expired => write!(f, "has been expired for {age}")?,
            Criterion::Unused => write!(f, "is enabled and has been unused for {age}")?,
        }
        match &self.name {
            Some(name) => write!(f, " and is called {}", crate::sanitize::quote(name)),
            None => Ok(()),
        }
    }
}

/// Whether `glob` matches the whole of `name`: `*` stands for any characters, `?` for one.
fn matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut at, mut star, mut resume) = (0, None, 0);
    let mut next = 0;
    while next < name.len() {
        match glob.get(at) {
            Some('*') => {
                (star, resume) = (Some(at), next);
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[next] => {
                at += 1;
                next += 1;
            }
            // The last star takes one character more.
            _ => match star {
                Some(star) => {
                    at = star + 1;
                    resume += 1;
                    next = resume;
                }
                None => return false,
            },
        }
    }
    glob[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coveo::api_key::read_key;
    use crate::coveo::token::AccessToken;
    use serde_json::{Value, json};

    const NOW: u64 = 1_800_000_000;
    const DAY: u64 = 86400;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
    }

    fn selector(fact: Criterion) -> Selector {
        Selector { fact, age: Duration::from_secs(30 * DAY), age_as_typed: "30d".into(), name: None, max: 20 }
    }

    fn key(value: &Value) -> ApiKey {
        let token = AccessToken::parse("t", b"secret-token").ok().unwrap();
        read_key(value.to_string().as_bytes(), &token).unwrap()
    }

    #[test]
    fn a_pattern_matches_the_whole_name() {
        for (glob, name, matched) in [
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("?", "é", true),
            ("?", "", false),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("*b*", "abc", true),
            ("a?c", "abc", true),
            ("a?c", "abbc", false),
            ("ab", "abc", false),
            ("*a*a*", "banana", true),
            ("*ab", "aab", true),
            ("a**b", "ab", true),
            ("[a]", "a", false),
            ("A*", "abc", false),
        ] {
            assert_eq!(matches(glob, name), matched, "{glob} {name}");
        }
    }

    #[test]
    fn the_border_is_counted_to_the_second() {
        let at = |seconds: u64| json!({"status": "DISABLED", "disabledDate": seconds * 1000});
        assert!(selector(Criterion::Disabled).takes(&key(&at(NOW - 30 * DAY)), now()));
        assert!(!selector(Criterion::Disabled).takes(&key(&at(NOW - 30 * DAY + 1)), now()));
    }

    #[test]
    fn a_key_that_is_listed_twice_is_not_taken() {
        let listed = |id: &str| {
            key(&json!({"id": id, "status": "EXPIRED", "expirationDate": (NOW - 40 * DAY) * 1000}))
        };
        let taken = selector(Criterion::Expired)
            .select(vec![listed("a"), listed("b"), listed("a"), listed("../c")], now());
        assert_eq!(taken.taken.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["b"]);
    }

    fn date() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        prop_oneof![
            Just(Value::Null),
            (0..2 * NOW * 1000).prop_map(|millis| json!(millis)),
            (NOW - 60 * DAY..NOW + DAY).prop_map(|seconds| json!(
                humantime::format_rfc3339_seconds(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
                    .to_string()
            )),
            ".{0,12}".prop_map(|text| json!(text)),
            Just(json!(true)),
            Just(json!({"at": 1})),
        ]
    }

    fn any_key() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let status = prop_oneof![
            prop::sample::select(
                [&IN_USE[..], &DISABLED[..], &["EXPIRED", "DELETED", "DISABLED_SOMEHOW", "enabled", ""][..]]
                    .concat()
            )
            .prop_map(|status| json!(status)),
            Just(Value::Null),
            Just(json!(3)),
        ];
        let enabled =
            prop_oneof![Just(json!(true)), Just(json!(false)), Just(json!("true")), Just(Value::Null)];
        (status, enabled, date(), date(), date(), date(), date()).prop_map(|(status, enabled, created, used, expired, disabled, activated)| {
            json!({"id": "k", "status": status, "enabled": enabled, "createdDate": created, "lastUsedDate": used, "expirationDate": expired, "disabledDate": disabled, "activationDate": activated})
        })
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(5000))]
        #[test]
        fn no_key_is_taken_without_a_fact_that_is_present_and_true(value in any_key()) {
            let old = |field: &str| {
                let millis = match &value[field] {
                    Value::Number(number) => number.as_u64().unwrap(),
                    Value::String(text) => match humantime::parse_rfc3339(text) {
                        Ok(time) => time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64,
                        Err(_) => return false,
                    },
                    _ => return false,
                };
                (1_262_304_000_000..=(NOW - 30 * DAY) * 1000).contains(&millis)
            };
            let status = value["status"].as_str().unwrap_or("");
            let key = key(&value);
            for (fact, holds) in [
                (Criterion::Disabled, DISABLED.contains(&status) && matches!(value["enabled"], Value::Null | Value::Bool(false)) && old("disabledDate")),
                (Criterion::Expired, status == "EXPIRED" && !value["enabled"].is_string() && old("expirationDate")),
                (Criterion::Unused, IN_USE.contains(&status) && value["enabled"] == json!(true)
                    && (value["activationDate"].is_null() || old("activationDate"))
                    && if value["lastUsedDate"].is_null() { old("createdDate") } else { old("lastUsedDate") }),
            ] {
                proptest::prop_assert_eq!(selector(fact).takes(&key, now()), holds, "{:?} {}", fact, value);
            }
        }

        #[test]
        fn a_star_takes_anything(name in ".{0,20}", glob in "[*?a]{0,8}") {
            proptest::prop_assert!(matches("*", &name));
            let around = format!("*{name}*").replace('?', "*");
            proptest::prop_assert!(matches(&around, &name));
            let _ = matches(&glob, &name);
        }
    }
}
