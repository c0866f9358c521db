//! Whether the token is known to work on this organization's keys.
//!
//! Coveo also responds with 404 and an error code to a wrong organization, region or route. So a 404 says something about
//! a key only in a run with proof of access.

use std::cell::{Cell, OnceCell};

use crate::coveo::ids::KeyId;
use crate::coveo::privileges::Privileges;

/// What a run knows about the token's access to the organization's keys.
#[derive(Default)]
pub struct Access {
    proven: Cell<bool>,
    /// The token's privileges, once Coveo has answered a request for them; the default ones if it refused.
    privileges: OnceCell<Privileges>,
}

impl Access {
    /// Records that one of the organization's keys was read, changed or listed.
    pub fn prove(&self) {
        self.proven.set(true);
    }

    /// Whether access is proven: a key was read, listed or changed, or the token has a privilege on keys. Any valid token may
    /// read its own privileges, even in another organization, so only a privilege on keys is a proof.
    pub fn is_proven(&self) -> bool {
        self.proven.get() || self.privileges.get().is_some_and(Privileges::include_keys)
    }

    /// Whether the privileges are settled: read, or refused.
    pub fn has_privileges(&self) -> bool {
        self.privileges.get().is_some()
    }

    /// Records the token's privileges, which don't change within a run.
    pub fn set_privileges(&self, privileges: Privileges) {
        let _ = self.privileges.set(privileges);
    }

    /// Whether the token may edit `key`; `None` if its privileges are unknown.
    pub fn may_edit(&self, key: &KeyId) -> Option<bool> {
        self.privileges.get().and_then(|privileges| privileges.may_edit(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_privileges_on_keys_prove_access() {
        let of = |domain: &str, target: &str| {
            let body = format!(
                r#"[{{"owner":"PLATFORM","targetDomain":"{domain}","type":"EDIT","targetId":"{target}"}}]"#
            );
            Privileges::parse(body.as_bytes())
        };
        let key = KeyId::parse("k1").ok().unwrap();
        // The privileges, whether they prove access, and whether `k1` may be edited.
        for (privileges, is_proven, may_edit) in [
            (of("API_KEY", "k1"), true, Some(true)),
            (of("API_KEY", "k2"), true, Some(false)),
            (of("SOURCE", "k1"), false, Some(false)),
            (Privileges::default(), false, None),
        ] {
            let access = Access::default();
            assert!(!access.is_proven() && !access.has_privileges());
            access.set_privileges(privileges.clone());
            assert!(access.has_privileges());
            assert_eq!(access.is_proven(), is_proven, "{privileges:?}");
            assert_eq!(access.may_edit(&key), may_edit, "{privileges:?}");
        }
        let access = Access::default();
        access.prove();
        assert!(access.is_proven() && !access.has_privileges());
    }
}
