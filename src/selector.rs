//! Selectors: which keys of an organization are taken by their age or name.
//!
//! A key is taken for a fact that is present and true, and for nothing else.

use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use crate::coveo::api_key::{ApiKey, KeyDate};
use crate::coveo::ids::KeyId;
use crate::sanitize::quote;

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

/// An age, such as `90d`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    /// From a second to 36,500 days.
    pub duration: Duration,
    /// The same as the user wrote it, for messages.
    pub as_typed: String,
}

/// Which keys to take: those that satisfy all that is given.
#[derive(Debug)]
pub struct Selector {
    /// What must be so, and for how long at least.
    pub criterion: Option<(Criterion, Age)>,
    /// A pattern that the display name must match, with `*` and `?`.
    pub name: Option<String>,
    /// How long ago the key was created, at least.
    pub older_than: Option<Age>,
    /// Leave keys that are disabled already: with `--disable` and a name alone.
    pub enabled_only: bool,
    /// The most keys that may be taken in one run: 1 to 1,000,000, by default 20.
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
        match self.criterion {
            Some((Criterion::Disabled, _)) => Some("DEACTIVATED"),
            Some((Criterion::Expired | Criterion::Unused, _)) | None => None,
        }
    }

    /// Whether an age decides, so that the server's time must be known.
    pub fn needs_time(&self) -> bool {
        self.criterion.is_some() || self.older_than.is_some()
    }

    /// The keys to take, in their order. A key that is listed twice contradicts itself, and is not taken.
    /// `now` is the server's time; any will do where [`Self::needs_time`] is `false`.
    pub fn select(&self, keys: Vec<ApiKey>, now: SystemTime) -> Selection {
        let mut listed: HashMap<&KeyId, usize> = HashMap::with_capacity(keys.len());
        for id in keys.iter().filter_map(|key| key.id.as_ref()) {
            *listed.entry(id).or_default() += 1;
        }
        let is_single = |key: &ApiKey| key.id.as_ref().is_some_and(|id| listed[id] == 1);
        let single: Vec<bool> = keys.iter().map(is_single).collect();
        let mut selection = Selection { taken: Vec::new(), undated: Vec::new(), ambiguous: 0 };
        for (key, is_single) in keys.into_iter().zip(single) {
            let verdict = self.judge(&key, now);
            if verdict == Verdict::Leave {
                continue;
            }
            match key.id.clone().filter(|_| is_single) {
                Some(id) if verdict == Verdict::Take => selection.taken.push((id, key)),
                Some(id) => selection.undated.push(id),
                None => selection.ambiguous += 1,
            }
        }
        selection
    }

    /// Whether `key` is to be taken, by the facts that it shows and the server's clock.
    pub fn takes(&self, key: &ApiKey, now: SystemTime) -> bool {
        matches!(self.judge(key, now), Verdict::Take)
    }

    fn judge(&self, key: &ApiKey, now: SystemTime) -> Verdict {
        let is = |statuses: &[&str]| key.status.as_deref().is_some_and(|status| statuses.contains(&status));
        let named = |glob: &str| key.display_name.as_deref().is_some_and(|name| matches(glob, name));
        if !self.name.as_deref().is_none_or(named)
            || self.enabled_only && (is(&DISABLED) || key.enabled == Some(false))
        {
            return Verdict::Leave;
        }
        let deciding = match &self.criterion {
            None => None,
            Some((Criterion::Disabled, age)) if is(&DISABLED) && key.enabled != Some(true) => {
                Some((key.disabled, age))
            }
            Some((Criterion::Expired, age)) if is(&["EXPIRED"]) => Some((key.expiration, age)),
            Some((Criterion::Unused, age)) if is(&IN_USE) && key.enabled == Some(true) => {
                let used = if key.last_used == KeyDate::Absent { key.created } else { key.last_used };
                // Whoever enabled it again means to use it, and had no chance to while it was disabled.
                let used = if key.activated == KeyDate::Absent { used } else { used.later(key.activated) };
                Some((used, age))
            }
            Some(_) => return Verdict::Leave,
        };
        let created = self.older_than.as_ref().map(|age| (key.created, age));
        deciding
            .into_iter()
            .chain(created)
            .map(|(date, age)| age.judge(date, now))
            .max()
            .unwrap_or(Verdict::Take)
    }
}

impl Age {
    /// Whether `date` lies at least this long before `now`.
    fn judge(&self, date: KeyDate, now: SystemTime) -> Verdict {
        match date {
            KeyDate::At(since) if now.duration_since(since).is_ok_and(|age| age >= self.duration) => {
                Verdict::Take
            }
            KeyDate::At(_) => Verdict::Leave,
            KeyDate::Absent | KeyDate::Unreadable => Verdict::Undated,
        }
    }
}

/// Whether `key` is disabled.
pub fn is_disabled(key: &ApiKey) -> bool {
    key.status.as_deref().is_some_and(|status| DISABLED.contains(&status)) && key.enabled != Some(true)
}

/// Whether a selector takes a key; of several reasons the last in this order decides.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Take,
    /// It may be due, but a date that decides is missing or can't be read.
    Undated,
    Leave,
}

/// What a selector makes of a list of keys.
pub struct Selection {
    /// The keys to take.
    pub taken: Vec<(KeyId, ApiKey)>,
    /// Others that may be due, but whose date is missing or can't be read.
    pub undated: Vec<KeyId>,
    /// How many others are due, or may be, but have no ID that can be read, or one that stands twice in the list.
    pub ambiguous: usize,
}

/// In words, as in `no API key of ORG …`: `has been disabled for 30d`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let criterion = self.criterion.as_ref().map(|(criterion, Age { as_typed, .. })| match criterion {
            Criterion::Disabled => format!("has been disabled for {as_typed}"),
            Criterion::Expired => format!("has been expired for {as_typed}"),
            Criterion::Unused => format!("is enabled and has been unused for {as_typed}"),
        });
        let name = self.name.as_ref().map(|name| format!("has a name that matches {}", quote(name)));
        let older = self.older_than.as_ref().map(|age| format!("is older than {}", age.as_typed));
        let enabled = self.enabled_only.then(|| "is not disabled already".to_owned());
        let parts: Vec<String> = criterion.into_iter().chain(name).chain(older).chain(enabled).collect();
        f.write_str(&parts.join(" and "))
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

    fn days(days: u64) -> Age {
        Age { duration: Duration::from_secs(days * DAY), as_typed: format!("{days}d") }
    }

    fn selector(criterion: Criterion) -> Selector {
        let criterion = Some((criterion, days(30)));
        Selector { criterion, name: None, older_than: None, enabled_only: false, max: 20 }
    }

    fn named(glob: &str) -> Selector {
        Selector { criterion: None, name: Some(glob.into()), ..selector(Criterion::Disabled) }
    }

    fn key(value: &Value) -> ApiKey {
        let token = AccessToken::parse("t", b"secret-token").ok().unwrap();
        read_key(value.to_string().as_bytes(), &token).unwrap()
    }

    #[test]
    fn a_name_alone_takes_any_status_and_older_than_narrows_it() {
        let at = |days: u64| json!((NOW - days * DAY) * 1000);
        let of = |status: Value, created: Value| {
            key(&json!({"displayName": "tmp-1", "status": status, "createdDate": created}))
        };
        for status in [json!("ENABLED"), json!("DISABLED"), json!("EXPIRED"), json!("NEW_ONE"), Value::Null] {
            assert!(named("tmp-*").takes(&of(status.clone(), Value::Null), now()), "{status}");
            assert!(!named("prod-*").takes(&of(status, Value::Null), now()));
        }
        let older = Selector { older_than: Some(days(7)), ..named("tmp-*") };
        assert!(older.takes(&of(json!("ENABLED"), at(7)), now()));
        for created in [at(6), Value::Null, json!("soon"), json!((NOW + DAY) * 1000)] {
            assert!(!older.takes(&of(json!("ENABLED"), created.clone()), now()), "{created}");
        }
        assert!(older.needs_time() && !named("a").needs_time());
    }

    #[test]
    fn what_is_disabled_already_is_not_disabled_again() {
        let fresh = Selector { enabled_only: true, ..named("a") };
        for (value, taken) in [
            (json!({"displayName": "a", "status": "ENABLED", "enabled": true}), true),
            (json!({"displayName": "a"}), true),
            (json!({"displayName": "a", "status": "DISABLED_EXPOSED"}), false),
            (json!({"displayName": "a", "enabled": false}), false),
        ] {
            assert_eq!(fresh.takes(&key(&value), now()), taken, "{value}");
        }
    }

    #[test]
    fn a_key_is_undated_only_if_a_date_could_still_decide_for_it() {
        let both = Selector { older_than: Some(days(30)), ..selector(Criterion::Disabled) };
        let at = |days: u64| json!((NOW - days * DAY) * 1000);
        for (disabled, created, undated) in [
            (Value::Null, at(40), 1),
            (at(40), Value::Null, 1),
            (Value::Null, Value::Null, 1),
            (at(1), Value::Null, 0),
            (Value::Null, at(1), 0),
        ] {
            let key = key(
                &json!({"id": "k", "status": "DISABLED", "disabledDate": disabled, "createdDate": created}),
            );
            let selection = both.select(vec![key], now());
            assert_eq!(
                (selection.taken.len(), selection.undated.len()),
                (0, undated),
                "{disabled} {created}"
            );
        }
    }
}
