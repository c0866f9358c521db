//! Whether the token is known to work on this organization's keys.
//!
//! Coveo also responds with 404 and an error code to a wrong organization, region or route. So a 404 says something about
//! a key only in a run with proof of access.

use std::cell::{Cell, OnceCell};

use serde_json::{Map, Value};

use crate::coveo::ids::KeyId;

/// What a run knows about the token's access to the organization's keys.
#[derive(Default)]
pub struct Access {
    proven: Cell<bool>,
    /// The token's privileges, which don't change within a run: set once Coveo has answered a request for them, to the default
    /// ones if it refused.
    pub privileges: OnceCell<Privileges>,
}

impl Access {
    /// Records that one of the organization's keys was read, changed or listed.
    pub fn prove(&self) {
        self.proven.set(true);
    }

    /// Whether access is proven: a key was read, listed or changed, or the token has a privilege on keys. Any valid token may
    /// read its own privileges, even in another organization, so only a privilege on keys is a proof.
    pub fn is_proven(&self) -> bool {
        self.proven.get() || self.privileges.get().is_some_and(|privileges| privileges.any)
    }

    /// Whether the token may edit `key`; `None` if that is unknown.
    pub fn may_edit(&self, key: &KeyId) -> Option<bool> {
        let targets = self.privileges.get()?.edit.as_ref()?;
        Some(targets.iter().any(|target| target == "*" || target == key.as_str()))
    }
}

/// What the access token may do to API keys: the privileges of owner `PLATFORM` and domain `API_KEY`
/// (docs.coveo.com/en/1707). The default is for privileges that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Privileges {
    /// The IDs of the keys that the token may edit, `*` for all; `None` if a privilege could not be read.
    edit: Option<Vec<String>>,
    /// Whether the token has any privilege on API keys.
    any: bool,
}

impl Privileges {
    /// Parses the body of a 200. If a privilege can't be read, it's unknown which keys the token may edit: the
    /// privilege could be the one to edit the key in question. The same is true if `body` is one page of several.
    pub fn parse(body: &[u8], is_page: bool) -> Self {
        let Ok(privileges) = serde_json::from_slice::<Vec<Map<String, Value>>>(body) else {
            return Self::default();
        };
        let mut found = Self { edit: (!is_page).then(Vec::new), any: false };
        for privilege in &privileges {
            let field = |name: &str| privilege.get(name).and_then(Value::as_str);
            match (field("owner"), field("targetDomain"), field("type"), field("targetId")) {
                (Some("PLATFORM"), Some("API_KEY"), Some(kind), target) => {
                    found.any = true;
                    match (kind, target) {
                        ("EDIT", Some(id)) => found.edit.iter_mut().for_each(|ids| ids.push(id.to_owned())),
                        ("EDIT", None) => found.edit = None,
                        _ => {}
                    }
                }
                (Some(_), Some(_), Some(_), _) => {}
                _ => found.edit = None,
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(privileges: Privileges) -> Access {
        let access = Access::default();
        assert!(!access.is_proven());
        access.privileges.set(privileges).unwrap();
        access
    }

    #[test]
    fn keys_and_privileges_on_keys_prove_access() {
        let of = |domain: &str, target: &str| {
            let body = format!(
                r#"[{{"owner":"PLATFORM","targetDomain":"{domain}","type":"EDIT","targetId":"{target}"}}]"#
            );
            Privileges::parse(body.as_bytes(), false)
        };
        let key = KeyId::parse("k1").ok().unwrap();
        // The privileges, whether they prove access, and whether `k1` may be edited.
        for (privileges, is_proven, may_edit) in [
            (of("API_KEY", "k1"), true, Some(true)),
            (of("API_KEY", "k2"), true, Some(false)),
            (of("SOURCE", "k1"), false, Some(false)),
            (Privileges::default(), false, None),
        ] {
            let access = access(privileges.clone());
            assert_eq!(access.is_proven(), is_proven, "{privileges:?}");
            assert_eq!(access.may_edit(&key), may_edit, "{privileges:?}");
        }
        let access = Access::default();
        access.prove();
        assert!(access.is_proven());
        assert_eq!(access.may_edit(&key), None);
    }

    #[test]
    fn only_platform_api_key_privileges_count() {
        let body = r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT","targetId":"k1"},
            {"owner":"PLATFORM","targetDomain":"API_KEY","type":"VIEW","targetId":"*"},
            {"owner":"SEARCH_API","targetDomain":"API_KEY","type":"EDIT","targetId":"*"}]"#;
        let keys = ["k1", "k2"].map(|key| KeyId::parse(key).ok().unwrap());
        let read = |body: &str, is_page: bool| {
            let access = access(Privileges::parse(body.as_bytes(), is_page));
            (access.may_edit(&keys[0]), access.may_edit(&keys[1]), access.is_proven())
        };
        assert_eq!(read(body, false), (Some(true), Some(false), true));
        assert_eq!(read(body, true), (None, None, true));
        assert_eq!(read("[]", false), (Some(false), Some(false), false));
        for unreadable in [
            "{}",
            "[1]",
            r#"[{"id":"k1"}]"#,
            r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT"}]"#,
            r#"[{"owner":"PLATFORM","targetDomain":"API_KEY","type":"EDIT","targetId":["k1"]}]"#,
        ] {
            assert_eq!(read(unreadable, false).0, None, "{unreadable}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics(body: Vec<u8>, text in "[\\[{]?.{0,80}") {
            let _ = (Privileges::parse(&body, false), Privileges::parse(text.as_bytes(), true));
        }
    }
}
