//! Whether the token is known to work on this organization's keys.
//!
//! Coveo also responds with 404 and an error code to a wrong organization, region or route. So a 404 says something about
//! a key only in a run with proof of access.

use std::cell::{Cell, OnceCell};

use crate::coveo::ids::KeyId;
use crate::coveo::privileges::Privileges;
use crate::coveo::reads::{ReadError, ReadErrorKind};

/// What a run knows about the token's access to the organization's keys.
#[derive(Default)]
pub struct Access {
    proven: Cell<bool>,
    /// The token's privileges, once Coveo has answered a request for them: [`Privileges::UNKNOWN`] if it refused.
    privileges: OnceCell<Privileges>,
}

/// Whether the token is known to work on this organization's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A key was read, listed or changed, or the token has a privilege on keys.
    Proven,
    /// Nothing proves it.
    Missing,
    /// The request for the token's privileges was not answered.
    Unanswered,
}

impl Access {
    /// Records that one of the organization's keys was read, changed or listed.
    pub fn prove(&self) {
        self.proven.set(true);
    }

    /// Whether access is proven.
    pub fn is_proven(&self) -> bool {
        self.proven.get()
    }

    /// Whether the token's privileges have to be requested: access isn't proven, and no request for them was answered.
    pub fn needs_privileges(&self) -> bool {
        !self.is_proven() && self.privileges.get().is_none()
    }

    /// Records the result of reading the token's privileges. Any valid token may read its own privileges, even in
    /// another organization, so only a privilege on keys is a proof.
    pub fn record_privileges(&self, read: Result<&Privileges, &ReadError>) {
        let privileges = match read {
            Ok(privileges) => privileges.clone(),
            Err(error) if error.kind == ReadErrorKind::Unavailable => return,
            Err(_) => Privileges::UNKNOWN,
        };
        if privileges.include_keys() {
            self.prove();
        }
        // A dry run may have set them before; they don't change within a run.
        let _ = self.privileges.set(privileges);
    }

    /// Whether the token may edit `key`; `None` if its privileges are unknown.
    pub fn may_edit(&self, key: &KeyId) -> Option<bool> {
        self.privileges.get().and_then(|privileges| privileges.may_edit(key))
    }

    /// Whether the privileges are known: read, or refused.
    pub fn has_privileges(&self) -> bool {
        self.privileges.get().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coveo::reads::{Attempts, LastReply, Resource};
    use crate::net::retry::GiveUpReason;
    use std::time::Duration;

    fn refused(kind: ReadErrorKind) -> ReadError {
        let attempts =
            Attempts { earlier: Vec::new(), gave_up: GiveUpReason::Settled, elapsed: Duration::ZERO };
        let resource = Resource::Privileges;
        ReadError { resource, kind, reply: LastReply::None, attempts, no_proof: None }
    }

    #[test]
    fn keys_and_privileges_on_keys_prove_access() {
        let of = |domain: &str, target: &str| {
            let body = format!(
                r#"[{{"owner":"PLATFORM","targetDomain":"{domain}","type":"EDIT","targetId":"{target}"}}]"#
            );
            Privileges::parse(body.as_bytes())
        };
        let key = KeyId::parse("k1").ok().unwrap();
        let unknown = ReadErrorKind::Unexpected;
        // What was read, whether it proves access, whether it settles the question, and whether `k1` may be edited.
        for (read, is_proven, is_settled, may_edit) in [
            (Ok(of("API_KEY", "k1")), true, true, Some(true)),
            (Ok(of("API_KEY", "k2")), true, true, Some(false)),
            (Ok(of("SOURCE", "k1")), false, true, Some(false)),
            (Err(refused(unknown)), false, true, None),
            (Err(refused(ReadErrorKind::Unavailable)), false, false, None),
        ] {
            let access = Access::default();
            assert!(access.needs_privileges() && !access.is_proven() && !access.has_privileges());
            access.record_privileges(read.as_ref());
            assert_eq!(access.is_proven(), is_proven, "{read:?}");
            assert_eq!(access.has_privileges(), is_settled, "{read:?}");
            assert_eq!(access.needs_privileges(), !is_settled, "{read:?}");
            assert_eq!(access.may_edit(&key), may_edit, "{read:?}");
        }
        let access = Access::default();
        access.prove();
        assert!(access.is_proven() && !access.needs_privileges() && !access.has_privileges());
    }
}
