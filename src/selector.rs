//! Selectors: does a key satisfy all conditions?
//!
//! A key matches only on data that is present and valid.

use std::collections::HashSet;
use std::fmt;

use crate::condition::{Condition, Context, Match};
use crate::coveo::api_key::ApiKey;
use crate::coveo::consistency::contradiction;
use crate::coveo::ids::KeyId;
use crate::coveo::key_status::KeyStatus;
use crate::coveo::token::AccessToken;
use crate::glob::Glob;

/// The conditions that a key must satisfy, all of them.
#[derive(Debug, Default)]
pub struct Selector {
    /// Without any, every key matches.
    pub conditions: Vec<Condition>,
}

impl Selector {
    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Returns the API's filter that includes every key that may match, and leaves out others. Coveo doesn't document what
    /// `DEACTIVATED` includes: disabled keys, judging by its name, but perhaps not expired keys.
    pub fn status_filter(&self) -> Option<&'static str> {
        let is_disabled_for = |condition: &Condition| matches!(condition, Condition::DisabledFor(_));
        self.conditions.iter().any(is_disabled_for).then_some("DEACTIVATED")
    }

    /// Whether a condition depends on an age, so that the server's time must be known.
    pub fn needs_time(&self) -> bool {
        use Condition::*;
        self.conditions.iter().any(|condition| match condition {
            DisabledFor(_) | ExpiredFor(_) | UnusedFor(_) | OlderThan(_) => true,
            Exposed | Name(_) | Exclude(_) | NotDisabled => false,
        })
    }

    /// Whether a pattern looks like one of another syntax.
    pub fn has_other_syntax(&self) -> bool {
        use Condition::*;
        self.conditions.iter().any(|condition| match condition {
            Name(globs) | Exclude(globs) => globs.iter().any(Glob::looks_like_another_syntax),
            _ => false,
        })
    }

    /// Decides whether `key` matches. This is the only function that checks whether its data is complete, contradicts
    /// itself, or belongs to another organization.
    pub fn examine(&self, key: &ApiKey, context: &Context) -> Match {
        if self.is_empty() {
            return Match::Yes;
        }
        let mut found = Match::Yes;
        for condition in &self.conditions {
            found = found.and(condition.examine(key, context));
            if found == Match::No {
                return Match::No;
            }
        }
        let is_own = |token: &AccessToken| key.value.as_deref().is_some_and(|value| token.fits_value(value));
        if context.token.is_some_and(is_own) {
            return Match::OwnKey;
        }
        found.and(contradiction(key, context.organization).map_or(Match::Yes, Match::BadData))
    }

    /// Selects the matching keys of a list, in the list's order. Keys whose ID is listed twice are left alone.
    pub fn select(&self, keys: Vec<ApiKey>, context: &Context) -> Selection {
        let mut seen = HashSet::with_capacity(keys.len());
        let repeated: HashSet<&KeyId> =
            keys.iter().filter_map(|key| key.id.as_ref()).filter(|id| !seen.insert(*id)).collect();
        let mut selection = Selection { read: keys.len(), ..Selection::default() };
        for key in &keys {
            if let Some(KeyStatus::Unknown(status)) = &key.status {
                let (names, count) = &mut selection.unknown_statuses;
                *count += 1;
                if !names.iter().any(|name| **name == **status) {
                    names.push(status.to_string());
                }
            }
            let reason = match (&key.id, self.examine(key, context)) {
                (_, Match::No) => continue,
                (None, _) => "its ID is missing or can't be read".to_owned(),
                (Some(id), _) if repeated.contains(id) => "its ID is listed twice".to_owned(),
                (Some(_), Match::BadData(reason)) => reason,
                (Some(_), Match::OwnKey) => OWN_KEY.to_owned(),
                (Some(id), Match::Yes) => {
                    selection.selected.push((id.clone(), key.clone().into_owned()));
                    continue;
                }
            };
            match selection.left_alone.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, ids)) => ids.push(key.id.clone()),
                None => selection.left_alone.push((reason, vec![key.id.clone()])),
            }
        }
        if selection.selected.is_empty() {
            selection.other_case = self.count_near_misses(&keys, Glob::matches_ignoring_case);
            selection.partial = self.count_near_misses(&keys, Glob::matches_part);
        }
        selection
    }

    /// Counts the keys that a name condition doesn't match, but would if its patterns matched as `nearly` does.
    fn count_near_misses(&self, keys: &[ApiKey], nearly: fn(&Glob, &str) -> bool) -> usize {
        let is_near_miss = |name: &&str| {
            self.conditions.iter().any(|condition| match condition {
                Condition::Name(globs) => {
                    globs.iter().any(|glob| nearly(glob, name))
                        && !globs.iter().any(|glob| glob.matches(name))
                }
                _ => false,
            })
        };
        keys.iter().filter_map(|key| key.display_name.as_deref()).filter(is_near_miss).count()
    }
}

/// Why the key that the run uses as its token is left alone.
pub const OWN_KEY: &str = "it may be the API key that this run uses as its access token";

/// The keys of a list that match, and what is worth saying about the others.
#[derive(Default)]
pub struct Selection {
    /// The keys that match.
    pub selected: Vec<(KeyId, ApiKey<'static>)>,
    /// Keys that are left alone, by reason. A key without a readable ID is `None`.
    pub left_alone: Vec<(String, Vec<Option<KeyId>>)>,
    /// How many keys were read.
    pub read: usize,
    /// Undocumented statuses, each once, and how many keys have one.
    pub unknown_statuses: (Vec<String>, usize),
    /// If none matches: how many keys a pattern would match if case didn't matter.
    pub other_case: usize,
    /// If none matches: how many keys have a name that a pattern matches in part.
    pub partial: usize,
}

/// In words, as the end of `no API key of ORG …`: `has been disabled for 30d`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let parts: Vec<String> = self.conditions.iter().map(Condition::to_string).collect();
        f.write_str(&parts.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::{Age, NEARLY_EXCLUDED};
    use crate::coveo::api_key::parse_key;
    use crate::coveo::ids::OrganizationId;
    use serde_json::{Value, json};
    use std::time::{Duration, SystemTime};

    const NOW: u64 = 1_800_000_000;
    const TOKEN: &[u8] = b"xx1a2b3c4d-0000-1111-2222-33334444abcd";

    /// A date this many days ago.
    fn at(days: f64) -> Value {
        json!(NOW * 1000 - (days * 86_400_000.0) as u64)
    }

    fn ahead(seconds: u64) -> Value {
        json!((NOW + seconds) * 1000)
    }

    fn age(days: u64) -> Age {
        Age { duration: Duration::from_secs(days * 86400), as_typed: format!("{days}d") }
    }

    /// Examines a key with these fields, and with usual values in the others.
    fn examine(conditions: &[Condition], fields: Value, no_last_use: Option<&'static str>) -> Match {
        let mut key = json!({"id": "k1", "status": "ENABLED", "enabled": true, "displayName": "tmp-1",
            "createdDate": at(400.0)});
        for (name, value) in fields.as_object().unwrap() {
            key[name] = value.clone();
        }
        let organization = OrganizationId::parse("o1").ok().unwrap();
        let token = AccessToken::parse("t", TOKEN).ok().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let context = Context { now, no_last_use, organization: &organization, token: Some(&token) };
        let key = key.to_string();
        let key = parse_key(key.as_bytes(), &token).unwrap();
        Selector { conditions: conditions.to_vec() }.examine(&key, &context)
    }

    fn bad(reason: &str) -> Match {
        Match::BadData(reason.into())
    }

    #[test]
    fn age_conditions_need_status_and_date() {
        use Condition::{DisabledFor, ExpiredFor, OlderThan, UnusedFor};
        let disabled = |date: Value| json!({"status": "DISABLED", "enabled": false, "disabledDate": date});
        let expired = |date: Value| json!({"status": "EXPIRED", "expirationDate": date});
        let unused = |date: Value| json!({"lastUsedDate": date});
        for (condition, fields, expected) in [
            (DisabledFor(age(30)), disabled(at(30.0)), Match::Yes),
            (DisabledFor(age(30)), disabled(at(29.9)), Match::No),
            (DisabledFor(age(30)), disabled(Value::Null), bad("its disabledDate is missing")),
            (DisabledFor(age(30)), disabled(json!("soon")), bad("its disabledDate can't be read")),
            (DisabledFor(age(30)), disabled(ahead(61)), bad("its disabledDate is in the future")),
            (DisabledFor(age(30)), disabled(ahead(60)), Match::No),
            (DisabledFor(age(30)), json!({"status": null}), bad("its status is missing or can't be read")),
            (DisabledFor(age(30)), json!({"status": "ARCHIVED", "disabledDate": at(40.0)}), Match::No),
            (
                DisabledFor(age(30)),
                json!({"status": "DISABLED_EXPOSED", "enabled": false, "disabledDate": at(40.0)}),
                Match::Yes,
            ),
            (DisabledFor(age(30)), json!({"status": "DISABLED", "disabledDate": at(40.0)}), Match::No),
            (
                DisabledFor(age(30)),
                json!({"status": "EXPIRED", "enabled": false, "disabledDate": at(40.0)}),
                Match::No,
            ),
            (ExpiredFor(age(30)), expired(at(30.0)), Match::Yes),
            (ExpiredFor(age(30)), expired(at(1.0)), Match::No),
            (ExpiredFor(age(30)), expired(Value::Null), bad("its expirationDate is missing")),
            (ExpiredFor(age(30)), json!({"expirationDate": at(40.0)}), Match::No),
            (UnusedFor(age(30)), unused(at(30.0)), Match::Yes),
            (UnusedFor(age(30)), unused(at(29.0)), Match::No),
            (UnusedFor(age(30)), unused(Value::Null), Match::Yes),
            (UnusedFor(age(30)), json!({"createdDate": at(1.0)}), Match::No),
            (UnusedFor(age(30)), json!({"createdDate": null}), bad("its createdDate is missing")),
            (UnusedFor(age(30)), json!({"lastUsedDate": at(40.0), "activationDate": at(1.0)}), Match::No),
            (UnusedFor(age(30)), json!({"lastUsedDate": "x", "activationDate": at(1.0)}), Match::No),
            (
                UnusedFor(age(30)),
                json!({"lastUsedDate": "x", "activationDate": at(40.0)}),
                bad("its lastUsedDate can't be read"),
            ),
            (UnusedFor(age(30)), json!({"lastUsedDate": at(40.0), "enabled": false}), Match::No),
            (
                UnusedFor(age(30)),
                json!({"lastUsedDate": at(40.0), "enabled": null}),
                bad("its field \"enabled\" is missing"),
            ),
            (
                UnusedFor(age(30)),
                json!({"lastUsedDate": at(40.0), "status": "SOON_TO_BE_DISABLED"}),
                Match::Yes,
            ),
            (UnusedFor(age(30)), json!({"lastUsedDate": at(40.0), "status": "DISABLED"}), Match::No),
            (OlderThan(age(30)), json!({"createdDate": at(30.0)}), Match::Yes),
            (OlderThan(age(30)), json!({"createdDate": at(29.0)}), Match::No),
            (
                OlderThan(age(30)),
                json!({"createdDate": ahead(3600)}),
                bad("its createdDate is in the future"),
            ),
        ] {
            let conditions = std::slice::from_ref(&condition);
            assert_eq!(examine(conditions, fields.clone(), None), expected, "{condition} {fields}");
        }
        let never = examine(&[UnusedFor(age(30))], json!({}), Some("is missing everywhere"));
        assert_eq!(never, bad("its lastUsedDate is missing everywhere"));
    }

    #[test]
    fn names_exposure_and_state_decide() {
        use Condition::{Exclude, Exposed, Name, NotDisabled};
        let globs = |patterns: &[&str]| patterns.iter().map(|pattern| Glob::new(pattern)).collect::<Vec<_>>();
        for (conditions, fields, expected) in [
            (vec![Name(globs(&["prod-*", "tmp-*"]))], json!({}), Match::Yes),
            (vec![Name(globs(&["prod-*"]))], json!({}), Match::No),
            (vec![Name(globs(&["*"]))], json!({"displayName": null}), Match::No),
            (vec![Exposed, Exclude(globs(&["prod-*"]))], json!({"exposureReport": {}}), Match::Yes),
            (vec![Exposed, Exclude(globs(&["prod-*", "tmp-?"]))], json!({"exposureReport": {}}), Match::No),
            (
                vec![Exposed, Exclude(globs(&["prod"]))],
                json!({"exposureReport": {}, "displayName": 7}),
                bad("its displayName is missing or can't be read"),
            ),
            (vec![Exposed, Exclude(globs(&["TMP-*"]))], json!({"exposureReport": {}}), bad(NEARLY_EXCLUDED)),
            (vec![Exposed, Exclude(globs(&["mp"]))], json!({"exposureReport": {}}), bad(NEARLY_EXCLUDED)),
            (vec![Exposed], json!({"exposureReport": null}), Match::No),
            (vec![Exposed], json!({"exposureReport": "yes"}), Match::No),
            (vec![Exposed], json!({"status": "DISABLED_EXPOSED"}), Match::Yes),
            (vec![NotDisabled], json!({}), Match::Yes),
            (vec![NotDisabled], json!({"status": null, "enabled": null}), Match::Yes),
            (vec![NotDisabled], json!({"enabled": false}), Match::No),
            (vec![NotDisabled], json!({"status": "DISABLED"}), Match::No),
            (vec![Name(globs(&["tmp-*"]))], json!({"value": "xx*****abcd"}), Match::OwnKey),
            (vec![Name(globs(&["tmp-*"]))], json!({"value": "xx*****abce"}), Match::Yes),
            (vec![Name(globs(&["tmp-*"]))], json!({"value": "xx*****"}), Match::Yes),
            (vec![Name(globs(&["other"]))], json!({"value": "xx*****abcd"}), Match::No),
            (vec![], json!({"value": "xx*****abcd"}), Match::Yes),
        ] {
            assert_eq!(examine(&conditions, fields.clone(), None), expected, "{conditions:?} {fields}");
        }
    }

    #[test]
    fn contradictory_data_is_left_alone() {
        let name = Condition::Name(vec![Glob::new("tmp-*")]);
        let disabled = |field: &str, days: f64| json!({"status": "DISABLED", "disabledDate": at(100.0), field: at(days)});
        let expired = |field: &str, days: f64| json!({"status": "EXPIRED", "expirationDate": at(100.0), field: at(days)});
        for (fields, expected) in [
            (disabled("activationDate", 99.9), bad("it was activated after it was disabled")),
            (disabled("activationDate", 100.0), Match::Yes),
            (disabled("createdDate", 1.0), bad("it was created after it was disabled")),
            (disabled("lastUsedDate", 98.9), bad("it was used more than a day after it was disabled")),
            (disabled("lastUsedDate", 99.0), Match::Yes),
            (expired("activationDate", 1.0), bad("it was activated after it expired")),
            (expired("createdDate", 1.0), bad("it was created after it expired")),
            (expired("lastUsedDate", 1.0), bad("it was used more than a day after it expired")),
            (json!({"status": "EXPIRED", "enabled": true, "expirationDate": at(100.0)}), Match::Yes),
            (json!({"disabledDate": at(100.0), "activationDate": at(1.0)}), Match::Yes),
            (
                json!({"createdDate": at(1.0), "lastUsedDate": at(2.1)}),
                bad("it was last used before it was created"),
            ),
            (json!({"createdDate": at(1.0), "lastUsedDate": at(1.9)}), Match::Yes),
            (json!({"organizationId": "o2"}), bad("it belongs to another organization")),
            (json!({"organizationId": "o1"}), Match::Yes),
        ] {
            assert_eq!(examine(std::slice::from_ref(&name), fields.clone(), None), expected, "{fields}");
        }
    }

    #[test]
    fn list_is_sorted_into_selected_and_left_alone() {
        let mut list = json!([
            {"id": "a", "displayName": "tmp-1", "status": "ENABLED"},
            {"id": "b", "displayName": "tmp-2", "status": "ARCHIVED"},
            {"id": "b", "displayName": "tmp-2", "status": "ARCHIVED"},
            {"displayName": "tmp-3", "status": "MOVED"},
            {"id": "c", "displayName": "TMP-4"},
            {"id": "d", "displayName": "my tmp-5"},
            {"id": "e", "displayName": "tmp-6", "organizationId": "o2"},
            {"id": "f", "displayName": "tmp-7", "value": "xx*****abcd"},
            {"id": "g", "displayName": "TMP-8"},
            {"id": "h"},
        ]);
        let organization = OrganizationId::parse("o1").ok().unwrap();
        let token = AccessToken::parse("t", TOKEN).ok().unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let context = Context { now, no_last_use: None, organization: &organization, token: Some(&token) };
        let select = |list: &Value| {
            let body = list.to_string();
            let keys = crate::coveo::api_key::parse_keys(body.as_bytes(), &token).unwrap();
            Selector { conditions: vec![Condition::Name(vec![Glob::new("tmp-*")])] }.select(keys, &context)
        };
        let selection = select(&list);
        let id = |id: &str| Some(KeyId::parse(id).ok().unwrap());
        let selected: Vec<&str> = selection.selected.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(selected, ["a"]);
        assert_eq!(
            selection.left_alone,
            [
                ("its ID is listed twice".to_owned(), vec![id("b"), id("b")]),
                ("its ID is missing or can't be read".to_owned(), vec![None]),
                ("it belongs to another organization".to_owned(), vec![id("e")]),
                (OWN_KEY.to_owned(), vec![id("f")]),
            ]
        );
        assert_eq!(selection.read, 10);
        assert_eq!(selection.unknown_statuses, (vec!["ARCHIVED".to_owned(), "MOVED".to_owned()], 3));

        list[0] = json!({"id": "h"});
        let selection = select(&list);
        assert_eq!((selection.selected.len(), selection.other_case, selection.partial), (0, 2, 1));
    }

    #[test]
    fn other_syntax_is_noticed() {
        let has = |condition| Selector { conditions: vec![Condition::Exposed, condition] }.has_other_syntax();
        let globs = |pattern: &str| vec![Glob::new("tmp-*"), Glob::new(pattern)];
        assert!(has(Condition::Name(globs("a|b"))) && has(Condition::Exclude(globs("[ab]"))));
        assert!(!has(Condition::Name(globs("a?"))) && !has(Condition::OlderThan(age(1))));
    }

    #[test]
    fn conditions_decide_what_is_requested_and_said() {
        use Condition::{DisabledFor, Exclude, ExpiredFor, Exposed, Name, NotDisabled, OlderThan, UnusedFor};
        let globs = || vec![Glob::new("a*"), Glob::new("b")];
        for (condition, filter, needs_time, words) in [
            (DisabledFor(age(3)), Some("DEACTIVATED"), true, "has been disabled for 3d"),
            (ExpiredFor(age(3)), None, true, "has been expired for 3d"),
            (UnusedFor(age(3)), None, true, "is enabled and has been unused for 3d"),
            (OlderThan(age(3)), None, true, "is older than 3d"),
            (Exposed, None, false, "is reported as exposed"),
            (Name(globs()), None, false, "has a name that matches \"a*\" or \"b\""),
            (Exclude(globs()), None, false, "has a name that doesn't match \"a*\" or \"b\""),
            (NotDisabled, None, false, "isn't already disabled"),
        ] {
            let selector = Selector { conditions: vec![condition] };
            assert_eq!((selector.status_filter(), selector.needs_time()), (filter, needs_time), "{words}");
            assert_eq!(selector.to_string(), words);
            assert!(!selector.is_empty());
        }
        assert_eq!(
            Selector { conditions: vec![Exposed, NotDisabled] }.to_string(),
            "is reported as exposed and isn't already disabled"
        );
        assert!(Selector::default().is_empty());
    }
}
