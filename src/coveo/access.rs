//! Whether the token is known to work on this organization's keys.
//!
//! A wrong organization, region or route is answered with 404 and an error code as well. So a 404 says something about a
//! key only in a run with proof of access.

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

    /// Records the result of reading the token's privileges. Any valid token may read its own, even in a foreign
    /// organization, so only a privilege on keys is a proof.
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
